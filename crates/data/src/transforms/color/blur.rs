//! Blurred by a random amount.

use std::fmt;

use ondol_autograd::{Tensor, raise};
use ondol_tensor::{Error, Result};

use crate::transforms::functional::KernelSize;
use crate::transforms::options::repr;
use crate::transforms::steps::{Drawn, drawn, one_by_one};
use crate::transforms::{ImageLike, draw, functional};

/// The sigmas of [`GaussianBlur`]: one, or a range to draw from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SigmaRange {
    /// Always the same.
    One(f64),
    /// From the one to the other.
    Between(f64, f64),
}

impl From<f64> for SigmaRange {
    fn from(sigma: f64) -> Self {
        SigmaRange::One(sigma)
    }
}
impl From<(f64, f64)> for SigmaRange {
    fn from((low, high): (f64, f64)) -> Self {
        SigmaRange::Between(low, high)
    }
}
impl From<[f64; 2]> for SigmaRange {
    fn from([low, high]: [f64; 2]) -> Self {
        SigmaRange::Between(low, high)
    }
}

/// Blurred by a Gaussian window of random width, `torchvision.transforms.GaussianBlur`; see
/// [`functional::gaussian_blur`].
///
/// ```
/// use ondol_data::transforms::{GaussianBlur, Image, Transform};
/// let blur = GaussianBlur::new((5, 3)).sigma((0.5, 1.0));
/// assert_eq!(blur.to_string(), "GaussianBlur(kernel_size=(5, 3), sigma=(0.5, 1.0))");
/// let flat = Image::new(4, 4, 1, vec![7; 16])?;
/// assert_eq!(blur.apply(flat.clone().into())?.into_image()?, flat);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianBlur {
    kernel_size: KernelSize,
    sigma: (f64, f64),
}

const OP: &str = "GaussianBlur";

impl GaussianBlur {
    /// A window of so many columns and rows, of sigma 0.1 to 2.
    ///
    /// # Panics
    /// On a window that is not odd.
    #[track_caller]
    pub fn new(kernel_size: impl Into<KernelSize>) -> Self {
        let kernel_size = kernel_size.into();
        if kernel_size.0.iter().any(|size| size % 2 == 0) {
            raise(Error::value(
                OP,
                "Kernel size value should be an odd and positive number.",
            ));
        }
        GaussianBlur {
            kernel_size,
            sigma: (0.1, 2.0),
        }
    }

    /// One sigma, or the range it is drawn from.
    ///
    /// # Panics
    /// On numbers that are not positive, or a range whose end is before its start.
    #[track_caller]
    pub fn sigma(mut self, sigma: impl Into<SigmaRange>) -> Self {
        self.sigma = match sigma.into() {
            SigmaRange::One(sigma) if sigma > 0.0 => (sigma, sigma),
            SigmaRange::Between(low, high) if 0.0 < low && low <= high => (low, high),
            SigmaRange::One(_) => raise(Error::value(
                OP,
                "If sigma is a single number, it must be positive.",
            )),
            SigmaRange::Between(..) => raise(Error::value(
                OP,
                "sigma values should be positive and of the form (min, max).",
            )),
        };
        self
    }

    /// Draws a sigma, `torchvision.transforms.GaussianBlur.get_params`.
    pub fn get_params(&self) -> f64 {
        draw::uniform(self.sigma.0, self.sigma.1)
    }
}

impl fmt::Display for GaussianBlur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [across, down] = self.kernel_size.0;
        let sigma = repr::tuple(&[self.sigma.0, self.sigma.1]);
        write!(
            f,
            "GaussianBlur(kernel_size=({across}, {down}), sigma={sigma})"
        )
    }
}

impl Drawn for GaussianBlur {
    type Params = f64;

    fn draw(&self, _: [usize; 3]) -> Result<f64> {
        Ok(self.get_params())
    }

    fn run<I: ImageLike>(&self, img: &I, &sigma: &f64) -> Result<I> {
        functional::gaussian_blur(img, self.kernel_size, Some([sigma; 2]))
    }

    fn run_batch(&self, x: &Tensor, sigmas: &[f64]) -> Result<Tensor> {
        // Windows of one sigma are one convolution of the batch.
        match sigmas {
            [first, rest @ ..] if rest.iter().all(|sigma| sigma == first) => self.run(x, first),
            _ => one_by_one(self, x, sigmas),
        }
    }
}

drawn!(GaussianBlur);
