//! CUDA for Ondol: NVIDIA GPUs, found at run time, as the device `cuda`.
//!
//! The crate builds anywhere, with no CUDA toolkit, and a program that links it starts anywhere:
//! the driver's library is loaded when it is first asked for. Where it is missing,
//! [`is_available`] is false and [`why_unavailable`] says why; nothing here panics.
//!
//! The kernels are one source (`kernels/`), compiled to assembly ahead of time and checked in; the
//! driver alone runs them. Every operation of the CPU has its kernel here, in all dtypes, and sums
//! are taken in a fixed order, so that the same call gives the same bits.
//!
//! ```
//! match ondol_cuda::why_unavailable() {
//!     None => println!("{}", ondol_cuda::device_name(0)?),
//!     Some(reason) => println!("computing on the CPU: {reason}"),
//! }
//! # Ok::<(), ondol_tensor::Error>(())
//! ```

mod backend;
mod blas;
mod current;
mod device;
mod driver;
mod gpu;
mod kernels;
mod libraries;
mod memory;
#[cfg(feature = "nccl")]
pub mod nccl;
mod ops;
mod params;
mod search;
mod summary;
mod walk;

pub use current::{current_device, set_device};
pub use driver::{device_count, device_name, driver_version};
pub use libraries::{Library, libraries};
pub use search::search_path;
pub use summary::memory_summary;

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
/// device.
pub fn why_unavailable() -> Option<String> {
    driver::problem()
}
