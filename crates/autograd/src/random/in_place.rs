//! Random numbers in place.

use ondol_tensor::{Array, DType, Distribution, Error, Generator, default_generator, finfo, iinfo};

use super::UNIFORM;
use crate::place::{ok, raise};
use crate::{Operand, Tensor};

#[track_caller]
fn positive(op: &'static str, name: &str, value: f64) {
    if value.is_nan() || value <= 0.0 {
        raise(Error::value(
            op,
            format!("{op} expects {name} > 0.0, but found {name}={value}"),
        ));
    }
}

impl Tensor {
    /// Uniform on `[from, to)`, `torch.Tensor.uniform_`; returns the same tensor.
    ///
    /// # Panics
    /// On integers, and where `from > to`.
    #[track_caller]
    pub fn uniform_(&self, from: f64, to: f64) -> Tensor {
        self.uniform_with_(from, to, &default_generator())
    }

    /// [`Tensor::uniform_`] from a generator.
    #[track_caller]
    pub fn uniform_with_(&self, from: f64, to: f64, generator: &Generator) -> Tensor {
        self.floating("uniform_");
        if from.is_nan() || to.is_nan() || from > to {
            raise(Error::value(
                "uniform_",
                format!(
                    "uniform_ expects to return a [from, to) range, but found from={from} > to={to}"
                ),
            ));
        }
        let distribution = Distribution::Uniform {
            low: from,
            high: to,
        };
        self.redraw("uniform_", distribution, generator)
    }

    /// Normal of a mean and a standard deviation, `torch.Tensor.normal_`; returns the same tensor.
    ///
    /// # Panics
    /// On integers, and on a negative deviation.
    #[track_caller]
    pub fn normal_(&self, mean: f64, std: f64) -> Tensor {
        self.normal_with_(mean, std, &default_generator())
    }

    /// [`Tensor::normal_`] from a generator.
    #[track_caller]
    pub fn normal_with_(&self, mean: f64, std: f64, generator: &Generator) -> Tensor {
        self.floating("normal_");
        self.redraw("normal_", Distribution::Normal { mean, std }, generator)
    }

    /// Integers on `[low, high)`, `torch.Tensor.random_`; where not given, from 0 to the greatest
    /// whole number that the dtype counts to without a gap. Returns the same tensor.
    ///
    /// # Panics
    /// On an empty range, and on one that the dtype cannot hold.
    #[track_caller]
    pub fn random_(&self, low: impl Into<Option<i64>>, high: impl Into<Option<i64>>) -> Tensor {
        self.random_with_(low, high, &default_generator())
    }

    /// [`Tensor::random_`] from a generator.
    #[track_caller]
    pub fn random_with_(
        &self,
        low: impl Into<Option<i64>>,
        high: impl Into<Option<i64>>,
        generator: &Generator,
    ) -> Tensor {
        let dtype = self.dtype();
        let (least, most) = match (dtype, iinfo(dtype)) {
            (_, Ok(info)) => (info.min, info.max),
            (DType::Bool, _) => (0, 1),
            (_, Err(_)) => {
                // 2 / eps is the first whole number that is followed by a gap.
                let most = (2.0 / ok(finfo(dtype)).eps) as i64;
                (-most, most)
            }
        };
        let low = low.into().unwrap_or(0);
        let high = high.into().unwrap_or(most.saturating_add(1));
        if low < least || low > most || high.saturating_sub(1) > most {
            raise(Error::value(
                "random_",
                format!("[{low}, {high}) is out of bounds for {dtype}"),
            ));
        }
        self.redraw("random_", Distribution::Integers { low, high }, generator)
    }

    /// 1 with probability `p` (a number, or a tensor with one for each element), else 0,
    /// `torch.Tensor.bernoulli_`; returns the same tensor.
    ///
    /// # Panics
    /// On what is no probability.
    #[track_caller]
    pub fn bernoulli_(&self, p: impl Into<Operand>) -> Tensor {
        self.bernoulli_with_(p, &default_generator())
    }

    /// [`Tensor::bernoulli_`] from a generator.
    #[track_caller]
    pub fn bernoulli_with_(&self, p: impl Into<Operand>, generator: &Generator) -> Tensor {
        match p.into() {
            Operand::Scalar(p) => {
                let distribution = Distribution::Bernoulli { p: p.to_f64() };
                self.redraw("bernoulli_", distribution, generator)
            }
            Operand::Tensor(p) => {
                let drawn = p.expand(self.shape()).bernoulli_with(generator);
                let drawn = drawn.to_dtype(self.dtype());
                self.rewrite("bernoulli_", &[], |_| drawn.clone())
            }
        }
    }

    /// Waiting times of events that come at a rate, `torch.Tensor.exponential_`; returns the same
    /// tensor.
    ///
    /// # Panics
    /// On integers, and on a rate that is not above 0.
    #[track_caller]
    pub fn exponential_(&self, rate: f64) -> Tensor {
        self.exponential_with_(rate, &default_generator())
    }

    /// [`Tensor::exponential_`] from a generator.
    #[track_caller]
    pub fn exponential_with_(&self, rate: f64, generator: &Generator) -> Tensor {
        self.floating("exponential_");
        positive("exponential_", "lambda", rate);
        let u = self.unit(generator);
        // A draw of 0 would be a waiting time of 0, which has no logarithm.
        let least = ok(finfo(u.dtype())).eps / 2.0;
        let times = u.neg().log1p().neg().clamp_min(least).div(rate);
        self.become_drawn("exponential_", &times)
    }

    /// Cauchy's distribution around a median, `torch.Tensor.cauchy_`; returns the same tensor.
    ///
    /// # Panics
    /// On integers, and on a `sigma` that is not above 0.
    #[track_caller]
    pub fn cauchy_(&self, median: f64, sigma: f64) -> Tensor {
        self.cauchy_with_(median, sigma, &default_generator())
    }

    /// [`Tensor::cauchy_`] from a generator.
    #[track_caller]
    pub fn cauchy_with_(&self, median: f64, sigma: f64, generator: &Generator) -> Tensor {
        self.floating("cauchy_");
        positive("cauchy_", "sigma", sigma);
        let angle = self.unit(generator).sub(0.5).mul(std::f64::consts::PI);
        let drawn = angle.tan().mul(sigma).add(median);
        self.become_drawn("cauchy_", &drawn)
    }

    /// `e` to the power of normal numbers, `torch.Tensor.log_normal_`; returns the same tensor.
    ///
    /// # Panics
    /// On integers, and on a deviation that is not above 0.
    #[track_caller]
    pub fn log_normal_(&self, mean: f64, std: f64) -> Tensor {
        self.log_normal_with_(mean, std, &default_generator())
    }

    /// [`Tensor::log_normal_`] from a generator.
    #[track_caller]
    pub fn log_normal_with_(&self, mean: f64, std: f64, generator: &Generator) -> Tensor {
        self.floating("log_normal_");
        positive("log_normal_", "std", std);
        let wide = self.detach().wide();
        let normal = Distribution::Normal { mean, std };
        let drawn = Tensor::random_with(normal, wide.shape(), wide.like(), generator).exp();
        self.become_drawn("log_normal_", &drawn)
    }

    /// How many tries of probability `p` it takes to succeed, 1 or more, `torch.Tensor.geometric_`;
    /// returns the same tensor.
    ///
    /// # Panics
    /// Where `p` is not between 0 and 1.
    #[track_caller]
    pub fn geometric_(&self, p: f64) -> Tensor {
        self.geometric_with_(p, &default_generator())
    }

    /// [`Tensor::geometric_`] from a generator.
    #[track_caller]
    pub fn geometric_with_(&self, p: f64, generator: &Generator) -> Tensor {
        if !(p > 0.0 && p < 1.0) {
            raise(Error::value(
                "geometric_",
                format!("geometric_ expects p to be in (0, 1), but got p={p}"),
            ));
        }
        let tries = self.unit(generator).neg().log1p().div((-p).ln_1p());
        self.become_drawn("geometric_", &tries.ceil().clamp_min(1.0))
    }

    /// Uniform on `[0, 1)` in this shape, at least in single precision.
    #[track_caller]
    fn unit(&self, generator: &Generator) -> Tensor {
        let wide = match self.dtype() {
            DType::F16 | DType::BF16 | DType::F32 => DType::F32,
            _ => DType::F64,
        };
        Tensor::random_with(UNIFORM, self.shape(), (wide, &self.device()), generator)
    }

    #[track_caller]
    fn become_drawn(&self, op: &'static str, drawn: &Tensor) -> Tensor {
        let drawn = drawn.to_dtype(self.dtype());
        self.rewrite(op, &[], |_| drawn.clone())
    }

    /// Other numbers of a distribution that the device draws by itself.
    #[track_caller]
    fn redraw(
        &self,
        op: &'static str,
        distribution: Distribution,
        generator: &Generator,
    ) -> Tensor {
        let drawn = ok(Array::random(
            distribution,
            self.shape(),
            self.dtype(),
            &self.device(),
            generator,
        ));
        let drawn = Tensor::from(drawn);
        self.rewrite(op, &[], |_| drawn.clone())
    }
}
