//! `+ - * / %` and unary `-`, for tensors, references and numbers on either side.

use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Not, Rem, Sub, SubAssign};

use ondol_tensor::Scalar;

use crate::Tensor;

macro_rules! operator {
    ($($trait:ident $method:ident => $op:ident, |$a:ident, $s:ident| $left:expr;)*) => {$(
        impl $trait<&Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor { Tensor::$op(self, other) }
        }
        impl $trait<Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor { Tensor::$op(self, other) }
        }
        impl $trait<&Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor { Tensor::$op(&self, other) }
        }
        impl $trait<Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor { Tensor::$op(&self, other) }
        }
        operator!(@ numbers $trait $method $op |$a, $s| $left; f32 f64 i32 i64 usize);
    )*};
    (@ numbers $trait:ident $method:ident $op:ident |$a:ident, $s:ident| $left:expr; $($t:ty)*) => {$(
        impl $trait<$t> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: $t) -> Tensor { Tensor::$op(self, other) }
        }
        impl $trait<$t> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: $t) -> Tensor { Tensor::$op(&self, other) }
        }
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
    Rem rem => remainder, |a, s| crate::Operand::from(s).to_tensor(a).remainder(a);
}

macro_rules! assign {
    ($($trait:ident $method:ident => $op:ident;)*) => {$(
        impl<T: Into<crate::Operand>> $trait<T> for Tensor {
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
}

impl Neg for &Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        Tensor::neg(self)
    }
}
impl Neg for Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        Tensor::neg(&self)
    }
}
impl Not for &Tensor {
    type Output = Tensor;
    #[track_caller]
    fn not(self) -> Tensor {
        self.logical_not()
    }
}
impl Not for Tensor {
    type Output = Tensor;
    #[track_caller]
    fn not(self) -> Tensor {
        self.logical_not()
    }
}
