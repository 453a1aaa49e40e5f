//! The same model on all ranks, each with its own part of every batch.

mod agree;
mod buckets;
mod reducer;

use std::ops::Deref;
use std::sync::Arc;

use ondol_autograd::{Scope, Tensor, ok};
use ondol_nn::{Forward, Module, Visitor};
use ondol_tensor::{Array, Result};

use self::buckets::Caps;
use self::reducer::Reducer;
use crate::Communicator;

/// Tags of a model's buffers, beside those of its buckets.
const BUFFERS: u64 = 1 << 63;

/// A model that learns on several ranks as on one, `torch.nn.parallel.DistributedDataParallel`.
///
/// It gives all ranks the parameters and buffers of rank 0 at the start. In each backward it averages the
/// gradients over the ranks, bucket by bucket while backward goes on, so that after it all ranks have
/// the same ones, and their optimizers do the same step. Two ranks with batches of 32 learn what one
/// process learns with batches of 64, where the loss is a mean over the batch.
///
/// It stands for the model: [`Forward`] and [`Module`] are handed on, with the model's own keys, so that
/// a checkpoint fits a program that runs alone. (PyTorch puts `module.` before each.)
///
/// ```
/// use ondol_distributed::{DistributedDataParallel, init_process_group};
/// use ondol_nn::{Forward, Linear, Module, Tensor};
/// use ondol_optim::{Optimizer, SGD};
/// let comm = init_process_group("auto")?;
/// let model = DistributedDataParallel::new(Linear::new(3, 1), &comm)?;
/// let mut optimizer = SGD::new(model.parameters(), 0.1);
/// model.forward(&Tensor::ones([4, 3])).square().mean().backward();
/// optimizer.step();
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// Every rank must run backward equally often. [`DistributedSampler`] gives all ranks as many samples; a
/// rank that has fewer calls [`join`](DistributedDataParallel::join) when it is through.
///
/// [`DistributedSampler`]: https://pytorch.org/docs/stable/data.html#torch.utils.data.distributed.DistributedSampler
pub struct DistributedDataParallel<M> {
    module: M,
    comm: Communicator,
    reducer: Arc<Reducer>,
    broadcast_buffers: bool,
}

/// How a model is made parallel; [`wrap`](DataParallelOptions::wrap) does it.
#[derive(Clone, Debug)]
pub struct DataParallelOptions {
    comm: Communicator,
    bucket_cap_mb: f64,
    find_unused_parameters: bool,
    broadcast_buffers: bool,
}

impl DataParallelOptions {
    /// PyTorch's: buckets of 25 MB, buffers of rank 0 for each forward, an error for unused parameters.
    pub fn new(comm: &Communicator) -> DataParallelOptions {
        DataParallelOptions {
            comm: comm.clone(),
            bucket_cap_mb: 25.0,
            find_unused_parameters: false,
            broadcast_buffers: true,
        }
    }

    /// How many megabytes (2²⁰ bytes) of gradients travel together. The first bucket has 1 MB at most,
    /// so that something travels soon. The numbers do not depend on it.
    pub fn bucket_cap_mb(mut self, megabytes: f64) -> Self {
        self.bucket_cap_mb = megabytes;
        self
    }

    /// Whether a backward may leave parameters out. Their gradient is then the average over the ranks
    /// that have one (others count as zero); where none has, it stays as it is. It costs a small
    /// collective more in each backward. Otherwise such a backward panics and names them.
    pub fn find_unused_parameters(mut self, find: bool) -> Self {
        self.find_unused_parameters = find;
        self
    }

    /// Whether each forward in training begins with the buffers of rank 0, such as the running
    /// statistics of batch normalisation.
    pub fn broadcast_buffers(mut self, broadcast: bool) -> Self {
        self.broadcast_buffers = broadcast;
        self
    }

    /// Checks that all ranks have the same parameters and buffers, gives them those of rank 0, and hangs
    /// the averaging on the parameters that require a gradient now.
    ///
    /// # Errors
    /// A rank whose model differs, with the first parameter that does.
    pub fn wrap<M: Module>(self, module: M) -> Result<DistributedDataParallel<M>> {
        agree::same_on_all(&self.comm, &module)?;
        let named = module.named_parameters();
        let tensors = named.iter().map(|(_, t)| t.clone());
        let buffers = module.named_buffers().into_iter().map(|(_, t)| t);
        agree::take_from_main(&self.comm, &tensors.chain(buffers).collect::<Vec<_>>())?;
        let learns = named
            .into_iter()
            .filter(|(_, t)| t.requires_grad())
            .collect();
        let caps = Caps::of(self.bucket_cap_mb);
        let reducer = Reducer::hang(learns, &self.comm, caps, self.find_unused_parameters)?;
        Ok(DistributedDataParallel {
            module,
            comm: self.comm,
            reducer,
            broadcast_buffers: self.broadcast_buffers,
        })
    }
}

impl<M: Module> DistributedDataParallel<M> {
    /// With the options' defaults.
    ///
    /// # Errors
    /// As [`DataParallelOptions::wrap`].
    pub fn new(module: M, comm: &Communicator) -> Result<DistributedDataParallel<M>> {
        DataParallelOptions::new(comm).wrap(module)
    }

    /// The model itself.
    pub fn module(&self) -> &M {
        &self.module
    }

    /// The ranks.
    pub fn communicator(&self) -> &Communicator {
        &self.comm
    }

    /// Which parameters travel together, by name, in the order their buckets do.
    pub fn buckets(&self) -> Vec<Vec<String>> {
        self.reducer.bucket_names()
    }

    /// Runs `f`, whose backwards keep their gradients to themselves:
    /// `torch.nn.parallel.DistributedDataParallel.no_sync`. The next backward outside averages all that
    /// has come together.
    ///
    /// ```
    /// use ondol_distributed::{Communicator, DistributedDataParallel};
    /// use ondol_nn::{Forward, Linear, Module, Tensor};
    /// let model = DistributedDataParallel::new(Linear::new(2, 1), &Communicator::single())?;
    /// let loss = |x: &Tensor| model.forward(x).mean() * 0.5;
    /// let (first, second) = (Tensor::ones([4, 2]), Tensor::ones([4, 2]));
    /// model.no_sync(|| loss(&first).backward());
    /// loss(&second).backward();
    /// assert_eq!(model.module().bias.as_ref().unwrap().grad().unwrap().item(), 1.0);
    /// # Ok::<(), ondol_tensor::Error>(())
    /// ```
    pub fn no_sync<R>(&self, f: impl FnOnce() -> R) -> R {
        let _quiet = self.reducer.quiet();
        f()
    }

    /// Takes part in the steps that other ranks still have, without data of one's own:
    /// `torch.distributed.algorithms.join.Join`. Returns when all ranks have called it.
    ///
    /// Each step's gradients, averaged over all ranks with zeros for this one, are put where a backward
    /// would put them, and `step` is run on them, so that parameters, optimizer and schedule stay what
    /// they are on the others: it is what the loop does after `backward()`. Until the end nothing else
    /// may be asked of the ranks but what a step asks.
    ///
    /// ```
    /// use ondol_distributed::{Communicator, DistributedDataParallel};
    /// use ondol_nn::{Linear, Module};
    /// use ondol_optim::{Optimizer, SGD};
    /// let model = DistributedDataParallel::new(Linear::new(2, 1), &Communicator::single())?;
    /// let mut optimizer = SGD::new(model.parameters(), 0.1);
    /// // for batch in &loader { … }
    /// model.join(|| {
    ///     optimizer.step();
    ///     optimizer.zero_grad();
    /// })?;
    /// # Ok::<(), ondol_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// As a backward's: ranks that do not do the same.
    pub fn join(&self, mut step: impl FnMut()) -> Result<()> {
        while let Some(followed) = self.comm.follow()? {
            let Some(array) = followed.array else {
                continue;
            };
            if followed.tag == self.reducer.tag() | BUFFERS {
                agree::put_flat(&self.floating_buffers(), &array)?;
            } else if self.reducer.followed(followed.tag, array)? {
                step();
            }
        }
        Ok(())
    }

    /// The buffers that differ from rank to rank: counters of batches count alike on all.
    fn floating_buffers(&self) -> Vec<Tensor> {
        let buffers = self.module.named_buffers().into_iter().map(|(_, t)| t);
        let first = |t: &Tensor| t.dtype().is_floating_point();
        let mut buffers: Vec<Tensor> = buffers.filter(first).collect();
        if let Some(dtype) = buffers.first().map(Tensor::dtype) {
            buffers.retain(|t| t.dtype() == dtype);
        }
        buffers
    }

    fn share_buffers(&self) -> Result<()> {
        let buffers = self.floating_buffers();
        if buffers.is_empty() || self.comm.world_size() == 1 {
            return Ok(());
        }
        let values: Vec<Array> = buffers
            .iter()
            .map(|t| self.comm.at_hand(&t.value())?.reshape([t.numel()]))
            .collect::<Result<_>>()?;
        let flat = Array::cat(&values.iter().collect::<Vec<_>>(), 0)?;
        let label = "the model's buffers".to_owned();
        let tag = self.reducer.tag() | BUFFERS;
        let flat = self.comm.broadcast_array(&flat, 0, label, tag)?;
        agree::put_flat(&buffers, &flat)
    }
}

impl<M> Deref for DistributedDataParallel<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.module
    }
}

impl<M: Module> Module for DistributedDataParallel<M> {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        self.module.visit(visitor);
    }

    fn type_name(&self) -> &'static str {
        self.module.type_name()
    }

    fn extra_repr(&self) -> String {
        self.module.extra_repr()
    }
}

impl<M: Forward> Forward for DistributedDataParallel<M> {
    /// # Panics
    /// Where ranks do not do the same, and as the model's forward.
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _here = Scope::here();
        if self.broadcast_buffers && !self.reducer.is_quiet() && self.module.is_training() {
            ok(self.share_buffers());
        }
        self.module.forward(x)
    }
}

impl<M> Drop for DistributedDataParallel<M> {
    fn drop(&mut self) {
        self.reducer.take_off();
    }
}
