//! Processes that `mpirun` started.
//!
//! MPI is called by one thread only, the one that initialised it: that is `MPI_THREAD_FUNNELED`, which
//! every MPI has, and neither locks within the library nor a second thread level are needed. Open MPI
//! moves non-blocking messages only while somebody is inside of it, so a backward that never calls it
//! would overlap with nothing; this thread asks `MPI_Test` again and again instead, and because it
//! asks and does not wait, it also sees how long nothing has come.

use std::time::{Duration, Instant};

use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::environment::Universe;
use mpi::request::{Request, Scope};
use mpi::topology::SimpleCommunicator;
use mpi::traits::*;
use ondol_tensor::{Error, Result};

use crate::engine::Engine;
use crate::handle::Handle;
use crate::link::{Link, Wait};

const TAG: i32 = 11;

/// How often a message is asked for in a row before the thread gives its core away.
const SPINS: u32 = 200;
/// The longest it sleeps; a wait this long is for a rank that still computes.
const NAP: Duration = Duration::from_micros(200);

/// Initialises MPI on a thread of its own.
pub(crate) fn start(patience: Duration) -> Result<Handle> {
    let (tell, told) = std::sync::mpsc::channel();
    let make = move || {
        let link = Processes::new()?;
        let _ = tell.send((link.rank(), link.size()));
        Ok(Engine::new(link, patience))
    };
    // Rank and size are known only when it runs.
    let mut handle = Handle::start("mpi", 0, 1, make)?;
    let (rank, size) = told
        .recv()
        .map_err(|_| Error::value("init_process_group", "MPI's thread has ended"))?;
    handle.placed(rank, size);
    Ok(handle)
}

struct Processes {
    world: SimpleCommunicator,
    rank: usize,
    size: usize,
    /// Finalises MPI when it is dropped, on this thread.
    _universe: Universe,
}

impl Processes {
    fn new() -> Result<Processes> {
        let fail = |message: &str| Error::value("init_process_group", message);
        let Some((universe, level)) = mpi::initialize_with_threading(Threading::Funneled) else {
            return Err(fail(
                "MPI is initialised already, and can be once in a program: keep the communicator and clone it",
            ));
        };
        if level < Threading::Funneled {
            return Err(fail(
                "this MPI knows only programs with one thread (MPI_THREAD_SINGLE); MPI_THREAD_FUNNELED is needed",
            ));
        }
        let world = universe.world();
        Ok(Processes {
            rank: world.rank() as usize,
            size: world.size() as usize,
            world,
            _universe: universe,
        })
    }

    fn stop(&self, message: &str) -> ! {
        eprintln!("ondol: [rank {}] {message}", self.rank);
        self.world.abort(1)
    }
}

impl Link for Processes {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn exchange(
        &mut self,
        sends: &[(usize, &[u8])],
        receives: Vec<(usize, &mut [u8])>,
        wait: Wait<'_>,
    ) -> Result<()> {
        let world = &self.world;
        mpi::request::scope(|scope| {
            let mut waiting = Vec::with_capacity(receives.len() + sends.len());
            for (rank, bytes) in receives {
                let from = world.process_at_rank(rank as i32);
                waiting.push((
                    rank,
                    from.immediate_receive_into_with_tag(scope, bytes, TAG),
                ));
            }
            let mut sending = Vec::with_capacity(sends.len());
            for (rank, bytes) in sends {
                let to = world.process_at_rank(*rank as i32);
                sending.push((*rank, to.immediate_send_with_tag(scope, *bytes, TAG)));
            }
            let mut pause = Pause::new();
            while !waiting.is_empty() || !sending.is_empty() {
                let before = waiting.len() + sending.len();
                waiting = still_under_way(waiting);
                sending = still_under_way(sending);
                let left = waiting.len() + sending.len();
                if left < before {
                    pause = Pause::new();
                } else if pause.a_moment() > wait.patience {
                    let ranks = waiting
                        .iter()
                        .map(|w| w.0)
                        .chain(sending.iter().map(|s| s.0));
                    let mut ranks: Vec<usize> = ranks.collect();
                    ranks.sort_unstable();
                    ranks.dedup();
                    // The messages under way hold memory of this process: there is no way back.
                    self.stop(&(wait.message)(&ranks));
                }
            }
        });
        Ok(())
    }

    fn native_sum(&mut self, values: &mut [f32]) -> Result<()> {
        let sent = values.to_vec();
        self.world
            .all_reduce_into(&sent[..], values, SystemOperation::sum());
        Ok(())
    }

    fn abort(&mut self, message: &str) -> ! {
        self.stop(message)
    }
}

/// Messages to or from a rank.
type UnderWay<'a, D, S> = Vec<(usize, Request<'a, D, S>)>;

fn still_under_way<'a, D: ?Sized, S: Scope<'a>>(
    requests: UnderWay<'a, D, S>,
) -> UnderWay<'a, D, S> {
    let mut left = Vec::with_capacity(requests.len());
    for (rank, request) in requests {
        if let Err(request) = request.test() {
            left.push((rank, request));
        }
    }
    left
}

/// Between two questions whether a message is there: none at first, then other threads' turn, then
/// sleep that grows. The thread shares its core with the one that computes.
struct Pause {
    since: Instant,
    asked: u32,
    nap: Duration,
}

impl Pause {
    fn new() -> Pause {
        Pause {
            since: Instant::now(),
            asked: 0,
            nap: Duration::from_micros(5),
        }
    }

    /// Waits a little; how long nothing has come.
    fn a_moment(&mut self) -> Duration {
        self.asked += 1;
        if self.asked < SPINS {
            std::hint::spin_loop();
            return Duration::ZERO;
        }
        if self.asked < 2 * SPINS {
            std::thread::yield_now();
        } else {
            std::thread::sleep(self.nap);
            self.nap = (self.nap * 2).min(NAP);
        }
        self.since.elapsed()
    }
}
