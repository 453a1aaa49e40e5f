//! Recurrent layers: whole sequences and single steps.
//!
//! The part of the gates that comes from the input is one matrix product for all steps; only what
//! comes from the state is done step by step. A batch is always packed inside (see
//! [`crate::utils::rnn`]): a padded one is a packed one whose sequences all have the same length.

mod cell;
mod layer;
mod run;
mod stack;
mod step;
mod weights;

pub use self::cell::{GRUCell, LSTMCell, RNNCell};
pub use self::layer::{GRU, LSTM, RNN};
