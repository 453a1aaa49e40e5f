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
mod bilinear;
mod checkpoint;
mod container;
mod conv;
mod distance;
mod dropout;
mod embedding;
mod flatten;
pub mod functional;
mod hooks;
pub mod init;
mod linear;
mod lists;
mod loss;
mod module;
mod norm;
mod padding;
mod pair;
mod pixel;
mod pool;
mod rnn;
mod state;
mod transformer;
mod upsample;
pub mod utils;

pub use ondol_autograd::{
    Array, AvgPoolOptions, Conv2dOptions, ConvOptions, ConvTransposeOptions, DType, Device, Error,
    Generator, GradReport, HookHandle, NoGrad, OutputSize, PadMode, Padding, Pool2dOptions,
    PoolOptions, Result, Scope, Shape, Size, Tensor, ToValue, Value, autocast, catch, enable_grad,
    fork_rng_guard, inference_mode, is_grad_enabled, linalg, manual_seed, no_grad, no_grad_guard,
    profiler, tensor,
};
pub use ondol_nn_derive::Module;
pub use ondol_serialize::{load, save};

pub use activation::{
    CELU, ELU, GELU, GLU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, Identity, LeakyReLU,
    LogSigmoid, LogSoftmax, Mish, PReLU, RReLU, ReLU, ReLU6, SELU, SiLU, Sigmoid, Softmax,
    Softmax2d, Softmin, Softplus, Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
};
pub use bilinear::Bilinear;
pub use checkpoint::{Checkpointed, checkpoint_sequential};
pub use container::{Layer, Sequential};
pub use conv::{
    Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, PaddingMode,
};
pub use distance::{CosineSimilarity, PairwiseDistance};
pub use dropout::{AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout};
pub use embedding::{Embedding, EmbeddingBag};
pub use flatten::{Flatten, Unflatten};
pub use functional::Reduction;
pub use hooks::{Hooked, Hooks};
pub use linear::Linear;
pub use loss::{
    AdaptiveLogSoftmaxWithLoss, BCELoss, BCEWithLogitsLoss, CTCLoss, CosineEmbeddingLoss,
    CrossEntropyLoss, GaussianNLLLoss, HingeEmbeddingLoss, HuberLoss, KLDivLoss, L1Loss, Loss,
    MSELoss, MarginRankingLoss, MultiLabelMarginLoss, MultiLabelSoftMarginLoss, MultiMarginLoss,
    NLLLoss, PoissonNLLLoss, SmoothL1Loss, SoftMarginLoss, TripletMarginLoss,
    TripletMarginWithDistanceLoss,
};
pub use module::{Buffer, Entry, Forward, Module, Parameter, Part, Training, Visitor};
pub use norm::{
    Across, BatchAcross, BatchNorm1d, BatchNorm2d, BatchNorm3d, GroupNorm, InstanceNorm1d,
    InstanceNorm2d, InstanceNorm3d, LayerNorm, LocalResponseNorm, RMSNorm,
};
pub use padding::{
    Border, CircularPad1d, CircularPad2d, CircularPad3d, ConstantPad1d, ConstantPad2d,
    ConstantPad3d, ReflectionPad1d, ReflectionPad2d, ReflectionPad3d, ReplicationPad1d,
    ReplicationPad2d, ReplicationPad3d, ZeroPad1d, ZeroPad2d, ZeroPad3d,
};
pub use pair::Pair;
pub use pixel::{ChannelShuffle, Fold, PixelShuffle, PixelUnshuffle, Unfold};
pub use pool::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d, AdaptiveMaxPool1d, AdaptiveMaxPool2d,
    AdaptiveMaxPool3d, AvgPool1d, AvgPool2d, AvgPool3d, LPPool1d, LPPool2d, LPPool3d, MaxPool1d,
    MaxPool2d, MaxPool3d, MaxUnpool1d, MaxUnpool2d, MaxUnpool3d,
};
pub use state::{AsStateDict, LoadOptions, LoadReport, StateDict};

pub use attention::{MultiheadAttention, MultiheadOptions, NonDynamicallyQuantizableLinear};
pub use lists::{ModuleDict, ModuleList, ParameterDict, ParameterList};
pub use rnn::{GRU, GRUCell, LSTM, LSTMCell, RNN, RNNCell};
pub use transformer::{
    DecoderMasks, EncoderMasks, Transformer, TransformerDecoder, TransformerDecoderLayer,
    TransformerEncoder, TransformerEncoderLayer, TransformerMasks,
};
pub use upsample::{Upsample, UpsamplingBilinear2d, UpsamplingNearest2d};
