//! What a rank's own thread does: one collective after the other, over messages between two ranks.
//!
//! Each begins with a header to every other rank, so that all see what all want before any number
//! moves; only then come the numbers. Nothing is trusted to an order that a library chooses: sums are
//! in the order of ranks, whatever the size of a message.

mod combine;
mod gather;
mod reduce;

use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use ondol_tensor::{Array, Result};

use crate::flat::Flat;
use crate::header::{Agreed, BYTES, Header, Kind, agree, name, trouble};
use crate::link::{Link, Wait};
use crate::transport::{Collective, Followed, Outcome};

/// What a rank's handles ask of its thread.
pub(crate) enum Job {
    Collective(Collective, Sender<Result<Outcome>>),
    /// The last handle is gone, in good order.
    Leave,
    /// The program ends on all ranks.
    Abort(String),
}

pub(crate) struct Engine<L> {
    link: L,
    /// Collectives so far.
    done: u64,
    /// How long nothing may come from a rank that is waited for.
    patience: Duration,
}

impl<L: Link> Engine<L> {
    pub(crate) fn new(link: L, patience: Duration) -> Engine<L> {
        Engine {
            link,
            done: 0,
            patience,
        }
    }

    /// Works until the last handle is gone.
    pub(crate) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv() {
                Ok(Job::Collective(collective, answer)) => {
                    let outcome = self.collective(collective);
                    // Who does not wait for it does not want it.
                    let _ = answer.send(outcome);
                }
                Ok(Job::Abort(message)) => self.link.abort(&message),
                Ok(Job::Leave) | Err(_) => break,
            }
        }
        let leave = self.meet(Header::plain(Kind::Leave, self.done), None);
        if let Err(error) = leave {
            // Nobody is there to be told, and the others cannot go on either.
            self.link.abort(&error.to_string());
        }
    }

    fn collective(&mut self, collective: Collective) -> Result<Outcome> {
        let done = self.done;
        let plain = |kind| Header::plain(kind, done);
        match collective {
            Collective::AllReduce {
                pieces,
                op,
                label,
                tag,
            } => {
                let mut flat = Flat::of(pieces)?;
                let agreed = self.meet(
                    Header {
                        op,
                        dtype: flat.dtype(),
                        count: flat.len() as u64,
                        tag,
                        label,
                        ..plain(Kind::AllReduce)
                    },
                    None,
                )?;
                self.all_reduce(&mut flat, &agreed)?;
                Ok(Outcome::Array(flat.into_array()?))
            }
            Collective::Broadcast {
                array,
                root,
                label,
                tag,
            } => {
                let mut flat = Flat::of(vec![array])?;
                let agreed = self.meet(
                    Header {
                        dtype: flat.dtype(),
                        count: flat.len() as u64,
                        root: root as u32,
                        tag,
                        label,
                        ..plain(Kind::Broadcast)
                    },
                    None,
                )?;
                self.broadcast(&mut flat, &agreed)?;
                Ok(Outcome::Array(flat.into_array()?))
            }
            Collective::AllGather { array, label } => {
                let flat = Flat::of(vec![array])?;
                let agreed = self.meet(
                    Header {
                        dtype: flat.dtype(),
                        count: flat.len() as u64,
                        label,
                        ..plain(Kind::AllGather)
                    },
                    None,
                )?;
                Ok(Outcome::Arrays(self.all_gather(flat, &agreed)?))
            }
            Collective::GatherBytes { bytes, label } => {
                let agreed = self.meet(
                    Header {
                        label,
                        ..plain(Kind::GatherBytes)
                    },
                    None,
                )?;
                Ok(Outcome::Bytes(self.gather_bytes(bytes, &agreed)?))
            }
            Collective::Barrier { patience } => {
                self.meet(plain(Kind::Barrier), patience)?;
                Ok(Outcome::Done)
            }
            Collective::Native { array } => {
                let mut flat = Flat::of(vec![array])?;
                let header = Header {
                    dtype: flat.dtype(),
                    count: flat.len() as u64,
                    ..plain(Kind::Native)
                };
                self.meet(header, None)?;
                if let Flat::F32(values) = &mut flat {
                    self.link.native_sum(values)?;
                }
                Ok(Outcome::Array(flat.into_array()?))
            }
            Collective::Follow => Ok(Outcome::Followed(self.follow()?)),
        }
    }

    /// Tells all ranks what this one is about to do, and learns what they are.
    fn meet(&mut self, own: Header, patience: Option<Duration>) -> Result<Agreed> {
        let me = self.link.rank();
        let patience = patience.unwrap_or(self.patience);
        let sent = own.encode();
        let mut headers = vec![[0u8; BYTES]; self.link.size()];
        let others = (0..self.link.size()).filter(|&r| r != me);
        let sends: Vec<(usize, &[u8])> = others.map(|r| (r, &sent[..])).collect();
        let receives = headers.iter_mut().enumerate();
        let receives = receives
            .filter(|(r, _)| *r != me)
            .map(|(r, header)| (r, &mut header[..]));
        let silent = |ranks: &[usize]| {
            format!(
                "rank {me} has waited {} s for {} at collective {}, {}; nothing has come from there: it has died, hangs, \
                 or does something that takes longer, such as an evaluation on one rank only (ONDOL_TIMEOUT=SECONDS \
                 allows for more)",
                patience.as_secs(),
                name(ranks),
                own.done,
                own.describe()
            )
        };
        self.link.exchange(
            &sends,
            receives.collect(),
            Wait {
                patience,
                message: &silent,
            },
        )?;
        headers[me] = sent;
        let headers: Vec<Header> = headers
            .iter()
            .enumerate()
            .map(|(rank, bytes)| Header::decode(rank, bytes))
            .collect::<Result<_>>()?;
        let agreed = agree(&headers)?;
        self.done += 1;
        Ok(agreed)
    }

    /// Moves messages of a collective that all agreed on.
    fn exchange(
        &mut self,
        what: &Header,
        sends: &[(usize, &[u8])],
        receives: Vec<(usize, &mut [u8])>,
    ) -> Result<()> {
        let (me, patience) = (self.link.rank(), self.patience);
        let silent = |ranks: &[usize]| {
            format!(
                "rank {me} has waited {} s for {} in the middle of {}: it has died or hangs, or the network is gone",
                patience.as_secs(),
                name(ranks),
                what.describe()
            )
        };
        let wait = Wait {
            patience,
            message: &silent,
        };
        self.link.exchange(sends, receives, wait)
    }

    /// Takes part in one collective of the others.
    fn follow(&mut self) -> Result<Option<Followed>> {
        let agreed = self.meet(Header::plain(Kind::Join, self.done), None)?;
        let Header {
            kind,
            dtype,
            count,
            tag,
            ..
        } = agreed.header;
        let mut nothing = Flat::zeros(dtype, count as usize);
        let array: Option<Array> = match kind {
            Kind::Join => return Ok(None),
            Kind::AllReduce => {
                self.all_reduce(&mut nothing, &agreed)?;
                Some(nothing.into_array()?)
            }
            Kind::Broadcast => {
                self.broadcast(&mut nothing, &agreed)?;
                Some(nothing.into_array()?)
            }
            Kind::AllGather => {
                self.all_gather(nothing, &agreed)?;
                None
            }
            Kind::GatherBytes => {
                self.gather_bytes(Vec::new(), &agreed)?;
                None
            }
            Kind::Barrier => None,
            Kind::Native | Kind::Leave => {
                let message =
                    "a rank that has joined cannot follow MPI's own all_reduce".to_owned();
                return Err(trouble(vec![self.link.rank()], message));
            }
        };
        Ok(Some(Followed { tag, array }))
    }
}
