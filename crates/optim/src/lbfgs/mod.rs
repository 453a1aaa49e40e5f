//! A quasi-Newton method with a short memory.

mod memory;
mod search;

use ondol_autograd::{Tensor, enable_grad, ok, update};
use ondol_tensor::{Array, Binary, Error, Reduce, Result, Unary};

use crate::math::add_scaled_;
use crate::optimizer::through_core;
use crate::options::{Options, Setting, Way, at_least_0, check, number};
use crate::rule::{Core, Job, Rule};
use memory::Memory;
use search::{Point, strong_wolfe};

/// The quasi-Newton method of Broyden, Fletcher, Goldfarb and Shanno with a limited memory,
/// `torch.optim.LBFGS`: for few parameters and a loss that is the same at every call.
///
/// With flat gradient `g`, from the last `history_size` changes `s` of the parameters and `y` of the
/// gradient, up to `max_iter` times in one step:
///
/// ```text
/// d = −H g        H from s, y by the two-loop recursion; at first the identity
/// p ← p + t d     t = lr, at the very first min(1, 1 / ‖g‖₁) lr, or from a line search
/// ```
///
/// It computes the loss several times a step, so that it takes a closure; see
/// [`step_with`](crate::Optimizer::step_with). All parameters are one group, on one device.
///
/// [Nocedal and Wright, 2006](https://doi.org/10.1007/978-0-387-40065-5), algorithms 7.4 and 3.5.
/// PyTorch's default learning rate is 1.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{LBFGS, Optimizer};
/// let p = Tensor::from_vec(vec![-1.0f64, 2.0], [2]).requires_grad_(true);
/// let mut optimizer = LBFGS::new([p.clone()], 1.0).line_search_fn("strong_wolfe");
/// for _ in 0..10 {
///     optimizer.step_with(&mut || {
///         p.zero_grad();
///         let (x, y) = (p.i(0), p.i(1));
///         let loss = (1.0 - &x).square() + 100.0 * (&y - x.square()).square();
///         loss.backward();
///         loss
///     });
/// }
/// assert!((p.to_vec::<f64>()[0] - 1.0).abs() < 1e-6);
/// ```
pub struct LBFGS {
    core: Core<Lbfgs>,
}

#[derive(Clone, Debug)]
struct Lbfgs {
    lr: f64,
    max_iter: usize,
    max_eval: usize,
    tolerance_grad: f64,
    tolerance_change: f64,
    history_size: usize,
    line_search_fn: Way,
    maximize: bool,
}

macro_rules! builders {
    ($($(#[$doc:meta])* $field:ident($t:ty);)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $field(mut self, $field: $t) -> Self {
            ok(self.core.change(|o| o.$field = $field.into()));
            self
        }
    )*};
}

impl LBFGS {
    /// With learning rate `lr` and PyTorch's defaults for the rest.
    ///
    /// # Panics
    /// Where there are no parameters, one comes twice or is no leaf, or `lr` is negative.
    #[track_caller]
    pub fn new(params: impl IntoIterator<Item = Tensor>, lr: f64) -> Self {
        let defaults = Lbfgs {
            lr,
            max_iter: 20,
            max_eval: 25,
            tolerance_grad: 1e-7,
            tolerance_change: 1e-9,
            history_size: 100,
            line_search_fn: Way(None),
            maximize: false,
        };
        LBFGS {
            core: ok(Core::new(params, defaults)),
        }
    }

    /// The greatest number of iterations in a step, 20 by default; sets
    /// [`max_eval`](Self::max_eval) to 5/4 of it.
    #[track_caller]
    pub fn max_iter(mut self, max_iter: usize) -> Self {
        ok(self.core.change(|o| {
            o.max_iter = max_iter;
            o.max_eval = max_iter * 5 / 4;
        }));
        self
    }

    builders! {
        /// The greatest number of calls of the closure in a step; 25 by default.
        max_eval(usize);
        /// Where the greatest element of the gradient is this small, it stops; 1e-7 by default.
        tolerance_grad(f64);
        /// Where parameters or loss change by less, it stops; 1e-9 by default.
        tolerance_change(f64);
        /// How many changes it remembers; 100 by default.
        history_size(usize);
        /// How it finds the step's length: `"strong_wolfe"`, or without a search by default.
        ///
        /// # Panics
        /// At another name.
        line_search_fn(&str);
        /// Whether to ascend.
        maximize(bool);
    }
}

impl Options for Lbfgs {
    const NAME: &'static str = "LBFGS";

    fn lr(&self) -> f64 {
        self.lr
    }

    fn set(&mut self, name: &str, value: &ondol_tensor::Value) -> Result<bool> {
        match name {
            "lr" => self.lr = number(value)?,
            "max_iter" => self.max_iter = Setting::read(value)?,
            "max_eval" => self.max_eval = Setting::read(value)?,
            "tolerance_grad" => self.tolerance_grad = number(value)?,
            "tolerance_change" => self.tolerance_change = number(value)?,
            "history_size" => self.history_size = Setting::read(value)?,
            "line_search_fn" => self.line_search_fn = Setting::read(value)?,
            "maximize" => self.maximize = value.as_bool()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn check(&self) -> Result<()> {
        at_least_0(Self::NAME, "learning rate", self.lr)?;
        let search = self.line_search_fn.0.as_deref();
        check(
            Self::NAME,
            matches!(search, None | Some("strong_wolfe")),
            || "only 'strong_wolfe' is supported".into(),
        )
    }

    fn options(&self) -> ondol_tensor::Dict {
        let options: [(&str, ondol_tensor::Value); 8] = [
            ("lr", self.lr.into()),
            ("max_iter", self.max_iter.into()),
            ("max_eval", self.max_eval.into()),
            ("tolerance_grad", self.tolerance_grad.into()),
            ("tolerance_change", self.tolerance_change.into()),
            ("history_size", self.history_size.into()),
            ("line_search_fn", self.line_search_fn.write()),
            ("maximize", self.maximize.into()),
        ];
        options.into_iter().collect()
    }
}

impl Rule for Lbfgs {
    type State = Memory;
    const ONE_GROUP: bool = true;

    fn step(&self, _: Vec<Job<'_, Memory>>) -> Result<()> {
        Err(Error::value(
            Self::NAME,
            "a step computes the loss several times; call step_with(&mut || …) with a closure that does",
        ))
    }
}

through_core!(LBFGS {
    #[track_caller]
    fn step_with(&mut self, closure: &mut dyn FnMut() -> Tensor) -> Tensor {
        self.core.steps += 1;
        let group = &mut self.core.groups[0];
        let state = &mut group.states[0];
        let mut memory = state.take().unwrap_or_default();
        let problem = Problem { params: &group.params, maximize: group.rule.maximize };
        let loss = step(&group.rule, &problem, &mut memory, closure);
        *state = Some(memory);
        ok(loss)
    }
});

/// All parameters as one vector.
struct Problem<'a> {
    params: &'a [Tensor],
    maximize: bool,
}

impl Problem<'_> {
    /// The loss, as the closure gives it and as the number to be made small.
    fn loss(&self, closure: &mut dyn FnMut() -> Tensor) -> Result<(Tensor, f64)> {
        let loss = enable_grad(closure);
        let number = loss.value().item()?;
        Ok((loss, if self.maximize { -number } else { number }))
    }

    /// The gradients one after the other; zeros where there is none.
    fn gradient(&self) -> Result<Array> {
        let first = self.params[0].value();
        let flat = |p: &Tensor| {
            let p_value = p.value();
            let grad = match p.grad() {
                Some(grad) => grad.value(),
                None => Array::zeros(p_value.shape(), first.dtype(), first.device())?,
            };
            grad.cast(first.dtype())?.reshape([p_value.numel()])
        };
        let parts = self.params.iter().map(flat).collect::<Result<Vec<_>>>()?;
        let all = Array::cat(&parts.iter().collect::<Vec<_>>(), 0)?;
        if self.maximize {
            all.unary(Unary::Neg)
        } else {
            Ok(all)
        }
    }

    /// `p ← p + t d`
    fn advance(&self, t: f64, d: &Array) -> Result<()> {
        let mut start = 0;
        update(self.params, |arrays| {
            for p in arrays.iter_mut() {
                let part = d.narrow(0, start, p.numel())?.reshape(p.shape())?;
                start += p.numel();
                add_scaled_(p, t, &part)?;
            }
            Ok(())
        })
    }

    fn values(&self) -> Vec<Array> {
        self.params.iter().map(Tensor::value).collect()
    }

    fn restore(&self, values: &[Array]) -> Result<()> {
        update(self.params, |arrays| {
            for (p, value) in arrays.iter_mut().zip(values) {
                **p = value.clone();
            }
            Ok(())
        })
    }
}

fn dot(a: &Array, b: &Array) -> Result<f64> {
    a.binary(Binary::Mul, b)?
        .reduce(Reduce::Sum, &[], false)?
        .item()
}

/// The greatest size of an element; NaN where one is.
fn greatest(a: &Array) -> Result<f64> {
    if a.numel() == 0 {
        return Ok(0.0);
    }
    a.unary(Unary::Abs)?.reduce(Reduce::Max, &[], false)?.item()
}

fn step(
    options: &Lbfgs,
    problem: &Problem<'_>,
    memory: &mut Memory,
    closure: &mut dyn FnMut() -> Tensor,
) -> Result<Tensor> {
    let (first_loss, mut loss) = problem.loss(closure)?;
    let mut evals = 1;
    memory.func_evals += 1;
    let mut g = problem.gradient()?;
    memory.check(g.numel())?;
    if greatest(&g)? <= options.tolerance_grad {
        return Ok(first_loss);
    }
    for iteration in 1..=options.max_iter {
        memory.n_iter += 1;
        let d = memory.direction(&g, options.history_size)?;
        let loss_before = loss;
        let mut t = if memory.n_iter == 1 {
            let size = g.unary(Unary::Abs)?.reduce(Reduce::Sum, &[], false)?;
            (1.0 / size.item()?).min(1.0) * options.lr
        } else {
            options.lr
        };
        memory.remember(&d, t, &g, loss);
        let slope = dot(&g, &d)?;
        if slope > -options.tolerance_change {
            break;
        }
        let mut flat = false;
        if options.line_search_fn.0.is_some() {
            let values = problem.values();
            let mut at = |t: f64| {
                problem.advance(t, &d)?;
                let (_, f) = problem.loss(closure)?;
                let g = problem.gradient()?;
                problem.restore(&values)?;
                let slope = dot(&g, &d)?;
                Ok(Point { t, f, g, slope })
            };
            let start = Point {
                t: 0.0,
                f: loss,
                g,
                slope,
            };
            let most = options.max_eval.saturating_sub(evals);
            let limits = (greatest(&d)?, options.tolerance_change, most);
            let (end, calls) = strong_wolfe(&mut at, start, t, limits)?;
            (loss, g, t) = (end.f, end.g, end.t);
            memory.t = t;
            problem.advance(t, &d)?;
            flat = greatest(&g)? <= options.tolerance_grad;
            evals += calls;
            memory.func_evals += calls as i64;
        } else {
            problem.advance(t, &d)?;
            if iteration != options.max_iter {
                loss = problem.loss(closure)?.1;
                g = problem.gradient()?;
                flat = greatest(&g)? <= options.tolerance_grad;
                evals += 1;
                memory.func_evals += 1;
            }
        }
        let moved = greatest(&d)? * t.abs();
        if evals >= options.max_eval
            || flat
            || moved <= options.tolerance_change
            || (loss - loss_before).abs() < options.tolerance_change
        {
            break;
        }
    }
    Ok(first_loss)
}
