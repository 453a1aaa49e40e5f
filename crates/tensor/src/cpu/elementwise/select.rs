//! One of two operands by a condition, `torch.where`.

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
            writer.store(to, &mut d, |dst| blend(tier, c, x, y, dst));
        }
    });
}

#[inline(always)]
fn blend<T: Copy>(tier: Tier, c: &[bool], x: &[T], y: &[T], dst: &mut [T]) {
    tier.run(
        #[inline(always)]
        || {
            dst.iter_mut()
                .zip(c)
                .zip(x)
                .zip(y)
                .for_each(|(((d, &c), &x), &y)| *d = if c { x } else { y })
        },
    );
}
