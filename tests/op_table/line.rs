//! A line of the table, and how one is written.

use ondol_autograd::{GradCheck, Tensor};

pub(crate) use crate::input::{
    Input, any, between, distinct, int, mask, other_devices, positions, zeros,
};

type Function = Box<dyn Fn(&[Tensor]) -> Vec<Tensor> + Send + Sync>;

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
