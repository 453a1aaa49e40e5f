//! Keeping small half-precision gradients from vanishing.

use ondol_autograd::{Tensor, ok};
use ondol_tensor::{Array, Binary, DType, Dict, Error, Reduce, Result, ToValue, Value};

use crate::Optimizer;
use crate::clip::{change, multiply_};
use crate::math::wide;
use crate::options::{check, number};

/// Scales a loss so that small gradients do not vanish in `f16`, `torch.amp.GradScaler`.
///
/// A step whose gradients are infinite or NaN is left out and the scale is lowered; after
/// `growth_interval` steps without one it grows. One number is read back from the device at each
/// step.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{GradScaler, Optimizer, SGD};
/// let w = Tensor::from_vec(vec![1.0f32], [1]).requires_grad_(true);
/// let mut optimizer = SGD::new([w.clone()], 0.1);
/// let mut scaler = GradScaler::new().init_scale(1024.0);
/// for _ in 0..10 {
///     optimizer.zero_grad();
///     let loss = w.square().sum();
///     scaler.scale(&loss).backward();
///     scaler.step(&mut optimizer);
///     scaler.update();
/// }
/// assert!((w.item() - 0.8f64.powi(10)).abs() < 1e-6);
/// ```
#[derive(Debug)]
pub struct GradScaler {
    scale: f32,
    growth_factor: f64,
    backoff_factor: f64,
    growth_interval: i64,
    growth_tracker: i64,
    enabled: bool,
    /// Whether a loss was scaled yet.
    used: bool,
    /// What happened since the last update, by the optimizer's first parameter.
    optimizers: Vec<(Tensor, Stage)>,
}

/// How far an optimizer has come since the last update.
#[derive(Clone, Debug)]
enum Stage {
    /// The gradients are unscaled; 0 where they are finite, else NaN.
    Unscaled(Array),
    /// The step is made or left out.
    Stepped { found_inf: bool },
}

const NAME: &str = "GradScaler";

impl Default for GradScaler {
    fn default() -> Self {
        GradScaler::new()
    }
}

impl GradScaler {
    /// With PyTorch's defaults: 65536 at first, doubled after 2000 good steps, halved after a bad one.
    pub fn new() -> Self {
        GradScaler {
            scale: 65536.0,
            growth_factor: 2.0,
            backoff_factor: 0.5,
            growth_interval: 2000,
            growth_tracker: 0,
            enabled: true,
            used: false,
            optimizers: Vec::new(),
        }
    }

    /// The first scale; 2¹⁶ by default.
    pub fn init_scale(mut self, init_scale: f64) -> Self {
        self.scale = init_scale as f32;
        self
    }

    /// What the scale is multiplied by when it grows; 2 by default.
    ///
    /// # Panics
    /// Where it is not over 1.
    #[track_caller]
    pub fn growth_factor(mut self, growth_factor: f64) -> Self {
        ok(check(NAME, growth_factor > 1.0, || {
            "The growth factor must be > 1.0.".into()
        }));
        self.growth_factor = growth_factor;
        self
    }

    /// What the scale is multiplied by after a bad step; 0.5 by default.
    ///
    /// # Panics
    /// Where it is not under 1.
    #[track_caller]
    pub fn backoff_factor(mut self, backoff_factor: f64) -> Self {
        ok(check(NAME, backoff_factor < 1.0, || {
            "The backoff factor must be < 1.0.".into()
        }));
        self.backoff_factor = backoff_factor;
        self
    }

    /// After how many good steps in a row it grows; 2000 by default.
    pub fn growth_interval(mut self, growth_interval: usize) -> Self {
        self.growth_interval = growth_interval as i64;
        self
    }

    /// Whether it does anything; without, [`scale`](Self::scale) returns the loss as it is and
    /// [`step`](Self::step) makes the optimizer's step.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// The loss, or any outputs, times the scale, `torch.amp.GradScaler.scale`. A half-precision loss
    /// without dimensions becomes `f32`, by promotion.
    #[track_caller]
    pub fn scale(&mut self, outputs: &Tensor) -> Tensor {
        if !self.enabled {
            return outputs.clone();
        }
        self.used = true;
        let scale = Array::full([], f64::from(self.scale), DType::F32, &outputs.device());
        outputs * Tensor::from(ok(scale))
    }

    fn check_used(&self, name: &str) -> Result<()> {
        check(NAME, self.used, || {
            format!(
                "Attempted {name} but _scale is None.  This may indicate your script did not use \
                 scaler.scale(loss or outputs) earlier in the iteration."
            )
        })
    }

    fn stage(&self, optimizer: &dyn Optimizer) -> Result<(Tensor, Option<usize>)> {
        let groups = optimizer.param_groups();
        let Some(first) = groups.iter().find_map(|g| g.params().first()) else {
            return Err(Error::value(NAME, "the optimizer has no parameters"));
        };
        let found = self.optimizers.iter().position(|(p, _)| p.same(first));
        Ok((first.clone(), found))
    }

    /// Divides the optimizer's gradients by the scale, `torch.amp.GradScaler.unscale_`; call it before
    /// clipping. Otherwise [`step`](Self::step) does it.
    ///
    /// # Panics
    /// Where no loss was scaled, it was called since the last update or after the step, or a gradient
    /// is `f16`.
    #[track_caller]
    pub fn unscale_(&mut self, optimizer: &dyn Optimizer) {
        if self.enabled {
            ok(self.unscale(optimizer));
        }
    }

    fn unscale(&mut self, optimizer: &dyn Optimizer) -> Result<()> {
        self.check_used("unscale_")?;
        let (key, found) = self.stage(optimizer)?;
        if let Some(i) = found {
            let message = match self.optimizers[i].1 {
                Stage::Unscaled(_) => {
                    "unscale_() has already been called on this optimizer since the last update()."
                }
                Stage::Stepped { .. } => "unscale_() is being called after step().",
            };
            return Err(Error::value(NAME, message));
        }
        let inverse = Array::scalar((1.0 / f64::from(self.scale)) as f32);
        let mut flag: Option<Array> = None;
        for grad in optimizer.param_groups().iter().flat_map(|g| g.params()) {
            let Some(grad) = grad.grad() else { continue };
            check(NAME, grad.dtype() != DType::F16, || {
                "Attempting to unscale FP16 gradients.".into()
            })?;
            // Zero times a number is zero, unless it is infinite or NaN.
            let zeros = wide(&grad.value())?.binary_scalar(Binary::Mul, 0.0)?;
            let mut sum = zeros.reduce(Reduce::Sum, &[], false)?.cast(DType::F32)?;
            if let Some(before) = &flag {
                sum = sum
                    .to_device(before.device())?
                    .binary(Binary::Add, before)?;
            }
            flag = Some(sum);
            change(&grad, |g| multiply_(g, &inverse.to_device(g.device())?))?;
        }
        let Some(flag) = flag else {
            return Err(Error::value(
                NAME,
                "No inf checks were recorded for this optimizer.",
            ));
        };
        self.optimizers.push((key, Stage::Unscaled(flag)));
        Ok(())
    }

    /// The optimizer's step, unless a gradient is infinite or NaN; returns whether it was made.
    /// `torch.amp.GradScaler.step`.
    ///
    /// # Panics
    /// Where no loss was scaled, no parameter has a gradient, it was called since the last update, or
    /// a gradient is `f16`.
    #[track_caller]
    pub fn step(&mut self, optimizer: &mut dyn Optimizer) -> bool {
        if !self.enabled {
            optimizer.step();
            return true;
        }
        let found_inf = ok(self.before_step(optimizer));
        if !found_inf {
            optimizer.step();
        }
        !found_inf
    }

    fn before_step(&mut self, optimizer: &dyn Optimizer) -> Result<bool> {
        self.check_used("step")?;
        let (_, found) = self.stage(optimizer)?;
        let index = match found {
            Some(index) => index,
            None => {
                self.unscale(optimizer)?;
                self.optimizers.len() - 1
            }
        };
        let stage = &mut self.optimizers[index].1;
        let Stage::Unscaled(flag) = stage else {
            return Err(Error::value(
                NAME,
                "step() has already been called since the last update().",
            ));
        };
        let found_inf = flag.item()? != 0.0;
        *stage = Stage::Stepped { found_inf };
        Ok(found_inf)
    }

    /// Raises or lowers the scale after the steps of an iteration, `torch.amp.GradScaler.update`.
    ///
    /// # Panics
    /// Where no loss was scaled, or no gradients were unscaled since the last update.
    #[track_caller]
    pub fn update(&mut self) {
        if self.enabled {
            ok(self.adjust());
        }
    }

    fn adjust(&mut self) -> Result<()> {
        self.check_used("update")?;
        check(NAME, !self.optimizers.is_empty(), || {
            "No inf checks were recorded prior to update.".into()
        })?;
        let mut found_inf = false;
        for (_, stage) in self.optimizers.drain(..) {
            found_inf |= match stage {
                Stage::Unscaled(flag) => flag.item()? != 0.0,
                Stage::Stepped { found_inf } => found_inf,
            };
        }
        if found_inf {
            self.scale = (f64::from(self.scale) * self.backoff_factor) as f32;
            self.growth_tracker = 0;
            return Ok(());
        }
        self.growth_tracker += 1;
        if self.growth_tracker == self.growth_interval {
            let grown = (f64::from(self.scale) * self.growth_factor) as f32;
            if grown.is_finite() {
                self.scale = grown;
            }
            self.growth_tracker = 0;
        }
        Ok(())
    }

    /// Sets the scale, `torch.amp.GradScaler.update(new_scale)`, and begins the next iteration.
    pub fn set_scale(&mut self, new_scale: f64) {
        self.scale = new_scale as f32;
        self.optimizers.clear();
    }

    /// The scale, 1 where it is not enabled. `torch.amp.GradScaler.get_scale`.
    pub fn get_scale(&self) -> f64 {
        if self.enabled {
            f64::from(self.scale)
        } else {
            1.0
        }
    }

    /// What the scale is multiplied by when it grows, `torch.amp.GradScaler.get_growth_factor`.
    pub fn get_growth_factor(&self) -> f64 {
        self.growth_factor
    }

    /// What it is multiplied by after a bad step, `torch.amp.GradScaler.get_backoff_factor`.
    pub fn get_backoff_factor(&self) -> f64 {
        self.backoff_factor
    }

    /// After how many good steps it grows, `torch.amp.GradScaler.get_growth_interval`.
    pub fn get_growth_interval(&self) -> i64 {
        self.growth_interval
    }

    /// Whether it does anything, `torch.amp.GradScaler.is_enabled`.
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The state in PyTorch's structure, empty where it is not enabled.
    /// `torch.amp.GradScaler.state_dict`.
    pub fn state_dict(&self) -> Value {
        if !self.enabled {
            return Value::Dict(Dict::new());
        }
        let dict: [(&str, Value); 5] = [
            ("scale", self.get_scale().into()),
            ("growth_factor", self.growth_factor.into()),
            ("backoff_factor", self.backoff_factor.into()),
            ("growth_interval", self.growth_interval.into()),
            ("_growth_tracker", self.growth_tracker.into()),
        ];
        Value::Dict(dict.into_iter().collect())
    }

    /// Takes over a state that [`state_dict`](Self::state_dict) or PyTorch wrote; does nothing where it
    /// is not enabled. `torch.amp.GradScaler.load_state_dict`.
    ///
    /// # Errors
    /// Where it was written by one that was not enabled, or an entry is missing or of another kind;
    /// the scaler is then as before.
    pub fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        if !self.enabled {
            return Ok(());
        }
        check(NAME, !state_dict.as_dict()?.is_empty(), || {
            "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
                .into()
        })?;
        let float = |name: &str| number(state_dict.get(name)?);
        let int = |name: &str| state_dict.get(name)?.as_int();
        let (scale, growth, backoff) = (
            float("scale")?,
            float("growth_factor")?,
            float("backoff_factor")?,
        );
        let (interval, tracker) = (int("growth_interval")?, int("_growth_tracker")?);
        self.scale = scale as f32;
        (self.growth_factor, self.backoff_factor) = (growth, backoff);
        (self.growth_interval, self.growth_tracker) = (interval, tracker);
        Ok(())
    }
}

impl ToValue for GradScaler {
    fn to_value(&self) -> Value {
        self.state_dict()
    }
}
