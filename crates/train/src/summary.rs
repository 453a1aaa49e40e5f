//! What a model is made of and what it costs.

mod table;

use std::collections::HashMap;

use ondol_autograd::{LayerRun, Tensor, no_grad, watch_layers};
use ondol_nn::{Forward, Module, Part, Training, Visitor};
use ondol_tensor::Shape;

/// A module in a [`Summary`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LayerSummary {
    /// Its path in the model: `layers.0`; empty for the model itself.
    pub path: String,
    /// Its type's name.
    pub type_name: String,
    /// How many modules it lies in.
    pub depth: usize,
    /// The shape it gave when it ran last; `None` where it did not run, or is not a layer of Ondol's.
    pub output: Option<Shape>,
    /// How often it ran.
    pub runs: usize,
    /// How many numbers it gave in all its runs.
    pub output_elements: usize,
    /// How many numbers its own parameters have, not those of modules within.
    pub parameters: usize,
    /// How many products were added up in all its runs, those of modules within too.
    pub multiply_adds: u64,
    /// Whether there are modules within.
    pub has_children: bool,
}

/// What [`summary`] found. `Display` writes it as a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// All modules, parents first, in the order of declaration.
    pub layers: Vec<LayerSummary>,
    /// How many numbers all parameters have, each counted once.
    pub total_parameters: usize,
    /// How many of them require a gradient.
    pub trainable_parameters: usize,
    /// How many products are added up on the way forward.
    pub multiply_adds: u64,
    /// The bytes of the input.
    pub input_bytes: usize,
    /// The bytes of what the innermost modules give: what training keeps, roughly.
    pub activation_bytes: usize,
    /// The bytes of parameters and buffers.
    pub parameter_bytes: usize,
}

impl Summary {
    /// How many numbers of the parameters are frozen.
    pub fn frozen_parameters(&self) -> usize {
        self.total_parameters - self.trainable_parameters
    }
}

/// The layers of a model with the shapes they give, parameters and multiply-adds, as `torchinfo`
/// shows them. The model runs once on zeros of `input_shape` (with its batch), in evaluation and
/// without gradients; its training flags are as before afterwards.
///
/// ```
/// use ondol_nn::{Flatten, Linear, ReLU, sequential};
/// let model = sequential![Flatten::new(), Linear::new(784, 512), ReLU, Linear::new(512, 10)];
/// let summary = ondol_train::summary(&model, [64, 1, 28, 28]);
/// assert_eq!(summary.total_parameters, 407_050);
/// assert_eq!(summary.layers[2].output.as_ref().unwrap().to_vec(), [64, 512]);
/// assert_eq!(summary.multiply_adds, 64 * (784 * 512 + 512 * 10));
/// println!("{summary}");
/// ```
///
/// # Panics
/// Where the model does not take that shape.
#[track_caller]
pub fn summary<M: Forward + ?Sized>(model: &M, input_shape: impl Into<Shape>) -> Summary {
    let (shape, parameters) = (input_shape.into(), model.parameters());
    let input = match parameters.first() {
        Some(first) => Tensor::zeros_with(shape, (first.dtype(), &first.device())),
        None => Tensor::zeros(shape),
    };
    let _here = ondol_autograd::Scope::here();
    summary_with(model, &input, |x| drop(model.forward(x)))
}

/// As [`summary`], for models that take something else than one tensor of numbers: `run` runs it on
/// `input`, and on what else it needs.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_nn::{LSTM, Module};
/// let model = LSTM::new(10, 20).num_layers(2);
/// let summary = ondol_train::summary_with(&model, &Tensor::zeros([5, 3, 10]), |x| {
///     model.forward(x);
/// });
/// assert_eq!(summary.layers[0].output.as_ref().unwrap().to_vec(), [5, 3, 20]);
/// assert_eq!(summary.multiply_adds, 5 * 3 * (4 * 20 * (10 + 20) + 4 * 20 * (20 + 20)));
/// ```
#[track_caller]
pub fn summary_with<M: Module + ?Sized>(
    model: &M,
    input: &Tensor,
    run: impl FnOnce(&Tensor),
) -> Summary {
    let _flags = Flags::evaluation(model);
    let watched = watch_layers(input, || no_grad(|| run(input)));
    let layers = layers(model, watched.runs);
    let parameters = model.parameters();
    let bytes = |t: &Tensor| t.numel() * t.dtype().size();
    let buffers = model.named_buffers().into_iter().map(|(_, buffer)| buffer);
    let trainable = parameters.iter().filter(|p| p.requires_grad());
    let innermost = layers.iter().filter(|layer| !layer.has_children);
    let size = parameters.first().map_or(4, |p| p.dtype().size());
    let activations = innermost.map(|layer| layer.output_elements * size);
    Summary {
        total_parameters: parameters.iter().map(Tensor::numel).sum(),
        trainable_parameters: trainable.map(Tensor::numel).sum(),
        multiply_adds: watched.multiply_adds,
        input_bytes: bytes(input),
        activation_bytes: activations.sum(),
        parameter_bytes: parameters.iter().map(bytes).sum::<usize>()
            + buffers.map(|b| bytes(&b)).sum::<usize>(),
        layers,
    }
}

/// Training flags that come back when dropped.
pub(crate) struct Flags<'a>(Vec<(&'a Training, bool)>);

impl<'a> Flags<'a> {
    pub(crate) fn evaluation<M: Module + ?Sized>(model: &'a M) -> Flags<'a> {
        let entries = Visitor::entries(model).into_iter();
        let flags = entries.filter_map(|entry| match entry.part {
            Part::Training(flag) => Some((flag, flag.get())),
            _ => None,
        });
        let flags = Flags(flags.collect());
        for (flag, _) in &flags.0 {
            flag.set(false);
        }
        flags
    }
}

impl Drop for Flags<'_> {
    fn drop(&mut self) {
        for (flag, training) in &self.0 {
            flag.set(*training);
        }
    }
}

/// The tree of modules, beside what each did.
fn layers<M: Module + ?Sized>(model: &M, runs: Vec<LayerRun>) -> Vec<LayerSummary> {
    let modules = model.named_modules();
    let mut layers: Vec<LayerSummary> = Vec::new();
    // Modules of one type at one address, which have no size, in order.
    let mut places: HashMap<(usize, &str), Vec<usize>> = HashMap::new();
    for (i, (path, module)) in modules.iter().enumerate() {
        let own = Visitor::entries(*module)
            .into_iter()
            .filter(|e| e.depth == 1);
        let parameters = own.filter_map(|entry| match entry.part {
            Part::Parameter(tensor) => Some(tensor.numel()),
            _ => None,
        });
        let inside = |other: &str| path.is_empty() || other.starts_with(&format!("{path}."));
        let has_children = modules.get(i + 1).is_some_and(|(next, _)| inside(next));
        let depth = ancestors(&layers, path);
        layers.push(LayerSummary {
            path: path.clone(),
            type_name: module.type_name().to_owned(),
            depth,
            output: None,
            runs: 0,
            output_elements: 0,
            parameters: parameters.sum(),
            multiply_adds: 0,
            has_children,
        });
        let address = std::ptr::from_ref(*module).cast::<()>().addr();
        places
            .entry((address, module.type_name()))
            .or_default()
            .push(i);
    }
    let mut own = vec![false; layers.len()];
    for run in runs {
        let Some(places) = places.get(&(run.address, run.type_name)) else {
            continue;
        };
        let fewest = places.iter().copied().min_by_key(|&i| layers[i].runs);
        let Some(i) = fewest else { continue };
        own[i] = true;
        layers[i].output_elements += run.output.numel();
        layers[i].output = Some(run.output);
        layers[i].runs += 1;
        layers[i].multiply_adds += run.multiply_adds;
    }
    // A module that says nothing of itself cost what those within it cost.
    for i in (0..layers.len()).rev().filter(|&i| !own[i]) {
        let depth = layers[i].depth;
        let below = layers[i + 1..].iter().take_while(|l| l.depth > depth);
        let children = below.filter(|l| l.depth == depth + 1);
        layers[i].multiply_adds = children.map(|l| l.multiply_adds).sum();
    }
    layers
}

/// How many modules of the list a path lies in.
fn ancestors(layers: &[LayerSummary], path: &str) -> usize {
    let above = layers
        .iter()
        .filter(|layer| layer.path.is_empty() || path.starts_with(&format!("{}.", layer.path)));
    above.count()
}
