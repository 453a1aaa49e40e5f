//! Grey pictures of 28 × 28 with a label each, as MNIST and its family have them.

use std::sync::Arc;

use ondol_autograd::Tensor;
use ondol_data::transforms::{Image, ImageBatch, Picture, PictureBatch, ToTensor, Transform};
use ondol_data::{Collate, with_batch, with_sample};
use ondol_tensor::{Array, Error, Result};

/// Width and height in pixels.
pub(super) const SIDE: usize = 28;
/// Bytes of one picture.
pub(super) const PIXELS: usize = SIDE * SIDE;

/// A change of the label.
pub(super) type TargetTransform = Arc<dyn Fn(i64) -> i64 + Send + Sync>;

/// All pictures in one buffer, their labels, and what is done to both as they are got.
#[derive(Clone)]
pub(super) struct Labelled {
    /// The dataset's name, for errors.
    pub(super) name: &'static str,
    pub(super) images: Arc<Vec<u8>>,
    pub(super) labels: Arc<Vec<u8>>,
    pub(super) transform: Arc<dyn Transform>,
    pub(super) target_transform: Option<TargetTransform>,
}

impl Labelled {
    pub(super) fn new(name: &'static str, images: Vec<u8>, labels: Vec<u8>) -> Self {
        debug_assert_eq!(images.len(), labels.len() * PIXELS);
        Labelled {
            name,
            images: Arc::new(images),
            labels: Arc::new(labels),
            transform: Arc::new(ToTensor),
            target_transform: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.labels.len()
    }

    /// The bytes of one picture, before any transform.
    pub(super) fn pixels(&self, index: usize) -> Result<&[u8]> {
        if index >= self.len() {
            return Err(Error::Index {
                op: self.name,
                index: index as i64,
                dim: 0,
                size: self.len(),
            });
        }
        Ok(&self.images[index * PIXELS..(index + 1) * PIXELS])
    }

    fn target(&self, index: usize) -> i64 {
        let label = i64::from(self.labels[index]);
        self.target_transform.as_ref().map_or(label, |f| f(label))
    }

    pub(super) fn get(&self, index: usize) -> Result<(Tensor, Tensor)> {
        let image = Image::new(SIDE, SIDE, 1, self.pixels(index)?.to_vec())?;
        let image = self.transform.apply(Picture::Image(image))?.into_tensor()?;
        let label = Array::from_vec(vec![self.target(index)], ())?;
        Ok((image, Tensor::from(label)))
    }

    /// A whole batch: one copy of the bytes, one pass of each transform that can take them together.
    pub(super) fn get_batch(&self, indices: &[usize]) -> Result<(Tensor, Tensor)> {
        with_batch(indices, || {
            if self.target_transform.is_some() && !self.transform.is_batched() {
                // Both may draw from the sample's own stream: one sample at a time keeps the order.
                let one = |(position, &index)| with_sample(position, || self.get(index));
                return Collate::collate(
                    indices
                        .iter()
                        .enumerate()
                        .map(one)
                        .collect::<Result<Vec<_>>>()?,
                );
            }
            let mut pixels = Vec::with_capacity(indices.len() * PIXELS);
            for &index in indices {
                pixels.extend_from_slice(self.pixels(index)?);
            }
            let batch = ImageBatch::new(indices.len(), SIDE, SIDE, 1, pixels)?;
            let images = self
                .transform
                .apply_batch(PictureBatch::Images(batch))?
                .into_tensor()?;
            let target = |(position, &index)| with_sample(position, || self.target(index));
            let labels: Vec<i64> = indices.iter().enumerate().map(target).collect();
            Ok((
                images,
                Tensor::from(Array::from_vec(labels, [indices.len()])?),
            ))
        })
    }
}

/// What both datasets offer beside [`Dataset`](ondol_data::Dataset).
macro_rules! labelled_dataset {
    ($name:ident) => {
        impl $name {
            /// The bytes of all pictures, row by row, picture by picture, before any transform.
            pub fn data(&self) -> &[u8] {
                &self.set.images
            }

            /// The class of each picture, `0..10`, before any transform.
            pub fn targets(&self) -> &[u8] {
                &self.set.labels
            }

            /// The names of the classes; a label is a place in this list.
            pub fn classes(&self) -> &'static [&'static str; 10] {
                &$crate::datasets::CLASSES
            }

            /// One picture as it is stored, before any transform.
            ///
            /// # Errors
            /// An index that is not there.
            pub fn image(
                &self,
                index: usize,
            ) -> ondol_tensor::Result<ondol_data::transforms::Image> {
                let side = $crate::datasets::labelled::SIDE;
                ondol_data::transforms::Image::new(side, side, 1, self.set.pixels(index)?.to_vec())
            }
        }

        impl ondol_data::Dataset for $name {
            type Item = (ondol_autograd::Tensor, ondol_autograd::Tensor);

            fn len(&self) -> usize {
                self.set.len()
            }

            fn get(&self, index: usize) -> ondol_tensor::Result<Self::Item> {
                self.set.get(index)
            }

            fn get_batch(&self, indices: &[usize]) -> ondol_tensor::Result<Self::Item> {
                self.set.get_batch(indices)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("len", &self.set.len())
                    .finish_non_exhaustive()
            }
        }
    };
}
pub(super) use labelled_dataset;
