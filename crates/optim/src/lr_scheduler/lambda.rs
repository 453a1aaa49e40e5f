//! Factors that a function gives.

use std::fmt;

use ondol_tensor::{Dict, Error, Result, Value};

use super::groups::group_lrs;
use super::{Progress, Schedule};
use crate::Optimizer;

type Factor = Box<dyn Fn(i64) -> f64 + Send + Sync>;

/// One function for all groups, or one for each.
struct Factors {
    functions: Vec<Factor>,
    for_all: bool,
}

impl Factors {
    fn at(&self, epoch: i64, groups: usize) -> Vec<f64> {
        if let (true, Some(f)) = (self.for_all, self.functions.first()) {
            return vec![f(epoch); groups];
        }
        self.functions.iter().map(|f| f(epoch)).collect()
    }

    fn check(&self, name: &'static str, optimizer: &dyn Optimizer) -> Result<()> {
        let (groups, found) = (optimizer.num_param_groups(), self.functions.len());
        if self.for_all || groups == found {
            return Ok(());
        }
        Err(Error::value(
            name,
            format!("Expected {groups} lr_lambdas, but got {found}"),
        ))
    }

    /// Functions are not written, as in PyTorch.
    fn settings(&self) -> Dict {
        let none = vec![Value::None; self.functions.len()];
        [("lr_lambdas", none)].into_iter().collect()
    }
}

macro_rules! constructors {
    ($($name:ident)*) => {$(
        impl $name {
            /// The factor of each epoch, for all groups.
            pub fn new(lr_lambda: impl Fn(i64) -> f64 + Send + Sync + 'static) -> Self {
                let functions: Vec<Factor> = vec![Box::new(lr_lambda)];
                $name(Factors { functions, for_all: true })
            }

            /// The factor of each epoch, one function for each group.
            pub fn per_group(
                lr_lambdas: impl IntoIterator<Item = Box<dyn Fn(i64) -> f64 + Send + Sync>>,
            ) -> Self {
                let functions = lr_lambdas.into_iter().collect();
                $name(Factors { functions, for_all: false })
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

/// The first learning rate times a function of the epoch, `torch.optim.lr_scheduler.LambdaLR`.
///
/// ```text
/// lrₑ = lr f(e)
/// ```
///
/// The function is not part of the state.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{LRScheduler, LambdaLR, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = LambdaLR::new(|epoch| 1.0 / (epoch + 1) as f64).on(&mut optimizer);
/// optimizer.step();
/// scheduler.step(&mut optimizer);
/// assert_eq!(optimizer.lr(), 0.5);
/// ```
pub struct LambdaLR(Factors);

/// The learning rate of now times a function of the epoch,
/// `torch.optim.lr_scheduler.MultiplicativeLR`.
///
/// ```text
/// lrₑ = lrₑ₋₁ f(e)
/// ```
///
/// The function is not part of the state.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_optim::{LRScheduler, MultiplicativeLR, Optimizer, SGD, Schedule};
/// let mut optimizer = SGD::new([Tensor::zeros([1]).requires_grad_(true)], 1.0);
/// let mut scheduler = MultiplicativeLR::new(|_| 0.5).on(&mut optimizer);
/// for _ in 0..2 {
///     optimizer.step();
///     scheduler.step(&mut optimizer);
/// }
/// assert_eq!(optimizer.lr(), 0.25);
/// ```
pub struct MultiplicativeLR(Factors);

constructors!(LambdaLR MultiplicativeLR);

fn products(lrs: &[f64], factors: &[f64]) -> Vec<f64> {
    lrs.iter().zip(factors).map(|(lr, f)| lr * f).collect()
}

impl Schedule for LambdaLR {
    fn prepare(&mut self, optimizer: &mut dyn Optimizer, _: bool) -> Result<()> {
        self.0.check("LambdaLR", optimizer)
    }

    fn get_lr(&mut self, now: &Progress, _: &mut dyn Optimizer) -> Result<Vec<f64>> {
        let factors = self.0.at(now.last_epoch, now.base_lrs.len());
        Ok(products(&now.base_lrs, &factors))
    }

    fn settings(&self) -> Dict {
        self.0.settings()
    }

    fn load(&mut self, _: &Value) -> Result<()> {
        Ok(())
    }
}

impl Schedule for MultiplicativeLR {
    fn prepare(&mut self, optimizer: &mut dyn Optimizer, _: bool) -> Result<()> {
        self.0.check("MultiplicativeLR", optimizer)
    }

    fn get_lr(&mut self, now: &Progress, optimizer: &mut dyn Optimizer) -> Result<Vec<f64>> {
        let lrs = group_lrs(optimizer)?;
        if now.is_initial {
            return Ok(lrs);
        }
        let factors = self.0.at(now.last_epoch, lrs.len());
        Ok(products(&lrs, &factors))
    }

    fn settings(&self) -> Dict {
        self.0.settings()
    }

    fn load(&mut self, _: &Value) -> Result<()> {
        Ok(())
    }
}
