//! Numbers on a device.
//!
//! An [`Array`] is a dtype, a shape, strides, a device and a shared buffer. It knows nothing of
//! gradients; `ondol-autograd` builds its `Tensor` on it. Kernels live behind the [`Backend`]
//! trait: the CPU's are in this crate, others register themselves by name at link time.
//!
//! ```
//! use ondol_tensor::{Array, Binary};
//! let a = Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], [2, 2])?;
//! let b = a.binary(Binary::Add, &a.transpose(0, 1)?)?;
//! assert_eq!(b.to_vec::<f32>()?, [2.0, 5.0, 5.0, 8.0]);
//! # Ok::<(), ondol_tensor::Error>(())
//! ```
#![deny(unsafe_code)]

mod array;
mod backend;
mod compute;
mod convert;
#[allow(unsafe_code)]
mod cpu;
mod device;
mod display;
mod dtype;
mod dtype_info;
mod error;
mod fused;
mod index;
mod layout;
mod linalg;
mod movement;
mod op;
mod place;
pub mod profiler;
mod random;
mod shape;
mod storage;
pub mod testing;
mod value;

pub use array::Array;
pub use backend::{Backend, Buffer, MemoryStats, Source, View, ViewMut};
pub use cpu::{num_threads, set_num_threads, simd_tier};
pub use device::{Device, Provider, backends};
pub use display::{PrintOptions, format_array, printoptions, set_printoptions};
pub use dtype::{DType, Element, Kind, Scalar, result_type};
pub use dtype_info::{
    FInfo, IInfo, can_cast, default_dtype, finfo, iinfo, promote_types, set_default_dtype,
};
pub use error::{Error, Result};
pub use fused::{
    Conv2dOptions, Fused, FusedStep, Pool2dOptions, Reduced, window_count, without_fused,
};
pub use half::{bf16, f16};
pub use inventory;
pub use layout::Layout;
pub use op::{ArgReduce, Binary, Compare, Distribution, Fill, Reduce, Scan, Scatter, Unary};
pub use place::is_own_source;
pub use random::{
    ForkRngGuard, Generator, GeneratorState, default_generator, fork_rng, fork_rng_guard,
    get_rng_state, initial_seed, manual_seed, philox, seed, set_rng_state,
};
pub use shape::{Shape, wrap_dim};
pub use value::{Dict, Key, ToValue, Value};
