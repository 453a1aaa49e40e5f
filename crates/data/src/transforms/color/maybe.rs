//! Tones changed with a probability.

use std::fmt;

use ondol_autograd::Tensor;
use ondol_tensor::Result;

use super::probability;
use crate::transforms::options::repr;
use crate::transforms::steps::{Drawn, chosen, drawn, places};
use crate::transforms::{ImageLike, draw, functional};

/// A type that does one thing with probability `p`.
macro_rules! maybe {
    ($(
        $(#[$doc:meta])*
        $name:ident($($field:ident: $t:ty as $shown:expr)?) => $function:ident;
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $name {
            $($field: $t,)?
            p: f64,
        }

        impl $name {
            /// With probability 0.5.
            #[allow(clippy::new_without_default)]
            pub fn new($($field: $t)?) -> Self {
                $name { $($field,)? p: 0.5 }
            }

            /// With probability `p`.
            ///
            /// # Panics
            /// On a number outside of 0 and 1.
            #[track_caller]
            pub fn p(mut self, p: f64) -> Self {
                self.p = probability(stringify!($name), p);
                self
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "("))?;
                // No space behind the comma, as torchvision writes it.
                $(write!(f, concat!(stringify!($field), "={},"), $shown(self.$field))?;)?
                write!(f, "p={})", repr::float(self.p))
            }
        }

        impl Drawn for $name {
            type Params = bool;

            fn draw(&self, _: [usize; 3]) -> Result<bool> {
                Ok(draw::chance(self.p))
            }

            fn run<I: ImageLike>(&self, img: &I, happens: &bool) -> Result<I> {
                match happens {
                    true => functional::$function(img $(, self.$field)?),
                    false => Ok(img.clone()),
                }
            }

            fn run_batch(&self, x: &Tensor, happens: &[bool]) -> Result<Tensor> {
                let (at, _) = places(happens.iter().map(|yes| yes.then_some(())));
                chosen(x, &at, |x| functional::$function(x $(, self.$field)?))
            }
        }

        drawn!($name);
    )*};
}

maybe! {
    /// The negative, with a probability; `torchvision.transforms.RandomInvert`, see
    /// [`functional::invert`].
    ///
    /// ```
    /// use ondol_data::transforms::{Image, RandomInvert, Transform};
    /// let image = Image::new(1, 1, 1, vec![5])?;
    /// let always = RandomInvert::new().p(1.0);
    /// assert_eq!(always.apply(image.into())?.into_image()?.pixels(), [250]);
    /// # Ok::<(), ondol_autograd::Error>(())
    /// ```
    RandomInvert() => invert;
    /// Fewer bits of each byte, with a probability; `torchvision.transforms.RandomPosterize`, see
    /// [`functional::posterize`].
    RandomPosterize(bits: u32 as std::convert::identity) => posterize;
    /// What reaches a threshold inverted, with a probability; `torchvision.transforms.RandomSolarize`,
    /// see [`functional::solarize`].
    RandomSolarize(threshold: f64 as repr::float) => solarize;
    /// Sharper or smoother, with a probability; `torchvision.transforms.RandomAdjustSharpness`, see
    /// [`functional::adjust_sharpness`].
    RandomAdjustSharpness(sharpness_factor: f64 as repr::float) => adjust_sharpness;
    /// Each channel stretched, with a probability; `torchvision.transforms.RandomAutocontrast`, see
    /// [`functional::autocontrast`].
    RandomAutocontrast() => autocontrast;
    /// Each channel's tones spread, with a probability; `torchvision.transforms.RandomEqualize`, see
    /// [`functional::equalize`].
    RandomEqualize() => equalize;
}
