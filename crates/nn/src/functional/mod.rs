//! Functions of tensors, `torch.nn.functional`: what the layers and losses are made of.

mod attention;
mod binary;
mod class;
mod dropout;
mod loss;
mod norm;

pub use ondol_autograd::functional::{conv2d, linear, max_pool2d, max_pool2d_with_indices};

pub use self::attention::{AttentionOptions, scaled_dot_product_attention};
pub use self::binary::{binary_cross_entropy, binary_cross_entropy_with_logits, log_sigmoid};
pub use self::class::{ClassOptions, cross_entropy, nll_loss};
pub use self::dropout::dropout;
pub use self::loss::{Reduction, l1_loss, mse_loss};
pub use self::norm::{RunningStats, batch_norm};

pub(crate) use self::attention::{additive, causal_mask, scores};
pub(crate) use self::dropout::check_probability;
pub(crate) use self::norm::check_batch;
