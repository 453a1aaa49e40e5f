//! Device memory: a pool of buffers by size class, so that nothing is asked of the driver in a
//! loop that allocates the same sizes again and again.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cudarc::driver::{CudaContext, DriverError, result, sys};
use ondol_tensor::{Buffer, Error, MemoryStats, Result};

const SMALL: usize = 512;
const LARGE: usize = 2 << 20;

/// What the driver is asked for: steps of 512 bytes up to 1 MiB, of 2 MiB beyond.
fn class_of(bytes: usize) -> usize {
    if bytes <= 1 << 20 {
        bytes.next_multiple_of(SMALL)
    } else {
        bytes.next_multiple_of(LARGE)
    }
}

/// The memory of one device.
///
/// Freed buffers are handed out again at once: all work goes to one stream, so that what still
/// reads the old content comes before what writes the new.
pub(crate) struct Pool {
    context: Arc<CudaContext>,
    device: String,
    /// Off, every buffer is the driver's own and exactly as large as asked for, so that tools see
    /// each access out of bounds.
    caching: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    free: BTreeMap<usize, Vec<u64>>,
    stats: MemoryStats,
}

impl Pool {
    pub(crate) fn new(context: Arc<CudaContext>, device: String) -> Self {
        let off = std::env::var_os("ONDOL_NO_CUDA_MEMORY_CACHING");
        Pool {
            context,
            device,
            caching: off.is_none_or(|v| v.is_empty() || v == "0"),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uninitialised memory.
    ///
    /// # Errors
    /// Where the device has no more, even after all cached buffers were given back.
    pub(crate) fn alloc(self: &Arc<Self>, bytes: usize) -> Result<Memory> {
        if bytes == 0 {
            return Ok(Memory {
                address: 0,
                bytes,
                class: 0,
                pool: self.clone(),
            });
        }
        let class = if self.caching { class_of(bytes) } else { bytes };
        let mut state = self.state();
        let kept = state.free.get_mut(&class).and_then(Vec::pop);
        let address = match kept {
            Some(address) => {
                state.stats.cached -= class;
                state.stats.reused += 1;
                address
            }
            None => {
                let address = self.ask(class).or_else(|e| {
                    if e.0 != sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY {
                        return Err(e);
                    }
                    self.trim(&mut state);
                    self.ask(class)
                });
                state.stats.system_allocations += u64::from(address.is_ok());
                address.map_err(|e| self.refused(e, bytes, &state.stats))?
            }
        };
        state.stats.allocated += class;
        state.stats.peak = state.stats.peak.max(state.stats.allocated);
        Ok(Memory {
            address,
            bytes,
            class,
            pool: self.clone(),
        })
    }

    fn ask(&self, bytes: usize) -> std::result::Result<u64, DriverError> {
        self.context.bind_to_thread()?;
        // SAFETY: the context is current; whoever reads the memory has written it before.
        unsafe { result::malloc_sync(bytes) }
    }

    fn refused(&self, error: DriverError, bytes: usize, stats: &MemoryStats) -> Error {
        let message = if error.0 == sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY {
            let device = match result::mem_get_info() {
                Ok((free, total)) => format!(" of {}, {} free", size(total), size(free)),
                Err(_) => String::new(),
            };
            format!(
                "out of memory: {} were asked for, tensors hold {}{device}; use smaller batches, or drop tensors that are no longer needed",
                size(bytes),
                size(stats.allocated)
            )
        } else {
            format!(
                "{} of memory were asked for: {}",
                size(bytes),
                crate::driver::describe(error)
            )
        };
        Error::Device {
            device: self.device.clone(),
            message,
        }
    }

    fn give_back(&self, address: u64) {
        let freed = self.context.bind_to_thread().and_then(|()| {
            // SAFETY: it came from `ask` and nothing holds it any more; the driver waits for work
            // that still uses it.
            unsafe { result::free_sync(address) }
        });
        // Nobody to tell here: the next call on the context fails with it.
        self.context.record_err(freed);
    }

    fn trim(&self, state: &mut State) {
        for address in std::mem::take(&mut state.free).into_values().flatten() {
            self.give_back(address);
        }
        state.stats.cached = 0;
    }

    /// Gives all cached buffers back to the driver.
    pub(crate) fn empty_cache(&self) {
        self.trim(&mut self.state());
    }

    pub(crate) fn stats(&self) -> MemoryStats {
        self.state().stats
    }
}

/// Bytes as people read them.
pub(crate) fn size(bytes: usize) -> String {
    const UNITS: [&str; 4] = ["bytes", "KiB", "MiB", "GiB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        (value, unit) = (value / 1024.0, unit + 1);
    }
    if unit == 0 {
        format!("{bytes} bytes")
    } else {
        format!("{value:.2} {}", UNITS[unit])
    }
}

/// A buffer on the device; dropped, it goes back to its pool.
pub(crate) struct Memory {
    address: u64,
    bytes: usize,
    class: usize,
    pool: Arc<Pool>,
}

impl Memory {
    pub(crate) fn address(&self) -> u64 {
        self.address
    }

    /// The memory behind a buffer of a CUDA array.
    pub(crate) fn of(buffer: &dyn Buffer) -> &Memory {
        let any: &dyn Any = buffer;
        any.downcast_ref()
            .expect("arrays check that their operands are on one device")
    }
}

impl Buffer for Memory {
    fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.class == 0 {
            return;
        }
        let mut state = self.pool.state();
        state.stats.allocated -= self.class;
        if self.pool.caching {
            state.stats.cached += self.class;
            state.free.entry(self.class).or_default().push(self.address);
        } else {
            drop(state);
            self.pool.give_back(self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_waste_little() {
        assert_eq!(
            (class_of(1), class_of(512), class_of(513)),
            (512, 512, 1024)
        );
        assert_eq!(
            (class_of(1 << 20), class_of((1 << 20) + 1)),
            (1 << 20, 2 << 20)
        );
        assert_eq!(class_of(5 << 20), 6 << 20);
    }

    #[test]
    fn sizes_are_readable() {
        assert_eq!(
            (size(512), size(1536)),
            ("512 bytes".into(), "1.50 KiB".into())
        );
        assert_eq!(size(3 << 40), "3072.00 GiB");
    }
}
