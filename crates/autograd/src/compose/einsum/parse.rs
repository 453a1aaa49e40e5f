//! Reading an equation such as `bij,bjk->bik`.

use ondol_tensor::{Error, Result};

/// What a dimension is called: letters by their place in `A-Za-z`, then the dimensions that
/// ellipses stand for, which are counted from the right.
pub(super) type Label = usize;

const LETTERS: usize = 52;

/// The labels of every operand and of the result.
pub(super) struct Equation {
    pub(super) inputs: Vec<Vec<Label>>,
    pub(super) output: Vec<Label>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Letter(Label),
    Ellipsis,
}

fn refuse<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::value("einsum", message))
}

/// How a label is written, for messages.
pub(super) fn name(label: Label) -> String {
    match label {
        0..26 => char::from(b'A' + label as u8).into(),
        26..LETTERS => char::from(b'a' + (label - 26) as u8).into(),
        _ => format!("of ellipsis dimension -{}", label - LETTERS + 1),
    }
}

fn letter(c: u8, at: usize) -> Result<Label> {
    match c {
        b'A'..=b'Z' => Ok((c - b'A') as Label),
        b'a'..=b'z' => Ok((c - b'a') as Label + 26),
        _ => refuse(format!(
            "invalid subscript given at index {at} in the equation string, subscripts must be in [a-zA-Z]"
        )),
    }
}

/// Letters and at most one ellipsis for each operand of `text`, or for the output.
fn parts(text: &str, from: usize, output: bool) -> Result<Vec<Vec<Part>>> {
    let bytes = text.as_bytes();
    let mut all = vec![Vec::new()];
    let mut i = 0;
    while i < bytes.len() {
        let now = all.len() - 1;
        let refuse_dot = |of_operand: &str, of_output: &str| {
            refuse(if output {
                format!("found '.' for output {of_output}")
            } else {
                format!("found '.' for operand {now} {of_operand}")
            })
        };
        match bytes[i] {
            b' ' => {}
            b',' if !output => all.push(Vec::new()),
            b'.' if all[now].contains(&Part::Ellipsis) => {
                return refuse_dot(
                    "for which an ellipsis was already found",
                    "but an ellipsis (...) was already found",
                );
            }
            b'.' if !text[i..].starts_with("...") => {
                return refuse_dot(
                    "that is not part of any ellipsis",
                    "that is not part of any ellipsis (...)",
                );
            }
            b'.' => {
                all[now].push(Part::Ellipsis);
                i += 2;
            }
            c => all[now].push(Part::Letter(letter(c, from + i)?)),
        }
        i += 1;
    }
    Ok(all)
}

/// Reads `equation` for operands of these ranks.
pub(super) fn parse(equation: &str, ranks: &[usize]) -> Result<Equation> {
    if !equation.is_ascii() {
        let at = equation.bytes().position(|b| !b.is_ascii()).unwrap_or(0);
        letter(0, at)?;
    }
    let (left, right) = match equation.split_once("->") {
        Some((left, right)) => (left, Some((right, left.len() + 2))),
        None => (equation, None),
    };
    let terms = parts(left, 0, false)?;
    match terms.len().cmp(&ranks.len()) {
        std::cmp::Ordering::Greater => {
            return refuse("fewer operands were provided than specified in the equation");
        }
        std::cmp::Ordering::Less => {
            return refuse("more operands were provided than specified in the equation");
        }
        std::cmp::Ordering::Equal => {}
    }
    let mut inputs = Vec::with_capacity(terms.len());
    let mut widest = 0;
    for (i, (term, &rank)) in terms.iter().zip(ranks).enumerate() {
        let dotted = term.contains(&Part::Ellipsis);
        let letters = term.len() - usize::from(dotted);
        if letters > rank || (letters < rank && !dotted) {
            let why = if dotted {
                ""
            } else {
                " and no ellipsis was given"
            };
            return refuse(format!(
                "the number of subscripts in the equation ({letters}) {} the number of dimensions ({rank}) for operand {i}{why}",
                if dotted {
                    "is more than"
                } else {
                    "does not match"
                },
            ));
        }
        let hidden = rank - letters;
        widest = widest.max(hidden);
        inputs.push(labels(term, hidden));
    }
    let output = match right {
        Some((right, from)) => {
            let term = parts(right, from, true)?.remove(0);
            let output = labels(&term, widest);
            for (k, label) in output.iter().enumerate().filter(|(_, l)| **l < LETTERS) {
                if output[..k].contains(label) {
                    return refuse(format!(
                        "output subscript {} appears more than once in the output",
                        name(*label)
                    ));
                }
                if !inputs.iter().any(|input| input.contains(label)) {
                    return refuse(format!(
                        "output subscript {} does not appear in the equation for any input operand",
                        name(*label)
                    ));
                }
            }
            output
        }
        None => {
            let count = |l: Label| inputs.iter().flatten().filter(|&&x| x == l).count();
            let once = (0..LETTERS).filter(|&l| count(l) == 1);
            hidden_labels(widest).chain(once).collect()
        }
    };
    Ok(Equation { inputs, output })
}

/// The labels of `n` dimensions under an ellipsis: the last is the first.
fn hidden_labels(n: usize) -> impl Iterator<Item = Label> {
    (0..n).rev().map(|d| LETTERS + d)
}

fn labels(term: &[Part], hidden: usize) -> Vec<Label> {
    let mut out = Vec::new();
    for part in term {
        match part {
            Part::Letter(l) => out.push(*l),
            Part::Ellipsis => out.extend(hidden_labels(hidden)),
        }
    }
    out
}
