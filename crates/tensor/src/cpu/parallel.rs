//! Threads and instruction sets: how kernels use the machine.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::staging::Disjoint;

/// Elements from which a memory-bound operation is worth a fork, which costs 14 to 24 µs.
pub(super) const PARALLEL_MEMORY: usize = 256 * 1024;
/// Elements per task of a memory-bound operation.
pub(super) const CHUNK_MEMORY: usize = 64 * 1024;
/// Elements from which an operation that computes (`exp` and the like) is worth a fork.
pub(super) const PARALLEL_COMPUTE: usize = 64 * 1024;
/// Elements per task of an operation that computes.
pub(super) const CHUNK_COMPUTE: usize = 16 * 1024;

/// What `set_num_threads` asked for; 0 is the default.
static WANTED: AtomicUsize = AtomicUsize::new(0);
/// The pool for the threads wanted now, made when first needed.
static POOL: RwLock<Option<Arc<ThreadPool>>> = RwLock::new(None);

thread_local! {
    /// Whether this thread is running a task of a kernel: what it forks runs serially.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

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
    let mut pool = POOL.write().unwrap_or_else(PoisonError::into_inner);
    WANTED.store(n, Ordering::Relaxed);
    // Whoever runs on the old pool holds it; its threads end with the last of them.
    *pool = None;
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

/// The pool, or `None` where the system grants no threads.
fn pool() -> Option<Arc<ThreadPool>> {
    if let Some(pool) = &*POOL.read().unwrap_or_else(PoisonError::into_inner) {
        return Some(pool.clone());
    }
    let mut slot = POOL.write().unwrap_or_else(PoisonError::into_inner);
    if slot.is_none() {
        let built = ThreadPoolBuilder::new()
            .num_threads(num_threads())
            .thread_name(|i| format!("ondol-cpu-{i}"))
            .build();
        *slot = built.ok().map(Arc::new);
    }
    slot.clone()
}

/// Marks this thread as inside a task until dropped, so that a panic unmarks it too.
struct Mark(bool);
impl Mark {
    fn new() -> Self {
        Mark(INSIDE.replace(true))
    }
}
impl Drop for Mark {
    fn drop(&mut self) {
        INSIDE.set(self.0);
    }
}

/// The pool to fork on, if `parallel` and there is anything to gain.
fn fork(count: usize, parallel: bool) -> Option<Arc<ThreadPool>> {
    (parallel && count > 1 && num_threads() > 1 && !INSIDE.get())
        .then(pool)
        .flatten()
}

/// Runs tasks on the pool. Behind a pointer, so that rayon's machinery, which is more code than any
/// kernel, is compiled once and not for each of them.
fn run_on(pool: &ThreadPool, count: usize, f: &(dyn Fn(usize) + Send + Sync)) {
    pool.install(|| {
        (0..count).into_par_iter().for_each(|i| {
            let _mark = Mark::new();
            f(i);
        });
    });
}

/// Runs `f(i)` for each `i` below `count`, on the pool if `parallel`; serially inside another task.
pub(super) fn tasks(count: usize, parallel: bool, f: impl Fn(usize) + Send + Sync) {
    match fork(count, parallel) {
        None => (0..count).for_each(f),
        Some(pool) => run_on(&pool, count, &f),
    }
}

/// Runs `f(start, part)` for each `chunk` elements of the slice, on the pool if `parallel`;
/// serially, in the same chunks, inside another task.
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

/// An instruction set kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    /// What every machine of the architecture has.
    Base,
    /// AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Tier {
    /// The best of this machine; `ONDOL_SIMD=base`, read once, forces the base.
    pub(super) fn best() -> Tier {
        static BEST: OnceLock<Tier> = OnceLock::new();
        *BEST.get_or_init(|| {
            if forced_base() {
                Tier::Base
            } else {
                Tier::detect()
            }
        })
    }

    /// The best of this machine, whatever the environment says.
    pub(super) fn detect() -> Tier {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Tier::Avx2;
        }
        Tier::Base
    }

    /// Whether `mul_add` is one instruction.
    #[inline(always)]
    pub(super) fn has_fma(self) -> bool {
        self != Tier::Base || cfg!(target_arch = "aarch64")
    }

    /// Runs `f` compiled for this tier. `f` must be `#[inline(always)]`, and so must what it calls:
    /// only what is inlined here is compiled with the tier's instructions.
    #[inline(always)]
    pub(super) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        match self {
            Tier::Base => f(),
            // SAFETY: `detect` is the only maker of this value and checked both features.
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => unsafe { avx2(f) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<R>(f: impl FnOnce() -> R) -> R {
    f()
}

fn forced_base() -> bool {
    std::env::var("ONDOL_SIMD").is_ok_and(|v| v.eq_ignore_ascii_case("base"))
}

/// The instruction set the kernels run on: `"avx2"`, `"neon"` or `"base"`.
///
/// Chosen at run time; `ONDOL_SIMD=base` forces the base.
pub fn simd_tier() -> &'static str {
    match Tier::best() {
        #[cfg(target_arch = "x86_64")]
        Tier::Avx2 => "avx2",
        // NEON belongs to the base of 64-bit ARM.
        Tier::Base if cfg!(target_arch = "aarch64") && !forced_base() => "neon",
        Tier::Base => "base",
    }
}

/// Runs `f` with `n` threads, one such test at a time.
#[cfg(test)]
pub(super) fn with_threads<R>(n: usize, f: impl FnOnce() -> R) -> R {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
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
        assert!(!INSIDE.get());
        every_task_runs_once();
    }

    #[test]
    fn tiers_run_the_same_closure() {
        for tier in [Tier::Base, Tier::detect()] {
            assert_eq!(
                tier.run(
                    #[inline(always)]
                    || 40 + 2
                ),
                42
            );
        }
        assert!(["avx2", "neon", "base"].contains(&simd_tier()));
    }
}
