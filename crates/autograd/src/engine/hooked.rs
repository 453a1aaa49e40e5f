//! Hooks on the way: what they change must fit where it goes.

use std::sync::Arc;

use ondol_tensor::{Error, Result};

use super::Grads;
use crate::Tensor;
use crate::hooks::{AfterNode, BeforeNode};
use crate::node::{Extras, Node};
use crate::place::{Scope, placed};

/// The hooks of an operation as a whole.
pub(super) struct NodeHooks {
    before: Vec<Arc<BeforeNode>>,
    after: Vec<Arc<AfterNode>>,
}

impl NodeHooks {
    pub(super) fn of(extras: &Extras) -> NodeHooks {
        NodeHooks {
            before: extras.before.snapshot(),
            after: extras.after.snapshot(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Changes the gradients of the outputs.
    pub(super) fn before(&self, node: &Node, outputs: &mut Grads) -> Result<()> {
        for hook in &self.before {
            if let Some(changed) = hook(outputs) {
                replace(node, outputs, changed)?;
            }
        }
        Ok(())
    }

    /// Changes the gradients of the inputs.
    pub(super) fn after(
        &self,
        node: &Node,
        inputs: &mut [Option<Tensor>],
        outputs: &Grads,
    ) -> Result<()> {
        for hook in &self.after {
            if let Some(changed) = hook(inputs, outputs) {
                replace(node, inputs, changed)?;
            }
        }
        Ok(())
    }
}

/// One for one; what was not there cannot come.
fn replace(node: &Node, grads: &mut [Option<Tensor>], changed: Vec<Option<Tensor>>) -> Result<()> {
    if changed.len() != grads.len() {
        return Err(Error::Autograd {
            op: node.name,
            message: format!(
                "a hook of it returned an incorrect number of gradients (expected {}, got {})",
                grads.len(),
                changed.len()
            ),
        });
    }
    for (grad, changed) in grads.iter_mut().zip(changed) {
        match (&grad, &changed) {
            (Some(was), Some(is)) => same_kind(was, is)?,
            (None, Some(_)) => continue,
            _ => {}
        }
        *grad = changed;
    }
    Ok(())
}

/// Runs the hooks of a node's outputs on their gradients.
pub(super) fn change(node: &Node, extras: &Extras, grads: &mut Grads) -> Result<()> {
    let hooks = extras.hooks.snapshot();
    if !hooks.is_empty() {
        // A hook that writes in place changes this gradient, not others that share the handle.
        for gradient in grads.iter_mut().flatten() {
            *gradient = gradient.snapshot();
        }
    }
    for hook in hooks {
        let Some(Some(gradient)) = grads.get_mut(hook.index) else {
            continue;
        };
        let _scope = Scope::backward(node.name, node.at);
        let Some(changed) = (hook.f)(gradient) else {
            continue;
        };
        let fits = same_kind(gradient, &changed);
        fits.map_err(|error| placed(error, node.at))?;
        *gradient = changed;
    }
    Ok(())
}

/// Whether a hook's result can take the place of the gradient it got.
fn same_kind(was: &Tensor, is: &Tensor) -> Result<()> {
    const OP: &str = "hook";
    if was.shape() != is.shape() {
        return Err(Error::Shape {
            op: OP,
            lhs: was.shape().to_vec(),
            rhs: is.shape().to_vec(),
            rule: "the hook has changed the size of the gradient".into(),
        });
    }
    if was.dtype() != is.dtype() {
        return Err(Error::DType {
            op: OP,
            got: is.dtype().to_string(),
            expected: format!("{}: the hook has changed the gradient's type", was.dtype()),
        });
    }
    if was.device() != is.device() {
        return Err(Error::Devices {
            op: OP,
            lhs: was.device().to_string(),
            rhs: is.device().to_string(),
        });
    }
    Ok(())
}
