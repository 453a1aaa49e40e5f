//! Adam and its variant with decoupled weight decay.

use ondol_autograd::{Tensor, ok};
use ondol_tensor::{Array, Binary, Dict, FusedStep, Result, Unary, Value};

use crate::ParamGroup;
use crate::math::{add_ratio_, average_, average_square_, decayed};
use crate::optimizer::through_core;
use crate::options::{Options, Setting, at_least_0, in_0_1, number};
use crate::rule::{Core, Job, Rule, grouped};
use crate::state::{Count, state};

/// Adaptive moments, `torch.optim.Adam`.
///
/// With gradient `g` (negated where it maximises), at step `t` from 1, for each parameter `p`:
///
/// ```text
/// g ← g + λ p
/// m ← β₁ m + (1 − β₁) g          m̂ = m / (1 − β₁ᵗ)
/// v ← β₂ v + (1 − β₂) g²         v̂ = v / (1 − β₂ᵗ)      (AMSGrad: the greatest v so far)
/// p ← p − lr m̂ / (√v̂ + ε)
/// ```
///
/// [Kingma and Ba, 2014](https://arxiv.org/abs/1412.6980).
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{Adam, Optimizer};
/// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
/// let mut optimizer = Adam::new([p.clone()], 0.1);
/// p.set_grad(Some(Tensor::from_vec(vec![0.5f64], [1])));
/// optimizer.step();
/// assert!((p.item() - 0.9).abs() < 1e-8);
/// ```
pub struct Adam {
    core: Core<Moments>,
}

/// Adam with decoupled weight decay, `torch.optim.AdamW`.
///
/// As [`Adam`], but instead of joining the gradient the decay shrinks the weight,
/// `p ← p − lr λ p`, before the step. λ is 0.01 by default.
/// [Loshchilov and Hutter, 2017](https://arxiv.org/abs/1711.05101).
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{AdamW, Optimizer};
/// let p = Tensor::from_vec(vec![1.0f64], [1]).requires_grad_(true);
/// let mut optimizer = AdamW::new([p.clone()], 0.1).weight_decay(0.01);
/// p.set_grad(Some(Tensor::from_vec(vec![0.5f64], [1])));
/// optimizer.step();
/// assert!((p.item() - 0.899000002).abs() < 1e-8);
/// ```
pub struct AdamW {
    core: Core<Moments>,
}

#[derive(Clone, Debug)]
struct Moments {
    lr: f64,
    betas: [f64; 2],
    eps: f64,
    weight_decay: f64,
    amsgrad: bool,
    maximize: bool,
    /// Whether this is AdamW.
    decoupled: bool,
}

state! {
    /// What is remembered of a parameter.
    State {
        step: Count,
        exp_avg: Array,
        exp_avg_sq: Array,
        max_exp_avg_sq: Option<Array>,
    }
}

macro_rules! constructors_and_options {
    ($($t:ident, $decoupled:literal, $weight_decay:literal;)*) => {$(
        impl $t {
            /// With learning rate `lr`, β = (0.9, 0.999) and ε = 1e-8.
            ///
            /// # Panics
            /// Where there are no parameters, one comes twice or is no leaf, or `lr` is negative.
            #[track_caller]
            pub fn new(params: impl IntoIterator<Item = Tensor>, lr: f64) -> Self {
                $t { core: ok(Core::new(params, Moments::new(lr, $weight_decay, $decoupled))) }
            }

            /// Several groups with options of their own; `lr` is for those without one.
            ///
            /// # Panics
            /// As [`new`](Self::new).
            #[track_caller]
            pub fn with_groups(groups: impl IntoIterator<Item = ParamGroup>, lr: f64) -> Self {
                let defaults = Moments::new(lr, $weight_decay, $decoupled);
                $t { core: ok(Core::with_groups(groups.into_iter().collect(), defaults)) }
            }

            #[track_caller]
            fn change(mut self, f: impl FnOnce(&mut Moments)) -> Self {
                ok(self.core.change(f));
                self
            }

            /// The decays β₁ and β₂ of the moments.
            ///
            /// # Panics
            /// Where one is not in `[0, 1)`.
            #[track_caller]
            pub fn betas(self, beta1: f64, beta2: f64) -> Self {
                self.change(|o| o.betas = [beta1, beta2])
            }

            /// ε, added to the denominator.
            ///
            /// # Panics
            /// Where it is negative.
            #[track_caller]
            pub fn eps(self, eps: f64) -> Self {
                self.change(|o| o.eps = eps)
            }

            /// The weight decay λ.
            ///
            /// # Panics
            /// Where it is negative.
            #[track_caller]
            pub fn weight_decay(self, weight_decay: f64) -> Self {
                self.change(|o| o.weight_decay = weight_decay)
            }

            /// Whether to divide by the greatest second moment so far.
            #[track_caller]
            pub fn amsgrad(self, amsgrad: bool) -> Self {
                self.change(|o| o.amsgrad = amsgrad)
            }

            /// Whether to ascend.
            #[track_caller]
            pub fn maximize(self, maximize: bool) -> Self {
                self.change(|o| o.maximize = maximize)
            }
        }
    )*};
}
constructors_and_options! {
    Adam, false, 0.0;
    AdamW, true, 0.01;
}
through_core!(Adam, AdamW);

impl Moments {
    fn new(lr: f64, weight_decay: f64, decoupled: bool) -> Self {
        Moments {
            lr,
            betas: [0.9, 0.999],
            eps: 1e-8,
            weight_decay,
            amsgrad: false,
            maximize: false,
            decoupled,
        }
    }

    fn composite(&self, param: &mut Array, grad: &Array, state: &mut State) -> Result<()> {
        let [beta1, beta2] = self.betas;
        let g = decayed(
            grad,
            param,
            self.maximize,
            self.lr,
            self.weight_decay,
            self.decoupled,
        )?;
        average_(&mut state.exp_avg, beta1, &g)?;
        average_square_(&mut state.exp_avg_sq, beta2, &g)?;
        let second = match &mut state.max_exp_avg_sq {
            Some(greatest) => {
                greatest.binary_(Binary::Maximum, &state.exp_avg_sq)?;
                &*greatest
            }
            None => &state.exp_avg_sq,
        };
        let correction = |beta: f64| 1.0 - beta.powf(state.step.0 as f64);
        let mut denominator = second.unary(Unary::Sqrt)?;
        denominator.binary_scalar_(Binary::Div, correction(beta2).sqrt())?;
        denominator.binary_scalar_(Binary::Add, self.eps)?;
        let lr = self.lr / correction(beta1);
        add_ratio_(param, -lr, &state.exp_avg, &denominator)
    }
}

impl Options for Moments {
    const NAME: &'static str = "Adam";

    fn lr(&self) -> f64 {
        self.lr
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<bool> {
        match name {
            "lr" => self.lr = number(value)?,
            "betas" => self.betas = Setting::read(value)?,
            "eps" => self.eps = number(value)?,
            "weight_decay" => self.weight_decay = number(value)?,
            "amsgrad" => self.amsgrad = value.as_bool()?,
            "maximize" => self.maximize = value.as_bool()?,
            // Adam stays Adam and AdamW stays AdamW, whichever wrote the file.
            "decoupled_weight_decay" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn check(&self) -> Result<()> {
        let op = Self::NAME;
        at_least_0(op, "learning rate", self.lr)?;
        at_least_0(op, "epsilon value", self.eps)?;
        in_0_1(op, &self.betas)?;
        at_least_0(op, "weight_decay value", self.weight_decay)
    }

    fn options(&self) -> Dict {
        let options: [(&str, Value); 7] = [
            ("lr", self.lr.into()),
            ("betas", self.betas.write()),
            ("eps", self.eps.into()),
            ("weight_decay", self.weight_decay.into()),
            ("amsgrad", self.amsgrad.into()),
            ("maximize", self.maximize.into()),
            ("decoupled_weight_decay", self.decoupled.into()),
        ];
        options.into_iter().collect()
    }
}

impl Rule for Moments {
    type State = State;

    fn step(&self, mut jobs: Vec<Job<'_, State>>) -> Result<()> {
        for job in &mut jobs {
            let mut state = match job.state.take() {
                Some(state) => state,
                None => State {
                    step: Count(0),
                    exp_avg: job.zeros()?,
                    exp_avg_sq: job.zeros()?,
                    max_exp_avg_sq: None,
                },
            };
            if self.amsgrad && state.max_exp_avg_sq.is_none() {
                state.max_exp_avg_sq = Some(job.zeros()?);
            }
            state.step.next();
            *job.state = Some(state);
        }
        let count = |job: &Job<'_, State>| job.state.as_ref().map_or(0, |s| s.step.0);
        for mut part in grouped(jobs, |job| (job.place(), count(job))) {
            let op = FusedStep::Adam {
                lr: self.lr,
                beta1: self.betas[0],
                beta2: self.betas[1],
                eps: self.eps,
                weight_decay: self.weight_decay,
                decoupled: self.decoupled,
                maximize: self.maximize,
                step: part.first().map_or(0, count),
            };
            if !self.amsgrad {
                let grads: Vec<&Array> = part.iter().map(|job| job.grad).collect();
                let mut in_outs = Vec::with_capacity(part.len() * op.in_outs());
                for job in &mut part {
                    in_outs.push(&mut *job.param);
                    if let Some(state) = job.state {
                        in_outs.extend([&mut state.exp_avg, &mut state.exp_avg_sq]);
                    }
                }
                if let Some(done) = Array::fused_step(&op, &mut in_outs, &grads) {
                    done?;
                    continue;
                }
            }
            for job in part {
                if let Some(state) = job.state {
                    self.composite(job.param, job.grad, state)?;
                }
            }
        }
        Ok(())
    }
}
