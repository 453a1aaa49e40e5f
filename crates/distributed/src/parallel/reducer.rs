//! Averages gradients while backward goes on.
//!
//! Each parameter has a hook that runs when its gradient is complete. When a bucket's last gradient has
//! come and all buckets before it are on their way, it is handed to the rank's own thread, and backward
//! goes on. The order of buckets is fixed, not that in which they come to be full, as it must be the
//! same on all ranks. At the end of backward the averages are waited for and put in place.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use ondol_autograd::{HookHandle, Tensor, WeakTensor, ok, raise, register_multi_grad_hook};
use ondol_tensor::{Array, DType, Error, Result, Shape};

use super::buckets::{Caps, Size, buckets};
use crate::Communicator;
use crate::transport::{Pending, ReduceOp};

/// The bucket number of the list of used parameters.
const USED: u64 = 0xffff_ffff;

pub(super) struct Reducer {
    comm: Communicator,
    /// Tells the models of a program apart; the same on all ranks, which make them in the same order.
    id: u64,
    parameters: Vec<Parameter>,
    buckets: Vec<Vec<usize>>,
    /// Which bucket each parameter is in.
    bucket_of: Vec<usize>,
    find_unused: bool,
    /// How many `no_sync` are under way.
    quiet: AtomicUsize,
    state: Mutex<State>,
    hooks: OnceLock<Vec<HookHandle>>,
}

struct Parameter {
    name: String,
    tensor: WeakTensor,
    shape: Shape,
    dtype: DType,
}

/// A backward under way.
#[derive(Default)]
struct State {
    /// Backwards that were averaged.
    step: u64,
    ready: Vec<bool>,
    /// Gradients that each bucket still waits for.
    missing: Vec<usize>,
    /// On their way, in order.
    pending: Vec<Pending>,
    /// Buckets that a rank without data has got of a step.
    followed: Vec<Array>,
    used: Option<Array>,
}

impl Reducer {
    pub(super) fn hang(
        named: Vec<(String, Tensor)>,
        comm: &Communicator,
        caps: Caps,
        find_unused: bool,
    ) -> Result<Arc<Reducer>> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let sizes: Vec<Size> = named
            .iter()
            .map(|(_, t)| Size {
                dtype: t.dtype(),
                device: t.device(),
                bytes: t.numel() * t.dtype().size(),
            })
            .collect();
        let buckets = buckets(&sizes, caps);
        let mut bucket_of = vec![0; named.len()];
        for (bucket, members) in buckets.iter().enumerate() {
            members.iter().for_each(|&p| bucket_of[p] = bucket);
        }
        let parameters = named.iter().map(|(name, t)| Parameter {
            name: name.clone(),
            tensor: t.downgrade(),
            shape: t.shape(),
            dtype: t.dtype(),
        });
        let reducer = Arc::new(Reducer {
            comm: comm.clone(),
            // Threads of one program count by themselves where they are ranks.
            id: match comm.name() {
                "threads" => 0,
                _ => NEXT.fetch_add(1, Ordering::Relaxed) & 0x3fff_ffff,
            },
            parameters: parameters.collect(),
            bucket_of,
            find_unused,
            quiet: AtomicUsize::new(0),
            state: Mutex::new(State::of(&buckets, named.len())),
            buckets,
            hooks: OnceLock::new(),
        });
        if comm.world_size() > 1 && !named.is_empty() {
            let _ = reducer.hooks.set(Reducer::hooks(&reducer, &named));
        }
        Ok(reducer)
    }

    fn hooks(reducer: &Arc<Reducer>, named: &[(String, Tensor)]) -> Vec<HookHandle> {
        // Weak: the hooks live as long as the parameters, which the model may outlive.
        let each = named.iter().enumerate().map(|(index, (_, tensor))| {
            let reducer: Weak<Reducer> = Arc::downgrade(reducer);
            tensor.register_post_accumulate_grad_hook(move |_| {
                if let Some(reducer) = reducer.upgrade() {
                    reducer.came(index);
                }
            })
        });
        let mut handles: Vec<HookHandle> = each.collect();
        let end = Arc::downgrade(reducer);
        let tensors: Vec<&Tensor> = named.iter().map(|(_, tensor)| tensor).collect();
        handles.push(register_multi_grad_hook(&tensors, move |_| {
            if let Some(reducer) = end.upgrade() {
                reducer.finish();
            }
        }));
        handles
    }

    pub(super) fn take_off(&self) {
        self.hooks
            .get()
            .into_iter()
            .flatten()
            .for_each(HookHandle::remove);
    }

    /// What the buckets of this model are known by.
    pub(super) fn tag(&self) -> u64 {
        self.id << 32
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet.load(Ordering::Relaxed) > 0
    }

    /// Averages nothing until it is dropped.
    pub(super) fn quiet(&self) -> Quiet<'_> {
        self.quiet.fetch_add(1, Ordering::Relaxed);
        Quiet(self)
    }

    pub(super) fn bucket_names(&self) -> Vec<Vec<String>> {
        let name = |&p: &usize| self.parameters[p].name.clone();
        let names = self.buckets.iter().map(|b| b.iter().map(name).collect());
        names.collect()
    }

    // A panic ends the run; the state is not looked at after one.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A parameter's gradient is complete.
    fn came(&self, index: usize) {
        if self.is_quiet() {
            return;
        }
        let mut state = self.state();
        if std::mem::replace(&mut state.ready[index], true) {
            drop(state);
            raise(Error::Autograd {
                op: "DistributedDataParallel",
                message: format!(
                    "the gradient of `{}` came a second time; the backward before did not end well, and its ranks \
                     are not in step",
                    self.parameters[index].name
                ),
            });
        }
        state.missing[self.bucket_of[index]] -= 1;
        while state.missing.get(state.pending.len()) == Some(&0) {
            let bucket = state.pending.len();
            let pending = ok(self.launch(bucket, state.step));
            state.pending.push(pending);
        }
    }

    fn launch(&self, bucket: usize, step: u64) -> Result<Pending> {
        let pieces: Vec<Array> = self.buckets[bucket]
            .iter()
            .map(|&p| {
                let Parameter { shape, dtype, .. } = &self.parameters[p];
                match self.tensor(p).and_then(|t| t.grad()) {
                    Some(grad) => self.comm.at_hand(&grad.value()),
                    // What this rank has not used counts as zero.
                    None => {
                        let device = self.tensor(p).map(|t| t.device()).unwrap_or_default();
                        Array::zeros(shape.clone(), *dtype, &self.comm.place(&device))
                    }
                }
            })
            .collect::<Result<_>>()?;
        let label = format!(
            "bucket {bucket} of {} (`{}` and before) in backward {step}",
            self.buckets.len(),
            self.parameters[self.buckets[bucket][0]].name,
        );
        let tag = self.tag() | bucket as u64;
        Ok(self
            .comm
            .begin_all_reduce(pieces, ReduceOp::Avg, label, tag))
    }

    fn tensor(&self, p: usize) -> Option<Tensor> {
        self.parameters[p].tensor.upgrade()
    }

    /// Backward is over: what is still here travels, and the averages take their places.
    fn finish(&self) {
        if self.is_quiet() {
            return;
        }
        let mut state = self.state();
        let unused: Vec<usize> = (0..state.ready.len())
            .filter(|&p| !state.ready[p])
            .collect();
        if !unused.is_empty() && !self.find_unused {
            drop(state);
            let names: Vec<_> = unused.iter().map(|&p| &*self.parameters[p].name).collect();
            raise(Error::Autograd {
                op: "DistributedDataParallel",
                message: format!(
                    "rank {}: this backward gave no gradient to {}; the other ranks would wait for them. Use them all, \
                     freeze them before the model is wrapped, or say find_unused_parameters(true)",
                    self.comm.rank(),
                    names.join(", ")
                ),
            });
        }
        ok(self.put_averages(&mut state));
        let step = state.step + 1;
        *state = State::of(&self.buckets, self.parameters.len());
        state.step = step;
    }

    fn put_averages(&self, state: &mut State) -> Result<()> {
        for bucket in state.pending.len()..self.buckets.len() {
            let pending = self.launch(bucket, state.step)?;
            state.pending.push(pending);
        }
        let used = match self.find_unused {
            true => {
                // In this backward, or in one of those before it that kept theirs.
                let used = |p| self.tensor(p).is_some_and(|t| t.grad().is_some());
                let used = (0..self.parameters.len()).map(|p| u8::from(used(p)));
                Some(self.used_anywhere(used.collect())?)
            }
            false => None,
        };
        for (bucket, pending) in std::mem::take(&mut state.pending).into_iter().enumerate() {
            self.put(bucket, &pending.array()?, used.as_deref())?;
        }
        Ok(())
    }

    fn used_anywhere(&self, used: Vec<u8>) -> Result<Vec<u8>> {
        let n = used.len();
        let array = Array::from_vec(used, [n])?;
        let label = "the used parameters".to_owned();
        let tag = self.tag() | USED;
        let pending = self
            .comm
            .begin_all_reduce(vec![array], ReduceOp::Max, label, tag);
        pending.array()?.to_vec()
    }

    /// The averages of a bucket become gradients, which share the bucket's memory until somebody
    /// writes to one.
    fn put(&self, bucket: usize, flat: &Array, used: Option<&[u8]>) -> Result<()> {
        let mut start = 0;
        for &p in &self.buckets[bucket] {
            let Parameter { shape, tensor, .. } = &self.parameters[p];
            let n = shape.numel();
            let value = flat.narrow(0, start, n)?.reshape(shape.clone())?;
            start += n;
            let Some(tensor) = tensor.upgrade() else {
                continue;
            };
            if used.is_none_or(|used| used[p] != 0) {
                let value = value.to_device(&tensor.device())?;
                tensor.set_grad(Some(Tensor::from(value)));
            }
        }
        Ok(())
    }

    /// A collective of the others that this rank followed; whether it was the last of a step, whose
    /// gradients are then in place.
    pub(super) fn followed(&self, tag: u64, array: Array) -> Result<bool> {
        if tag & !USED != self.tag() {
            return Ok(false);
        }
        let mut state = self.state();
        match tag & USED {
            USED => state.used = Some(array),
            _ => state.followed.push(array),
        }
        let complete = state.followed.len() == self.buckets.len();
        if !complete || (self.find_unused && state.used.is_none()) {
            return Ok(false);
        }
        let arrays = std::mem::take(&mut state.followed);
        let used = state.used.take();
        state.step += 1;
        drop(state);
        let used = used.map(|used| used.to_vec::<u8>()).transpose()?;
        for (bucket, array) in arrays.iter().enumerate() {
            self.put(bucket, array, used.as_deref())?;
        }
        Ok(true)
    }
}

impl State {
    fn of(buckets: &[Vec<usize>], parameters: usize) -> State {
        State {
            ready: vec![false; parameters],
            missing: buckets.iter().map(Vec::len).collect(),
            ..State::default()
        }
    }
}

/// While it lives, gradients stay on their rank.
pub(super) struct Quiet<'a>(&'a Reducer);

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        self.0.quiet.fetch_sub(1, Ordering::Relaxed);
    }
}
