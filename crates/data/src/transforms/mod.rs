//! From pictures to tensors, the counterpart of `torchvision.transforms`.
//!
//! A [`Transform`] takes a [`Picture`] and gives one. Most take a whole batch at once too, each sample
//! with what it draws; [`Compose`] does so where it may, with the same bits as one by one.
//!
//! ```
//! use ondol_data::transforms::{Image, Normalize, Picture, ToTensor, Transform, compose};
//! let transform = compose![ToTensor, Normalize::new([0.5], [0.5])];
//! let image = Image::new(2, 1, 1, vec![0, 255])?;
//! let tensor = transform.apply(Picture::Image(image))?.into_tensor()?;
//! assert_eq!(tensor.to_vec::<f32>(), [-1.0, 1.0]);
//! # Ok::<(), ondol_autograd::Error>(())
//! ```
//!
//! All of `torchvision.transforms` is here, and of `torchvision.transforms.v2` what works on a picture
//! alone. Left out:
//!
//! - what works on bounding boxes, masks, key points and videos beside the picture (`RandomIoUCrop`,
//!   `SanitizeBoundingBoxes`, `ClampBoundingBoxes`, `ConvertBoundingBoxFormat`, their like for key points,
//!   `UniformTemporalSubsample`), as a [`Picture`] is a picture alone;
//! - `ToImage` and `ToPureTensor`, which change the type of a tensor in Python; [`PILToTensor`] is what
//!   the one does to an image, and the other would do nothing;
//! - `JPEG`, which needs an encoder: pictures are read and written by `ondol-vision`.
//!
//! One by one go those whose samples have nothing in common to compute: [`RandomResizedCrop`] and
//! [`GaussianBlur`] of a range (a filter of its own for each sample), policies and [`AugMix`],
//! [`RandomApply`] and its like, closures, and [`LinearTransformation`], whose matrix product would round
//! otherwise.

mod auto_augment;
mod choose;
mod color;
mod compose;
mod draw;
mod dtype;
pub mod functional;
mod geometry;
mod kernel;
mod like;
mod mix;
mod options;
mod picture;
mod steps;
mod tensor;

use std::sync::Arc;

use ondol_tensor::Result;

use crate::context::in_sample;
use crate::with_sample;

pub use crate::compose;
pub use auto_augment::{AugMix, AutoAugment, AutoAugmentPolicy, RandAugment, TrivialAugmentWide};
pub use choose::{RandomApply, RandomChoice, RandomOrder};
pub use color::{
    ColorJitter, GaussianBlur, GaussianNoise, Grayscale, JitterFactors, JitterRange, RGB,
    RandomAdjustSharpness, RandomAutocontrast, RandomChannelPermutation, RandomEqualize,
    RandomGrayscale, RandomInvert, RandomPhotometricDistort, RandomPosterize, RandomSolarize,
    SigmaRange,
};
pub use compose::{Compose, Identity, Lambda};
pub use dtype::{ConvertImageDtype, LinearTransformation, PILToTensor, ToDtype, ToPILImage};
pub use geometry::{
    CenterCrop, Degrees, ElasticTransform, Erasing, FiveCrop, Pad, RandomAffine, RandomCrop,
    RandomErasing, RandomHorizontalFlip, RandomPerspective, RandomResize, RandomResizedCrop,
    RandomRotation, RandomShortestSize, RandomVerticalFlip, RandomZoomOut, Resize, ScaleJitter,
    TenCrop,
};
pub use like::ImageLike;
pub use mix::{CutMix, MixUp};
pub use options::{
    AffineOptions, Fill, ImageSize, InterpolationMode, Padding, PaddingMode, ResizeOptions,
    RotateOptions, WarpOptions,
};
pub use picture::{Image, ImageBatch, Picture, PictureBatch};
pub use tensor::{Normalize, ToTensor};

/// A step on the way from a picture to a tensor.
///
/// A transform that draws random numbers takes them from
/// [`sample_generator`](crate::sample_generator), so that what it does to a sample depends on the
/// loader's seed, the epoch and the sample's index, and not on the worker.
pub trait Transform: Send + Sync {
    /// The picture changed.
    ///
    /// # Errors
    /// A picture it cannot take.
    fn apply(&self, input: Picture) -> Result<Picture>;

    /// Whether [`apply_batch`](Transform::apply_batch) takes the batch at once; then it gives the same
    /// bits as [`apply`](Transform::apply) on each sample, and draws what it draws for a sample from
    /// that sample's stream, inside of [`with_sample`].
    fn is_batched(&self) -> bool {
        false
    }

    /// What a [`Compose`] writes for it, as torchvision does: `CenterCrop(size=(24, 24))`; by default
    /// the type's name.
    fn repr(&self) -> String {
        let path = std::any::type_name::<Self>()
            .split('<')
            .next()
            .unwrap_or_default();
        format!("{}()", path.rsplit("::").next().unwrap_or(path))
    }

    /// Every picture of a batch changed; by default one after the other, each as its own sample.
    ///
    /// # Errors
    /// A picture it cannot take, or results of different sizes; the samples are named.
    fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
        PictureBatch::join(one_by_one(batch.split()?, |picture| self.apply(picture))?)
    }
}

/// Applies `f` to each picture as a sample of its own.
fn one_by_one(
    pictures: Vec<Picture>,
    f: impl Fn(Picture) -> Result<Picture>,
) -> Result<Vec<Picture>> {
    let one = |(position, picture)| {
        with_sample(position, || f(picture)).map_err(|e| in_sample(position, e))
    };
    pictures.into_iter().enumerate().map(one).collect()
}

macro_rules! through_a_pointer {
    ($($pointer:ty),*) => {$(
        impl<T: Transform + ?Sized> Transform for $pointer {
            fn apply(&self, input: Picture) -> Result<Picture> {
                (**self).apply(input)
            }

            fn is_batched(&self) -> bool {
                (**self).is_batched()
            }

            fn repr(&self) -> String {
                (**self).repr()
            }

            fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
                (**self).apply_batch(batch)
            }
        }
    )*};
}
through_a_pointer!(Arc<T>, Box<T>);
