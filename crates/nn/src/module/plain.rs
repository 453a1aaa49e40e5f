//! Modules without parts, and pointers to modules.

use std::marker::PhantomData;
use std::sync::Arc;

use ondol_autograd::{DType, Device, Shape, Tensor};

use crate::{Module, Visitor};

/// Settings of a layer: they hold no parameter. A bare tensor is a constant, as a plain attribute
/// is in PyTorch; what is to be trained or saved is a `Parameter` or a `Buffer`.
macro_rules! no_parts {
    ($($t:ty),* $(,)?) => {$(
        impl Module for $t {
            fn visit<'a>(&'a self, _: &mut Visitor<'a>) {}
        }
    )*};
}
no_parts!(
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
    bool,
    char,
    str,
    String,
    (),
    Tensor,
    DType,
    Device,
    Shape,
);

impl<T: ?Sized> Module for PhantomData<T> {
    fn visit<'a>(&'a self, _: &mut Visitor<'a>) {}
}

macro_rules! through {
    ($($pointer:ty),*) => {$(
        impl<M: Module + ?Sized> Module for $pointer {
            fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
                (**self).visit(visitor);
            }

            fn type_name(&self) -> &'static str {
                (**self).type_name()
            }

            fn extra_repr(&self) -> String {
                (**self).extra_repr()
            }
        }
    )*};
}
through!(&M, Box<M>, Arc<M>);

impl<M: Module> Module for Option<M> {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        if let Some(module) = self {
            module.visit(visitor);
        }
    }

    fn type_name(&self) -> &'static str {
        self.as_ref().map_or("None", M::type_name)
    }
}
