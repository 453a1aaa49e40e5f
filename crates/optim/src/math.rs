//! The few lines that optimizers share.

use ondol_tensor::{Array, Binary, DType, Reduce, Result, Unary};

/// The gradient to descend along: negated where it maximises, with the decay `λ p` added.
pub(crate) fn direction(
    grad: &Array,
    param: &Array,
    maximize: bool,
    weight_decay: f64,
) -> Result<Array> {
    let mut g = if maximize {
        grad.unary(Unary::Neg)?
    } else {
        grad.clone()
    };
    if weight_decay != 0.0 {
        add_scaled_(&mut g, weight_decay, param)?;
    }
    Ok(g)
}

/// As [`direction`]; where the decay is decoupled it shrinks the parameter instead,
/// `p ← p − lr λ p`.
pub(crate) fn decayed(
    grad: &Array,
    param: &mut Array,
    maximize: bool,
    lr: f64,
    weight_decay: f64,
    decoupled: bool,
) -> Result<Array> {
    if !decoupled {
        return direction(grad, param, maximize, weight_decay);
    }
    if weight_decay != 0.0 {
        param.binary_scalar_(Binary::Mul, 1.0 - lr * weight_decay)?;
    }
    direction(grad, param, maximize, 0.0)
}

/// `a ← a + weight · b`
pub(crate) fn add_scaled_(a: &mut Array, weight: f64, b: &Array) -> Result<()> {
    a.binary_(Binary::Add, &b.binary_scalar(Binary::Mul, weight)?)
}

/// `a ← β a + (1 − β) b`
pub(crate) fn average_(a: &mut Array, beta: f64, b: &Array) -> Result<()> {
    a.binary_scalar_(Binary::Mul, beta)?;
    add_scaled_(a, 1.0 - beta, b)
}

/// `a ← β a + (1 − β) b²`
pub(crate) fn average_square_(a: &mut Array, beta: f64, b: &Array) -> Result<()> {
    average_(a, beta, &b.unary(Unary::Square)?)
}

/// `a ← a + weight · b / c`
pub(crate) fn add_ratio_(a: &mut Array, weight: f64, b: &Array, c: &Array) -> Result<()> {
    let mut ratio = b.binary(Binary::Div, c)?;
    ratio.binary_scalar_(Binary::Mul, weight)?;
    a.binary_(Binary::Add, &ratio)
}

/// `√a + ε`
pub(crate) fn root_plus(a: &Array, eps: f64) -> Result<Array> {
    let mut root = a.unary(Unary::Sqrt)?;
    root.binary_scalar_(Binary::Add, eps)?;
    Ok(root)
}

/// Half types as `f32`, where sums are made.
pub(crate) fn wide(a: &Array) -> Result<Array> {
    match a.dtype() {
        DType::F16 | DType::BF16 => a.cast(DType::F32),
        _ => Ok(a.clone()),
    }
}

/// The Euclidean norm, without dimensions; of half types in `f32`.
pub(crate) fn norm(a: &Array) -> Result<Array> {
    let squares = wide(a)?.unary(Unary::Square)?;
    squares.reduce(Reduce::Sum, &[], false)?.unary(Unary::Sqrt)
}
