//! Single steps of the recurrences.

use ondol_autograd::{DType, Device, Error, Scope, Tensor, ok, raise};

use super::layer::plain_kind;
use super::step::{Kind, State};
use super::weights::{Sizes, Weights};
use crate::init::Nonlinearity;
use crate::module::repr::shown;
use crate::{Module, Visitor};

/// What the cells share.
struct Cell {
    name: &'static str,
    kind: Kind,
    sizes: Sizes,
    bias: bool,
    weights: Weights,
}

impl Cell {
    fn new(name: &'static str, kind: Kind, input: usize, hidden: usize) -> Cell {
        let sizes = Sizes {
            input,
            hidden,
            projection: 0,
        };
        let options = (DType::F32, &Device::cpu());
        Cell {
            name,
            kind,
            sizes,
            bias: true,
            weights: Weights::new(kind, sizes, true, options),
        }
    }

    fn rebuild(&mut self) {
        let weight = &self.weights.weight_ih;
        let (dtype, device) = (weight.dtype(), weight.device());
        self.weights = Weights::new(self.kind, self.sizes, self.bias, (dtype, &device));
    }

    #[track_caller]
    fn step(&self, x: &Tensor, state: Option<State>) -> State {
        let shape = x.shape();
        let refuse = |rule: String| Error::Input {
            op: self.name,
            shape: shape.to_vec(),
            rule,
        };
        let ndim = shape.ndim();
        if ndim != 1 && ndim != 2 {
            let rule = format!("Expected input to be 1D or 2D, got {ndim}D instead");
            raise(refuse(rule));
        }
        let (last, hidden) = (shape[ndim - 1], self.sizes.hidden);
        if last != self.sizes.input {
            let expected = self.sizes.input;
            let rule = format!("input has inconsistent input_size: got {last} expected {expected}");
            raise(refuse(rule));
        }
        if let Some(state) = &state {
            let parts = [Some(&state.h), state.c.as_ref()].into_iter().flatten();
            for (i, part) in parts.enumerate() {
                let of = part.shape();
                let rule = if of.ndim() != ndim {
                    let want = ["hidden_size", "batch x hidden_size"][ndim - 1];
                    let got = of.ndim();
                    format!("Expected {ndim}D hidden{i} ({want}), but got {got}D tensor")
                } else if of[ndim - 1] != hidden {
                    let got = of[ndim - 1];
                    format!("hidden{i} has inconsistent hidden_size: got {got}, expected {hidden}")
                } else if of[0] != shape[0] && ndim == 2 {
                    let (a, b) = (shape[0], of[0]);
                    format!("Input batch size {a} doesn't match hidden{i} batch size {b}")
                } else {
                    continue;
                };
                raise(refuse(rule));
            }
        }
        if ndim == 1 {
            let state = state.map(|s| s.each(|t| t.unsqueeze(0)));
            return self.step(&x.unsqueeze(0), state).each(|t| t.squeeze_dim(0));
        }
        let state = match state {
            Some(state) => state,
            None => State::zeros(self.kind, shape[0], hidden, hidden, x),
        };
        let gates = self.weights.gates(x);
        self.weights.recurrent().step(self.kind, &gates, &state)
    }
}

macro_rules! cells {
    ($($cell:ident),*) => {$(
        impl $cell {
            /// Whether there are biases; there are unless said otherwise.
            pub fn bias(mut self, bias: bool) -> $cell {
                self.cell.bias = bias;
                self.cell.rebuild();
                self
            }

            /// The cell in another floating-point dtype.
            ///
            /// # Panics
            /// On a dtype that is not floating point.
            #[track_caller]
            pub fn dtype(self, dtype: DType) -> $cell {
                ok(self.to_dtype(dtype));
                self
            }

            /// The cell on a device.
            #[track_caller]
            pub fn device(self, device: &Device) -> $cell {
                ok(self.to(device));
                self
            }

            #[track_caller]
            fn scope(&self) -> Scope {
                let sizes = [self.cell.sizes.input, self.cell.sizes.hidden];
                Scope::enter(concat!(stringify!($cell), "({}, {})"), &sizes).of(self)
            }
        }

        impl Module for $cell {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
                self.cell.weights.visit(visitor, "");
            }

            fn extra_repr(&self) -> String {
                let mut text = format!("{}, {}", self.cell.sizes.input, self.cell.sizes.hidden);
                if !self.cell.bias {
                    text.push_str(", bias=False");
                }
                if self.cell.kind == Kind::Relu {
                    text.push_str(", nonlinearity=relu");
                }
                text
            }
        }
        shown!($cell);
    )*};
}
cells!(RNNCell, LSTMCell, GRUCell);

macro_rules! one_state {
    ($($cell:ident),*) => {$(
        impl $cell {
            /// The state after one step from a state of zeros: `x [N, I]` → `[N, H]`, `[I]` → `[H]`.
            ///
            /// # Panics
            /// Where the last size is not the cell's.
            #[track_caller]
            pub fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = self.scope();
                self.cell.step(x, None).h
            }

            /// As `forward`, from a state `h [N, H]`.
            #[track_caller]
            pub fn forward_with(&self, x: &Tensor, h: &Tensor) -> Tensor {
                let _scope = self.scope();
                let state = State { h: h.clone(), c: None };
                self.cell.step(x, Some(state)).h
            }
        }
    )*};
}
one_state!(RNNCell, GRUCell);

/// One step of [`crate::RNN`], `torch.nn.RNNCell`: `h' = tanh(W_ih·x + b_ih + W_hh·h + b_hh)`.
///
/// ```
/// use ondol_nn::{RNNCell, Tensor};
/// let cell = RNNCell::new(10, 20);
/// let mut h = Tensor::zeros([3, 20]);
/// for x in [Tensor::randn([3, 10]), Tensor::randn([3, 10])] {
///     h = cell.forward_with(&x, &h);
/// }
/// assert_eq!(h.shape(), [3, 20]);
/// ```
pub struct RNNCell {
    cell: Cell,
}

impl RNNCell {
    /// With biases and `tanh`.
    pub fn new(input_size: usize, hidden_size: usize) -> RNNCell {
        RNNCell {
            cell: Cell::new("RNNCell", Kind::Tanh, input_size, hidden_size),
        }
    }

    /// [`Nonlinearity::Tanh`], or [`Nonlinearity::ReLU`].
    ///
    /// # Panics
    /// On another one.
    #[track_caller]
    pub fn nonlinearity(mut self, nonlinearity: Nonlinearity) -> RNNCell {
        self.cell.kind = plain_kind("RNNCell", nonlinearity);
        self.cell.rebuild();
        self
    }
}

/// One step of [`crate::GRU`], `torch.nn.GRUCell`.
///
/// ```
/// use ondol_nn::{GRUCell, Tensor};
/// assert_eq!(GRUCell::new(10, 20).forward(&Tensor::randn([3, 10])).shape(), [3, 20]);
/// ```
pub struct GRUCell {
    cell: Cell,
}

impl GRUCell {
    /// With biases.
    pub fn new(input_size: usize, hidden_size: usize) -> GRUCell {
        GRUCell {
            cell: Cell::new("GRUCell", Kind::Gru, input_size, hidden_size),
        }
    }
}

/// One step of [`crate::LSTM`], `torch.nn.LSTMCell`: it takes and gives `(h, c)`.
///
/// ```
/// use ondol_nn::{LSTMCell, Tensor};
/// let cell = LSTMCell::new(10, 20);
/// let (h, c) = cell.forward(&Tensor::randn([3, 10]));
/// let (h, c) = cell.forward_with(&Tensor::randn([3, 10]), (&h, &c));
/// assert_eq!((h.shape().to_vec(), c.shape().to_vec()), (vec![3, 20], vec![3, 20]));
/// ```
pub struct LSTMCell {
    cell: Cell,
}

impl LSTMCell {
    /// With biases.
    pub fn new(input_size: usize, hidden_size: usize) -> LSTMCell {
        LSTMCell {
            cell: Cell::new("LSTMCell", Kind::Lstm, input_size, hidden_size),
        }
    }

    /// The states after one step from states of zeros.
    ///
    /// # Panics
    /// Where the last size is not the cell's.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> (Tensor, Tensor) {
        let _scope = self.scope();
        let state = self.cell.step(x, None);
        (state.h.clone(), state.c.unwrap_or(state.h))
    }

    /// As [`LSTMCell::forward`], from states `h` and `c`.
    #[track_caller]
    pub fn forward_with(&self, x: &Tensor, (h, c): (&Tensor, &Tensor)) -> (Tensor, Tensor) {
        let _scope = self.scope();
        let state = State {
            h: h.clone(),
            c: Some(c.clone()),
        };
        let state = self.cell.step(x, Some(state));
        (state.h.clone(), state.c.unwrap_or(state.h))
    }
}
