//! An epoch's batches, fetched here or by workers.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

use ondol_autograd::{catch, no_grad};
use ondol_tensor::{Error, Result};

use super::state::Progress;
use crate::context::{Stream, name_error, take_failed, with_stream};
use crate::{BatchOf, Dataset, with_batch};

/// What an epoch fetches, shared by its workers.
pub(super) struct Plan<D> {
    pub(super) dataset: Arc<D>,
    pub(super) batches: Vec<Vec<usize>>,
    pub(super) stream: Stream,
}

impl<D: Dataset> Plan<D> {
    /// The batch `i`; a panic on the way becomes an error.
    fn fetch(&self, i: usize) -> Result<BatchOf<D>> {
        let indices = &self.batches[i];
        let read = || with_batch(indices, || self.dataset.get_batch(indices));
        // `catch` for what tensor operations raise, `catch_unwind` for every other panic.
        let run = || with_stream(self.stream, || no_grad(|| catch(read)));
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(batch)) => batch,
            Ok(Err(raised)) => Err(name_error(&self.culprit(i), raised)),
            Err(panic) => {
                let error = Error::data(format!("the dataset panicked: {}", text(&*panic)));
                Err(name_error(&self.culprit(i), error))
            }
        }
    }

    /// What failed by a panic: the sample where it is known, else the batch.
    fn culprit(&self, i: usize) -> String {
        match take_failed() {
            Some(sample) => format!("sample {sample}"),
            None => format!("batch {i} (samples {:?})", self.batches[i]),
        }
    }
}

/// A panic's message.
fn text(panic: &(dyn Any + Send)) -> &str {
    let string = panic.downcast_ref::<String>().map(String::as_str);
    string
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message")
}

/// A worker and the batches it has ready.
struct Worker<B> {
    ready: Receiver<Result<B>>,
    thread: JoinHandle<()>,
}

/// The batches of one epoch; made by [`DataLoader::iter`](crate::DataLoader::iter).
///
/// Worker `w` of `W` fetches the batches `w`, `w + W`, … after the first, so that which worker is
/// quicker cannot change the order.
pub struct LoaderIter<D: Dataset> {
    plan: Arc<Plan<D>>,
    /// The first batch of this iterator; not 0 where it goes on with an epoch.
    start: usize,
    progress: Arc<Progress>,
    // `None` where the system granted no thread: its share is fetched in `next()`.
    workers: Vec<Option<Worker<BatchOf<D>>>>,
}

impl<D: Dataset + 'static> LoaderIter<D> {
    pub(super) fn new(
        plan: Plan<D>,
        progress: Arc<Progress>,
        num_workers: usize,
        prefetch_factor: usize,
    ) -> Self {
        let plan = Arc::new(plan);
        let start = progress.batches();
        let count = num_workers.min(plan.batches.len().saturating_sub(start));
        let worker = |w| {
            // One more batch waits in the worker's hand.
            let (sender, ready) = sync_channel(prefetch_factor - 1);
            let plan = plan.clone();
            let work = move || {
                for i in (start + w..plan.batches.len()).step_by(count) {
                    // Nobody listens once the iterator is dropped.
                    if sender.send(plan.fetch(i)).is_err() {
                        return;
                    }
                }
            };
            let thread = Builder::new()
                .name(format!("ondol-data-{w}"))
                .spawn(work)
                .ok()?;
            Some(Worker { ready, thread })
        };
        let workers = (0..count).map(worker).collect();
        LoaderIter {
            plan,
            start,
            progress,
            workers,
        }
    }
}

impl<D: Dataset> Iterator for LoaderIter<D> {
    type Item = Result<BatchOf<D>>;

    fn next(&mut self) -> Option<Self::Item> {
        let i = self.progress.batches();
        if i >= self.plan.batches.len() {
            self.progress.finish();
            return None;
        }
        self.progress.hand_out();
        let lane = (i - self.start)
            .checked_rem(self.workers.len())
            .and_then(|w| self.workers[w].as_ref());
        Some(match lane {
            None => self.plan.fetch(i),
            Some(worker) => worker.ready.recv().unwrap_or_else(|_| {
                Err(Error::data(format!(
                    "batch {i}: its worker ended before it was fetched"
                )))
            }),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self
            .plan
            .batches
            .len()
            .saturating_sub(self.progress.batches());
        (left, Some(left))
    }
}

impl<D: Dataset> ExactSizeIterator for LoaderIter<D> {}

impl<D: Dataset> Drop for LoaderIter<D> {
    fn drop(&mut self) {
        // All stop listening first, so that no worker waits for room while another is joined.
        let stop = |worker: Worker<_>| {
            drop(worker.ready);
            worker.thread
        };
        let threads: Vec<_> = self.workers.drain(..).flatten().map(stop).collect();
        for thread in threads {
            // Its panics were sent as errors; there is nothing left to tell.
            let _ = thread.join();
        }
    }
}
