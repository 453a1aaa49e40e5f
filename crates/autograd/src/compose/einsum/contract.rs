//! Bringing operands together, two at a time.

use super::parse::Label;
use crate::Tensor;

/// An operand and what its dimensions are called.
pub(super) struct Term {
    pub(super) value: Tensor,
    pub(super) labels: Vec<Label>,
}

impl Term {
    fn size(&self, label: Label) -> Option<usize> {
        let d = self.labels.iter().position(|&l| l == label)?;
        Some(self.value.shape()[d])
    }

    /// Without these labels, which are summed over.
    #[track_caller]
    fn summed(self, over: impl Fn(Label) -> bool) -> Term {
        let dims: Vec<isize> = (0..self.labels.len())
            .filter(|&d| over(self.labels[d]))
            .map(|d| d as isize)
            .collect();
        if dims.is_empty() {
            return self;
        }
        Term {
            value: self.value.sum_dim(&dims[..], false),
            labels: self.labels.into_iter().filter(|&l| !over(l)).collect(),
        }
    }

    /// Without these labels, all of size 1.
    #[track_caller]
    fn without(self, drop: &[Label]) -> Term {
        self.summed(|l| drop.contains(&l))
    }
}

/// One term with the labels of `output`, in any order.
#[track_caller]
pub(super) fn contract(mut terms: Vec<Term>, output: &[Label]) -> Term {
    // What only one operand has is summed before anything is multiplied.
    for i in 0..terms.len() {
        let elsewhere = |l: Label| {
            output.contains(&l)
                || terms
                    .iter()
                    .enumerate()
                    .any(|(j, t)| j != i && t.labels.contains(&l))
        };
        let alone: Vec<Label> = terms[i]
            .labels
            .iter()
            .copied()
            .filter(|&l| !elsewhere(l))
            .collect();
        let term = std::mem::replace(
            &mut terms[i],
            Term {
                value: Tensor::from(0.0f32),
                labels: vec![],
            },
        );
        terms[i] = term.without(&alone);
    }
    while terms.len() > 1 {
        let (i, j) = cheapest(&terms, output);
        let right = terms.remove(j);
        let left = terms.remove(i);
        let product = {
            let kept =
                |l: Label| output.contains(&l) || terms.iter().any(|t| t.labels.contains(&l));
            pair(left, right, &kept)
        };
        // In its place, so that equal costs go from left to right.
        terms.insert(i, product);
    }
    terms.remove(0)
}

/// The pair whose product is smallest beside what it replaces.
fn cheapest(terms: &[Term], output: &[Label]) -> (usize, usize) {
    let mut best = (0, 1);
    let mut least = f64::INFINITY;
    for i in 0..terms.len() {
        for j in i + 1..terms.len() {
            let stays = |l: Label| {
                output.contains(&l)
                    || terms
                        .iter()
                        .enumerate()
                        .any(|(k, t)| k != i && k != j && t.labels.contains(&l))
            };
            let (a, b) = (&terms[i], &terms[j]);
            let fresh = b.labels.iter().filter(|l| !a.labels.contains(l));
            let result: f64 = a
                .labels
                .iter()
                .chain(fresh)
                .filter(|&&l| stays(l))
                .map(|&l| a.size(l).unwrap_or(1).max(b.size(l).unwrap_or(1)) as f64)
                .product();
            let cost = result - a.value.numel() as f64 - b.value.numel() as f64;
            if cost < least {
                (best, least) = ((i, j), cost);
            }
        }
    }
    best
}

/// The product of two terms, summed over the labels that are not `kept`.
#[track_caller]
fn pair(mut left: Term, mut right: Term, kept: &impl Fn(Label) -> bool) -> Term {
    // A size of 1 beside another one broadcasts: what is summed is summed on the other side.
    let stretched = |a: &Term, b: &Term| -> Vec<Label> {
        let one = |l: &Label| a.size(*l) == Some(1) && b.size(*l).is_some_and(|n| n != 1);
        a.labels.iter().copied().filter(one).collect()
    };
    let (ones_left, ones_right) = (stretched(&left, &right), stretched(&right, &left));
    left = left.without(&ones_left);
    right = right.without(&ones_right);
    right = right.summed(|l| ones_left.contains(&l) && !kept(l));
    left = left.summed(|l| ones_right.contains(&l) && !kept(l));

    let both = |l: &Label| right.labels.contains(l);
    let (mut batch, mut inside, mut rows) = (vec![], vec![], vec![]);
    for &l in &left.labels {
        match (both(&l), kept(l)) {
            (true, true) => batch.push(l),
            (true, false) => inside.push(l),
            (false, _) => rows.push(l),
        }
    }
    let columns: Vec<Label> = right
        .labels
        .iter()
        .copied()
        .filter(|l| !left.labels.contains(l))
        .collect();
    let labels: Vec<Label> = batch.iter().chain(&rows).chain(&columns).copied().collect();
    let sizes = |labels: &[Label], of: &Term| -> Vec<usize> {
        labels.iter().map(|&l| of.size(l).unwrap_or(1)).collect()
    };
    let order = |of: &Term, parts: [&[Label]; 3]| -> Tensor {
        let place = |l: &Label| of.labels.iter().position(|x| x == l).unwrap_or(0) as isize;
        let dims: Vec<isize> = parts.into_iter().flatten().map(place).collect();
        of.value.permute(&dims[..])
    };
    let (b, r, c, k) = (
        sizes(&batch, &left),
        sizes(&rows, &left),
        sizes(&columns, &right),
        sizes(&inside, &left),
    );
    let one = |n: usize| std::iter::repeat_n(1usize, n);
    let value = if inside.is_empty() {
        // Nothing to sum: element by element, broadcast.
        let to: Vec<usize> = b.iter().chain(&r).copied().chain(one(c.len())).collect();
        let a = order(&left, [&batch, &rows, &[]]).reshape(to);
        let to: Vec<usize> = b
            .iter()
            .copied()
            .chain(one(r.len()))
            .chain(c.iter().copied())
            .collect();
        a.mul(order(&right, [&batch, &[], &columns]).reshape(to))
    } else {
        let n = |s: &[usize]| s.iter().product::<usize>();
        let a = order(&left, [&batch, &rows, &inside]).reshape([n(&b), n(&r), n(&k)]);
        let w = order(&right, [&batch, &inside, &columns]).reshape([n(&b), n(&k), n(&c)]);
        let to: Vec<usize> = b.iter().chain(&r).chain(&c).copied().collect();
        a.product(&w).reshape(to)
    };
    Term { value, labels }
}
