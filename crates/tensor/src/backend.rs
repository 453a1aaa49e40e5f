//! The narrow waist between arrays and kernels.

use std::any::Any;
use std::sync::Arc;

use crate::{
    ArgReduce, Binary, Compare, DType, Distribution, Fill, Fused, FusedStep, Layout, Reduce,
    Result, Scalar, Scan, Scatter, Unary,
};

/// Memory on a device, without a type. Each backend downcasts to its own.
pub trait Buffer: Any + Send + Sync {
    /// Its size in bytes.
    fn bytes(&self) -> usize;
}

/// A strided look at a buffer, to read.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The memory.
    pub buffer: &'a dyn Buffer,
    /// Shape, strides and offset, in elements.
    pub layout: &'a Layout,
    /// The element type.
    pub dtype: DType,
}

/// A strided look at a buffer, to write. No two of its elements share memory.
pub struct ViewMut<'a> {
    /// The memory.
    pub buffer: &'a mut dyn Buffer,
    /// Shape, strides and offset, in elements.
    pub layout: &'a Layout,
    /// The element type.
    pub dtype: DType,
}

/// Where an operand comes from.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// Another buffer's elements; the layout already has the destination's shape.
    View(View<'a>),
    /// The destination's own elements: the operation is in place.
    Destination,
    /// One number for all elements.
    Scalar(Scalar),
}

/// What a device's pool of buffers holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryStats {
    /// Bytes in live buffers, rounded up to the pool's size classes.
    pub allocated: usize,
    /// The most `allocated` has been.
    pub peak: usize,
    /// Bytes in freed buffers kept for reuse.
    pub cached: usize,
    /// Buffers taken from the system so far.
    pub system_allocations: u64,
    /// Buffers served from the pool so far.
    pub reused: u64,
}

/// A device that computes.
///
/// The contract of every method: the caller has checked shapes, dtypes and devices; views given
/// as operands have the destination's shape (stride 0 where broadcast) and the dtype the
/// operation's doc asks for; kernels never allocate results; the same call gives the same bits,
/// whatever the number of threads. Layouts may be strided, empty and 0-dim.
pub trait Backend: Send + Sync + 'static {
    /// `"cpu"`, `"cuda:0"` …
    fn name(&self) -> &str;

    /// Whether the buffers are plain host memory.
    fn is_cpu(&self) -> bool {
        false
    }

    /// Uninitialised memory, from the pool where it has some. Its `Arc` is the only one.
    fn alloc(&self, bytes: usize) -> Result<Arc<dyn Buffer>>;

    /// Copies host bytes to the start of a buffer.
    fn upload(&self, src: &[u8], dst: &mut dyn Buffer) -> Result<()>;

    /// Copies a buffer's bytes, from byte `offset` on, to the host.
    fn download(&self, src: &dyn Buffer, offset: usize, dst: &mut [u8]) -> Result<()>;

    /// Writes what needs no operand.
    fn fill(&self, fill: Fill, dst: ViewMut<'_>) -> Result<()>;

    /// Writes random numbers: the stream of `seed`, from block `offset` on.
    fn random(
        &self,
        distribution: Distribution,
        seed: u64,
        offset: u64,
        dst: ViewMut<'_>,
    ) -> Result<()>;

    /// Copies, converting between dtypes.
    fn copy(&self, src: View<'_>, dst: ViewMut<'_>) -> Result<()>;

    /// See [`Unary`].
    fn unary(&self, op: Unary, src: Source<'_>, dst: ViewMut<'_>) -> Result<()>;

    /// See [`Binary`]. At most one operand is [`Source::Destination`].
    fn binary(&self, op: Binary, a: Source<'_>, b: Source<'_>, dst: ViewMut<'_>) -> Result<()>;

    /// See [`Compare`]. `dtype` is the operands'; `dst` is `bool`.
    fn compare(
        &self,
        op: Compare,
        dtype: DType,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()>;

    /// `a` where `condition` (a `bool` view) is true, else `b`.
    fn select(
        &self,
        condition: View<'_>,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()>;

    /// Reduces the dimensions `dims` (ascending) of `src`; in `dst` they have size 1.
    fn reduce(&self, op: Reduce, src: View<'_>, dims: &[usize], dst: ViewMut<'_>) -> Result<()>;

    /// Position of the extreme along `dim`; `dst` is `i64` with size 1 there.
    fn arg_reduce(&self, op: ArgReduce, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()>;

    /// Running reduction along `dim`.
    fn scan(&self, op: Scan, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()>;

    /// Batched matrix product `[…, m, k] · […, k, n] → […, m, n]`, all of one rank ≥ 2 and with
    /// equal leading sizes (stride 0 where broadcast). `f16` and `bf16` accumulate in `f32`.
    fn matmul(&self, a: View<'_>, b: View<'_>, dst: ViewMut<'_>) -> Result<()>;

    /// `dst[…, i, …] = src[…, index[…, i, …], …]` along `dim`; `index` (`i64`) has `dst`'s shape.
    ///
    /// # Errors
    /// An index outside of `[0, size)`.
    fn gather(&self, src: View<'_>, dim: usize, index: View<'_>, dst: ViewMut<'_>) -> Result<()>;

    /// `dst[…, index[…, i, …], …] (op)= src[…, i, …]` along `dim`; `index` (`i64`) gives the shape.
    /// A [`Source::View`] has `index`'s shape too.
    ///
    /// # Errors
    /// An index outside of `[0, size)`; `dst` is then unspecified but initialised.
    fn scatter(
        &self,
        op: Scatter,
        dim: usize,
        index: View<'_>,
        src: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()>;

    /// Stable sort along `dim`; NaN counts as greatest. `indices` is `i64`.
    fn sort(
        &self,
        src: View<'_>,
        dim: usize,
        descending: bool,
        values: ViewMut<'_>,
        indices: ViewMut<'_>,
    ) -> Result<()>;

    /// A faster way to do a composite, or `None` where this backend has none for these operands.
    /// The choice depends on shapes, dtypes and the device only.
    fn fused(
        &self,
        op: &Fused,
        inputs: &[View<'_>],
        outputs: &mut [ViewMut<'_>],
    ) -> Option<Result<()>> {
        let _ = (op, inputs, outputs);
        None
    }

    /// Whether [`Backend::fused`] has a way for operands of this dtype, asked before outputs are made.
    fn has_fused(&self, op: &Fused, dtype: DType) -> bool {
        let _ = (op, dtype);
        false
    }

    /// As [`Backend::fused`], for what updates in place: optimizer steps.
    fn fused_step(
        &self,
        op: &FusedStep,
        in_outs: &mut [ViewMut<'_>],
        inputs: &[View<'_>],
    ) -> Option<Result<()>> {
        let _ = (op, in_outs, inputs);
        None
    }

    /// Waits for all work given so far.
    fn synchronize(&self) -> Result<()> {
        Ok(())
    }

    /// The pool's counters.
    fn memory(&self) -> MemoryStats;

    /// Gives cached memory back to the system.
    fn empty_cache(&self);
}
