//! Composites that a backend may do at once, as layers and losses call them.
//!
//! Each function gives `None` where the backend has no way of its own for these operands; the
//! caller then does the composite. A gradient that is itself recorded goes through the composite
//! too, so that derivatives of any order are right.

mod loss;
mod norm;

pub use self::loss::{binary_cross_entropy, cross_entropy};
pub use self::norm::{Normalized, batch_norm, layer_norm};
pub use ondol_tensor::Reduced;

use ondol_tensor::without_fused;

use crate::{GradOptions, Tensor, enable_grad, grad, is_grad_enabled};

/// The gradients of those inputs that need one, by way of the composite; recorded where that is on.
fn by_composite(
    inputs: &[Tensor],
    gradient: &Tensor,
    needs: &[bool],
    composite: impl FnOnce(&[Tensor]) -> Tensor,
) -> Vec<Option<Tensor>> {
    let output = without_fused(|| enable_grad(|| composite(inputs)));
    let needed = inputs.iter().zip(needs).filter(|(_, needed)| **needed);
    let wanted: Vec<&Tensor> = needed.map(|(input, _)| input).collect();
    let options = GradOptions {
        create_graph: is_grad_enabled(),
        ..GradOptions::default()
    };
    let mut found = grad(&[&output], &wanted, Some(&[gradient]), options).into_iter();
    needs
        .iter()
        .map(|&needed| if needed { found.next().flatten() } else { None })
        .collect()
}
