//! CUDA for Ondol: what NVIDIA GPUs this machine has, found at run time.
//!
//! The crate builds anywhere, with no CUDA toolkit, and a program that links it starts anywhere:
//! the driver's library is loaded when it is first asked for. Where it is missing,
//! [`is_available`] is false and [`why_unavailable`] says why; nothing here panics.
//!
//! This version finds the driver, the devices and the libraries. It has no kernels yet, so the
//! device `cuda` is known by name but opening it is an error that says so.
//!
//! ```
//! match ondol_cuda::why_unavailable() {
//!     None => println!("{}", ondol_cuda::device_name(0)?),
//!     Some(reason) => println!("computing on the CPU: {reason}"),
//! }
//! # Ok::<(), ondol_tensor::Error>(())
//! ```

mod current;
mod device;
mod driver;
mod libraries;
#[cfg(feature = "nccl")]
pub mod nccl;
mod search;

pub use current::{current_device, set_device};
pub use driver::{device_count, device_name, driver_version};
pub use libraries::{Library, libraries};
pub use search::search_path;

/// Whether arrays can be computed on CUDA here, `torch.cuda.is_available`.
///
/// The same as `why_unavailable().is_none()`. When it is true there is at least one device.
///
/// ```
/// use ondol_tensor::Device;
/// let device: Device = if ondol_cuda::is_available() { "cuda" } else { "cpu" }.parse()?;
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub fn is_available() -> bool {
    why_unavailable().is_none()
}

/// Why [`is_available`] is false, in words; `None` when it is true.
///
/// The first thing missing of: the driver's library (libcuda), a driver that starts, a visible
/// device, the kernels in this build.
pub fn why_unavailable() -> Option<String> {
    Some(driver::problem().unwrap_or_else(device::missing_from_this_build))
}
