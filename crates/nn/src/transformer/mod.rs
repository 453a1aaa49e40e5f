//! The transformer: attention and feed-forward blocks in residual layers.

mod decoder;
mod encoder;
mod layer_norm;
mod settings;
mod whole;

pub use self::decoder::{DecoderMasks, TransformerDecoder, TransformerDecoderLayer};
pub use self::encoder::{EncoderMasks, TransformerEncoder, TransformerEncoderLayer};
pub use self::layer_norm::LayerNorm;
pub use self::whole::{Transformer, TransformerMasks};
