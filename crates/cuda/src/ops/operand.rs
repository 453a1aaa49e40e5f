//! Operands on their way to a kernel.

use ondol_tensor::{DType, Element, Scalar, Source, ViewMut, with_dtype};
use smallvec::SmallVec;

use crate::gpu::{address, address_mut};
use crate::params::{Operand, Place};
use crate::walk::Piece;

/// An operand's first element or its one number, and its strides along the result.
pub(super) struct Given {
    address: u64,
    number: f64,
    integer: i64,
    size: usize,
    pub(super) strides: SmallVec<[isize; 8]>,
}

impl Given {
    /// An operand of elements `dtype` beside a result.
    pub(super) fn new(source: Source<'_>, dtype: DType, dst: &ViewMut<'_>) -> Self {
        let (mut number, mut integer) = (0.0, 0);
        let (address, strides) = match source {
            Source::View(view) => (address(&view), SmallVec::from_slice(view.layout.strides())),
            Source::Destination => (address_mut(dst), SmallVec::from_slice(dst.layout.strides())),
            Source::Scalar(scalar) => {
                (number, integer) = value(scalar, dtype);
                (0, SmallVec::from_elem(0, dst.layout.ndim()))
            }
        };
        Given {
            address,
            number,
            integer,
            size: dtype.size(),
            strides,
        }
    }

    /// The same with a scalar's bits in the place of its integer.
    pub(super) fn of_bits(source: Source<'_>, dtype: DType, dst: &ViewMut<'_>) -> Self {
        let mut given = Given::new(source, dtype, dst);
        if let Source::Scalar(scalar) = source {
            given.integer = bits(scalar, dtype) as i64;
        }
        given
    }

    /// The kernel's parameter for a piece, in which this is operand `i`.
    pub(super) fn operand<const N: usize>(&self, piece: &Piece<N>, i: usize) -> Operand {
        let at = match self.address {
            0 => Place::default(),
            address => piece.place(i, address, self.size),
        };
        Operand {
            at,
            number: self.number,
            integer: self.integer,
        }
    }
}

/// A scalar as kernels of a dtype compute with it: halves are not rounded to their own width.
fn value(scalar: Scalar, dtype: DType) -> (f64, i64) {
    match dtype {
        DType::F64 => (scalar.to_f64(), 0),
        DType::F32 | DType::F16 | DType::BF16 => (f64::from(scalar.cast::<f32>()), 0),
        _ => with_dtype!(dtype, T => (0.0, scalar.cast::<T>().to_i64())),
    }
}

/// The bits of a scalar as an element.
pub(super) fn bits(scalar: Scalar, dtype: DType) -> u64 {
    match dtype {
        DType::F64 => scalar.cast::<f64>().to_bits(),
        DType::F32 => scalar.cast::<f32>().to_bits().into(),
        DType::F16 => scalar.cast::<ondol_tensor::f16>().to_bits().into(),
        DType::BF16 => scalar.cast::<ondol_tensor::bf16>().to_bits().into(),
        _ => with_dtype!(dtype, T => scalar.cast::<T>().to_i64() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_become_elements() {
        assert_eq!(value(Scalar::Float(2049.0), DType::F16), (2049.0, 0));
        assert_eq!(value(Scalar::Float(0.1), DType::F32).0, f64::from(0.1f32));
        assert_eq!(value(Scalar::Int(-1), DType::U8), (0.0, 255));
        assert_eq!(value(Scalar::Float(2.7), DType::Bool), (0.0, 1));
        assert_eq!(bits(Scalar::Float(1.0), DType::BF16), 0x3F80);
        assert_eq!(bits(Scalar::Int(-1), DType::I64), u64::MAX);
        assert_eq!(bits(Scalar::Bool(true), DType::F32), 0x3F80_0000);
    }
}
