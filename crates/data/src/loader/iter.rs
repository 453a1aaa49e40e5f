//! An epoch's batches, fetched here or by workers.

use std::sync::Arc;

use ondol_tensor::{Error, Result};

use super::lanes::{Crew, Lanes, Pulled};
use super::source::{Hold, Indexed, Job, Source};
use super::state::Progress;

/// The batches of one epoch; made by [`DataLoader::iter`](crate::DataLoader::iter).
///
/// Workers are read in turn, so that which of them is quicker cannot change the order.
pub struct LoaderIter<S: Source> {
    source: Arc<S>,
    job: Arc<Job>,
    hold: Hold<S::Piece>,
    lanes: Lanes<S::Piece>,
    progress: Arc<Progress>,
}

impl<S: Source> LoaderIter<S> {
    pub(super) fn new(source: Arc<S>, job: Job, progress: Arc<Progress>, crew: Crew) -> Self {
        let job = Arc::new(job);
        let skip = if S::REREADS {
            job.start.saturating_mul(job.batch_size)
        } else {
            0
        };
        LoaderIter {
            lanes: Lanes::new(&source, &job, crew),
            hold: Hold {
                pieces: Vec::new(),
                skip,
            },
            source,
            job,
            progress,
        }
    }
}

impl<S: Source> Iterator for LoaderIter<S> {
    type Item = Result<S::Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let number = self.progress.batches();
        let gathered = self
            .source
            .gather(&self.job, number, &mut self.hold, &mut self.lanes);
        match gathered {
            Pulled::Piece(batch) => {
                self.progress.hand_out();
                Some(batch)
            }
            Pulled::End => {
                self.progress.finish();
                None
            }
            Pulled::Late => {
                let seconds = self.lanes.timeout().as_secs_f64();
                Some(Err(Error::data(format!(
                    "DataLoader timed out after {seconds} seconds: batch {number} is not ready"
                ))))
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // A stream may be shorter or longer than it says.
        if S::REREADS {
            return (0, None);
        }
        let left = self.job.batches.len();
        let left = left.saturating_sub(self.progress.batches());
        (left, Some(left))
    }
}

impl<S: Indexed> ExactSizeIterator for LoaderIter<S> {}
