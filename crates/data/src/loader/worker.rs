//! Who is fetching.

use std::cell::Cell;

/// A worker among the workers of a loader, what `torch.utils.data.get_worker_info` gives.
///
/// A loader without workers counts as one where a stream is shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerInfo {
    /// Its number, from 0.
    pub id: usize,
    /// How many there are.
    pub num_workers: usize,
    /// A seed of its own: the epoch's and its number added. What a sample draws comes from
    /// [`sample_generator`](crate::sample_generator) instead, which does not depend on the worker.
    pub seed: u64,
}

impl WorkerInfo {
    /// One that does all.
    pub fn alone(seed: u64) -> Self {
        WorkerInfo {
            id: 0,
            num_workers: 1,
            seed,
        }
    }
}

thread_local! {
    static WORKER: Cell<Option<WorkerInfo>> = const { Cell::new(None) };
}

/// The worker that this thread is, `torch.utils.data.get_worker_info`; none outside of a loader's
/// workers.
///
/// ```
/// assert_eq!(ondol_data::get_worker_info(), None);
/// ```
pub fn get_worker_info() -> Option<WorkerInfo> {
    WORKER.get()
}

/// Says who this thread is.
pub(super) fn set_worker(info: WorkerInfo) {
    WORKER.set(Some(info));
}
