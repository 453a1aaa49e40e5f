//! Reading and setting the options of an optimizer's groups.

use ondol_tensor::{Error, Result, Value};

use crate::Optimizer;
use crate::options::number;

/// A number for all groups, or one for each.
#[derive(Clone, Debug)]
pub enum PerGroup {
    /// The same for all.
    All(f64),
    /// One each.
    Each(Vec<f64>),
}

impl From<f64> for PerGroup {
    fn from(value: f64) -> Self {
        PerGroup::All(value)
    }
}

impl From<Vec<f64>> for PerGroup {
    fn from(values: Vec<f64>) -> Self {
        PerGroup::Each(values)
    }
}

impl<const N: usize> From<[f64; N]> for PerGroup {
    fn from(values: [f64; N]) -> Self {
        PerGroup::Each(values.into())
    }
}

impl PerGroup {
    /// One number for each of the optimizer's groups.
    pub(super) fn spread(&self, name: &'static str, optimizer: &dyn Optimizer) -> Result<Vec<f64>> {
        let groups = optimizer.num_param_groups();
        match self {
            PerGroup::All(value) => Ok(vec![*value; groups]),
            PerGroup::Each(values) if values.len() == groups => Ok(values.clone()),
            PerGroup::Each(values) => Err(Error::value(
                name,
                format!(
                    "must have the same length as optimizer.param_groups; it has {} values, there are {groups} groups",
                    values.len()
                ),
            )),
        }
    }
}

/// An option of a group as a number.
pub(super) fn get(optimizer: &dyn Optimizer, group: usize, name: &'static str) -> Result<f64> {
    match optimizer.get_option(group, name) {
        Some(value) => number(&value),
        None => Err(Error::value(
            "LRScheduler",
            format!("group {group} has no option {name:?}"),
        )),
    }
}

/// The learning rates that an optimizer's groups have now.
///
/// # Errors
/// Where a group has none.
pub fn group_lrs(optimizer: &dyn Optimizer) -> Result<Vec<f64>> {
    let groups = 0..optimizer.num_param_groups();
    groups.map(|i| get(optimizer, i, "lr")).collect()
}

/// Learning rates times a factor.
pub(super) fn scaled(optimizer: &dyn Optimizer, factor: f64) -> Result<Vec<f64>> {
    let lrs = group_lrs(optimizer)?;
    Ok(lrs.into_iter().map(|lr| lr * factor).collect())
}

/// Sets the groups' learning rates.
pub(super) fn set_lrs(optimizer: &mut dyn Optimizer, lrs: &[f64]) -> Result<()> {
    let groups = optimizer.num_param_groups();
    if lrs.len() != groups {
        return Err(Error::value(
            "LRScheduler",
            format!(
                "there are {groups} parameter groups and {} learning rates; add groups before the scheduler is made",
                lrs.len()
            ),
        ));
    }
    for (i, &lr) in lrs.iter().enumerate() {
        optimizer.set_option(i, "lr", lr.into());
    }
    Ok(())
}

/// A list of floats.
pub(super) fn numbers(values: &[f64]) -> Value {
    Value::List(values.iter().map(|&x| x.into()).collect())
}

/// The option that a cycle moves against the learning rate: `momentum`, or the first of `betas`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Momentum {
    Momentum,
    Beta1,
}

impl Momentum {
    /// Which one an optimizer has.
    pub(super) fn of(optimizer: &dyn Optimizer) -> Result<Self> {
        if optimizer.get_option(0, "betas").is_some() {
            return Ok(Momentum::Beta1);
        }
        if optimizer.get_option(0, "momentum").is_some() {
            return Ok(Momentum::Momentum);
        }
        Err(Error::value(
            "LRScheduler",
            "optimizer must support momentum or beta1 with `cycle_momentum` option enabled",
        ))
    }

    /// Sets it in one group.
    pub(super) fn set(
        self,
        optimizer: &mut dyn Optimizer,
        group: usize,
        momentum: f64,
    ) -> Result<()> {
        if self == Momentum::Momentum {
            optimizer.set_option(group, "momentum", momentum.into());
            return Ok(());
        }
        let betas = optimizer.get_option(group, "betas").unwrap_or_default();
        let mut betas = betas.as_list()?.to_vec();
        if let Some(first) = betas.first_mut() {
            *first = momentum.into();
        }
        optimizer.set_option(group, "betas", Value::Tuple(betas));
        Ok(())
    }

    /// Notes the two ends in the groups and starts at the upper one.
    pub(super) fn prepare(
        self,
        optimizer: &mut dyn Optimizer,
        base: &[f64],
        max: &[f64],
    ) -> Result<()> {
        for (i, (&base, &max)) in base.iter().zip(max).enumerate() {
            self.set(optimizer, i, max)?;
            optimizer.set_option(i, "max_momentum", max.into());
            optimizer.set_option(i, "base_momentum", base.into());
        }
        Ok(())
    }
}
