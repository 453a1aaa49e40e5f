//! Between images and tensors, without scaling or with.

use std::fmt;

use ondol_autograd::Tensor;
use ondol_tensor::{Array, DType, Result};

use super::options::repr::truth;
use super::{Picture, PictureBatch, Transform, functional};

/// An image's bytes as `u8 [C, H, W]`, `torchvision.transforms.PILToTensor`; a tensor passes.
#[derive(Clone, Copy, Debug, Default)]
pub struct PILToTensor;

impl Transform for PILToTensor {
    fn apply(&self, input: Picture) -> Result<Picture> {
        match input {
            Picture::Image(image) => functional::pil_to_tensor(&image).map(Picture::Tensor),
            tensor => Ok(tensor),
        }
    }

    fn is_batched(&self) -> bool {
        true
    }

    fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
        let PictureBatch::Images(images) = batch else {
            return Ok(batch);
        };
        let (n, h, w, c) = (
            images.count(),
            images.height(),
            images.width(),
            images.channels(),
        );
        let size = (h * w * c).max(1);
        let mut bytes: Vec<u8> = Vec::with_capacity(images.pixels().len());
        for image in images.pixels().chunks_exact(size) {
            for channel in 0..c {
                bytes.extend(image.iter().skip(channel).step_by(c));
            }
        }
        let x = Array::from_vec(bytes, [n, c, h, w])?;
        Ok(PictureBatch::Tensor(Tensor::from(x)))
    }
}

/// A tensor as an image of bytes, `torchvision.transforms.ToPILImage`; an image passes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToPILImage;

impl Transform for ToPILImage {
    fn apply(&self, input: Picture) -> Result<Picture> {
        match input {
            Picture::Tensor(x) => functional::to_pil_image(&x).map(Picture::Image),
            image => Ok(image),
        }
    }
}

/// A tensor in another dtype, its values scaled, `torchvision.transforms.ConvertImageDtype`.
///
/// ```
/// use ondol_data::transforms::{ConvertImageDtype, PILToTensor, compose};
/// use ondol_autograd::DType;
/// let t = compose![PILToTensor, ConvertImageDtype::new(DType::F32)];
/// assert_eq!(t.to_string(), "Compose(\n    PILToTensor()\n    ConvertImageDtype()\n)");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ConvertImageDtype(DType);

impl ConvertImageDtype {
    /// To that dtype.
    pub fn new(dtype: DType) -> Self {
        ConvertImageDtype(dtype)
    }
}

impl Transform for ConvertImageDtype {
    fn apply(&self, input: Picture) -> Result<Picture> {
        let x = input.into_tensor()?;
        functional::convert_image_dtype(&x, self.0).map(Picture::Tensor)
    }

    fn is_batched(&self) -> bool {
        true
    }

    fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
        let x = batch.into_tensor()?;
        functional::convert_image_dtype(&x, self.0).map(PictureBatch::Tensor)
    }
}

/// A tensor in another dtype, `torchvision.transforms.v2.ToDtype`; see [`functional::to_dtype`].
///
/// ```
/// use ondol_data::transforms::{Image, PILToTensor, ToDtype, Transform, compose};
/// use ondol_autograd::DType;
/// let t = compose![PILToTensor, ToDtype::new(DType::F32).scale(true)];
/// let x = t.apply(Image::new(1, 1, 1, vec![255])?.into())?.into_tensor()?;
/// assert_eq!(x.item(), 1.0);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ToDtype {
    dtype: DType,
    scale: bool,
}

impl ToDtype {
    /// To that dtype, the numbers as they are.
    pub fn new(dtype: DType) -> Self {
        ToDtype {
            dtype,
            scale: false,
        }
    }

    /// Whether the greatest number of the one becomes the greatest of the other. Default: no.
    pub fn scale(mut self, scale: bool) -> Self {
        self.scale = scale;
        self
    }
}

impl fmt::Display for ToDtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToDtype(scale={})", truth(self.scale))
    }
}

impl Transform for ToDtype {
    fn apply(&self, input: Picture) -> Result<Picture> {
        let x = input.into_tensor()?;
        functional::to_dtype(&x, self.dtype, self.scale).map(Picture::Tensor)
    }

    fn is_batched(&self) -> bool {
        true
    }

    fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
        let x = batch.into_tensor()?;
        functional::to_dtype(&x, self.dtype, self.scale).map(PictureBatch::Tensor)
    }

    fn repr(&self) -> String {
        self.to_string()
    }
}

/// Pictures whitened, `torchvision.transforms.LinearTransformation`: flattened, less a mean, times a
/// matrix, and back in shape.
#[derive(Clone, Debug)]
pub struct LinearTransformation {
    transformation_matrix: Tensor,
    mean_vector: Tensor,
}

impl LinearTransformation {
    /// A matrix `[D, D]` and a mean `[D]`, where `D = C · H · W`.
    ///
    /// # Panics
    /// Where their sizes or dtypes do not go together.
    #[track_caller]
    pub fn new(transformation_matrix: Tensor, mean_vector: Tensor) -> Self {
        let (matrix, mean) = (transformation_matrix.shape(), mean_vector.shape());
        assert!(
            matrix.ndim() == 2 && matrix[0] == matrix[1],
            "transformation_matrix should be square. Got {matrix} rectangular matrix."
        );
        assert!(
            *mean == [matrix[0]],
            "mean_vector should have the same length {mean} as any one of the dimensions of the transformation_matrix {matrix}"
        );
        let (a, b) = (transformation_matrix.dtype(), mean_vector.dtype());
        assert!(
            a == b,
            "Input tensors should have the same dtype. Got {a} and {b}"
        );
        LinearTransformation {
            transformation_matrix,
            mean_vector,
        }
    }
}

impl fmt::Display for LinearTransformation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use super::options::repr::list;
        let n = self.mean_vector.numel();
        let values = |x: &Tensor| x.to_dtype(DType::F64).to_vec::<f64>();
        let matrix = values(&self.transformation_matrix);
        let rows: Vec<String> = matrix.chunks(n.max(1)).map(list).collect();
        let (rows, mean) = (rows.join(", "), list(&values(&self.mean_vector)));
        write!(
            f,
            "LinearTransformation(transformation_matrix=[{rows}], mean_vector={mean})"
        )
    }
}

impl Transform for LinearTransformation {
    fn apply(&self, input: Picture) -> Result<Picture> {
        let x = input.into_tensor()?;
        let (shape, d) = (x.shape(), self.mean_vector.numel());
        let n: usize = shape.iter().rev().take(3).product();
        if n != d || shape.ndim() < 3 {
            return Err(ondol_tensor::Error::Input {
                op: "LinearTransformation",
                shape: shape.to_vec(),
                rule: format!(
                    "Input tensor and transformation matrix have incompatible shape. {shape} != {d}"
                ),
            });
        }
        let flat = x.reshape([-1, d as isize]).sub(&self.mean_vector);
        let matrix = self.transformation_matrix.to_dtype(flat.dtype());
        Ok(Picture::Tensor(flat.matmul(&matrix).reshape(&shape)))
    }

    fn repr(&self) -> String {
        self.to_string()
    }
}
