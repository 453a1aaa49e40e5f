//! A colour for what lies outside.

use std::fmt;

use ondol_tensor::{Error, Result, Scalar};

use super::repr;

/// The `fill` of torchvision's transforms: one number for all channels, or one for each.
///
/// ```
/// use ondol_data::transforms::Fill;
/// assert_eq!(Fill::from(7).to_string(), "7");
/// assert_eq!(Fill::from([0.5, 0.25, 0.0]).to_string(), "(0.5, 0.25, 0.0)");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    values: Vec<Scalar>,
    one: bool,
}

impl Fill {
    /// The number of each of `channels` channels.
    ///
    /// # Errors
    /// Another number of values than one or `channels`.
    pub fn channels(&self, op: &'static str, channels: usize) -> Result<Vec<f64>> {
        match self.values[..] {
            [one] => Ok(vec![one.to_f64(); channels]),
            ref each if each.len() == channels => Ok(each.iter().map(|v| v.to_f64()).collect()),
            ref each => Err(Error::value(
                op,
                format!(
                    "The number of elements in 'fill' does not match the number of channels of the image ({} != {channels})",
                    each.len()
                ),
            )),
        }
    }

    /// The bytes of each of `channels` channels.
    pub(crate) fn bytes(&self, op: &'static str, channels: usize) -> Result<Vec<u8>> {
        let values = self.channels(op, channels)?;
        Ok(values.into_iter().map(|v| v as u8).collect())
    }

    /// How many numbers there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether it is the number 0.
    pub(crate) fn is_zero(&self) -> bool {
        self.one && self.values.iter().all(|v| v.to_f64() == 0.0)
    }
}

impl Default for Fill {
    /// Zero.
    fn default() -> Self {
        Fill::from(0)
    }
}

impl fmt::Display for Fill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.values.iter().map(|&v| repr::number(v)).collect();
        match &texts[..] {
            [text] if self.one => f.write_str(text),
            [text] => write!(f, "({text},)"),
            _ => write!(f, "({})", texts.join(", ")),
        }
    }
}

macro_rules! fills {
    ($($t:ty => $scalar:expr),*) => {$(
        impl From<$t> for Fill {
            fn from(value: $t) -> Self {
                Fill { values: vec![$scalar(value)], one: true }
            }
        }
        impl<const N: usize> From<[$t; N]> for Fill {
            fn from(values: [$t; N]) -> Self {
                Fill { values: values.map($scalar).to_vec(), one: false }
            }
        }
        impl From<Vec<$t>> for Fill {
            fn from(values: Vec<$t>) -> Self {
                Fill { values: values.into_iter().map($scalar).collect(), one: false }
            }
        }
    )*};
}
fills!(i64 => Scalar::Int, f64 => Scalar::Float);
