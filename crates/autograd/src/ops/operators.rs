//! `+ - * / % & | ^ << >>` and unary `-` and `!`, for tensors, references and numbers on either side.

use std::ops::{
    Add, AddAssign, BitAnd, BitOr, BitXor, Div, DivAssign, Mul, MulAssign, Neg, Not, Rem,
    RemAssign, Shl, Shr, Sub, SubAssign,
};

use ondol_tensor::Scalar;

use crate::{Operand, Tensor};

// One implementation for whatever may stand on the right: with one for each type the compiler
// could not tell the type of `(x * 2.0).sum()`.
macro_rules! operator {
    ($($trait:ident $method:ident => $op:ident, |$a:ident, $s:ident| $left:expr;)*) => {$(
        impl<T: Into<Operand>> $trait<T> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: T) -> Tensor { Tensor::$op(self, other) }
        }
        impl<T: Into<Operand>> $trait<T> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: T) -> Tensor { Tensor::$op(&self, other) }
        }
        operator!(@ left $trait $method |$a, $s| $left; f64 i64);
    )*};
    // One float and one integer type on the left, for the same reason: `2.0 * x` is an `f64`.
    (@ left $trait:ident $method:ident |$a:ident, $s:ident| $left:expr; $($t:ty)*) => {$(
        impl $trait<&Tensor> for $t {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, $a: &Tensor) -> Tensor { let $s = Scalar::from(self); $left }
        }
        impl $trait<Tensor> for $t {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor { let ($a, $s) = (&other, Scalar::from(self)); $left }
        }
    )*};
}

// A number on the left: the sum and the product turn round, the others have rules of their own.
operator! {
    Add add => add, |a, s| a.add(s);
    Sub sub => sub, |a, s| a.scalar_sub(s);
    Mul mul => mul, |a, s| a.mul(s);
    Div div => div, |a, s| a.scalar_div(s);
    Rem rem => remainder, |a, s| Operand::from(s).to_tensor(a).remainder(a);
}

// Bits, and truths: no number stands on the left of these.
macro_rules! bits {
    ($($trait:ident $method:ident => $op:ident;)*) => {$(
        impl<T: Into<Operand>> $trait<T> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: T) -> Tensor { Tensor::$op(self, other) }
        }
        impl<T: Into<Operand>> $trait<T> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: T) -> Tensor { Tensor::$op(&self, other) }
        }
    )*};
}
bits! {
    BitAnd bitand => bitwise_and;
    BitOr bitor => bitwise_or;
    BitXor bitxor => bitwise_xor;
    Shl shl => bitwise_left_shift;
    Shr shr => bitwise_right_shift;
}

macro_rules! assign {
    ($($trait:ident $method:ident => $op:ident;)*) => {$(
        impl<T: Into<Operand>> $trait<T> for Tensor {
            /// In place, as PyTorch's: every name of the tensor sees it.
            #[track_caller]
            fn $method(&mut self, other: T) { self.$op(other); }
        }
    )*};
}
assign! {
    AddAssign add_assign => add_;
    SubAssign sub_assign => sub_;
    MulAssign mul_assign => mul_;
    DivAssign div_assign => div_;
    RemAssign rem_assign => remainder_;
}

macro_rules! prefix {
    ($($trait:ident $method:ident => $op:ident;)*) => {$(
        impl $trait for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self) -> Tensor { Tensor::$op(self) }
        }
        impl $trait for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self) -> Tensor { Tensor::$op(&self) }
        }
    )*};
}
prefix! {
    Neg neg => neg;
    Not not => bitwise_not;
}
