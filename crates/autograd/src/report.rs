//! Which tensors got no gradient, and why.

use std::fmt;

use crate::Tensor;

/// Why a tensor has no gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoGrad {
    /// It does not require one.
    Frozen,
    /// No recorded operation has ever taken it.
    Unused,
    /// Operations took it, but no backward has reached it since its gradient was last forgotten:
    /// what was computed from it is not part of the loss, or was detached on the way.
    NotReached,
    /// An operation made it, and it does not keep its gradient.
    NotLeaf,
}

impl fmt::Display for NoGrad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NoGrad::Frozen => "frozen: requires_grad is false",
            NoGrad::Unused => "unused: no recorded operation has taken it",
            NoGrad::NotReached => "not reached: it was used, but no backward came to it",
            NoGrad::NotLeaf => "not a leaf: call retain_grad() before backward",
        })
    }
}

/// The tensors that have no gradient, by name; what [`check_grads`] finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GradReport {
    /// Name and reason, in the order asked.
    pub missing: Vec<(String, NoGrad)>,
}

impl GradReport {
    /// Whether every tensor has a gradient.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// The names of those that have none though they require one: what is wrong, unless it is meant.
    pub fn lost(&self) -> Vec<&str> {
        let lost = self
            .missing
            .iter()
            .filter(|(_, why)| *why != NoGrad::Frozen);
        lost.map(|(name, _)| name.as_str()).collect()
    }
}

impl fmt::Display for GradReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_complete() {
            return f.write_str("every tensor has a gradient");
        }
        let width = self.missing.iter().map(|(name, _)| name.chars().count());
        let width = width.max().unwrap_or(0);
        f.write_str("no gradient:")?;
        for (name, why) in &self.missing {
            write!(f, "\n  {name:width$}  {why}")?;
        }
        Ok(())
    }
}

/// Looks after a backward which of the named tensors have no gradient. A model's parameters are
/// asked with `Module::check_grads`.
///
/// ```
/// use ondol_autograd::{NoGrad, check_grads, tensor};
/// let [a, b, c] = [1.0, 2.0, 3.0].map(|x| tensor!(vec![x]).requires_grad_(true));
/// c.requires_grad_(false);
/// a.mul(&c).sum().backward();
/// let report = check_grads([("a", &a), ("b", &b), ("c", &c)]);
/// assert_eq!(report.missing, [("b".into(), NoGrad::Unused), ("c".into(), NoGrad::Frozen)]);
/// assert_eq!(report.lost(), ["b"]);
/// ```
pub fn check_grads<'a, N: Into<String>>(
    named: impl IntoIterator<Item = (N, &'a Tensor)>,
) -> GradReport {
    let missing = named.into_iter().filter_map(|(name, tensor)| {
        let why = reason(tensor)?;
        Some((name.into(), why))
    });
    GradReport {
        missing: missing.collect(),
    }
}

fn reason(tensor: &Tensor) -> Option<NoGrad> {
    let slot = tensor.read();
    let Some(link) = &slot.link else {
        return Some(NoGrad::Frozen);
    };
    if link.node.grad(link.index).is_some() {
        return None;
    }
    Some(
        if !link.node.is_leaf() && !link.node.is_retained(link.index) {
            NoGrad::NotLeaf
        } else if link.node.is_leaf() && !link.node.is_used() {
            NoGrad::Unused
        } else {
            NoGrad::NotReached
        },
    )
}
