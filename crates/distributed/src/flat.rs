//! Elements in host memory, one after the other, as what they are or as bytes.

use half::vec::{HalfBitsVecExt, HalfFloatVecExt};
use ondol_tensor::{Array, DType, Error, Result, bf16, f16};

/// A vector of any dtype. Half types are kept as their bits.
#[derive(Debug)]
pub(crate) enum Flat {
    Bool(Vec<u8>),
    U8(Vec<u8>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F16(Vec<u16>),
    BF16(Vec<u16>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// Runs an expression on the vector inside, whatever it is of.
macro_rules! with_flat {
    ($flat:expr, $v:ident => $body:expr) => {
        match $flat {
            Flat::Bool($v) | Flat::U8($v) => $body,
            Flat::I32($v) => $body,
            Flat::I64($v) => $body,
            Flat::F16($v) | Flat::BF16($v) => $body,
            Flat::F32($v) => $body,
            Flat::F64($v) => $body,
        }
    };
}

impl Flat {
    pub(crate) fn zeros(dtype: DType, n: usize) -> Flat {
        match dtype {
            DType::Bool => Flat::Bool(vec![0; n]),
            DType::U8 => Flat::U8(vec![0; n]),
            DType::I32 => Flat::I32(vec![0; n]),
            DType::I64 => Flat::I64(vec![0; n]),
            DType::F16 => Flat::F16(vec![0; n]),
            DType::BF16 => Flat::BF16(vec![0; n]),
            DType::F32 => Flat::F32(vec![0.0; n]),
            DType::F64 => Flat::F64(vec![0.0; n]),
        }
    }

    /// The elements of some arrays, one after the other; a single one that is owned alone is not copied.
    pub(crate) fn of(pieces: Vec<Array>) -> Result<Flat> {
        let Some(dtype) = pieces.first().map(Array::dtype) else {
            return Ok(Flat::F32(Vec::new()));
        };
        if let Some(other) = pieces.iter().find(|p| p.dtype() != dtype) {
            return Err(Error::DType {
                op: "all_reduce",
                got: other.dtype().to_string(),
                expected: format!("one dtype for all pieces, {dtype}"),
            });
        }
        Ok(match dtype {
            DType::Bool => Flat::Bool(joined::<bool>(pieces)?.into_iter().map(u8::from).collect()),
            DType::U8 => Flat::U8(joined(pieces)?),
            DType::I32 => Flat::I32(joined(pieces)?),
            DType::I64 => Flat::I64(joined(pieces)?),
            DType::F16 => Flat::F16(joined::<f16>(pieces)?.reinterpret_into()),
            DType::BF16 => Flat::BF16(joined::<bf16>(pieces)?.reinterpret_into()),
            DType::F32 => Flat::F32(joined(pieces)?),
            DType::F64 => Flat::F64(joined(pieces)?),
        })
    }

    pub(crate) fn into_array(self) -> Result<Array> {
        match self {
            Flat::Bool(v) => flat_array(v.into_iter().map(|b| b != 0).collect::<Vec<bool>>()),
            Flat::U8(v) => flat_array(v),
            Flat::I32(v) => flat_array(v),
            Flat::I64(v) => flat_array(v),
            Flat::F16(v) => flat_array::<f16>(v.reinterpret_into()),
            Flat::BF16(v) => flat_array::<bf16>(v.reinterpret_into()),
            Flat::F32(v) => flat_array(v),
            Flat::F64(v) => flat_array(v),
        }
    }

    pub(crate) fn dtype(&self) -> DType {
        match self {
            Flat::Bool(_) => DType::Bool,
            Flat::U8(_) => DType::U8,
            Flat::I32(_) => DType::I32,
            Flat::I64(_) => DType::I64,
            Flat::F16(_) => DType::F16,
            Flat::BF16(_) => DType::BF16,
            Flat::F32(_) => DType::F32,
            Flat::F64(_) => DType::F64,
        }
    }

    pub(crate) fn len(&self) -> usize {
        with_flat!(self, v => v.len())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        with_flat!(self, v => bytemuck::cast_slice(v))
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        with_flat!(self, v => bytemuck::cast_slice_mut(v))
    }
}

fn joined<T: ondol_tensor::Element>(mut pieces: Vec<Array>) -> Result<Vec<T>> {
    if pieces.len() == 1 {
        let piece = pieces.remove(0);
        return match piece.into_ndarray::<T>()?.into_raw_vec_and_offset() {
            (vector, None | Some(0)) => Ok(vector),
            (vector, Some(start)) => Ok(vector[start..].to_vec()),
        };
    }
    let mut out = Vec::with_capacity(pieces.iter().map(Array::numel).sum());
    for piece in &pieces {
        let piece = piece.contiguous()?;
        let view = piece.view_nd::<T>()?;
        match view.as_slice() {
            Some(slice) => out.extend_from_slice(slice),
            None => out.extend(view.iter().copied()),
        }
    }
    Ok(out)
}

fn flat_array<T: ondol_tensor::Element>(vector: Vec<T>) -> Result<Array> {
    let n = vector.len();
    Array::from_vec(vector, [n])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dtype_goes_in_and_out() {
        for dtype in DType::ALL {
            let a = Array::range(0.0, 1.0, 6, DType::F32, &Default::default());
            let a = a.unwrap().cast(dtype).unwrap().reshape([2, 3]).unwrap();
            let b = a.transpose(0, 1).unwrap();
            let mut flat = Flat::of(vec![a.clone(), b.clone()]).unwrap();
            assert_eq!((flat.dtype(), flat.len()), (dtype, 12));
            assert_eq!(flat.bytes().len(), 12 * dtype.size());
            assert_eq!(flat.bytes_mut().len(), 12 * dtype.size());
            let mut expected = a.to_bytes().unwrap();
            expected.extend(b.to_bytes().unwrap());
            assert_eq!(flat.into_array().unwrap().to_bytes().unwrap(), expected);
            let one = Flat::of(vec![b.clone()]).unwrap().into_array().unwrap();
            assert_eq!(one.to_bytes().unwrap(), b.to_bytes().unwrap());
        }
    }
}
