//! What a communicator asks of the engine that moves its numbers.

use std::sync::mpsc::Receiver;
use std::time::Duration;

use ondol_tensor::{Array, Error, Result};

use crate::header::trouble;

/// How the numbers of all ranks become one, `torch.distributed.ReduceOp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReduceOp {
    /// Their sum.
    Sum,
    /// Their sum over the number of ranks, those that have joined included.
    Avg,
    /// Their product.
    Product,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

impl ReduceOp {
    const ALL: [ReduceOp; 5] = [
        ReduceOp::Sum,
        ReduceOp::Avg,
        ReduceOp::Product,
        ReduceOp::Min,
        ReduceOp::Max,
    ];

    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    pub(crate) fn of_code(code: u8) -> Option<ReduceOp> {
        ReduceOp::ALL.get(usize::from(code)).copied()
    }
}

/// Something that all ranks do together, with what it works on. Arrays are handed over, so that an
/// engine may work on another thread or another device's stream.
#[derive(Debug)]
#[non_exhaustive]
pub enum Collective {
    /// Reduces the elements of some arrays, one after the other: → [`Outcome::Array`], flat.
    AllReduce {
        /// Of one dtype, on one device.
        pieces: Vec<Array>,
        /// How.
        op: ReduceOp,
        /// What it is, for errors; the same on all ranks.
        label: String,
        /// What a rank that follows knows it by.
        tag: u64,
    },
    /// The elements of rank `root`: → [`Outcome::Array`], flat.
    Broadcast {
        /// Its own elements; on other ranks they say how many there are.
        array: Array,
        /// Whose.
        root: usize,
        /// What it is, for errors.
        label: String,
        /// What a rank that follows knows it by.
        tag: u64,
    },
    /// The elements of each: → [`Outcome::Arrays`], by rank.
    AllGather {
        /// Its own, equally many on all ranks.
        array: Array,
        /// What it is, for errors.
        label: String,
    },
    /// Bytes of each, however many: → [`Outcome::Bytes`], by rank.
    GatherBytes {
        /// Its own.
        bytes: Vec<u8>,
        /// What it is, for errors.
        label: String,
    },
    /// Waits for all: → [`Outcome::Done`].
    Barrier {
        /// How long the others may take; `None` is the communicator's own time.
        patience: Option<Duration>,
    },
    /// Takes part in the next collective of the others with nothing of one's own:
    /// → [`Outcome::Followed`], `None` when all have joined.
    Follow,
    /// The engine's own sum of `f32`, whose order is its own too: → [`Outcome::Array`].
    Native {
        /// What is summed.
        array: Array,
    },
}

/// What came of a [`Collective`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// Nothing but that it is over.
    Done,
    /// Elements, without a shape.
    Array(Array),
    /// Elements of each rank.
    Arrays(Vec<Array>),
    /// Bytes of each rank.
    Bytes(Vec<Vec<u8>>),
    /// What the others did.
    Followed(Option<Followed>),
}

/// A collective of others that a rank without data took part in.
#[derive(Debug)]
pub struct Followed {
    /// The collective's.
    pub tag: u64,
    /// What came of it, where that is one array.
    pub array: Option<Array>,
}

/// A collective under way.
#[must_use = "a collective that nobody waits for may fail unseen"]
#[derive(Debug)]
pub struct Pending(State);

#[derive(Debug)]
enum State {
    Ready(Result<Outcome>),
    Later(Receiver<Result<Outcome>>),
}

impl Pending {
    /// One that is over.
    pub fn ready(outcome: Result<Outcome>) -> Pending {
        Pending(State::Ready(outcome))
    }

    /// One that somebody else will answer.
    pub fn later(answer: Receiver<Result<Outcome>>) -> Pending {
        Pending(State::Later(answer))
    }

    /// Waits for it.
    ///
    /// # Errors
    /// What went wrong, with the rank that did it.
    pub fn wait(self) -> Result<Outcome> {
        match self.0 {
            State::Ready(outcome) => outcome,
            State::Later(answer) => answer.recv().unwrap_or_else(|_| {
                let message = "the thread that talks to the other ranks has ended";
                Err(trouble(Vec::new(), message.to_owned()))
            }),
        }
    }

    pub(crate) fn array(self) -> Result<Array> {
        match self.wait()? {
            Outcome::Array(array) => Ok(array),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn arrays(self) -> Result<Vec<Array>> {
        match self.wait()? {
            Outcome::Arrays(arrays) => Ok(arrays),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn bytes(self) -> Result<Vec<Vec<u8>>> {
        match self.wait()? {
            Outcome::Bytes(bytes) => Ok(bytes),
            other => Err(unexpected(&other)),
        }
    }

    pub(crate) fn followed(self) -> Result<Option<Followed>> {
        match self.wait()? {
            Outcome::Followed(followed) => Ok(followed),
            other => Err(unexpected(&other)),
        }
    }
}

fn unexpected(outcome: &Outcome) -> Error {
    Error::value("Transport", format!("the engine answered with {outcome:?}"))
}

/// An engine that moves numbers between ranks. Collectives are begun in the same order on all ranks,
/// and run one after the other in that order.
///
/// Host memory and a device's go through the same door: an [`Array`] says where it lies. An engine for
/// a device (NCCL) takes arrays of that device and answers with such; one for hosts (MPI) is only
/// given arrays of the CPU.
pub trait Transport: Send + Sync {
    /// `mpi`, `nccl`, `single`, `threads`.
    fn name(&self) -> &'static str;

    /// Which of the ranks this is, from 0.
    fn rank(&self) -> usize;

    /// How many there are.
    fn world_size(&self) -> usize;

    /// Whether arrays must be on the CPU.
    fn is_host(&self) -> bool {
        true
    }

    /// Begins a collective.
    fn begin(&self, collective: Collective) -> Pending;

    /// Ends the program on all ranks.
    fn abort(&self, message: &str) -> !;
}
