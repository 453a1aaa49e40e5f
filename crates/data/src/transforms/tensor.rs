//! From bytes to floats, and their normalisation.

use ondol_autograd::Tensor;
use ondol_tensor::{Array, Binary, Error, Result};

use super::{Picture, PictureBatch, Transform};

/// Image to tensor: `u8` HWC to `f32` CHW divided by 255, `torchvision.transforms.ToTensor`.
///
/// A grey image becomes `1 × H × W`. A tensor passes unscaled, whatever its dtype.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToTensor;

/// `count` images' bytes as planes of floats, `byte / 255` in `f32`.
pub(super) fn planes(pixels: &[u8], count: usize, area: usize, channels: usize) -> Vec<f32> {
    if channels == 1 {
        return pixels.iter().map(|&p| f32::from(p) / 255.0).collect();
    }
    let mut out = vec![0.0f32; pixels.len()];
    let size = area * channels;
    for i in 0..count {
        let image = &pixels[i * size..(i + 1) * size];
        for (c, plane) in out[i * size..(i + 1) * size]
            .chunks_exact_mut(area.max(1))
            .enumerate()
        {
            for (to, pixel) in plane.iter_mut().zip(image.chunks_exact(channels)) {
                *to = f32::from(pixel[c]) / 255.0;
            }
        }
    }
    out
}

impl Transform for ToTensor {
    fn apply(&self, input: Picture) -> Result<Picture> {
        let Picture::Image(image) = input else {
            return Ok(input);
        };
        let (w, h, c) = (image.width(), image.height(), image.channels());
        let values = planes(image.pixels(), 1, w * h, c);
        Ok(Picture::Tensor(Tensor::from(Array::from_vec(
            values,
            [c, h, w],
        )?)))
    }

    fn is_batched(&self) -> bool {
        true
    }

    fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
        let PictureBatch::Images(images) = batch else {
            return Ok(batch);
        };
        let (n, w, h, c) = (
            images.count(),
            images.width(),
            images.height(),
            images.channels(),
        );
        let values = planes(images.pixels(), n, w * h, c);
        Ok(PictureBatch::Tensor(Tensor::from(Array::from_vec(
            values,
            [n, c, h, w],
        )?)))
    }
}

/// `(x − mean[c]) / std[c]` for each channel, `torchvision.transforms.Normalize`.
///
/// Takes floating tensors `[…, C, H, W]`; one mean or std serves all channels.
#[derive(Clone, Debug)]
pub struct Normalize {
    mean: Vec<f64>,
    std: Vec<f64>,
}

impl Normalize {
    /// Means and standard deviations of the channels.
    pub fn new(mean: impl Into<Vec<f64>>, std: impl Into<Vec<f64>>) -> Self {
        Normalize {
            mean: mean.into(),
            std: std.into(),
        }
    }

    fn run(&self, mut x: Array) -> Result<Array> {
        const OP: &str = "Normalize";
        if !x.dtype().is_floating_point() {
            return Err(Error::DType {
                op: OP,
                got: x.dtype().to_string(),
                expected: "a floating-point tensor; put ToTensor before it".into(),
            });
        }
        let (shape, ndim) = (x.shape().to_vec(), x.ndim());
        if ndim < 3 {
            let rule = "expected tensor to be a tensor image of size (..., C, H, W)".to_owned();
            return Err(Error::Input {
                op: OP,
                shape,
                rule,
            });
        }
        for (name, values) in [("mean", &self.mean), ("std", &self.std)] {
            if values.len() != 1 && values.len() != shape[ndim - 3] {
                let rule = format!(
                    "{} channels, but {name} has {}",
                    shape[ndim - 3],
                    values.len()
                );
                return Err(Error::Input {
                    op: OP,
                    shape,
                    rule,
                });
            }
        }
        let per_channel = |values: &[f64]| {
            Array::from_vec(values.to_vec(), [values.len(), 1, 1])?
                .cast(x.dtype())?
                .to_device(x.device())
        };
        let (mean, std) = (per_channel(&self.mean)?, per_channel(&self.std)?);
        if std
            .cast(ondol_tensor::DType::F64)?
            .to_vec::<f64>()?
            .contains(&0.0)
        {
            let dtype = x.dtype();
            return Err(Error::value(
                OP,
                format!(
                    "std evaluated to zero after conversion to {dtype}, leading to division by zero"
                ),
            ));
        }
        for (op, values) in [(Binary::Sub, mean), (Binary::Div, std)] {
            // A number is quicker than an array of one, and the same number.
            match values.numel() {
                1 => x.binary_scalar_(op, values.item()?)?,
                _ => x.binary_(op, &values)?,
            }
        }
        Ok(x)
    }
}

/// The numbers alone, so that nobody else holds them where the tensor was the last to.
fn numbers(tensor: Tensor) -> Array {
    tensor.value()
}

impl Transform for Normalize {
    fn apply(&self, input: Picture) -> Result<Picture> {
        match input {
            Picture::Tensor(tensor) => Ok(Picture::Tensor(self.run(numbers(tensor))?.into())),
            Picture::Image(_) => Err(image_given()),
        }
    }

    fn is_batched(&self) -> bool {
        true
    }

    fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
        match batch {
            PictureBatch::Tensor(tensor) => {
                Ok(PictureBatch::Tensor(self.run(numbers(tensor))?.into()))
            }
            PictureBatch::Images(_) => Err(image_given()),
        }
    }
}

fn image_given() -> Error {
    Error::DType {
        op: "Normalize",
        got: "an image of u8".into(),
        expected: "a floating-point tensor; put ToTensor before it".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transforms::{Image, ImageBatch};

    #[test]
    fn every_byte_becomes_its_255th_part() {
        let image = Image::new(16, 16, 1, (0..=255).collect()).unwrap();
        let x = ToTensor
            .apply(image.into())
            .unwrap()
            .into_tensor()
            .unwrap()
            .value();
        assert_eq!(x.shape(), &[1, 16, 16]);
        let expected: Vec<f32> = (0..256).map(|i| i as f32 / 255.0).collect();
        assert_eq!(x.to_vec::<f32>().unwrap(), expected);
    }

    #[test]
    fn channels_come_first() {
        let image = Image::new(2, 1, 3, vec![0, 51, 102, 153, 204, 255]).unwrap();
        let x = ToTensor
            .apply(image.into())
            .unwrap()
            .into_tensor()
            .unwrap()
            .value();
        assert_eq!(x.shape(), &[3, 1, 2]);
        let fifths: Vec<f32> = [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
            .iter()
            .map(|v| v * 51.0 / 255.0)
            .collect();
        assert_eq!(x.to_vec::<f32>().unwrap(), fifths);
    }

    #[test]
    fn batch_and_single_agree_to_the_bit() {
        let pixels: Vec<u8> = (0..4 * 5 * 3 * 3).map(|i| (i * 37 % 256) as u8).collect();
        let batch = PictureBatch::Images(ImageBatch::new(3, 4, 5, 3, pixels).unwrap());
        let t = crate::compose![
            ToTensor,
            Normalize::new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        ];
        assert!(t.is_batched());
        let together = t
            .apply_batch(batch.clone())
            .unwrap()
            .into_tensor()
            .unwrap()
            .value();
        let alone = batch
            .split()
            .unwrap()
            .into_iter()
            .map(|p| t.apply(p).unwrap())
            .collect();
        let alone = PictureBatch::join(alone)
            .unwrap()
            .into_tensor()
            .unwrap()
            .value();
        assert_eq!(together.shape(), &[3, 3, 5, 4]);
        assert_eq!(together.to_bytes().unwrap(), alone.to_bytes().unwrap());
    }

    #[test]
    fn normalize_refuses_what_it_cannot_do() {
        let x = |shape: &[usize]| {
            let n = shape.iter().product();
            Picture::Tensor(Array::from_vec(vec![1.0f32; n], shape).unwrap().into())
        };
        let bytes = Picture::Tensor(Array::from_vec(vec![1u8; 4], [1, 2, 2]).unwrap().into());
        let cases = [
            (Normalize::new([0.5], [0.5]), bytes, "floating-point"),
            (
                Normalize::new([0.5], [0.0]),
                x(&[1, 2, 2]),
                "division by zero",
            ),
            (
                Normalize::new([0.5], [1e-60]),
                x(&[1, 2, 2]),
                "division by zero",
            ),
            (
                Normalize::new([0.5; 3], [0.5; 3]),
                x(&[1, 2, 2]),
                "mean has 3",
            ),
            (Normalize::new([0.5], [0.5]), x(&[2, 2]), "(..., C, H, W)"),
        ];
        for (normalize, input, expected) in cases {
            let text = normalize.apply(input).unwrap_err().to_string();
            assert!(text.contains(expected), "{text}");
        }
    }
}
