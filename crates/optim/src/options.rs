//! The options of an optimizer: their names, ranges and defaults.

use ondol_tensor::{Array, Dict, Error, Result, Value};

/// The options of one optimizer under PyTorch's names.
pub(crate) trait Options: Clone {
    /// The optimizer's name in errors.
    const NAME: &'static str;

    /// The learning rate.
    fn lr(&self) -> f64;

    /// Sets the option of PyTorch's name; false where it has no such option.
    fn set(&mut self, name: &str, value: &Value) -> Result<bool>;

    /// Whether every option is in its range, in PyTorch's words.
    fn check(&self) -> Result<()>;

    /// The options in PyTorch's order.
    fn options(&self) -> Dict;
}

/// What an option's type is in a file of state.
pub(crate) trait Setting: Sized {
    fn read(value: &Value) -> Result<Self>;
    fn write(&self) -> Value;
}

impl Setting for f64 {
    fn read(value: &Value) -> Result<Self> {
        number(value)
    }
    fn write(&self) -> Value {
        (*self).into()
    }
}

impl Setting for bool {
    fn read(value: &Value) -> Result<Self> {
        value.as_bool()
    }
    fn write(&self) -> Value {
        (*self).into()
    }
}

impl Setting for usize {
    fn read(value: &Value) -> Result<Self> {
        let count = value.as_int()?;
        usize::try_from(count)
            .map_err(|_| Error::value("Value", format!("expected a count, found {count}")))
    }
    fn write(&self) -> Value {
        (*self).into()
    }
}

impl<T: Setting> Setting for Option<T> {
    fn read(value: &Value) -> Result<Self> {
        match value {
            Value::None => Ok(None),
            some => T::read(some).map(Some),
        }
    }
    fn write(&self) -> Value {
        self.as_ref().map_or(Value::None, T::write)
    }
}

impl<const N: usize> Setting for [f64; N] {
    fn read(value: &Value) -> Result<Self> {
        let numbers = value.as_list()?.iter().map(number);
        let numbers = numbers.collect::<Result<Vec<_>>>()?;
        let found = numbers.len();
        <[f64; N]>::try_from(numbers)
            .map_err(|_| Error::value("Value", format!("expected {N} numbers, found {found}")))
    }
    fn write(&self) -> Value {
        Value::Tuple(self.iter().map(|&x| x.into()).collect())
    }
}

impl<A: Setting, B: Setting> Setting for (A, B) {
    fn read(value: &Value) -> Result<Self> {
        match value.as_list()? {
            [a, b] => Ok((A::read(a)?, B::read(b)?)),
            other => Err(Error::value(
                "Value",
                format!("expected 2 values, found {}", other.len()),
            )),
        }
    }
    fn write(&self) -> Value {
        Value::Tuple(vec![self.0.write(), self.1.write()])
    }
}

/// The name of one of several ways, or none for the usual one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way(pub(crate) Option<String>);

impl From<&str> for Way {
    fn from(name: &str) -> Self {
        Way(Some(name.to_owned()))
    }
}

impl Setting for Way {
    fn read(value: &Value) -> Result<Self> {
        match value {
            Value::None => Ok(Way(None)),
            name => Ok(Way(Some(name.as_str()?.to_owned()))),
        }
    }
    fn write(&self) -> Value {
        self.0.as_deref().map_or(Value::None, Value::from)
    }
}

/// A number, from PyTorch's floats, ints and tensors of one element.
pub(crate) fn number(value: &Value) -> Result<f64> {
    match value {
        Value::Tensor(a) => Array::item(a),
        other => other.as_float(),
    }
}

/// An option out of its range.
pub(crate) fn check(op: &'static str, holds: bool, message: impl FnOnce() -> String) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(Error::value(op, message()))
    }
}

/// `Invalid eps value: -1`, where a number is negative or NaN.
pub(crate) fn at_least_0(op: &'static str, what: &str, number: f64) -> Result<()> {
    check(op, number >= 0.0, || format!("Invalid {what}: {number}"))
}

/// `Invalid beta parameter at index 0: 1`, where one is not in `[0, 1)`.
pub(crate) fn in_0_1(op: &'static str, betas: &[f64]) -> Result<()> {
    for (i, beta) in betas.iter().enumerate() {
        check(op, (0.0..1.0).contains(beta), || {
            format!("Invalid beta parameter at index {i}: {beta}")
        })?;
    }
    Ok(())
}

/// An optimizer's type with its options: constructors, one builder per option, and [`Options`].
///
/// `field(argument: type, …): kept as = default;`, in the order in which PyTorch writes them; `lr` is
/// there already. `check` names the function that tells whether they are in range.
macro_rules! optimizer {
    (
        $(#[$doc:meta])*
        $name:ident($options:ident), check $check:path;
        $( $(#[$field_doc:meta])* $field:ident($($arg:ident: $arg_type:ty),+): $t:ty = $default:expr; )*
    ) => {
        $(#[$doc])*
        pub struct $name {
            core: $crate::rule::Core<$options>,
        }

        #[derive(Clone, Debug)]
        struct $options {
            lr: f64,
            $($field: $t,)*
        }

        impl $name {
            /// With learning rate `lr` and PyTorch's defaults for the rest.
            ///
            /// # Panics
            /// Where there are no parameters, one comes twice or is no leaf, or `lr` is negative.
            #[track_caller]
            pub fn new(
                params: impl IntoIterator<Item = ondol_autograd::Tensor>,
                lr: f64,
            ) -> Self {
                let core = $crate::rule::Core::new(params, $options::new(lr));
                $name { core: ondol_autograd::ok(core) }
            }

            /// Several groups with options of their own; `lr` is for those without one.
            ///
            /// # Panics
            /// As [`new`](Self::new).
            #[track_caller]
            pub fn with_groups(
                groups: impl IntoIterator<Item = $crate::ParamGroup>,
                lr: f64,
            ) -> Self {
                let groups = groups.into_iter().collect();
                let core = $crate::rule::Core::with_groups(groups, $options::new(lr));
                $name { core: ondol_autograd::ok(core) }
            }

            $(
                $(#[$field_doc])*
                ///
                /// # Panics
                /// Where it is out of its range.
                #[track_caller]
                pub fn $field(mut self, $($arg: $arg_type),+) -> Self {
                    let kept = ($($arg),+).into();
                    ondol_autograd::ok(self.core.change(|options| options.$field = kept));
                    self
                }
            )*
        }

        impl $options {
            fn new(lr: f64) -> Self {
                $options { lr, $($field: $default),* }
            }
        }

        impl $crate::options::Options for $options {
            const NAME: &'static str = stringify!($name);

            fn lr(&self) -> f64 {
                self.lr
            }

            fn set(
                &mut self,
                name: &str,
                value: &ondol_tensor::Value,
            ) -> ondol_tensor::Result<bool> {
                match name {
                    "lr" => self.lr = $crate::options::number(value)?,
                    $(stringify!($field) => {
                        self.$field = $crate::options::Setting::read(value)?;
                    })*
                    _ => return Ok(false),
                }
                Ok(true)
            }

            fn check(&self) -> ondol_tensor::Result<()> {
                $check(self)
            }

            fn options(&self) -> ondol_tensor::Dict {
                let mut options = ondol_tensor::Dict::new();
                options.insert("lr", self.lr);
                $(options.insert(
                    stringify!($field),
                    $crate::options::Setting::write(&self.$field),
                );)*
                options
            }
        }
    };
}
pub(crate) use optimizer;
