//! Shapes: up to six dimensions inline, more on the heap.

use std::fmt;
use std::ops::Deref;

use smallvec::SmallVec;

use crate::{Error, Result};

/// The sizes of an array's dimensions, `torch.Size`. `[]` is a scalar.
///
/// Made from a number, an array, a slice, a `Vec` or a tuple of `usize`.
///
/// ```
/// use ondol_tensor::Shape;
/// assert_eq!(Shape::from([2, 3]).to_string(), "[2, 3]");
/// assert_eq!(Shape::from((2, 3)).numel(), 6);
/// assert_eq!(Shape::from(()).numel(), 1);
/// ```
#[derive(PartialEq, Eq, Hash, Default)]
pub struct Shape(SmallVec<[usize; 6]>);

impl Clone for Shape {
    #[inline]
    fn clone(&self) -> Shape {
        Shape(copied(&self.0))
    }
}

/// A copy. What is inline, as it nearly always is, is copied without a loop or a call: every
/// operation copies a few.
#[inline]
pub(crate) fn copied<T: Copy + Default>(from: &SmallVec<[T; 6]>) -> SmallVec<[T; 6]> {
    let n = from.len();
    if n > 6 {
        return SmallVec::from_slice(from);
    }
    let inline = std::array::from_fn(|i| if i < n { from[i] } else { T::default() });
    SmallVec::from_buf_and_len(inline, n)
}

impl Shape {
    /// A shape of these sizes.
    pub fn new(sizes: &[usize]) -> Self {
        Shape(SmallVec::from_slice(sizes))
    }

    /// The number of elements: the product of the sizes, 1 for a scalar.
    pub fn numel(&self) -> usize {
        self.0.iter().product()
    }

    /// The number of dimensions.
    pub fn ndim(&self) -> usize {
        self.0.len()
    }

    /// The sizes.
    pub fn as_slice(&self) -> &[usize] {
        &self.0
    }

    /// Adds a dimension at the end.
    pub fn push(&mut self, size: usize) {
        self.0.push(size);
    }

    /// Puts a dimension in before `dim`.
    pub fn insert(&mut self, dim: usize, size: usize) {
        self.0.insert(dim, size);
    }

    /// Takes dimension `dim` out.
    pub fn remove(&mut self, dim: usize) -> usize {
        self.0.remove(dim)
    }

    /// The shape with dimension `dim` of another size.
    pub fn with(mut self, dim: usize, size: usize) -> Self {
        self.0[dim] = size;
        self
    }

    /// The shape two operands broadcast to: aligned at the right, a size of 1 stretches.
    ///
    /// # Errors
    /// [`Error::Shape`] naming `op`, both shapes and the first dimension that does not fit.
    pub fn broadcast(&self, other: &Shape, op: &'static str) -> Result<Shape> {
        if self == other {
            return Ok(self.clone());
        }
        let n = self.ndim().max(other.ndim());
        let at = |s: &Shape, i: usize| {
            if i + s.ndim() >= n {
                s[i + s.ndim() - n]
            } else {
                1
            }
        };
        let mut out = Shape::default();
        for i in 0..n {
            let (a, b) = (at(self, i), at(other, i));
            if a != b && a != 1 && b != 1 {
                return Err(Error::Shape {
                    op,
                    lhs: self.to_vec(),
                    rhs: other.to_vec(),
                    rule: format!(
                        "the sizes {a} and {b} at dimension {i} must be equal, or one of them 1, to broadcast"
                    ),
                });
            }
            out.push(if a == 1 { b } else { a });
        }
        Ok(out)
    }
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl std::ops::DerefMut for Shape {
    fn deref_mut(&mut self) -> &mut [usize] {
        &mut self.0
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_slice())
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_slice())
    }
}

impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(iter: I) -> Self {
        Shape(iter.into_iter().collect())
    }
}

impl From<usize> for Shape {
    fn from(n: usize) -> Self {
        Shape::new(&[n])
    }
}
impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Self {
        Shape::new(&sizes)
    }
}
impl<const N: usize> From<&[usize; N]> for Shape {
    fn from(sizes: &[usize; N]) -> Self {
        Shape::new(sizes)
    }
}
impl From<&[usize]> for Shape {
    fn from(sizes: &[usize]) -> Self {
        Shape::new(sizes)
    }
}
impl From<Vec<usize>> for Shape {
    fn from(sizes: Vec<usize>) -> Self {
        Shape(SmallVec::from_vec(sizes))
    }
}
impl From<&Vec<usize>> for Shape {
    fn from(sizes: &Vec<usize>) -> Self {
        Shape::new(sizes)
    }
}
impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Self {
        shape.clone()
    }
}
impl From<()> for Shape {
    fn from((): ()) -> Self {
        Shape::default()
    }
}
macro_rules! from_tuple {
    ($($t:ident)+) => {
        impl From<($(from_tuple!(@ $t),)+)> for Shape {
            #[allow(non_snake_case)]
            fn from(($($t,)+): ($(from_tuple!(@ $t),)+)) -> Self { Shape::new(&[$($t),+]) }
        }
    };
    (@ $t:ident) => { usize };
}
from_tuple!(a);
from_tuple!(a b);
from_tuple!(a b c);
from_tuple!(a b c d);
from_tuple!(a b c d e);
from_tuple!(a b c d e f);

impl PartialEq<[usize]> for Shape {
    fn eq(&self, other: &[usize]) -> bool {
        self.as_slice() == other
    }
}
impl<const N: usize> PartialEq<[usize; N]> for Shape {
    fn eq(&self, other: &[usize; N]) -> bool {
        self.as_slice() == other
    }
}
impl PartialEq<Vec<usize>> for Shape {
    fn eq(&self, other: &Vec<usize>) -> bool {
        self.as_slice() == other.as_slice()
    }
}

/// Turns a dimension that may count from the end into an index.
///
/// # Errors
/// [`Error::Dim`] with the valid range, PyTorch's text.
pub fn wrap_dim(op: &'static str, dim: isize, ndim: usize) -> Result<usize> {
    // A scalar answers to dimension 0 and -1, as in PyTorch.
    let n = ndim.max(1) as isize;
    if dim < -n || dim >= n {
        return Err(Error::Dim {
            op,
            dim,
            low: -n,
            high: n - 1,
        });
    }
    Ok(if dim < 0 { dim + n } else { dim } as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_aligns_right() {
        let s = |v: &[usize]| Shape::new(v);
        assert_eq!(s(&[5, 2]).broadcast(&s(&[2]), "add").unwrap(), [5, 2]);
        assert_eq!(s(&[5, 1]).broadcast(&s(&[1, 3]), "add").unwrap(), [5, 3]);
        assert_eq!(s(&[]).broadcast(&s(&[0, 3]), "add").unwrap(), [0, 3]);
        assert_eq!(s(&[1]).broadcast(&s(&[0]), "add").unwrap(), [0]);
        let e = s(&[2, 3])
            .broadcast(&s(&[4]), "add")
            .unwrap_err()
            .to_string();
        assert!(
            e.contains("add") && e.contains("[2, 3]") && e.contains("[4]"),
            "{e}"
        );
    }

    #[test]
    fn dims_wrap() {
        assert_eq!(wrap_dim("sum", -1, 3).unwrap(), 2);
        assert_eq!(wrap_dim("sum", -1, 0).unwrap(), 0);
        let e = wrap_dim("sum", 3, 3).unwrap_err().to_string();
        assert_eq!(
            e,
            "sum: Dimension out of range (expected to be in range of [-3, 2], but got 3)"
        );
    }
}
