//! Row-major looks at strided operands, and shared access to disjoint parts of a result.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::{buffer, copy, strided};
use crate::{Buffer, Device, Element, Layout, Shape, View, ViewMut};

/// Scratch memory from the pool, for the time of a kernel. Fresh memory costs a page fault per
/// 4 KiB, more than most kernels that would use it.
pub(super) struct Scratch<T> {
    memory: Arc<dyn Buffer>,
    elements: PhantomData<T>,
}

impl<T: Element> Scratch<T> {
    /// `n` elements of whatever was there before; they are written before they are read.
    pub(super) fn new(n: usize) -> Self {
        let pooled = Device::cpu().backend().alloc(n * size_of::<T>());
        // Where the pool has no more, so has the system, and the vector ends the program as any would.
        let memory = pooled.unwrap_or_else(|_| buffer::from_vec(vec![T::default(); n]));
        Scratch {
            memory,
            elements: PhantomData,
        }
    }
}

impl<T: Element> Deref for Scratch<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        buffer::typed(&*self.memory).unwrap_or_default()
    }
}

impl<T: Element> DerefMut for Scratch<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        Arc::get_mut(&mut self.memory)
            .and_then(buffer::typed_mut)
            .unwrap_or_default()
    }
}

/// An operand's elements in row-major order: borrowed where they lie so, else copied.
pub(super) enum Staged<'a, T> {
    Borrowed(&'a [T]),
    Copied(Scratch<T>),
}

impl<T: Element> Deref for Staged<'_, T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        match self {
            Staged::Borrowed(elements) => elements,
            Staged::Copied(elements) => elements,
        }
    }
}

/// The elements of `view` in row-major order, as `T`: cast where its dtype is another.
pub(super) fn read<'a, T: Element>(view: View<'a>) -> Staged<'a, T> {
    if view.dtype == T::DTYPE
        && let Some(elements) = strided::contiguous::<T>(view)
    {
        return Staged::Borrowed(elements);
    }
    Staged::Copied(copied(view))
}

/// As [`read`], always a copy.
pub(super) fn copied<T: Element>(view: View<'_>) -> Scratch<T> {
    let layout = Layout::contiguous(view.layout.shape().clone());
    let mut out = Scratch::new(layout.numel());
    if layout.numel() > 0
        && let Some(buffer) = Arc::get_mut(&mut out.memory)
    {
        copy::copy(
            view,
            ViewMut {
                buffer,
                layout: &layout,
                dtype: T::DTYPE,
            },
        );
    }
    out
}

/// Lets `fill` write `dst`'s elements in row-major order, as `T`: in place where they lie so, else
/// through a copy that is cast where `dst`'s dtype is another.
pub(super) fn write<T: Element, R>(mut dst: ViewMut<'_>, fill: impl FnOnce(&mut [T]) -> R) -> R {
    if dst.dtype == T::DTYPE
        && let Some(elements) = strided::contiguous_mut::<T>(&mut dst)
    {
        return fill(elements);
    }
    let mut values = Scratch::new(dst.layout.numel());
    let result = fill(&mut values);
    copy_out::<T>(&*values.memory, dst);
    result
}

/// Lets `change` change `dst`'s elements in row-major order, as `T`; otherwise as [`write`].
pub(super) fn update<T: Element, R>(mut dst: ViewMut<'_>, change: impl FnOnce(&mut [T]) -> R) -> R {
    if dst.dtype == T::DTYPE
        && let Some(elements) = strided::contiguous_mut::<T>(&mut dst)
    {
        return change(elements);
    }
    let now = View {
        buffer: &*dst.buffer,
        layout: dst.layout,
        dtype: dst.dtype,
    };
    let mut values = copied::<T>(now);
    let result = change(&mut values);
    copy_out::<T>(&*values.memory, dst);
    result
}

/// Writes row-major values, cast where `dst`'s dtype is another.
pub(super) fn store<T: Element>(values: Vec<T>, mut dst: ViewMut<'_>) {
    if dst.dtype == T::DTYPE
        && let Some(elements) = strided::contiguous_mut::<T>(&mut dst)
    {
        return elements.copy_from_slice(&values);
    }
    copy_out::<T>(&*buffer::from_vec(values), dst);
}

fn copy_out<T: Element>(values: &dyn Buffer, dst: ViewMut<'_>) {
    let layout = Layout::contiguous(Shape::new(dst.layout.shape()));
    if layout.numel() > 0 {
        copy::copy(
            View {
                buffer: values,
                layout: &layout,
                dtype: T::DTYPE,
            },
            dst,
        );
    }
}

/// A slice whose parts several tasks write, each its own.
pub(super) struct Disjoint<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: it stands for `&mut [T]`, and `part`'s callers promise not to overlap.
unsafe impl<T: Send> Send for Disjoint<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    pub(super) fn new(slice: &'a mut [T]) -> Self {
        Disjoint {
            start: slice.as_mut_ptr(),
            len: slice.len(),
            slice: PhantomData,
        }
    }

    /// The elements `start..start + len`.
    ///
    /// # Safety
    /// No two parts that live at once may overlap.
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn part(&self, start: usize, len: usize) -> &mut [T] {
        assert!(start + len <= self.len, "a part lies inside the slice");
        // SAFETY: inside the slice by the assertion, and nobody else's by the contract.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), len) }
    }
}

/// The sizes before, of, and after dimension `dim`, as one number each.
pub(super) fn around(shape: &[usize], dim: usize) -> (usize, usize, usize) {
    (
        shape[..dim].iter().product(),
        shape[dim],
        shape[dim + 1..].iter().product(),
    )
}
