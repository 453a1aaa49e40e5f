//! The recurrent layers.

use ondol_autograd::{DType, Device, Error, Scope, Tensor, ok, raise};

use super::stack::Stack;
use super::step::{Kind, State};
use crate::functional::check_probability;
use crate::init::Nonlinearity;
use crate::module::repr::shown;
use crate::utils::rnn::PackedSequence;
use crate::{Module, Visitor};

/// What is the same for all three.
macro_rules! recurrent {
    ($($layer:ident),*) => {$(
        impl $layer {
            /// So many layers, each on the outputs of the one below; 1 unless said otherwise. Draws
            /// all parameters anew.
            ///
            /// # Panics
            /// Where it is 0.
            #[track_caller]
            pub fn num_layers(mut self, num_layers: usize) -> $layer {
                self.stack.num_layers = num_layers;
                self.stack.rebuild();
                self
            }

            /// Whether there are biases; there are unless said otherwise.
            #[track_caller]
            pub fn bias(mut self, bias: bool) -> $layer {
                self.stack.bias = bias;
                self.stack.rebuild();
                self
            }

            /// Whether batches are `[N, T, *]`; they are `[T, N, *]` unless said otherwise. States
            /// are `[layers, N, *]` either way.
            pub fn batch_first(mut self, batch_first: bool) -> $layer {
                self.stack.batch_first = batch_first;
                self
            }

            /// What share of the outputs of every layer but the last is dropped while training.
            ///
            /// # Panics
            /// Where `p` is not on `[0, 1]`.
            #[track_caller]
            pub fn dropout(mut self, p: f64) -> $layer {
                check_probability(p);
                self.stack.dropout = p;
                self
            }

            /// Whether each layer also runs from the end to the beginning; its outputs stand behind
            /// those of the forward run. Draws all parameters anew.
            #[track_caller]
            pub fn bidirectional(mut self, bidirectional: bool) -> $layer {
                self.stack.bidirectional = bidirectional;
                self.stack.rebuild();
                self
            }

            /// The layer in another floating-point dtype.
            ///
            /// # Panics
            /// On a dtype that is not floating point.
            #[track_caller]
            pub fn dtype(self, dtype: DType) -> $layer {
                ok(self.to_dtype(dtype));
                self
            }

            /// The layer on a device.
            #[track_caller]
            pub fn device(self, device: &Device) -> $layer {
                ok(self.to(device));
                self
            }

            #[track_caller]
            fn scope(&self) -> Scope {
                let sizes = [self.stack.sizes.input, self.stack.sizes.hidden];
                Scope::enter(concat!(stringify!($layer), "({}, {})"), &sizes).of(self)
            }

            #[track_caller]
            fn packed(&self, x: &PackedSequence, start: Option<State>) -> (PackedSequence, State) {
                let ordered = |state: State, order: &Option<Tensor>| match order {
                    Some(order) => state.each(|t| t.index_select(1, order)),
                    None => state,
                };
                let start = start.map(|state| ordered(state, &x.sorted_indices));
                let (data, end) = self.stack.packed(&x.data, &x.batch_sizes, start);
                (x.with(data), ordered(end, &x.unsorted_indices))
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
                self.stack.visit(visitor);
            }

            fn extra_repr(&self) -> String {
                self.stack.extra_repr()
            }
        }
        shown!($layer);
    )*};
}
recurrent!(RNN, LSTM, GRU);

/// What takes one state and gives one.
macro_rules! one_state {
    ($($layer:ident),*) => {$(
        impl $layer {
            /// The outputs of the last layer for every step and the last state of every layer, from
            /// a state of zeros: `x [T, N, I]` → `([T, N, D·H], [L·D, N, H])`, with `D` = 2 where it
            /// is bidirectional; `[T, I]` → `([T, D·H], [L·D, H])`.
            ///
            /// # Panics
            /// Where the last size is not the layer's, or the dtype not its weights'.
            #[track_caller]
            pub fn forward(&self, x: &Tensor) -> (Tensor, Tensor) {
                let mut scope = self.scope();
                let (y, end) = self.stack.padded(x, None);
        scope.gives(&y);
                (y, end.h)
            }

            /// As `forward`, from a state `h0 [L·D, N, H]`.
            #[track_caller]
            pub fn forward_with(&self, x: &Tensor, h0: &Tensor) -> (Tensor, Tensor) {
                let mut scope = self.scope();
                let (y, end) = self.stack.padded(x, Some(only(h0)));
        scope.gives(&y);
                (y, end.h)
            }

            /// As `forward`, for sequences of different lengths. States are in the batch's own order.
            #[track_caller]
            pub fn forward_packed(
                &self,
                x: &PackedSequence,
                h0: Option<&Tensor>,
            ) -> (PackedSequence, Tensor) {
                let _scope = self.scope();
                let (y, end) = self.packed(x, h0.map(only));
                (y, end.h)
            }
        }
    )*};
}
one_state!(RNN, GRU);

fn only(h: &Tensor) -> State {
    State {
        h: h.clone(),
        c: None,
    }
}

/// The plain recurrent layer, `torch.nn.RNN`:
/// `h' = tanh(W_ih·x + b_ih + W_hh·h + b_hh)`, or `relu` of it.
///
/// Parameters `weight_ih_l0 [H, I]`, `weight_hh_l0 [H, H]`, `bias_ih_l0 [H]`, `bias_hh_l0 [H]`, then
/// those of `_l0_reverse` and of further layers, begin uniform on `±1/√H`.
///
/// ```
/// use ondol_nn::{RNN, Tensor};
/// let layer = RNN::new(10, 20).num_layers(2);
/// let (y, h) = layer.forward(&Tensor::randn([5, 3, 10]));
/// assert_eq!((y.shape().to_vec(), h.shape().to_vec()), (vec![5, 3, 20], vec![2, 3, 20]));
/// assert_eq!(layer.to_string(), "RNN(10, 20, num_layers=2)");
/// ```
pub struct RNN {
    stack: Stack,
}

impl RNN {
    /// One layer, forward only, with biases and `tanh`.
    ///
    /// # Panics
    /// Where `hidden_size` is 0.
    #[track_caller]
    pub fn new(input_size: usize, hidden_size: usize) -> RNN {
        RNN {
            stack: Stack::new("RNN", Kind::Tanh, input_size, hidden_size),
        }
    }

    /// [`Nonlinearity::Tanh`], or [`Nonlinearity::ReLU`]. Draws all parameters anew.
    ///
    /// # Panics
    /// On another one.
    #[track_caller]
    pub fn nonlinearity(mut self, nonlinearity: Nonlinearity) -> RNN {
        self.stack.kind = plain_kind("RNN", nonlinearity);
        self.stack.rebuild();
        self
    }
}

/// The recurrence with this nonlinearity and no gates.
#[track_caller]
pub(super) fn plain_kind(op: &'static str, nonlinearity: Nonlinearity) -> Kind {
    match nonlinearity {
        Nonlinearity::Tanh => Kind::Tanh,
        Nonlinearity::ReLU => Kind::Relu,
        other => raise(Error::value(
            op,
            format!("Unknown nonlinearity '{other:?}'. Select from 'tanh' or 'relu'."),
        )),
    }
}

/// The gated recurrent unit, `torch.nn.GRU`:
///
/// `r = σ(W_ir·x + b_ir + W_hr·h + b_hr)`, `z = σ(W_iz·x + b_iz + W_hz·h + b_hz)`,
/// `n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn))`, `h' = (1 − z)·n + z·h`.
///
/// Parameters `weight_ih_l0 [3H, I]` (rows of r, z, n), `weight_hh_l0 [3H, H]`, `bias_ih_l0 [3H]`,
/// `bias_hh_l0 [3H]`, then those of `_l0_reverse` and of further layers, begin uniform on `±1/√H`.
///
/// ```
/// use ondol_nn::{GRU, Tensor};
/// let layer = GRU::new(10, 20).batch_first(true).bidirectional(true);
/// let (y, h) = layer.forward(&Tensor::randn([3, 5, 10]));
/// assert_eq!((y.shape().to_vec(), h.shape().to_vec()), (vec![3, 5, 40], vec![2, 3, 20]));
/// ```
pub struct GRU {
    stack: Stack,
}

impl GRU {
    /// One layer, forward only, with biases.
    ///
    /// # Panics
    /// Where `hidden_size` is 0.
    #[track_caller]
    pub fn new(input_size: usize, hidden_size: usize) -> GRU {
        GRU {
            stack: Stack::new("GRU", Kind::Gru, input_size, hidden_size),
        }
    }
}

/// Long short-term memory, `torch.nn.LSTM`:
///
/// `i, f, o = σ(W_i·x + b_i + W_h·h + b_h)` and `g = tanh(…)`, each with rows of its own;
/// `c' = f·c + i·g`, `h' = o·tanh(c')`, or `W_hr·(o·tanh(c'))` with a projection.
///
/// Parameters `weight_ih_l0 [4H, I]` (rows of i, f, g, o), `weight_hh_l0 [4H, H]`,
/// `bias_ih_l0 [4H]`, `bias_hh_l0 [4H]`, `weight_hr_l0 [P, H]` with a projection, then those of
/// `_l0_reverse` and of further layers, begin uniform on `±1/√H`.
///
/// ```
/// use ondol_nn::{LSTM, Module, Tensor};
/// let layer = LSTM::new(10, 20).num_layers(2).batch_first(true);
/// let (y, (h, c)) = layer.forward(&Tensor::randn([3, 5, 10]));
/// assert_eq!((y.shape().to_vec(), c.shape().to_vec()), (vec![3, 5, 20], vec![2, 3, 20]));
/// // Going on where it stopped.
/// let (_, (h, _)) = layer.forward_with(&Tensor::randn([3, 1, 10]), (&h, &c));
/// assert_eq!(h.shape(), [2, 3, 20]);
/// assert_eq!(layer.named_parameters()[1].0, "weight_hh_l0");
/// ```
pub struct LSTM {
    stack: Stack,
}

/// `h` and `c`.
fn both((h, c): (&Tensor, &Tensor)) -> State {
    State {
        h: h.clone(),
        c: Some(c.clone()),
    }
}

/// `h` and `c`.
fn pair(state: State) -> (Tensor, Tensor) {
    let c = state.c.expect("an LSTM's state has both parts");
    (state.h, c)
}

impl LSTM {
    /// One layer, forward only, with biases and without a projection.
    ///
    /// # Panics
    /// Where `hidden_size` is 0.
    #[track_caller]
    pub fn new(input_size: usize, hidden_size: usize) -> LSTM {
        LSTM {
            stack: Stack::new("LSTM", Kind::Lstm, input_size, hidden_size),
        }
    }

    /// Outputs are projected to `proj_size`; 0 for no projection. Draws all parameters anew.
    ///
    /// # Panics
    /// Where it is not below `hidden_size`.
    #[track_caller]
    pub fn proj_size(mut self, proj_size: usize) -> LSTM {
        self.stack.sizes.projection = proj_size;
        self.stack.rebuild();
        self
    }

    /// The outputs of the last layer for every step and the last states of every layer, from states
    /// of zeros: `x [T, N, I]` → `([T, N, D·P], ([L·D, N, P], [L·D, N, H]))`, with `D` = 2 where it is
    /// bidirectional and `P` = `H` without a projection; `[T, I]` → the same without `N`.
    ///
    /// # Panics
    /// Where the last size is not the layer's, or the dtype not its weights'.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> (Tensor, (Tensor, Tensor)) {
        let mut scope = self.scope();
        let (y, end) = self.stack.padded(x, None);
        scope.gives(&y);
        (y, pair(end))
    }

    /// As [`LSTM::forward`], from states `h0 [L·D, N, P]` and `c0 [L·D, N, H]`.
    #[track_caller]
    pub fn forward_with(
        &self,
        x: &Tensor,
        start: (&Tensor, &Tensor),
    ) -> (Tensor, (Tensor, Tensor)) {
        let mut scope = self.scope();
        let (y, end) = self.stack.padded(x, Some(both(start)));
        scope.gives(&y);
        (y, pair(end))
    }

    /// As [`LSTM::forward`], for sequences of different lengths. States are in the batch's own order.
    #[track_caller]
    pub fn forward_packed(
        &self,
        x: &PackedSequence,
        start: Option<(&Tensor, &Tensor)>,
    ) -> (PackedSequence, (Tensor, Tensor)) {
        let _scope = self.scope();
        let (y, end) = self.packed(x, start.map(both));
        (y, pair(end))
    }
}
