//! What a device's memory holds, in words.

use std::fmt::Write as _;

use ondol_tensor::{Device, Error};

use crate::memory::size;

/// A table of a device's memory, `torch.cuda.memory_summary`: what tensors hold, the most they have
/// held, and what is kept for the next ones.
///
/// ```
/// if ondol_cuda::is_available() {
///     println!("{}", ondol_cuda::memory_summary(0)?);
/// }
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// # Errors
/// Where there is no such device, or it cannot be opened.
pub fn memory_summary(ordinal: usize) -> Result<String, Error> {
    let device: Device = format!("cuda:{ordinal}").parse()?;
    let stats = device.memory();
    let mut table = format!("{device} {}\n", crate::device_name(ordinal)?);
    for (what, bytes) in [
        ("held by tensors", stats.allocated),
        ("the most so far", stats.peak),
        ("kept for reuse", stats.cached),
    ] {
        // Writing to a string cannot fail.
        let _ = writeln!(table, "  {what:<18}{:>14}", size(bytes));
    }
    for (what, count) in [
        ("asked of the driver", stats.system_allocations),
        ("served from the pool", stats.reused),
    ] {
        let _ = writeln!(table, "  {what:<22}{count:>10}");
    }
    Ok(table)
}
