//! Ondol's optimizers, the counterpart of `torch.optim`.
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

mod adam;
mod group;
mod optimizer;
mod rule;
mod sgd;
mod state;

pub use adam::{Adam, AdamW};
pub use group::ParamGroup;
pub use optimizer::Optimizer;
pub use sgd::SGD;
