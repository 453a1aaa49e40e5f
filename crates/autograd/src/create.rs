//! Tensors made from nothing, from vectors and from random numbers.

use ondol_tensor::{
    Array, Compare, DType, Device, Distribution, Element, Error, Generator, Kind, Scalar, Shape,
    default_generator,
};

use crate::Tensor;
use crate::operand::DEFAULT_DTYPE;
use crate::place::{ok, raise};

/// Dtype and device of a tensor to be made: from a dtype, a device, or both in a pair.
#[derive(Clone, Debug)]
pub struct Options {
    /// The element type; `f32` where not given.
    pub dtype: DType,
    /// Where to make it; the CPU where not given.
    pub device: Device,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            dtype: DEFAULT_DTYPE,
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

fn arange(start: Scalar, end: Scalar, step: Scalar, o: &Options) -> ondol_tensor::Result<Array> {
    let (s, e, d) = (start.to_f64(), end.to_f64(), step.to_f64());
    if d == 0.0 || !d.is_finite() {
        return Err(Error::value("arange", "step must be nonzero and finite"));
    }
    if (e - s) / d < 0.0 || !(e - s).is_finite() {
        return Err(Error::value(
            "arange",
            "upper bound and lower bound inconsistent with step sign",
        ));
    }
    let n = ((e - s) / d).ceil() as usize;
    Array::range(start, step, n, o.dtype, &o.device)
}

/// `arange` of integers is `i64`, with any float the default dtype.
fn arange_type(parts: [Scalar; 3]) -> DType {
    if parts.iter().any(|s| s.dtype().kind() == Kind::Float) {
        DEFAULT_DTYPE
    } else {
        DType::I64
    }
}

fn linspace(start: f64, end: f64, n: usize, o: &Options) -> ondol_tensor::Result<Array> {
    let step = if n > 1 {
        (end - start) / (n - 1) as f64
    } else {
        0.0
    };
    // From both ends towards the middle, so that the last element is `end` exactly.
    let value = |i: usize| {
        if i < n / 2 || n == 1 {
            start + step * i as f64
        } else {
            end - step * (n - 1 - i) as f64
        }
    };
    Array::from_vec((0..n).map(value).collect(), n)?
        .cast(o.dtype)?
        .to_device(&o.device)
}

fn eye(n: usize, o: &Options) -> ondol_tensor::Result<Array> {
    let row = Array::range(0i64, 1i64, n, DType::I64, &o.device)?;
    row.unsqueeze(1)?.compare(Compare::Eq, &row)?.cast(o.dtype)
}

impl Tensor {
    /// Takes a vector over, without a copy; the dtype is the vector's.
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
        /// `eye(n)`: the identity matrix, `torch.eye`.
        eye, eye_with, (n: usize), Options::default(), |o| eye(n, &o)
    );
    made!(
        /// `n` evenly spaced numbers from `start` to `end`, both included, `torch.linspace`.
        linspace, linspace_with, (start: f64, end: f64, n: usize), Options::default(),
        |o| linspace(start, end, n, &o)
    );
    made!(
        /// Uniform on `[0, 1)` from the default generator, `torch.rand`.
        rand, rand_with, (shape: impl Into<Shape>), Options::default(),
        |o| Array::random(Distribution::Uniform { low: 0.0, high: 1.0 }, shape, o.dtype, &o.device, default_generator())
    );
    made!(
        /// Standard normal from the default generator, `torch.randn`.
        randn, randn_with, (shape: impl Into<Shape>), Options::default(),
        |o| Array::random(Distribution::Normal { mean: 0.0, std: 1.0 }, shape, o.dtype, &o.device, default_generator())
    );
    made!(
        /// Integers on `[low, high)`, `i64`, `torch.randint`.
        randint, randint_with, (low: i64, high: i64, shape: impl Into<Shape>), DType::I64,
        |o| Array::random(Distribution::Integers { low, high }, shape, o.dtype, &o.device, default_generator())
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

    /// `start, start + step, …` before `end`, `torch.arange`: integers make `i64`.
    #[track_caller]
    pub fn arange(
        start: impl Into<Scalar>,
        end: impl Into<Scalar>,
        step: impl Into<Scalar>,
    ) -> Tensor {
        let (start, end, step) = (start.into(), end.into(), step.into());
        Tensor::from(ok(arange(
            start,
            end,
            step,
            &arange_type([start, end, step]).into(),
        )))
    }

    /// [`Tensor::arange`] of another dtype or on another device.
    #[track_caller]
    pub fn arange_with(
        start: impl Into<Scalar>,
        end: impl Into<Scalar>,
        step: impl Into<Scalar>,
        options: impl Into<Options>,
    ) -> Tensor {
        Tensor::from(ok(arange(
            start.into(),
            end.into(),
            step.into(),
            &options.into(),
        )))
    }

    /// `0, 1, … n - 1`, `i64`: `torch.arange(n)`.
    #[track_caller]
    pub fn range(n: usize) -> Tensor {
        Tensor::from(ok(Array::range(0i64, 1i64, n, DType::I64, &Device::cpu())))
    }

    /// A random order of `0..n`, `i64`, `torch.randperm`.
    pub fn randperm(n: usize) -> Tensor {
        let order = default_generator()
            .permutation(n)
            .into_iter()
            .map(|i| i as i64)
            .collect();
        Tensor::from(ok(Array::from_vec::<i64>(order, n)))
    }

    /// Random numbers of a distribution, from a generator of your own.
    #[track_caller]
    pub fn random_with(
        distribution: Distribution,
        shape: impl Into<Shape>,
        options: impl Into<Options>,
        generator: &Generator,
    ) -> Tensor {
        let o = options.into();
        Tensor::from(ok(Array::random(
            distribution,
            shape,
            o.dtype,
            &o.device,
            generator,
        )))
    }

    /// 1 with the probability each element gives, else 0, `torch.bernoulli`. No gradient flows.
    #[track_caller]
    pub fn bernoulli(&self) -> Tensor {
        if !self.dtype().is_floating_point() {
            raise(Error::DType {
                op: "bernoulli",
                got: self.dtype().to_string(),
                expected: "probabilities of a floating-point dtype".into(),
            });
        }
        let draw = self.detach().rand_like();
        draw.lt(self.detach()).to_dtype(self.dtype())
    }

    fn like(&self) -> Options {
        let slot = self.read();
        Options {
            dtype: slot.value.dtype(),
            device: slot.value.device().clone(),
        }
    }

    /// Zeros of this tensor's shape, dtype and device.
    #[track_caller]
    pub fn zeros_like(&self) -> Tensor {
        Tensor::zeros_with(self.shape(), self.like())
    }

    /// Ones of this tensor's shape, dtype and device.
    #[track_caller]
    pub fn ones_like(&self) -> Tensor {
        Tensor::ones_with(self.shape(), self.like())
    }

    /// One value in this tensor's shape, dtype and device.
    #[track_caller]
    pub fn full_like(&self, value: impl Into<Scalar>) -> Tensor {
        Tensor::full_with(self.shape(), value, self.like())
    }

    /// Uniform on `[0, 1)` in this tensor's shape, dtype and device.
    #[track_caller]
    pub fn rand_like(&self) -> Tensor {
        Tensor::rand_with(self.shape(), self.like())
    }

    /// Standard normal in this tensor's shape, dtype and device.
    #[track_caller]
    pub fn randn_like(&self) -> Tensor {
        Tensor::randn_with(self.shape(), self.like())
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
