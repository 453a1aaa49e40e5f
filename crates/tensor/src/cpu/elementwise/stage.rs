//! How tiles reach a kernel: where they lie if they are dense, through a small buffer if not.
//!
//! A kernel is one loop over slices. Strided, broadcast and half-precision operands, scalars and
//! the destination's own elements are brought into that form here, tile by tile.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::slice;

use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use ndarray::{ArrayView2, ArrayViewMut2, Axis, ShapeBuilder};

use super::tiles::{Part, TILE};
use crate::cpu::strided::{buffer_of, buffer_of_mut};
use crate::{Element, Scalar, Source, ViewMut};

/// Elements of one type that a kernel sees as another: itself, or `f32` for the half types.
pub(in crate::cpu) trait Stage<C>: Element {
    /// Whether the two types are one.
    const SAME: bool;
    /// One element.
    fn convert(self) -> C;
    /// As many elements as `dst` has.
    fn convert_all(src: &[Self], dst: &mut [C]);
}

impl<T: Element> Stage<T> for T {
    const SAME: bool = true;
    #[inline(always)]
    fn convert(self) -> T {
        self
    }
    fn convert_all(src: &[T], dst: &mut [T]) {
        dst.copy_from_slice(src);
    }
}

macro_rules! half_stage {
    ($($t:ident),*) => {$(
        impl Stage<f32> for $t {
            const SAME: bool = false;
            #[inline(always)]
            fn convert(self) -> f32 {
                self.to_f32()
            }
            fn convert_all(src: &[$t], dst: &mut [f32]) {
                src.convert_to_f32_slice(dst);
            }
        }
        impl Stage<$t> for f32 {
            const SAME: bool = false;
            #[inline(always)]
            fn convert(self) -> $t {
                $t::from_f32(self)
            }
            fn convert_all(src: &[f32], dst: &mut [$t]) {
                dst.convert_from_f32_slice(src);
            }
        }
    )*};
}
half_stage!(f16, bf16);

/// Lines shorter than this cost more to begin than to walk.
const SHORT: usize = 8;

/// Room for one tile. Its start is initialised when first asked for, so that small operations pay
/// for what they use.
pub(in crate::cpu) struct Scratch<C> {
    data: [MaybeUninit<C>; TILE],
    ready: usize,
    /// How many elements at the start hold the scalar operand.
    filled: usize,
}

impl<C: Element> Scratch<C> {
    #[inline]
    pub(in crate::cpu) fn new() -> Self {
        Scratch {
            data: [const { MaybeUninit::uninit() }; TILE],
            ready: 0,
            filled: 0,
        }
    }

    fn slice(&mut self, n: usize) -> &mut [C] {
        if self.ready < n {
            self.data[self.ready..n].iter_mut().for_each(|e| {
                e.write(C::default());
            });
            self.ready = n;
        }
        let start = self.data[..n].as_mut_ptr().cast::<C>();
        // SAFETY: the first `ready` elements are initialised, and `n <= ready`.
        unsafe { slice::from_raw_parts_mut(start, n) }
    }

    /// The first `n` elements, all the same for the scratch's whole life.
    fn scalar(&mut self, value: C, n: usize) -> &[C] {
        if self.filled < n {
            self.slice(n).fill(value);
            self.filled = n;
        }
        self.slice(n)
    }
}

/// An operand of type `S` that the kernel reads as `C`.
pub(in crate::cpu) struct Reader<'a, S, C> {
    from: From<S, C>,
    borrow: PhantomData<&'a S>,
}

enum From<S, C> {
    /// Another buffer's elements.
    Buffer(*const S),
    /// The destination's: they are read before the tile is written.
    Destination(*const S),
    Scalar(C),
}

// SAFETY: a reader only reads, and only what its operand's layout covers. Of the destination a
// task reads only the tiles that it writes itself.
unsafe impl<S: Element, C: Element> Sync for Reader<'_, S, C> {}

impl<'a, S: Stage<C>, C: Element> Reader<'a, S, C> {
    /// The operand's elements must be of `S`, and those of `dst` too if it is the destination.
    pub(in crate::cpu) fn new<D: Element, E: Element>(
        source: Source<'a>,
        dst: &Writer<'_, D, E>,
    ) -> Self {
        let from = match source {
            Source::View(v) => From::Buffer(buffer_of::<S>(v).as_ptr()),
            Source::Destination => {
                assert_eq!(
                    S::DTYPE,
                    D::DTYPE,
                    "the destination is an operand of its own dtype"
                );
                From::Destination(dst.base.cast())
            }
            Source::Scalar(value) => From::Scalar(scalar(value)),
        };
        Reader {
            from,
            borrow: PhantomData,
        }
    }

    /// Whether dense tiles are read where they lie.
    pub(in crate::cpu) fn is_direct(&self) -> bool {
        S::SAME && matches!(self.from, From::Buffer(_))
    }

    /// The tile's elements, row by row.
    ///
    /// `part` is of a walk over this operand's layout.
    #[inline]
    pub(in crate::cpu) fn load<'s>(&'s self, part: Part, scratch: &'s mut Scratch<C>) -> &'s [C] {
        let (base, direct) = match self.from {
            From::Scalar(value) => return scratch.scalar(value, part.len()),
            From::Buffer(base) => (base, S::SAME),
            From::Destination(base) => (base, false),
        };
        if part.is_dense() {
            // SAFETY: the walk stays inside the layout, which was checked against the buffer.
            let elements = unsafe { slice::from_raw_parts(base.offset(part.at), part.len()) };
            if direct {
                // SAFETY: `SAME` says that `S` is `C`.
                return unsafe { slice::from_raw_parts(elements.as_ptr().cast(), part.len()) };
            }
            S::convert_all(elements, scratch.slice(part.len()));
        } else if part.is_constant() {
            // SAFETY: as above.
            let value = unsafe { *base.offset(part.at) };
            scratch.slice(part.len()).fill(value.convert());
        } else {
            // SAFETY: as above.
            let elements = unsafe { tile(base, part) };
            gather(part, elements, scratch.slice(part.len()));
        }
        scratch.slice(part.len())
    }
}

/// A scalar as what the kernel computes in; one `f32` for the half types, as PyTorch takes it.
fn scalar<C: Element>(value: Scalar) -> C {
    value.cast()
}

/// Reads a strided tile into consecutive elements.
fn gather<S: Stage<C>, C: Element>(part: Part, from: ArrayView2<'_, S>, to: &mut [C]) {
    let to =
        ArrayViewMut2::from_shape(from.raw_dim(), to).expect("the scratch is as long as the tile");
    transfer(part, from, to);
}

/// Assigns one tile to another, line by line as the strided one of them, `part`, lies closest, so
/// that each of its cache lines is touched once.
fn transfer<S: Stage<D>, D: Element>(
    part: Part,
    from: ArrayView2<'_, S>,
    to: ArrayViewMut2<'_, D>,
) {
    let down = if part.rows.min(part.cols) < SHORT {
        part.rows > part.cols
    } else {
        part.row_stride.unsigned_abs() < part.col_stride.unsigned_abs()
    };
    let (from, mut to) = if down {
        (from.reversed_axes(), to.reversed_axes())
    } else {
        (from, to)
    };
    let (lines, length) = from.dim();
    assert_eq!(to.dim(), (lines, length));
    for line in 0..lines {
        for i in 0..length {
            // SAFETY: both views have these two sizes.
            unsafe { *to.uget_mut([line, i]) = from.uget([line, i]).convert() };
        }
    }
}

/// The destination, of type `D`, that the kernel writes as `C`.
pub(in crate::cpu) struct Writer<'a, D, C> {
    base: *mut D,
    borrow: PhantomData<(&'a mut D, C)>,
}

// SAFETY: tiles of a walk do not overlap, and each is written by one task.
unsafe impl<D: Element, C: Element> Sync for Writer<'_, D, C> {}

impl<'a, D: Element, C: Element> Writer<'a, D, C> {
    pub(in crate::cpu) fn new(dst: &'a mut ViewMut<'_>) -> Self {
        Writer {
            base: buffer_of_mut::<D>(dst).as_mut_ptr(),
            borrow: PhantomData,
        }
    }
}

impl<D: Stage<C>, C: Stage<D>> Writer<'_, D, C> {
    /// Whether dense tiles are written where they lie.
    pub(in crate::cpu) fn is_direct(&self) -> bool {
        D::SAME
    }

    /// Writes the tile's elements, given row by row.
    ///
    /// `part` is of a walk over the destination's layout.
    pub(in crate::cpu) fn put(&self, part: Part, from: &[C]) {
        assert_eq!(from.len(), part.len());
        if part.is_dense() {
            // SAFETY: the walk stays inside the layout, which was checked against the buffer, and
            // this task alone touches the tile.
            C::convert_all(from, unsafe {
                slice::from_raw_parts_mut(self.base.offset(part.at), part.len())
            });
        } else {
            // SAFETY: as above.
            let to = unsafe { tile_mut(self.base, part) };
            let from = ArrayView2::from_shape(to.raw_dim(), from).expect("as many elements");
            transfer(part, from, to);
        }
    }

    /// Lets `kernel` write the tile's elements, row by row.
    ///
    /// `part` is of a walk over the destination's layout.
    pub(in crate::cpu) fn store(
        &self,
        part: Part,
        scratch: &mut Scratch<C>,
        kernel: &dyn Fn(&mut [C]),
    ) {
        if D::SAME && part.is_dense() {
            // SAFETY: `SAME` says that `D` is `C`; for the rest see `put`.
            let to =
                unsafe { slice::from_raw_parts_mut(self.base.offset(part.at).cast(), part.len()) };
            return kernel(to);
        }
        let from = scratch.slice(part.len());
        kernel(from);
        self.put(part, from);
    }
}

/// The lowest position of a part, and the strides without their signs, as `ndarray` takes them.
fn unsigned(part: Part) -> (isize, [usize; 2]) {
    let reach = |size: usize, stride: isize| (size as isize - 1) * stride.min(0);
    let low = part.at + reach(part.rows, part.row_stride) + reach(part.cols, part.col_stride);
    (
        low,
        [
            part.row_stride.unsigned_abs(),
            part.col_stride.unsigned_abs(),
        ],
    )
}

/// A tile as an `ndarray` view.
///
/// # Safety
/// All positions of `part` lie in the allocation `base` points into, which outlives `'a`.
unsafe fn tile<'a, T>(base: *const T, part: Part) -> ArrayView2<'a, T> {
    let (low, strides) = unsigned(part);
    // SAFETY: the caller answers for the positions, of which `low` is the least.
    let mut view = unsafe {
        ArrayView2::from_shape_ptr(
            (part.rows, part.cols).strides(strides.into()),
            base.offset(low),
        )
    };
    for (axis, stride) in [part.row_stride, part.col_stride].into_iter().enumerate() {
        if stride < 0 {
            view.invert_axis(Axis(axis));
        }
    }
    view
}

/// As [`tile`], to write.
///
/// # Safety
/// As for [`tile`]; and nothing else refers to the elements, of which no two are one.
unsafe fn tile_mut<'a, T>(base: *mut T, part: Part) -> ArrayViewMut2<'a, T> {
    let (low, strides) = unsigned(part);
    // SAFETY: the caller answers for the positions, of which `low` is the least.
    let mut view = unsafe {
        ArrayViewMut2::from_shape_ptr(
            (part.rows, part.cols).strides(strides.into()),
            base.offset(low),
        )
    };
    for (axis, stride) in [part.row_stride, part.col_stride].into_iter().enumerate() {
        if stride < 0 {
            view.invert_axis(Axis(axis));
        }
    }
    view
}
