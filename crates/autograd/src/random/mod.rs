//! Random tensors. Each draw takes numbers of a [`Generator`], the default one where none is given,
//! and is the same for any number of threads.

mod binomial;
mod in_place;
mod sample;

use ondol_tensor::{
    Array, DType, Device, Distribution, Generator, Shape, default_dtype, default_generator,
};

use crate::place::ok;
use crate::{Options, Tensor};

/// Dtype, device and generator of a random tensor: any one of them, a pair, or all three.
///
/// ```
/// use ondol_autograd::{DType, Generator, Tensor};
/// let g = Generator::new(7);
/// let x = Tensor::rand_with([2, 3], &g);
/// let y = Tensor::randn_with([2, 3], (DType::F64, &g));
/// g.manual_seed(7);
/// assert!(Tensor::rand_with([2, 3], &g).equal(&x));
/// assert_eq!(y.dtype(), DType::F64);
/// ```
#[derive(Clone, Debug, Default)]
pub struct RandomOptions {
    dtype: Option<DType>,
    device: Option<Device>,
    generator: Option<Generator>,
}

impl RandomOptions {
    fn draw(
        self,
        distribution: Distribution,
        shape: Shape,
        default: DType,
    ) -> ondol_tensor::Result<Array> {
        let device = self.device.unwrap_or_else(Device::cpu);
        let dtype = self.dtype.unwrap_or(default);
        let generator = self.generator.unwrap_or_else(default_generator);
        Array::random(distribution, shape, dtype, &device, &generator)
    }

    fn generator(mut self, generator: &Generator) -> RandomOptions {
        self.generator = Some(generator.clone());
        self
    }
}

impl From<Options> for RandomOptions {
    fn from(o: Options) -> Self {
        RandomOptions {
            dtype: Some(o.dtype),
            device: Some(o.device),
            generator: None,
        }
    }
}
impl From<DType> for RandomOptions {
    fn from(dtype: DType) -> Self {
        RandomOptions {
            dtype: Some(dtype),
            ..RandomOptions::default()
        }
    }
}
impl From<Device> for RandomOptions {
    fn from(device: Device) -> Self {
        RandomOptions {
            device: Some(device),
            ..RandomOptions::default()
        }
    }
}
impl From<&Device> for RandomOptions {
    fn from(device: &Device) -> Self {
        device.clone().into()
    }
}
impl From<(DType, &Device)> for RandomOptions {
    fn from(pair: (DType, &Device)) -> Self {
        Options::from(pair).into()
    }
}
impl From<&Generator> for RandomOptions {
    fn from(generator: &Generator) -> Self {
        RandomOptions::default().generator(generator)
    }
}
impl From<(DType, &Generator)> for RandomOptions {
    fn from((dtype, generator): (DType, &Generator)) -> Self {
        RandomOptions::from(dtype).generator(generator)
    }
}
impl From<(&Device, &Generator)> for RandomOptions {
    fn from((device, generator): (&Device, &Generator)) -> Self {
        RandomOptions::from(device).generator(generator)
    }
}
impl From<(DType, &Device, &Generator)> for RandomOptions {
    fn from((dtype, device, generator): (DType, &Device, &Generator)) -> Self {
        RandomOptions::from((dtype, device)).generator(generator)
    }
}

const UNIFORM: Distribution = Distribution::Uniform {
    low: 0.0,
    high: 1.0,
};
const NORMAL: Distribution = Distribution::Normal {
    mean: 0.0,
    std: 1.0,
};

macro_rules! drawn {
    ($(#[$doc:meta])* $name:ident, $with:ident, ($($arg:ident: $t:ty),*), $default:expr, $distribution:expr) => {
        $(#[$doc])*
        #[track_caller]
        pub fn $name($($arg: $t,)* shape: impl Into<Shape>) -> Tensor {
            Tensor::$with($($arg,)* shape, RandomOptions::default())
        }

        #[doc = concat!("[`Tensor::", stringify!($name), "`] of another dtype, on another device or from a generator.")]
        #[track_caller]
        pub fn $with($($arg: $t,)* shape: impl Into<Shape>, options: impl Into<RandomOptions>) -> Tensor {
            Tensor::from(ok(options.into().draw($distribution, shape.into(), $default)))
        }
    };
}

impl Tensor {
    drawn!(
        /// Uniform on `[0, 1)`, `torch.rand`.
        rand, rand_with, (), default_dtype(), UNIFORM
    );
    drawn!(
        /// Standard normal, `torch.randn`.
        randn, randn_with, (), default_dtype(), NORMAL
    );
    drawn!(
        /// Integers on `[low, high)`, `i64`, `torch.randint`.
        randint, randint_with, (low: i64, high: i64), DType::I64, Distribution::Integers { low, high }
    );
    drawn!(
        /// Normal of a mean and a standard deviation, `torch.normal(mean, std, size)`.
        normal, normal_with, (mean: f64, std: f64), default_dtype(), Distribution::Normal { mean, std }
    );

    /// A random order of `0..n`, `i64`, `torch.randperm`.
    pub fn randperm(n: usize) -> Tensor {
        Tensor::randperm_with(n, &default_generator())
    }

    /// [`Tensor::randperm`] from a generator.
    pub fn randperm_with(n: usize, generator: &Generator) -> Tensor {
        let order = generator.permutation(n).into_iter().map(|i| i as i64);
        Tensor::from(order.collect::<Vec<i64>>())
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

    /// Uniform on `[0, 1)` in this tensor's shape, dtype and device, `torch.rand_like`.
    #[track_caller]
    pub fn rand_like(&self) -> Tensor {
        Tensor::rand_with(self.shape(), self.like())
    }

    /// [`Tensor::rand_like`] from a generator.
    #[track_caller]
    pub fn rand_like_with(&self, generator: &Generator) -> Tensor {
        Tensor::random_with(UNIFORM, self.shape(), self.like(), generator)
    }

    /// Standard normal in this tensor's shape, dtype and device, `torch.randn_like`.
    #[track_caller]
    pub fn randn_like(&self) -> Tensor {
        Tensor::randn_with(self.shape(), self.like())
    }

    /// [`Tensor::randn_like`] from a generator.
    #[track_caller]
    pub fn randn_like_with(&self, generator: &Generator) -> Tensor {
        Tensor::random_with(NORMAL, self.shape(), self.like(), generator)
    }

    /// Integers on `[low, high)` in this tensor's shape, dtype and device, `torch.randint_like`.
    #[track_caller]
    pub fn randint_like(&self, low: i64, high: i64) -> Tensor {
        Tensor::randint_with(low, high, self.shape(), self.like())
    }

    /// [`Tensor::randint_like`] from a generator.
    #[track_caller]
    pub fn randint_like_with(&self, low: i64, high: i64, generator: &Generator) -> Tensor {
        let distribution = Distribution::Integers { low, high };
        Tensor::random_with(distribution, self.shape(), self.like(), generator)
    }
}
