//! A [`Tensor`] is an array that remembers where it came from.
//!
//! Operations record how to go back; [`Tensor::backward`] walks the record and leaves each leaf's
//! gradient in [`Tensor::grad`]. A gradient is never lost in silence: an operation without a rule
//! panics by name in `backward`.
//!
//! ```
//! use ondol_autograd::{Tensor, tensor};
//! let w = tensor!(1.0).requires_grad_(true);
//! let l = (&w * 3.0).square();
//! l.backward();
//! assert_eq!(w.grad().unwrap().item(), 18.0);
//! ```
#![forbid(unsafe_code)]

mod anomaly;
mod autocast;
mod checkpoint;
mod compose;
mod create;
mod derivative;
mod engine;
mod function;
pub mod fused;
mod gradcheck;
mod gradient;
mod graph;
mod hooks;
mod macros;
mod mode;
mod node;
mod notebook;
mod numpy;
mod observe;
mod op;
mod operand;
mod ops;
mod place;
mod random;
mod report;
mod tensor;
mod tensors;
mod watch;

pub use anomaly::{
    AnomalyGuard, detect_anomaly, is_anomaly_check_nan_enabled, is_anomaly_enabled,
    set_detect_anomaly,
};
pub use autocast::{
    AutocastGuard, autocast, autocast_dtype, autocast_guard, autocast_to_single,
    is_autocast_enabled,
};
pub use checkpoint::{CheckpointOptions, checkpoint, checkpoint_with};
pub use compose::{
    AvgPoolOptions, ContractDims, ConvOptions, ConvTransposeOptions, Indexing, Interpolation,
    OutputSize, PadMode, Padding, PoolOptions, Sections, Size, functional,
};
pub use create::Options;
pub use derivative::{Derivative, hessian, hvp, jacobian, jvp, vhp, vjp};
pub use engine::{BackwardOptions, GradOptions, backward, grad};
pub use function::{Function, FunctionContext, FunctionGrads};
pub use gradcheck::{GradCheck, gradcheck, gradgradcheck};
pub use graph::{GraphNode, graph_dot, register_multi_grad_hook};
pub use hooks::{HookHandle, HookList};
pub use macros::NestedData;
pub use mode::{
    GradGuard, enable_grad, enable_grad_guard, inference_mode, inference_mode_guard,
    is_grad_enabled, is_inference_mode_enabled, no_grad, no_grad_guard, set_grad_enabled,
};
pub use node::live_nodes;
pub use observe::observe_backward;
pub use op::Op;
pub use operand::{Axes, IntoView, Operand};
pub use ops::{Index, IntoIndex, RoundingMode, ScatterReduce, To, linalg, result_type};
pub use place::{Scope, catch, ok, raise};
pub use random::RandomOptions;
pub use report::{GradReport, NoGrad, check_grads};
pub use tensor::{Tensor, WeakTensor, update};
pub use tensors::Tensors;
pub use watch::{LayerRun, Watched, watch_layers};

pub use ondol_tensor::{
    Array, Conv2dOptions, DType, Device, Dict, Distribution, Element, Error, FInfo, ForkRngGuard,
    Generator, GeneratorState, IInfo, Key, Layout, Pool2dOptions, PrintOptions, Result, Scalar,
    Shape, ToValue, Value, bf16, can_cast, default_dtype, default_generator, f16, finfo, fork_rng,
    fork_rng_guard, get_rng_state, iinfo, initial_seed, manual_seed, num_threads, printoptions,
    profiler, promote_types, seed, set_default_dtype, set_num_threads, set_printoptions,
    set_rng_state, without_fused,
};
