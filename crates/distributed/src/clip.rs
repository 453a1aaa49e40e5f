//! Keeping gradients within bounds where each rank has some of them.

use std::borrow::Borrow;

use ondol_autograd::Tensor;
use ondol_optim::{clip_grads_with_norm_, get_total_norm};
use ondol_tensor::Result;

use crate::{Communicator, ReduceOp};

/// The norm of the gradients of all ranks together, which are then scaled so that it is at most
/// `max_norm`; returns it as it was. The parameters of ranks are different ones, such as parts of a model.
///
/// Under a [`DistributedDataParallel`](crate::DistributedDataParallel) all ranks have the same
/// gradients after backward, and [`clip_grad_norm_`](ondol_optim::clip_grad_norm_) is right, needs no
/// word between ranks, and gives the same bits on all.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_distributed::{Communicator, clip_grad_norm_across};
/// let w = Tensor::from_vec(vec![3.0f32, 4.0], [2]).requires_grad_(true);
/// (w.square().sum() * 0.5).backward();
/// let norm = clip_grad_norm_across([&w], 1.0, 2.0, &Communicator::single())?;
/// assert_eq!(norm, 5.0);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// # Errors
/// Ranks that do something else.
#[track_caller]
pub fn clip_grad_norm_across(
    parameters: impl IntoIterator<Item = impl Borrow<Tensor>>,
    max_norm: f64,
    norm_type: f64,
    comm: &Communicator,
) -> Result<f64> {
    let parameters: Vec<Tensor> = parameters.into_iter().map(|p| p.borrow().clone()).collect();
    let grads: Vec<Tensor> = parameters.iter().filter_map(Tensor::grad).collect();
    let own = get_total_norm(&grads, norm_type, false).item();
    let label = "the gradients' norm";
    let total = if norm_type.is_infinite() {
        let op = match norm_type > 0.0 {
            true => ReduceOp::Max,
            false => ReduceOp::Min,
        };
        comm.sums(vec![own], op, label)?[0]
    } else {
        let powered = comm.sums(vec![own.powf(norm_type)], ReduceOp::Sum, label)?[0];
        powered.powf(1.0 / norm_type)
    };
    let norm = Tensor::from_vec(vec![total as f32], []);
    clip_grads_with_norm_(&parameters, max_norm, &norm);
    Ok(total)
}
