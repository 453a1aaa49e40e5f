//! Ranks with a GPU each: MPI brings them together, NCCL moves what lies on the devices.
//!
//! Not connected yet: the backend for CUDA lends no addresses of its arrays, so that a collective on a
//! device's array is an error that says so. Arrays on the host travel by MPI.

use std::sync::{Mutex, PoisonError};

use ondol_cuda::nccl::{Ranks, unique_id};
use ondol_tensor::{Array, Error, Result};

use crate::Communicator;
use crate::transport::{Collective, Pending, Transport};

/// Meets the ranks of `host` again over NCCL.
pub(crate) fn start(host: Communicator) -> Result<Communicator> {
    if let Some(reason) = ondol_cuda::why_unavailable() {
        return Err(Error::value(
            "init_process_group",
            format!("nccl: {reason}"),
        ));
    }
    // Who has no id says so with none, so that no rank waits for another's.
    let own = match host.is_main() {
        true => unique_id(),
        false => Ok(Vec::new()),
    };
    let sent = own.as_ref().map_or_else(|_| Vec::new(), Clone::clone);
    let id = host.all_gather_bytes(&sent)?.swap_remove(0);
    own?;
    let ranks = Ranks::meet(&id, host.rank(), host.world_size())?;
    Ok(Communicator::new(Nccl {
        host,
        ranks: Mutex::new(ranks),
    }))
}

struct Nccl {
    host: Communicator,
    ranks: Mutex<Ranks>,
}

impl Nccl {
    fn on_device(&self, array: &Array) -> Result<()> {
        let _ranks = self.ranks.lock().unwrap_or_else(PoisonError::into_inner);
        Err(Error::Device {
            device: array.device().name().to_owned(),
            message: "NCCL is not connected to this backend's memory yet; use the backend \"mpi\", which copies \
                      gradients to the host"
                .to_owned(),
        })
    }
}

impl Transport for Nccl {
    fn name(&self) -> &'static str {
        "nccl"
    }

    fn rank(&self) -> usize {
        self.host.rank()
    }

    fn world_size(&self) -> usize {
        self.host.world_size()
    }

    fn is_host(&self) -> bool {
        false
    }

    fn begin(&self, collective: Collective) -> Pending {
        let array = match &collective {
            Collective::AllReduce { pieces, .. } => pieces.first(),
            Collective::Broadcast { array, .. } | Collective::AllGather { array, .. } => {
                Some(array)
            }
            _ => None,
        };
        match array.filter(|array| !array.device().is_cpu()) {
            Some(array) => Pending::ready(
                self.on_device(array)
                    .map(|()| unreachable!("it is an error")),
            ),
            None => self.host.begin(collective),
        }
    }

    fn abort(&self, message: &str) -> ! {
        self.host.abort(message)
    }
}
