//! Borders.

use ondol_autograd::{PadMode, Scope, Tensor};

use crate::functional::pad;
use crate::module::repr::{python_number, shown};
use crate::pair::tuple;
use crate::{Forward, Module, Visitor};

/// How much is added at each side: one number for all, or, as in PyTorch, the two sides of the last
/// dimension first: `[left, right, top, bottom]`. A negative number cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Border<const SIDES: usize>(pub [isize; SIDES]);

impl<const SIDES: usize> From<isize> for Border<SIDES> {
    fn from(all: isize) -> Self {
        Border([all; SIDES])
    }
}
impl<const SIDES: usize> From<[isize; SIDES]> for Border<SIDES> {
    fn from(sides: [isize; SIDES]) -> Self {
        Border(sides)
    }
}
impl From<(isize, isize)> for Border<2> {
    fn from((left, right): (isize, isize)) -> Self {
        Border([left, right])
    }
}
impl From<(isize, isize, isize, isize)> for Border<4> {
    fn from((left, right, top, bottom): (isize, isize, isize, isize)) -> Self {
        Border([left, right, top, bottom])
    }
}

macro_rules! borders {
    ($($(#[$doc:meta])* $layer:ident $sides:literal $mode:ident $(($value:literal))?;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $layer {
            padding: Border<$sides>,
        }

        impl $layer {
            /// One number for all sides, or one for each from the last dimension on.
            pub fn new(padding: impl Into<Border<$sides>>) -> $layer {
                $layer {
                    padding: padding.into(),
                }
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                tuple(&self.padding.0)
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter(stringify!($layer), &[]).of(self);
                pad(x, &self.padding.0, PadMode::$mode$(($value))?)
            }
        }
    )*};
}

borders! {
    /// Zeros around the last dimension, `torch.nn.ZeroPad1d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ZeroPad1d, Tensor};
    /// assert_eq!(ZeroPad1d::new(2).forward(&Tensor::zeros([1, 3, 4])).shape(), [1, 3, 8]);
    /// ```
    ZeroPad1d 2 Constant(0.0);
    /// Zeros around the last two dimensions, `torch.nn.ZeroPad2d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, Tensor, ZeroPad2d};
    /// let layer = ZeroPad2d::new([1, 1, 2, 0]);
    /// assert_eq!(layer.forward(&Tensor::ones([3, 4, 5])).shape(), [3, 6, 7]);
    /// assert_eq!(layer.to_string(), "ZeroPad2d((1, 1, 2, 0))");
    /// ```
    ZeroPad2d 4 Constant(0.0);
    /// Zeros around the last three dimensions, `torch.nn.ZeroPad3d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ZeroPad3d, Tensor};
    /// assert_eq!(ZeroPad3d::new(1).forward(&Tensor::zeros([1, 1, 2, 3, 4])).shape(), [1, 1, 4, 5, 6]);
    /// ```
    ZeroPad3d 6 Constant(0.0);
    /// The input reflected at the borders of its last dimension, `torch.nn.ReflectionPad1d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ReflectionPad1d, tensor};
    /// let y = ReflectionPad1d::new(2).forward(&tensor!([[1.0, 2.0, 3.0]]));
    /// assert_eq!(y.to_vec::<f32>(), [3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]);
    /// ```
    ReflectionPad1d 2 Reflect;
    /// The input reflected at the borders of its last two dimensions, `torch.nn.ReflectionPad2d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ReflectionPad2d, Tensor};
    /// assert_eq!(ReflectionPad2d::new(1).forward(&Tensor::zeros([1, 1, 3, 4])).shape(), [1, 1, 5, 6]);
    /// ```
    ReflectionPad2d 4 Reflect;
    /// The input reflected at the borders of its last three dimensions, `torch.nn.ReflectionPad3d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ReflectionPad3d, Tensor};
    /// assert_eq!(ReflectionPad3d::new(1).forward(&Tensor::zeros([1, 1, 2, 3, 4])).shape(), [1, 1, 4, 5, 6]);
    /// ```
    ReflectionPad3d 6 Reflect;
    /// The borders of the last dimension again and again, `torch.nn.ReplicationPad1d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ReplicationPad1d, tensor};
    /// let y = ReplicationPad1d::new((1, 2)).forward(&tensor!([[1.0, 2.0]]));
    /// assert_eq!(y.to_vec::<f32>(), [1.0, 1.0, 2.0, 2.0, 2.0]);
    /// ```
    ReplicationPad1d 2 Replicate;
    /// The borders of the last two dimensions again and again, `torch.nn.ReplicationPad2d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ReplicationPad2d, Tensor};
    /// assert_eq!(ReplicationPad2d::new(1).forward(&Tensor::zeros([1, 1, 3, 4])).shape(), [1, 1, 5, 6]);
    /// ```
    ReplicationPad2d 4 Replicate;
    /// The borders of the last three dimensions again and again, `torch.nn.ReplicationPad3d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ReplicationPad3d, Tensor};
    /// assert_eq!(ReplicationPad3d::new(1).forward(&Tensor::zeros([1, 1, 2, 3, 4])).shape(), [1, 1, 4, 5, 6]);
    /// ```
    ReplicationPad3d 6 Replicate;
    /// The other end of the last dimension, `torch.nn.CircularPad1d`.
    ///
    /// ```
    /// use ondol_nn::{CircularPad1d, Forward, tensor};
    /// let y = CircularPad1d::new(1).forward(&tensor!([[1.0, 2.0, 3.0]]));
    /// assert_eq!(y.to_vec::<f32>(), [3.0, 1.0, 2.0, 3.0, 1.0]);
    /// ```
    CircularPad1d 2 Circular;
    /// The other ends of the last two dimensions, `torch.nn.CircularPad2d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, CircularPad2d, Tensor};
    /// assert_eq!(CircularPad2d::new(1).forward(&Tensor::zeros([1, 1, 3, 4])).shape(), [1, 1, 5, 6]);
    /// ```
    CircularPad2d 4 Circular;
    /// The other ends of the last three dimensions, `torch.nn.CircularPad3d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, CircularPad3d, Tensor};
    /// assert_eq!(CircularPad3d::new(1).forward(&Tensor::zeros([1, 1, 2, 3, 4])).shape(), [1, 1, 4, 5, 6]);
    /// ```
    CircularPad3d 6 Circular;
}

macro_rules! constant {
    ($($(#[$doc:meta])* $layer:ident $sides:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $layer {
            padding: Border<$sides>,
            value: f64,
        }

        impl $layer {
            /// One number for all sides, or one for each from the last dimension on, and the value.
            pub fn new(padding: impl Into<Border<$sides>>, value: f64) -> $layer {
                $layer {
                    padding: padding.into(),
                    value,
                }
            }
        }

        impl Module for $layer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                visitor.module(self);
            }

            fn extra_repr(&self) -> String {
                let value = python_number(self.value);
                format!("padding={}, value={value}", tuple(&self.padding.0))
            }
        }
        shown!($layer);

        impl Forward for $layer {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                let _scope = Scope::enter(stringify!($layer), &[]).of(self);
                pad(x, &self.padding.0, PadMode::Constant(self.value))
            }
        }
    )*};
}

constant! {
    /// A number around the last dimension, `torch.nn.ConstantPad1d`.
    ///
    /// ```
    /// use ondol_nn::{ConstantPad1d, Forward, tensor};
    /// let y = ConstantPad1d::new((1, -1), 3.5).forward(&tensor!([[1.0, 2.0]]));
    /// assert_eq!(y.to_vec::<f32>(), [3.5, 1.0]);
    /// ```
    ConstantPad1d 2;
    /// A number around the last two dimensions, `torch.nn.ConstantPad2d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ConstantPad2d, Tensor};
    /// assert_eq!(ConstantPad2d::new(1, 7.0).forward(&Tensor::zeros([1, 1, 3, 4])).shape(), [1, 1, 5, 6]);
    /// ```
    ConstantPad2d 4;
    /// A number around the last three dimensions, `torch.nn.ConstantPad3d`.
    ///
    /// ```
    /// use ondol_nn::{Forward, ConstantPad3d, Tensor};
    /// assert_eq!(ConstantPad3d::new(1, 7.0).forward(&Tensor::zeros([1, 1, 2, 3, 4])).shape(), [1, 1, 4, 5, 6]);
    /// ```
    ConstantPad3d 6;
}
