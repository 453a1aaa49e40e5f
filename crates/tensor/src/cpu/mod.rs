//! The CPU backend.
//!
//! Each family of the [`Backend`] trait has its file. Kernels split work by shape, never by the
//! number of threads, so that results are the same bits for any of them.

mod buffer;
mod conv;
mod copy;
mod elementwise;
mod fold;
mod fused;
mod gemm;
#[cfg(target_arch = "x86_64")]
mod gemm_avx2;
#[cfg(target_arch = "x86_64")]
mod gemm_blocked;
mod gemm_small;
mod index;
mod linear;
mod matmul;
mod number;
mod optimizer;
mod parallel;
mod pool;
mod pooling;
mod random;
mod reduce;
mod scan;
mod sort;
mod staging;
mod strided;
mod tier;

use std::sync::Arc;

use crate::{
    ArgReduce, Backend, Binary, Buffer, Compare, DType, Distribution, Error, Fill, Fused,
    FusedStep, MemoryStats, Reduce, Result, Scan, Scatter, Source, Unary, View, ViewMut,
};

pub(crate) use buffer::{bytes_of_mut, from_vec, into_vec, typed, typed_mut};
pub use parallel::{num_threads, set_num_threads};
pub use tier::simd_tier;

/// The CPU as a [`Backend`].
#[derive(Default)]
pub(crate) struct Cpu {
    pool: buffer::Pool,
}

impl Backend for Cpu {
    fn name(&self) -> &str {
        "cpu"
    }

    fn is_cpu(&self) -> bool {
        true
    }

    fn alloc(&self, bytes: usize) -> Result<Arc<dyn Buffer>> {
        self.pool.alloc(bytes)
    }

    fn upload(&self, src: &[u8], dst: &mut dyn Buffer) -> Result<()> {
        buffer::raw_mut(dst)[..src.len()].copy_from_slice(src);
        Ok(())
    }

    fn download(&self, src: &dyn Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        dst.copy_from_slice(&buffer::raw(src)[offset..offset + dst.len()]);
        Ok(())
    }

    fn fill(&self, fill: Fill, dst: ViewMut<'_>) -> Result<()> {
        copy::fill(fill, dst);
        Ok(())
    }

    fn random(
        &self,
        distribution: Distribution,
        seed: u64,
        offset: u64,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        random::random(distribution, seed, offset, dst);
        Ok(())
    }

    fn copy(&self, src: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        copy::copy(src, dst);
        Ok(())
    }

    fn unary(&self, op: Unary, src: Source<'_>, dst: ViewMut<'_>) -> Result<()> {
        elementwise::unary(op, src, dst)
    }

    fn binary(&self, op: Binary, a: Source<'_>, b: Source<'_>, dst: ViewMut<'_>) -> Result<()> {
        elementwise::binary(op, a, b, dst)
    }

    fn compare(
        &self,
        op: Compare,
        dtype: DType,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        elementwise::compare(op, dtype, a, b, dst)
    }

    fn select(
        &self,
        condition: View<'_>,
        a: Source<'_>,
        b: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        elementwise::select(condition, a, b, dst)
    }

    fn reduce(&self, op: Reduce, src: View<'_>, dims: &[usize], dst: ViewMut<'_>) -> Result<()> {
        reduce::reduce(op, src, dims, dst)
    }

    fn arg_reduce(&self, op: ArgReduce, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
        reduce::arg_reduce(op, src, dim, dst)
    }

    fn scan(&self, op: Scan, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
        scan::scan(op, src, dim, dst)
    }

    fn matmul(&self, a: View<'_>, b: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        matmul::matmul(a, b, dst)
    }

    fn gather(&self, src: View<'_>, dim: usize, index: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        index::gather(src, dim, index, dst)
    }

    fn scatter(
        &self,
        op: Scatter,
        dim: usize,
        index: View<'_>,
        src: Source<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        index::scatter(op, dim, index, src, dst)
    }

    fn sort(
        &self,
        src: View<'_>,
        dim: usize,
        descending: bool,
        values: ViewMut<'_>,
        indices: ViewMut<'_>,
    ) -> Result<()> {
        sort::sort(src, dim, descending, values, indices)
    }

    fn has_fused(&self, op: &Fused, dtype: DType) -> bool {
        match op {
            Fused::Conv2d(_)
            | Fused::Conv2dInputGrad { .. }
            | Fused::Conv2dWeightGrad { .. }
            | Fused::Conv2dBias(_)
            | Fused::Conv2dParameterGrads { .. }
            | Fused::Linear => matches!(dtype, DType::F32 | DType::F64),
            Fused::UnaryGrad(op) => {
                let known = matches!(op, Unary::Relu | Unary::Sigmoid | Unary::Tanh);
                known && dtype.is_floating_point()
            }
            _ => dtype.is_floating_point(),
        }
    }

    fn fused(
        &self,
        op: &Fused,
        inputs: &[View<'_>],
        outputs: &mut [ViewMut<'_>],
    ) -> Option<Result<()>> {
        match op {
            Fused::Conv2d(o) => conv::forward(o, inputs[0], inputs[1], None, &mut outputs[0]),
            Fused::Conv2dBias(o) => {
                let bias = Some(inputs[2]);
                conv::forward(o, inputs[0], inputs[1], bias, &mut outputs[0])
            }
            Fused::Conv2dInputGrad { options, .. } => {
                conv::input_grad(options, inputs[0], inputs[1], &mut outputs[0])
            }
            Fused::Conv2dWeightGrad { options, .. }
            | Fused::Conv2dParameterGrads { options, .. } => {
                conv::weight_grad(options, inputs[0], inputs[1], outputs)
            }
            Fused::Linear => linear::forward(inputs[0], inputs[1], inputs[2], &mut outputs[0]),
            Fused::MaxPool2d(o) | Fused::MaxPool2dValues(o) => {
                pooling::max_pool2d(o, inputs[0], outputs)
            }
            Fused::MaxPool2dGrad(o) => {
                pooling::max_pool2d_grad(o, inputs[0], inputs[1], &mut outputs[0])
            }
            Fused::UnaryGrad(op) => {
                let out = strided::reborrow(&mut outputs[0]);
                fused::unary_grad(*op, inputs[0], inputs[1], out)
            }
            &Fused::Softmax { dim, log } => fused::softmax(dim, log, inputs[0], &mut outputs[0]),
            &Fused::SoftmaxGrad { dim, log } => {
                fused::softmax_grad(dim, log, inputs[0], inputs[1], &mut outputs[0])
            }
            &Fused::CrossEntropy { reduced, ignore } => {
                fused::entropy(reduced, ignore, inputs[0], inputs[1], outputs)
            }
            &Fused::CrossEntropyGrad { reduced, ignore } => {
                fused::entropy_grad(reduced, ignore, inputs, &mut outputs[0])
            }
            &Fused::BinaryCrossEntropy(reduced) => {
                fused::binary_entropy(reduced, inputs[0], inputs[1], &mut outputs[0])
            }
            &Fused::BinaryCrossEntropyGrad(reduced) => {
                let [gradient, p, y] = inputs else {
                    return None;
                };
                fused::binary_entropy_grad(reduced, *gradient, *p, *y, &mut outputs[0])
            }
            &Fused::LayerNorm { eps } => fused::layer_norm(eps, inputs, outputs),
            &Fused::LayerNormGrad { eps } => fused::layer_norm_grad(eps, inputs, outputs),
            &Fused::BatchNorm { eps } => fused::batch_norm(eps, inputs, outputs),
            &Fused::BatchNormGrad { eps } => fused::batch_norm_grad(eps, inputs, outputs),
        }
    }

    fn fused_step(
        &self,
        op: &FusedStep,
        in_outs: &mut [ViewMut<'_>],
        inputs: &[View<'_>],
    ) -> Option<Result<()>> {
        optimizer::step(op, in_outs, inputs)
    }

    fn memory(&self) -> MemoryStats {
        self.pool.stats()
    }

    fn empty_cache(&self) {
        self.pool.empty_cache();
    }
}

/// A kernel asked for a dtype that `Array` should have refused or promoted.
fn unsupported(op: &'static str, got: DType) -> Error {
    Error::DType {
        op,
        got: got.to_string(),
        expected: "another dtype".into(),
    }
}
