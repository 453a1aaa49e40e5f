//! Between images and tensors, without scaling or with.

use std::fmt;

use ondol_autograd::Tensor;
use ondol_tensor::{DType, Result};

use super::{Picture, Transform, functional};

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
