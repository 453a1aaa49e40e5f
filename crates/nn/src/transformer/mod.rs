//! The transformer: attention and feed-forward blocks in residual layers.

mod decoder;
mod encoder;
mod settings;
mod whole;

pub use self::decoder::{DecoderMasks, TransformerDecoder, TransformerDecoderLayer};
pub use self::encoder::{EncoderMasks, TransformerEncoder, TransformerEncoderLayer};
pub use self::whole::{Transformer, TransformerMasks};
