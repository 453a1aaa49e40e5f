//! The arithmetic that kernels are generic over.

use crate::{Element, bf16, f16};

/// An element type that arithmetic is done in.
pub(super) trait Number: Element + PartialOrd {
    const ZERO: Self;
    const ONE: Self;
    /// Below or equal to every other.
    const LEAST: Self;
    /// Above or equal to every other.
    const GREATEST: Self;
    /// The sum; integers wrap, `bool` is or.
    fn plus(self, other: Self) -> Self;
    /// The product; integers wrap, `bool` is and.
    fn times(self, other: Self) -> Self;
    /// Whether it is NaN.
    #[inline(always)]
    #[allow(clippy::eq_op)]
    fn is_nan(self) -> bool {
        self != self
    }
}

macro_rules! float {
    ($($t:ty),*) => {$(
        impl Number for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const LEAST: Self = <$t>::NEG_INFINITY;
            const GREATEST: Self = <$t>::INFINITY;
            #[inline(always)] fn plus(self, other: Self) -> Self { self + other }
            #[inline(always)] fn times(self, other: Self) -> Self { self * other }
        }
    )*};
}
float!(f32, f64);

macro_rules! integer {
    ($($t:ty),*) => {$(
        impl Number for $t {
            const ZERO: Self = 0;
            const ONE: Self = 1;
            const LEAST: Self = <$t>::MIN;
            const GREATEST: Self = <$t>::MAX;
            #[inline(always)] fn plus(self, other: Self) -> Self { self.wrapping_add(other) }
            #[inline(always)] fn times(self, other: Self) -> Self { self.wrapping_mul(other) }
        }
    )*};
}
integer!(u8, i32, i64);

macro_rules! half {
    ($($t:ty),*) => {$(
        impl Number for $t {
            const ZERO: Self = <$t>::ZERO;
            const ONE: Self = <$t>::ONE;
            const LEAST: Self = <$t>::NEG_INFINITY;
            const GREATEST: Self = <$t>::INFINITY;
            #[inline(always)] fn plus(self, other: Self) -> Self { self + other }
            #[inline(always)] fn times(self, other: Self) -> Self { self * other }
        }
    )*};
}
half!(f16, bf16);

impl Number for bool {
    const ZERO: Self = false;
    const ONE: Self = true;
    const LEAST: Self = false;
    const GREATEST: Self = true;
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self | other
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self & other
    }
}

/// `a * b + c`, fused where the machine is known to do it in one instruction.
///
/// Without that knowledge `mul_add` is a call into the C library, twenty times slower.
#[inline(always)]
pub(super) fn multiply_add<T: Fma, const FMA: bool>(a: T, b: T, c: T) -> T {
    if FMA {
        a.fused(b, c)
    } else {
        a.times(b).plus(c)
    }
}

/// A float with a fused multiply-add.
pub(super) trait Fma: Number {
    fn fused(self, b: Self, c: Self) -> Self;
}
impl Fma for f32 {
    #[inline(always)]
    fn fused(self, b: Self, c: Self) -> Self {
        self.mul_add(b, c)
    }
}
impl Fma for f64 {
    #[inline(always)]
    fn fused(self, b: Self, c: Self) -> Self {
        self.mul_add(b, c)
    }
}
