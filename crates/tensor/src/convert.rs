//! Between arrays and host memory: vectors, numbers, `ndarray`.

use ndarray::{ArrayD, ArrayViewD, IxDyn, ShapeBuilder};

use crate::{Array, Device, Element, Error, Result, cpu, with_dtype};

impl Array {
    fn check_type<T: Element>(&self, op: &'static str) -> Result<()> {
        if self.dtype != T::DTYPE {
            return Err(Error::DType {
                op,
                got: self.dtype.to_string(),
                expected: format!("{}; cast first, or ask for the type it has", T::DTYPE),
            });
        }
        Ok(())
    }

    /// The elements in row-major order, from any device.
    ///
    /// # Errors
    /// Where the dtype is not `T`'s.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.check_type::<T>("to_vec")?;
        let here = self.contiguous()?;
        let (start, n) = (here.layout.offset(), here.numel());
        if let Some(all) = cpu::typed::<T>(&*here.buffer) {
            // An empty array may have any offset.
            return Ok(if n == 0 {
                Vec::new()
            } else {
                all[start..start + n].to_vec()
            });
        }
        let mut out = vec![T::default(); n];
        if n > 0 {
            here.backend().download(
                &*here.buffer,
                start * self.dtype.size(),
                cpu::bytes_of_mut(&mut out),
            )?;
        }
        Ok(out)
    }

    /// The elements as little-endian bytes in row-major order.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let here = self.contiguous()?;
        let size = self.dtype.size();
        let mut out = vec![0u8; here.numel() * size];
        if !out.is_empty() {
            here.backend()
                .download(&*here.buffer, here.layout.offset() * size, &mut out)?;
        }
        to_little_endian(&mut out, size);
        Ok(out)
    }

    /// A CPU array from little-endian bytes in row-major order; a `bool` is any byte that is not 0.
    ///
    /// # Errors
    /// Where the number of bytes is not what shape and dtype need.
    pub fn from_bytes(
        bytes: &[u8],
        shape: impl Into<crate::Shape>,
        dtype: crate::DType,
    ) -> Result<Array> {
        let shape = shape.into();
        let needed = shape
            .iter()
            .try_fold(dtype.size(), |n, &s| n.checked_mul(s));
        if needed != Some(bytes.len()) {
            return Err(Error::Input {
                op: "from_bytes",
                shape: shape.to_vec(),
                rule: format!(
                    "{} bytes were given, which is not what this shape of {dtype} needs",
                    bytes.len()
                ),
            });
        }
        if dtype == crate::DType::Bool {
            return Array::from_vec(bytes.iter().map(|&b| b != 0).collect(), shape);
        }
        let size = dtype.size();
        with_dtype!(dtype, T => {
            let mut out = vec![T::default(); bytes.len() / size];
            let raw = cpu::bytes_of_mut(&mut out);
            raw.copy_from_slice(bytes);
            to_little_endian(raw, size);
            Array::from_vec(out, shape)
        })
    }

    /// The one element, as `f64`, `torch.Tensor.item`.
    ///
    /// # Errors
    /// Where there is not exactly one.
    pub fn item(&self) -> Result<f64> {
        with_dtype!(self.dtype, T => self.element::<T>().map(Element::to_f64))
    }

    /// The one element, exactly, as the type it has.
    pub fn item_as<T: Element>(&self) -> Result<T> {
        self.check_type::<T>("item")?;
        self.element::<T>()
    }

    /// The elements lent as an `ndarray` view, without a copy.
    ///
    /// # Errors
    /// Where the dtype is not `T`'s, the array is not on the CPU, or it is a flipped view
    /// (`contiguous()` makes it one that can be lent).
    pub fn view_nd<T: Element>(&self) -> Result<ArrayViewD<'_, T>> {
        const OP: &str = "view_nd";
        self.check_type::<T>(OP)?;
        let Some(all) = cpu::typed::<T>(&*self.buffer) else {
            return Err(Error::Device {
                device: self.device.name().to_owned(),
                message: "only CPU memory can be lent; use to_device(&Device::cpu()) first".into(),
            });
        };
        let shape = IxDyn(self.shape());
        if self.numel() == 0 {
            return ArrayViewD::from_shape(shape, &[]).map_err(|e| Error::value(OP, e.to_string()));
        }
        if self.layout.strides().iter().any(|&s| s < 0) {
            return Err(Error::value(
                OP,
                "a flipped view cannot be lent; call contiguous() first",
            ));
        }
        let strides: Vec<usize> = self.layout.strides().iter().map(|&s| s as usize).collect();
        ArrayViewD::from_shape(shape.strides(IxDyn(&strides)), &all[self.layout.offset()..])
            .map_err(|e| Error::value(OP, e.to_string()))
    }

    /// The elements as an owned `ndarray`; without a copy where the buffer came from a vector of
    /// this type, is owned alone and is contiguous.
    pub fn into_ndarray<T: Element>(self) -> Result<ArrayD<T>> {
        const OP: &str = "into_ndarray";
        self.check_type::<T>(OP)?;
        let shape = IxDyn(self.shape());
        let whole = self.is_contiguous() && self.layout.offset() == 0 && self.device.is_cpu();
        if whole {
            let n = self.numel();
            let rest = Array {
                buffer: crate::cpu::from_vec(Vec::<T>::new()),
                ..self.clone()
            };
            let Array { buffer, .. } = self;
            return match cpu::into_vec::<T>(buffer) {
                Ok(mut vector) => {
                    vector.truncate(n);
                    ArrayD::from_shape_vec(shape, vector)
                }
                Err(buffer) => ArrayD::from_shape_vec(shape, Array { buffer, ..rest }.to_vec()?),
            }
            .map_err(|e| Error::value(OP, e.to_string()));
        }
        ArrayD::from_shape_vec(shape, self.to_vec()?).map_err(|e| Error::value(OP, e.to_string()))
    }

    /// The elements as an owned `ndarray`, copied.
    pub fn to_ndarray<T: Element>(&self) -> Result<ArrayD<T>> {
        ArrayD::from_shape_vec(IxDyn(self.shape()), self.to_vec()?)
            .map_err(|e| Error::value("to_ndarray", e.to_string()))
    }
}

/// Swaps the bytes of each element on big-endian machines; the formats are little-endian.
pub(crate) fn to_little_endian(bytes: &mut [u8], size: usize) {
    if cfg!(target_endian = "big") {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
}

impl<T: Element, D: ndarray::Dimension> From<ndarray::Array<T, D>> for Array {
    /// Takes the vector over; copies only where the elements do not lie row-major.
    fn from(array: ndarray::Array<T, D>) -> Self {
        let shape: crate::Shape = array.shape().iter().copied().collect();
        let vector = if array.is_standard_layout() {
            match array.into_raw_vec_and_offset() {
                (vector, None | Some(0)) => vector,
                (vector, Some(start)) => vector[start..].to_vec(),
            }
        } else {
            array.iter().copied().collect()
        };
        let n = shape.numel();
        let mut vector = vector;
        vector.truncate(n);
        Array {
            buffer: cpu::from_vec(vector),
            layout: crate::Layout::contiguous(shape),
            dtype: T::DTYPE,
            device: Device::cpu(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ndarray_both_ways_without_a_copy() {
        let nd = ndarray::array![[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let p = nd.as_ptr();
        let a = Array::from(nd);
        assert_eq!(a.shape(), &[2, 3]);
        assert_eq!(a.view_nd::<f32>().unwrap().as_ptr(), p);
        let t = a.transpose(0, 1).unwrap();
        assert_eq!(t.view_nd::<f32>().unwrap()[[2, 1]], 6.0);
        drop(t);
        let back = a.into_ndarray::<f32>().unwrap();
        assert_eq!(back.as_ptr(), p);
        assert_eq!(back[[1, 0]], 4.0);
        let f = Array::from(ndarray::array![[1i64, 2], [3, 4]].reversed_axes());
        assert_eq!(f.to_vec::<i64>().unwrap(), [1, 3, 2, 4]);
    }

    #[test]
    fn wrong_types_are_refused() {
        let a = Array::from_vec(vec![1.0f32, 2.0], [2]).unwrap();
        assert!(a.to_vec::<f64>().is_err());
        assert!(a.item().unwrap_err().to_string().contains("2 elements"));
        assert!(a.flip(&[0]).unwrap().view_nd::<f32>().is_err());
        assert!(Array::from_bytes(&[0; 7], [2], crate::DType::F32).is_err());
        assert_eq!(
            Array::from_bytes(&a.to_bytes().unwrap(), [2], crate::DType::F32)
                .unwrap()
                .to_vec::<f32>()
                .unwrap(),
            [1.0, 2.0]
        );
    }
}
