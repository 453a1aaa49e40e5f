//! Channels mixed up, and colours as a bad camera has them.

use std::fmt;

use ondol_autograd::Tensor;
use ondol_tensor::Result;

use super::jitter::adjust;
use crate::transforms::options::repr::{float, tuple};
use crate::transforms::steps::{Drawn, chosen, drawn, places};
use crate::transforms::{ImageLike, draw, functional};

/// The channels in a random order, `torchvision.transforms.v2.RandomChannelPermutation`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RandomChannelPermutation;

impl fmt::Display for RandomChannelPermutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomChannelPermutation()")
    }
}

/// The channels of each picture in its order.
fn permuted(x: &Tensor, orders: &[&Vec<usize>]) -> Result<Tensor> {
    let shape = x.shape();
    let (n, c) = (orders.len(), shape[1]);
    let flat = orders
        .iter()
        .flat_map(|order| order.iter().map(|&c| c as i64));
    let at = Tensor::from_vec(flat.collect(), [n, c, 1, 1]).to(x.device());
    Ok(x.gather(1, &at.expand(&shape[..])))
}

impl Drawn for RandomChannelPermutation {
    type Params = Vec<usize>;

    fn draw(&self, [c, ..]: [usize; 3]) -> Result<Vec<usize>> {
        Ok(draw::order(c))
    }

    fn run<I: ImageLike>(&self, img: &I, order: &Vec<usize>) -> Result<I> {
        functional::permute_channels(img, order)
    }

    fn run_batch(&self, x: &Tensor, orders: &[Vec<usize>]) -> Result<Tensor> {
        permuted(x, &orders.iter().collect::<Vec<_>>())
    }
}

drawn!(RandomChannelPermutation);

/// Brightness, contrast, saturation, hue and the order of the channels changed, each by chance,
/// `torchvision.transforms.v2.RandomPhotometricDistort`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RandomPhotometricDistort {
    ranges: [(f64, f64); 4],
    p: f64,
}

macro_rules! ranges {
    ($($(#[$doc:meta])* $name:ident $at:literal;)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, range: (f64, f64)) -> Self {
            self.ranges[$at] = range;
            self
        }
    )*};
}

impl RandomPhotometricDistort {
    /// As SSD has it.
    pub fn new() -> Self {
        RandomPhotometricDistort {
            ranges: [(0.875, 1.125), (0.5, 1.5), (0.5, 1.5), (-0.05, 0.05)],
            p: 0.5,
        }
    }

    ranges! {
        /// The range of the factor of brightness. Default: 0.875 to 1.125.
        brightness 0;
        /// The range of the factor of contrast. Default: 0.5 to 1.5.
        contrast 1;
        /// The range of the factor of saturation. Default: 0.5 to 1.5.
        saturation 2;
        /// The range of the turn of hue. Default: −0.05 to 0.05.
        hue 3;
    }

    /// How probable each change is. Default: 0.5.
    pub fn p(mut self, p: f64) -> Self {
        self.p = p;
        self
    }
}

impl Default for RandomPhotometricDistort {
    fn default() -> Self {
        RandomPhotometricDistort::new()
    }
}

impl fmt::Display for RandomPhotometricDistort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [brightness, contrast, saturation, hue] =
            self.ranges.map(|(low, high)| tuple(&[low, high]));
        write!(
            f,
            "RandomPhotometricDistort(brightness={brightness}, contrast={contrast}, hue={hue}, saturation={saturation}, p={})",
            float(self.p)
        )
    }
}

/// What is drawn for a picture.
pub(crate) struct Distortion {
    /// Of brightness, contrast, saturation and hue.
    factors: [Option<f64>; 4],
    contrast_first: bool,
    order: Option<Vec<usize>>,
}

/// The steps in order; contrast comes second or last.
const STEPS: [usize; 5] = [0, 1, 2, 3, 1];

impl Distortion {
    /// The factor at that place of [`STEPS`].
    fn at(&self, place: usize) -> Option<f64> {
        let here = match place {
            1 => self.contrast_first,
            4 => !self.contrast_first,
            _ => true,
        };
        self.factors[STEPS[place]].filter(|_| here)
    }
}

impl Drawn for RandomPhotometricDistort {
    type Params = Distortion;

    fn draw(&self, [c, ..]: [usize; 3]) -> Result<Distortion> {
        let factors = self.ranges.map(|(low, high)| match draw::chance(self.p) {
            true => Some(draw::uniform(low, high)),
            false => None,
        });
        Ok(Distortion {
            factors,
            contrast_first: draw::chance(0.5),
            order: draw::chance(self.p).then(|| draw::order(c)),
        })
    }

    fn run<I: ImageLike>(&self, img: &I, drawn: &Distortion) -> Result<I> {
        let mut out = img.clone();
        for (place, step) in STEPS.into_iter().enumerate() {
            let Some(factor) = drawn.at(place) else {
                continue;
            };
            out = match step {
                0 => functional::adjust_brightness(&out, factor)?,
                1 => functional::adjust_contrast(&out, factor)?,
                2 => functional::adjust_saturation(&out, factor)?,
                _ => functional::adjust_hue(&out, factor)?,
            };
        }
        match &drawn.order {
            Some(order) => functional::permute_channels(&out, order),
            None => Ok(out),
        }
    }

    fn run_batch(&self, x: &Tensor, all: &[Distortion]) -> Result<Tensor> {
        let steps = STEPS.into_iter().enumerate();
        let x = steps.into_iter().try_fold(x.clone(), |x, (place, step)| {
            adjust(&x, step, all.iter().map(|drawn| drawn.at(place)))
        })?;
        let (at, orders) = places(all.iter().map(|drawn| drawn.order.as_ref()));
        chosen(&x, &at, |x| permuted(x, &orders))
    }
}

drawn!(RandomPhotometricDistort);
