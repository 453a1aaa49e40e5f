//! Runs tests on an emulated CUDA device, on machines without a GPU.
//!
//! The device is a driver's library, `libcuda.so.1`, whose kernels are the unmodified sources of
//! `crates/cuda/kernels` compiled for the CPU: each thread of a block runs on a stack of its own,
//! barriers and shuffles are exact, and the order of the threads can be chosen. A program's loader
//! finds it only if it is named before the program starts, so a test runs itself again:
//!
//! ```no_run
//! // In a test named `sums`:
//! ondol_cuda_emu::in_every_order("sums", || {
//!     // Here `cuda:0` is there.
//! });
//! ```
//!
//! It needs g++ (or `CXX`) on x86-64 Linux. Without it a test that asks for the device says so on
//! standard error and is skipped; with `ONDOL_REQUIRE_EMULATOR` set it fails instead.
#![forbid(unsafe_code)]

mod compile;
mod library;
mod order;
mod rerun;

pub use library::Emulator;
pub use order::Order;
pub use rerun::{Run, in_every_order, in_order, inside, sanitized};

use std::io::Write;

/// Prints a line that a test's captured output does not swallow.
pub(crate) fn loudly(line: &str) {
    // Nobody is left to tell where standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}
