//! How a gradient reaches an input: un-broadcast, cast, and added to what is there.

use ondol_tensor::{Binary, Error, Reduce, Result, Shape};
use smallvec::SmallVec;

use super::{Mode, Pending, Waiting};
use crate::node::{Edge, Link, Node};
use crate::{Tensor, anomaly, no_grad};

/// Gives a gradient its input's shape and dtype, and sends it there.
pub(super) fn deliver(
    node: &Node,
    edge: &Edge,
    gradient: Tensor,
    waiting: &mut Waiting,
    mode: Mode,
) -> Result<()> {
    if mode.check_nan {
        anomaly::check(node, edge.input, &gradient)?;
    }
    let gradient = unbroadcast(node.name, gradient, &edge.shape, mode)?;
    let gradient = if gradient.dtype() == edge.dtype {
        gradient
    } else {
        gradient.to_dtype(edge.dtype)
    };
    arrive(waiting, edge.to.clone(), gradient, mode)
}

/// Sums what broadcasting stretched.
fn unbroadcast(op: &'static str, gradient: Tensor, shape: &Shape, mode: Mode) -> Result<Tensor> {
    if gradient.read().value.shape() == shape {
        return Ok(gradient);
    }
    let from = gradient.shape();
    let lead = from.ndim().checked_sub(shape.ndim());
    let fits = lead.is_some_and(|lead| {
        shape
            .iter()
            .zip(&from[lead..])
            .all(|(&to, &is)| to == is || to == 1)
    });
    let Some(lead) = lead.filter(|_| fits) else {
        return Err(Error::Shape {
            op,
            lhs: shape.to_vec(),
            rhs: from.to_vec(),
            rule: "its gradient rule gave a gradient that does not fit the input".into(),
        });
    };
    let dims: SmallVec<[isize; 6]> = (0..from.ndim())
        .filter(|&d| d < lead || (shape[d - lead] == 1 && from[d] != 1))
        .map(|d| d as isize)
        .collect();
    if !mode.create {
        let value = gradient.into_value();
        let summed = if dims.is_empty() {
            value
        } else {
            value.reduce(Reduce::Sum, &dims, true)?
        };
        return Ok(Tensor::from(summed.reshape(shape)?));
    }
    let summed = if dims.is_empty() {
        gradient
    } else {
        gradient.sum_dim(&dims[..], true)
    };
    Ok(summed.reshape(shape))
}

/// Adds a gradient to what has reached an output.
pub(super) fn arrive(
    waiting: &mut Waiting,
    link: Link,
    gradient: Tensor,
    mode: Mode,
) -> Result<()> {
    let pending = waiting.entry(link.node.seq).or_insert_with(|| Pending {
        node: link.node.clone(),
        grads: SmallVec::new(),
    });
    while pending.grads.len() <= link.index {
        pending.grads.push(None);
    }
    let slot = &mut pending.grads[link.index];
    *slot = Some(match slot.take() {
        None => gradient,
        Some(sum) if mode.create => sum.add(&gradient),
        Some(sum) => no_grad(|| -> Result<Tensor> {
            // In place where the sum is ours alone; a copy where its buffer is shared.
            let mut value = sum.into_value();
            value.binary_(Binary::Add, &gradient.value())?;
            Ok(Tensor::from(value))
        })?,
    });
    Ok(())
}
