//! What encoder and decoder layers share.

use ondol_autograd::{DType, Device, Tensor};

use crate::{Dropout, Forward, LayerNorm, Linear, Module, MultiheadAttention};

/// How a layer is made.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    pub(super) d_model: usize,
    pub(super) nhead: usize,
    pub(super) dim_feedforward: usize,
    pub(super) dropout: f64,
    pub(super) activation: fn(&Tensor) -> Tensor,
    pub(super) layer_norm_eps: f64,
    pub(super) batch_first: bool,
    pub(super) norm_first: bool,
    pub(super) bias: bool,
}

impl Settings {
    /// PyTorch's.
    pub(super) fn new(d_model: usize, nhead: usize) -> Settings {
        Settings {
            d_model,
            nhead,
            dim_feedforward: 2048,
            dropout: 0.1,
            activation: Tensor::relu,
            layer_norm_eps: 1e-5,
            batch_first: false,
            norm_first: false,
            bias: true,
        }
    }

    #[track_caller]
    pub(super) fn attention(&self) -> MultiheadAttention {
        MultiheadAttention::new(self.d_model, self.nhead)
            .bias(self.bias)
            .dropout(self.dropout)
            .batch_first(self.batch_first)
    }

    pub(super) fn norm(&self) -> LayerNorm {
        LayerNorm::new(self.d_model)
            .eps(self.layer_norm_eps)
            .bias(self.bias)
    }

    pub(super) fn linear(&self, from: usize, to: usize) -> Linear {
        Linear::new(from, to).bias(self.bias)
    }

    #[track_caller]
    pub(super) fn drop(&self) -> Dropout {
        Dropout::new(self.dropout)
    }

    /// `linear2(dropout(activation(linear1(x))))`.
    #[track_caller]
    pub(super) fn feed_forward(
        &self,
        x: &Tensor,
        linear1: &Linear,
        dropout: &Dropout,
        linear2: &Linear,
    ) -> Tensor {
        let hidden = (self.activation)(&linear1.forward(x));
        linear2.forward(&dropout.forward(&hidden))
    }
}

/// Gives a new module another's numbers, dtypes and devices.
pub(super) fn take_over(new: &dyn Module, old: &dyn Module) {
    for (to, from) in new.parameters().iter().zip(old.parameters()) {
        to.set_data(from.value());
    }
}

/// Where the numbers of a module are.
pub(super) fn options(module: &dyn Module) -> (DType, Device) {
    match module.parameters().first() {
        Some(parameter) => (parameter.dtype(), parameter.device()),
        None => (DType::F32, Device::cpu()),
    }
}

/// The setters of a layer whose `with` makes it from other settings.
macro_rules! settings {
    ($($layer:ident),*) => {$(
        impl $layer {
            /// The size between the two linear layers; 2048 unless said otherwise. Draws all anew.
            #[track_caller]
            pub fn dim_feedforward(self, dim_feedforward: usize) -> $layer {
                let anew = true;
                self.with(anew, |s| s.dim_feedforward = dim_feedforward)
            }

            /// What share is dropped everywhere while training; 0.1 unless said otherwise.
            ///
            /// # Panics
            /// Where `p` is not on `[0, 1]`.
            #[track_caller]
            pub fn dropout(self, p: f64) -> $layer {
                self.with(false, |s| s.dropout = p)
            }

            /// What stands between the two linear layers: `Tensor::relu` unless said otherwise.
            #[track_caller]
            pub fn activation(self, activation: fn(&Tensor) -> Tensor) -> $layer {
                self.with(false, |s| s.activation = activation)
            }

            /// What the norms add to the variance; 1e-5 unless said otherwise.
            #[track_caller]
            pub fn layer_norm_eps(self, eps: f64) -> $layer {
                self.with(false, |s| s.layer_norm_eps = eps)
            }

            /// Whether batches are `[N, T, E]`; they are `[T, N, E]` unless said otherwise.
            #[track_caller]
            pub fn batch_first(self, batch_first: bool) -> $layer {
                self.with(false, |s| s.batch_first = batch_first)
            }

            /// Whether norms stand before attention and feed-forward, not after the sums.
            #[track_caller]
            pub fn norm_first(self, norm_first: bool) -> $layer {
                self.with(false, |s| s.norm_first = norm_first)
            }

            /// Whether linear layers and norms have biases; they have unless said otherwise. Draws
            /// all anew.
            #[track_caller]
            pub fn bias(self, bias: bool) -> $layer {
                let anew = true;
                self.with(anew, |s| s.bias = bias)
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
        }
    )*};
}
pub(super) use settings;

/// `with` and `copied` of a layer that is built from its settings alone.
macro_rules! rebuilt {
    ($layer:ident) => {
        impl $layer {
            /// The layer with other settings; with the same numbers, unless all is drawn anew.
            #[track_caller]
            fn with(self, anew: bool, change: impl FnOnce(&mut Settings)) -> $layer {
                let mut settings = self.settings;
                change(&mut settings);
                let new = $layer::build(settings);
                if anew {
                    let (dtype, device) = options(&self);
                    return new.dtype(dtype).device(&device);
                }
                take_over(&new, &self);
                new
            }

            /// Another layer with the same settings and numbers.
            #[track_caller]
            pub(super) fn copied(&self) -> $layer {
                let new = $layer::build(self.settings);
                take_over(&new, self);
                new
            }
        }
    };
}
pub(super) use rebuilt;
