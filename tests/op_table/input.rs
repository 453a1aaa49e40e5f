//! Where the inputs of a line come from.

use ondol_autograd::{DType, Device, Distribution, Generator, Tensor};

/// Where an input's numbers come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Domain {
    /// Both signs, away from 0, where many functions have a kink.
    Any,
    /// Uniform between two numbers.
    Between(f64, f64),
    /// No two alike, 0.1 apart, for what has a kink where two are equal.
    Distinct,
    /// As `Any`, with every fifth number 0.
    Zeros,
    /// Integers from 0 to below, `i64`.
    Int(i64),
}

/// How an input is made.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) shape: Vec<usize>,
    pub(crate) domain: Domain,
}

pub(crate) fn any<const N: usize>(shape: [usize; N]) -> Input {
    Input {
        shape: shape.to_vec(),
        domain: Domain::Any,
    }
}

pub(crate) fn between<const N: usize>(low: f64, high: f64, shape: [usize; N]) -> Input {
    Input {
        shape: shape.to_vec(),
        domain: Domain::Between(low, high),
    }
}

pub(crate) fn distinct<const N: usize>(shape: [usize; N]) -> Input {
    Input {
        shape: shape.to_vec(),
        domain: Domain::Distinct,
    }
}

pub(crate) fn zeros<const N: usize>(shape: [usize; N]) -> Input {
    Input {
        shape: shape.to_vec(),
        domain: Domain::Zeros,
    }
}

pub(crate) fn int<const N: usize>(below: i64, shape: [usize; N]) -> Input {
    Input {
        shape: shape.to_vec(),
        domain: Domain::Int(below),
    }
}

impl Input {
    /// The numbers, the same at every call; `f64`, or `i64` for integers.
    pub(crate) fn make(&self, salt: u64) -> Tensor {
        let uniform = |low, high, salt| {
            let distribution = Distribution::Uniform { low, high };
            Tensor::random_with(
                distribution,
                &self.shape[..],
                DType::F64,
                &Generator::new(salt),
            )
        };
        let signed = || {
            let sign = uniform(-1.0, 1.0, salt + 1000).sign();
            uniform(0.2, 2.0, salt).mul(sign)
        };
        let n: usize = self.shape.iter().product();
        match self.domain {
            Domain::Any => signed(),
            Domain::Between(low, high) => uniform(low, high, salt),
            Domain::Distinct => {
                let order = Generator::new(salt).permutation(n);
                let middle = n as f64 / 2.0;
                let values = order.into_iter().map(|i| (i as f64 - middle) * 0.1 + 0.03);
                Tensor::from_vec(values.collect(), &self.shape[..])
            }
            Domain::Zeros => {
                let values = signed().to_vec::<f64>().into_iter().enumerate();
                let values = values.map(|(i, v)| if i % 5 == 2 { 0.0 } else { v });
                Tensor::from_vec(values.collect(), &self.shape[..])
            }
            Domain::Int(below) => {
                let distribution = Distribution::Integers {
                    low: 0,
                    high: below,
                };
                Tensor::random_with(
                    distribution,
                    &self.shape[..],
                    DType::I64,
                    &Generator::new(salt),
                )
            }
        }
    }
}

/// Positions, on the device of the tensor that they are for.
pub(crate) fn positions<const N: usize>(
    like: &Tensor,
    values: &[i64],
    shape: [usize; N],
) -> Tensor {
    Tensor::from_slice(values, shape).to(like.device())
}

/// A mask over `shape` that is true for every third element.
pub(crate) fn mask(like: &Tensor, shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    Tensor::from_vec((0..n).map(|i| i % 3 == 1).collect(), shape).to(like.device())
}

/// The devices to compare with the CPU.
pub(crate) fn other_devices() -> Vec<Device> {
    let emulated = if ondol_cuda_emu::inside() {
        "cuda:0"
    } else {
        ""
    };
    let names = std::env::var("ONDOL_TEST_DEVICES").unwrap_or(emulated.to_owned());
    let devices = names.split(',').map(str::trim).filter(|n| !n.is_empty());
    let parse = |n: &str| {
        n.parse()
            .unwrap_or_else(|e| panic!("ONDOL_TEST_DEVICES: {e}"))
    };
    devices
        .map(parse)
        .filter(|d: &Device| !d.is_cpu())
        .collect()
}
