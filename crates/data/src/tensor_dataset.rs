//! Tensors in memory as a dataset.

use ondol_autograd::{Tensor, raise};
use ondol_tensor::{Array, Error, Result};

use crate::{Collate, Dataset};

/// What a [`TensorDataset`] is made of: a tensor, a tuple of two to four, or a `Vec` of them.
pub trait Tensors: Collate<Batch = Self> + Send + Sync {
    /// The tensors, in order.
    fn tensors(&self) -> Vec<&Tensor>;

    /// The same structure with `f` of each tensor in it.
    fn each(&self, f: &mut dyn FnMut(&Tensor) -> Result<Tensor>) -> Result<Self>;
}

impl Tensors for Tensor {
    fn tensors(&self) -> Vec<&Tensor> {
        vec![self]
    }

    fn each(&self, f: &mut dyn FnMut(&Tensor) -> Result<Tensor>) -> Result<Self> {
        f(self)
    }
}

impl Tensors for Vec<Tensor> {
    fn tensors(&self) -> Vec<&Tensor> {
        self.iter().collect()
    }

    fn each(&self, f: &mut dyn FnMut(&Tensor) -> Result<Tensor>) -> Result<Self> {
        self.iter().map(f).collect()
    }
}

macro_rules! tuples {
    ($(($($t:ident $i:tt),+))*) => {$(
        impl Tensors for ($($t,)+) {
            fn tensors(&self) -> Vec<&Tensor> {
                vec![$(&self.$i),+]
            }

            fn each(&self, f: &mut dyn FnMut(&Tensor) -> Result<Tensor>) -> Result<Self> {
                Ok(($(f(&self.$i)?,)+))
            }
        }
    )*};
}
tuples!((Tensor 0, Tensor 1)(Tensor 0, Tensor 1, Tensor 2)(Tensor 0, Tensor 1, Tensor 2, Tensor 3));

/// Tensors whose first dimensions are the samples, `torch.utils.data.TensorDataset`.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_data::{Dataset, TensorDataset};
/// let data = TensorDataset::new((Tensor::zeros([10, 3]), Tensor::range(10)));
/// let (x, y) = data.get_batch(&[7, 2])?;
/// assert_eq!(x.shape(), [2, 3]);
/// assert_eq!(y.to_vec::<i64>(), [7, 2]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TensorDataset<T> {
    tensors: T,
    len: usize,
}

impl<T: Tensors> TensorDataset<T> {
    /// A dataset of tensors of one first size.
    ///
    /// # Panics
    /// Where the first sizes differ, there is a 0-dim tensor or none at all.
    #[track_caller]
    pub fn new(tensors: T) -> Self {
        let sizes: Vec<Option<usize>> = tensors
            .tensors()
            .iter()
            .map(|t| t.value().shape().first().copied())
            .collect();
        match sizes.first() {
            Some(&Some(len)) if sizes.iter().all(|&s| s == Some(len)) => {
                TensorDataset { tensors, len }
            }
            _ => {
                let sizes: Vec<String> = sizes
                    .iter()
                    .map(|s| s.map_or("a 0-dim tensor".into(), |n| n.to_string()))
                    .collect();
                raise(Error::value(
                    "TensorDataset",
                    format!(
                        "Size mismatch between tensors: first sizes are [{}]",
                        sizes.join(", ")
                    ),
                ))
            }
        }
    }

    /// The tensors.
    pub fn tensors(&self) -> &T {
        &self.tensors
    }
}

impl<T: Tensors> Dataset for TensorDataset<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, index: usize) -> Result<T> {
        check_index("TensorDataset", index, self.len)?;
        self.tensors
            .each(&mut |t| Ok(t.value().select_index(0, index as isize)?.into()))
    }

    fn get_batch(&self, indices: &[usize]) -> Result<T> {
        for &index in indices {
            check_index("TensorDataset", index, self.len)?;
        }
        let rows = Array::from_vec(indices.iter().map(|&i| i as i64).collect(), [indices.len()])?;
        self.tensors.each(&mut |t| {
            let value = t.value();
            let rows = rows.to_device(value.device())?;
            Ok(value.index_select(0, &rows)?.into())
        })
    }
}

/// An error where a dataset of `size` samples has none at `index`, for
/// [`Dataset::get`](crate::Dataset::get); `op` names the dataset.
pub fn check_index(op: &'static str, index: usize, size: usize) -> Result<()> {
    if index < size {
        return Ok(());
    }
    Err(Error::Index {
        op,
        index: index as i64,
        dim: 0,
        size,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize, width: usize) -> Tensor {
        let numbers = (0..n * width).map(|i| i as f32).collect();
        Array::from_vec(numbers, [n, width]).unwrap().into()
    }

    #[test]
    fn the_batch_path_equals_sample_by_sample() {
        let data = TensorDataset::new(vec![rows(6, 2), rows(6, 3)]);
        let indices = [5, 0, 0, 3];
        let together = data.get_batch(&indices).unwrap();
        let alone =
            Collate::collate(indices.iter().map(|&i| data.get(i).unwrap()).collect()).unwrap();
        for (a, b) in together.iter().zip(&alone) {
            assert_eq!(a.value().shape(), b.value().shape());
            assert_eq!(a.value().to_bytes().unwrap(), b.value().to_bytes().unwrap());
        }
        let text = data.get_batch(&[6]).unwrap_err().to_string();
        assert!(
            text.contains("index 6 is out of bounds") && text.contains("size 6"),
            "{text}"
        );
        assert!(data.get(6).is_err());
    }

    #[test]
    #[should_panic(expected = "Size mismatch between tensors: first sizes are [6, 5]")]
    fn first_sizes_must_agree() {
        TensorDataset::new((rows(6, 2), rows(5, 2)));
    }
}
