//! Layers whose weight another tensor can stand in for.

use crate::{
    Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d, Forward, Linear,
    Parameter,
};

/// A layer whose weight another tensor can stand in for.
pub trait Weighted: Forward {
    /// What PyTorch calls the layer when its weight is computed: `ParametrizedLinear`.
    const PARAMETRIZED: &'static str;
    /// The dimension of the weight that is the output's.
    const OUT_DIM: isize;

    /// The weight.
    fn weight(&self) -> &Parameter;

    /// The bias, if there is one.
    fn bias(&self) -> Option<&Parameter>;

    /// The same layer with another weight; the bias is shared.
    fn with_weight(&self, weight: Parameter) -> Self
    where
        Self: Sized;
}

macro_rules! weighted {
    ($($layer:ident $name:literal $dim:literal;)*) => {$(
        impl Weighted for $layer {
            const PARAMETRIZED: &'static str = $name;
            const OUT_DIM: isize = $dim;

            fn weight(&self) -> &Parameter {
                &self.weight
            }

            fn bias(&self) -> Option<&Parameter> {
                self.bias.as_ref()
            }

            fn with_weight(&self, weight: Parameter) -> $layer {
                self.sharing(weight)
            }
        }
    )*};
}
weighted! {
    Linear "ParametrizedLinear" 0;
    Conv1d "ParametrizedConv1d" 0;
    Conv2d "ParametrizedConv2d" 0;
    Conv3d "ParametrizedConv3d" 0;
    ConvTranspose1d "ParametrizedConvTranspose1d" 1;
    ConvTranspose2d "ParametrizedConvTranspose2d" 1;
    ConvTranspose3d "ParametrizedConvTranspose3d" 1;
}
