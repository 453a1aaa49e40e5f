//! Composites done at once. Halves are computed in `f32` and rounded once; rows and channels are
//! tasks, so that results are the same bits for any number of threads.

mod batch_norm;
mod binary_entropy;
mod entropy;
mod lanes;
mod layer_norm;
mod slopes;
mod softmax;

pub(super) use batch_norm::{backward as batch_norm_grad, forward as batch_norm};
pub(super) use binary_entropy::{backward as binary_entropy_grad, forward as binary_entropy};
pub(super) use entropy::{backward as entropy_grad, forward as entropy};
pub(super) use layer_norm::{backward as layer_norm_grad, forward as layer_norm};
pub(super) use slopes::unary_grad;
pub(super) use softmax::{backward as softmax_grad, forward as softmax};

use super::parallel::{self, CHUNK_COMPUTE, PARALLEL_COMPUTE};

/// Runs `f(i)` for `count` items of `each` elements, several to a task.
fn items(count: usize, each: usize, f: impl Fn(usize) + Send + Sync) {
    let per_task = (CHUNK_COMPUTE / each.max(1)).max(1);
    parallel::tasks(
        count.div_ceil(per_task),
        count * each >= PARALLEL_COMPUTE,
        |task| (task * per_task..count.min((task + 1) * per_task)).for_each(&f),
    );
}

/// Runs a kernel generic over the type it computes in, for floating-point dtypes.
macro_rules! computed {
    ($dtype:expr, $run:ident($($argument:expr),* $(,)?)) => {
        match $dtype {
            crate::DType::F64 => $run::<f64>($($argument),*),
            crate::DType::F32 | crate::DType::F16 | crate::DType::BF16 => $run::<f32>($($argument),*),
            _ => return None,
        }
    };
}
use computed;
