//! Crops that draw nothing.

use std::fmt;

use ondol_autograd::Tensor;
use ondol_tensor::{Error, Result};

use crate::transforms::options::repr::truth;
use crate::transforms::steps::steady;
use crate::transforms::{ImageLike, ImageSize, Picture, PictureBatch, Transform, functional};

/// The part in the middle, `torchvision.transforms.CenterCrop`.
#[derive(Clone, Debug)]
pub struct CenterCrop(ImageSize);

impl CenterCrop {
    /// A crop of that size; one number is both edges'.
    pub fn new(size: impl Into<ImageSize>) -> Self {
        let (height, width) = size.into().square();
        CenterCrop(ImageSize::Both(height, width))
    }

    fn run<I: ImageLike>(&self, img: &I) -> Result<I> {
        functional::center_crop(img, self.0)
    }
}

impl fmt::Display for CenterCrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CenterCrop(size={})", self.0)
    }
}

steady!(CenterCrop);

/// The four corners and the middle, `torchvision.transforms.FiveCrop`, stacked: `[C, H, W]` becomes
/// `[5, C, h, w]`, so that a batch is `[N, 5, C, h, w]`. Put it after `ToTensor`.
#[derive(Clone, Debug)]
pub struct FiveCrop(ImageSize);

impl FiveCrop {
    /// Crops of that size; one number is both edges'.
    pub fn new(size: impl Into<ImageSize>) -> Self {
        let (height, width) = size.into().square();
        FiveCrop(ImageSize::Both(height, width))
    }
}

impl fmt::Display for FiveCrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FiveCrop(size={})", self.0)
    }
}

/// [`FiveCrop`] of the picture and of its mirror image, `torchvision.transforms.TenCrop`, stacked:
/// `[10, C, h, w]`.
#[derive(Clone, Debug)]
pub struct TenCrop {
    size: ImageSize,
    vertical_flip: bool,
}

impl TenCrop {
    /// Crops of that size, mirrored from left to right.
    pub fn new(size: impl Into<ImageSize>) -> Self {
        let (height, width) = size.into().square();
        TenCrop {
            size: ImageSize::Both(height, width),
            vertical_flip: false,
        }
    }

    /// Whether the mirror image is upside down. Default: no.
    pub fn vertical_flip(mut self, vertical_flip: bool) -> Self {
        self.vertical_flip = vertical_flip;
        self
    }
}

impl fmt::Display for TenCrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, flip) = (self.size, truth(self.vertical_flip));
        write!(f, "TenCrop(size={size}, vertical_flip={flip})")
    }
}

/// The crops of a tensor stacked before its channels.
fn stacked(crops: &[Tensor]) -> Tensor {
    Tensor::stack(crops, -4)
}

fn no_images(op: &'static str) -> Error {
    Error::value(
        op,
        "several images are no picture; put ToTensor before it, and the crops come stacked",
    )
}

macro_rules! crops {
    ($($name:ident, |$own:ident, $x:ident| $crops:expr;)*) => {$(
        impl $name {
            fn run(&self, $x: &Tensor) -> Result<Tensor> {
                let $own = self;
                Ok(stacked(&$crops?))
            }
        }

        impl Transform for $name {
            fn apply(&self, input: Picture) -> Result<Picture> {
                match &input {
                    Picture::Tensor(x) => self.run(x).map(Picture::Tensor),
                    Picture::Image(_) => Err(no_images(stringify!($name))),
                }
            }

            fn is_batched(&self) -> bool {
                true
            }

            fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
                match &batch {
                    PictureBatch::Tensor(x) => self.run(x).map(PictureBatch::Tensor),
                    PictureBatch::Images(_) => Err(no_images(stringify!($name))),
                }
            }

            fn repr(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

crops! {
    FiveCrop, |own, x| functional::five_crop(x, own.0);
    TenCrop, |own, x| functional::ten_crop(x, own.size, own.vertical_flip);
}
