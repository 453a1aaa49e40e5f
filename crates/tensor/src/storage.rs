//! The memory behind an array, for what writes it to files and reads it back.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::convert::to_little_endian;
use crate::{Array, DType, Device, Error, Layout, Result, Shape, cpu, with_dtype};

impl Array {
    /// A number that names the buffer: equal for arrays that [share](Array::shares_buffer) one, as
    /// long as one of them lives. `torch.Tensor.untyped_storage().data_ptr()`.
    pub fn buffer_id(&self) -> usize {
        Arc::as_ptr(&self.buffer).cast::<()>() as usize
    }

    /// The bytes of a range of the buffer's elements, in memory order and little-endian; lent
    /// where they lie so on the host, copied where not.
    ///
    /// # Errors
    /// Where the range ends behind the buffer, or the device fails.
    pub fn storage_bytes(&self, elements: Range<usize>) -> Result<Cow<'_, [u8]>> {
        let size = self.dtype.size();
        if elements.start > elements.end || elements.end > self.buffer.bytes() / size {
            return Err(Error::value(
                "storage_bytes",
                format!(
                    "{elements:?} lies outside of the buffer's {} elements",
                    self.buffer.bytes() / size
                ),
            ));
        }
        let bytes = elements.start * size..elements.end * size;
        if cfg!(target_endian = "little")
            && let Some(all) = cpu::typed::<u8>(&*self.buffer)
        {
            return Ok(Cow::Borrowed(&all[bytes]));
        }
        let mut out = vec![0u8; bytes.len()];
        if !out.is_empty() {
            self.backend()
                .download(&*self.buffer, bytes.start, &mut out)?;
        }
        to_little_endian(&mut out, size);
        Ok(Cow::Owned(out))
    }

    /// A CPU array whose elements `read` writes as little-endian bytes in row-major order, straight
    /// into their place; it is given a slice of exactly their size, all zero.
    ///
    /// ```
    /// use ondol_tensor::{Array, DType};
    /// let mut file = &[0u8, 0, 128, 63, 0, 0, 0, 64][..];
    /// let a = Array::read_bytes([2], DType::F32, |bytes| {
    ///     std::io::Read::read_exact(&mut file, bytes).map_err(|e| ondol_tensor::Error::io("x", "read", e))
    /// })?;
    /// assert_eq!(a.to_vec::<f32>()?, [1.0, 2.0]);
    /// # Ok::<(), ondol_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of `read`; where there is not enough memory; where a byte of a `bool` is not 0 or 1.
    pub fn read_bytes(
        shape: impl Into<Shape>,
        dtype: DType,
        read: impl FnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<Array> {
        let shape = shape.into();
        let needed = shape
            .iter()
            .try_fold(dtype.size(), |n, &s| n.checked_mul(s));
        let Some(needed) = needed.filter(|&n| isize::try_from(n).is_ok()) else {
            return Err(Error::value(
                "read_bytes",
                format!("shape {shape} has too many elements for memory"),
            ));
        };
        if dtype == DType::Bool {
            // A `bool` of another bit pattern must never exist, so the bytes are checked first.
            let mut bytes = zeros::<u8>(needed)?;
            read(&mut bytes)?;
            if let Some(i) = bytes.iter().position(|&b| b > 1) {
                let message = format!("element {i} is {}, but a bool is 0 or 1", bytes[i]);
                return Err(Error::value("read_bytes", message));
            }
            return Array::from_vec(
                bytes.into_iter().map(|b| b != 0).collect::<Vec<bool>>(),
                shape,
            );
        }
        with_dtype!(dtype, T => {
            let mut out = zeros::<T>(needed / size_of::<T>())?;
            let bytes = cpu::bytes_of_mut(&mut out);
            read(bytes)?;
            to_little_endian(bytes, size_of::<T>());
            Array::from_vec(out, shape)
        })
    }

    /// Another look at the same buffer, `torch.as_strided`: any shape and strides, from element
    /// `offset` of the buffer on (not of this view of it).
    ///
    /// # Errors
    /// Where an element would lie outside of the buffer.
    pub fn as_strided(
        &self,
        shape: impl Into<Shape>,
        strides: &[isize],
        offset: usize,
    ) -> Result<Array> {
        let shape = shape.into();
        let fail = |rule: String| Error::Input {
            op: "as_strided",
            shape: shape.to_vec(),
            rule,
        };
        if shape.ndim() != strides.len() {
            return Err(fail(format!(
                "needs a stride for each dimension, got {strides:?}"
            )));
        }
        let elements = self.buffer.bytes() / self.dtype.size();
        if !inside(&shape, strides, offset, elements) {
            return Err(fail(format!(
                "with strides {strides:?} and offset {offset} it reaches outside of the buffer's {elements} elements"
            )));
        }
        let layout = Layout::strided(shape.clone(), strides, offset);
        Ok(Array {
            layout,
            ..self.clone()
        })
    }
}

/// Whether every element lies in a buffer of `elements`, without overflow on the way.
fn inside(shape: &Shape, strides: &[isize], offset: usize, elements: usize) -> bool {
    let numel = shape.iter().try_fold(1usize, |n, &s| n.checked_mul(s));
    let (Some(numel), Ok(offset)) = (numel, isize::try_from(offset)) else {
        return false;
    };
    if numel == 0 {
        return true;
    }
    let (mut low, mut high) = (offset, offset);
    for (&size, &stride) in shape.iter().zip(strides) {
        let reach = isize::try_from(size - 1)
            .ok()
            .and_then(|n| n.checked_mul(stride));
        let Some(reach) = reach else { return false };
        let (Some(l), Some(h)) = (
            low.checked_add(reach.min(0)),
            high.checked_add(reach.max(0)),
        ) else {
            return false;
        };
        (low, high) = (l, h);
    }
    low >= 0 && (high as usize) < elements
}

/// `n` zeros; an error where a vector would abort.
fn zeros<T: crate::Element>(n: usize) -> Result<Vec<T>> {
    let mut out = Vec::new();
    out.try_reserve_exact(n).map_err(|_| Error::Device {
        device: Device::cpu().name().to_owned(),
        message: format!("out of memory: {} bytes were asked for", n * size_of::<T>()),
    })?;
    out.resize(n, T::default());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_out_and_come_back() {
        let a = Array::from_vec(vec![1.5f32, f32::from_bits(0x7fc0_1234), -0.0], [3]).unwrap();
        let bytes = a.storage_bytes(0..3).unwrap().into_owned();
        let b = Array::read_bytes([3], DType::F32, |to| {
            to.copy_from_slice(&bytes);
            Ok(())
        })
        .unwrap();
        assert_eq!(
            b.storage_bytes(1..3).unwrap(),
            a.storage_bytes(1..3).unwrap()
        );
        assert_ne!(a.buffer_id(), b.buffer_id());
        assert_eq!(a.buffer_id(), a.flip(&[0]).unwrap().buffer_id());
        assert!(a.storage_bytes(1..4).is_err());
        let bad = Array::read_bytes([2], DType::Bool, |to| {
            to[1] = 2;
            Ok(())
        });
        assert!(bad.unwrap_err().to_string().contains("element 1 is 2"));
        assert!(Array::read_bytes([usize::MAX, 2], DType::F32, |_| Ok(())).is_err());
    }

    #[test]
    fn strided_views_stay_inside() {
        let a = Array::from_vec((0..6).collect::<Vec<i32>>(), [6]).unwrap();
        let view = |shape: &[usize], strides: &[isize], offset| {
            a.as_strided(Shape::new(shape), strides, offset)
        };
        assert_eq!(
            view(&[2], &[-2], 5)
                .unwrap()
                .layout()
                .positions()
                .collect::<Vec<_>>(),
            [5, 3]
        );
        assert!(view(&[2, 3], &[3, 1], 0).unwrap().shares_buffer(&a));
        assert!(view(&[usize::MAX >> 1], &[0], 5).is_ok());
        assert!(view(&[0], &[1], 99).is_ok());
        for (shape, strides, offset) in [
            (&[2, 3][..], &[3, 1][..], 1),
            (&[2], &[-1], 0),
            (&[1], &[1], 6),
            (&[3], &[isize::MAX], 0),
            (&[2], &[], 0),
        ] {
            assert!(
                view(shape, strides, offset).is_err(),
                "{shape:?} {strides:?} {offset}"
            );
        }
    }
}
