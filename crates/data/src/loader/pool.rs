//! Threads that outlive what they fetch.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use super::guard::panic_text;
use super::worker::{WorkerInfo, set_worker};

/// What a worker runs when it starts, told its number.
pub(super) type Init = Arc<dyn Fn(usize) + Send + Sync>;

/// Whether a worker's start went well, or what it panicked with.
pub(super) type Started = Result<(), String>;

/// What a worker is given to do.
pub(super) type Task = Box<dyn FnOnce(&Started) + Send>;

struct Worker {
    tasks: Sender<Task>,
    thread: JoinHandle<()>,
}

/// The threads of a loader. Dropped, they end when their tasks have, and are waited for.
pub(super) struct Pool {
    // `None` where the system granted no thread.
    workers: Vec<Option<Worker>>,
}

impl Pool {
    /// `count` threads, each of which runs `init` first.
    pub(super) fn new(count: usize, seed: u64, init: Option<&Init>) -> Pool {
        let worker = |id| {
            let info = WorkerInfo {
                id,
                num_workers: count,
                seed: seed.wrapping_add(id as u64),
            };
            let (tasks, received) = channel::<Task>();
            let init = init.cloned();
            let work = move || {
                set_worker(info);
                let run = || init.as_ref().map_or((), |init| init(id));
                let started = catch_unwind(AssertUnwindSafe(run))
                    .map_err(|panic| panic_text(&*panic).to_owned());
                for task in received {
                    // What it fetches is guarded; this is for what goes wrong around that, so that
                    // the thread is there for the next epoch.
                    let _ = catch_unwind(AssertUnwindSafe(|| task(&started)));
                }
            };
            let name = format!("ondol-data-{id}");
            let thread = Builder::new().name(name).spawn(work).ok()?;
            Some(Worker { tasks, thread })
        };
        Pool {
            workers: (0..count).map(worker).collect(),
        }
    }

    /// How many there are to be.
    pub(super) fn count(&self) -> usize {
        self.workers.len()
    }

    /// Whether there is a worker `id`.
    pub(super) fn has(&self, id: usize) -> bool {
        self.workers.get(id).is_some_and(Option::is_some)
    }

    /// Gives the worker `id` something to do after what it has.
    pub(super) fn run(&self, id: usize, task: Task) {
        if let Some(Some(worker)) = self.workers.get(id) {
            // A worker ends only with its pool.
            let _ = worker.tasks.send(task);
        }
    }

    /// Lets the worker `id` go without waiting for it; it ends when its task does.
    pub(super) fn abandon(&mut self, id: usize) {
        if let Some(worker) = self.workers.get_mut(id) {
            *worker = None;
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let all = self.workers.drain(..).flatten();
        // All hear that there is no more before any is waited for.
        let threads: Vec<_> = all.map(|Worker { thread, .. }| thread).collect();
        for thread in threads {
            // Its panics were sent as errors; there is nothing left to tell.
            let _ = thread.join();
        }
    }
}
