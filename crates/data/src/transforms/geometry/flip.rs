//! Mirror images by chance.

use std::fmt;

use ondol_autograd::Tensor;
use ondol_tensor::Result;

use crate::transforms::options::repr::float;
use crate::transforms::steps::{Drawn, drawn};
use crate::transforms::{ImageLike, draw, functional};

macro_rules! flips {
    ($($(#[$doc:meta])* $name:ident => $flip:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            p: f64,
        }

        impl $name {
            /// With probability ½.
            pub fn new() -> Self {
                $name { p: 0.5 }
            }

            /// How probable it is. Default: 0.5.
            pub fn p(mut self, p: f64) -> Self {
                self.p = p;
                self
            }
        }

        impl Default for $name {
            fn default() -> Self {
                $name::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}(p={})", stringify!($name), float(self.p))
            }
        }

        impl Drawn for $name {
            type Params = bool;

            fn draw(&self, _: [usize; 3]) -> Result<bool> {
                Ok(draw::chance(self.p))
            }

            fn run<I: ImageLike>(&self, img: &I, flip: &bool) -> Result<I> {
                match flip {
                    true => functional::$flip(img),
                    false => Ok(img.clone()),
                }
            }

            fn run_batch(&self, x: &Tensor, flips: &[bool]) -> Result<Tensor> {
                let shape: Vec<usize> = (0..x.ndim()).map(|d| if d == 0 { flips.len() } else { 1 }).collect();
                let flips = Tensor::from_vec(flips.to_vec(), &shape[..]).to(x.device());
                Ok(Tensor::where_(&flips, &functional::$flip(x)?, x))
            }
        }

        drawn!($name);
    )*};
}

flips! {
    /// Mirrored from left to right by chance, `torchvision.transforms.RandomHorizontalFlip`.
    RandomHorizontalFlip => hflip;
    /// Upside down by chance, `torchvision.transforms.RandomVerticalFlip`.
    RandomVerticalFlip => vflip;
}
