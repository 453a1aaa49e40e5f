//! A call's tensors and arguments, under PyTorch's names. What nobody reads is found out.

use std::cell::RefCell;
use std::collections::BTreeSet;

use ondol::{Axes, DType, Operand, Scalar, Tensor};
use serde_json::{Map, Value};

/// What an operation is called with. A wrong type panics and names the argument.
pub(super) struct Call<'a> {
    inputs: Vec<(&'a str, Tensor)>,
    args: &'a Map<String, Value>,
    read: RefCell<BTreeSet<&'a str>>,
}

impl<'a> Call<'a> {
    pub(super) fn new(inputs: Vec<(&'a str, Tensor)>, args: &'a Map<String, Value>) -> Self {
        Call {
            inputs,
            args,
            read: RefCell::default(),
        }
    }

    /// Inputs and arguments that were given and that the operation never asked for; not counting what
    /// is `None`, and `inplace=False`, which say nothing.
    pub(super) fn unread(&self) -> Vec<&'a str> {
        let read = self.read.borrow();
        let inputs = self.inputs.iter().map(|(name, _)| *name);
        let says = |(name, value): &(&'a String, &'a Value)| {
            let off = name.as_str() == "inplace" && **value == Value::Bool(false);
            !(value.is_null() || off)
        };
        let args = self.args.iter().filter(says).map(|(name, _)| name.as_str());
        inputs.chain(args).filter(|n| !read.contains(n)).collect()
    }

    fn mark(&self, name: &'a str) {
        self.read.borrow_mut().insert(name);
    }

    // ---- tensors ----

    /// The first tensor.
    pub(super) fn x(&self) -> Tensor {
        self.at(0)
    }

    /// The `i`-th tensor.
    pub(super) fn at(&self, i: usize) -> Tensor {
        let Some((name, tensor)) = self.inputs.get(i) else {
            panic!(
                "the case gives {} tensors, not {}",
                self.inputs.len(),
                i + 1
            );
        };
        self.mark(name);
        tensor.clone()
    }

    /// A tensor that may be missing.
    pub(super) fn optional(&self, name: &str) -> Option<Tensor> {
        let (name, tensor) = self.inputs.iter().find(|(n, _)| *n == name)?;
        self.mark(name);
        Some(tensor.clone())
    }

    /// A tensor by its name.
    pub(super) fn tensor(&self, name: &str) -> Tensor {
        self.optional(name)
            .unwrap_or_else(|| panic!("the case gives no tensor {name}"))
    }

    /// All tensors from the `i`-th on.
    pub(super) fn rest(&self, i: usize) -> Vec<Tensor> {
        (i..self.inputs.len()).map(|i| self.at(i)).collect()
    }

    /// A tensor or a number, under one name.
    pub(super) fn operand(&self, name: &str) -> Operand {
        if let Some(tensor) = self.optional(name) {
            return tensor.into();
        }
        match self.arg(name) {
            Some(value) => scalar(value)
                .unwrap_or_else(|| panic!("{name} is {value}, not a number"))
                .into(),
            // Under another name: the second tensor.
            None => self.at(1).into(),
        }
    }

    // ---- arguments ----

    /// An argument that was given and is not `None`.
    pub(super) fn arg(&self, name: &str) -> Option<&'a Value> {
        let (name, value) = self.args.get_key_value(name)?;
        self.mark(name);
        (!value.is_null()).then_some(value)
    }

    /// Whether an argument is given, which does not read it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.args.contains_key(name)
    }

    /// An argument as it stands in the case; only a word counts as read by it.
    pub(super) fn raw(&self, name: &str) -> Option<&'a Value> {
        self.args
            .get(name)
            .filter(|value| !value.is_null())
            .inspect(|value| {
                if value.is_string() {
                    self.arg(name);
                }
            })
    }

    /// One integer or a list of them, any of which may be `None`.
    pub(super) fn optional_ints(&self, name: &str) -> Option<Vec<Option<isize>>> {
        let value = self.arg(name)?;
        let int = |v: &Value| match (v.as_i64(), v.is_null()) {
            (Some(i), _) => Some(i as isize),
            (None, true) => None,
            _ => panic!("{name} is {value}, not integers"),
        };
        Some(match value {
            Value::Array(list) => list.iter().map(int).collect(),
            one => vec![int(one)],
        })
    }

    pub(super) fn float(&self, name: &str) -> Option<f64> {
        let value = self.arg(name)?;
        let number = scalar(value).map(|s| s.to_f64());
        Some(number.unwrap_or_else(|| panic!("{name} is {value}, not a number")))
    }

    pub(super) fn float_or(&self, name: &str, default: f64) -> f64 {
        self.float(name).unwrap_or(default)
    }

    /// A number with its own type, which decides promotion.
    pub(super) fn number(&self, name: &str) -> Option<Scalar> {
        let value = self.arg(name)?;
        Some(scalar(value).unwrap_or_else(|| panic!("{name} is {value}, not a number")))
    }

    pub(super) fn int(&self, name: &str) -> Option<isize> {
        let value = self.arg(name)?;
        let number = value.as_i64().map(|i| i as isize);
        Some(number.unwrap_or_else(|| panic!("{name} is {value}, not an integer")))
    }

    pub(super) fn int_or(&self, name: &str, default: isize) -> isize {
        self.int(name).unwrap_or(default)
    }

    pub(super) fn size(&self, name: &str) -> Option<usize> {
        let int = self.int(name)?;
        Some(usize::try_from(int).unwrap_or_else(|_| panic!("{name} is {int}, not a size")))
    }

    pub(super) fn size_or(&self, name: &str, default: usize) -> usize {
        self.size(name).unwrap_or(default)
    }

    pub(super) fn bool_or(&self, name: &str, default: bool) -> bool {
        match self.arg(name) {
            None => default,
            Some(Value::Bool(b)) => *b,
            Some(value) => panic!("{name} is {value}, not a bool"),
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        let value = self.arg(name)?;
        Some(
            value
                .as_str()
                .unwrap_or_else(|| panic!("{name} is {value}, not a text")),
        )
    }

    /// One integer or a list of them.
    pub(super) fn ints(&self, name: &str) -> Option<Vec<isize>> {
        let value = self.arg(name)?;
        let int = |v: &Value| match v.as_i64() {
            Some(i) => i as isize,
            None => panic!("{name} is {value}, not integers"),
        };
        Some(match value {
            Value::Array(list) => list.iter().map(int).collect(),
            one => vec![int(one)],
        })
    }

    /// Sizes: one number, or a list of `N`; `None` where it is not given.
    pub(super) fn sizes<const N: usize>(&self, name: &str) -> Option<[usize; N]> {
        let list = self.ints(name)?;
        let size = |i: isize| {
            usize::try_from(i).unwrap_or_else(|_| panic!("{name} holds {i}, which is no size"))
        };
        Some(match list[..] {
            [one] => [size(one); N],
            _ if list.len() == N => std::array::from_fn(|d| size(list[d])),
            _ => panic!("{name} has {} numbers, not {N}", list.len()),
        })
    }

    pub(super) fn sizes_or<const N: usize>(&self, name: &str, default: usize) -> [usize; N] {
        self.sizes(name).unwrap_or([default; N])
    }

    pub(super) fn floats(&self, name: &str) -> Option<Vec<f64>> {
        let value = self.arg(name)?;
        let float = |v: &Value| match scalar(v) {
            Some(s) => s.to_f64(),
            None => panic!("{name} is {value}, not numbers"),
        };
        Some(match value {
            Value::Array(list) => list.iter().map(float).collect(),
            one => vec![float(one)],
        })
    }

    /// Dimensions; all of them where it is not given.
    pub(super) fn axes(&self, name: &str) -> Axes {
        match self.ints(name) {
            Some(dims) => Axes::from(&dims[..]),
            None => Axes::from(..),
        }
    }

    pub(super) fn keepdim(&self) -> bool {
        self.bool_or("keepdim", false)
    }

    /// A dtype by PyTorch's name, with or without `torch.`.
    pub(super) fn dtype(&self, name: &str) -> Option<DType> {
        let text = self.text(name)?;
        Some(match text.trim_start_matches("torch.") {
            "float32" | "float" => DType::F32,
            "float64" | "double" => DType::F64,
            "float16" | "half" => DType::F16,
            "bfloat16" => DType::BF16,
            "int64" | "long" => DType::I64,
            "int32" | "int" => DType::I32,
            "uint8" => DType::U8,
            "bool" => DType::Bool,
            _ => panic!("{name} is {text}, which is no dtype of Ondol"),
        })
    }
}

/// A number: JSON's, a bool, or the texts of what JSON cannot write.
pub(super) fn scalar(value: &Value) -> Option<Scalar> {
    match value {
        Value::Bool(b) => Some(Scalar::from(*b)),
        Value::Number(n) => match n.as_i64() {
            Some(i) => Some(Scalar::from(i)),
            None => n.as_f64().map(Scalar::from),
        },
        Value::String(s) => match s.as_str() {
            "inf" | "Infinity" => Some(Scalar::from(f64::INFINITY)),
            "-inf" | "-Infinity" => Some(Scalar::from(f64::NEG_INFINITY)),
            "nan" | "NaN" => Some(Scalar::from(f64::NAN)),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn what_is_not_read_is_found() {
    let args =
        serde_json::json!({"dim": 1, "keepdim": true, "p": "inf", "none": null, "inplace": false});
    let args = args.as_object().expect("an object");
    let inputs = vec![("input", Tensor::zeros([2])), ("other", Tensor::zeros([2]))];
    let call = Call::new(inputs, args);
    assert_eq!(call.unread(), ["input", "other", "dim", "keepdim", "p"]);
    call.x();
    assert_eq!(call.int("dim"), Some(1));
    assert_eq!(call.float("p"), Some(f64::INFINITY));
    assert_eq!(call.int("none"), None);
    assert_eq!(call.unread(), ["other", "keepdim"]);
}
