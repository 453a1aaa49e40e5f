//! `tensor!`: nested literals.

use ondol_tensor::{Array, Error, Result};

use crate::Tensor;

/// A tensor from nested literals, `torch.tensor`: integers make `i64`, floats `f32`, bools `bool`.
///
/// ```
/// use ondol_autograd::{DType, tensor};
/// assert_eq!(tensor!([[1, 2], [3, 4]]).dtype(), DType::I64);
/// assert_eq!(tensor!([1.0, 2.5]).dtype(), DType::F32);
/// assert_eq!(tensor!(1.0).ndim(), 0);
/// assert_eq!(tensor!([]).shape(), [0]);
/// let v = vec![vec![1.0f64, 2.0], vec![3.0, 4.0]];
/// assert_eq!(tensor!(v).dtype(), DType::F64);
/// ```
///
/// # Panics
/// On ragged rows, naming the row.
#[macro_export]
macro_rules! tensor {
    ([] $(,)?) => { $crate::Tensor::zeros([0]) };
    // What stands in brackets here is a literal: i32 and f64 become PyTorch's defaults.
    ([$($inner:tt)*] $(,)?) => { $crate::Tensor::from_nested(&[$($inner)*], true) };
    ($number:literal $(,)?) => { $crate::Tensor::from_nested(&$number, true) };
    (- $number:literal $(,)?) => { $crate::Tensor::from_nested(&-$number, true) };
    // Other data keep their type.
    ($data:expr $(,)?) => { $crate::Tensor::from_nested(&$data, false) };
}

/// Numbers, and arrays and vectors of them, nested to any depth.
pub trait NestedData {
    /// The numbers at the bottom.
    type Number: ondol_tensor::Element;
    /// The sizes, taken from the first row at each level.
    fn shape(&self, into: &mut Vec<usize>);
    /// Appends the numbers; fails on a row of another size than `shape` says.
    fn collect(
        &self,
        shape: &[usize],
        path: &mut Vec<usize>,
        into: &mut Vec<Self::Number>,
    ) -> Result<()>;
}

macro_rules! number {
    ($($t:ty),*) => {$(
        impl NestedData for $t {
            type Number = $t;
            fn shape(&self, _: &mut Vec<usize>) {}
            fn collect(&self, _: &[usize], _: &mut Vec<usize>, into: &mut Vec<$t>) -> Result<()> {
                into.push(*self);
                Ok(())
            }
        }
    )*};
}
number!(f32, f64, i64, i32, u8, bool);

impl<T: NestedData> NestedData for [T] {
    type Number = T::Number;
    fn shape(&self, into: &mut Vec<usize>) {
        into.push(self.len());
        if let Some(first) = self.first() {
            first.shape(into);
        }
    }
    fn collect(
        &self,
        shape: &[usize],
        path: &mut Vec<usize>,
        into: &mut Vec<T::Number>,
    ) -> Result<()> {
        let (&wanted, rest) = shape.split_first().unwrap_or((&0, &[]));
        if self.len() != wanted {
            return Err(Error::value(
                "tensor",
                format!(
                    "expected sequence of length {wanted} at dim {} (got {}) in row {path:?}",
                    path.len(),
                    self.len()
                ),
            ));
        }
        for (i, item) in self.iter().enumerate() {
            path.push(i);
            item.collect(rest, path, into)?;
            path.pop();
        }
        Ok(())
    }
}

macro_rules! delegate {
    ($([$($g:tt)*] $t:ty;)*) => {$(
        impl<$($g)*> NestedData for $t {
            type Number = T::Number;
            fn shape(&self, into: &mut Vec<usize>) { self[..].shape(into); }
            fn collect(&self, shape: &[usize], path: &mut Vec<usize>, into: &mut Vec<T::Number>) -> Result<()> {
                self[..].collect(shape, path, into)
            }
        }
    )*};
}
delegate! {
    [T: NestedData, const N: usize] [T; N];
    [T: NestedData] Vec<T>;
    [T: NestedData] &[T];
}

impl Tensor {
    /// What [`tensor!`] calls: `literal` maps `i32` to `i64` and `f64` to `f32`.
    #[doc(hidden)]
    #[track_caller]
    pub fn from_nested<D: NestedData + ?Sized>(data: &D, literal: bool) -> Tensor {
        use ondol_tensor::{DType, Element};
        let mut shape = Vec::new();
        data.shape(&mut shape);
        let mut numbers = Vec::new();
        let made = data
            .collect(&shape, &mut Vec::new(), &mut numbers)
            .and_then(|()| Array::from_vec(numbers, shape))
            .and_then(|a| match <D::Number as Element>::DTYPE {
                DType::I32 if literal => a.cast(DType::I64),
                DType::F64 if literal => a.cast(ondol_tensor::default_dtype()),
                _ => Ok(a),
            });
        Tensor::from(crate::ok(made))
    }
}
