//! A device as a [`Backend`].

use std::sync::Arc;

use ondol_tensor::{
    ArgReduce, Backend, Binary, Buffer, Compare, DType, Distribution, Fill, Fused, FusedStep,
    MemoryStats, Reduce, Result, Scan, Scatter, Source, Unary, View, ViewMut,
};

use crate::gpu::Gpu;
use crate::memory::Memory;

impl Backend for Gpu {
    fn name(&self) -> &str {
        Gpu::name(self)
    }

    fn alloc(&self, bytes: usize) -> Result<Arc<dyn Buffer>> {
        Ok(Arc::new(self.pool().alloc(bytes)?))
    }

    fn upload(&self, src: &[u8], dst: &mut dyn Buffer) -> Result<()> {
        Gpu::upload(self, src, Memory::of(dst).address())
    }

    fn download(&self, src: &dyn Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        Gpu::download(self, Memory::of(src).address() + offset as u64, dst)
    }

    fn fill(&self, fill: Fill, dst: ViewMut<'_>) -> Result<()> {
        Gpu::fill(self, fill, dst)
    }

    fn random(
        &self,
        distribution: Distribution,
        seed: u64,
        offset: u64,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        Gpu::random(self, distribution, seed, offset, dst)
    }

    fn copy(&self, src: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        Gpu::copy(self, src, dst)
    }

    fn unary(&self, op: Unary, src: Source<'_>, dst: ViewMut<'_>) -> Result<()> {
        Gpu::unary(self, op, src, dst)
    }

    fn binary(&self, op: Binary, a: Source<'_>, b: Source<'_>, dst: ViewMut<'_>) -> Result<()> {
        Gpu::binary(self, op, a, b, dst)
    }

    fn compare(
        &self,
        op: Compare,
        dtype: DType,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        Gpu::compare(self, op, dtype, a, b, dst)
    }

    fn select(
        &self,
        condition: View<'_>,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        Gpu::select(self, condition, a, b, dst)
    }

    fn reduce(&self, op: Reduce, src: View<'_>, dims: &[usize], dst: ViewMut<'_>) -> Result<()> {
        Gpu::reduce(self, op, src, dims, dst)
    }

    fn arg_reduce(&self, op: ArgReduce, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
        Gpu::arg_reduce(self, op, src, dim, dst)
    }

    fn scan(&self, op: Scan, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
        Gpu::scan(self, op, src, dim, dst)
    }

    fn matmul(&self, a: View<'_>, b: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        Gpu::matmul(self, a, b, dst)
    }

    fn gather(&self, src: View<'_>, dim: usize, index: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        Gpu::gather(self, src, dim, index, dst)
    }

    fn scatter(
        &self,
        op: Scatter,
        dim: usize,
        index: View<'_>,
        src: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        Gpu::scatter(self, op, dim, index, src, dst)
    }

    fn sort(
        &self,
        src: View<'_>,
        dim: usize,
        descending: bool,
        values: ViewMut<'_>,
        indices: ViewMut<'_>,
    ) -> Result<()> {
        Gpu::sort(self, src, dim, descending, values, indices)
    }

    fn has_fused(&self, op: &Fused, dtype: DType) -> bool {
        match op {
            Fused::Conv2d(_)
            | Fused::Conv2dInputGrad { .. }
            | Fused::Conv2dWeightGrad { .. }
            | Fused::Linear
            | Fused::MaxPool2d(_) => dtype.is_floating_point(),
            // The composite's kernels do.
            _ => false,
        }
    }

    fn fused(
        &self,
        op: &Fused,
        inputs: &[View<'_>],
        outputs: &mut [ViewMut<'_>],
    ) -> Option<Result<()>> {
        let (a, b) = (inputs[0], *inputs.last()?);
        match (op, outputs) {
            (Fused::Conv2d(o), [y]) => Some(self.conv_forward(o, a, b, y)),
            (Fused::Conv2dInputGrad { options, .. }, [x]) => {
                Some(self.conv_input_grad(options, a, b, x))
            }
            (Fused::Conv2dWeightGrad { options, .. }, [w]) => {
                Some(self.conv_weight_grad(options, a, b, w))
            }
            (Fused::Linear, [y]) => {
                let y = ViewMut {
                    buffer: &mut *y.buffer,
                    layout: y.layout,
                    dtype: y.dtype,
                };
                Some(self.linear(a, inputs[1], b, y))
            }
            (Fused::MaxPool2d(o), [values, places]) => self.max_pool2d(o, a, values, places),
            _ => None,
        }
    }

    fn fused_step(
        &self,
        op: &FusedStep,
        in_outs: &mut [ViewMut<'_>],
        inputs: &[View<'_>],
    ) -> Option<Result<()>> {
        self.step(op, in_outs, inputs)
    }

    fn synchronize(&self) -> Result<()> {
        Gpu::synchronize(self, "synchronize")
    }

    fn memory(&self) -> MemoryStats {
        self.pool().stats()
    }

    fn empty_cache(&self) {
        self.pool().empty_cache();
    }
}
