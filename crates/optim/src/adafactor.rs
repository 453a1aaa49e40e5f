//! Second moments kept as rows and columns.

use ondol_tensor::{Array, Binary, DType, Reduce, Result, Unary, Value};

use crate::math::{average_, direction, norm, wide};
use crate::optimizer::through_core;
use crate::options::{Options, check, optimizer};
use crate::rule::{Job, Rule, each, zeros_like};
use crate::state::{Count, Entry, broken, state};

optimizer! {
    /// Adaptive steps in little memory, `torch.optim.Adafactor`: of a matrix's squared gradients it
    /// remembers the means of rows and columns only.
    ///
    /// With gradient `G` (negated where it maximises), at step `t` from 1, `β = 1 − t^τ`, for each
    /// parameter `p` of `n` elements:
    ///
    /// ```text
    /// α = max(ε₂, ‖p‖ / √n) min(lr, 1 / √t)
    /// p ← p − lr λ p
    /// R ← β R + (1 − β) mean(G², rows)      C ← β C + (1 − β) mean(G², columns)
    /// V = R C / max(mean(R), ε₁)            (of fewer than two dimensions V ← β V + (1 − β) G²)
    /// U = G / √max(V, ε₁²)
    /// p ← p − α U / max(1, ‖U‖ / (d √n))
    /// ```
    ///
    /// [Shazeer and Stern, 2018](https://arxiv.org/abs/1804.04235). PyTorch's default learning rate is
    /// 1e-2.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_optim::{Adafactor, Optimizer};
    /// let w = Tensor::ones([4, 3]).requires_grad_(true);
    /// let mut optimizer = Adafactor::new([w.clone()], 0.01);
    /// w.square().sum().backward();
    /// optimizer.step();
    /// assert!((w.sum().item() - 0.99 * 12.0).abs() < 1e-4);
    /// ```
    Adafactor(Factors), check ranges;

    /// The power τ that β rises with, at most 0; -0.8 by default.
    beta2_decay(beta2_decay: f64): f64 = -0.8;
    /// ε₁ and ε₂, under the square root and for small parameters; (none, 1e-3) by default, where none
    /// is the dtype's machine epsilon.
    eps(eps1: Option<f64>, eps2: f64): (Option<f64>, f64) = (None, 1e-3);
    /// The step's greatest root mean square, at least 1; 1 by default.
    d(d: f64): f64 = 1.0;
    /// The weight decay λ, decoupled; 0 by default.
    weight_decay(weight_decay: f64): f64 = 0.0;
    /// Whether to ascend.
    maximize(maximize: bool): bool = false;
}
through_core!(Adafactor);

fn ranges(o: &Factors) -> Result<()> {
    let op = Factors::NAME;
    let at_least = |what: &str, number: f64, least: f64| {
        check(op, number >= least, || {
            format!("{what} should be >= {least} but is: {number}")
        })
    };
    at_least("Learning rate", o.lr, 0.0)?;
    check(op, o.beta2_decay <= 0.0, || {
        format!("beta2_decay should be <= 0 but is: {}", o.beta2_decay)
    })?;
    at_least("epsilon1", o.eps.0.unwrap_or(0.0), 0.0)?;
    at_least("epsilon2", o.eps.1, 0.0)?;
    at_least("Clipping threshold d", o.d, 1.0)?;
    at_least("weight_decay", o.weight_decay, 0.0)
}

/// A mean over one dimension of the parameter, which stays as size 1.
struct Part(Option<Array>);

impl Entry for Part {
    fn write(&self) -> Option<Value> {
        self.0.clone().map(Value::from)
    }

    fn read(name: &str, saved: Option<&Value>, param: &Array) -> Result<Self> {
        let Some(Value::Tensor(saved)) = saved else {
            return Ok(Part(None));
        };
        if saved.ndim() != param.ndim() || saved.expand(param.shape()).is_err() {
            return Err(broken(format!(
                "{name} has shape {:?}, its parameter has shape {:?}",
                saved.shape().as_slice(),
                param.shape().as_slice()
            )));
        }
        let saved = saved.cast(param.dtype())?.to_device(param.device())?;
        Ok(Part(Some(saved.contiguous()?)))
    }
}

state! {
    State {
        step: Count,
        row_var: Part,
        col_var: Part,
        variance: Option<Array>,
    }
}

/// The mean of squares along a dimension.
fn mean_square(a: &Array, dim: isize) -> Result<Array> {
    let squares = wide(a)?.unary(Unary::Square)?;
    let mut mean = squares.reduce(Reduce::Sum, &[dim], true)?;
    let dim = (a.ndim() as isize + dim) as usize;
    mean.binary_scalar_(Binary::Div, a.shape()[dim] as f64)?;
    mean.cast(a.dtype())
}

/// The distance from 1 to the next greater number.
fn machine_epsilon(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => f64::EPSILON,
        DType::F16 => 2f64.powi(-10),
        DType::BF16 => 2f64.powi(-7),
        _ => f32::EPSILON.into(),
    }
}

impl Factors {
    /// The squared gradients' running mean, as good as rows and columns know it.
    fn variance(&self, g: &Array, state: &mut State, beta: f64, eps: f64) -> Result<Array> {
        let State {
            row_var: Part(Some(row)),
            col_var: Part(Some(column)),
            ..
        } = state
        else {
            let variance = match &mut state.variance {
                Some(variance) => variance,
                none => none.insert(zeros_like(g)?),
            };
            average_(variance, beta, &g.unary(Unary::Square)?)?;
            return Ok(variance.clone());
        };
        average_(row, beta, &mean_square(g, -1)?)?;
        average_(column, beta, &mean_square(g, -2)?)?;
        let mut mean = wide(row)?.reduce(Reduce::Sum, &[-2], true)?;
        mean.binary_scalar_(Binary::Div, g.shape()[g.ndim() - 2] as f64)?;
        mean.binary_scalar_(Binary::Maximum, eps)?;
        let product = row.binary(Binary::Mul, column)?;
        product.binary(Binary::Div, &mean.cast(g.dtype())?)
    }
}

impl Rule for Factors {
    type State = State;

    fn step(&self, jobs: Vec<Job<'_, State>>) -> Result<()> {
        let start = |param: &Array| {
            let zeros = |dim: usize| {
                if param.ndim() < 2 {
                    return Ok(Part(None));
                }
                let mut shape = param.shape().clone();
                let last = shape.ndim();
                shape[last - dim] = 1;
                let zeros = Array::zeros(shape, param.dtype(), param.device())?;
                Ok::<_, ondol_tensor::Error>(Part(Some(zeros)))
            };
            Ok(State {
                step: Count(0),
                row_var: zeros(1)?,
                col_var: zeros(2)?,
                variance: None,
            })
        };
        each(jobs, start, |param, grad, state| {
            if param.numel() == 0 {
                return Ok(());
            }
            let t = state.step.next();
            let eps = self.eps.0.unwrap_or(machine_epsilon(param.dtype()));
            let root = (param.numel() as f64).sqrt();
            // The sizes stay on the device, as numbers without dimensions.
            let mut step = norm(param)?.binary_scalar(Binary::Div, root)?;
            step.binary_scalar_(Binary::Maximum, self.eps.1)?;
            step.binary_scalar_(Binary::Mul, self.lr.min(1.0 / t.sqrt()))?;
            if self.weight_decay != 0.0 {
                param.binary_scalar_(Binary::Mul, 1.0 - self.lr * self.weight_decay)?;
            }
            let g = direction(grad, param, self.maximize, 0.0)?;
            let beta = 1.0 - t.powf(self.beta2_decay);
            let mut update = self.variance(&g, state, beta, eps)?;
            update.binary_scalar_(Binary::Maximum, eps * eps)?;
            update.unary_(Unary::Rsqrt)?;
            update.binary_(Binary::Mul, &g)?;
            let mut size = norm(&update)?.binary_scalar(Binary::Div, root * self.d)?;
            size.binary_scalar_(Binary::Maximum, 1.0)?;
            step.binary_(Binary::Div, &size)?;
            update.binary_(Binary::Mul, &step.cast(param.dtype())?)?;
            param.binary_(Binary::Sub, &update)
        })
    }
}
