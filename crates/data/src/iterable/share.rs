//! One worker's share of a stream that all of them read.

use ondol_tensor::Result;

use super::Samples;
use crate::WorkerInfo;
use crate::context::as_sample;

/// The samples `id`, `id + num_workers`, … of a stream. The others are read too, each as the sample it
/// is, so that what is drawn while they are read leaves this worker's samples alone.
pub(super) fn share<T: 'static>(samples: Samples<T>, worker: WorkerInfo) -> Samples<T> {
    Box::new(Share {
        samples,
        worker,
        next: 0,
    })
}

struct Share<T> {
    samples: Samples<T>,
    worker: WorkerInfo,
    next: usize,
}

impl<T> Iterator for Share<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        loop {
            let number = self.next;
            let sample = as_sample(number, || self.samples.next())?;
            self.next += 1;
            if number % self.worker.num_workers.max(1) == self.worker.id {
                return Some(sample);
            }
        }
    }
}
