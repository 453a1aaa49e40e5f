//! What every optimizer does.

use ondol_autograd::{Tensor, enable_grad};
use ondol_tensor::{Result, Value};

use crate::ParamGroup;

/// What changes parameters by their gradients, `torch.optim.Optimizer`.
///
/// Functions that take any optimizer take a `&mut dyn Optimizer`.
pub trait Optimizer {
    /// Changes each parameter that has a gradient, in place and without a trace in the graph.
    /// Those without one are skipped. `torch.optim.Optimizer.step`.
    ///
    /// # Panics
    /// Where a gradient does not have its parameter's shape or device.
    fn step(&mut self);

    /// A step after `closure`, which computes the loss and its gradients; returns the loss.
    /// [`LBFGS`](crate::LBFGS) calls it several times. `torch.optim.Optimizer.step(closure)`.
    ///
    /// # Panics
    /// As [`step`](Optimizer::step).
    fn step_with(&mut self, closure: &mut dyn FnMut() -> Tensor) -> Tensor {
        let loss = enable_grad(closure);
        self.step();
        loss
    }

    /// How often this object made a step; not saved.
    fn step_count(&self) -> u64;

    /// Sets every parameter's gradient to none, `torch.optim.Optimizer.zero_grad`.
    fn zero_grad(&self);

    /// The learning rate of the first group.
    fn lr(&self) -> f64;

    /// Sets the learning rate of every group.
    ///
    /// # Panics
    /// Where it is negative.
    fn set_lr(&mut self, lr: f64);

    /// The groups as they are now: handles of the parameters, and the value of every option.
    /// `torch.optim.Optimizer.param_groups`.
    fn param_groups(&self) -> Vec<ParamGroup>;

    /// How many groups there are.
    fn num_param_groups(&self) -> usize;

    /// An option of one group by PyTorch's name for it, or what a scheduler noted there, such as
    /// `"initial_lr"`.
    fn get_option(&self, group: usize, name: &str) -> Option<Value>;

    /// Sets an option of one group by PyTorch's name for it, as schedulers do.
    ///
    /// # Panics
    /// Where there is no such group or option, or the value is out of its range.
    fn set_option(&mut self, group: usize, name: &str, value: Value);

    /// Adds parameters, with options of their own, `torch.optim.Optimizer.add_param_group`.
    ///
    /// # Panics
    /// Where one of them is here already or no leaf, or an option is unknown or out of its range.
    fn add_param_group(&mut self, group: ParamGroup);

    /// States and options in PyTorch's structure:
    /// `{'state': {0: {'momentum_buffer': …}}, 'param_groups': [{'lr': …, 'params': [0, 1]}]}`.
    ///
    /// It is a snapshot: later steps do not change it. `torch.optim.Optimizer.state_dict`.
    fn state_dict(&self) -> Value;

    /// Takes over states and options that [`state_dict`](Optimizer::state_dict) or PyTorch wrote.
    /// States are cast to their parameter's dtype and device. `torch.optim.Optimizer.load_state_dict`.
    ///
    /// # Errors
    /// Another number of groups or parameters, a state of another shape, an option out of its
    /// range, or another structure; the optimizer is then as before.
    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()>;
}

impl<T: Optimizer + ?Sized> Optimizer for Box<T> {
    #[track_caller]
    fn step(&mut self) {
        (**self).step();
    }
    #[track_caller]
    fn step_with(&mut self, closure: &mut dyn FnMut() -> Tensor) -> Tensor {
        (**self).step_with(closure)
    }
    fn step_count(&self) -> u64 {
        (**self).step_count()
    }
    fn zero_grad(&self) {
        (**self).zero_grad();
    }
    fn lr(&self) -> f64 {
        (**self).lr()
    }
    #[track_caller]
    fn set_lr(&mut self, lr: f64) {
        (**self).set_lr(lr);
    }
    fn param_groups(&self) -> Vec<ParamGroup> {
        (**self).param_groups()
    }
    fn num_param_groups(&self) -> usize {
        (**self).num_param_groups()
    }
    fn get_option(&self, group: usize, name: &str) -> Option<Value> {
        (**self).get_option(group, name)
    }
    #[track_caller]
    fn set_option(&mut self, group: usize, name: &str, value: Value) {
        (**self).set_option(group, name, value);
    }
    #[track_caller]
    fn add_param_group(&mut self, group: ParamGroup) {
        (**self).add_param_group(group);
    }
    fn state_dict(&self) -> Value {
        (**self).state_dict()
    }
    fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        (**self).load_state_dict(state_dict)
    }
}

/// Hands the trait's methods on to the field `core`; in braces, methods of the optimizer's own.
macro_rules! through_core {
    ($($t:ty),*) => {
        $($crate::optimizer::through_core!($t {});)*
    };
    ($t:ty { $($own:tt)* }) => {
        impl $crate::Optimizer for $t {
            #[track_caller]
            fn step(&mut self) {
                ondol_autograd::ok(self.core.step());
            }

            $($own)*

            fn step_count(&self) -> u64 {
                self.core.steps
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

            fn num_param_groups(&self) -> usize {
                self.core.groups.len()
            }

            fn get_option(&self, group: usize, name: &str) -> Option<ondol_tensor::Value> {
                self.core.get(group, name)
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
    };
}
pub(crate) use through_core;
