//! What operations accept as arguments: tensors or numbers, dimensions, signed shapes.

use ondol_tensor::{Error, Result, Scalar, Shape};

use crate::Tensor;

/// A tensor or a number beside one.
#[derive(Clone, Debug)]
pub enum Operand {
    /// A tensor.
    Tensor(Tensor),
    /// A number; it counts less than any tensor in type promotion.
    Scalar(Scalar),
}

impl From<&Tensor> for Operand {
    fn from(t: &Tensor) -> Self {
        Operand::Tensor(t.clone())
    }
}
impl From<Tensor> for Operand {
    fn from(t: Tensor) -> Self {
        Operand::Tensor(t)
    }
}
impl From<Scalar> for Operand {
    fn from(s: Scalar) -> Self {
        Operand::Scalar(s)
    }
}
macro_rules! operand_from {
    ($($t:ty),*) => {$(
        impl From<$t> for Operand {
            fn from(v: $t) -> Self { Operand::Scalar(v.into()) }
        }
    )*};
}
operand_from!(bool, u8, i32, i64, usize, f32, f64);

impl Operand {
    /// The tensor in it.
    pub(crate) fn tensor(&self) -> Option<&Tensor> {
        match self {
            Operand::Tensor(t) => Some(t),
            Operand::Scalar(_) => None,
        }
    }

    /// A copy for a rule to keep, of the value of now.
    pub(crate) fn snapshot(&self) -> Operand {
        match self {
            Operand::Tensor(t) => Operand::Tensor(t.snapshot()),
            Operand::Scalar(s) => Operand::Scalar(*s),
        }
    }

    /// As a tensor; a number becomes a 0-dim one beside `like`.
    pub(crate) fn to_tensor(&self, like: &Tensor) -> Tensor {
        match self {
            Operand::Tensor(t) => t.clone(),
            Operand::Scalar(s) => {
                let dtype = if s.dtype().kind() > like.dtype().kind() {
                    s.dtype()
                } else {
                    like.dtype()
                };
                Tensor::full_with((), *s, (dtype, &like.device()))
            }
        }
    }
}

/// Dimensions to reduce: a number, several, or `..` for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes(pub(crate) Vec<isize>);

impl From<isize> for Axes {
    fn from(d: isize) -> Self {
        Axes(vec![d])
    }
}
impl From<i32> for Axes {
    fn from(d: i32) -> Self {
        Axes(vec![d as isize])
    }
}
impl<const N: usize> From<[isize; N]> for Axes {
    fn from(d: [isize; N]) -> Self {
        Axes(d.to_vec())
    }
}
impl From<&[isize]> for Axes {
    fn from(d: &[isize]) -> Self {
        Axes(d.to_vec())
    }
}
impl<const N: usize> From<[i32; N]> for Axes {
    fn from(d: [i32; N]) -> Self {
        Axes(d.iter().map(|&d| d as isize).collect())
    }
}
impl From<std::ops::RangeFull> for Axes {
    fn from(_: std::ops::RangeFull) -> Self {
        Axes(vec![])
    }
}

/// A shape in which one size may be -1: what is left over.
pub trait IntoView {
    /// The sizes as signed numbers.
    fn sizes(self) -> Vec<i64>;
}

/// The shape of `numel` elements that `sizes` asks for.
pub(crate) fn infer_shape(op: &'static str, from: &Shape, sizes: &[i64]) -> Result<Shape> {
    let invalid = |rule: String| Error::Input {
        op,
        shape: from.to_vec(),
        rule,
    };
    let unknown = sizes.iter().filter(|&&s| s == -1).count();
    if unknown > 1 {
        return Err(invalid("only one dimension can be inferred".into()));
    }
    if let Some(bad) = sizes.iter().find(|&&s| s < -1) {
        return Err(invalid(format!("invalid shape dimension {bad}")));
    }
    let numel = from.numel();
    let wrong = || {
        invalid(format!(
            "shape '{sizes:?}' is invalid for input of size {numel}"
        ))
    };
    let known = sizes
        .iter()
        .filter(|&&s| s != -1)
        .try_fold(1usize, |n, &s| n.checked_mul(s as usize));
    let known = known.ok_or_else(wrong)?;
    if unknown == 1 && known == 0 {
        return Err(invalid(format!(
            "cannot infer the -1 of {sizes:?}: any size would do, as another is 0"
        )));
    }
    if (unknown == 1 && !numel.is_multiple_of(known)) || (unknown == 0 && known != numel) {
        return Err(wrong());
    }
    Ok(sizes
        .iter()
        .map(|&s| if s == -1 { numel / known } else { s as usize })
        .collect())
}

macro_rules! into_view {
    ($($t:ty),*) => {$(
        impl IntoView for $t {
            fn sizes(self) -> Vec<i64> { vec![self as i64] }
        }
        impl<const N: usize> IntoView for [$t; N] {
            fn sizes(self) -> Vec<i64> { self.iter().map(|&s| s as i64).collect() }
        }
        impl IntoView for &[$t] {
            fn sizes(self) -> Vec<i64> { self.iter().map(|&s| s as i64).collect() }
        }
        impl IntoView for ($t,) {
            fn sizes(self) -> Vec<i64> { vec![self.0 as i64] }
        }
        impl IntoView for ($t, $t) {
            fn sizes(self) -> Vec<i64> { vec![self.0 as i64, self.1 as i64] }
        }
        impl IntoView for ($t, $t, $t) {
            fn sizes(self) -> Vec<i64> { vec![self.0 as i64, self.1 as i64, self.2 as i64] }
        }
        impl IntoView for ($t, $t, $t, $t) {
            fn sizes(self) -> Vec<i64> { vec![self.0 as i64, self.1 as i64, self.2 as i64, self.3 as i64] }
        }
    )*};
}
into_view!(i32, i64, isize, usize);

impl IntoView for () {
    fn sizes(self) -> Vec<i64> {
        vec![]
    }
}
impl IntoView for &Shape {
    fn sizes(self) -> Vec<i64> {
        self.iter().map(|&s| s as i64).collect()
    }
}
impl IntoView for Shape {
    fn sizes(self) -> Vec<i64> {
        (&self).sizes()
    }
}
impl IntoView for Vec<usize> {
    fn sizes(self) -> Vec<i64> {
        self[..].sizes()
    }
}
