//! One step of each recurrence.

use ondol_autograd::Tensor;

/// Which recurrence it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `tanh` of the sum.
    Tanh,
    /// `relu` of the sum.
    Relu,
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

impl Kind {
    /// How many times `hidden_size` rows its weights have.
    pub(super) fn gates(self) -> usize {
        match self {
            Kind::Tanh | Kind::Relu => 1,
            Kind::Lstm => 4,
            Kind::Gru => 3,
        }
    }
}

/// What goes from step to step: `h [N, H]`, and `c` for an LSTM.
#[derive(Clone)]
pub(super) struct State {
    pub(super) h: Tensor,
    pub(super) c: Option<Tensor>,
}

impl State {
    /// Zeros for `n` sequences.
    #[track_caller]
    pub(super) fn zeros(kind: Kind, n: usize, h: usize, c: usize, like: &Tensor) -> State {
        let (dtype, device) = (like.dtype(), like.device());
        let lstm = kind == Kind::Lstm;
        State {
            h: Tensor::zeros_with([n, h], (dtype, &device)),
            c: lstm.then(|| Tensor::zeros_with([n, c], (dtype, &device))),
        }
    }

    /// Some of the sequences.
    #[track_caller]
    pub(super) fn rows(&self, start: usize, count: usize) -> State {
        let c = self.c.as_ref().map(|c| c.narrow(0, start, count));
        State {
            h: self.h.narrow(0, start, count),
            c,
        }
    }

    /// States of sequences one after another.
    #[track_caller]
    pub(super) fn join(states: &[State]) -> State {
        if let [state] = states {
            return state.clone();
        }
        let h: Vec<&Tensor> = states.iter().map(|s| &s.h).collect();
        let c: Vec<&Tensor> = states.iter().filter_map(|s| s.c.as_ref()).collect();
        State {
            h: Tensor::cat(&h, 0),
            c: if c.is_empty() {
                None
            } else {
                Some(Tensor::cat(&c, 0))
            },
        }
    }
}

/// What the recurrent part of a step needs, ready to multiply.
pub(super) struct Recurrent {
    /// `[H_out, gates·H]`.
    pub(super) weight: Tensor,
    /// `[gates·H]`, where it is not in the input's part already.
    pub(super) bias: Option<Tensor>,
    /// `[H, proj_size]`.
    pub(super) projection: Option<Tensor>,
}

impl Recurrent {
    /// The state after one step; `x [N, gates·H]` is the input's part of the gates.
    #[track_caller]
    pub(super) fn step(&self, kind: Kind, x: &Tensor, state: &State) -> State {
        match kind {
            Kind::Tanh => State {
                h: x.add(state.h.mm(&self.weight)).tanh(),
                c: None,
            },
            Kind::Relu => State {
                h: x.add(state.h.mm(&self.weight)).relu(),
                c: None,
            },
            Kind::Lstm => self.lstm(x, state),
            Kind::Gru => self.gru(x, state),
        }
    }

    #[track_caller]
    fn lstm(&self, x: &Tensor, state: &State) -> State {
        let gates = x.add(state.h.mm(&self.weight));
        let size = gates.size(1) / 4;
        let gate = [0, 1, 2, 3].map(|i| gates.narrow(1, i * size, size));
        let c = state.c.as_ref().unwrap_or(&state.h);
        let kept = gate[1].sigmoid().mul(c);
        let c = kept.add(gate[0].sigmoid().mul(gate[2].tanh()));
        let h = gate[3].sigmoid().mul(c.tanh());
        let h = match &self.projection {
            Some(projection) => h.mm(projection),
            None => h,
        };
        State { h, c: Some(c) }
    }

    #[track_caller]
    fn gru(&self, x: &Tensor, state: &State) -> State {
        let recurrent = state.h.mm(&self.weight);
        // The reset gate works on the new gate's recurrent part with its bias.
        let recurrent = match &self.bias {
            Some(bias) => recurrent.add(bias),
            None => recurrent,
        };
        let size = x.size(1) / 3;
        let part = |t: &Tensor, i: usize| t.narrow(1, i * size, size);
        let both = x
            .narrow(1, 0, 2 * size)
            .add(recurrent.narrow(1, 0, 2 * size));
        let both = both.sigmoid();
        let (reset, update) = (part(&both, 0), part(&both, 1));
        let new = part(x, 2).add(reset.mul(part(&recurrent, 2))).tanh();
        State {
            h: new.add(update.mul(state.h.sub(&new))),
            c: None,
        }
    }
}
