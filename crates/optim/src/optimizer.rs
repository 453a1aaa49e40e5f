//! What every optimizer does.

use ondol_tensor::{Result, Value};

use crate::ParamGroup;

/// What changes parameters by their gradients, `torch.optim.Optimizer`.
pub trait Optimizer {
    /// Changes each parameter that has a gradient, in place and without a trace in the graph.
    /// Those without one are skipped.
    ///
    /// # Panics
    /// Where a gradient does not have its parameter's shape or device.
    fn step(&mut self);

    /// Sets every parameter's gradient to none.
    fn zero_grad(&self);

    /// The learning rate of the first group.
    fn lr(&self) -> f64;

    /// Sets the learning rate of every group.
    ///
    /// # Panics
    /// Where it is negative.
    fn set_lr(&mut self, lr: f64);

    /// The groups as they are now: handles of the parameters, and the value of every option.
    fn param_groups(&self) -> Vec<ParamGroup>;

    /// Sets an option of one group by PyTorch's name for it, as schedulers do.
    ///
    /// # Panics
    /// Where there is no such group or option, or the value is out of its range.
    fn set_option(&mut self, group: usize, name: &str, value: Value);

    /// Adds parameters, with options of their own.
    ///
    /// # Panics
    /// Where one of them is here already or no leaf, or an option is unknown or out of its range.
    fn add_param_group(&mut self, group: ParamGroup);

    /// States and options in PyTorch's structure:
    /// `{'state': {0: {'momentum_buffer': …}}, 'param_groups': [{'lr': …, 'params': [0, 1]}]}`.
    ///
    /// It is a snapshot: later steps do not change it.
    fn state_dict(&self) -> Value;

    /// Takes over states and options that [`state_dict`](Optimizer::state_dict) or PyTorch wrote.
    /// States are cast to their parameter's dtype and device.
    ///
    /// # Errors
    /// Another number of groups or parameters, a state of another shape, an option out of its
    /// range, or another structure; the optimizer is then as before.
    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()>;
}

/// Hands the trait's methods on to the field `core`.
macro_rules! through_core {
    ($($t:ty),*) => {$(
        impl $crate::Optimizer for $t {
            #[track_caller]
            fn step(&mut self) {
                ondol_autograd::ok(self.core.step());
            }

            fn zero_grad(&self) {
                self.core.params().for_each(ondol_autograd::Tensor::zero_grad);
            }

            fn lr(&self) -> f64 {
                self.core.lr()
            }

            #[track_caller]
            fn set_lr(&mut self, lr: f64) {
                ondol_autograd::ok(self.core.set_all("lr", &lr.into()));
            }

            fn param_groups(&self) -> Vec<$crate::ParamGroup> {
                self.core.param_groups()
            }

            #[track_caller]
            fn set_option(&mut self, group: usize, name: &str, value: ondol_tensor::Value) {
                ondol_autograd::ok(self.core.set(group, name, &value));
            }

            #[track_caller]
            fn add_param_group(&mut self, group: $crate::ParamGroup) {
                ondol_autograd::ok(self.core.add(group));
            }

            fn state_dict(&self) -> ondol_tensor::Value {
                self.core.state_dict()
            }

            fn load_state_dict(&mut self, state_dict: &ondol_tensor::Value) -> ondol_tensor::Result<()> {
                self.core.load_state_dict(state_dict)
            }
        }

        impl ondol_tensor::ToValue for $t {
            fn to_value(&self) -> ondol_tensor::Value {
                self.core.state_dict()
            }
        }
    )*};
}
pub(crate) use through_core;
