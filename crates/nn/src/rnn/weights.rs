//! The parameters of one recurrence.

use ondol_autograd::{DType, Device, Tensor, functional};

use super::step::{Kind, Recurrent};
use crate::{Parameter, Visitor, init};

/// The parameters of one layer in one direction, or of a cell.
pub(super) struct Weights {
    kind: Kind,
    pub(super) weight_ih: Parameter,
    pub(super) weight_hh: Parameter,
    bias: Option<[Parameter; 2]>,
    weight_hr: Option<Parameter>,
}

/// How large they are.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) input: usize,
    pub(super) hidden: usize,
    /// 0 for none.
    pub(super) projection: usize,
}

impl Sizes {
    /// The size of `h`.
    pub(super) fn output(self) -> usize {
        match self.projection {
            0 => self.hidden,
            projection => projection,
        }
    }
}

impl Weights {
    /// Uniform on `±1/√hidden`.
    pub(super) fn new(kind: Kind, sizes: Sizes, bias: bool, options: (DType, &Device)) -> Weights {
        let bound = 1.0 / (sizes.hidden as f64).sqrt();
        let rows = kind.gates() * sizes.hidden;
        let draw = |shape: &[usize]| {
            let parameter = Parameter::new(Tensor::zeros_with(shape, options));
            init::uniform_(&parameter, -bound, bound);
            parameter
        };
        Weights {
            kind,
            weight_ih: draw(&[rows, sizes.input]),
            weight_hh: draw(&[rows, sizes.output()]),
            bias: bias.then(|| [draw(&[rows]), draw(&[rows])]),
            weight_hr: (sizes.projection > 0).then(|| draw(&[sizes.projection, sizes.hidden])),
        }
    }

    /// Under PyTorch's names, each with this at its end.
    pub(super) fn visit<'a>(&'a self, visitor: &mut Visitor<'a>, end: &str) {
        let mut field = |name: &str, part: &'a Parameter| {
            visitor.field(&format!("{name}{end}"), part);
        };
        field("weight_ih", &self.weight_ih);
        field("weight_hh", &self.weight_hh);
        if let Some([ih, hh]) = &self.bias {
            field("bias_ih", ih);
            field("bias_hh", hh);
        }
        if let Some(hr) = &self.weight_hr {
            field("weight_hr", hr);
        }
    }

    /// The input's part of the gates for all rows of `x [.., input]`, with all of the bias that does
    /// not depend on the state.
    #[track_caller]
    pub(super) fn gates(&self, x: &Tensor) -> Tensor {
        match &self.bias {
            None => functional::linear(x, &self.weight_ih, None),
            Some([ih, _]) if self.kind == Kind::Gru => {
                functional::linear(x, &self.weight_ih, Some(ih))
            }
            Some([ih, hh]) => functional::linear(x, &self.weight_ih, Some(&ih.add(hh))),
        }
    }

    /// What every step needs.
    #[track_caller]
    pub(super) fn recurrent(&self) -> Recurrent {
        let bias = match &self.bias {
            Some([_, hh]) if self.kind == Kind::Gru => Some(hh.tensor().clone()),
            _ => None,
        };
        let projection = self.weight_hr.as_ref().map(|hr| hr.t());
        Recurrent {
            weight: self.weight_hh.t(),
            bias,
            projection,
        }
    }
}
