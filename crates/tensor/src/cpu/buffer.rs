//! Host memory: pooled blocks and adopted vectors.

use std::alloc::{Layout as Block, alloc, dealloc};
use std::any::Any;
use std::ptr::NonNull;
use std::slice;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Buffer, DType, Element, Error, MemoryStats, Result};

/// A cache line, and enough for any vector instruction.
const ALIGN: usize = 64;

/// Memory of the CPU backend.
pub(super) struct CpuBuffer {
    ptr: NonNull<u8>,
    bytes: usize,
    owner: Owner,
}

enum Owner {
    /// A block of the pool; `capacity` is its size class.
    Pool {
        pool: &'static Mutex<Shelves>,
        capacity: usize,
    },
    /// A `Vec<T>` taken over from the user, dropped as what it is.
    Vector {
        vector: Box<dyn Any + Send + Sync>,
        dtype: DType,
    },
}

// SAFETY: the memory is owned by the buffer alone; `&CpuBuffer` only reads and `&mut` only writes.
unsafe impl Send for CpuBuffer {}
// SAFETY: as above, shared references never write.
unsafe impl Sync for CpuBuffer {}

impl Buffer for CpuBuffer {
    fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for CpuBuffer {
    fn drop(&mut self) {
        let Owner::Pool { pool, capacity } = &self.owner else {
            return;
        };
        if *capacity == 0 {
            return;
        }
        lock(pool).give(self.ptr, *capacity);
    }
}

fn lock(shelves: &Mutex<Shelves>) -> std::sync::MutexGuard<'_, Shelves> {
    shelves.lock().unwrap_or_else(PoisonError::into_inner)
}

fn block(capacity: usize) -> Block {
    Block::from_size_align(capacity, ALIGN).expect("a size class is a valid block size")
}

/// Freed blocks by size class, and the counters.
#[derive(Default)]
struct Shelves {
    /// The blocks of each class, at its place: a block of a class fits every request that rounds to
    /// it.
    free: Vec<Shelf>,
    stats: MemoryStats,
    limit: usize,
}

/// Freed blocks of one size.
#[derive(Default)]
struct Shelf {
    capacity: usize,
    blocks: Vec<usize>,
}

/// Where the shelf of a class stands: classes of one doubling are numbered, up to 16 of them.
fn place(capacity: usize) -> usize {
    let doubling = capacity.next_power_of_two();
    let step = (doubling / 16).max(ALIGN);
    doubling.trailing_zeros() as usize * 16 + (capacity - doubling / 2) / step
}

impl Shelves {
    fn take(&mut self, capacity: usize) -> Option<NonNull<u8>> {
        let shelf = self.free.get_mut(place(capacity));
        let ptr = shelf.and_then(|shelf| shelf.blocks.pop());
        let ptr = match ptr {
            Some(address) => {
                self.stats.cached -= capacity;
                self.stats.reused += 1;
                NonNull::new(address as *mut u8)?
            }
            None => {
                // SAFETY: `capacity` is not 0.
                let ptr = NonNull::new(unsafe { alloc(block(capacity)) })?;
                self.stats.system_allocations += 1;
                ptr
            }
        };
        self.stats.allocated += capacity;
        self.stats.peak = self.stats.peak.max(self.stats.allocated);
        Some(ptr)
    }

    fn give(&mut self, ptr: NonNull<u8>, capacity: usize) {
        self.stats.allocated -= capacity;
        if self.stats.cached + capacity > self.limit {
            // SAFETY: made by `take` with this layout; the buffer that held it is being dropped.
            unsafe { dealloc(ptr.as_ptr(), block(capacity)) };
            return;
        }
        self.stats.cached += capacity;
        let place = place(capacity);
        if place >= self.free.len() {
            self.free.resize_with(place + 1, Shelf::default);
        }
        let shelf = &mut self.free[place];
        shelf.capacity = capacity;
        shelf.blocks.push(ptr.as_ptr() as usize);
    }

    fn empty(&mut self) {
        for Shelf { capacity, blocks } in std::mem::take(&mut self.free) {
            for address in blocks {
                // SAFETY: a cached block is held by nobody and was made with this layout.
                unsafe { dealloc(address as *mut u8, block(capacity)) };
            }
        }
        self.stats.cached = 0;
    }
}

/// The caching pool: a freed block is kept and serves the next request of its class.
///
/// Fresh memory costs a page fault per 4 KiB, more than most kernels that fill it. A program has
/// one, for as long as it runs, so that buffers need not count who holds it.
pub(super) struct Pool(&'static Mutex<Shelves>);

impl Default for Pool {
    fn default() -> Self {
        let limit = std::env::var("ONDOL_CPU_CACHE_BYTES")
            .ok()
            .and_then(|v| v.parse().ok());
        let shelves = Shelves {
            // A quarter of an ordinary machine; what does not fit goes straight back to the system.
            limit: limit.unwrap_or(4 << 30),
            ..Shelves::default()
        };
        Pool(Box::leak(Box::new(Mutex::new(shelves))))
    }
}

impl Pool {
    /// Eight classes to each doubling, so that at most an eighth is wasted.
    fn class(bytes: usize) -> usize {
        if bytes <= ALIGN {
            return ALIGN;
        }
        let step = (bytes.next_power_of_two() / 16).max(ALIGN);
        bytes.next_multiple_of(step)
    }

    pub(super) fn alloc(&self, bytes: usize) -> Result<Arc<dyn Buffer>> {
        if bytes > isize::MAX as usize / 2 {
            return Err(out_of_memory(bytes));
        }
        let capacity = if bytes == 0 { 0 } else { Self::class(bytes) };
        let ptr = if capacity == 0 {
            NonNull::<u64>::dangling().cast()
        } else {
            let mut shelves = lock(self.0);
            let ptr = shelves.take(capacity).or_else(|| {
                shelves.empty();
                shelves.take(capacity)
            });
            ptr.ok_or_else(|| out_of_memory(bytes))?
        };
        let owner = Owner::Pool {
            pool: self.0,
            capacity,
        };
        Ok(Arc::new(CpuBuffer { ptr, bytes, owner }))
    }

    pub(super) fn stats(&self) -> MemoryStats {
        lock(self.0).stats
    }

    pub(super) fn empty_cache(&self) {
        lock(self.0).empty();
    }
}

fn out_of_memory(bytes: usize) -> Error {
    Error::Device {
        device: "cpu".into(),
        message: format!("out of memory: {bytes} bytes were asked for"),
    }
}

/// Takes a vector over, without a copy.
pub(crate) fn from_vec<T: Element>(mut vector: Vec<T>) -> Arc<dyn Buffer> {
    let ptr =
        NonNull::new(vector.as_mut_ptr().cast::<u8>()).expect("a vector's pointer is never null");
    let bytes = std::mem::size_of_val(vector.as_slice());
    // Moving the Vec moves its header only; the elements stay where `ptr` says.
    let owner = Owner::Vector {
        vector: Box::new(vector),
        dtype: T::DTYPE,
    };
    Arc::new(CpuBuffer { ptr, bytes, owner })
}

/// Gives the vector back that the buffer was made from, if this is its only holder.
pub(crate) fn into_vec<T: Element>(buffer: Arc<dyn Buffer>) -> Result<Vec<T>, Arc<dyn Buffer>> {
    let mut buffer = buffer;
    let taken = Arc::get_mut(&mut buffer)
        .and_then(|b| (b as &mut dyn Any).downcast_mut::<CpuBuffer>())
        .and_then(|b| match &mut b.owner {
            Owner::Vector { vector, dtype } if *dtype == T::DTYPE => {
                let vector = vector.downcast_mut::<Vec<T>>().map(std::mem::take)?;
                b.ptr = NonNull::<u64>::dangling().cast();
                b.bytes = 0;
                Some(vector)
            }
            _ => None,
        });
    taken.ok_or(buffer)
}

fn cpu(buffer: &dyn Buffer) -> &CpuBuffer {
    (buffer as &dyn Any)
        .downcast_ref()
        .expect("the CPU backend is only given its own buffers")
}

fn cpu_mut(buffer: &mut dyn Buffer) -> &mut CpuBuffer {
    (buffer as &mut dyn Any)
        .downcast_mut()
        .expect("the CPU backend is only given its own buffers")
}

/// All bytes of a buffer.
pub(super) fn raw(buffer: &dyn Buffer) -> &[u8] {
    let b = cpu(buffer);
    // SAFETY: `ptr` is valid for `bytes` bytes as long as the buffer lives, and every result was
    // written by a kernel before `Array` hands it out.
    unsafe { slice::from_raw_parts(b.ptr.as_ptr(), b.bytes) }
}

/// All bytes of a buffer, to write.
pub(super) fn raw_mut(buffer: &mut dyn Buffer) -> &mut [u8] {
    let b = cpu_mut(buffer);
    // SAFETY: as in `raw`, and `&mut` makes this the only reference.
    unsafe { slice::from_raw_parts_mut(b.ptr.as_ptr(), b.bytes) }
}

/// All elements of a buffer, from its start; `None` if it is not host memory.
pub(crate) fn typed<T: Element>(buffer: &dyn Buffer) -> Option<&[T]> {
    let b = (buffer as &dyn Any).downcast_ref::<CpuBuffer>()?;
    // SAFETY: `ptr` is aligned for every element type (64 bytes, or the vector's own type, which
    // `Array` only reads as that dtype), valid for `bytes`, and holds elements of the array's dtype.
    Some(unsafe { slice::from_raw_parts(b.ptr.as_ptr().cast::<T>(), b.bytes / size_of::<T>()) })
}

/// All elements of a buffer, to write.
pub(crate) fn typed_mut<T: Element>(buffer: &mut dyn Buffer) -> Option<&mut [T]> {
    let b = (buffer as &mut dyn Any).downcast_mut::<CpuBuffer>()?;
    // SAFETY: as in `typed`; the memory may be uninitialised, which for these plain types is only
    // read after a kernel wrote it.
    Some(unsafe { slice::from_raw_parts_mut(b.ptr.as_ptr().cast::<T>(), b.bytes / size_of::<T>()) })
}

/// Elements as bytes, to be overwritten with the bytes of valid elements.
pub(crate) fn bytes_of_mut<T: Element>(elements: &mut [T]) -> &mut [u8] {
    // SAFETY: plain data without padding; the callers write bytes that came from elements of T.
    unsafe { slice::from_raw_parts_mut(elements.as_mut_ptr().cast(), size_of_val(elements)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freed_blocks_are_reused() {
        let pool = Pool::default();
        let a = pool.alloc(1000).unwrap();
        let first = cpu(&*a).ptr;
        drop(a);
        assert_eq!(pool.stats().allocated, 0);
        let b = pool.alloc(990).unwrap();
        assert_eq!(cpu(&*b).ptr, first);
        let s = pool.stats();
        assert_eq!((s.system_allocations, s.reused, s.cached), (1, 1, 0));
        drop(b);
        pool.empty_cache();
        assert_eq!(pool.stats().cached, 0);
        assert!(pool.alloc(usize::MAX).is_err());
        assert_eq!(pool.alloc(0).unwrap().bytes(), 0);
    }

    #[test]
    fn classes_waste_at_most_an_eighth() {
        for n in [
            1usize,
            64,
            65,
            1000,
            4097,
            1 << 20,
            (1 << 20) + 1,
            123_456_789,
        ] {
            let c = Pool::class(n);
            assert!(c >= n && c.is_multiple_of(ALIGN));
            assert!(c <= (n + n / 8).max(2 * ALIGN), "{n} became {c}");
        }
        // Each class has a place of its own.
        let classes: Vec<usize> = (1..100_000).map(Pool::class).collect();
        let mut places = std::collections::HashMap::new();
        for c in classes {
            assert_eq!(*places.entry(place(c)).or_insert(c), c);
        }
    }

    #[test]
    fn vectors_come_back() {
        let v = vec![1.0f32, 2.0];
        let p = v.as_ptr();
        let b = from_vec(v);
        assert_eq!(typed::<f32>(&*b).unwrap(), [1.0, 2.0]);
        let held = b.clone();
        let b = into_vec::<f32>(b).unwrap_err();
        drop(held);
        let v = into_vec::<f32>(b).ok().unwrap();
        assert_eq!(v.as_ptr(), p);
    }
}
