//! A recurrence over a packed batch, in one direction.

use ondol_autograd::Tensor;

use super::step::{Kind, Recurrent, State};

/// Consecutive rows, so many each. Halves of halves: the gradient of a piece is as large as what it
/// was cut from, and cutting all from the whole would cost as many wholes as there are pieces.
#[track_caller]
fn pieces(x: &Tensor, counts: &[usize], into: &mut Vec<Tensor>) {
    match counts {
        [] => {}
        [_] => into.push(x.clone()),
        _ => {
            let (left, right) = counts.split_at(counts.len() / 2);
            let (l, r) = (left.iter().sum(), right.iter().sum());
            pieces(&x.narrow(0, 0, l), left, into);
            pieces(&x.narrow(0, l, r), right, into);
        }
    }
}

/// All outputs, packed as the gates are, and the state after the last step of each sequence.
///
/// `gates [Σ batch_sizes, G·H]` is the input's part of every step.
#[track_caller]
pub(super) fn run(
    kind: Kind,
    gates: &Tensor,
    batch_sizes: &[usize],
    recurrent: &Recurrent,
    start: State,
    reverse: bool,
) -> (Tensor, State) {
    let mut steps = Vec::with_capacity(batch_sizes.len());
    pieces(gates, batch_sizes, &mut steps);
    let mut outputs = Vec::with_capacity(steps.len());
    let end = if reverse {
        // From the last step back: sequences begin at their own ends.
        let mut alive = batch_sizes[steps.len() - 1];
        let mut state = start.rows(0, alive);
        for (x, &count) in steps.iter().zip(batch_sizes).rev() {
            if count > alive {
                state = State::join(&[state, start.rows(alive, count - alive)]);
                alive = count;
            }
            state = recurrent.step(kind, x, &state);
            outputs.push(state.h.clone());
        }
        outputs.reverse();
        state
    } else {
        let mut ended = Vec::new();
        let mut alive = batch_sizes[0];
        let mut state = start;
        for (x, &count) in steps.iter().zip(batch_sizes) {
            if count < alive {
                ended.push(state.rows(count, alive - count));
                state = state.rows(0, count);
                alive = count;
            }
            state = recurrent.step(kind, x, &state);
            outputs.push(state.h.clone());
        }
        // The longest are the first of the batch.
        ended.push(state);
        ended.reverse();
        State::join(&ended)
    };
    (Tensor::cat(&outputs, 0), end)
}
