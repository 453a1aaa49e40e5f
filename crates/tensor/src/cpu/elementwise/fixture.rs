//! What the tests of this folder share: arrays in every kind of layout.

use std::sync::Arc;

use crate::cpu::{from_vec, typed};
use crate::{Buffer, Element, Layout, Result, Shape, Source, View, ViewMut};

/// Elements in a buffer of their own.
pub(in crate::cpu) struct Held {
    buffer: Arc<dyn Buffer>,
    layout: Layout,
}

impl Held {
    /// Puts the values, given in row-major order, where the layout says. A broadcast element keeps
    /// the last value put there.
    pub(in crate::cpu) fn new<T: Element>(values: &[T], layout: &Layout) -> Held {
        assert_eq!(values.len(), layout.numel());
        let mut all = vec![T::default(); layout.extent().map_or(0, |(_, high)| high + 1)];
        layout
            .positions()
            .zip(values)
            .for_each(|(p, &v)| all[p] = v);
        Held {
            buffer: from_vec(all),
            layout: layout.clone(),
        }
    }

    pub(in crate::cpu) fn flat<T: Element>(values: &[T]) -> Held {
        Held::new(values, &contiguous(&[values.len()]))
    }

    pub(in crate::cpu) fn view<T: Element>(&self) -> View<'_> {
        View {
            buffer: &*self.buffer,
            layout: &self.layout,
            dtype: T::DTYPE,
        }
    }

    pub(in crate::cpu) fn source<T: Element>(&self) -> Source<'_> {
        Source::View(self.view::<T>())
    }

    pub(in crate::cpu) fn view_mut<T: Element>(&mut self) -> ViewMut<'_> {
        let buffer = Arc::get_mut(&mut self.buffer).expect("the only holder");
        ViewMut {
            buffer,
            layout: &self.layout,
            dtype: T::DTYPE,
        }
    }

    /// The elements in row-major order.
    pub(in crate::cpu) fn to_vec<T: Element>(&self) -> Vec<T> {
        let all = typed::<T>(&*self.buffer).expect("host memory");
        self.layout.positions().map(|p| all[p]).collect()
    }
}

pub(in crate::cpu) fn contiguous(sizes: &[usize]) -> Layout {
    Layout::contiguous(Shape::new(sizes))
}

/// Layouts of one shape of `6 · 5 · 4` elements: with offset, gaps, turned and reversed.
pub(in crate::cpu) fn layouts() -> Vec<Layout> {
    let all = vec![
        contiguous(&[6, 5, 4]),
        contiguous(&[7, 5, 4]).slice(0, 1, 1, 6),
        contiguous(&[6, 5, 9]).slice(2, 1, 2, 4),
        contiguous(&[4, 5, 6]).transpose(0, 2),
        contiguous(&[5, 6, 4]).transpose(0, 1).flip(2),
        contiguous(&[6, 5, 4]).flip(0).flip(1).flip(2),
        contiguous(&[6, 4, 5]).transpose(1, 2).flip(0),
    ];
    assert!(all.iter().all(|l| l.shape() == &[6, 5, 4]));
    all
}

/// Layouts of the same shape some of whose elements are one.
pub(in crate::cpu) fn broadcast_layouts() -> Vec<Layout> {
    let shape = Shape::new(&[6, 5, 4]);
    [
        &[4][..],
        &[5, 1],
        &[6, 1, 1],
        &[1, 5, 4],
        &[6, 1, 4],
        &[],
        &[6, 5, 1],
    ]
    .iter()
    .map(|sizes| {
        contiguous(sizes)
            .broadcast_to(&shape, "test")
            .expect("the sizes broadcast")
    })
    .collect()
}

/// The result of a kernel that writes `T`, in row-major order.
pub(in crate::cpu) fn result<T: Element>(
    layout: &Layout,
    kernel: impl FnOnce(ViewMut<'_>) -> Result<()>,
) -> Result<Vec<T>> {
    let mut dst = Held::new(&vec![T::default(); layout.numel()], layout);
    kernel(dst.view_mut::<T>())?;
    Ok(dst.to_vec())
}

/// The bits of the elements, so that NaN equals NaN and 0 differs from -0.
pub(in crate::cpu) fn bits<T: Element>(values: &[T]) -> Vec<u64> {
    let canonical = |x: f64| if x.is_nan() { f64::NAN } else { x };
    values
        .iter()
        .map(|v| canonical(v.to_f64()).to_bits())
        .collect()
}

/// Numbers that try a function: special values first, then many of all sizes and both signs.
pub(in crate::cpu) fn probes(n: usize) -> Vec<f64> {
    let special = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        1e-30,
        -1e-30,
        88.7,
        89.0,
        -104.5,
    ];
    let spread = (0..n).map(|i| {
        let t = i as f64 * 0.618_033_988_749_895;
        (t.fract() - 0.5) * 10f64.powf((i % 7) as f64 - 4.0)
    });
    special.into_iter().chain(spread).take(n).collect()
}
