//! Values as Python writes them, for the texts of transforms.

use std::fmt::Display;

use ondol_tensor::Scalar;

/// `True`, `2`, `0.5`.
pub(crate) fn number(value: Scalar) -> String {
    match value {
        Scalar::Bool(b) => truth(b).into(),
        Scalar::Int(i) => i.to_string(),
        Scalar::Float(x) => float(x),
    }
}

/// `1.0`, `1e-05`.
pub(crate) fn float(x: f64) -> String {
    let text = format!("{x:?}");
    // Python gives an exponent two digits.
    match text.split_once("e-") {
        Some((digits, power)) if power.len() == 1 => format!("{digits}e-0{power}"),
        _ => text,
    }
}

/// `True` or `False`.
pub(crate) fn truth(b: bool) -> &'static str {
    if b { "True" } else { "False" }
}

/// `None`, or the value.
pub(crate) fn optional(value: Option<impl Display>) -> String {
    value.map_or("None".into(), |v| v.to_string())
}

fn joined(values: impl IntoIterator<Item = String>) -> String {
    values.into_iter().collect::<Vec<_>>().join(", ")
}

/// `[1.0, 2.0]`.
pub(crate) fn list(values: &[f64]) -> String {
    format!("[{}]", joined(values.iter().map(|&x| float(x))))
}

/// `(1.0, 2.0)`.
pub(crate) fn tuple(values: &[f64]) -> String {
    format!("({})", joined(values.iter().map(|&x| float(x))))
}

/// `(1, 2)`.
pub(crate) fn int_tuple(values: &[isize]) -> String {
    format!("({})", joined(values.iter().map(isize::to_string)))
}

/// Rounded to `digits` behind the point, as Python's `round` does.
pub(crate) fn round(x: f64, digits: usize) -> f64 {
    format!("{x:.digits$}").parse().unwrap_or(x)
}
