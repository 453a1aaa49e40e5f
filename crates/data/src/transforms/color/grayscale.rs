//! Grey pictures.

use std::fmt;

use ondol_autograd::raise;
use ondol_tensor::{Error, Result};

use super::probability;
use crate::transforms::options::repr;
use crate::transforms::{ImageLike, Picture, PictureBatch, Transform, draw, functional};

/// The picture's grey, `torchvision.transforms.Grayscale`; see [`functional::rgb_to_grayscale`].
///
/// ```
/// use ondol_data::transforms::{Grayscale, Image, Transform};
/// let image = Image::new(1, 1, 3, vec![255, 0, 0])?;
/// let grey = Grayscale::new().apply(image.into())?.into_image()?;
/// assert_eq!(grey.pixels(), [76]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grayscale {
    channels: usize,
}

impl Grayscale {
    /// Grey in one channel.
    pub fn new() -> Self {
        Grayscale { channels: 1 }
    }

    /// One channel, or three alike.
    ///
    /// # Panics
    /// On another number.
    #[track_caller]
    pub fn num_output_channels(mut self, channels: usize) -> Self {
        if !matches!(channels, 1 | 3) {
            raise(Error::value(
                "Grayscale",
                format!("num_output_channels should be either 1 or 3, got {channels}"),
            ));
        }
        self.channels = channels;
        self
    }
}

impl Default for Grayscale {
    fn default() -> Self {
        Grayscale::new()
    }
}

impl fmt::Display for Grayscale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grayscale(num_output_channels={})", self.channels)
    }
}

impl Transform for Grayscale {
    fn apply(&self, input: Picture) -> Result<Picture> {
        functional::rgb_to_grayscale(&input, self.channels)
    }

    fn is_batched(&self) -> bool {
        true
    }

    fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
        functional::rgb_to_grayscale(&batch, self.channels)
    }
}

/// The picture's grey in as many channels as it has, with probability `p` = 0.1;
/// `torchvision.transforms.RandomGrayscale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomGrayscale {
    p: f64,
}

impl RandomGrayscale {
    /// Grey with probability 0.1.
    pub fn new() -> Self {
        RandomGrayscale { p: 0.1 }
    }

    /// Grey with probability `p`.
    ///
    /// # Panics
    /// On a number outside of 0 and 1.
    #[track_caller]
    pub fn p(mut self, p: f64) -> Self {
        self.p = probability("RandomGrayscale", p);
        self
    }
}

impl Default for RandomGrayscale {
    fn default() -> Self {
        RandomGrayscale::new()
    }
}

impl fmt::Display for RandomGrayscale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RandomGrayscale(p={})", repr::float(self.p))
    }
}

impl Transform for RandomGrayscale {
    fn apply(&self, input: Picture) -> Result<Picture> {
        let [channels, ..] = input.dimensions()?;
        match draw::chance(self.p) {
            true => functional::rgb_to_grayscale(&input, channels),
            false => Ok(input),
        }
    }
}
