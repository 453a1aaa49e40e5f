//! One sample as tensors, without a batch.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};
use std::path::PathBuf;

use ondol_autograd::Tensor;

/// What can be had as tensors without being joined, [`default_convert`].
pub trait Convert {
    /// The same with tensors for numbers.
    type Converted: Send + 'static;

    /// Numbers as tensors of no dimensions; the rest as it is.
    fn convert(self) -> Self::Converted;
}

/// A sample with tensors of no dimensions for its numbers, `torch.utils.data.default_convert`: what a
/// loader that makes no batches gives, see [`DataLoader::unbatched`](crate::DataLoader::unbatched).
///
/// Tuples, `Vec`, arrays, maps and `Option` keep their structure, texts stay.
///
/// ```
/// use ondol_data::default_convert;
/// let (name, number) = default_convert(("a", 3usize));
/// assert_eq!((name, number.ndim(), number.item()), ("a", 0, 3.0));
/// ```
pub fn default_convert<T: Convert>(data: T) -> T::Converted {
    data.convert()
}

macro_rules! numbers {
    ($($t:ty as $element:ty),* $(,)?) => {$(
        impl Convert for $t {
            type Converted = Tensor;

            fn convert(self) -> Tensor {
                Tensor::from_vec(vec![self as $element], [])
            }
        }
    )*};
}
numbers!(
    f32 as f32,
    f64 as f64,
    i64 as i64,
    i32 as i32,
    u8 as u8,
    usize as i64,
    bool as bool
);

macro_rules! unchanged {
    ($($t:ty),*) => {$(
        impl Convert for $t {
            type Converted = $t;

            fn convert(self) -> $t {
                self
            }
        }
    )*};
}
unchanged!(Tensor, String, &'static str, PathBuf);

impl<T: Convert> Convert for Vec<T> {
    type Converted = Vec<T::Converted>;

    fn convert(self) -> Self::Converted {
        self.into_iter().map(T::convert).collect()
    }
}

impl<T: Convert, const N: usize> Convert for [T; N] {
    type Converted = [T::Converted; N];

    fn convert(self) -> Self::Converted {
        self.map(T::convert)
    }
}

impl<T: Convert> Convert for Option<T> {
    type Converted = Option<T::Converted>;

    fn convert(self) -> Self::Converted {
        self.map(T::convert)
    }
}

impl<K: Ord + Send + 'static, T: Convert> Convert for BTreeMap<K, T> {
    type Converted = BTreeMap<K, T::Converted>;

    fn convert(self) -> Self::Converted {
        self.into_iter().map(|(k, v)| (k, v.convert())).collect()
    }
}

impl<K, T, S> Convert for HashMap<K, T, S>
where
    K: Eq + Hash + Send + 'static,
    T: Convert,
    S: BuildHasher + Default + Send + 'static,
{
    type Converted = HashMap<K, T::Converted, S>;

    fn convert(self) -> Self::Converted {
        self.into_iter().map(|(k, v)| (k, v.convert())).collect()
    }
}

macro_rules! tuples {
    ($(($($t:ident),+))*) => {$(
        impl<$($t: Convert),+> Convert for ($($t,)+) {
            type Converted = ($($t::Converted,)+);

            #[allow(non_snake_case)]
            fn convert(self) -> Self::Converted {
                let ($($t,)+) = self;
                ($($t.convert(),)+)
            }
        }
    )*};
}
tuples!((A)(A, B)(A, B, C)(A, B, C, D)(A, B, C, D, E)(
    A, B, C, D, E, F
));
