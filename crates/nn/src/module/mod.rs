//! What a module is, and everything that can be asked of one.

mod list;
pub(crate) mod parts;
mod plain;
pub(crate) mod repr;
mod visitor;

use ondol_autograd::{DType, Device, GradReport, Result, Scope, Tensor};

pub use self::parts::{Buffer, Parameter, Training};
pub use self::visitor::{Entry, Part, Visitor};

use crate::state::{AsStateDict, LoadOptions, LoadReport, StateDict, load};

/// A part of a network: a layer, a block, a whole model, `torch.nn.Module`.
///
/// Derived: each field names itself, so nothing is registered and nothing can be forgotten. Keys
/// are field paths in the order of declaration, as PyTorch's are.
///
/// ```
/// use ondol_nn::{Forward, Linear, Module, Tensor};
///
/// #[derive(Module)]
/// struct NeuralNet {
///     linear_1: Linear,
///     linear_2: Linear,
/// }
///
/// impl Forward for NeuralNet {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         self.linear_2.forward(&self.linear_1.forward(x).relu()).sigmoid()
///     }
/// }
///
/// let model = NeuralNet { linear_1: Linear::new(2, 5), linear_2: Linear::new(5, 1) };
/// let keys: Vec<String> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(keys, ["linear_1.weight", "linear_1.bias", "linear_2.weight", "linear_2.bias"]);
/// assert_eq!(model.num_parameters(), 2 * 5 + 5 + 5 + 1);
/// ```
///
/// Every field must be a module. Layers, [`Parameter`], [`Buffer`] and [`Training`] are; numbers,
/// text and bare tensors are, with no parts; options, boxes, lists, tuples and ordered maps of
/// modules are. A field of another type says `#[module(skip)]`; `#[module(transparent)]` leaves a
/// field's name out of the keys, `#[module(name = "fc")]` gives another one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Module",
    label = "this is not a Module",
    note = "derive Module, or mark the field #[module(skip)]"
)]
pub trait Module {
    /// Names every part to the visitor, in order. `#[derive(Module)]` writes it.
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>);

    /// The type's name, as error messages and [`Module::repr`] print it: `Linear`.
    fn type_name(&self) -> &'static str {
        let path = std::any::type_name::<Self>();
        let path = path.split('<').next().unwrap_or(path);
        path.rsplit("::").next().unwrap_or(path)
    }

    /// What stands between the brackets in [`Module::repr`]: `in_features=2, out_features=5`.
    fn extra_repr(&self) -> String {
        String::new()
    }

    /// The module and its children as PyTorch prints them.
    ///
    /// ```
    /// use ondol_nn::{Linear, Module, ReLU, sequential};
    /// let model = sequential![Linear::new(2, 5), ReLU];
    /// assert_eq!(
    ///     model.repr(),
    ///     "Sequential(\n  (0): Linear(in_features=2, out_features=5, bias=True)\n  (1): ReLU()\n)"
    /// );
    /// ```
    fn repr(&self) -> String {
        repr::of(&Visitor::entries(self))
    }

    /// The parameters, each once, `torch.nn.Module.parameters`. The handles are the model's own:
    /// an optimizer that holds them changes the model.
    fn parameters(&self) -> Vec<Tensor> {
        self.named_parameters()
            .into_iter()
            .map(|(_, tensor)| tensor)
            .collect()
    }

    /// The parameters with their paths. One that is used twice appears once, under its first path.
    fn named_parameters(&self) -> Vec<(String, Tensor)> {
        let parameters = Visitor::entries(self)
            .into_iter()
            .filter_map(|entry| match entry.part {
                Part::Parameter(tensor) => Some((entry.path, tensor.clone())),
                _ => None,
            });
        each_once(parameters)
    }

    /// The buffers with their paths, `torch.nn.Module.named_buffers`, each once.
    fn named_buffers(&self) -> Vec<(String, Tensor)> {
        let buffers = Visitor::entries(self)
            .into_iter()
            .filter_map(|entry| match entry.part {
                Part::Buffer(buffer) => Some((entry.path, buffer.tensor().clone())),
                _ => None,
            });
        each_once(buffers)
    }

    /// This module and all within, with their paths, parents first, `torch.nn.Module.named_modules`.
    /// The first path is empty. One that is used twice appears once.
    fn named_modules(&self) -> Vec<(String, &dyn Module)> {
        let mut seen = std::collections::HashSet::new();
        let modules = Visitor::entries(self)
            .into_iter()
            .filter_map(|entry| match entry.part {
                Part::Module(module) => Some((entry.path, module)),
                _ => None,
            });
        modules
            .filter(|(_, module)| {
                // A struct shares its address with its first field, values without size share
                // theirs with anything.
                let address = std::ptr::from_ref(*module).cast::<()>().addr();
                size_of_val(*module) == 0 || seen.insert((address, module.type_name()))
            })
            .collect()
    }

    /// Calls `f` with the path and the module for this module and all within, parents first.
    ///
    /// ```
    /// use ondol_nn::{Linear, Module, init, sequential};
    /// let model = sequential![Linear::new(4, 3), Linear::new(3, 2)];
    /// model.apply(&mut |_path, module| {
    ///     if module.type_name() == "Linear" {
    ///         init::xavier_uniform_(&module.parameters()[0], 1.0);
    ///     }
    /// });
    /// ```
    fn apply(&self, f: &mut dyn FnMut(&str, &dyn Module)) {
        for (path, module) in self.named_modules() {
            f(&path, module);
        }
    }

    /// How many numbers are trained: the elements of all parameters, each counted once.
    fn num_parameters(&self) -> usize {
        self.parameters().iter().map(Tensor::numel).sum()
    }

    /// Switches all layers within to training, `torch.nn.Module.train`: dropout drops, batch
    /// normalisation uses the batch's own statistics.
    fn train(&self) {
        self.set_training(true);
    }

    /// Switches all layers within to evaluation, `torch.nn.Module.eval`. Operations are still
    /// recorded: that is [`crate::no_grad`]'s business.
    fn eval(&self) {
        self.set_training(false);
    }

    /// [`Module::train`] or [`Module::eval`].
    fn set_training(&self, training: bool) {
        for entry in Visitor::entries(self) {
            if let Part::Training(flag) = entry.part {
                flag.set(training);
            }
        }
    }

    /// Whether any layer within is in training mode. A model in which no layer tells the modes
    /// apart has no flag, and is not.
    fn is_training(&self) -> bool {
        let training = |entry: Entry<'_>| matches!(entry.part, Part::Training(flag) if flag.get());
        Visitor::entries(self).into_iter().any(training)
    }

    /// Forgets the gradients of all parameters, `torch.nn.Module.zero_grad`.
    fn zero_grad(&self) {
        for entry in Visitor::entries(self) {
            if let Part::Parameter(tensor) = entry.part {
                tensor.zero_grad();
            }
        }
    }

    /// Looks after a backward which parameters have no gradient, and why: frozen, not used, or not
    /// reached.
    ///
    /// ```
    /// use ondol_nn::{Forward, Linear, Module, Tensor, sequential};
    /// let model = sequential![Linear::new(2, 3), Linear::new(3, 1)];
    /// model.get(0).unwrap().requires_grad_(false);
    /// model.forward(&Tensor::ones([4, 2])).mean().backward();
    /// assert_eq!(
    ///     model.check_grads().to_string(),
    ///     "no gradient:\n  0.weight  frozen: requires_grad is false\n  0.bias    frozen: requires_grad is false"
    /// );
    /// assert!(model.check_grads().lost().is_empty());
    /// ```
    fn check_grads(&self) -> GradReport {
        let parameters = self.named_parameters();
        ondol_autograd::check_grads(parameters.iter().map(|(name, t)| (name.as_str(), t)))
    }

    /// Freezes (`false`) or frees all parameters, `torch.nn.Module.requires_grad_`.
    #[track_caller]
    fn requires_grad_(&self, requires_grad: bool) {
        for tensor in self.parameters() {
            tensor.requires_grad_(requires_grad);
        }
    }

    /// Moves all parameters, their gradients and all buffers to a device, `torch.nn.Module.to`.
    /// The tensors stay the same ones, so an optimizer made before still holds them.
    ///
    /// # Errors
    /// What the device refuses; then nothing has moved.
    fn to(&self, device: &Device) -> Result<()> {
        parts::convert(&Visitor::entries(self), &|array| array.to_device(device))
    }

    /// Converts all floating-point parameters, their gradients and buffers, `torch.nn.Module.to`
    /// with a dtype. Integer buffers, such as counters, stay.
    ///
    /// # Errors
    /// A dtype that is not floating point, or what the device refuses; then nothing is changed.
    fn to_dtype(&self, dtype: DType) -> Result<()> {
        parts::check_floating(dtype)?;
        parts::convert(
            &Visitor::entries(self),
            &|array| match array.dtype().is_floating_point() {
                true => array.cast(dtype),
                false => Ok(array.clone()),
            },
        )
    }

    /// All parameters and persistent buffers by path, `torch.nn.Module.state_dict`: a snapshot
    /// that later training does not change. One that is used twice stands under both paths.
    fn state_dict(&self) -> StateDict {
        load::own_tensors(&Visitor::entries(self))
            .map(|own| (own.path.to_owned(), own.tensor.value()))
            .collect()
    }

    /// Takes the numbers of a state dict over, `torch.nn.Module.load_state_dict`: of a
    /// [`StateDict`], or of what [`crate::load`] read from a file. They are cast to the model's
    /// dtypes and put on its devices.
    ///
    /// ```
    /// use ondol_nn::{Linear, Module};
    /// let (model, other) = (Linear::new(2, 1), Linear::new(2, 1));
    /// other.load_state_dict(&model.state_dict())?;
    /// assert_eq!(other.weight.to_vec::<f32>(), model.weight.to_vec::<f32>());
    /// # Ok::<(), ondol_nn::Error>(())
    /// ```
    ///
    /// # Errors
    /// All missing, unexpected and mismatched keys at once; then nothing is changed.
    fn load_state_dict(&self, source: &dyn AsStateDict) -> Result<()> {
        self.load_state_dict_with(source, LoadOptions::default())
            .map(drop)
    }

    /// [`Module::load_state_dict`] with a choice: `LoadOptions::new().strict(false)` returns the
    /// missing and unexpected keys instead of failing on them.
    ///
    /// # Errors
    /// Sizes that do not fit, in either case; then nothing is changed.
    fn load_state_dict_with(
        &self,
        source: &dyn AsStateDict,
        options: LoadOptions,
    ) -> Result<LoadReport> {
        load::load(
            self.type_name(),
            &Visitor::entries(self),
            &source.as_state_dict()?,
            options,
        )
    }
}

/// A module that takes a tensor and gives one.
///
/// `#[track_caller]` stands on the library's implementations, not here: an error in a layer names
/// the line in your `forward` that called it.
pub trait Forward: Module {
    /// The layer's output for `x`.
    fn forward(&self, x: &Tensor) -> Tensor;
}

macro_rules! forward_through {
    ($($pointer:ty),*) => {$(
        impl<M: Forward + ?Sized> Forward for $pointer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                // A trait object's method does not know its caller.
                let _here = Scope::here();
                (**self).forward(x)
            }
        }
    )*};
}
forward_through!(&M, Box<M>, std::sync::Arc<M>);

/// The tensors, without those that are there already under another path.
fn each_once(tensors: impl Iterator<Item = (String, Tensor)>) -> Vec<(String, Tensor)> {
    let mut kept: Vec<(String, Tensor)> = Vec::new();
    for (path, tensor) in tensors {
        if !kept.iter().any(|(_, other)| other.same(&tensor)) {
            kept.push((path, tensor));
        }
    }
    kept
}
