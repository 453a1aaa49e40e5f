//! Views as `ndarray` sees them, and as slices where they are contiguous.

use ndarray::{ArrayViewD, ArrayViewMutD, Axis, IxDyn, ShapeBuilder, StrideShape};
use smallvec::SmallVec;

use super::{typed, typed_mut};
use crate::{Element, Layout, View, ViewMut};

/// Sizes or strides of a few dimensions.
pub(super) type Dims<T> = SmallVec<[T; 6]>;

/// All elements of the view's buffer. Asserts that they are of `T` and that the layout lies inside.
pub(super) fn buffer_of<'a, T: Element>(v: View<'a>) -> &'a [T] {
    assert_eq!(v.dtype, T::DTYPE, "a view is read as what it holds");
    let data = typed::<T>(v.buffer).expect("the CPU backend is only given its own buffers");
    check(v.layout, data.len());
    data
}

/// As [`buffer_of`], to write.
pub(super) fn buffer_of_mut<'b, T: Element>(v: &'b mut ViewMut<'_>) -> &'b mut [T] {
    assert_eq!(v.dtype, T::DTYPE, "a view is written as what it holds");
    let data = typed_mut::<T>(v.buffer).expect("the CPU backend is only given its own buffers");
    check(v.layout, data.len());
    data
}

fn check(layout: &Layout, len: usize) {
    let inside = layout
        .extent()
        .is_none_or(|(low, high)| low <= high && high < len);
    assert!(inside, "{layout:?} leaves its buffer of {len} elements");
}

/// The same view for a shorter time.
pub(super) fn reborrow<'b>(v: &'b mut ViewMut<'_>) -> ViewMut<'b> {
    ViewMut {
        buffer: &mut *v.buffer,
        layout: v.layout,
        dtype: v.dtype,
    }
}

/// The exact elements in row-major order, if they lie so without gaps.
pub(super) fn contiguous<'a, T: Element>(v: View<'a>) -> Option<&'a [T]> {
    if !v.layout.is_contiguous() {
        return None;
    }
    let n = v.layout.numel();
    let start = if n == 0 { 0 } else { v.layout.offset() };
    Some(&buffer_of(v)[start..start + n])
}

/// As [`contiguous`], to write.
pub(super) fn contiguous_mut<'b, T: Element>(v: &'b mut ViewMut<'_>) -> Option<&'b mut [T]> {
    if !v.layout.is_contiguous() {
        return None;
    }
    let n = v.layout.numel();
    let start = if n == 0 { 0 } else { v.layout.offset() };
    Some(&mut buffer_of_mut(v)[start..start + n])
}

/// What `ndarray` needs to make a view: it takes strides without a sign, from the lowest address,
/// and turns dimensions round afterwards.
fn parts(layout: &Layout) -> (usize, StrideShape<IxDyn>, Dims<usize>) {
    let (start, mut reversed) = (layout.extent().map_or(0, |(low, _)| low), Dims::new());
    let mut strides = Dims::<usize>::new();
    for (d, (&size, &stride)) in layout.shape().iter().zip(layout.strides()).enumerate() {
        if stride < 0 && size > 1 {
            reversed.push(d);
        }
        strides.push(stride.unsigned_abs());
    }
    (
        start,
        IxDyn(layout.shape()).strides(IxDyn(&strides)),
        reversed,
    )
}

/// A view as an `ndarray` view: any strides, 0 and negative ones too.
pub(super) fn view<'a, T: Element>(v: View<'a>) -> ArrayViewD<'a, T> {
    let data = buffer_of::<T>(v);
    let (start, shape, reversed) = parts(v.layout);
    // SAFETY: `buffer_of` checked the least and the greatest position against the buffer, `start`
    // is the least, and the borrow of `data` lives as long as the view.
    let mut array = unsafe { ArrayViewD::from_shape_ptr(shape, data.as_ptr().add(start)) };
    reversed.iter().for_each(|&d| array.invert_axis(Axis(d)));
    array
}

/// As [`view`], to write; no two elements share memory.
pub(super) fn view_mut<'a, T: Element>(v: ViewMut<'a>) -> ArrayViewMutD<'a, T> {
    let ViewMut {
        buffer,
        layout,
        dtype,
    } = v;
    assert_eq!(dtype, T::DTYPE, "a view is written as what it holds");
    let data: &'a mut [T] =
        typed_mut(buffer).expect("the CPU backend is only given its own buffers");
    check(layout, data.len());
    let (start, shape, reversed) = parts(layout);
    // SAFETY: as in `view`; the exclusive borrow of `data` makes this the only view, and a
    // `ViewMut`'s elements do not overlap.
    let mut array = unsafe { ArrayViewMutD::from_shape_ptr(shape, data.as_mut_ptr().add(start)) };
    reversed.iter().for_each(|&d| array.invert_axis(Axis(d)));
    array
}

/// The fewest dimensions that walk several layouts of one shape alike.
#[derive(Debug, PartialEq)]
pub(super) struct Simplified {
    /// The sizes, none of them 1.
    pub(super) shape: Dims<usize>,
    /// Each layout's strides.
    pub(super) strides: SmallVec<[Dims<isize>; 4]>,
}

/// Drops dimensions of size 1 and merges neighbours that step evenly in every layout. The layouts
/// have one shape; their offsets stay as they are.
pub(super) fn simplify(layouts: &[&Layout]) -> Simplified {
    let mut shape = Dims::<usize>::new();
    let mut strides: SmallVec<[Dims<isize>; 4]> = SmallVec::from_elem(Dims::new(), layouts.len());
    for (d, &size) in layouts
        .first()
        .map_or(&[][..], |l| l.shape())
        .iter()
        .enumerate()
    {
        debug_assert!(layouts.iter().all(|l| l.shape()[d] == size));
        if size == 1 {
            continue;
        }
        let evenly = shape.last().is_some()
            && layouts
                .iter()
                .zip(&strides)
                .all(|(l, s)| s.last() == Some(&(l.strides()[d] * size as isize)));
        if evenly {
            *shape.last_mut().expect("there is a last dimension") *= size;
            layouts
                .iter()
                .zip(&mut strides)
                .for_each(|(l, s)| *s.last_mut().expect("as many") = l.strides()[d]);
        } else {
            shape.push(size);
            layouts
                .iter()
                .zip(&mut strides)
                .for_each(|(l, s)| s.push(l.strides()[d]));
        }
    }
    Simplified { shape, strides }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::from_vec;
    use crate::{Buffer, DType, Shape};

    fn layouts() -> Vec<Layout> {
        let c = |s: &[usize]| Layout::contiguous(Shape::new(s));
        vec![
            c(&[]),
            c(&[24]),
            c(&[0, 3]),
            c(&[2, 0]).flip(0),
            c(&[4, 6]).transpose(0, 1),
            c(&[4, 6]).flip(0).flip(1),
            c(&[2, 3, 4]).flip(1).permute(&[2, 0, 1]),
            c(&[4, 6]).slice(1, 1, 2, 3).slice(0, 3, -2, 2),
            c(&[1, 24]).flip(0),
            c(&[24]).slice(0, 23, -1, 1),
            c(&[24]).windows(0, 5, 2, 3),
        ]
    }

    #[test]
    fn ndarray_sees_the_same_elements() {
        let mut buffer = from_vec((0..24).collect::<Vec<i32>>());
        let mut all = layouts();
        all.push(
            Layout::contiguous(Shape::new(&[4, 1]))
                .broadcast_to(&Shape::new(&[3, 4, 2]), "t")
                .unwrap(),
        );
        for layout in &all {
            let v = View {
                buffer: &*buffer,
                layout,
                dtype: DType::I32,
            };
            let expected: Vec<i32> = layout.positions().map(|p| p as i32).collect();
            let seen = view::<i32>(v);
            assert_eq!(seen.shape(), &layout.shape()[..]);
            assert_eq!(
                seen.iter().copied().collect::<Vec<_>>(),
                expected,
                "{layout:?}"
            );
            assert_eq!(
                contiguous::<i32>(v).map(<[i32]>::to_vec),
                layout.is_contiguous().then_some(expected)
            );
        }
        let buffer = std::sync::Arc::get_mut(&mut buffer).unwrap();
        for layout in &layouts()[..9] {
            let mut v = ViewMut {
                buffer: &mut *buffer,
                layout,
                dtype: DType::I32,
            };
            view_mut::<i32>(reborrow(&mut v))
                .iter_mut()
                .enumerate()
                .for_each(|(i, x)| *x = 100 + i as i32);
            assert_eq!(
                contiguous_mut::<i32>(&mut v).is_some(),
                layout.is_contiguous()
            );
            let data = typed::<i32>(v.buffer as &dyn Buffer).unwrap();
            assert!(
                layout
                    .positions()
                    .enumerate()
                    .all(|(i, p)| data[p] == 100 + i as i32),
                "{layout:?}"
            );
        }
    }

    #[test]
    #[should_panic(expected = "leaves its buffer")]
    fn a_layout_outside_its_buffer_is_refused() {
        let buffer = from_vec(vec![0f32; 5]);
        let layout = Layout::contiguous(Shape::new(&[2, 3]));
        view::<f32>(View {
            buffer: &*buffer,
            layout: &layout,
            dtype: DType::F32,
        });
    }

    #[test]
    fn simplified_walks_are_the_same() {
        let walk = |s: &Simplified, which: usize, offset: usize| {
            let shape = Shape::new(&s.shape);
            Layout::strided(shape, &s.strides[which], offset)
                .positions()
                .collect::<Vec<_>>()
        };
        for a in layouts() {
            let b = Layout::contiguous(a.shape().clone());
            let s = simplify(&[&a, &b]);
            assert_eq!(
                walk(&s, 0, a.offset()),
                a.positions().collect::<Vec<_>>(),
                "{a:?}"
            );
            assert_eq!(walk(&s, 1, 0), b.positions().collect::<Vec<_>>());
        }
        let c = Layout::contiguous(Shape::new(&[2, 1, 3, 4]));
        assert_eq!(simplify(&[&c]).shape[..], [24]);
        let row = Layout::contiguous(Shape::new(&[4]))
            .broadcast_to(c.shape(), "t")
            .unwrap();
        let s = simplify(&[&c, &row]);
        assert_eq!(
            (&s.shape[..], &s.strides[1][..]),
            (&[6, 4][..], &[0, 1][..])
        );
    }
}
