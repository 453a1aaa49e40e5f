//! Grey pictures.

use std::fmt;

use ondol_autograd::{Tensor, raise};
use ondol_tensor::{Error, Result};

use super::probability;
use crate::transforms::options::repr;
use crate::transforms::steps::{Drawn, chosen, drawn, places, steady};
use crate::transforms::{ImageLike, draw, functional};

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

impl Grayscale {
    fn run<I: ImageLike>(&self, img: &I) -> Result<I> {
        functional::rgb_to_grayscale(img, self.channels)
    }
}

steady!(Grayscale);

/// A picture in three channels, `torchvision.transforms.v2.RGB`; see [`functional::grayscale_to_rgb`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RGB;

impl fmt::Display for RGB {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RGB()")
    }
}

impl RGB {
    fn run<I: ImageLike>(&self, img: &I) -> Result<I> {
        functional::grayscale_to_rgb(img)
    }
}

steady!(RGB);

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

impl Drawn for RandomGrayscale {
    type Params = bool;

    fn draw(&self, _: [usize; 3]) -> Result<bool> {
        Ok(draw::chance(self.p))
    }

    fn run<I: ImageLike>(&self, img: &I, happens: &bool) -> Result<I> {
        let [channels, ..] = img.dimensions()?;
        match happens {
            true => functional::rgb_to_grayscale(img, channels),
            false => Ok(img.clone()),
        }
    }

    fn run_batch(&self, x: &Tensor, happens: &[bool]) -> Result<Tensor> {
        let (at, _) = places(happens.iter().map(|yes| yes.then_some(())));
        chosen(x, &at, |x| self.run(x, &true))
    }
}

drawn!(RandomGrayscale);
