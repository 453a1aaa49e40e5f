//! Helpers around modules, `torch.nn.utils`.

pub mod rnn;
