//! Momentum made orthogonal.

use ondol_autograd::Tensor;
use ondol_tensor::{Array, Binary, DType, Error, Result};

use crate::math::{add_scaled_, average_, norm};
use crate::optimizer::through_core;
use crate::options::{Options, Way, check, optimizer};
use crate::rule::{Job, Rule, each, zeros_like};
use crate::state::state;

optimizer! {
    /// Momentum made orthogonal, `torch.optim.Muon`: for the matrices of hidden layers; biases,
    /// embeddings and the last layer go to another optimizer, such as [`AdamW`](crate::AdamW).
    ///
    /// With gradient `G`, for each parameter `W` of shape `[A, B]`:
    ///
    /// ```text
    /// M ← μ M + (1 − μ) G
    /// O = NS((1 − μ) G + μ M)           (without Nesterov momentum NS(M))
    /// W ← W − lr λ W − lr r O           r = √max(1, A/B)
    /// NS: X ← X / max(‖X‖, ε), then ns_steps times X ← a X + (b XXᵀ + c (XXᵀ)²) X
    /// ```
    ///
    /// The iteration takes the singular values of `X` near 1; it rounds to `bf16`, as PyTorch's does.
    ///
    /// [Jordan et al., 2024](https://kellerjordan.github.io/posts/muon/);
    /// [Liu et al., 2025](https://arxiv.org/abs/2502.16982). PyTorch's default learning rate is 1e-3.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{Muon, Optimizer};
    /// let w = Tensor::zeros([4, 3]).requires_grad_(true);
    /// let mut optimizer = Muon::new([w.clone()], 0.02).adjust_lr_fn("match_rms_adamw");
    /// (&w - 1.0).square().sum().backward();
    /// optimizer.step();
    /// assert!(w.sum().item() > 0.0);
    /// ```
    Muon(Orthogonal), check ranges;

    /// The weight decay λ, decoupled; 0.1 by default.
    weight_decay(weight_decay: f64): f64 = 0.1;
    /// The momentum μ; 0.95 by default.
    momentum(momentum: f64): f64 = 0.95;
    /// Nesterov momentum; true by default.
    nesterov(nesterov: bool): bool = true;
    /// The coefficients a, b, c of the iteration; (3.4445, -4.775, 2.0315) by default.
    ns_coefficients(a: f64, b: f64, c: f64): [f64; 3] = [3.4445, -4.775, 2.0315];
    /// ε, the least norm to divide by; 1e-7 by default.
    eps(eps: f64): f64 = 1e-7;
    /// How often to iterate, less than 100; 5 by default.
    ns_steps(ns_steps: usize): usize = 5;
    /// How the learning rate fits the shape: `"original"`, r = √max(1, A/B), the default;
    /// `"match_rms_adamw"`, r = 0.2 √max(A, B); or `"spectral_unclamped"`, r = √(A/B).
    adjust_lr_fn(adjust_lr_fn: &str): Way = Way(None);
}
through_core!(Muon);

fn ranges(o: &Orthogonal) -> Result<()> {
    let op = Orthogonal::NAME;
    let numbers = [
        ("Learning rate", o.lr),
        ("momentum", o.momentum),
        ("weight decay", o.weight_decay),
    ];
    for (what, number) in numbers {
        check(op, number >= 0.0, || {
            format!("{what} should be >= 0 but is: {number}")
        })?;
    }
    check(op, o.ns_steps < 100, || {
        "Number of steps must be less than 100 for computational efficiency".into()
    })?;
    o.ratio(1.0, 1.0).map(|_| ())
}

state! {
    State {
        momentum_buffer: Array,
    }
}

impl Orthogonal {
    /// The factor of the learning rate for a parameter of `a` rows and `b` columns.
    fn ratio(&self, a: f64, b: f64) -> Result<f64> {
        match self.adjust_lr_fn.0.as_deref() {
            None | Some("original") => Ok((a / b).max(1.0).sqrt()),
            Some("match_rms_adamw") => Ok(0.2 * a.max(b).sqrt()),
            Some("spectral_unclamped") => Ok((a / b).sqrt()),
            Some(other) => Err(Error::value(
                Self::NAME,
                format!("Adjust learning rate function {other} is not supported"),
            )),
        }
    }

    /// The matrix of the same singular vectors whose singular values are near 1.
    fn orthogonalized(&self, matrix: &Array) -> Result<Array> {
        // Products in f32 of numbers of bf16, rounded once: what a bf16 product with an addend does.
        let round = |a: Array| a.cast(DType::BF16)?.cast(DType::F32);
        let [a, b, c] = self.ns_coefficients;
        let tall = matrix.shape()[0] > matrix.shape()[1];
        let mut x = round(matrix.clone())?;
        if tall {
            x = x.transpose(0, 1)?;
        }
        let mut size = round(norm(&x)?)?;
        size.binary_scalar_(Binary::Maximum, self.eps)?;
        x = round(x.binary(Binary::Div, &size)?)?;
        for _ in 0..self.ns_steps {
            let gram = round(x.matmul(&x.transpose(0, 1)?)?)?;
            let mut update = gram.matmul(&gram)?.binary_scalar(Binary::Mul, c)?;
            add_scaled_(&mut update, b, &gram)?;
            let mut next = round(update)?.matmul(&x)?;
            add_scaled_(&mut next, a, &x)?;
            x = round(next)?;
        }
        if tall { x.transpose(0, 1) } else { Ok(x) }
    }
}

impl Rule for Orthogonal {
    type State = State;

    fn accepts(&self, param: &Tensor) -> Result<()> {
        check(Self::NAME, param.ndim() == 2, || {
            let shape = param.shape();
            format!(
                "Muon only supports 2D parameters whereas we found a parameter with size: {:?}",
                shape.as_slice()
            )
        })
    }

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            Ok(State {
                momentum_buffer: zeros_like(param)?,
            })
        };
        each(jobs, start, |param, grad, State { momentum_buffer }| {
            average_(momentum_buffer, self.momentum, grad)?;
            let update = if self.nesterov {
                let mut ahead = momentum_buffer.binary_scalar(Binary::Mul, self.momentum)?;
                add_scaled_(&mut ahead, 1.0 - self.momentum, grad)?;
                ahead
            } else {
                momentum_buffer.clone()
            };
            let update = self.orthogonalized(&update)?.cast(param.dtype())?;
            let ratio = self.ratio(param.shape()[0] as f64, param.shape()[1] as f64)?;
            param.binary_scalar_(Binary::Mul, 1.0 - self.lr * self.weight_decay)?;
            add_scaled_(param, -self.lr * ratio, &update)
        })
    }
}
