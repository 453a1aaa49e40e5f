//! The name `cuda`, registered with `ondol-tensor` when this crate is linked.

use ondol_tensor::{Device, Error, Provider};

use crate::driver;

inventory::submit! { Provider { name: "cuda", open } }

/// What keeps this build from computing on a device that is there.
pub(crate) fn missing_from_this_build() -> String {
    let version = match driver::driver_version() {
        Some((major, minor)) => format!("a driver for CUDA {major}.{minor}"),
        None => "a driver".to_owned(),
    };
    format!(
        "this build has no CUDA kernels yet, computing on CUDA is not in this version; \
         this machine has {version} and sees {} device(s)",
        driver::device_count()
    )
}

fn open(ordinal: usize) -> Result<Device, Error> {
    driver::check(ordinal)?;
    Err(Error::Device {
        device: format!("cuda:{ordinal}"),
        message: missing_from_this_build(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_says_what_is_missing() {
        let error = "cuda".parse::<Device>().unwrap_err();
        let Error::Device { device, message } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(device, "cuda:0");
        assert_eq!(Some(message), crate::why_unavailable().as_ref());
    }

    #[test]
    fn the_name_is_registered() {
        assert!(ondol_tensor::backends().contains(&"cuda"));
    }
}
