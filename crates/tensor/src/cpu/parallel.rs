//! How kernels are split between threads.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::pool::{self, POOL};
use super::staging::Disjoint;
pub(super) use super::tier::Tier;

/// Elements from which a memory-bound operation gains from a second thread.
pub(super) const PARALLEL_MEMORY: usize = 32 * 1024;
/// Elements per task of a memory-bound operation.
pub(super) const CHUNK_MEMORY: usize = 16 * 1024;
/// Elements from which an operation that computes (`exp` and the like) gains from a second thread.
pub(super) const PARALLEL_COMPUTE: usize = 8 * 1024;
/// Elements per task of an operation that computes.
pub(super) const CHUNK_COMPUTE: usize = 4 * 1024;

/// What `set_num_threads` asked for; 0 is the default.
static WANTED: AtomicUsize = AtomicUsize::new(0);
/// The number of threads kernels run on, `torch.get_num_threads`.
///
/// By default `ONDOL_NUM_THREADS`, else `RAYON_NUM_THREADS`, else what the system offers.
pub fn num_threads() -> usize {
    match WANTED.load(Ordering::Relaxed) {
        0 => default_threads(),
        n => n,
    }
}

/// Sets the number of threads kernels run on, `torch.set_num_threads`; 0 is the default.
///
/// Results are the same bits for any number.
pub fn set_num_threads(n: usize) {
    WANTED.store(n, Ordering::Relaxed);
}

fn default_threads() -> usize {
    static DEFAULT: OnceLock<usize> = OnceLock::new();
    *DEFAULT.get_or_init(|| {
        let variable = |name| {
            std::env::var(name)
                .ok()?
                .trim()
                .parse()
                .ok()
                .filter(|&n: &usize| n > 0)
        };
        variable("ONDOL_NUM_THREADS")
            .or_else(|| variable("RAYON_NUM_THREADS"))
            .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
            .unwrap_or(1)
    })
}

/// Runs `f(i)` for each `i` below `count`, on several threads if `parallel`; serially inside another task.
pub(super) fn tasks(count: usize, parallel: bool, f: impl Fn(usize) + Send + Sync) {
    if parallel && count > 1 && !pool::inside() {
        let threads = num_threads();
        if threads > 1 {
            return POOL.run(threads, count, &f);
        }
    }
    (0..count).for_each(f);
}

/// Runs `f(start, part)` for each `chunk` elements of the slice, on several threads if
/// `parallel`; serially, in the same chunks, inside another task.
pub(super) fn split_mut<T: Send>(
    slice: &mut [T],
    chunk: usize,
    parallel: bool,
    f: impl Fn(usize, &mut [T]) + Send + Sync,
) {
    let (chunk, n) = (chunk.max(1), slice.len());
    let shared = Disjoint::new(slice);
    tasks(n.div_ceil(chunk), parallel, |i| {
        let start = i * chunk;
        // SAFETY: each chunk is one task.
        f(start, unsafe { shared.part(start, chunk.min(n - start)) });
    });
}

/// Runs `f` with `n` threads, one such test at a time.
#[cfg(test)]
pub(super) fn with_threads<R>(n: usize, f: impl FnOnce() -> R) -> R {
    use std::sync::{Mutex, PoisonError};
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    set_num_threads(n);
    let result = f();
    set_num_threads(0);
    result
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    #[test]
    fn every_task_runs_once() {
        for (threads, parallel) in [(1, true), (2, true), (3, true), (2, false)] {
            let sum = AtomicU64::new(0);
            with_threads(threads, || {
                assert_eq!(num_threads(), threads);
                tasks(1000, parallel, |i| {
                    // A task inside a task runs on this thread.
                    tasks(2, true, |_| {
                        sum.fetch_add(i as u64, Ordering::Relaxed);
                    });
                });
            });
            assert_eq!(sum.into_inner(), 999 * 1000);
        }
        assert!(num_threads() >= 1);
        tasks(0, true, |_| panic!("there is no task"));
    }

    #[test]
    fn chunks_know_where_they_start() {
        for n in [0usize, 1, 7, 100] {
            for parallel in [false, true] {
                let mut v = vec![0; n];
                split_mut(&mut v, 7, parallel, |start, part| {
                    assert!(start % 7 == 0 && part.len() <= 7);
                    part.iter_mut()
                        .enumerate()
                        .for_each(|(i, x)| *x = start + i);
                });
                assert!(v.iter().enumerate().all(|(i, &x)| i == x));
            }
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_harms_nothing() {
        let run = || tasks(64, true, |i| assert!(i != 33, "task 33"));
        assert!(std::panic::catch_unwind(run).is_err());
        assert!(!pool::inside());
        every_task_runs_once();
    }
}
