//! Sums of products over named dimensions.

mod contract;
mod parse;

use std::borrow::Borrow;

use ondol_tensor::Error;

use crate::ops::linalg::diagonal_of;
use crate::{Tensor, ok, raise};
use contract::{Term, contract};
use parse::{Label, name, parse};

impl Tensor {
    /// Sums of products over named dimensions, `torch.einsum`.
    ///
    /// Each letter names a dimension; those missing behind `->` are summed over. Without `->` the
    /// result has the letters that appear once, in alphabetical order, capitals first. A letter
    /// twice in one operand is its diagonal; `...` stands for dimensions that broadcast. Of several
    /// operands, those come together first whose product is smallest.
    ///
    /// ```
    /// use ondol_autograd::{Tensor, tensor};
    /// let (a, b) = (tensor!([[1.0, 2.0], [3.0, 4.0]]), tensor!([[0.0, 1.0], [1.0, 0.0]]));
    /// let product = Tensor::einsum("ij,jk->ik", &[&a, &b]);
    /// assert_eq!(product.to_vec::<f32>(), [2.0, 1.0, 4.0, 3.0]);
    /// assert_eq!(Tensor::einsum("ii", &[&a]).item(), 5.0);
    /// assert_eq!(Tensor::einsum("...i,...i->...", &[&a, &b]).to_vec::<f32>(), [2.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// On an equation that cannot be read or does not fit the operands, in PyTorch's words.
    #[track_caller]
    pub fn einsum<T: Borrow<Tensor>>(equation: &str, operands: &[T]) -> Tensor {
        if operands.is_empty() {
            raise(Error::value(
                "einsum",
                "must specify the equation string and at least one operand",
            ));
        }
        let ranks: Vec<usize> = operands.iter().map(|t| t.borrow().ndim()).collect();
        let equation = ok(parse(equation, &ranks));
        let mut terms = Vec::with_capacity(operands.len());
        for (i, (operand, labels)) in operands.iter().zip(equation.inputs).enumerate() {
            terms.push(diagonals(operand.borrow().clone(), labels, i));
        }
        check_sizes(&terms);
        let whole = contract(terms, &equation.output);
        let order: Vec<isize> = equation
            .output
            .iter()
            .map(|label| whole.labels.iter().position(|l| l == label).unwrap_or(0) as isize)
            .collect();
        whole.value.permute(&order[..])
    }
}

/// Takes the diagonal where a label is repeated in one operand.
#[track_caller]
fn diagonals(mut value: Tensor, mut labels: Vec<Label>, operand: usize) -> Term {
    let mut first = 0;
    while first < labels.len() {
        let label = labels[first];
        let Some(second) = labels[first + 1..].iter().position(|&l| l == label) else {
            first += 1;
            continue;
        };
        let second = first + 1 + second;
        let (a, b) = (value.size(first as isize), value.size(second as isize));
        if a != b {
            raise(Error::value(
                "einsum",
                format!(
                    "subscript {} is repeated for operand {operand} but the sizes don't match, {b} != {a}",
                    name(label)
                ),
            ));
        }
        value = diagonal_of(&value, 0, first, second);
        labels.remove(second);
        labels.remove(first);
        labels.push(label);
    }
    Term { value, labels }
}

/// A label has one size everywhere, or 1.
#[track_caller]
fn check_sizes(terms: &[Term]) {
    let mut seen: Vec<(Label, usize)> = Vec::new();
    for (i, term) in terms.iter().enumerate() {
        let shape = term.value.shape();
        for (&label, &size) in term.labels.iter().zip(shape.iter()) {
            match seen.iter_mut().find(|(l, _)| *l == label) {
                None => seen.push((label, size)),
                Some((_, before)) if *before == 1 => *before = size,
                Some((_, before)) if size != 1 && size != *before => raise(Error::value(
                    "einsum",
                    format!(
                        "subscript {} has size {size} for operand {i} which does not broadcast with previously seen size {before}",
                        name(label)
                    ),
                )),
                Some(_) => {}
            }
        }
    }
}
