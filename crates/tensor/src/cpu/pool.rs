//! Threads that run the tasks of kernels: they spin a little between two kernels, then sleep.
//!
//! A fork on a general pool costs 14 to 24 µs from a thread outside of it, more than most kernels
//! take. Here the caller works too, and a helper that still spins joins in a fraction of a
//! microsecond. A caller never waits for a helper that has not begun.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a helper waits awake: as long as the gaps between the kernels of a training step.
const AWAKE: Duration = Duration::from_micros(50);
/// Turns of the caller's wait before it leaves the core to a helper that may need it.
const TURNS: u32 = 2000;
/// The most helpers; their number is counted in 16 bits.
const MOST: usize = 1024;

thread_local! {
    /// Whether this thread is running a task: what it forks runs serially.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is running a task.
pub(super) fn inside() -> bool {
    INSIDE.get()
}

/// What helpers are asked to do. It lives on the caller's stack.
struct Job<'a> {
    task: &'a (dyn Fn(usize) + Sync),
    count: usize,
    next: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Job<'_> {
    /// Runs tasks until none is left to begin.
    fn work(&self) {
        let before = INSIDE.replace(true);
        loop {
            let i = self.next.fetch_add(1, Ordering::Relaxed);
            if i >= self.count {
                break;
            }
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (self.task)(i))) {
                // What has not begun never will.
                self.next.store(self.count, Ordering::Relaxed);
                lock(&self.panic).get_or_insert(panic);
            }
        }
        INSIDE.set(before);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The helpers' state in one word: helpers at work in the low 16 bits, free seats in the next 16,
/// above them the job's number. A job is open while it has free seats.
const SEAT: u64 = 1 << 16;
const SEATS: u64 = 0xffff << 16;
const AT_WORK: u64 = 0xffff;
const NUMBER: u32 = 32;

pub(super) struct Pool {
    /// Held by the caller whose job it is; who finds it taken works alone.
    taken: AtomicBool,
    state: AtomicU64,
    /// Written before the job is opened, read by helpers after they took a seat.
    job: AtomicPtr<Job<'static>>,
    helpers: Mutex<usize>,
    /// As `helpers`, to read without the lock.
    started: AtomicUsize,
    asleep: AtomicUsize,
    bed: Mutex<()>,
    alarm: Condvar,
}

/// The one all kernels share.
pub(super) static POOL: Pool = Pool::new();

impl Pool {
    const fn new() -> Pool {
        Pool {
            taken: AtomicBool::new(false),
            state: AtomicU64::new(0),
            job: AtomicPtr::new(ptr::null_mut()),
            helpers: Mutex::new(0),
            started: AtomicUsize::new(0),
            asleep: AtomicUsize::new(0),
            bed: Mutex::new(()),
            alarm: Condvar::new(),
        }
    }

    /// Runs `task(i)` for each `i` below `count` on `threads` threads, this one among them; on this
    /// one alone inside of another task, and where another caller has the helpers.
    ///
    /// A panic of a task reaches the caller once no task is running any more.
    pub(super) fn run(&'static self, threads: usize, count: usize, task: &(dyn Fn(usize) + Sync)) {
        let seats = threads.min(count).min(MOST).saturating_sub(1);
        if seats == 0 || inside() || self.taken.swap(true, Ordering::Acquire) {
            return (0..count).for_each(task);
        }
        let job = Job {
            task,
            count,
            next: AtomicUsize::new(0),
            panic: Mutex::new(None),
        };
        self.start(seats);
        self.open(&job, seats as u64);
        job.work();
        self.close();
        self.taken.store(false, Ordering::Release);
        if let Some(panic) = lock(&job.panic).take() {
            resume_unwind(panic);
        }
    }

    /// Sees to it that there are so many helpers, or as many as the system grants.
    fn start(&'static self, wanted: usize) {
        if self.started.load(Ordering::Relaxed) >= wanted {
            return;
        }
        let mut helpers = lock(&self.helpers);
        while *helpers < wanted {
            let builder = std::thread::Builder::new().name(format!("ondol-cpu-{helpers}"));
            if builder.spawn(|| self.help()).is_err() {
                break;
            }
            *helpers += 1;
        }
        self.started.store(*helpers, Ordering::Relaxed);
    }

    /// Offers the job. The caller holds `taken` and calls `close` before the job ends its life.
    fn open(&self, job: &Job<'_>, seats: u64) {
        self.job
            .store(ptr::from_ref(job).cast_mut().cast(), Ordering::Relaxed);
        let number = (self.state.load(Ordering::Relaxed) >> NUMBER) + 1;
        self.state
            .store((number << NUMBER) | (seats * SEAT), Ordering::SeqCst);
        // Who goes to bed counts itself before it looks at the state a last time: one of the two
        // sees the other.
        let asleep = self.asleep.load(Ordering::SeqCst);
        if asleep > 0 {
            drop(lock(&self.bed));
            if asleep as u64 <= seats {
                self.alarm.notify_all();
            } else {
                (0..seats).for_each(|_| self.alarm.notify_one());
            }
        }
    }

    /// Lets nobody in any more and waits for those inside.
    fn close(&self) {
        let mut now = self.state.fetch_and(!SEATS, Ordering::AcqRel);
        let mut turns = 0;
        while now & AT_WORK != 0 {
            if turns < TURNS {
                turns += 1;
                std::hint::spin_loop();
            } else {
                std::thread::yield_now();
            }
            now = self.state.load(Ordering::Acquire);
        }
    }

    /// Whether an open job has a seat that is not of the job numbered `last`.
    fn offers(state: u64, last: u64) -> bool {
        state & SEATS != 0 && state >> NUMBER != last
    }

    /// Takes a seat of a job other than `last`, if there is one.
    fn enter(&self, last: &mut u64) -> bool {
        let mut now = self.state.load(Ordering::Relaxed);
        while Self::offers(now, *last) {
            match self.state.compare_exchange_weak(
                now,
                now - SEAT + 1,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => {
                    *last = now >> NUMBER;
                    return true;
                }
                Err(other) => now = other,
            }
        }
        false
    }

    /// The life of a helper.
    fn help(&self) {
        let mut last = 0;
        loop {
            self.wait(last);
            if self.enter(&mut last) {
                // SAFETY: a seat was taken while the job was open, so that its caller waits in
                // `close` until this helper has left; the pointer was stored before it was opened.
                let job = unsafe { &*self.job.load(Ordering::Relaxed) };
                job.work();
                self.state.fetch_sub(1, Ordering::Release);
            }
        }
    }

    /// Returns once a job was on offer: awake for a while, then asleep.
    fn wait(&self, last: u64) {
        let begin = Instant::now();
        loop {
            for _ in 0..64 {
                if Self::offers(self.state.load(Ordering::Relaxed), last) {
                    return;
                }
                std::hint::spin_loop();
            }
            if begin.elapsed() > AWAKE {
                break;
            }
        }
        let mut bed = lock(&self.bed);
        self.asleep.fetch_add(1, Ordering::SeqCst);
        while !Self::offers(self.state.load(Ordering::SeqCst), last) {
            bed = self.alarm.wait(bed).unwrap_or_else(PoisonError::into_inner);
        }
        self.asleep.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum_of(threads: usize, count: usize) -> u64 {
        let sum = AtomicU64::new(0);
        POOL.run(threads, count, &|i| {
            sum.fetch_add(i as u64 + 1, Ordering::Relaxed);
        });
        sum.into_inner()
    }

    #[test]
    fn every_task_runs_once_whoever_calls_and_however_often() {
        // Several callers, of which one at a time has the helpers; jobs of every length, with and
        // without the pauses that let helpers fall asleep.
        std::thread::scope(|scope| {
            for caller in 0..4u64 {
                scope.spawn(move || {
                    for round in 0..3000u64 {
                        let count = ((round * 7 + caller) % 23) as usize;
                        let threads = (round % 5) as usize;
                        let n = count as u64;
                        assert_eq!(sum_of(threads, count), n * (n + 1) / 2);
                        if round % 500 == 499 {
                            std::thread::sleep(AWAKE * 4);
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn results_of_helpers_are_seen_by_the_caller() {
        for round in 0..2000usize {
            let mut values = vec![0usize; 64];
            let shared = super::super::staging::Disjoint::new(&mut values);
            POOL.run(3, 64, &|i| {
                // SAFETY: each element is one task's.
                let value = unsafe { shared.part(i, 1) };
                value[0] = i + round;
            });
            assert!(values.iter().enumerate().all(|(i, &v)| v == i + round));
        }
    }

    #[test]
    fn a_task_may_fork_and_runs_it_alone() {
        // Its own, which no other test has taken: who finds it taken is not inside of a task.
        static OWN: Pool = Pool::new();
        let threads = Mutex::new(vec![]);
        OWN.run(4, 16, &|_| {
            assert!(inside());
            let me = std::thread::current().id();
            OWN.run(4, 8, &|_| {
                lock(&threads).push((me, std::thread::current().id()))
            });
        });
        assert!(!inside());
        let threads = threads.into_inner().unwrap();
        assert_eq!(threads.len(), 16 * 8);
        assert!(threads.iter().all(|(outer, inner)| outer == inner));
    }

    #[test]
    fn a_panic_reaches_the_caller_and_harms_nothing() {
        for at in [0, 7, 63] {
            let failed = catch_unwind(|| POOL.run(3, 64, &|i| assert!(i != at, "task {at}")));
            let message = failed.unwrap_err();
            assert_eq!(
                message.downcast_ref::<String>(),
                Some(&format!("task {at}"))
            );
            assert!(!inside() && sum_of(3, 10) == 55);
        }
    }

    #[test]
    fn helpers_that_sleep_are_woken() {
        static OWN: Pool = Pool::new();
        for _ in 0..20 {
            // Each task waits for the others, so that the caller alone could not finish them.
            let meeting = std::sync::Barrier::new(3);
            OWN.run(3, 3, &|_| {
                meeting.wait();
            });
            std::thread::sleep(AWAKE * 4);
        }
    }
}
