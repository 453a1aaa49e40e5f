//! Noise that stands in for pictures.

use std::sync::Arc;

use ondol_autograd::Tensor;
use ondol_data::transforms::{Image, Picture, ToTensor, Transform};
use ondol_data::{Dataset, check_index};
use ondol_tensor::{Error, Generator, Result};

use super::labelled::{TargetTransform, label, transforms};

/// Pictures of noise with labels drawn at random, `torchvision.datasets.FakeData`: to try a program with
/// pictures of any size and no file.
///
/// Picture `i` depends on `random_offset + i` only. The numbers are Ondol's own: every byte is as likely
/// as the others.
///
/// ```
/// use ondol_data::Dataset;
/// use ondol_vision::datasets::FakeData;
/// let set = FakeData::new().size(100).image_size([3, 32, 32]).num_classes(5);
/// let (images, labels) = set.get_batch(&[0, 7])?;
/// assert_eq!(images.shape(), [2, 3, 32, 32]);
/// assert!(labels.to_vec::<i64>().iter().all(|&y| y < 5));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct FakeData {
    size: usize,
    image_size: [usize; 3],
    num_classes: usize,
    random_offset: u64,
    transform: Arc<dyn Transform>,
    target_transform: Option<TargetTransform>,
}

impl Default for FakeData {
    fn default() -> Self {
        FakeData {
            size: 1000,
            image_size: [3, 224, 224],
            num_classes: 10,
            random_offset: 0,
            transform: Arc::new(ToTensor),
            target_transform: None,
        }
    }
}

impl FakeData {
    /// 1,000 pictures `[3, 224, 224]` in ten classes.
    pub fn new() -> Self {
        FakeData::default()
    }

    /// How many pictures there are.
    pub fn size(mut self, size: usize) -> Self {
        self.size = size;
        self
    }

    /// Channels, height and width.
    pub fn image_size(mut self, image_size: [usize; 3]) -> Self {
        self.image_size = image_size;
        self
    }

    /// How many classes there are, at least 1.
    pub fn num_classes(mut self, num_classes: usize) -> Self {
        self.num_classes = num_classes;
        self
    }

    /// What is added to the index to seed a picture: another offset gives other pictures.
    pub fn random_offset(mut self, offset: u64) -> Self {
        self.random_offset = offset;
        self
    }

    transforms!();
}

impl Dataset for FakeData {
    type Item = (Tensor, Tensor);

    fn len(&self) -> usize {
        self.size
    }

    fn get(&self, index: usize) -> Result<(Tensor, Tensor)> {
        check_index("FakeData", index, self.size)?;
        if self.num_classes == 0 {
            return Err(Error::value("FakeData", "0 classes; expected at least 1"));
        }
        let generator = Generator::new(self.random_offset.wrapping_add(index as u64));
        let [channels, height, width] = self.image_size;
        let mut pixels = vec![0; channels * height * width];
        for eight in pixels.chunks_mut(8) {
            let bytes = generator.next_u64().to_le_bytes();
            eight.copy_from_slice(&bytes[..eight.len()]);
        }
        let class = (generator.next_u64() % self.num_classes as u64) as i64;
        let image = Picture::Image(Image::new(width, height, channels, pixels)?);
        let image = self.transform.apply(image)?.into_tensor()?;
        let class = self.target_transform.as_ref().map_or(class, |f| f(class));
        Ok((image, label(class)?))
    }
}

impl std::fmt::Debug for FakeData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeData")
            .field("len", &self.size)
            .field("image_size", &self.image_size)
            .finish_non_exhaustive()
    }
}
