//! Matrices of any device and float dtype as row-major `f64` on the host, and back.

use crate::{Array, DType, Device, Error, Result, Shape};

/// A batch of matrices of one size.
pub(super) struct Batch {
    data: Vec<f64>,
    /// The leading sizes.
    lead: Shape,
    pub(super) rows: usize,
    pub(super) columns: usize,
    dtype: DType,
    device: Device,
}

impl Batch {
    /// Brings an array's matrices to the host.
    pub(super) fn read(op: &'static str, array: &Array) -> Result<Batch> {
        let dtype = array.dtype();
        if !matches!(dtype, DType::F32 | DType::F64) {
            let expected = if dtype.is_floating_point() {
                "f32 or f64: low precision dtypes are not supported"
            } else {
                "f32 or f64"
            };
            return Err(Error::DType {
                op,
                got: dtype.to_string(),
                expected: expected.into(),
            });
        }
        Batch::read_any(op, array)
    }

    /// As [`Batch::read`], of halves too.
    pub(super) fn read_any(op: &'static str, array: &Array) -> Result<Batch> {
        let dtype = array.dtype();
        if !dtype.is_floating_point() {
            return Err(Error::DType {
                op,
                got: dtype.to_string(),
                expected: "a floating-point dtype".into(),
            });
        }
        let shape = array.shape();
        let Some(lead) = shape.ndim().checked_sub(2) else {
            return Err(Error::Input {
                op,
                shape: shape.to_vec(),
                rule: "The input tensor A must have at least 2 dimensions.".into(),
            });
        };
        Ok(Batch {
            data: array
                .to_device(&Device::cpu())?
                .cast(DType::F64)?
                .to_vec::<f64>()?,
            lead: Shape::new(&shape[..lead]),
            rows: shape[lead],
            columns: shape[lead + 1],
            dtype,
            device: array.device().clone(),
        })
    }

    /// As [`Batch::read`], of square matrices only.
    pub(super) fn square(op: &'static str, array: &Array) -> Result<Batch> {
        Batch::read(op, array)?.check_square(op, array)
    }

    pub(super) fn check_square(self, op: &'static str, array: &Array) -> Result<Batch> {
        if self.rows == self.columns {
            return Ok(self);
        }
        Err(Error::Input {
            op,
            shape: array.shape().to_vec(),
            rule: format!(
                "A must be batches of square matrices, but they are {} by {} matrices",
                self.rows, self.columns
            ),
        })
    }

    /// How many matrices there are.
    pub(super) fn count(&self) -> usize {
        self.lead.numel()
    }

    /// One of them, row-major.
    pub(super) fn matrix(&self, i: usize) -> &[f64] {
        let size = self.rows * self.columns;
        &self.data[i * size..(i + 1) * size]
    }

    /// Results of the batch as an array of its dtype, on its device: the leading sizes and `tail`.
    pub(super) fn array(&self, data: Vec<f64>, tail: &[usize]) -> Result<Array> {
        let shape: Shape = self.lead.iter().chain(tail).copied().collect();
        Array::from_vec(data, shape)?
            .cast(self.dtype)?
            .to_device(&self.device)
    }

    /// As [`Batch::array`], of positions.
    pub(super) fn positions(&self, data: Vec<i32>, tail: &[usize]) -> Result<Array> {
        let shape: Shape = self.lead.iter().chain(tail).copied().collect();
        Array::from_vec(data, shape)?.to_device(&self.device)
    }

    /// An error of one of the matrices, which is named where there are several dimensions.
    pub(super) fn failed(&self, op: &'static str, i: usize, message: &str) -> Error {
        if self.lead.is_empty() {
            Error::value(op, message)
        } else {
            Error::value(op, format!("(Batch element {i}): {message}"))
        }
    }

    /// Refuses what an iteration would not come to an end on.
    pub(super) fn check_finite(&self, op: &'static str) -> Result<()> {
        let finite = |i: &usize| self.matrix(*i).iter().all(|v| v.is_finite());
        match (0..self.count()).find(|i| !finite(i)) {
            None => Ok(()),
            Some(i) => Err(self.failed(
                op,
                i,
                "The algorithm failed to converge because the input matrix contained non-finite values.",
            )),
        }
    }
}
