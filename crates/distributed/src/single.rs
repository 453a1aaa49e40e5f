//! A program that runs alone: each collective gives back what it was given.

use ondol_tensor::{Array, Result};

use crate::transport::{Collective, Outcome, Pending, Transport};

pub(crate) struct Single;

impl Transport for Single {
    fn name(&self) -> &'static str {
        "single"
    }

    fn rank(&self) -> usize {
        0
    }

    fn world_size(&self) -> usize {
        1
    }

    /// Arrays of any device stay where they are.
    fn is_host(&self) -> bool {
        false
    }

    fn begin(&self, collective: Collective) -> Pending {
        Pending::ready(alone(collective))
    }

    fn abort(&self, message: &str) -> ! {
        eprintln!("ondol: {message}");
        std::process::exit(1)
    }
}

fn alone(collective: Collective) -> Result<Outcome> {
    Ok(match collective {
        Collective::AllReduce { pieces, .. } => {
            let flat: Vec<Array> = pieces
                .iter()
                .map(|piece| piece.reshape([piece.numel()]))
                .collect::<Result<_>>()?;
            Outcome::Array(Array::cat(&flat.iter().collect::<Vec<_>>(), 0)?)
        }
        Collective::Broadcast { array, .. } | Collective::Native { array } => {
            Outcome::Array(array.reshape([array.numel()])?)
        }
        Collective::AllGather { array, .. } => {
            Outcome::Arrays(vec![array.reshape([array.numel()])?])
        }
        Collective::GatherBytes { bytes, .. } => Outcome::Bytes(vec![bytes]),
        Collective::Barrier { .. } => Outcome::Done,
        Collective::Follow => Outcome::Followed(None),
    })
}
