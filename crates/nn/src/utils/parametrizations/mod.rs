//! Weights that are computed from others at every forward, `torch.nn.utils.parametrizations`.
//!
//! A function takes a layer and gives it back wrapped; keys and printed form are PyTorch's:
//! `parametrizations.weight.original0`.

mod norm;
mod weighted;

use ondol_autograd::{Scope, Tensor};

use self::norm::Norm;
pub use self::weighted::Weighted;
use crate::{Forward, Module, Parameter, Visitor};

/// A layer with a computed weight; made by [`weight_norm`] and [`spectral_norm`].
pub struct Parametrized<M> {
    module: M,
    parametrizations: Dict,
}

/// What PyTorch keeps the parametrizations in: by the name of the parameter.
struct Dict {
    weight: List,
}

/// The parametrizations of one parameter, and what it is computed from.
struct List {
    originals: Vec<(&'static str, Parameter)>,
    norm: Norm,
}

impl<M: Weighted> Parametrized<M> {
    fn new(module: M, originals: Vec<(&'static str, Parameter)>, norm: Norm) -> Parametrized<M> {
        Parametrized {
            module,
            parametrizations: Dict {
                weight: List { originals, norm },
            },
        }
    }

    /// The weight as it is computed now.
    #[track_caller]
    pub fn weight(&self) -> Tensor {
        let list = &self.parametrizations.weight;
        list.norm.weight(&list.originals)
    }

    /// The plain layer with the weight of now, `torch.nn.utils.parametrize.remove_parametrizations`.
    #[track_caller]
    pub fn remove_parametrizations(self) -> M {
        let weight = self.weight();
        self.module.with_weight(Parameter::new(weight))
    }
}

/// The weight as a length and a direction, `torch.nn.utils.parametrizations.weight_norm`:
/// `w = g·v/‖v‖`, with a norm for each place of `dim` (0 in PyTorch unless said otherwise), or one
/// for all with `None`. `original0` is `g`, `original1` is `v`; they begin as the weight's own.
///
/// ```
/// use ondol_nn::{Forward, Linear, Module, Tensor, utils::parametrizations::weight_norm};
/// let layer = weight_norm(Linear::new(3, 4), 0);
/// assert_eq!(layer.forward(&Tensor::zeros([2, 3])).shape(), [2, 4]);
/// let keys: Vec<String> = layer.named_parameters().into_iter().map(|(key, _)| key).collect();
/// assert_eq!(keys, ["bias", "parametrizations.weight.original0", "parametrizations.weight.original1"]);
/// ```
///
/// # Panics
/// Where the weight has no such dimension.
#[track_caller]
pub fn weight_norm<M: Weighted>(module: M, dim: impl Into<Option<isize>>) -> Parametrized<M> {
    let dim = dim.into();
    let v = module.weight().detach();
    let originals = vec![
        ("original0", Parameter::new(norm::length(&v, dim))),
        ("original1", Parameter::new(v)),
    ];
    Parametrized::new(module, originals, Norm::Weight { dim })
}

/// The weight divided by its greatest singular value, `torch.nn.utils.parametrizations.spectral_norm`:
/// `w / σ(w)`, with `σ` estimated by the power method, whose vectors `_u` and `_v` are buffers. They
/// take `n_power_iterations` steps (1 in PyTorch unless said otherwise) at each forward in training.
///
/// ```
/// use ondol_nn::{Linear, Module, utils::parametrizations::spectral_norm};
/// let layer = spectral_norm(Linear::new(3, 4), 1);
/// let keys: Vec<String> = layer.state_dict().keys().map(String::from).collect();
/// assert_eq!(keys[1..], ["parametrizations.weight.original", "parametrizations.weight.0._u", "parametrizations.weight.0._v"]);
/// ```
#[track_caller]
pub fn spectral_norm<M: Weighted>(module: M, n_power_iterations: usize) -> Parametrized<M> {
    let weight = module.weight().detach();
    let norm = Norm::spectral(&weight, n_power_iterations, M::OUT_DIM);
    let originals = vec![("original", Parameter::new(weight))];
    Parametrized::new(module, originals, norm)
}

impl<M: Weighted> Module for Parametrized<M> {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        if let Some(bias) = self.module.bias() {
            visitor.field("bias", bias);
        }
        visitor.field("parametrizations", &self.parametrizations);
    }

    fn type_name(&self) -> &'static str {
        M::PARAMETRIZED
    }

    fn extra_repr(&self) -> String {
        self.module.extra_repr()
    }
}

impl<M: Weighted> std::fmt::Display for Parametrized<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.repr())
    }
}

impl<M: Weighted> Forward for Parametrized<M> {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let _scope = Scope::here().of(self);
        let weight = Parameter::computed(self.weight());
        self.module.with_weight(weight).forward(x)
    }
}

impl Module for Dict {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        visitor.field("weight", &self.weight);
    }

    fn type_name(&self) -> &'static str {
        "ModuleDict"
    }
}

impl Module for List {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        for (name, parameter) in &self.originals {
            visitor.field(name, parameter);
        }
        visitor.field("0", &self.norm);
    }

    fn type_name(&self) -> &'static str {
        "ParametrizationList"
    }
}
