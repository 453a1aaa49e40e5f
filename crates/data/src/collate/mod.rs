//! From samples to a batch.

mod convert;
mod structure;

use std::path::PathBuf;

use ondol_autograd::Tensor;
use ondol_tensor::{Array, Error, Result};

pub use self::convert::{Convert, default_convert};
use crate::context::sample_name;

/// What can be joined into a batch; [`default_collate`] joins it.
///
/// | samples | batch |
/// |---|---|
/// | `Tensor` of one shape | stacked along a new first dimension |
/// | `f32`, `f64`, `i64`, `i32`, `u8`, `bool` | a tensor of one dimension; `usize` becomes `i64` |
/// | `String`, `&'static str`, `PathBuf` | a `Vec` of them |
/// | tuples up to six | the tuple of the parts' batches |
/// | `Vec<T>` of one length, arrays | a `Vec` or an array of the elements' batches |
/// | `HashMap`, `BTreeMap` of the same keys | a map of the values' batches |
/// | `Option<T>`, all or none | an `Option` of the batch |
///
/// [`collate_struct!`](crate::collate_struct) declares a struct whose fields are joined each by itself.
/// Implement it for a type of your own to join its samples another way:
///
/// ```
/// use ondol_autograd::{Result, Tensor};
/// use ondol_data::Collate;
///
/// /// A picture and as many boxes as there are things in it.
/// struct Detection {
///     image: Tensor,
///     boxes: Tensor,
/// }
///
/// impl Collate for Detection {
///     /// The pictures, all boxes, and how many each picture has.
///     type Batch = (Tensor, Tensor, Vec<usize>);
///
///     fn collate(items: Vec<Self>) -> Result<Self::Batch> {
///         let counts = items.iter().map(|d| d.boxes.size(0)).collect();
///         let (images, boxes): (Vec<_>, Vec<_>) =
///             items.into_iter().map(|d| (d.image, d.boxes)).unzip();
///         Ok((Collate::collate(images)?, Tensor::cat(&boxes, 0), counts))
///     }
/// }
///
/// let one = |n| Detection { image: Tensor::zeros([3, 2, 2]), boxes: Tensor::zeros([n, 4]) };
/// let (images, boxes, counts) = Collate::collate(vec![one(3), one(1)])?;
/// assert_eq!((images.shape(), boxes.shape()), ([2, 3, 2, 2].into(), [4, 4].into()));
/// assert_eq!(counts, [3, 1]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
pub trait Collate: Sized {
    /// The samples together.
    type Batch: Send + 'static;

    /// Joins samples, in order.
    ///
    /// # Errors
    /// Samples that do not go together, naming two that differ; no samples at all, where the
    /// batch's shape would be unknown.
    fn collate(items: Vec<Self>) -> Result<Self::Batch>;
}

/// Samples joined into a batch as their [`Collate`] says, `torch.utils.data.default_collate`.
///
/// ```
/// use ondol_data::default_collate;
/// let (x, name) = default_collate(vec![(1.5f32, "a"), (2.5, "b")])?;
/// assert_eq!((x.to_vec::<f32>(), name), (vec![1.5, 2.5], vec!["a", "b"]));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// As [`Collate::collate`].
pub fn default_collate<T: Collate>(batch: Vec<T>) -> Result<T::Batch> {
    T::collate(batch)
}

/// An error that names two samples.
fn differ(a: usize, b: usize, how: String) -> Error {
    Error::data(format!(
        "collate: {} and {} do not go into one batch: {how}",
        sample_name(a),
        sample_name(b)
    ))
}

impl Collate for Tensor {
    type Batch = Tensor;

    fn collate(items: Vec<Tensor>) -> Result<Tensor> {
        let arrays: Vec<Array> = items.into_iter().map(|t| t.value()).collect();
        let Some(first) = arrays.first() else {
            return Err(Error::value("collate", "there are no tensors to stack"));
        };
        for (i, a) in arrays.iter().enumerate() {
            if a.shape() != first.shape() {
                return Err(Error::Shape {
                    op: "collate",
                    lhs: first.shape().to_vec(),
                    rhs: a.shape().to_vec(),
                    rule: format!(
                        "stack expects each tensor to be equal size, but {} and {} differ",
                        sample_name(0),
                        sample_name(i)
                    ),
                });
            }
            if a.dtype() != first.dtype() {
                return Err(differ(
                    0,
                    i,
                    format!("{} is not {}", first.dtype(), a.dtype()),
                ));
            }
            if a.device() != first.device() {
                let (x, y) = (first.device().name(), a.device().name());
                return Err(differ(0, i, format!("one is on {x}, the other on {y}")));
            }
        }
        let rows = arrays
            .iter()
            .map(|a| a.unsqueeze(0))
            .collect::<Result<Vec<_>>>()?;
        let rows: Vec<&Array> = rows.iter().collect();
        Ok(Tensor::from(Array::cat(&rows, 0)?))
    }
}

macro_rules! numbers {
    ($($t:ty as $element:ty),* $(,)?) => {$(
        impl Collate for $t {
            type Batch = Tensor;

            fn collate(items: Vec<$t>) -> Result<Tensor> {
                let numbers: Vec<$element> = items.into_iter().map(|x| x as $element).collect();
                let n = numbers.len();
                Ok(Tensor::from(Array::from_vec(numbers, [n])?))
            }
        }
    )*};
}
numbers!(
    f32 as f32,
    f64 as f64,
    i64 as i64,
    i32 as i32,
    u8 as u8,
    usize as i64,
    bool as bool
);

macro_rules! texts {
    ($($t:ty),*) => {$(
        impl Collate for $t {
            type Batch = Vec<$t>;

            fn collate(items: Vec<$t>) -> Result<Vec<$t>> {
                Ok(items)
            }
        }
    )*};
}
texts!(String, &'static str, PathBuf);

impl<T: Collate> Collate for Vec<T> {
    type Batch = Vec<T::Batch>;

    fn collate(items: Vec<Vec<T>>) -> Result<Vec<T::Batch>> {
        let (rows, n) = (items.len(), items.first().map_or(0, Vec::len));
        let mut columns: Vec<Vec<T>> = (0..n).map(|_| Vec::with_capacity(rows)).collect();
        for (i, item) in items.into_iter().enumerate() {
            if item.len() != n {
                return Err(differ(0, i, format!("{n} elements are not {}", item.len())));
            }
            for (column, element) in columns.iter_mut().zip(item) {
                column.push(element);
            }
        }
        columns.into_iter().map(T::collate).collect()
    }
}

impl<T: Collate> Collate for Option<T> {
    type Batch = Option<T::Batch>;

    fn collate(items: Vec<Option<T>>) -> Result<Option<T::Batch>> {
        let some = items.first().is_some_and(Option::is_some);
        if let Some(i) = items.iter().position(|item| item.is_some() != some) {
            return Err(differ(0, i, "one is None, the other is not".into()));
        }
        if !some {
            return Ok(None);
        }
        T::collate(items.into_iter().flatten().collect()).map(Some)
    }
}

macro_rules! tuples {
    ($(($($t:ident $column:ident),+))*) => {$(
        impl<$($t: Collate),+> Collate for ($($t,)+) {
            type Batch = ($($t::Batch,)+);

            fn collate(items: Vec<Self>) -> Result<Self::Batch> {
                $(let mut $column = Vec::with_capacity(items.len());)+
                for item in items {
                    #[allow(non_snake_case)]
                    let ($($t,)+) = item;
                    $($column.push($t);)+
                }
                Ok(($($t::collate($column)?,)+))
            }
        }
    )*};
}
tuples!(
    (A a)
    (A a, B b)
    (A a, B b, C c)
    (A a, B b, C c, D d)
    (A a, B b, C c, D d, E e)
    (A a, B b, C c, D d, E e, F f)
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::with_batch;

    fn tensor(shape: &[usize]) -> Tensor {
        Tensor::from(Array::from_vec(vec![1.0f32; shape.iter().product()], shape).unwrap())
    }

    #[test]
    fn each_kind_becomes_its_batch() {
        let (x, y, name) = Collate::collate(vec![
            (tensor(&[2, 3]), 4usize, "a".to_owned()),
            (tensor(&[2, 3]), 5, "b".to_owned()),
        ])
        .unwrap();
        assert_eq!(x.value().shape(), &[2, 2, 3]);
        assert_eq!(y.value().to_vec::<i64>().unwrap(), [4, 5]);
        assert_eq!(name, ["a", "b"]);
        let columns = Collate::collate(vec![vec![1.0f32, 2.0], vec![3.0, 4.0]]).unwrap();
        assert_eq!(columns[1].value().to_vec::<f32>().unwrap(), [2.0, 4.0]);
        let flags = Collate::collate(vec![Some(true), Some(false)])
            .unwrap()
            .unwrap();
        assert_eq!(flags.value().to_vec::<bool>().unwrap(), [true, false]);
        assert!(Collate::collate(vec![None::<f64>, None]).unwrap().is_none());
    }

    #[test]
    fn what_differs_is_named() {
        let uneven = with_batch(&[30, 10, 20], || {
            Collate::collate(vec![tensor(&[2]), tensor(&[2]), tensor(&[3])])
        });
        let text = uneven.unwrap_err().to_string();
        assert!(
            text.contains("sample 30 and sample 20") && text.contains("[2] and [3]"),
            "{text}"
        );
        let text = Collate::collate(vec![vec![1i64], vec![]])
            .unwrap_err()
            .to_string();
        assert!(text.contains("sample 0 and sample 1"), "{text}");
        assert!(Collate::collate(vec![Some(1i32), None]).is_err());
        assert!(Tensor::collate(vec![]).is_err());
    }
}
