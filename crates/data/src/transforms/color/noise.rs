//! Noise added.

use std::fmt;

use ondol_autograd::{RandomOptions, Tensor};
use ondol_tensor::{Error, Result};

use crate::sample_generator;
use crate::transforms::options::repr::{float, truth};
use crate::transforms::steps::{Drawn, drawn};
use crate::transforms::{Image, ImageLike, functional};

/// A tensor with normal numbers added, `torchvision.transforms.v2.GaussianNoise`; see
/// [`functional::gaussian_noise`]. It takes no images of bytes; put it after `ToTensor`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianNoise {
    mean: f64,
    sigma: f64,
    clip: bool,
}

impl GaussianNoise {
    /// Of mean 0 and sigma 0.1, kept to the bounds.
    pub fn new() -> Self {
        GaussianNoise {
            mean: 0.0,
            sigma: 0.1,
            clip: true,
        }
    }

    /// Its mean. Default: 0.
    pub fn mean(mut self, mean: f64) -> Self {
        self.mean = mean;
        self
    }

    /// Its standard deviation. Default: 0.1.
    pub fn sigma(mut self, sigma: f64) -> Self {
        self.sigma = sigma;
        self
    }

    /// Whether the result keeps to 0 and 1, or 255 for bytes. Default: yes.
    pub fn clip(mut self, clip: bool) -> Self {
        self.clip = clip;
        self
    }
}

impl Default for GaussianNoise {
    fn default() -> Self {
        GaussianNoise::new()
    }
}

impl fmt::Display for GaussianNoise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mean, sigma, clip) = (float(self.mean), float(self.sigma), truth(self.clip));
        write!(f, "GaussianNoise(mean={mean}, sigma={sigma}, clip={clip})")
    }
}

impl Drawn for GaussianNoise {
    type Params = Tensor;

    fn draw(&self, size: [usize; 3]) -> Result<Tensor> {
        Ok(Tensor::randn_with(
            size,
            RandomOptions::from(&sample_generator()),
        ))
    }

    fn run<I: ImageLike>(&self, img: &I, noise: &Tensor) -> Result<I> {
        let image = |_: &Image| {
            Err(Error::value(
                "GaussianNoise",
                "it is for tensors; put ToTensor before it",
            ))
        };
        img.map(image, |x: &Tensor| {
            let noise = noise.to(x.device()).reshape(&x.shape()[..]);
            functional::with_noise(x, &noise, self.mean, self.sigma, self.clip)
        })
    }

    fn run_batch(&self, x: &Tensor, noise: &[Tensor]) -> Result<Tensor> {
        match noise {
            [] => Ok(x.clone()),
            _ => self.run(x, &Tensor::stack(noise, 0)),
        }
    }
}

drawn!(GaussianNoise);
