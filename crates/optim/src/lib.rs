//! Ondol's optimizers and learning-rate schedulers, the counterpart of `torch.optim`.
//!
//! An optimizer takes parameters, which are handles of the model's own tensors, and changes them
//! in place at each [`step`](Optimizer::step) from the gradients that `backward()` left there.
//!
//! ```
//! use ondol_autograd::Tensor;
//! use ondol_optim::{Optimizer, SGD};
//! let w = Tensor::from_vec(vec![1.0f32], [1]).requires_grad_(true);
//! let mut optimizer = SGD::new([w.clone()], 0.1).momentum(0.9);
//! for _ in 0..100 {
//!     optimizer.zero_grad();
//!     let loss = (&w * 3.0).square().sum();
//!     loss.backward();
//!     optimizer.step();
//! }
//! assert!(w.item().abs() < 0.1);
//! ```
#![forbid(unsafe_code)]

mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod asgd;
mod averaging;
mod clip;
mod group;
mod lbfgs;
mod lion;
pub mod lr_scheduler;
mod math;
mod muon;
mod nadam;
mod optimizer;
mod options;
mod radam;
mod rmsprop;
mod rprop;
mod rule;
mod scaler;
mod sgd;
mod state;

pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::{Adam, AdamW};
pub use adamax::Adamax;
pub use asgd::ASGD;
pub use averaging::{AveragedModel, AvgFn, get_ema_avg_fn, get_swa_avg_fn};
pub use clip::{clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm};
pub use group::ParamGroup;
pub use lbfgs::LBFGS;
pub use lion::Lion;
pub use lr_scheduler::{
    ChainedScheduler, ConstantLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, CyclicLR,
    ExponentialLR, LRScheduler, LambdaLR, LinearLR, MultiStepLR, MultiplicativeLR, OneCycleLR,
    PerGroup, PolynomialLR, Progress, ReduceLROnPlateau, SWALR, Schedule, Scheduler, SequentialLR,
    StepLR,
};
pub use muon::Muon;
pub use nadam::NAdam;
pub use optimizer::Optimizer;
pub use radam::RAdam;
pub use rmsprop::RMSprop;
pub use rprop::Rprop;
pub use scaler::GradScaler;
pub use sgd::SGD;
