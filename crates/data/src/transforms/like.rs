//! One function for images of bytes and for tensors.

use ondol_autograd::Tensor;
use ondol_tensor::{Error, Result};

use super::{Image, ImageBatch, Picture, PictureBatch};

/// What the functions of [`functional`](super::functional) take, and give back in the same kind: an
/// [`Image`] of bytes, a tensor `[…, C, H, W]`, a [`Picture`] of either, or a batch.
pub trait ImageLike: Clone {
    /// What the one of the two functions gives that is for this kind.
    ///
    /// # Errors
    /// That function's; of a batch of images, also results of different sizes.
    fn map(
        &self,
        image: impl Fn(&Image) -> Result<Image>,
        tensor: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Self>;

    /// Channels, height and width, `torchvision.transforms.functional.get_dimensions`.
    ///
    /// # Errors
    /// A tensor of fewer than two dimensions.
    fn dimensions(&self) -> Result<[usize; 3]>;
}

impl ImageLike for Image {
    fn map(
        &self,
        image: impl Fn(&Image) -> Result<Image>,
        _: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Self> {
        image(self)
    }

    fn dimensions(&self) -> Result<[usize; 3]> {
        Ok([self.channels(), self.height(), self.width()])
    }
}

impl ImageLike for Tensor {
    fn map(
        &self,
        _: impl Fn(&Image) -> Result<Image>,
        tensor: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Self> {
        tensor(self)
    }

    fn dimensions(&self) -> Result<[usize; 3]> {
        match *self.shape() {
            [.., c, h, w] => Ok([c, h, w]),
            [h, w] => Ok([1, h, w]),
            _ => Err(Error::Input {
                op: "transforms",
                shape: self.shape().to_vec(),
                rule: "Tensor is not a torch image.".into(),
            }),
        }
    }
}

impl ImageLike for ImageBatch {
    fn map(
        &self,
        image: impl Fn(&Image) -> Result<Image>,
        _: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Self> {
        ImageBatch::join(self.iter().map(|one| image(&one)))
    }

    fn dimensions(&self) -> Result<[usize; 3]> {
        Ok([self.channels(), self.height(), self.width()])
    }
}

impl ImageLike for Picture {
    fn map(
        &self,
        image: impl Fn(&Image) -> Result<Image>,
        tensor: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Self> {
        match self {
            Picture::Image(x) => image(x).map(Picture::Image),
            Picture::Tensor(x) => tensor(x).map(Picture::Tensor),
        }
    }

    fn dimensions(&self) -> Result<[usize; 3]> {
        match self {
            Picture::Image(x) => x.dimensions(),
            Picture::Tensor(x) => x.dimensions(),
        }
    }
}

impl ImageLike for PictureBatch {
    fn map(
        &self,
        image: impl Fn(&Image) -> Result<Image>,
        tensor: impl Fn(&Tensor) -> Result<Tensor>,
    ) -> Result<Self> {
        match self {
            PictureBatch::Images(x) => x.map(image, tensor).map(PictureBatch::Images),
            PictureBatch::Tensor(x) => tensor(x).map(PictureBatch::Tensor),
        }
    }

    fn dimensions(&self) -> Result<[usize; 3]> {
        match self {
            PictureBatch::Images(x) => x.dimensions(),
            PictureBatch::Tensor(x) => x.dimensions(),
        }
    }
}
