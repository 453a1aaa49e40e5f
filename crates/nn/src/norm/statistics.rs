//! What batch and instance normalisation share: their parameters and running statistics.

/// A layer with `weight`, `bias` and running statistics of `num_features` channels, and a place for
/// its forward.
macro_rules! statistics {
    ($(#[$doc:meta])* $layer:ident affine $affine:literal track $track:literal) => {
        $(#[$doc])*
        pub struct $layer {
            /// `[C]`, begins as ones; none without `affine`.
            pub weight: Option<Parameter>,
            /// `[C]`, begins as zeros; none without `affine`.
            pub bias: Option<Parameter>,
            /// `[C]`, begins as zeros; none without `track_running_stats`.
            pub running_mean: Option<Buffer>,
            /// `[C]`, begins as ones.
            pub running_var: Option<Buffer>,
            /// How many batches the running statistics have seen, `i64`.
            pub num_batches_tracked: Option<Buffer>,
            features: usize,
            eps: f64,
            momentum: Option<f64>,
            training: Training,
            across: Across,
        }

        impl $layer {
            /// A layer for `num_features` channels: `eps` 1e-5, `momentum` 0.1.
            pub fn new(num_features: usize) -> $layer {
                let layer = $layer {
                    weight: None,
                    bias: None,
                    running_mean: None,
                    running_var: None,
                    num_batches_tracked: None,
                    features: num_features,
                    eps: 1e-5,
                    momentum: Some(0.1),
                    training: Training::new(),
                    across: Across::default(),
                };
                layer.affine($affine).track_running_stats($track)
            }

            /// What is added to the variance.
            pub fn eps(mut self, eps: f64) -> $layer {
                self.eps = eps;
                self
            }

            /// The share of the batch in the running statistics; `None` averages all batches evenly.
            pub fn momentum(mut self, momentum: impl Into<Option<f64>>) -> $layer {
                self.momentum = momentum.into();
                self
            }

            /// Whether a learned weight and bias follow.
            pub fn affine(mut self, affine: bool) -> $layer {
                self.weight = affine.then(|| Parameter::new(Tensor::ones([self.features])));
                self.bias(affine)
            }

            /// Whether a learned bias follows the weight.
            pub fn bias(mut self, bias: bool) -> $layer {
                let there = bias && self.weight.is_some();
                self.bias = there.then(|| Parameter::new(Tensor::zeros([self.features])));
                self
            }

            /// Whether running statistics are kept; without, evaluation uses the batch's own.
            pub fn track_running_stats(mut self, track: bool) -> $layer {
                self.running_mean = track.then(|| Buffer::new(Tensor::zeros([self.features])));
                self.running_var = track.then(|| Buffer::new(Tensor::ones([self.features])));
                // PyTorch before 0.4.1 did not save it.
                self.num_batches_tracked = track.then(|| Buffer::new(0i64).required(false));
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
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
                visitor.field("weight", &self.weight);
                visitor.field("bias", &self.bias);
                visitor.field("running_mean", &self.running_mean);
                visitor.field("running_var", &self.running_var);
                visitor.field("num_batches_tracked", &self.num_batches_tracked);
                visitor.training(&self.training);
                // Instance normalisation looks at no other sample, here or elsewhere.
                if $track {
                    visitor.across(&self.across);
                }
            }

            fn extra_repr(&self) -> String {
                format!(
                    "{}, eps={}, momentum={}, affine={}, bias={}, track_running_stats={}",
                    self.features,
                    python_float(self.eps),
                    self.momentum.map_or("None".to_owned(), python_float),
                    python_bool(self.weight.is_some()),
                    python_bool(self.bias.is_some()),
                    python_bool(self.running_mean.is_some()),
                )
            }
        }
        shown!($layer);
    };
}
pub(super) use statistics;
