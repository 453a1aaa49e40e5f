//! Parameters by place and by name.

use std::ops::Index;

use ondol_autograd::{DType, Tensor};

use crate::module::repr::shown;
use crate::{Module, Parameter, Visitor};

/// Parameters in a list, `torch.nn.ParameterList`. Keys are places: `0`.
///
/// ```
/// use ondol_nn::{Module, Parameter, ParameterList, Tensor};
/// let list: ParameterList = (1..=3).map(|n| Parameter::new(Tensor::zeros([n]))).collect();
/// assert_eq!(list[2].shape(), [3]);
/// assert_eq!(list.named_parameters()[1].0, "1");
/// ```
#[derive(Default)]
pub struct ParameterList {
    parameters: Vec<Parameter>,
}

impl ParameterList {
    /// Without parameters.
    pub fn new() -> ParameterList {
        ParameterList::default()
    }

    /// One more at the end, `torch.nn.ParameterList.append`.
    pub fn push(&mut self, parameter: Parameter) {
        self.parameters.push(parameter);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.parameters.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// The one at a place.
    pub fn get(&self, place: usize) -> Option<&Parameter> {
        self.parameters.get(place)
    }

    /// All, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Parameter> {
        self.parameters.iter()
    }
}

impl Index<usize> for ParameterList {
    type Output = Parameter;
    #[track_caller]
    fn index(&self, place: usize) -> &Parameter {
        &self.parameters[place]
    }
}

impl FromIterator<Parameter> for ParameterList {
    fn from_iter<I: IntoIterator<Item = Parameter>>(parameters: I) -> ParameterList {
        ParameterList {
            parameters: parameters.into_iter().collect(),
        }
    }
}

impl Extend<Parameter> for ParameterList {
    fn extend<I: IntoIterator<Item = Parameter>>(&mut self, parameters: I) {
        self.parameters.extend(parameters);
    }
}

impl<'a> IntoIterator for &'a ParameterList {
    type Item = &'a Parameter;
    type IntoIter = std::slice::Iter<'a, Parameter>;
    fn into_iter(self) -> Self::IntoIter {
        self.parameters.iter()
    }
}

impl Module for ParameterList {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        for (place, parameter) in self.parameters.iter().enumerate() {
            visitor.field(&place.to_string(), parameter);
        }
    }

    fn extra_repr(&self) -> String {
        let line = |(place, p): (usize, &Parameter)| {
            let dtype = match p.dtype() {
                DType::F16 => "float16",
                DType::BF16 => "bfloat16",
                DType::F64 => "float64",
                _ => "float32",
            };
            format!(
                "  ({place}): Parameter containing: [torch.{dtype} of size {}]",
                by(p)
            )
        };
        let lines: Vec<String> = self.parameters.iter().enumerate().map(line).collect();
        lines.join("\n")
    }
}
shown!(ParameterList);

/// Sizes as `2x3`.
fn by(parameter: &Tensor) -> String {
    let sizes: Vec<String> = parameter.shape().iter().map(usize::to_string).collect();
    sizes.join("x")
}

/// Parameters by name, in the order in which they came, `torch.nn.ParameterDict`. Keys are the names.
///
/// ```
/// use ondol_nn::{Module, Parameter, ParameterDict, Tensor};
/// let mut dict = ParameterDict::new();
/// dict.insert("scale", Parameter::new(Tensor::ones([3])));
/// assert_eq!(dict["scale"].shape(), [3]);
/// assert_eq!(dict.named_parameters()[0].0, "scale");
/// ```
#[derive(Default)]
pub struct ParameterDict {
    parameters: Vec<(String, Parameter)>,
}

impl ParameterDict {
    /// Without parameters.
    pub fn new() -> ParameterDict {
        ParameterDict::default()
    }

    /// A parameter under a name; the one that had the name before gives it up, and its place.
    ///
    /// # Panics
    /// On an empty name, or one with a `.`, which separates names in keys.
    #[track_caller]
    pub fn insert(&mut self, name: impl Into<String>, parameter: Parameter) -> Option<Parameter> {
        let name = name.into();
        assert!(
            !name.is_empty() && !name.contains('.'),
            "ParameterDict: parameter name can't be empty or contain \".\", got: {name:?}"
        );
        match self.parameters.iter_mut().find(|(other, _)| *other == name) {
            Some((_, old)) => Some(std::mem::replace(old, parameter)),
            None => {
                self.parameters.push((name, parameter));
                None
            }
        }
    }

    /// Takes one out, `torch.nn.ParameterDict.pop`.
    pub fn remove(&mut self, name: &str) -> Option<Parameter> {
        let place = self.parameters.iter().position(|(n, _)| n == name)?;
        Some(self.parameters.remove(place).1)
    }

    /// The one of this name.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        let found = self.parameters.iter().find(|(other, _)| other == name);
        found.map(|(_, parameter)| parameter)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.parameters.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty()
    }

    /// The names, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.parameters.iter().map(|(name, _)| name.as_str())
    }

    /// Names and parameters, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Parameter)> {
        self.parameters.iter().map(|(name, p)| (name.as_str(), p))
    }
}

impl Index<&str> for ParameterDict {
    type Output = Parameter;
    #[track_caller]
    fn index(&self, name: &str) -> &Parameter {
        match self.get(name) {
            Some(parameter) => parameter,
            None => panic!("ParameterDict: there is no parameter {name:?}"),
        }
    }
}

impl Module for ParameterDict {
    fn visit<'a>(&'a self, visitor: &mut Visitor<'a>) {
        visitor.module(self);
        for (name, parameter) in &self.parameters {
            visitor.field(name, parameter);
        }
    }

    fn extra_repr(&self) -> String {
        let line = |(name, p): &(String, Parameter)| {
            let kind = match p.dtype() {
                DType::F16 => "HalfTensor",
                DType::BF16 => "BFloat16Tensor",
                DType::F64 => "DoubleTensor",
                _ => "FloatTensor",
            };
            format!(
                "  ({name}): Parameter containing: [torch.{kind} of size {}]",
                by(p)
            )
        };
        let lines: Vec<String> = self.parameters.iter().map(line).collect();
        lines.join("\n")
    }
}
shown!(ParameterDict);
