//! Tensors made from nothing and from vectors.

mod like;
mod sequence;

use ondol_tensor::{Array, Compare, DType, Device, Element, Error, Scalar, Shape, default_dtype};

use crate::Tensor;
use crate::place::ok;

/// Dtype and device of a tensor to be made: from a dtype, a device, or both in a pair.
#[derive(Clone, Debug)]
pub struct Options {
    /// The element type; the default dtype, `f32`, where not given.
    pub dtype: DType,
    /// Where to make it; the CPU where not given.
    pub device: Device,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            dtype: default_dtype(),
            device: Device::cpu(),
        }
    }
}
impl From<DType> for Options {
    fn from(dtype: DType) -> Self {
        Options {
            dtype,
            ..Options::default()
        }
    }
}
impl From<&Device> for Options {
    fn from(device: &Device) -> Self {
        Options {
            device: device.clone(),
            ..Options::default()
        }
    }
}
impl From<Device> for Options {
    fn from(device: Device) -> Self {
        Options {
            device,
            ..Options::default()
        }
    }
}
impl From<(DType, &Device)> for Options {
    fn from((dtype, device): (DType, &Device)) -> Self {
        Options {
            dtype,
            device: device.clone(),
        }
    }
}

/// A method in two forms: defaults, and with [`Options`].
macro_rules! made {
    ($(#[$doc:meta])* $name:ident, $with:ident, ($($arg:ident: $t:ty),*), $default:expr, |$o:ident| $body:expr) => {
        $(#[$doc])*
        #[track_caller]
        pub fn $name($($arg: $t),*) -> Tensor {
            let $o: Options = $default.into();
            Tensor::from(ok($body))
        }

        #[doc = concat!("[`Tensor::", stringify!($name), "`] of another dtype or on another device.")]
        #[track_caller]
        pub fn $with($($arg: $t,)* options: impl Into<Options>) -> Tensor {
            let $o: Options = options.into();
            Tensor::from(ok($body))
        }
    };
}

fn eye(shape: &Shape, o: &Options) -> ondol_tensor::Result<Array> {
    let (n, m) = match shape[..] {
        [n] => (n, n),
        [n, m] => (n, m),
        _ => {
            return Err(Error::Input {
                op: "eye",
                shape: shape.to_vec(),
                rule: "one size makes a square matrix, two the rows and columns".into(),
            });
        }
    };
    let count = |n| Array::range(0i64, 1i64, n, DType::I64, &o.device);
    let rows = count(n)?.unsqueeze(1)?;
    rows.compare(Compare::Eq, &count(m)?)?.cast(o.dtype)
}

impl Tensor {
    /// Takes a vector over, without a copy; the dtype is the vector's. `torch.tensor`,
    /// `torch.as_tensor`.
    ///
    /// # Panics
    /// Where the vector's length is not the shape's number of elements.
    #[track_caller]
    pub fn from_vec<T: Element>(vector: Vec<T>, shape: impl Into<Shape>) -> Tensor {
        Tensor::from(ok(Array::from_vec(vector, shape)))
    }

    /// Copies a slice.
    #[track_caller]
    pub fn from_slice<T: Element>(slice: &[T], shape: impl Into<Shape>) -> Tensor {
        Tensor::from(ok(Array::from_slice(slice, shape)))
    }

    made!(
        /// All zeros, `torch.zeros`.
        zeros, zeros_with, (shape: impl Into<Shape>), Options::default(),
        |o| Array::zeros(shape, o.dtype, &o.device)
    );
    made!(
        /// All ones, `torch.ones`.
        ones, ones_with, (shape: impl Into<Shape>), Options::default(),
        |o| Array::full(shape, 1i64, o.dtype, &o.device)
    );
    made!(
        /// The identity matrix, `torch.eye`: `eye(n)` is square, `eye([n, m])` has zeros to the side.
        eye, eye_with, (shape: impl Into<Shape>), Options::default(), |o| eye(&shape.into(), &o)
    );
    made!(
        /// For numbers to be written later, `torch.empty`. They are zeros until then: uninitialised
        /// memory is never shown.
        empty, empty_with, (shape: impl Into<Shape>), Options::default(),
        |o| Array::zeros(shape, o.dtype, &o.device)
    );
    /// All elements `value`, `torch.full`: an integer makes `i64`, a float `f32`, a bool `bool`.
    #[track_caller]
    pub fn full(shape: impl Into<Shape>, value: impl Into<Scalar>) -> Tensor {
        let value = value.into();
        Tensor::full_with(shape, value, value.dtype())
    }

    /// [`Tensor::full`] of another dtype or on another device.
    #[track_caller]
    pub fn full_with(
        shape: impl Into<Shape>,
        value: impl Into<Scalar>,
        options: impl Into<Options>,
    ) -> Tensor {
        let o = options.into();
        Tensor::from(ok(Array::full(shape, value, o.dtype, &o.device)))
    }
}

macro_rules! from_number {
    ($($t:ty),*) => {$(
        impl From<$t> for Tensor {
            fn from(value: $t) -> Self { Tensor::from(Array::scalar(value)) }
        }
    )*};
}
from_number!(f32, f64, i64, i32, u8, bool);

impl<T: Element> From<Vec<T>> for Tensor {
    fn from(vector: Vec<T>) -> Self {
        let n = vector.len();
        Tensor::from_vec(vector, n)
    }
}

impl<T: Element, D: ndarray::Dimension> From<ndarray::Array<T, D>> for Tensor {
    fn from(array: ndarray::Array<T, D>) -> Self {
        Tensor::from(Array::from(array))
    }
}
