//! Element by element: unary and binary operations, comparisons and `where`.
//!
//! A kernel is one loop over slices, compiled for each [`Tier`]; which loop belongs to an operation
//! stands in [`unary`], [`binary`] and [`compare`]. [`tiles`] decides how operands are walked and
//! [`stage`] brings any operand into the form of a slice.

mod binary;
mod compare;
mod erf;
#[cfg(test)]
pub(super) mod fixture;
mod math;
mod select;
mod special;
mod stage;
mod tiles;
mod unary;

pub(super) use binary::binary;
pub(super) use compare::compare;
pub(super) use math::Real;
pub(super) use select::select;
pub(super) use stage::{Reader, Scratch, Stage, Writer};
pub(super) use tiles::{Cost, Walk};
pub(super) use unary::unary;

use super::parallel::Tier;
use super::unsupported;
use crate::{Layout, Source, ViewMut};

/// A loop over one operand.
pub(super) type Map<A, D> = fn(Tier, &[A], &mut [D]);
/// A loop over two operands.
pub(super) type Zip<A, D> = fn(Tier, &[A], &[A], &mut [D]);

/// The body of a [`Map`].
#[inline(always)]
pub(super) fn each<A: Copy, D>(tier: Tier, a: &[A], dst: &mut [D], f: impl Fn(A) -> D) {
    tier.run(
        #[inline(always)]
        || dst.iter_mut().zip(a).for_each(|(d, &a)| *d = f(a)),
    );
}

/// The body of a [`Zip`].
#[inline(always)]
pub(super) fn pairs<A: Copy, D>(
    tier: Tier,
    a: &[A],
    b: &[A],
    dst: &mut [D],
    f: impl Fn(A, A) -> D,
) {
    tier.run(
        #[inline(always)]
        || {
            dst.iter_mut()
                .zip(a)
                .zip(b)
                .for_each(|((d, &a), &b)| *d = f(a, b))
        },
    );
}

/// The layout an operand is walked by; `None` for a scalar.
fn layout_of<'a>(source: &Source<'a>, dst: &'a Layout) -> Option<&'a Layout> {
    match source {
        Source::View(v) => Some(v.layout),
        Source::Destination => Some(dst),
        Source::Scalar(_) => None,
    }
}

/// Runs a kernel that sees elements `S` as `A`, and writes `E` that become elements `D`.
pub(super) fn map<S, D, A, E>(
    source: Source<'_>,
    mut dst: ViewMut<'_>,
    cost: Cost,
    kernel: Map<A, E>,
) where
    S: Stage<A>,
    D: Stage<E>,
    A: crate::Element,
    E: Stage<D>,
{
    let layout = dst.layout;
    let writer = Writer::<D, E>::new(&mut dst);
    let reader = Reader::<S, A>::new(source, &writer);
    let direct = writer.is_direct() && reader.is_direct();
    let tier = Tier::best();
    Walk::new([Some(layout), layout_of(&source, layout)], direct, cost).run(&|tiles| {
        let (mut a, mut d) = (Scratch::new(), Scratch::new());
        for [to, from] in tiles {
            let a = reader.load(from, &mut a);
            writer.store(to, &mut d, &|dst| kernel(tier, a, dst));
        }
    });
}

/// As [`map`], with two operands.
pub(super) fn zip<S, D, A, E>(
    a: Source<'_>,
    b: Source<'_>,
    mut dst: ViewMut<'_>,
    cost: Cost,
    kernel: Zip<A, E>,
) where
    S: Stage<A>,
    D: Stage<E>,
    A: crate::Element,
    E: Stage<D>,
{
    let layout = dst.layout;
    let writer = Writer::<D, E>::new(&mut dst);
    let (left, right) = (
        Reader::<S, A>::new(a, &writer),
        Reader::<S, A>::new(b, &writer),
    );
    let direct = writer.is_direct() && left.is_direct() && right.is_direct();
    let tier = Tier::best();
    let layouts = [Some(layout), layout_of(&a, layout), layout_of(&b, layout)];
    Walk::new(layouts, direct, cost).run(&|tiles| {
        let (mut x, mut y, mut d) = (Scratch::new(), Scratch::new(), Scratch::new());
        for [to, from_a, from_b] in tiles {
            let (x, y) = (left.load(from_a, &mut x), right.load(from_b, &mut y));
            writer.store(to, &mut d, &|dst| kernel(tier, x, y, dst));
        }
    });
}
