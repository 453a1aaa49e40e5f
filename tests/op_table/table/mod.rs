//! The lines, by kind.

mod activation;
mod attention;
mod binary;
mod compose;
mod convert;
mod functional;
mod in_place;
mod index;
mod layers;
mod linalg;
mod losses;
mod matmul;
mod movement;
mod pick;
mod products;
mod reduce;
mod select;
mod space;
mod unary;

use crate::line::Line;

/// Why a function's output carries no gradient.
const WHOLE: &str =
    "its values are positions, truths or whole numbers, which do not change by a little";
/// Why a second gradient has nothing to compare.
const CONSTANT: &str = "the gradient is 0 wherever it exists, so that it has none of its own";

/// Every line.
pub(crate) fn table() -> Vec<Line> {
    [
        unary::lines(),
        binary::lines(),
        reduce::lines(),
        matmul::lines(),
        movement::lines(),
        index::lines(),
        pick::lines(),
        select::lines(),
        convert::lines(),
        in_place::lines(),
        compose::lines(),
        functional::lines(),
        attention::lines(),
        products::lines(),
        linalg::lines(),
        activation::lines(),
        losses::lines(),
        space::lines(),
        layers::lines(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
