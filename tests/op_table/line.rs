//! A line of the table, and how one is written.

use ondol_autograd::{DType, Device, Distribution, Generator, GradCheck, Tensor};

type Function = Box<dyn Fn(&[Tensor]) -> Vec<Tensor> + Send + Sync>;

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

/// What an operation gives: one tensor, two, or many.
pub(crate) trait Outputs {
    fn list(self) -> Vec<Tensor>;
}
impl Outputs for Tensor {
    fn list(self) -> Vec<Tensor> {
        vec![self]
    }
}
impl Outputs for (Tensor, Tensor) {
    fn list(self) -> Vec<Tensor> {
        vec![self.0, self.1]
    }
}
impl Outputs for Vec<Tensor> {
    fn list(self) -> Vec<Tensor> {
        self
    }
}

/// What becomes of inputs of unusual shapes.
#[derive(Clone, Debug)]
pub(crate) enum Edge {
    /// Nobody has said; a test fails.
    Unsaid,
    /// Inputs of these shapes give a first output of that shape, and gradients of the inputs' shapes.
    Works(Vec<Vec<usize>>, Vec<usize>),
    /// Inputs of these shapes give a typed error.
    Fails(Vec<Vec<usize>>),
    /// There is nothing to test, for this reason.
    Skip(&'static str),
}

/// The gradient columns.
pub(crate) enum Gradient {
    /// Compared with differences, and its gradient too.
    Checked,
    /// Only the first is compared, for this reason.
    FirstOnly(&'static str),
    /// Nothing flows back, for this reason: no output may require a gradient.
    Stops(&'static str),
}

/// One way of calling one operation.
pub(crate) struct Line {
    pub(crate) name: &'static str,
    pub(crate) case: &'static str,
    pub(crate) function: Function,
    pub(crate) inputs: Vec<Input>,
    pub(crate) gradient: Gradient,
    pub(crate) check: GradCheck,
    pub(crate) empty: Edge,
    pub(crate) scalar: Edge,
    /// Why layouts other than row-major do not apply.
    pub(crate) contiguous_only: Option<&'static str>,
    /// Why lower precisions do not apply.
    pub(crate) double_only: Option<&'static str>,
    /// Whether a backend has a faster way, so that the composite needs a check of its own.
    pub(crate) fused: bool,
    /// Whether each element goes its own way, so that shapes are known.
    pub(crate) elementwise: bool,
}

/// A line for `name`, as it stands in the sources.
pub(crate) fn line<O: Outputs>(
    name: &'static str,
    inputs: impl IntoIterator<Item = Input>,
    function: impl Fn(&[Tensor]) -> O + Send + Sync + 'static,
) -> Line {
    Line {
        name,
        case: "",
        function: Box::new(move |t| function(t).list()),
        inputs: inputs.into_iter().collect(),
        gradient: Gradient::Checked,
        check: GradCheck::default(),
        empty: Edge::Unsaid,
        scalar: Edge::Unsaid,
        contiguous_only: None,
        double_only: None,
        fused: false,
        elementwise: false,
    }
}

fn owned<const N: usize>(shapes: [&[usize]; N]) -> Vec<Vec<usize>> {
    shapes.iter().map(|s| s.to_vec()).collect()
}

impl Line {
    /// What sets this line apart from others of its name.
    pub(crate) fn case(mut self, case: &'static str) -> Line {
        self.case = case;
        self
    }

    /// Each element goes its own way, and inputs broadcast: empty and 0-dim inputs follow.
    pub(crate) fn elementwise(mut self) -> Line {
        let most = self.inputs.iter().map(|i| i.shape.len()).max().unwrap_or(0);
        let mut shapes: Vec<Vec<usize>> = self.inputs.iter().map(|i| i.shape.clone()).collect();
        let mut out = vec![1; most];
        for shape in &mut shapes {
            for (o, &s) in out[most - shape.len()..].iter_mut().zip(&*shape) {
                *o = (*o).max(s);
            }
            if shape.len() == most && most > 0 && shape[0] != 1 {
                shape[0] = 0;
            }
        }
        out.iter_mut().take(1).for_each(|o| *o = 0);
        self.empty = if most == 0 {
            Edge::Skip("all inputs are 0-dim")
        } else {
            Edge::Works(shapes, out)
        };
        self.scalar = Edge::Works(vec![vec![]; self.inputs.len()], vec![]);
        self.elementwise = true;
        self
    }

    /// Empty inputs of these shapes give an output of that shape.
    pub(crate) fn empty<const N: usize>(mut self, inputs: [&[usize]; N], output: &[usize]) -> Line {
        self.empty = Edge::Works(owned(inputs), output.to_vec());
        self
    }

    /// Empty inputs of these shapes are a typed error.
    pub(crate) fn empty_fails<const N: usize>(mut self, inputs: [&[usize]; N]) -> Line {
        self.empty = Edge::Fails(owned(inputs));
        self
    }

    /// Inputs of these shapes, 0-dim ones among them, give an output of that shape.
    pub(crate) fn scalar<const N: usize>(
        mut self,
        inputs: [&[usize]; N],
        output: &[usize],
    ) -> Line {
        self.scalar = Edge::Works(owned(inputs), output.to_vec());
        self
    }

    /// 0-dim inputs are a typed error.
    pub(crate) fn scalar_fails(mut self) -> Line {
        self.scalar = Edge::Fails(vec![vec![]; self.inputs.len()]);
        self
    }

    /// Neither empty nor 0-dim inputs say anything new.
    pub(crate) fn no_edges(mut self, reason: &'static str) -> Line {
        (self.empty, self.scalar) = (Edge::Skip(reason), Edge::Skip(reason));
        self
    }

    /// Empty inputs say nothing new.
    pub(crate) fn no_empty(mut self, reason: &'static str) -> Line {
        self.empty = Edge::Skip(reason);
        self
    }

    pub(crate) fn stops(mut self, reason: &'static str) -> Line {
        self.gradient = Gradient::Stops(reason);
        self
    }

    pub(crate) fn first_only(mut self, reason: &'static str) -> Line {
        self.gradient = Gradient::FirstOnly(reason);
        self
    }

    /// Other steps and tolerances for the differences.
    pub(crate) fn check(mut self, eps: f64, atol: f64) -> Line {
        self.check = GradCheck {
            eps,
            atol,
            ..GradCheck::default()
        };
        self
    }

    pub(crate) fn contiguous_only(mut self, reason: &'static str) -> Line {
        self.contiguous_only = Some(reason);
        self
    }

    pub(crate) fn double_only(mut self, reason: &'static str) -> Line {
        self.double_only = Some(reason);
        self
    }

    pub(crate) fn fused(mut self) -> Line {
        self.fused = true;
        self
    }

    /// The inputs' numbers.
    pub(crate) fn make(&self) -> Vec<Tensor> {
        self.inputs
            .iter()
            .enumerate()
            .map(|(i, input)| input.make(7 + i as u64))
            .collect()
    }

    /// Numbers of the same domains in other shapes.
    pub(crate) fn make_shaped(&self, shapes: &[Vec<usize>]) -> Vec<Tensor> {
        let inputs = self.inputs.iter().zip(shapes).enumerate();
        inputs
            .map(|(i, (input, s))| {
                Input {
                    shape: s.clone(),
                    ..input.clone()
                }
                .make(7 + i as u64)
            })
            .collect()
    }

    pub(crate) fn run(&self, inputs: &[Tensor]) -> Vec<Tensor> {
        (self.function)(inputs)
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.case {
            "" => f.write_str(self.name),
            case => write!(f, "{} ({case})", self.name),
        }
    }
}

/// Positions, on the device of the tensor that they are for.
pub(crate) fn positions<const N: usize>(
    like: &Tensor,
    values: &[i64],
    shape: [usize; N],
) -> Tensor {
    Tensor::from_slice(values, shape).to(&like.device())
}

/// A mask over `shape` that is true for every third element.
pub(crate) fn mask(like: &Tensor, shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    Tensor::from_vec((0..n).map(|i| i % 3 == 1).collect(), shape).to(&like.device())
}

/// The devices to compare with the CPU.
pub(crate) fn other_devices() -> Vec<Device> {
    let names = std::env::var("ONDOL_TEST_DEVICES").unwrap_or_default();
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
