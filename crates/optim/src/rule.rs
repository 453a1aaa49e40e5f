//! What optimizers have in common: groups, their options and the walk over the parameters.

use ondol_autograd::{Tensor, update};
use ondol_tensor::{Array, DType, Device, Dict, Error, Key, Result, Value};

use crate::ParamGroup;
use crate::options::{Options, check};
use crate::state::State;

/// What makes one optimizer differ from another: its options and how it changes parameters.
pub(crate) trait Rule: Options {
    /// What it remembers of each parameter.
    type State: State;
    /// Whether it takes one group only.
    const ONE_GROUP: bool = false;

    /// Whether it can change such a parameter.
    fn accepts(&self, _param: &Tensor) -> Result<()> {
        Ok(())
    }

    /// What is written for a parameter that made no step yet; only PyTorch's Adagrad needs any.
    fn blank(&self, _param: &Array) -> Result<Option<Self::State>> {
        Ok(None)
    }

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
        zeros_like(self.param)
    }
}

/// Parts of equal key, in the order in which their first comes.
pub(crate) fn grouped<T, K: PartialEq>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<Vec<T>> {
    // Nearly always all of them.
    if let Some(first) = items.first().map(&key)
        && items[1..].iter().all(|item| key(item) == first)
    {
        return vec![items];
    }
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

/// A step parameter by parameter: `start` makes the state of one that has none yet.
pub(crate) fn each<S>(
    jobs: Vec<Job<'_, S>>,
    start: impl Fn(&Array) -> Result<S>,
    change: impl Fn(&mut Array, &Array, &mut S) -> Result<()>,
) -> Result<()> {
    for Job { param, grad, state } in jobs {
        let kept = match state {
            Some(kept) => kept,
            None => state.insert(start(param)?),
        };
        change(param, grad, kept)?;
    }
    Ok(())
}

/// Zeros as the parameter has them.
pub(crate) fn zeros_like(param: &Array) -> Result<Array> {
    Array::zeros(param.shape(), param.dtype(), param.device())
}

/// What schedulers write beside a group's options, and any optimizer takes.
const NOTES: [&str; 6] = [
    "initial_lr",
    "max_lr",
    "min_lr",
    "max_momentum",
    "base_momentum",
    "swa_lr",
];

/// A group of parameters with their states.
pub(crate) struct Group<R: Rule> {
    pub(crate) params: Vec<Tensor>,
    pub(crate) states: Vec<Option<R::State>>,
    pub(crate) rule: R,
    /// What was set for this group alone: it outlives a change of the defaults.
    own: Dict,
    /// What schedulers noted, and options in a loaded state dict that mean nothing here; written
    /// back as they came.
    pub(crate) extra: Dict,
}

/// An optimizer without its name.
pub(crate) struct Core<R: Rule> {
    defaults: R,
    pub(crate) groups: Vec<Group<R>>,
    /// How often `step` was called on this object.
    pub(crate) steps: u64,
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
            steps: 0,
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
        check(R::NAME, !R::ONE_GROUP || self.groups.is_empty(), || {
            format!(
                "{} doesn't support per-parameter options (parameter groups)",
                R::NAME
            )
        })?;
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
        let (mut own, mut extra) = (Dict::new(), Dict::new());
        for (name, value) in options {
            if is_note(&name) {
                extra.insert(name, value);
            } else {
                own.insert(name, value);
            }
        }
        let rule = with_options(self.defaults.clone(), &own)?;
        params.iter().try_for_each(|p| rule.accepts(p))?;
        let states = params.iter().map(|_| None).collect();
        self.groups.push(Group {
            params,
            states,
            rule,
            own,
            extra,
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
        if is_note(&name.into()) {
            group.extra.insert(name, value.clone());
            return Ok(());
        }
        let mut own = group.own.clone();
        own.insert(name, value.clone());
        group.rule = with_options(group.rule.clone(), &own)?;
        group.own = own;
        Ok(())
    }

    /// An option of one group.
    pub(crate) fn get(&self, group: usize, name: &str) -> Option<Value> {
        let group = self.groups.get(group)?;
        let options = group.rule.options();
        options.get(name).or_else(|| group.extra.get(name)).cloned()
    }

    /// Sets an option of every group.
    pub(crate) fn set_all(&mut self, name: &str, value: &Value) -> Result<()> {
        (0..self.groups.len()).try_for_each(|i| self.set(i, name, value))
    }

    /// The groups with the values of their options.
    pub(crate) fn param_groups(&self) -> Vec<ParamGroup> {
        let group = |g: &Group<R>| {
            let mut options = g.rule.options();
            for (name, value) in g.extra.iter() {
                options.insert(name, value.clone());
            }
            let params = g.params.clone();
            ParamGroup { params, options }
        };
        self.groups.iter().map(group).collect()
    }

    /// Changes every parameter that has a gradient.
    pub(crate) fn step(&mut self) -> Result<()> {
        self.steps += 1;
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

fn is_note(name: &Key) -> bool {
    matches!(name, Key::Str(name) if NOTES.contains(&name.as_str()))
}

/// The rule under these options.
fn with_options<R: Rule>(mut rule: R, options: &Dict) -> Result<R> {
    for (name, value) in options.iter() {
        let known = match name {
            Key::Str(name) => rule.set(name, value)?,
            Key::Int(_) => false,
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
