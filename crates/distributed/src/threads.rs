//! Ranks that are threads of one program: what several processes do, where a test can see it all.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use ondol_tensor::Result;

use crate::handle::Handle;
use crate::header::{name, trouble};
use crate::link::{Link, Wait};
use crate::{Communicator, Engine};

/// `n` communicators for as many threads of this program, by rank.
///
/// They do all that processes do, headers, orders and errors included, over memory in place of MPI: to
/// try a program, and for tests. A rank that waits for one that does not come gives up after
/// `patience`. Each is used by one thread.
///
/// ```
/// use std::time::Duration;
/// use ondol_autograd::Tensor;
/// use ondol_distributed::{ReduceOp, threads};
/// let ranks = threads(3, Duration::from_secs(10)).into_iter().map(|comm| {
///     std::thread::spawn(move || {
///         let x = Tensor::full([2], comm.rank() as f64);
///         comm.all_reduce(&x, ReduceOp::Sum).unwrap();
///         x.to_vec::<f32>()
///     })
/// });
/// for rank in ranks.collect::<Vec<_>>() {
///     assert_eq!(rank.join().unwrap(), [3.0, 3.0]);
/// }
/// ```
pub fn threads(n: usize, patience: Duration) -> Vec<Communicator> {
    let mut senders: Vec<Vec<Sender<Vec<u8>>>> = (0..n).map(|_| Vec::new()).collect();
    let mut receivers: Vec<Vec<Receiver<Vec<u8>>>> = (0..n).map(|_| Vec::new()).collect();
    for from in senders.iter_mut() {
        for to in receivers.iter_mut() {
            let (send, receive) = channel();
            from.push(send);
            to.push(receive);
        }
    }
    let links = senders.into_iter().zip(receivers).enumerate();
    links
        .map(|(rank, (to, from))| {
            let link = Threads { rank, to, from };
            let start = move || Ok(Engine::new(link, patience));
            let handle = Handle::start("threads", rank, n, start);
            Communicator::new(handle.expect("a thread can be started"))
        })
        .collect()
}

struct Threads {
    rank: usize,
    to: Vec<Sender<Vec<u8>>>,
    from: Vec<Receiver<Vec<u8>>>,
}

impl Link for Threads {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.to.len()
    }

    fn exchange(
        &mut self,
        sends: &[(usize, &[u8])],
        receives: Vec<(usize, &mut [u8])>,
        wait: Wait<'_>,
    ) -> Result<()> {
        let ended = |rank: usize| {
            let message = format!(
                "rank {rank} has ended while rank {} waits for it",
                self.rank
            );
            trouble(vec![rank], message)
        };
        for (rank, bytes) in sends {
            self.to[*rank]
                .send(bytes.to_vec())
                .map_err(|_| ended(*rank))?;
        }
        let start = Instant::now();
        let mut late: Vec<usize> = Vec::new();
        for (rank, into) in receives {
            let left = wait.patience.saturating_sub(start.elapsed());
            match self.from[rank].recv_timeout(left) {
                Ok(bytes) if bytes.len() == into.len() => into.copy_from_slice(&bytes),
                Ok(bytes) => {
                    let message =
                        format!("rank {rank} sent {} bytes, not {}", bytes.len(), into.len());
                    return Err(trouble(vec![rank], message));
                }
                Err(RecvTimeoutError::Timeout) => late.push(rank),
                Err(RecvTimeoutError::Disconnected) => return Err(ended(rank)),
            }
        }
        late.dedup();
        if late.is_empty() {
            return Ok(());
        }
        let message = (wait.message)(&late);
        debug_assert!(message.contains(&name(&late)));
        Err(trouble(late, message))
    }

    /// This thread of the rank ends; the others find it gone.
    fn abort(&mut self, message: &str) -> ! {
        self.to.clear();
        self.from.clear();
        std::panic::resume_unwind(Box::new(message.to_owned()))
    }
}
