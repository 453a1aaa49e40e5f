//! A backend that notes each call.

use std::ops::Deref;
use std::sync::Arc;

use super::kernel;
use crate::{
    ArgReduce, Backend, Binary, Buffer, Compare, DType, Distribution, Fill, Fused, FusedStep,
    MemoryStats, Reduce, Result, Scan, Scatter, Source, Unary, View, ViewMut,
};

/// A backend whose kernels become events of the profile on this thread, and which is otherwise
/// the one it holds.
pub(crate) struct Watched<B>(pub(crate) B);

fn of(view: View<'_>) -> usize {
    view.layout.numel() * view.dtype.size()
}

fn to(view: &ViewMut<'_>) -> usize {
    view.layout.numel() * view.dtype.size()
}

fn from(source: &Source<'_>, dst: &ViewMut<'_>) -> usize {
    match source {
        Source::View(view) => of(*view),
        Source::Destination => to(dst),
        Source::Scalar(_) => 0,
    }
}

/// An event of a kernel that always does its work.
fn note(name: &str, bytes: usize, f: impl FnOnce() -> Result<()>) -> Result<()> {
    kernel(|| name.to_owned(), bytes, || Some(f())).unwrap_or(Ok(()))
}

impl<B> Backend for Watched<B>
where
    B: Deref<Target: Backend> + Send + Sync + 'static,
{
    fn name(&self) -> &str {
        self.0.name()
    }

    fn is_cpu(&self) -> bool {
        self.0.is_cpu()
    }

    fn alloc(&self, bytes: usize) -> Result<Arc<dyn Buffer>> {
        self.0.alloc(bytes)
    }

    fn upload(&self, src: &[u8], dst: &mut dyn Buffer) -> Result<()> {
        note("upload", src.len(), || self.0.upload(src, dst))
    }

    fn download(&self, src: &dyn Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        note("download", dst.len(), || self.0.download(src, offset, dst))
    }

    fn fill(&self, fill: Fill, dst: ViewMut<'_>) -> Result<()> {
        note("fill", to(&dst), || self.0.fill(fill, dst))
    }

    fn random(
        &self,
        distribution: Distribution,
        seed: u64,
        offset: u64,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        note("random", to(&dst), || {
            self.0.random(distribution, seed, offset, dst)
        })
    }

    fn copy(&self, src: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        note("copy", of(src) + to(&dst), || self.0.copy(src, dst))
    }

    fn unary(&self, op: Unary, src: Source<'_>, dst: ViewMut<'_>) -> Result<()> {
        let bytes = from(&src, &dst) + to(&dst);
        note(op.name(), bytes, || self.0.unary(op, src, dst))
    }

    fn binary(&self, op: Binary, a: Source<'_>, b: Source<'_>, dst: ViewMut<'_>) -> Result<()> {
        let bytes = from(&a, &dst) + from(&b, &dst) + to(&dst);
        note(op.name(), bytes, || self.0.binary(op, a, b, dst))
    }

    fn compare(
        &self,
        op: Compare,
        dtype: DType,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let bytes = from(&a, &dst) + from(&b, &dst) + to(&dst);
        note(op.name(), bytes, || self.0.compare(op, dtype, a, b, dst))
    }

    fn select(
        &self,
        condition: View<'_>,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let bytes = of(condition) + from(&a, &dst) + from(&b, &dst) + to(&dst);
        note("where", bytes, || self.0.select(condition, a, b, dst))
    }

    fn reduce(&self, op: Reduce, src: View<'_>, dims: &[usize], dst: ViewMut<'_>) -> Result<()> {
        note(op.name(), of(src) + to(&dst), || {
            self.0.reduce(op, src, dims, dst)
        })
    }

    fn arg_reduce(&self, op: ArgReduce, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
        note(op.name(), of(src) + to(&dst), || {
            self.0.arg_reduce(op, src, dim, dst)
        })
    }

    fn scan(&self, op: Scan, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
        note(op.name(), of(src) + to(&dst), || {
            self.0.scan(op, src, dim, dst)
        })
    }

    fn matmul(&self, a: View<'_>, b: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        note("matmul", of(a) + of(b) + to(&dst), || {
            self.0.matmul(a, b, dst)
        })
    }

    fn gather(&self, src: View<'_>, dim: usize, index: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        let bytes = of(index) + 2 * to(&dst);
        note("gather", bytes, || self.0.gather(src, dim, index, dst))
    }

    fn scatter(
        &self,
        op: Scatter,
        dim: usize,
        index: View<'_>,
        src: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let bytes = of(index) + from(&src, &dst) + to(&dst);
        note("scatter", bytes, || {
            self.0.scatter(op, dim, index, src, dst)
        })
    }

    fn sort(
        &self,
        src: View<'_>,
        dim: usize,
        descending: bool,
        values: ViewMut<'_>,
        indices: ViewMut<'_>,
    ) -> Result<()> {
        let bytes = of(src) + to(&values) + to(&indices);
        note("sort", bytes, || {
            self.0.sort(src, dim, descending, values, indices)
        })
    }

    fn fused(
        &self,
        op: &Fused,
        inputs: &[View<'_>],
        outputs: &mut [ViewMut<'_>],
    ) -> Option<Result<()>> {
        let bytes = inputs.iter().map(|v| of(*v)).sum::<usize>();
        let bytes = bytes + outputs.iter().map(to).sum::<usize>();
        let name = || match op {
            Fused::UnaryGrad(unary) => format!("{}_grad", unary.name()),
            op => op.name().to_owned(),
        };
        kernel(name, bytes, || self.0.fused(op, inputs, outputs))
    }

    fn has_fused(&self, op: &Fused, dtype: DType) -> bool {
        self.0.has_fused(op, dtype)
    }

    fn fused_step(
        &self,
        op: &FusedStep,
        in_outs: &mut [ViewMut<'_>],
        inputs: &[View<'_>],
    ) -> Option<Result<()>> {
        let bytes = inputs.iter().map(|v| of(*v)).sum::<usize>();
        let bytes = bytes + 2 * in_outs.iter().map(to).sum::<usize>();
        kernel(
            || op.name().to_owned(),
            bytes,
            || self.0.fused_step(op, in_outs, inputs),
        )
    }

    fn synchronize(&self) -> Result<()> {
        note("synchronize", 0, || self.0.synchronize())
    }

    fn memory(&self) -> MemoryStats {
        self.0.memory()
    }

    fn empty_cache(&self) {
        self.0.empty_cache();
    }
}
