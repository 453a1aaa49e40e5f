//! Fashion-MNIST's ten classes, drawn instead of photographed.

mod canvas;
mod draw;
mod footwear;
mod others;
mod rng;
mod tops;

use std::sync::Arc;

use ondol_data::transforms::Transform;

use super::CLASSES;
use super::labelled::{Labelled, Size, labelled_dataset};

/// Bytes of one picture.
const PIXELS: usize = Size::MNIST.bytes();

/// Garments drawn from a seed: grey pictures of 28 × 28 in Fashion-MNIST's ten classes.
///
/// It stands in for [`FashionMNIST`](super::FashionMNIST) where there is neither file nor network, as
/// torchvision's `FakeData` does, but it can be learned: T-shirts, pullovers, coats and shirts overlap
/// as the real ones do, so that a linear model errs. Picture `i` depends on the seed, the split and `i`
/// only, and is the same on every platform.
///
/// ```
/// use ondol_data::Dataset;
/// use ondol_vision::datasets::SyntheticFashion;
/// let train = SyntheticFashion::new(true, 100, 0);
/// let (images, labels) = train.get_batch(&[3, 1, 4])?;
/// assert_eq!(images.shape(), [3, 1, 28, 28]);
/// assert_eq!(labels.shape(), [3]);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct SyntheticFashion {
    set: Labelled,
}
labelled_dataset!(SyntheticFashion);

impl SyntheticFashion {
    /// Draws `len` pictures, each class as often as the others; what is drawn to train and what to test
    /// have nothing in common but the way of drawing.
    pub fn new(train: bool, len: usize, seed: u64) -> Self {
        let labels: Vec<u8> = (0..len)
            .map(|i| draw::label(seed, train, i as u64))
            .collect();
        let mut images = vec![0; len * PIXELS];
        for (i, (out, &class)) in images.chunks_exact_mut(PIXELS).zip(&labels).enumerate() {
            draw::image(seed, train, i as u64, class, out);
        }
        SyntheticFashion {
            set: Labelled::new("SyntheticFashion", &CLASSES, Size::MNIST, images, labels),
        }
    }

    /// What is done to a picture as it is got, instead of `ToTensor`; it must end in a tensor.
    pub fn transform(mut self, transform: impl Transform + 'static) -> Self {
        self.set.transform = Arc::new(transform);
        self
    }

    /// What is done to a label as it is got.
    pub fn target_transform(
        mut self,
        transform: impl Fn(i64) -> i64 + Send + Sync + 'static,
    ) -> Self {
        self.set.target_transform = Some(Arc::new(transform));
        self
    }
}
