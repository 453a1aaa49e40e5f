//! Ondol on more than one process: the same model and loop, on data that outgrows one machine.
//!
//! A [`Communicator`] is this process among those of a run. [`DistributedDataParallel`] averages gradients
//! over them while backward goes on. The engines are existing ones: MPI, which also starts the processes
//! (feature `mpi`), and NCCL between GPUs (feature `nccl`); without them the same program runs alone.
//!
//! ```
//! use ondol_data::{DataLoader, DistributedSampler, TensorDataset};
//! use ondol_distributed::{DistributedDataParallel, ReduceMetric, init_process_group};
//! use ondol_nn::{CrossEntropyLoss, Forward, Linear, Module, Tensor};
//! use ondol_optim::{Optimizer, SGD};
//! use ondol_train::Mean;
//!
//! let comm = init_process_group("auto")?; // under `mpirun -n 2` two ranks, else one
//! let (x, y) = (Tensor::randn([96, 4]), Tensor::randint(0, 3, [96]));
//! let dataset = TensorDataset::new((x, y));
//! let sampler = DistributedSampler::new(96, comm.world_size(), comm.rank());
//! let loader = DataLoader::new(dataset).batch_size(32 / comm.world_size()).sampler(sampler);
//!
//! let model = DistributedDataParallel::new(Linear::new(4, 3), &comm)?;
//! let mut optimizer = SGD::new(model.parameters(), 0.1);
//! for epoch in 0..2 {
//!     let mut mean = Mean::new();
//!     for batch in &loader {
//!         let (x, y) = batch?;
//!         let loss = CrossEntropyLoss::new().forward(&model.forward(&x), &y);
//!         optimizer.zero_grad();
//!         loss.backward();
//!         optimizer.step();
//!         mean.update(loss.item(), x.size(0));
//!     }
//!     let mean = mean.reduce(&comm)?;
//!     if comm.is_main() {
//!         println!("epoch {epoch}: loss {:.3}", mean.compute());
//!     }
//! }
//! # Ok::<(), ondol_tensor::Error>(())
//! ```
//!
//! `docs/distributed.md` has the commands, for two machines too, and what growth costs.
#![forbid(unsafe_code)]

mod clip;
mod communicator;
mod engine;
mod flat;
mod handle;
mod header;
mod init;
mod link;
mod metric;
#[cfg(feature = "mpi")]
mod mpi;
#[cfg(feature = "nccl")]
mod nccl;
mod parallel;
mod resume;
mod single;
mod sync_norm;
mod threads;
pub mod transport;

pub use clip::clip_grad_norm_across;
pub use communicator::Communicator;
pub use init::init_process_group;
pub use metric::ReduceMetric;
pub use parallel::{DataParallelOptions, DistributedDataParallel};
pub use resume::{resumed_batches, save_on_main};
pub use sync_norm::convert_sync_batchnorm;
pub use threads::threads;
pub use transport::ReduceOp;

use engine::Engine;
