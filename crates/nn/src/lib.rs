//! Neural networks: modules, layers, losses, first values, state dicts.
//!
//! A model is a struct of layers that derives [`Module`]; nothing is registered, and keys are field
//! paths, as PyTorch's are. This crate alone is enough for a whole life of a model: to write,
//! train, save and load it.
//!
//! ```
//! use ondol_nn::{BCELoss, Forward, Linear, Module, Tensor, load, manual_seed, no_grad, save, tensor};
//!
//! #[derive(Module)]
//! struct NeuralNet {
//!     linear_1: Linear,
//!     linear_2: Linear,
//! }
//!
//! impl NeuralNet {
//!     fn new(input: usize, hidden: usize) -> Self {
//!         Self { linear_1: Linear::new(input, hidden), linear_2: Linear::new(hidden, 1) }
//!     }
//! }
//!
//! impl Forward for NeuralNet {
//!     fn forward(&self, x: &Tensor) -> Tensor {
//!         self.linear_2.forward(&self.linear_1.forward(x).relu()).sigmoid()
//!     }
//! }
//!
//! manual_seed(0);
//! let (x, y) = (tensor!([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), tensor!([0.0, 1.0, 1.0, 1.0]));
//! let model = NeuralNet::new(2, 8);
//! let criterion = BCELoss::new();
//! for _ in 0..300 {
//!     model.zero_grad();
//!     let loss = criterion.forward(&model.forward(&x).squeeze(), &y);
//!     loss.backward();
//!     // Gradient descent by hand; `ondol-optim` has it and its relatives.
//!     no_grad(|| {
//!         for parameter in model.parameters() {
//!             parameter.sub_(parameter.grad().unwrap() * 0.5);
//!         }
//!     });
//! }
//! assert!(criterion.forward(&model.forward(&x).squeeze(), &y).item() < 0.1);
//!
//! let path = std::env::temp_dir().join(format!("ondol-nn-{}.ond", std::process::id()));
//! save(&model.state_dict(), &path)?;
//! let new_model = NeuralNet::new(2, 8);
//! new_model.load_state_dict(&load(&path)?)?;
//! assert_eq!(new_model.forward(&x).to_vec::<f32>(), model.forward(&x).to_vec::<f32>());
//! # std::fs::remove_file(path).unwrap();
//! # Ok::<(), ondol_nn::Error>(())
//! ```
#![forbid(unsafe_code)]

// The derive writes `::ondol_nn`, here and in this crate's documentation too.
extern crate self as ondol_nn;

mod activation;
mod attention;
mod container;
mod conv;
mod dropout;
pub mod functional;
pub mod init;
mod linear;
mod lists;
mod loss;
mod module;
mod norm;
mod pair;
mod pool;
mod rnn;
mod state;
mod transformer;
pub mod utils;

pub use ondol_autograd::{
    Array, Conv2dOptions, DType, Device, Error, Generator, Pool2dOptions, Result, Scope, Shape,
    Tensor, ToValue, Value, catch, enable_grad, is_grad_enabled, manual_seed, no_grad,
    no_grad_guard, tensor,
};
pub use ondol_nn_derive::Module;
pub use ondol_serialize::{load, save};

pub use activation::{Flatten, Identity, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh};
pub use container::{Layer, Sequential};
pub use conv::Conv2d;
pub use dropout::Dropout;
pub use functional::Reduction;
pub use linear::Linear;
pub use loss::{BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, Loss, MSELoss, NLLLoss};
pub use module::{Buffer, Entry, Forward, Module, Parameter, Part, Training, Visitor};
pub use norm::BatchNorm2d;
pub use pair::Pair;
pub use pool::MaxPool2d;
pub use state::{AsStateDict, LoadOptions, LoadReport, StateDict};

pub use attention::{MultiheadAttention, MultiheadOptions, NonDynamicallyQuantizableLinear};
pub use lists::{ModuleDict, ModuleList, ParameterDict, ParameterList};
pub use rnn::{GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell};
pub use transformer::{
    DecoderMasks, EncoderMasks, LayerNorm, Transformer, TransformerDecoder,
    TransformerDecoderLayer, TransformerEncoder, TransformerEncoderLayer, TransformerMasks,
};
