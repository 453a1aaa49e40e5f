//! The thread that talks to the other ranks, and what the rest of the program holds of it.

use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use ondol_tensor::{Error, Result};

use crate::engine::{Engine, Job};
use crate::link::Link;
use crate::transport::{Collective, Pending, Transport};

/// A rank's thread. It alone calls the library that moves messages, so that whatever thread of the
/// program begins a collective, one call comes after the other.
pub(crate) struct Handle {
    name: &'static str,
    rank: usize,
    size: usize,
    jobs: Sender<Job>,
    thread: Option<JoinHandle<()>>,
}

impl Handle {
    /// Starts the thread; `make` runs on it.
    pub(crate) fn start<L: Link>(
        name: &'static str,
        rank: usize,
        size: usize,
        make: impl FnOnce() -> Result<Engine<L>> + Send + 'static,
    ) -> Result<Handle> {
        let (jobs, work) = channel();
        let (ready, started) = channel();
        let thread = std::thread::Builder::new()
            .name(format!("ondol-{name}"))
            .spawn(move || match make() {
                Ok(engine) => {
                    let _ = ready.send(Ok(()));
                    engine.run(&work);
                }
                Err(error) => {
                    let _ = ready.send(Err(error));
                }
            })
            .map_err(|e| Error::value("Communicator", format!("cannot start a thread: {e}")))?;
        let gone = || Err(Error::value("Communicator", "its thread has ended"));
        started.recv().unwrap_or_else(|_| gone())?;
        Ok(Handle {
            name,
            rank,
            size,
            jobs,
            thread: Some(thread),
        })
    }
}

#[cfg(feature = "mpi")]
impl Handle {
    /// Says where among the ranks it is.
    pub(crate) fn placed(&mut self, rank: usize, size: usize) {
        (self.rank, self.size) = (rank, size);
    }
}

impl Transport for Handle {
    fn name(&self) -> &'static str {
        self.name
    }

    fn rank(&self) -> usize {
        self.rank
    }

    fn world_size(&self) -> usize {
        self.size
    }

    fn begin(&self, collective: Collective) -> Pending {
        let (answer, outcome) = channel();
        // Where the thread has ended, so has the other end of `answer`, and waiting says so.
        let _ = self.jobs.send(Job::Collective(collective, answer));
        Pending::later(outcome)
    }

    fn abort(&self, message: &str) -> ! {
        let message = format!("rank {}: {message}", self.rank);
        let _ = self.jobs.send(Job::Abort(message));
        // The thread ends this process, or has ended and cannot.
        loop {
            if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
                std::process::exit(1);
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // The others would wait for this rank.
        let job = match std::thread::panicking() {
            true => Job::Abort(format!(
                "rank {} has panicked (its message is above); all ranks end",
                self.rank
            )),
            false => Job::Leave,
        };
        let _ = self.jobs.send(job);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
