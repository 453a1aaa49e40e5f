//! How the weight is computed.

use ondol_autograd::{Axes, Error, Tensor, no_grad_guard, raise};

use crate::{Buffer, Module, Parameter, Training, Visitor};

/// A way to compute a weight.
pub(super) enum Norm {
    /// Length times direction.
    Weight { dim: Option<isize> },
    /// Divided by the greatest singular value.
    Spectral(Spectral),
}

/// The power method.
pub(super) struct Spectral {
    u: Buffer,
    v: Buffer,
    iterations: usize,
    out_dim: isize,
    training: Training,
}

impl Norm {
    /// Vectors after 15 steps from random ones, as in PyTorch.
    #[track_caller]
    pub(super) fn spectral(weight: &Tensor, iterations: usize, out_dim: isize) -> Norm {
        let _guard = no_grad_guard();
        let matrix = matrix(weight, out_dim);
        let unit = |n: usize| {
            let t = Tensor::randn_with([n], (matrix.dtype(), &matrix.device()));
            Buffer::new(normalized(&t))
        };
        let spectral = Spectral {
            u: unit(matrix.size(0)),
            v: unit(matrix.size(1)),
            iterations,
            out_dim,
            training: Training::new(),
        };
        spectral.step(&matrix, 15);
        Norm::Spectral(spectral)
    }

    /// The weight that the originals give.
    #[track_caller]
    pub(super) fn weight(&self, originals: &[(&'static str, Parameter)]) -> Tensor {
        match (self, originals) {
            (Norm::Weight { dim }, [(_, g), (_, v)]) => v.mul(g.div(length(v, *dim))),
            (Norm::Spectral(spectral), [(_, weight)]) => {
                let matrix = matrix(weight, spectral.out_dim);
                if spectral.training.get() {
                    let _guard = no_grad_guard();
                    spectral.step(&matrix.detach(), spectral.iterations);
                }
                // As they are now: a later step must not change what backward sees.
                let (u, v) = (spectral.u.snapshot(), spectral.v.snapshot());
                weight.div(u.dot(&matrix.matmul(&v)))
            }
            _ => unreachable!("each norm is made with its own originals"),
        }
    }
}

impl Spectral {
    #[track_caller]
    fn step(&self, matrix: &Tensor, iterations: usize) {
        for _ in 0..iterations {
            let u = normalized(&matrix.matmul(&self.v));
            self.u.set_data(u.value());
            let v = normalized(&matrix.t().matmul(&u));
            self.v.set_data(v.value());
        }
    }
}

/// `‖x‖` for each place of a dimension, which keeps its rank; of all elements without one.
#[track_caller]
pub(super) fn length(x: &Tensor, dim: Option<isize>) -> Tensor {
    let ndim = x.ndim() as isize;
    let Some(dim) = dim else {
        return x.square().sum().sqrt();
    };
    if !(-ndim..ndim).contains(&dim) {
        raise(Error::Dim {
            op: "weight_norm",
            dim,
            low: -ndim,
            high: ndim - 1,
        });
    }
    let others: Vec<isize> = (0..ndim).filter(|d| *d != dim.rem_euclid(ndim)).collect();
    match others[..] {
        [] => x.abs(),
        _ => x.square().sum_dim(Axes::from(&others[..]), true).sqrt(),
    }
}

/// `[out, rest]`.
#[track_caller]
fn matrix(weight: &Tensor, out_dim: isize) -> Tensor {
    let first = match out_dim {
        0 => weight.clone(),
        dim => weight.transpose(0, dim),
    };
    first.flatten(1, -1)
}

#[track_caller]
fn normalized(x: &Tensor) -> Tensor {
    x.div(x.square().sum().sqrt().clamp_min(1e-12))
}

impl Module for Norm {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        if let Norm::Spectral(spectral) = self {
            visitor.field("_u", &spectral.u);
            visitor.field("_v", &spectral.v);
            visitor.training(&spectral.training);
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Norm::Weight { .. } => "_WeightNorm",
            Norm::Spectral(_) => "_SpectralNorm",
        }
    }
}
