//! Datasets that the tables are about.

use ondol_autograd::{Result, Tensor};
use ondol_data::transforms::{
    Image, ImageBatch, Lambda, Normalize, Picture, PictureBatch, ToTensor, Transform, compose,
};
use ondol_data::{BatchOf, Dataset, TensorDataset, sample_generator};

pub(crate) fn numbers(n: usize) -> TensorDataset<Tensor> {
    TensorDataset::new(Tensor::range(n))
}

/// A drawn number, from 0 to below a million.
pub(crate) fn drawn() -> i64 {
    (sample_generator().next_u64() % 1_000_000) as i64
}

/// Pictures that go through a random transform, in batches.
pub(crate) struct Pictures;

impl Dataset for Pictures {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        37
    }

    fn get(&self, index: usize) -> Result<(Tensor, i64)> {
        let image = Image::new(3, 2, 1, pixels(index))?;
        let x = augment().apply(image.into())?.into_tensor()?;
        Ok((x, index as i64))
    }
}

fn pixels(index: usize) -> Vec<u8> {
    (0..6).map(|i| (index * 6 + i) as u8).collect()
}

/// The same pictures, read a batch at once.
pub(crate) struct AtOnce;

impl Dataset for AtOnce {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        Pictures.len()
    }

    fn get(&self, index: usize) -> Result<(Tensor, i64)> {
        Pictures.get(index)
    }

    fn get_batch(&self, indices: &[usize]) -> Result<BatchOf<Self>> {
        let bytes = indices.iter().flat_map(|&i| pixels(i)).collect();
        let images = PictureBatch::Images(ImageBatch::new(indices.len(), 3, 2, 1, bytes)?);
        let x = augment().apply_batch(images)?.into_tensor()?;
        let labels = indices.iter().map(|&i| i as i64).collect();
        Ok((x, Tensor::from_vec(labels, [indices.len()])))
    }
}

/// Two random steps between others, so that the order of draws within a sample shows.
pub(crate) fn augment() -> impl Transform {
    let flip = |picture: Picture| {
        let mut image = picture.into_image()?;
        if sample_generator().next_u64() & 1 == 1 {
            image.pixels_mut().reverse();
        }
        Ok(image.into())
    };
    let brighten = |x: Tensor| x * (sample_generator().next_u64() % 100) as f64;
    compose![
        Lambda::new(flip),
        ToTensor,
        Lambda::tensor(brighten),
        Normalize::new([0.3], [0.7])
    ]
}
