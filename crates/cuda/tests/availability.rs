//! What the crate says holds together, with a driver or without; nothing panics.

use ondol_cuda::*;
use ondol_tensor::{Device, Error};

#[test]
fn the_answers_agree() {
    assert_eq!(is_available(), why_unavailable().is_none());
    if is_available() {
        assert!(device_count() > 0);
        assert!("cuda".parse::<Device>().is_ok());
    }
    if device_count() > 0 {
        assert!(driver_version().is_some());
    }
    // Asked again, the same.
    assert_eq!(why_unavailable(), why_unavailable());
}

#[test]
fn each_device_has_a_name_and_the_next_does_not_exist() {
    for ordinal in 0..device_count() {
        assert!(!device_name(ordinal).unwrap().is_empty());
    }
    let error = device_name(device_count()).unwrap_err();
    let Error::Device { device, message } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*device, format!("cuda:{}", device_count()));
    if device_count() > 0 {
        assert!(message.contains("cuda:0 ("), "{message}");
    }
}

#[test]
fn without_a_driver_the_reason_names_its_library() {
    if driver_version().is_some() {
        return;
    }
    assert!(!is_available());
    assert_eq!(device_count(), 0);
    let reason = why_unavailable().unwrap();
    assert!(reason.contains("libcuda"), "{reason}");
    for error in [
        device_name(0).unwrap_err(),
        "cuda".parse::<Device>().unwrap_err(),
    ] {
        assert_eq!(error.to_string(), format!("cuda:0: {reason}"));
    }
    assert_eq!(current_device(), 0);
    assert!(set_device(0).is_err());
    assert!(memory_summary(0).is_err());
}

#[test]
fn a_device_opens_exactly_where_it_is_available() {
    let opened = "cuda:0".parse::<Device>();
    assert_eq!(opened.is_ok(), is_available());
    if let Err(error) = opened {
        assert!(
            error.to_string().contains(&why_unavailable().unwrap()),
            "{error}"
        );
    }
}

#[test]
fn the_libraries_are_files_on_the_search_path() {
    let names: Vec<_> = libraries().iter().map(|library| library.name).collect();
    assert_eq!(names, ["libcuda", "cublas", "cublasLt", "nvrtc", "cudnn"]);
    for library in libraries() {
        let Some(path) = &library.path else {
            assert_eq!(library.to_string(), format!("{}: not found", library.name));
            continue;
        };
        assert!(path.is_file());
        assert!(search_path().iter().any(|folder| path.starts_with(folder)));
        assert!(library.to_string().contains(&*path.to_string_lossy()));
    }
}
