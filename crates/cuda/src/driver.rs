//! The driver: whether it loads, its version, the devices it shows.

use std::error::Error as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use cudarc::driver::{DriverError, result, sys};
use ondol_tensor::Error;

/// The names a system's loader finds the driver's library by.
const LIBRARY: &[&str] = if cfg!(windows) {
    &["nvcuda.dll"]
} else {
    &["libcuda.so.1", "libcuda.so"]
};

/// What is called, here and elsewhere in this crate. cudarc panics at a function the library lacks, so they are looked up first.
const FUNCTIONS: &[&str] = &[
    "cuInit",
    "cuDriverGetVersion",
    "cuDeviceGetCount",
    "cuDeviceGet",
    "cuDeviceGetName",
    "cuGetErrorName",
    "cuGetErrorString",
    "cuDeviceGetAttribute",
    "cuDevicePrimaryCtxRetain",
    "cuCtxGetCurrent",
    "cuCtxSetCurrent",
    "cuStreamCreate",
    "cuStreamSynchronize",
    "cuMemAlloc_v2",
    "cuMemFree_v2",
    "cuMemGetInfo_v2",
    "cuMemcpyHtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpyDtoDAsync_v2",
    "cuMemsetD8Async",
    "cuModuleLoadData",
    "cuModuleGetFunction",
    "cuLaunchKernel",
];

/// What the driver says, asked once for the life of the program.
#[derive(Default)]
struct Driver {
    version: Option<(u32, u32)>,
    devices: Vec<String>,
    problem: Option<String>,
}

fn driver() -> &'static Driver {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    DRIVER.get_or_init(|| probe(LIBRARY))
}

/// How many devices the driver shows, `torch.cuda.device_count`; 0 without a driver.
///
/// `CUDA_VISIBLE_DEVICES` is honoured, as it stood at the first call.
///
/// ```
/// for ordinal in 0..ondol_cuda::device_count() {
///     println!("cuda:{ordinal} {}", ondol_cuda::device_name(ordinal)?);
/// }
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub fn device_count() -> usize {
    driver().devices.len()
}

/// The name of a device, as in "NVIDIA H200"; `torch.cuda.get_device_name`.
///
/// Fails where there is no such device, naming those there are.
pub fn device_name(ordinal: usize) -> Result<String, Error> {
    check(ordinal)?;
    Ok(driver().devices[ordinal].clone())
}

/// The newest CUDA version the installed driver takes, `(12, 8)` for 12.8; `None` without a driver.
pub fn driver_version() -> Option<(u32, u32)> {
    driver().version
}

/// Why there is no device to compute on, or `None` where there is one.
pub(crate) fn problem() -> Option<String> {
    driver().problem.clone()
}

/// An error unless there is a device of that ordinal.
pub(crate) fn check(ordinal: usize) -> Result<(), Error> {
    check_among(ordinal, &driver().devices, problem())
}

fn check_among(ordinal: usize, devices: &[String], problem: Option<String>) -> Result<(), Error> {
    if ordinal < devices.len() {
        return Ok(());
    }
    let message = problem.unwrap_or_else(|| {
        let list: Vec<_> = devices
            .iter()
            .enumerate()
            .map(|(i, name)| format!("cuda:{i} ({name})"))
            .collect();
        format!("no such device; there is {}", list.join(", "))
    });
    Err(Error::Device {
        device: format!("cuda:{ordinal}"),
        message,
    })
}

/// Asks the driver, going no further than what is there.
fn probe(names: &[&str]) -> Driver {
    if let Err(problem) = load(names) {
        return Driver {
            problem: Some(problem),
            ..Driver::default()
        };
    }
    // A second net under the look-up of `FUNCTIONS`: cudarc's own search for the library panics.
    catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        let problem = format!("the driver's library libcuda cannot be used: {text}");
        Driver {
            problem: Some(problem),
            ..Driver::default()
        }
    })
}

/// Loads the driver's library for the life of the program and looks up what is needed of it.
fn load(names: &[&str]) -> Result<(), String> {
    let mut reasons = Vec::new();
    for &name in names {
        // SAFETY: loading runs the library's initialisers; under these names a system keeps
        // NVIDIA's driver, whose initialisers ask nothing of the caller.
        match unsafe { libloading::Library::new(name) } {
            Ok(library) => {
                let library = std::mem::ManuallyDrop::new(library);
                let missing = FUNCTIONS.iter().find(|function| {
                    // SAFETY: the address is looked up and never called here.
                    unsafe { library.get::<*const ()>(function.as_bytes()) }.is_err()
                });
                return match missing {
                    None => Ok(()),
                    Some(function) => Err(format!(
                        "the driver's library libcuda ({name}) has no function {function}: \
                         it is too old or not NVIDIA's; install a current NVIDIA driver"
                    )),
                };
            }
            // The cause names the file and what is wrong with it.
            Err(error) => reasons.push(match error.source() {
                Some(cause) => cause.to_string(),
                None => error.to_string(),
            }),
        }
    }
    Err(format!(
        "the NVIDIA driver's library libcuda was not found ({}); \
         install the NVIDIA driver to compute on a GPU",
        reasons.join("; ")
    ))
}

fn ask() -> Driver {
    let version = version();
    let (devices, problem) = match devices() {
        Ok(devices) if devices.is_empty() => (devices, Some(hidden("the driver shows no device"))),
        Ok(devices) => (devices, None),
        Err(error) => {
            let reason = format!("the driver (libcuda) did not start: {}", describe(error));
            (Vec::new(), Some(hidden(&reason)))
        }
    };
    Driver {
        version,
        devices,
        problem,
    }
}

fn devices() -> Result<Vec<String>, DriverError> {
    result::init()?;
    (0..result::device::get_count()?)
        .map(|ordinal| result::device::get_name(result::device::get(ordinal)?))
        .collect()
}

fn version() -> Option<(u32, u32)> {
    let mut version = 0;
    // SAFETY: the function writes one int through the pointer, and works before cuInit.
    unsafe { sys::cuDriverGetVersion(&mut version) }
        .result()
        .ok()?;
    decode(version)
}

/// 12080 is CUDA 12.8; the driver says 0 when it has none.
fn decode(version: i32) -> Option<(u32, u32)> {
    let version = u32::try_from(version).ok().filter(|&v| v > 0)?;
    Some((version / 1000, version % 1000 / 10))
}

pub(crate) fn describe(error: DriverError) -> String {
    let name = error
        .error_name()
        .map(|name| name.to_string_lossy().into_owned());
    let text = error
        .error_string()
        .map(|text| text.to_string_lossy().into_owned());
    format!(
        "{}: {}",
        name.unwrap_or_else(|_| format!("error {}", error.0 as u32)),
        text.unwrap_or_else(|_| "no description".into())
    )
}

/// Adds the commonest cause of missing devices.
fn hidden(problem: &str) -> String {
    match std::env::var("CUDA_VISIBLE_DEVICES") {
        Ok(visible) => format!("{problem}; CUDA_VISIBLE_DEVICES is {visible:?}"),
        Err(_) => problem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_a_reason_and_no_panic() {
        let driver = probe(&["libcuda-that-nobody-has.so.1"]);
        assert_eq!((driver.version, driver.devices.len()), (None, 0));
        let problem = driver.problem.unwrap();
        assert!(problem.contains("libcuda was not found"), "{problem}");
        assert!(
            problem.contains("libcuda-that-nobody-has.so.1"),
            "{problem}"
        );
    }

    #[test]
    fn a_library_that_is_not_the_drivers_is_refused_by_function() {
        let other = if cfg!(windows) {
            "kernel32.dll"
        } else {
            "libc.so.6"
        };
        if cfg!(any(windows, target_env = "gnu")) {
            let problem = probe(&[other]).problem.unwrap();
            assert!(problem.contains("has no function cuInit"), "{problem}");
        }
    }

    #[test]
    fn versions_are_thousands_and_tens() {
        assert_eq!(decode(12080), Some((12, 8)));
        assert_eq!(decode(13000), Some((13, 0)));
        assert_eq!(decode(11040), Some((11, 4)));
        assert_eq!(decode(0), None);
    }

    #[test]
    fn a_wrong_ordinal_lists_the_devices() {
        let devices = ["NVIDIA A".to_owned(), "NVIDIA B".to_owned()];
        assert!(check_among(1, &devices, None).is_ok());
        let error = check_among(2, &devices, None).unwrap_err().to_string();
        assert_eq!(
            error,
            "cuda:2: no such device; there is cuda:0 (NVIDIA A), cuda:1 (NVIDIA B)"
        );
    }
}
