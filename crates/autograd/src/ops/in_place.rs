//! Writes in place. Without a graph the numbers themselves change (a copy where the buffer is
//! shared); where a gradient flows, the tensor becomes the result of a recorded operation.

use ondol_tensor::{Array, Binary, Result, Unary};

use super::in_place_math::fitted;
use crate::{Op, Operand, Tensor};

macro_rules! in_place {
    ($($(#[$doc:meta])* $name:ident = $op:ident, $kind:ident;)*) => {
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Panics
            /// On a leaf that requires a gradient (outside `no_grad`), on a view of a living tensor, and
            /// where the result needs another shape or dtype.
            #[track_caller]
            pub fn $name(&self, other: impl Into<Operand>) -> Tensor {
                let other = other.into();
                let operands: Vec<&Tensor> = other.tensor().into_iter().collect();
                // Read before the write: the operand may be this very tensor.
                let value = other.tensor().map(Tensor::value);
                self.write_in_place(
                    stringify!($name),
                    &operands,
                    |old| fitted(stringify!($name), old, &old.$op(other.clone())),
                    |array: &mut Array| -> Result<()> {
                        match (&value, &other) {
                            (Some(v), _) => array.binary_(Binary::$kind, v),
                            (None, Operand::Scalar(s)) => array.binary_scalar_(Binary::$kind, *s),
                            (None, Operand::Tensor(t)) => array.binary_(Binary::$kind, &t.value()),
                        }
                    },
                );
                self.clone()
            }
        )*}
    };
}

in_place! {
    /// `self += other`, `torch.Tensor.add_`; returns the same tensor.
    add_ = add, Add;
    /// `self -= other`, `torch.Tensor.sub_`, `torch.Tensor.subtract_`; returns the same tensor.
    sub_ = sub, Sub;
    /// `self *= other`, `torch.Tensor.mul_`, `torch.Tensor.multiply_`; returns the same tensor.
    mul_ = mul, Mul;
    /// `self /= other`, `torch.Tensor.div_`, `torch.Tensor.divide_`, `torch.Tensor.true_divide_`; returns the same tensor.
    div_ = div, Div;
    /// [`Tensor::pow`] in place, `torch.Tensor.pow_`; returns the same tensor.
    pow_ = pow, Pow;
    /// [`Tensor::remainder`] in place, `torch.Tensor.remainder_`; returns the same tensor.
    remainder_ = remainder, Remainder;
    /// [`Tensor::fmod`] in place, `torch.Tensor.fmod_`; returns the same tensor.
    fmod_ = fmod, Fmod;
    /// [`Tensor::floor_divide`] in place, `torch.Tensor.floor_divide_`; returns the same tensor.
    floor_divide_ = floor_divide, FloorDivide;
    /// [`Tensor::hypot`] in place, `torch.Tensor.hypot_`; returns the same tensor.
    hypot_ = hypot, Hypot;
    /// [`Tensor::copysign`] in place, `torch.Tensor.copysign_`; returns the same tensor.
    copysign_ = copysign, Copysign;
    /// [`Tensor::atan2`] in place, `torch.Tensor.atan2_`, `torch.Tensor.arctan2_`; returns the same tensor.
    atan2_ = atan2, Atan2;
    /// [`Tensor::gcd`] in place, `torch.Tensor.gcd_`; returns the same tensor.
    gcd_ = gcd, Gcd;
    /// [`Tensor::bitwise_left_shift`] in place, `torch.Tensor.bitwise_left_shift_`; returns the same tensor.
    bitwise_left_shift_ = bitwise_left_shift, Shl;
    /// [`Tensor::bitwise_right_shift`] in place, `torch.Tensor.bitwise_right_shift_`; returns the same tensor.
    bitwise_right_shift_ = bitwise_right_shift, Shr;
    /// [`Tensor::bitwise_and`] in place, `torch.Tensor.bitwise_and_`; returns the same tensor.
    bitwise_and_ = bitwise_and, And;
    /// [`Tensor::bitwise_or`] in place, `torch.Tensor.bitwise_or_`; returns the same tensor.
    bitwise_or_ = bitwise_or, Or;
    /// [`Tensor::bitwise_xor`] in place, `torch.Tensor.bitwise_xor_`; returns the same tensor.
    bitwise_xor_ = bitwise_xor, Xor;
}

impl Tensor {
    /// All elements become `value`, `torch.Tensor.fill_`.
    #[track_caller]
    pub fn fill_(&self, value: impl Into<ondol_tensor::Scalar>) -> Tensor {
        let value = value.into();
        self.write_in_place(
            "fill_",
            &[],
            // The old numbers no longer count: their gradient is 0.
            |old| {
                Op::new("fill_", [old])
                    .rule(0, Tensor::zeros_like)
                    .output(old.full_like(value).value())
            },
            |array| {
                *array = Array::full(array.shape().clone(), value, array.dtype(), array.device())?;
                Ok(())
            },
        );
        self.clone()
    }

    /// All elements become 0, `torch.Tensor.zero_`.
    #[track_caller]
    pub fn zero_(&self) -> Tensor {
        self.fill_(0i64)
    }

    /// The elements become those of `source`, broadcast, cast and moved here, `torch.Tensor.copy_`.
    #[track_caller]
    pub fn copy_(&self, source: &Tensor) -> Tensor {
        let value = source.value();
        self.write_in_place(
            "copy_",
            &[source],
            |old| {
                source
                    .to(old.device())
                    .to_dtype(old.dtype())
                    .expand(old.shape())
            },
            |array| {
                let value = value
                    .to_device(array.device())?
                    .expand(array.shape().clone())?;
                *array = value.cast(array.dtype())?;
                Ok(())
            },
        );
        self.clone()
    }

    /// `max(x, 0)` in place, `torch.relu_`.
    #[track_caller]
    pub fn relu_(&self) -> Tensor {
        self.write_in_place("relu_", &[], Tensor::relu, |array| {
            array.unary_(Unary::Relu)
        });
        self.clone()
    }
}
