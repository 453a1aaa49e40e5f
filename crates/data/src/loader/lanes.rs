//! What several workers send, taken in turn.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::time::Duration;

use super::options::Slot;
use super::pool::{Pool, Started};
use super::source::{Job, Pieces, Source};
use super::worker::{WorkerInfo, set_worker};

/// What was found where a piece was asked for.
pub enum Pulled<P> {
    /// A piece.
    Piece(P),
    /// There are no more.
    End,
    /// None came in time; ask again.
    Late,
}

/// One worker's pieces.
enum Lane<P> {
    /// Made where they are asked for: without workers, or where the system granted no thread.
    Here(Pieces<P>),
    There {
        ready: Receiver<P>,
        late: bool,
    },
    Ended,
}

/// The pieces of all workers: from each in turn, so that which is quicker changes nothing.
pub struct Lanes<P> {
    lanes: Vec<Lane<P>>,
    /// Whose turn it is.
    turn: usize,
    timeout: Option<Duration>,
    pool: Option<Pool>,
    /// Where the threads go back to.
    slot: Option<Arc<Slot>>,
    /// Closed once all workers are done with this epoch.
    busy: Option<Receiver<()>>,
}

/// How an epoch's pieces are to be made.
pub(super) struct Crew {
    pub(super) num_workers: usize,
    /// How many pieces each worker has ready.
    pub(super) ahead: usize,
    pub(super) timeout: Option<Duration>,
    pub(super) pool: Option<Pool>,
    pub(super) slot: Option<Arc<Slot>>,
}

impl<P: Send + 'static> Lanes<P> {
    /// The pieces of a job, shared out among `crew`.
    pub(super) fn new<S: Source<Piece = P>>(source: &Arc<S>, job: &Arc<Job>, crew: Crew) -> Self {
        let count = S::lanes(job, crew.num_workers);
        let seed = job.stream.seed;
        let (sent, busy) = channel();
        let lane = |id: usize| {
            let info = WorkerInfo {
                id,
                num_workers: count.max(1),
                seed: seed.wrapping_add(id as u64),
            };
            let Some(pool) = crew.pool.as_ref().filter(|pool| pool.has(id)) else {
                return Lane::Here(source.clone().pieces(job.clone(), info, Ok(())));
            };
            // One more piece waits in the worker's hand.
            let (sender, ready) = sync_channel(crew.ahead.saturating_sub(1));
            let (source, job) = (source.clone(), job.clone());
            let done: Sender<()> = sent.clone();
            let work = move |started: &Started| {
                set_worker(info);
                for piece in source.pieces(job, info, started.clone()) {
                    // Nobody listens once the iterator is dropped.
                    if sender.send(piece).is_err() {
                        break;
                    }
                }
                drop(done);
            };
            pool.run(id, Box::new(work));
            Lane::There { ready, late: false }
        };
        Lanes {
            lanes: (0..count.max(1)).map(lane).collect(),
            turn: 0,
            timeout: crew.timeout,
            pool: crew.pool,
            slot: crew.slot,
            busy: Some(busy),
        }
    }
}

impl<P> Lanes<P> {
    /// How long a piece is waited for.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or_default()
    }

    /// The next piece. Where a worker has no more, the others go on in turn.
    pub(super) fn pull(&mut self) -> Pulled<P> {
        let count = self.lanes.len();
        for _ in 0..count {
            let timeout = self.timeout;
            let lane = &mut self.lanes[self.turn % count];
            let pulled = match lane {
                Lane::Ended => None,
                Lane::Here(pieces) => pieces.next(),
                Lane::There { ready, late } => match timeout {
                    None => ready.recv().ok(),
                    Some(timeout) => match ready.recv_timeout(timeout) {
                        Ok(piece) => {
                            *late = false;
                            Some(piece)
                        }
                        Err(RecvTimeoutError::Disconnected) => None,
                        Err(RecvTimeoutError::Timeout) => {
                            *late = true;
                            return Pulled::Late;
                        }
                    },
                },
            };
            self.turn += 1;
            match pulled {
                Some(piece) => return Pulled::Piece(piece),
                None => *lane = Lane::Ended,
            }
        }
        Pulled::End
    }

    /// Nothing more is wanted.
    pub(super) fn end(&mut self) {
        let late = |lane: &Lane<P>| matches!(lane, Lane::There { late: true, .. });
        let late: Vec<usize> = (0..self.lanes.len())
            .filter(|&id| late(&self.lanes[id]))
            .collect();
        // All stop listening first, so that no worker waits for room while another is waited for.
        self.lanes.iter_mut().for_each(|lane| *lane = Lane::Ended);
        let (pool, busy) = (self.pool.take(), self.busy.take());
        let Some(mut pool) = pool else { return };
        match &self.slot {
            Some(slot) if late.is_empty() => {
                // Nothing is ever sent; this waits until the last has dropped its end.
                let _ = busy.map(|busy| busy.recv());
                slot.put(pool);
            }
            _ => late.into_iter().for_each(|id| pool.abandon(id)),
        }
    }
}

impl<P> Drop for Lanes<P> {
    fn drop(&mut self) {
        self.end();
    }
}
