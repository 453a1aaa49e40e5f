//! What a rank does with the others.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ondol_autograd::Tensor;
use ondol_tensor::{Array, DType, Device, Element, Error, Result};

use crate::header::trouble;
use crate::transport::{Collective, Followed, Pending, ReduceOp, Transport};

/// How long the others wait for a rank that does something on its own, see
/// [`Communicator::on_main`].
const LONG: Duration = Duration::from_secs(30 * 60);

/// This process among those of a run; a clone is the same one.
///
/// A collective is something that all ranks do: each must call the same ones, in the same order, with
/// the same shapes. Where they do not, all get an error that names the rank, what it does and what the
/// others do. Where one does not come at all, the others end the run after 25 s (`ONDOL_TIMEOUT`).
///
/// Sums are in the order of ranks, so that the same numbers give the same bits, run after run and on all
/// ranks, whatever the network.
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_distributed::{Communicator, ReduceOp};
/// let comm = Communicator::single();
/// let loss = tensor!([0.5, 0.25]);
/// comm.all_reduce(&loss, ReduceOp::Avg)?;
/// assert_eq!(loss.to_vec::<f32>(), [0.5, 0.25]);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Communicator(Arc<dyn Transport>);

impl fmt::Debug for Communicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, rank, size) = (self.name(), self.rank(), self.world_size());
        write!(f, "Communicator({name}, rank {rank} of {size})")
    }
}

impl Communicator {
    /// One over an engine of one's own.
    pub fn new(transport: impl Transport + 'static) -> Communicator {
        Communicator(Arc::new(transport))
    }

    /// The engine: `mpi`, `nccl`, `threads` or `single`, `torch.distributed.get_backend`.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// Which rank this is, from 0, `torch.distributed.get_rank`.
    pub fn rank(&self) -> usize {
        self.0.rank()
    }

    /// How many ranks there are, `torch.distributed.get_world_size`.
    pub fn world_size(&self) -> usize {
        self.0.world_size()
    }

    /// Whether this is rank 0, which prints and saves.
    pub fn is_main(&self) -> bool {
        self.rank() == 0
    }

    /// Reduces the tensor over all ranks, in place, `torch.distributed.all_reduce`.
    ///
    /// Half types are summed in `f32` and rounded once. An average of integers is cut towards zero.
    ///
    /// # Errors
    /// Ranks that do something else or other shapes, by number; a `bool`.
    pub fn all_reduce(&self, tensor: &Tensor, op: ReduceOp) -> Result<()> {
        let pieces = vec![self.at_hand(&tensor.value())?];
        let label = String::new();
        let flat = self.begin_all_reduce(pieces, op, label, 0).array()?;
        put(tensor, &flat)
    }

    /// Gives all ranks the numbers of rank `src`, in place, `torch.distributed.broadcast`.
    ///
    /// # Errors
    /// As [`all_reduce`](Communicator::all_reduce); a rank that is not there.
    pub fn broadcast(&self, tensor: &Tensor, src: usize) -> Result<()> {
        let flat = self.broadcast_array(&tensor.value(), src, String::new(), 0)?;
        put(tensor, &flat)
    }

    /// The tensors of all ranks, by rank, `torch.distributed.all_gather`.
    ///
    /// # Errors
    /// As [`all_reduce`](Communicator::all_reduce).
    pub fn all_gather(&self, tensor: &Tensor) -> Result<Vec<Tensor>> {
        let (shape, device) = (tensor.shape(), tensor.device());
        let array = self.at_hand(&tensor.value())?;
        let label = String::new();
        let arrays = self
            .0
            .begin(Collective::AllGather { array, label })
            .arrays()?;
        let shaped = |array: Array| array.to_device(&device)?.reshape(shape.clone());
        arrays
            .into_iter()
            .map(|array| shaped(array).map(Tensor::from))
            .collect()
    }

    /// Reduces numbers in host memory, in place.
    ///
    /// ```
    /// use ondol_distributed::{Communicator, ReduceOp};
    /// let mut counts = [3i64, 4];
    /// Communicator::single().all_reduce_slice(&mut counts, ReduceOp::Sum)?;
    /// # Ok::<(), ondol_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`all_reduce`](Communicator::all_reduce).
    pub fn all_reduce_slice<T: Element>(&self, values: &mut [T], op: ReduceOp) -> Result<()> {
        let array = Array::from_slice(values, [values.len()])?;
        let array = self
            .begin_all_reduce(vec![array], op, String::new(), 0)
            .array()?;
        values.copy_from_slice(&array.to_vec::<T>()?);
        Ok(())
    }

    /// Bytes of all ranks, however many each has, by rank.
    ///
    /// # Errors
    /// As [`all_reduce`](Communicator::all_reduce).
    pub fn all_gather_bytes(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
        self.gather(bytes.to_vec(), "bytes")
    }

    pub(crate) fn gather(&self, bytes: Vec<u8>, label: &str) -> Result<Vec<Vec<u8>>> {
        let label = label.to_owned();
        self.0
            .begin(Collective::GatherBytes { bytes, label })
            .bytes()
    }

    /// Waits for all ranks, `torch.distributed.barrier`.
    ///
    /// # Errors
    /// As [`all_reduce`](Communicator::all_reduce).
    pub fn barrier(&self) -> Result<()> {
        let patience = None;
        self.0
            .begin(Collective::Barrier { patience })
            .wait()
            .map(drop)
    }

    /// Runs `f` on rank 0 only, such as saving a file or an evaluation, while the others wait, up to
    /// half an hour; its result there, `None` elsewhere.
    ///
    /// ```
    /// use ondol_distributed::Communicator;
    /// let comm = Communicator::single();
    /// comm.on_main(|| {
    ///     println!("one line, however many ranks there are");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), ondol_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// That of `f`, on all ranks.
    pub fn on_main<R>(&self, f: impl FnOnce() -> Result<R>) -> Result<Option<R>> {
        let result = self.is_main().then(f);
        let patience = Some(LONG);
        self.0.begin(Collective::Barrier { patience }).wait()?;
        let failed = match &result {
            Some(Err(error)) => format!("rank 0: {error}"),
            _ => String::new(),
        };
        let failed = self
            .gather(failed.into_bytes(), "what rank 0 did alone")?
            .swap_remove(0);
        match result {
            Some(result) => result.map(Some),
            None if failed.is_empty() => Ok(None),
            None => Err(trouble(
                vec![0],
                String::from_utf8_lossy(&failed).into_owned(),
            )),
        }
    }

    /// Ends all ranks, with a message of this one, `MPI_Abort`.
    pub fn abort(&self, message: &str) -> ! {
        self.0.abort(message)
    }

    /// MPI's own `MPI_Allreduce`, to compare with: its order of summing is the library's.
    ///
    /// # Errors
    /// Where the engine has none.
    pub fn native_all_reduce(&self, array: Array) -> Result<Array> {
        self.0.begin(Collective::Native { array }).array()
    }

    /// Begins reducing arrays of one dtype and device, one after the other, as one flat array.
    pub fn begin_all_reduce(
        &self,
        pieces: Vec<Array>,
        op: ReduceOp,
        label: String,
        tag: u64,
    ) -> Pending {
        self.0.begin(Collective::AllReduce {
            pieces,
            op,
            label,
            tag,
        })
    }

    pub(crate) fn broadcast_array(
        &self,
        array: &Array,
        src: usize,
        label: String,
        tag: u64,
    ) -> Result<Array> {
        if src >= self.world_size() {
            return Err(Error::value(
                "broadcast",
                format!("there is no rank {src} among {}", self.world_size()),
            ));
        }
        let array = self.at_hand(array)?;
        let broadcast = Collective::Broadcast {
            array,
            root: src,
            label,
            tag,
        };
        self.0.begin(broadcast).array()
    }

    pub(crate) fn follow(&self) -> Result<Option<Followed>> {
        self.0.begin(Collective::Follow).followed()
    }

    /// The array where the engine can reach it.
    pub(crate) fn at_hand(&self, array: &Array) -> Result<Array> {
        match self.0.is_host() && !array.device().is_cpu() {
            true => array.to_device(&Device::cpu()),
            false => Ok(array.clone()),
        }
    }

    /// Hands a collective on, for an engine that leaves some of them to another.
    #[cfg(feature = "nccl")]
    pub(crate) fn begin(&self, collective: Collective) -> Pending {
        self.0.begin(collective)
    }

    /// Where an array from a device must be for the engine to reach it.
    pub(crate) fn place(&self, device: &Device) -> Device {
        match self.0.is_host() {
            true => Device::cpu(),
            false => device.clone(),
        }
    }

    /// The sum of numbers that are the same kind on all ranks, in `f64`.
    pub(crate) fn sums(&self, values: Vec<f64>, op: ReduceOp, label: &str) -> Result<Vec<f64>> {
        let n = values.len();
        let array = Array::from_vec(values, [n])?;
        let pending = self.begin_all_reduce(vec![array], op, label.to_owned(), 0);
        pending.array()?.to_vec()
    }

    /// The numbers of all ranks, by rank.
    pub(crate) fn gathered(&self, values: Vec<f64>, label: &str) -> Result<Vec<Vec<f64>>> {
        let n = values.len();
        let array = Array::from_vec(values, [n])?;
        debug_assert_eq!(array.dtype(), DType::F64);
        let label = label.to_owned();
        let arrays = self
            .0
            .begin(Collective::AllGather { array, label })
            .arrays()?;
        arrays.iter().map(Array::to_vec).collect()
    }
}

/// Gives a tensor the numbers of a flat array.
fn put(tensor: &Tensor, flat: &Array) -> Result<()> {
    let value = flat.to_device(&tensor.device())?.reshape(tensor.shape())?;
    tensor.set_data(value);
    Ok(())
}
