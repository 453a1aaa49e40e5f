//! #[derive(Module)] of ondol-nn.
