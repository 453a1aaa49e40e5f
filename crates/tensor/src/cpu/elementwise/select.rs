//! One of two operands by a condition, `torch.where`.

use std::hint::select_unpredictable;

use super::{Cost, Reader, Scratch, Walk, Writer, layout_of};
use crate::cpu::parallel::Tier;
use crate::{Element, Result, Source, View, ViewMut, with_dtype};

/// `a` where `condition` is true, else `b`; all but the condition have the destination's dtype.
pub(in crate::cpu) fn select(
    condition: View<'_>,
    a: Source<'_>,
    b: Source<'_>,
    dst: ViewMut<'_>,
) -> Result<()> {
    with_dtype!(dst.dtype, T => choose::<T>(condition, a, b, dst));
    Ok(())
}

fn choose<T: Element>(condition: View<'_>, a: Source<'_>, b: Source<'_>, mut dst: ViewMut<'_>) {
    let layout = dst.layout;
    let writer = Writer::<T, T>::new(&mut dst);
    let condition_reader = Reader::<bool, bool>::new(Source::View(condition), &writer);
    let (yes, no) = (
        Reader::<T, T>::new(a, &writer),
        Reader::<T, T>::new(b, &writer),
    );
    let direct = yes.is_direct() && no.is_direct();
    let tier = Tier::best();
    let layouts = [
        Some(layout),
        Some(condition.layout),
        layout_of(&a, layout),
        layout_of(&b, layout),
    ];
    Walk::new(layouts, direct, Cost::Memory).run(&|tiles| {
        let (mut c, mut x, mut y, mut d) = (
            Scratch::new(),
            Scratch::new(),
            Scratch::new(),
            Scratch::new(),
        );
        for [to, from_c, from_a, from_b] in tiles {
            let c = condition_reader.load(from_c, &mut c);
            let (x, y) = (yes.load(from_a, &mut x), no.load(from_b, &mut y));
            writer.store(to, &mut d, &|dst| blend(tier, c, x, y, dst));
        }
    });
}

#[inline(always)]
fn blend<T: Copy>(tier: Tier, c: &[bool], x: &[T], y: &[T], dst: &mut [T]) {
    // An `if` here becomes a choice between two addresses, which does not vectorise.
    tier.run(
        #[inline(always)]
        || {
            dst.iter_mut()
                .zip(c)
                .zip(x.iter().zip(y))
                .for_each(|((d, &c), (&x, &y))| *d = select_unpredictable(c, x, y))
        },
    );
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{
        Held, bits, broadcast_layouts, contiguous, layouts, probes, result,
    };
    use super::*;
    use crate::cpu::parallel::with_threads;
    use crate::{Scalar, bf16, f16};

    fn check<T: Element>() {
        let condition: Vec<bool> = (0..120).map(|i| i % 3 == 0 || i % 7 == 2).collect();
        let a: Vec<T> = probes(120).into_iter().map(T::from_f64).collect();
        let b: Vec<T> = a.iter().rev().copied().collect();
        let from: Vec<_> = layouts().into_iter().chain(broadcast_layouts()).collect();
        for (i, from_c) in from.iter().enumerate() {
            let (from_a, from_b, to) = (
                &from[(i + 1) % from.len()],
                &from[(i * 5 + 2) % from.len()],
                &layouts()[i % 7],
            );
            let (c, x, y) = (
                Held::new(&condition, from_c),
                Held::new(&a, from_a),
                Held::new(&b, from_b),
            );
            let choose = |x: &[T], y: &[T]| -> Vec<T> {
                let c = c.to_vec::<bool>();
                (0..120).map(|i| if c[i] { x[i] } else { y[i] }).collect()
            };
            let (xs, ys) = (x.to_vec::<T>(), y.to_vec::<T>());
            let z = result::<T>(to, |dst| {
                select(c.view::<bool>(), x.source::<T>(), y.source::<T>(), dst)
            })
            .unwrap();
            assert_eq!(
                bits(&z),
                bits(&choose(&xs, &ys)),
                "{} {from_c:?} {from_a:?} {from_b:?}",
                T::DTYPE
            );
            let mut own = Held::new(&xs, to);
            let one = Source::Scalar(Scalar::Int(1));
            select(
                c.view::<bool>(),
                one,
                Source::Destination,
                own.view_mut::<T>(),
            )
            .unwrap();
            assert_eq!(
                bits(&own.to_vec::<T>()),
                bits(&choose(&[T::from_i64(1); 120], &xs))
            );
        }
    }

    #[test]
    fn every_dtype_and_layout_chooses_rightly() {
        check::<bool>();
        check::<u8>();
        check::<i32>();
        check::<i64>();
        check::<f16>();
        check::<bf16>();
        check::<f32>();
        check::<f64>();
    }

    #[test]
    fn the_same_bits_for_any_threads() {
        let n = 300_001;
        let condition: Vec<bool> = (0..n).map(|i| i % 5 < 2).collect();
        let a: Vec<i64> = (0..n as i64).collect();
        let run = |threads| {
            with_threads(threads, || {
                let (c, x) = (Held::flat(&condition), Held::flat(&a));
                let zero = Source::Scalar(Scalar::Int(0));
                result::<i64>(&contiguous(&[n]), |dst| {
                    select(c.view::<bool>(), x.source::<i64>(), zero, dst)
                })
                .unwrap()
            })
        };
        let one = run(1);
        assert!(
            one.iter()
                .enumerate()
                .all(|(i, &v)| v == if condition[i] { a[i] } else { 0 })
        );
        assert!(one == run(2) && one == run(3));
    }
}
