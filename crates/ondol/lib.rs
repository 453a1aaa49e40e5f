//! Ondol: deep learning in Rust, with PyTorch's way of working.
//!
//! Who has learned `torch`, `torch.nn`, `torch.optim`, `torch.utils.data` and `torchvision` writes
//! the same program here and ships one binary. This crate only gathers the others: [`Tensor`] and
//! its graph, [`nn`], [`optim`], [`data`], [`vision`], [`train`].
//!
//! ```
//! use ondol::prelude::*;
//!
//! #[derive(Module)]
//! struct NeuralNet {
//!     linear_1: nn::Linear,
//!     linear_2: nn::Linear,
//! }
//!
//! impl Forward for NeuralNet {
//!     fn forward(&self, x: &Tensor) -> Tensor {
//!         self.linear_2.forward(&self.linear_1.forward(x).relu()).sigmoid()
//!     }
//! }
//!
//! ondol::manual_seed(0);
//! let model = NeuralNet { linear_1: nn::Linear::new(2, 5), linear_2: nn::Linear::new(5, 1) };
//! let criterion = nn::BCELoss::new();
//! let mut optimizer = optim::SGD::new(model.parameters(), 0.5);
//! let x = tensor!([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]);
//! let y = tensor!([1.0, 1.0, 1.0, 0.0]);
//! for _ in 0..200 {
//!     optimizer.zero_grad();
//!     let loss = criterion.forward(&model.forward(&x).squeeze(), &y);
//!     loss.backward();
//!     optimizer.step();
//! }
//! assert!(model.forward(&tensor!([1.0, 1.0])).item() > 0.5);
//! ```
#![forbid(unsafe_code)]

// `#[derive(Module)]` names this crate by its name, here too.
extern crate self as ondol;

mod version;

pub use ondol_autograd::*;
pub use ondol_data as data;
pub use ondol_nn as nn;
pub use ondol_optim as optim;
pub use ondol_serialize as serialize;
pub use ondol_serialize::{load, save};
pub use ondol_tensor as tensor;
pub use ondol_train as train;
pub use ondol_vision as vision;
pub use version::{VERSION, VersionInfo, version_info};

#[cfg(feature = "cuda")]
pub use ondol_cuda as cuda;
#[cfg(feature = "distributed")]
pub use ondol_distributed as distributed;

/// The programs of the pages run as tests; `tests/pages` compares what the tour's print.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/README.ko.md")]
    struct ReadmeKo;
    #[doc = include_str!("../../docs/tour.md")]
    struct Tour;
}

/// What most programs begin with: `use ondol::prelude::*;`
pub mod prelude {
    pub use crate::data::{self, DataLoader, Dataset};
    pub use crate::nn::{self, Forward, Module};
    pub use crate::optim::{self, LRScheduler, Optimizer, Schedule};
    pub use crate::{DType, Device, Tensor, no_grad, tensor, vision};
}
