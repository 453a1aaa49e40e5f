//! What optimizers have in common: groups, their options and the walk over the parameters.

use ondol_autograd::{Tensor, update};
use ondol_tensor::{Array, DType, Device, Dict, Error, Result, Value};

use crate::ParamGroup;

/// What makes one optimizer differ from another: its options and how it changes parameters.
pub(crate) trait Rule: Clone {
    /// What it remembers of each parameter.
    type State;
    /// Its name in errors.
    const NAME: &'static str;

    /// The learning rate.
    fn lr(&self) -> f64;

    /// Sets the option of PyTorch's name; false where it has no such option.
    fn set(&mut self, name: &str, value: &Value) -> Result<bool>;

    /// Whether every option is in its range, in PyTorch's words.
    fn check(&self) -> Result<()>;

    /// The options in PyTorch's order.
    fn options(&self) -> Dict;

    /// A state as PyTorch writes it.
    fn save(state: &Self::State) -> Dict;

    /// A state as PyTorch wrote it, for this parameter; `None` where there is none to keep.
    fn load(saved: &Value, param: &Array) -> Result<Option<Self::State>>;

    /// Changes parameters.
    fn step(&self, jobs: Vec<Job<'_, Self::State>>) -> Result<()>;
}

/// A parameter to be changed.
pub(crate) struct Job<'a, S> {
    pub(crate) param: &'a mut Array,
    pub(crate) grad: &'a Array,
    pub(crate) state: &'a mut Option<S>,
}

impl<S> Job<'_, S> {
    /// What all parameters of one fused step share, besides the state's own.
    pub(crate) fn place(&self) -> (DType, Device) {
        (self.param.dtype(), self.param.device().clone())
    }

    /// Zeros as the parameter has them, for a new state.
    pub(crate) fn zeros(&self) -> Result<Array> {
        Array::zeros(self.param.shape(), self.param.dtype(), self.param.device())
    }
}

/// Parts of equal key, in the order in which their first comes.
pub(crate) fn grouped<T, K: PartialEq>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<Vec<T>> {
    let mut parts: Vec<(K, Vec<T>)> = Vec::new();
    for item in items {
        let k = key(&item);
        match parts.iter_mut().find(|(other, _)| *other == k) {
            Some((_, part)) => part.push(item),
            None => parts.push((k, vec![item])),
        }
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

/// An option out of its range.
pub(crate) fn check(op: &'static str, holds: bool, message: impl FnOnce() -> String) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(Error::value(op, message()))
    }
}

/// A number, from PyTorch's floats, ints and tensors of one element.
pub(crate) fn number(value: &Value) -> Result<f64> {
    match value {
        Value::Tensor(a) => a.item(),
        other => other.as_float(),
    }
}

/// A group of parameters with their states.
pub(crate) struct Group<R: Rule> {
    pub(crate) params: Vec<Tensor>,
    pub(crate) states: Vec<Option<R::State>>,
    pub(crate) rule: R,
    /// What was set for this group alone: it outlives a change of the defaults.
    own: Dict,
    /// Options in a loaded state dict that mean nothing here, written back as they came.
    pub(crate) extra: Dict,
}

/// An optimizer without its name.
pub(crate) struct Core<R: Rule> {
    defaults: R,
    pub(crate) groups: Vec<Group<R>>,
}

impl<R: Rule> Core<R> {
    /// One group without options of its own.
    pub(crate) fn new(params: impl IntoIterator<Item = Tensor>, defaults: R) -> Result<Self> {
        let group = ParamGroup::new(params);
        let groups = if group.params.is_empty() {
            vec![]
        } else {
            vec![group]
        };
        Core::with_groups(groups, defaults)
    }

    /// Several groups.
    pub(crate) fn with_groups(groups: Vec<ParamGroup>, defaults: R) -> Result<Self> {
        check(R::NAME, !groups.is_empty(), || {
            "optimizer got an empty parameter list".into()
        })?;
        defaults.check()?;
        let mut core = Core {
            defaults,
            groups: Vec::new(),
        };
        groups.into_iter().try_for_each(|group| core.add(group))?;
        Ok(core)
    }

    /// All parameters in order.
    pub(crate) fn params(&self) -> impl Iterator<Item = &Tensor> {
        self.groups.iter().flat_map(|g| &g.params)
    }

    /// The learning rate of the first group.
    pub(crate) fn lr(&self) -> f64 {
        self.groups
            .first()
            .map_or(self.defaults.lr(), |g| g.rule.lr())
    }

    /// Adds a group.
    pub(crate) fn add(&mut self, group: ParamGroup) -> Result<()> {
        let ParamGroup { params, options } = group;
        for (i, p) in params.iter().enumerate() {
            check(R::NAME, p.is_leaf(), || {
                "can't optimize a non-leaf Tensor".into()
            })?;
            check(R::NAME, !params[..i].iter().any(|q| q.same(p)), || {
                "optimizer contains a parameter group with duplicate parameters".into()
            })?;
            check(R::NAME, !self.params().any(|q| q.same(p)), || {
                "some parameters appear in more than one parameter group".into()
            })?;
        }
        let rule = with_options(self.defaults.clone(), &options)?;
        let states = params.iter().map(|_| None).collect();
        self.groups.push(Group {
            params,
            states,
            rule,
            own: options,
            extra: Dict::new(),
        });
        Ok(())
    }

    /// Changes the defaults, and so every group but for what is set for it alone.
    pub(crate) fn change(&mut self, f: impl FnOnce(&mut R)) -> Result<()> {
        let mut defaults = self.defaults.clone();
        f(&mut defaults);
        defaults.check()?;
        let rules = self
            .groups
            .iter()
            .map(|g| with_options(defaults.clone(), &g.own));
        let rules = rules.collect::<Result<Vec<_>>>()?;
        self.defaults = defaults;
        for (group, rule) in self.groups.iter_mut().zip(rules) {
            group.rule = rule;
        }
        Ok(())
    }

    /// Sets an option of one group.
    pub(crate) fn set(&mut self, group: usize, name: &str, value: &Value) -> Result<()> {
        let count = self.groups.len();
        let Some(group) = self.groups.get_mut(group) else {
            let message = format!("there is no parameter group {group}; there are {count}");
            return Err(Error::value(R::NAME, message));
        };
        let mut own = group.own.clone();
        own.insert(name, value.clone());
        group.rule = with_options(group.rule.clone(), &own)?;
        group.own = own;
        Ok(())
    }

    /// Sets an option of every group.
    pub(crate) fn set_all(&mut self, name: &str, value: &Value) -> Result<()> {
        (0..self.groups.len()).try_for_each(|i| self.set(i, name, value))
    }

    /// The groups with the values of their options.
    pub(crate) fn param_groups(&self) -> Vec<ParamGroup> {
        let group = |g: &Group<R>| ParamGroup {
            params: g.params.clone(),
            options: g.rule.options(),
        };
        self.groups.iter().map(group).collect()
    }

    /// Changes every parameter that has a gradient.
    pub(crate) fn step(&mut self) -> Result<()> {
        for Group {
            params,
            states,
            rule,
            ..
        } in &mut self.groups
        {
            let (mut with_grad, mut grads, mut kept) = (Vec::new(), Vec::new(), Vec::new());
            for (param, state) in params.iter().zip(states) {
                let Some(grad) = param.grad() else { continue };
                with_grad.push(param.clone());
                grads.push(grad.value());
                kept.push(state);
            }
            if with_grad.is_empty() {
                continue;
            }
            update(&with_grad, |arrays| {
                for (param, grad) in arrays.iter().zip(&mut grads) {
                    fit(param, grad)?;
                }
                let mut jobs = Vec::with_capacity(grads.len());
                for ((param, grad), state) in arrays.iter_mut().zip(&grads).zip(kept) {
                    jobs.push(Job { param, grad, state });
                }
                rule.step(jobs)
            })?;
        }
        Ok(())
    }
}

/// The rule under these options.
pub(crate) fn with_options<R: Rule>(mut rule: R, options: &Dict) -> Result<R> {
    for (name, value) in options.iter() {
        let known = match name {
            ondol_tensor::Key::Str(name) => rule.set(name, value)?,
            ondol_tensor::Key::Int(_) => false,
        };
        check(R::NAME, known, || {
            let options = rule.options();
            let names: Vec<String> = options.iter().map(|(k, _)| k.to_string()).collect();
            format!("there is no option {name}; there are {}", names.join(", "))
        })?;
    }
    rule.check()?;
    Ok(rule)
}

/// Whether a gradient belongs to a parameter; it is cast to its dtype.
fn fit(param: &Array, grad: &mut Array) -> Result<()> {
    if grad.shape() != param.shape() {
        return Err(Error::Shape {
            op: "step",
            lhs: param.shape().to_vec(),
            rhs: grad.shape().to_vec(),
            rule: "a gradient needs its parameter's shape".into(),
        });
    }
    if grad.device() != param.device() {
        return Err(Error::Devices {
            op: "step",
            lhs: param.device().name().to_owned(),
            rhs: grad.device().name().to_owned(),
        });
    }
    *grad = grad.cast(param.dtype())?;
    Ok(())
}
