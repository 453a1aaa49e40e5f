//! Averages of a model's parameters over time.

use std::borrow::Borrow;
use std::fmt;

use ondol_autograd::{Tensor, no_grad, ok, update};
use ondol_tensor::{Array, DType, Dict, Error, Key, Result, ToValue, Value};

use crate::options::{check, number};

/// What the average becomes: a function of the average, the parameter, and how many it is of already.
pub type AvgFn = Box<dyn Fn(&Tensor, &Tensor, u64) -> Tensor + Send + Sync>;

/// The exponential moving average, `torch.optim.swa_utils.get_ema_avg_fn`, of which
/// `torch.optim.swa_utils.get_ema_multi_avg_fn` is another form: `decay · average + (1 − decay) · p`.
///
/// # Panics
/// Where `decay` is not in `[0, 1]`.
#[track_caller]
pub fn get_ema_avg_fn(decay: f64) -> AvgFn {
    ok(check(
        "get_ema_avg_fn",
        (0.0..=1.0).contains(&decay),
        || format!("Invalid decay value {decay} provided. Please provide a value in [0,1] range."),
    ));
    Box::new(move |average, param, _| average * decay + param * (1.0 - decay))
}

/// The mean of all, `torch.optim.swa_utils.get_swa_avg_fn`, of which
/// `torch.optim.swa_utils.get_swa_multi_avg_fn` is another form: `average + (p − average) / (n + 1)`.
pub fn get_swa_avg_fn() -> AvgFn {
    Box::new(|average, param, n| average + (param - average) / (n + 1) as f64)
}

/// Averages of a model's parameters, `torch.optim.swa_utils.AveragedModel`: stochastic weight
/// averaging, or an exponential moving average.
///
/// It knows no modules: it takes named parameters (and buffers), which `model.named_parameters()`
/// gives, and keeps copies. To use the averages, [`swap`](Self::swap) them with the model's or
/// [`copy_to`](Self::copy_to) another model.
///
/// [Izmailov et al., 2018](https://arxiv.org/abs/1803.05407).
///
/// ```
/// use ondol_autograd::{Tensor, no_grad};
/// use ondol_optim::{AveragedModel, get_ema_avg_fn};
/// let w = Tensor::from_vec(vec![1.0f32], [1]).requires_grad_(true);
/// let named = || [("w".to_owned(), w.clone())];
/// let mut ema = AveragedModel::new(named()).avg_fn(get_ema_avg_fn(0.5));
/// ema.update_parameters(named());
/// no_grad(|| w.fill_(3.0));
/// ema.update_parameters(named());
/// assert_eq!(ema.averages()[0].1.item(), 2.0);
/// ema.swap(named());      // evaluate with the averages …
/// assert_eq!(w.item(), 2.0);
/// ema.swap(named());      // … and go on training
/// assert_eq!(w.item(), 3.0);
/// ```
pub struct AveragedModel {
    averages: Vec<(String, Tensor)>,
    n_averaged: u64,
    avg_fn: AvgFn,
}

impl AveragedModel {
    /// Copies of these tensors, to be averaged equally. With the buffers among them these are averaged
    /// too, as with `use_buffers=True` in PyTorch.
    pub fn new<T: Borrow<Tensor>>(named: impl IntoIterator<Item = (String, T)>) -> Self {
        let copy = |(name, tensor): (String, T)| (name, Tensor::from(tensor.borrow().value()));
        AveragedModel {
            averages: named.into_iter().map(copy).collect(),
            n_averaged: 0,
            avg_fn: get_swa_avg_fn(),
        }
    }

    /// Another kind of average, such as [`get_ema_avg_fn`].
    pub fn avg_fn(mut self, avg_fn: AvgFn) -> Self {
        self.avg_fn = avg_fn;
        self
    }

    /// How many times [`update_parameters`](Self::update_parameters) was called.
    pub fn n_averaged(&self) -> u64 {
        self.n_averaged
    }

    /// The averages with their names, as copies.
    pub fn averages(&self) -> Vec<(String, Tensor)> {
        let copy = |(name, tensor): &(String, Tensor)| (name.clone(), Tensor::from(tensor.value()));
        self.averages.iter().map(copy).collect()
    }

    /// Takes the tensors of now into the averages; the first time they are copied.
    /// `torch.optim.swa_utils.AveragedModel.update_parameters`.
    ///
    /// # Panics
    /// Where they are not those of the beginning by number, order, names and shapes.
    #[track_caller]
    pub fn update_parameters<T: Borrow<Tensor>>(
        &mut self,
        named: impl IntoIterator<Item = (String, T)>,
    ) {
        let tensors = ok(self.matched(named));
        for ((_, average), tensor) in self.averages.iter().zip(tensors) {
            let value = ok(tensor.value().to_device(&average.device()));
            let (dtype, shape) = (average.dtype(), average.shape());
            let new = if self.n_averaged == 0 {
                value
            } else {
                let (old, tensor) = (Tensor::from(average.value()), Tensor::from(value));
                let new = no_grad(|| (self.avg_fn)(&old, &tensor, self.n_averaged));
                ok(new.value().expand(shape))
            };
            average.set_data(ok(new.cast(dtype)));
        }
        self.n_averaged += 1;
    }

    /// Writes the averages to the tensors.
    ///
    /// # Panics
    /// As [`update_parameters`](Self::update_parameters).
    #[track_caller]
    pub fn copy_to<T: Borrow<Tensor>>(&self, named: impl IntoIterator<Item = (String, T)>) {
        let tensors = ok(self.matched(named));
        let averages = self.averages.iter().map(|(_, a)| a.value());
        ok(write(&tensors, averages.collect()));
    }

    /// Exchanges the averages with the tensors; a second time exchanges them back.
    ///
    /// # Panics
    /// As [`update_parameters`](Self::update_parameters).
    #[track_caller]
    pub fn swap<T: Borrow<Tensor>>(&mut self, named: impl IntoIterator<Item = (String, T)>) {
        let tensors = ok(self.matched(named));
        let before: Vec<Array> = tensors.iter().map(Tensor::value).collect();
        let averages = self.averages.iter().map(|(_, a)| a.value());
        ok(write(&tensors, averages.collect()));
        let averages: Vec<Tensor> = self.averages.iter().map(|(_, a)| a.clone()).collect();
        ok(write(&averages, before));
    }

    /// The tensors in the order of the averages.
    fn matched<T: Borrow<Tensor>>(
        &self,
        named: impl IntoIterator<Item = (String, T)>,
    ) -> Result<Vec<Tensor>> {
        let named: Vec<(String, T)> = named.into_iter().collect();
        let (found, wanted) = (named.len(), self.averages.len());
        check("AveragedModel", found == wanted, || {
            format!("{wanted} tensors are averaged, {found} were given")
        })?;
        let mut tensors = Vec::with_capacity(found);
        for ((name, average), (given, tensor)) in self.averages.iter().zip(named) {
            let tensor = tensor.borrow().clone();
            check("AveragedModel", *name == given, || {
                format!("{name} is averaged in the place where {given} was given")
            })?;
            if tensor.shape() != average.shape() {
                return Err(Error::Shape {
                    op: "AveragedModel",
                    lhs: average.shape().to_vec(),
                    rhs: tensor.shape().to_vec(),
                    rule: format!("{name} must keep its shape"),
                });
            }
            tensors.push(tensor);
        }
        Ok(tensors)
    }

    /// The state as PyTorch's `AveragedModel` has it: `n_averaged`, and the averages under
    /// `module.` and their names.
    pub fn state_dict(&self) -> Value {
        let mut dict = Dict::new();
        dict.insert("n_averaged", Array::scalar(self.n_averaged as i64));
        for (name, average) in &self.averages {
            dict.insert(format!("module.{name}"), average.value());
        }
        Value::Dict(dict)
    }

    /// Takes over a state that [`state_dict`](Self::state_dict) or PyTorch wrote; entries that are not
    /// averaged here, such as buffers, are left alone.
    ///
    /// # Errors
    /// Where one is missing or of another shape; the averages are then as before.
    pub fn load_state_dict(&mut self, state_dict: &Value) -> Result<()> {
        let n_averaged = number(state_dict.get("n_averaged")?)?;
        let mut loaded = Vec::with_capacity(self.averages.len());
        for (name, average) in &self.averages {
            let key = Key::from(format!("module.{name}"));
            let value = state_dict.get(&key)?.as_tensor()?;
            if *value.shape() != average.shape() {
                return Err(Error::StateDict {
                    message: format!(
                        "{key} has shape {:?}, the average has shape {:?}",
                        value.shape().as_slice(),
                        average.shape().as_slice()
                    ),
                });
            }
            loaded.push(value.cast(average.dtype())?.to_device(&average.device())?);
        }
        for ((_, average), value) in self.averages.iter().zip(loaded) {
            average.set_data(value);
        }
        self.n_averaged = n_averaged as u64;
        Ok(())
    }
}

/// Replaces the tensors' numbers, each on its own device and in its own dtype.
fn write(tensors: &[Tensor], values: Vec<Array>) -> Result<()> {
    update(tensors, |arrays| {
        for (array, value) in arrays.iter_mut().zip(values) {
            let (dtype, device): (DType, _) = (array.dtype(), array.device().clone());
            **array = value.to_device(&device)?.cast(dtype)?;
        }
        Ok(())
    })
}

impl ToValue for AveragedModel {
    fn to_value(&self) -> Value {
        self.state_dict()
    }
}

impl fmt::Debug for AveragedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AveragedModel")
            .field("averages", &self.averages.len())
            .field("n_averaged", &self.n_averaged)
            .finish_non_exhaustive()
    }
}
