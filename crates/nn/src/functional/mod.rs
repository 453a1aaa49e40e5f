//! Functions of tensors, `torch.nn.functional`: what the layers and losses are made of.

mod activation;
mod attention;
mod dropout;
mod embedding;
mod loss;
mod norm;
mod pixel;
mod resize;
mod sequence;

pub use ondol_autograd::functional::*;

pub use self::activation::{
    Gelu, celu, celu_, elu, elu_, gelu, glu, gumbel_softmax, hardshrink, hardsigmoid, hardswish,
    hardtanh, hardtanh_, leaky_relu, leaky_relu_, log_softmax, logsigmoid, mish, prelu, relu,
    relu_, relu6, rrelu, rrelu_, selu, selu_, sigmoid, silu, softmax, softmin, softplus,
    softshrink, softsign, tanh, tanhshrink, threshold, threshold_,
};
pub use self::attention::{AttentionOptions, scaled_dot_product_attention};
pub use self::dropout::{
    alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout,
};
pub use self::embedding::{Bag, EmbeddingBagOptions, EmbeddingOptions, embedding, embedding_bag};
pub use self::loss::{
    ClassOptions, CtcOptions, GaussianNllOptions, MultiMarginOptions, PoissonNllOptions, Reduction,
    TripletOptions, binary_cross_entropy, binary_cross_entropy_with_logits, cosine_embedding_loss,
    cross_entropy, ctc_loss, gaussian_nll_loss, hinge_embedding_loss, huber_loss, kl_div, l1_loss,
    margin_ranking_loss, mse_loss, multi_margin_loss, multilabel_margin_loss,
    multilabel_soft_margin_loss, nll_loss, poisson_nll_loss, smooth_l1_loss, soft_margin_loss,
    triplet_margin_loss, triplet_margin_with_distance_loss,
};
pub use self::norm::{
    RunningStats, batch_norm, group_norm, instance_norm, layer_norm, local_response_norm, rms_norm,
};
pub use self::pixel::{channel_shuffle, pixel_shuffle, pixel_unshuffle};
pub use self::resize::{
    GridMode, GridOptions, GridPadding, Interpolate, InterpolateMode, PerDim, affine_grid,
    grid_sample, interpolate,
};
pub use self::sequence::conv_tbc;

pub(crate) use self::attention::{additive, causal_mask, scores};
pub(crate) use self::dropout::check_probability;
pub(crate) use self::norm::check_batch;
