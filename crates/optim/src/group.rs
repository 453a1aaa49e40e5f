//! Parameters with options of their own.

use ondol_autograd::Tensor;
use ondol_tensor::{Dict, Value};

/// Parameters that share options; an entry of `torch.optim.Optimizer.param_groups`.
///
/// An option that is not set is the optimizer's own.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{Optimizer, ParamGroup, SGD};
/// let (w, b) = (Tensor::zeros([2, 2]).requires_grad_(true), Tensor::zeros([2]).requires_grad_(true));
/// let groups = [ParamGroup::new([w]).weight_decay(1e-2), ParamGroup::new([b]).lr(0.1)];
/// let optimizer = SGD::with_groups(groups, 0.01).momentum(0.9);
/// assert_eq!(optimizer.param_groups()[1].get_lr(), Some(0.1));
/// ```
#[derive(Clone, Debug)]
pub struct ParamGroup {
    pub(crate) params: Vec<Tensor>,
    pub(crate) options: Dict,
}

impl ParamGroup {
    /// Parameters, with no options of their own yet.
    pub fn new(params: impl IntoIterator<Item = Tensor>) -> Self {
        ParamGroup {
            params: params.into_iter().collect(),
            options: Dict::new(),
        }
    }

    /// Sets an option by PyTorch's name for it, such as `"momentum"` or `"eps"`.
    ///
    /// An optimizer that does not have it refuses the group.
    pub fn option(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.options.insert(name, value);
        self
    }

    /// The group's learning rate.
    pub fn lr(self, lr: f64) -> Self {
        self.option("lr", lr)
    }

    /// The group's weight decay.
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        self.option("weight_decay", weight_decay)
    }

    /// The parameters.
    pub fn params(&self) -> &[Tensor] {
        &self.params
    }

    /// An option's value.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.options.get(name)
    }

    /// The learning rate, where it is set; in the groups of an optimizer it always is.
    pub fn get_lr(&self) -> Option<f64> {
        self.get("lr").and_then(|v| v.as_float().ok())
    }
}
