//! Pictures of one size with a label each, all in memory, as MNIST's family and CIFAR have them.

use std::sync::Arc;

use ondol_autograd::Tensor;
use ondol_data::transforms::{Image, ImageBatch, Picture, PictureBatch, ToTensor, Transform};
use ondol_data::{Collate, check_index, with_batch, with_sample};
use ondol_tensor::{Array, Result};

/// A change of the label.
pub(super) type TargetTransform = Arc<dyn Fn(i64) -> i64 + Send + Sync>;

/// Width and height in pixels and bytes of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) channels: usize,
}

impl Size {
    /// Of MNIST and its family.
    pub(super) const MNIST: Size = Size {
        width: 28,
        height: 28,
        channels: 1,
    };
    /// Of CIFAR.
    pub(super) const CIFAR: Size = Size {
        width: 32,
        height: 32,
        channels: 3,
    };

    /// Bytes of one picture.
    pub(super) const fn bytes(self) -> usize {
        self.width * self.height * self.channels
    }
}

/// All pictures in one buffer, their labels, and what is done to both as they are got.
#[derive(Clone)]
pub struct Labelled {
    /// The dataset's name, for errors.
    pub(super) name: &'static str,
    pub(super) classes: &'static [&'static str],
    pub(super) size: Size,
    pub(super) images: Arc<Vec<u8>>,
    pub(super) labels: Arc<Vec<u8>>,
    pub(super) transform: Arc<dyn Transform>,
    pub(super) target_transform: Option<TargetTransform>,
}

impl Labelled {
    pub(super) fn new(
        name: &'static str,
        classes: &'static [&'static str],
        size: Size,
        images: Vec<u8>,
        labels: Vec<u8>,
    ) -> Self {
        debug_assert_eq!(images.len(), labels.len() * size.bytes());
        Labelled {
            name,
            classes,
            size,
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
        check_index(self.name, index, self.len())?;
        let bytes = self.size.bytes();
        Ok(&self.images[index * bytes..(index + 1) * bytes])
    }

    pub(super) fn image(&self, index: usize) -> Result<Image> {
        let Size {
            width,
            height,
            channels,
        } = self.size;
        Image::new(width, height, channels, self.pixels(index)?.to_vec())
    }

    fn target(&self, index: usize) -> i64 {
        let label = i64::from(self.labels[index]);
        self.target_transform.as_ref().map_or(label, |f| f(label))
    }

    pub(super) fn get(&self, index: usize) -> Result<(Tensor, Tensor)> {
        let image = self.image(index)?;
        let image = self.transform.apply(Picture::Image(image))?.into_tensor()?;
        Ok((image, label(self.target(index))?))
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
            let Size {
                width,
                height,
                channels,
            } = self.size;
            let mut pixels = Vec::with_capacity(indices.len() * self.size.bytes());
            for &index in indices {
                pixels.extend_from_slice(self.pixels(index)?);
            }
            let batch = ImageBatch::new(indices.len(), width, height, channels, pixels)?;
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

/// A label as a tensor of no dimensions.
pub(super) fn label(value: i64) -> Result<Tensor> {
    Ok(Tensor::from(Array::from_vec(vec![value], ())?))
}

/// The builder's options of what is done to a sample as it is got.
macro_rules! transforms {
    () => {
        /// What is done to a picture as it is got, instead of [`ToTensor`]; it must end in a tensor.
        pub fn transform(mut self, transform: impl Transform + 'static) -> Self {
            self.transform = Arc::new(transform);
            self
        }

        /// What is done to a label as it is got.
        pub fn target_transform(
            mut self,
            transform: impl Fn(i64) -> i64 + Send + Sync + 'static,
        ) -> Self {
            self.target_transform = Some(Arc::new(transform));
            self
        }
    };
}
pub(super) use transforms;

/// What the datasets in memory offer beside [`Dataset`](ondol_data::Dataset).
macro_rules! labelled_dataset {
    ($name:ident) => {
        impl $name {
            /// The bytes of all pictures: picture by picture, row by row, the channels of a pixel side by
            /// side, before any transform.
            pub fn data(&self) -> &[u8] {
                &self.set.images
            }

            /// The class of each picture, before any transform.
            pub fn targets(&self) -> &[u8] {
                &self.set.labels
            }

            /// The names of the classes; a label is a place in this list.
            pub fn classes(&self) -> &'static [&'static str] {
                self.set.classes
            }

            /// Each class's label.
            pub fn class_to_idx(&self) -> std::collections::BTreeMap<&'static str, usize> {
                let classes = self.set.classes.iter().enumerate();
                classes.map(|(i, &class)| (class, i)).collect()
            }

            /// One picture as it is stored, before any transform.
            ///
            /// # Errors
            /// An index that is not there.
            pub fn image(
                &self,
                index: usize,
            ) -> ondol_tensor::Result<ondol_data::transforms::Image> {
                self.set.image(index)
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
