//! Element types, scalars, and PyTorch's type promotion.

use std::fmt;

use half::{bf16, f16};

/// The type of an array's elements, `torch.dtype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// Boolean, one byte, 0 or 1.
    Bool,
    /// Unsigned 8-bit integer.
    U8,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// IEEE half precision.
    F16,
    /// Brain float: the upper half of an `f32`.
    BF16,
    /// Single precision, the default.
    F32,
    /// Double precision.
    F64,
}

/// The kind a dtype belongs to; promotion compares kinds before widths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `bool`
    Bool,
    /// Integers.
    Int,
    /// Floating point.
    Float,
}

impl DType {
    /// Every dtype, narrow to wide.
    pub const ALL: [DType; 8] = [
        DType::Bool,
        DType::U8,
        DType::I32,
        DType::I64,
        DType::F16,
        DType::BF16,
        DType::F32,
        DType::F64,
    ];

    /// Bytes per element, `torch.dtype.itemsize`.
    pub const fn size(self) -> usize {
        match self {
            DType::Bool | DType::U8 => 1,
            DType::F16 | DType::BF16 => 2,
            DType::I32 | DType::F32 => 4,
            DType::I64 | DType::F64 => 8,
        }
    }

    /// The kind of the dtype.
    pub const fn kind(self) -> Kind {
        match self {
            DType::Bool => Kind::Bool,
            DType::U8 | DType::I32 | DType::I64 => Kind::Int,
            _ => Kind::Float,
        }
    }

    /// Whether it is a floating-point dtype, `torch.dtype.is_floating_point`.
    pub const fn is_floating_point(self) -> bool {
        matches!(self.kind(), Kind::Float)
    }

    /// The name used in errors and files: `f32`, `bf16`, `bool` …
    pub const fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::U8 => "u8",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::F16 => "f16",
            DType::BF16 => "bf16",
            DType::F32 => "f32",
            DType::F64 => "f64",
        }
    }

    /// The dtype two dimensioned operands meet in, `torch.promote_types`.
    ///
    /// The wider kind wins; `f16` with `bf16` meet in `f32`.
    pub fn promote(self, other: DType) -> DType {
        match (self, other) {
            (DType::F16, DType::BF16) | (DType::BF16, DType::F16) => DType::F32,
            (a, b) => a.max(b),
        }
    }

    /// The dtype float functions compute in: itself if floating, else the default, `f32`.
    pub fn to_float(self) -> DType {
        if self.is_floating_point() {
            self
        } else {
            crate::default_dtype()
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for DType {
    type Err = crate::Error;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        DType::ALL
            .into_iter()
            .find(|d| d.name() == s)
            .ok_or_else(|| crate::Error::Value {
                op: "DType::from_str",
                message: format!(
                    "no dtype `{s}`; there are bool, u8, i32, i64, f16, bf16, f32, f64"
                ),
            })
    }
}

/// The dtype of a result of operands, `torch.result_type`.
///
/// Each operand is given as its dtype and whether it has dimensions. A 0-dim operand only counts
/// where its kind is above that of every dimensioned one.
pub fn result_type(operands: &[(DType, bool)]) -> DType {
    let meet = |dimensioned: bool| {
        operands
            .iter()
            .filter(|(_, d)| *d == dimensioned)
            .map(|(dtype, _)| *dtype)
            .reduce(DType::promote)
    };
    match (meet(true), meet(false)) {
        (Some(a), Some(b)) => {
            if b.kind() > a.kind() {
                b
            } else {
                a
            }
        }
        (a, b) => a.or(b).unwrap_or_else(crate::default_dtype),
    }
}

/// A number outside of any array: a Rust literal beside a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
}

impl Scalar {
    /// The value as `f64`.
    pub fn to_f64(self) -> f64 {
        match self {
            Scalar::Bool(v) => f64::from(u8::from(v)),
            Scalar::Int(v) => v as f64,
            Scalar::Float(v) => v,
        }
    }

    /// The value as `i64`; a float is truncated towards zero.
    pub fn to_i64(self) -> i64 {
        match self {
            Scalar::Bool(v) => i64::from(v),
            Scalar::Int(v) => v,
            Scalar::Float(v) => v as i64,
        }
    }

    /// The value as an element.
    pub fn cast<T: Element>(self) -> T {
        match self {
            Scalar::Bool(v) => T::from_i64(i64::from(v)),
            Scalar::Int(v) => T::from_i64(v),
            Scalar::Float(v) => T::from_f64(v),
        }
    }

    /// The dtype a scalar has by itself: `bool`, `i64` or the default, `f32`.
    pub fn dtype(self) -> DType {
        match self {
            Scalar::Bool(_) => DType::Bool,
            Scalar::Int(_) => DType::I64,
            Scalar::Float(_) => crate::default_dtype(),
        }
    }
}

macro_rules! scalar_from {
    ($($t:ty => $variant:ident as $to:ty),* $(,)?) => {$(
        impl From<$t> for Scalar {
            fn from(v: $t) -> Self { Scalar::$variant(v as $to) }
        }
    )*};
}
scalar_from!(bool => Bool as bool, u8 => Int as i64, i32 => Int as i64, i64 => Int as i64,
    usize => Int as i64, f32 => Float as f64, f64 => Float as f64);

/// A Rust type that can be an element.
pub trait Element: Copy + Default + PartialEq + fmt::Debug + Send + Sync + 'static {
    /// Its dtype.
    const DTYPE: DType;
    /// The nearest element to `v`; integers truncate, `bool` is `v != 0`.
    fn from_f64(v: f64) -> Self;
    /// The nearest element to `v`; `bool` is `v != 0`.
    fn from_i64(v: i64) -> Self;
    /// The value as `f64`.
    fn to_f64(self) -> f64;
    /// The value as `i64`, floats truncated.
    fn to_i64(self) -> i64;
}

macro_rules! element {
    ($($t:ty: $dtype:ident),*) => {$(
        impl Element for $t {
            const DTYPE: DType = DType::$dtype;
            #[inline(always)] fn from_f64(v: f64) -> Self { v as $t }
            #[inline(always)] fn from_i64(v: i64) -> Self { v as $t }
            #[inline(always)] fn to_f64(self) -> f64 { self as f64 }
            #[inline(always)] fn to_i64(self) -> i64 { self as i64 }
        }
    )*};
}
element!(f32: F32, f64: F64, i64: I64, i32: I32);

impl Element for u8 {
    const DTYPE: DType = DType::U8;
    // Through i64, so that a negative number wraps as it does in PyTorch.
    #[inline(always)]
    fn from_f64(v: f64) -> Self {
        v as i64 as u8
    }
    #[inline(always)]
    fn from_i64(v: i64) -> Self {
        v as u8
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn to_i64(self) -> i64 {
        i64::from(self)
    }
}

macro_rules! half_element {
    ($($t:ident: $dtype:ident),*) => {$(
        impl Element for $t {
            const DTYPE: DType = DType::$dtype;
            #[inline(always)] fn from_f64(v: f64) -> Self { $t::from_f64(v) }
            #[inline(always)] fn from_i64(v: i64) -> Self { $t::from_f64(v as f64) }
            #[inline(always)] fn to_f64(self) -> f64 { $t::to_f64(self) }
            #[inline(always)] fn to_i64(self) -> i64 { $t::to_f64(self) as i64 }
        }
    )*};
}
half_element!(f16: F16, bf16: BF16);

impl Element for bool {
    const DTYPE: DType = DType::Bool;
    #[inline(always)]
    fn from_f64(v: f64) -> Self {
        v != 0.0
    }
    #[inline(always)]
    fn from_i64(v: i64) -> Self {
        v != 0
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
    #[inline(always)]
    fn to_i64(self) -> i64 {
        i64::from(self)
    }
}

/// Runs `$body` with `$T` bound to the Rust type of a run-time dtype.
#[macro_export]
macro_rules! with_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::Bool => {
                type $T = bool;
                $body
            }
            $crate::DType::U8 => {
                type $T = u8;
                $body
            }
            $crate::DType::I32 => {
                type $T = i32;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::DType::F16 => {
                type $T = $crate::f16;
                $body
            }
            $crate::DType::BF16 => {
                type $T = $crate::bf16;
                $body
            }
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promotion_follows_torch() {
        use DType::*;
        assert_eq!(I64.promote(F16), F16);
        assert_eq!(F16.promote(BF16), F32);
        assert_eq!(Bool.promote(U8), U8);
        assert_eq!(result_type(&[(F32, true), (F64, false)]), F32);
        assert_eq!(result_type(&[(I64, true), (F64, false)]), F64);
        assert_eq!(result_type(&[(I32, true), (I64, false)]), I32);
        assert_eq!(result_type(&[(Bool, true), (I64, false)]), I64);
        assert_eq!(result_type(&[(F32, false), (F64, false)]), F64);
        assert_eq!("bf16".parse::<DType>().unwrap(), BF16);
        assert!("float".parse::<DType>().is_err());
    }
}
