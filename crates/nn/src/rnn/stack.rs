//! Layers of recurrences, in one direction or both.

use ondol_autograd::{DType, Device, Error, Shape, Tensor, raise};

use super::run::run;
use super::step::{Kind, State};
use super::weights::{Sizes, Weights};
use crate::functional::dropout;
use crate::module::repr::{python_bool, python_float};
use crate::{Training, Visitor};

/// What `RNN`, `LSTM` and `GRU` share.
pub(super) struct Stack {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) sizes: Sizes,
    pub(super) num_layers: usize,
    pub(super) bias: bool,
    pub(super) batch_first: bool,
    pub(super) dropout: f64,
    pub(super) bidirectional: bool,
    weights: Vec<Weights>,
    training: Training,
}

impl Stack {
    #[track_caller]
    pub(super) fn new(name: &'static str, kind: Kind, input: usize, hidden: usize) -> Stack {
        let mut stack = Stack {
            name,
            kind,
            sizes: Sizes {
                input,
                hidden,
                projection: 0,
            },
            num_layers: 1,
            bias: true,
            batch_first: false,
            dropout: 0.0,
            bidirectional: false,
            weights: Vec::new(),
            training: Training::new(),
        };
        stack.rebuild();
        stack
    }

    /// New parameters of the sizes of now, where the old ones were.
    #[track_caller]
    pub(super) fn rebuild(&mut self) {
        let wrong = if self.sizes.hidden == 0 {
            Some("hidden_size must be greater than zero")
        } else if self.num_layers == 0 {
            Some("num_layers must be greater than zero")
        } else if self.sizes.projection >= self.sizes.hidden {
            Some("proj_size has to be smaller than hidden_size")
        } else {
            None
        };
        if let Some(wrong) = wrong {
            raise(Error::value(self.name, wrong));
        }
        let (dtype, device) = match self.weights.first() {
            Some(weights) => (weights.weight_ih.dtype(), weights.weight_ih.device()),
            None => (DType::F32, Device::cpu()),
        };
        let mut built = Vec::with_capacity(self.num_layers * self.directions());
        for layer in 0..self.num_layers {
            let input = match layer {
                0 => self.sizes.input,
                _ => self.sizes.output() * self.directions(),
            };
            let sizes = Sizes {
                input,
                ..self.sizes
            };
            for _ in 0..self.directions() {
                built.push(Weights::new(self.kind, sizes, self.bias, (dtype, &device)));
            }
        }
        self.weights = built;
    }

    pub(super) fn directions(&self) -> usize {
        1 + usize::from(self.bidirectional)
    }

    pub(super) fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        for (i, weights) in self.weights.iter().enumerate() {
            let layer = i / self.directions();
            let reverse = if i % self.directions() == 1 {
                "_reverse"
            } else {
                ""
            };
            weights.visit(visitor, &format!("_l{layer}{reverse}"));
        }
        visitor.training(&self.training);
    }

    pub(super) fn extra_repr(&self) -> String {
        let mut text = format!("{}, {}", self.sizes.input, self.sizes.hidden);
        let mut say = |name: &str, value: String, default: bool| {
            if !default {
                text.push_str(&format!(", {name}={value}"));
            }
        };
        let projection = self.sizes.projection;
        say("proj_size", projection.to_string(), projection == 0);
        say(
            "num_layers",
            self.num_layers.to_string(),
            self.num_layers == 1,
        );
        say("bias", python_bool(self.bias).into(), self.bias);
        let batch_first = python_bool(self.batch_first).into();
        say("batch_first", batch_first, !self.batch_first);
        say("dropout", python_float(self.dropout), self.dropout == 0.0);
        let both = python_bool(self.bidirectional).into();
        say("bidirectional", both, !self.bidirectional);
        text
    }

    /// A padded batch `[T, N, I]`, `[N, T, I]` with `batch_first`, or one sequence `[T, I]`.
    #[track_caller]
    pub(super) fn padded(&self, x: &Tensor, start: Option<State>) -> (Tensor, State) {
        let ndim = x.ndim();
        if ndim != 2 && ndim != 3 {
            let rule = format!("Expected input to be 2D or 3D, got {ndim}D instead");
            self.refuse(&x.shape(), rule);
        }
        if let Some(start) = &start {
            self.check_dims(start, ndim);
        }
        if ndim == 2 {
            let start = start.map(|s| s.each(|t| t.unsqueeze(1)));
            let batch = if self.batch_first { 0 } else { 1 };
            let (y, end) = self.padded(&x.unsqueeze(batch), start);
            return (y.squeeze_dim(batch), end.each(|t| t.squeeze_dim(1)));
        }
        let x = match self.batch_first {
            true => x.transpose(0, 1),
            false => x.clone(),
        };
        let (steps, n) = (x.size(0), x.size(1));
        if steps == 0 {
            let rule = "Expected sequence length to be larger than 0 in RNN".to_owned();
            self.refuse(&x.shape(), rule);
        }
        self.check_input(&x);
        let (y, end) = self.packed(&x.flatten(0, 1), &vec![n; steps], start);
        let y = y.reshape(&[steps, n, self.sizes.output() * self.directions()][..]);
        let y = match self.batch_first {
            true => y.transpose(0, 1),
            false => y,
        };
        (y, end)
    }

    /// A packed batch: `data [Σ batch_sizes, I]`; states are in its order.
    #[track_caller]
    pub(super) fn packed(
        &self,
        data: &Tensor,
        batch_sizes: &[usize],
        start: Option<State>,
    ) -> (Tensor, State) {
        self.check_input(data);
        let n = batch_sizes.first().copied().unwrap_or(0);
        if let Some(start) = &start {
            self.check_start(start, n);
        }
        let mut data = data.clone();
        let mut ends = Vec::with_capacity(self.weights.len());
        for (layer, weights) in self.weights.chunks(self.directions()).enumerate() {
            if layer > 0 {
                data = dropout(&data, self.dropout, self.training.get());
            }
            let mut outputs = Vec::with_capacity(weights.len());
            for (direction, weights) in weights.iter().enumerate() {
                let state = match &start {
                    Some(start) => start.at(ends.len()),
                    None => {
                        State::zeros(self.kind, n, self.sizes.output(), self.sizes.hidden, &data)
                    }
                };
                let gates = weights.gates(&data);
                let recurrent = weights.recurrent();
                let reverse = direction == 1;
                let (output, end) = run(self.kind, &gates, batch_sizes, &recurrent, state, reverse);
                outputs.push(output);
                ends.push(end);
            }
            data = match &outputs[..] {
                [output] => output.clone(),
                both => Tensor::cat(both, 1),
            };
        }
        (data, State::stack(&ends))
    }

    #[track_caller]
    fn refuse(&self, shape: &Shape, rule: String) -> ! {
        raise(Error::Input {
            op: self.name,
            shape: shape.to_vec(),
            rule,
        })
    }

    #[track_caller]
    fn check_input(&self, x: &Tensor) {
        let (shape, weight) = (x.shape(), &self.weights[0].weight_ih);
        if shape.last() != Some(&self.sizes.input) {
            let rule = format!(
                "input.size(-1) must be equal to input_size. Expected {}, got {}",
                self.sizes.input,
                shape.last().copied().unwrap_or(0)
            );
            self.refuse(&shape, rule);
        }
        if x.dtype() != weight.dtype() {
            raise(Error::DType {
                op: self.name,
                got: format!("an input of {}", x.dtype()),
                expected: format!(
                    "the weights' {0}: convert the input with .to_dtype(DType::…) or the model",
                    weight.dtype()
                ),
            });
        }
    }

    #[track_caller]
    fn check_dims(&self, start: &State, ndim: usize) {
        let (h, c) = (start.h.ndim(), start.c.as_ref().map(Tensor::ndim));
        if h == ndim && c.is_none_or(|c| c == ndim) {
            return;
        }
        let batch = if ndim == 2 { "unbatched" } else { "batched" };
        let rule = match c {
            None => format!(
                "For {batch} {ndim}-D input, hx should also be {ndim}-D but got {h}-D tensor"
            ),
            Some(c) => format!(
                "For {batch} {ndim}-D input, hx and cx should also be {ndim}-D but got ({h}-D, {c}-D) tensors"
            ),
        };
        self.refuse(&start.h.shape(), rule);
    }

    #[track_caller]
    fn check_start(&self, start: &State, n: usize) {
        let lstm = start.c.is_some();
        let parts = [
            (Some(&start.h), "[0]", self.sizes.output()),
            (start.c.as_ref(), "[1]", self.sizes.hidden),
        ];
        for (part, place, size) in parts {
            let want = [self.weights.len(), n, size];
            if let Some(part) = part
                && part.shape() != want
            {
                let [layers, n, size] = want;
                let place = if lstm { place } else { "" };
                let rule = format!(
                    "Expected hidden{place} size ({layers}, {n}, {size}), got {:?}",
                    &part.shape()[..]
                );
                self.refuse(&part.shape(), rule);
            }
        }
    }
}

impl State {
    /// Of all layers and directions, the one.
    #[track_caller]
    fn at(&self, place: usize) -> State {
        self.each(|t| t.select(0, place as isize))
    }

    /// Of each layer and direction, along a new first dimension.
    #[track_caller]
    fn stack(states: &[State]) -> State {
        let h: Vec<&Tensor> = states.iter().map(|s| &s.h).collect();
        let c: Vec<&Tensor> = states.iter().filter_map(|s| s.c.as_ref()).collect();
        let c = if c.is_empty() {
            None
        } else {
            Some(Tensor::stack(&c, 0))
        };
        State {
            h: Tensor::stack(&h, 0),
            c,
        }
    }

    /// Both parts changed alike.
    pub(super) fn each(&self, f: impl Fn(&Tensor) -> Tensor) -> State {
        State {
            h: f(&self.h),
            c: self.c.as_ref().map(f),
        }
    }
}
