//! Evenly spaced numbers.

use ondol_tensor::{Array, DType, Device, Error, Kind, Scalar, default_dtype};

use super::Options;
use crate::Tensor;
use crate::place::ok;

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
        default_dtype()
    } else {
        DType::I64
    }
}

/// `n` numbers from `start` to `end`, each through `f`.
fn spaced(
    start: f64,
    end: f64,
    n: usize,
    o: &Options,
    f: impl Fn(f64) -> f64,
) -> ondol_tensor::Result<Array> {
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
    Array::from_vec((0..n).map(|i| f(value(i))).collect(), n)?
        .cast(o.dtype)?
        .to_device(&o.device)
}

impl Tensor {
    /// `n` evenly spaced numbers from `start` to `end`, both included, `torch.linspace`.
    #[track_caller]
    pub fn linspace(start: f64, end: f64, n: usize) -> Tensor {
        Tensor::linspace_with(start, end, n, Options::default())
    }

    /// [`Tensor::linspace`] of another dtype or on another device.
    #[track_caller]
    pub fn linspace_with(start: f64, end: f64, n: usize, options: impl Into<Options>) -> Tensor {
        Tensor::from(ok(spaced(start, end, n, &options.into(), |v| v)))
    }

    /// `base` to the power of `n` evenly spaced numbers from `start` to `end`, `torch.logspace`.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// let x = Tensor::logspace(0.0, 2.0, 3, 10.0);
    /// assert_eq!(x.to_vec::<f32>(), [1.0, 10.0, 100.0]);
    /// ```
    #[track_caller]
    pub fn logspace(start: f64, end: f64, n: usize, base: f64) -> Tensor {
        Tensor::logspace_with(start, end, n, base, Options::default())
    }

    /// [`Tensor::logspace`] of another dtype or on another device.
    #[track_caller]
    pub fn logspace_with(
        start: f64,
        end: f64,
        n: usize,
        base: f64,
        options: impl Into<Options>,
    ) -> Tensor {
        let power = |v| base.powf(v);
        Tensor::from(ok(spaced(start, end, n, &options.into(), power)))
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
}
