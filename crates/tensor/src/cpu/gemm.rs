//! One matrix product over raw strided memory, and how it is cut into tasks.
//!
//! Large products of `f32` are done by [`gemm_blocked`](super::gemm_blocked) where the machine has
//! AVX2, else, and for `f64`, by `matrixmultiply`. What packing is slow at has loops of its own: one
//! row or one column, and inner sizes too short to pay for it.

#[cfg(target_arch = "x86_64")]
use super::gemm_blocked::Finish;
use super::gemm_small::{dots, short, vector};
use super::number::Fma;
use super::parallel::{self, Tier};

/// Floating-point operations a task should have, where it packs for itself.
const TASK: usize = 2_000_000;
/// The same where nothing is packed.
const NARROW_TASK: usize = 300_000;
/// A product with one row is bound by memory, about eight times slower per operation.
const VECTOR_WEIGHT: usize = 8;
/// Inner sizes up to which packing does not pay.
const SHORT: usize = 32;
/// Rows or columns up to which dot products are faster than packing.
const NARROW: usize = 16;
/// A matrix somewhere in memory.
#[derive(Clone, Copy)]
pub(super) struct Matrix<P> {
    pub(super) start: P,
    /// Distance between rows.
    pub(super) row: isize,
    /// Distance between columns.
    pub(super) column: isize,
}

// SAFETY: the pointers are only used by `multiply`, whose callers promise that tasks write apart.
unsafe impl<P> Send for Matrix<P> {}
// SAFETY: as above.
unsafe impl<P> Sync for Matrix<P> {}

impl<T> Matrix<*const T> {
    /// Rows of `columns` elements without gaps.
    pub(super) fn rows(elements: &[T], columns: usize) -> Self {
        Matrix {
            start: elements.as_ptr(),
            row: columns as isize,
            column: 1,
        }
    }
}

impl<T> Matrix<*mut T> {
    /// Rows of `columns` elements without gaps, to write.
    pub(super) fn rows_mut(elements: &mut [T], columns: usize) -> Self {
        Matrix {
            start: elements.as_mut_ptr(),
            row: columns as isize,
            column: 1,
        }
    }
}

impl<P: Copy> Matrix<P> {
    /// Rows for columns.
    pub(super) fn transposed(self) -> Self {
        Matrix {
            start: self.start,
            row: self.column,
            column: self.row,
        }
    }
}

/// A type matrices are multiplied in.
pub(super) trait Gemm: Fma {
    /// [`dots`] with as many lanes as a vector register has.
    ///
    /// # Safety
    /// As for [`Gemm::library`]; `a`'s rows and `b`'s columns lie without gaps.
    unsafe fn dots(
        size: [usize; 3],
        a: Matrix<*const Self>,
        b: Matrix<*const Self>,
        beta: Self,
        c: Matrix<*mut Self>,
    );

    /// As [`affine`], without the check that packing is the way.
    ///
    /// # Safety
    /// As for [`Gemm::library`]; there is one number of the bias for each column.
    unsafe fn packed_affine(
        size: [usize; 3],
        a: Matrix<*const Self>,
        b: Matrix<*const Self>,
        bias: *const Self,
        c: Matrix<*mut Self>,
    ) -> bool;

    /// Whether [`Gemm::library`] cuts and packs products of this size by itself, and so is given
    /// them whole.
    fn is_blocked(size: [usize; 3]) -> bool;

    /// `c = a · b + beta · c`.
    ///
    /// # Safety
    /// Every element of the three matrices must lie in live memory, `c`'s apart from the others'.
    unsafe fn library(
        size: [usize; 3],
        a: Matrix<*const Self>,
        b: Matrix<*const Self>,
        beta: Self,
        c: Matrix<*mut Self>,
    );
}

macro_rules! gemm {
    ($t:ty, $lanes:literal, $f:path, $blocked:path, $is_blocked:path) => {
        impl Gemm for $t {
            // SAFETY: [`Gemm::dots`] says what the caller promises.
            unsafe fn dots(
                size: [usize; 3],
                a: Matrix<*const $t>,
                b: Matrix<*const $t>,
                beta: $t,
                c: Matrix<*mut $t>,
            ) {
                // SAFETY: the caller's promise.
                unsafe { dots::<$t, $lanes>(size, a, b, beta, c) };
            }

            fn is_blocked(size: [usize; 3]) -> bool {
                $is_blocked(size)
            }

            // SAFETY: [`Gemm::packed_affine`] says what the caller promises.
            unsafe fn packed_affine(
                size: [usize; 3],
                a: Matrix<*const $t>,
                b: Matrix<*const $t>,
                bias: *const $t,
                c: Matrix<*mut $t>,
            ) -> bool {
                // SAFETY: the caller's promise.
                unsafe { $blocked(size, a, b, 0.0, Some(bias), c) }
            }

            // SAFETY: [`Gemm::library`] says what the caller promises.
            unsafe fn library(
                size @ [m, k, n]: [usize; 3],
                a: Matrix<*const $t>,
                b: Matrix<*const $t>,
                beta: $t,
                c: Matrix<*mut $t>,
            ) {
                // SAFETY: the caller's promise.
                unsafe {
                    if $blocked(size, a, b, beta, None, c) {
                        return;
                    }
                    $f(
                        m, k, n, 1.0, a.start, a.row, a.column, b.start, b.row, b.column, beta,
                        c.start, c.row, c.column,
                    );
                }
            }
        }
    };
}
gemm!(f32, 8, matrixmultiply::sgemm, blocked, is_blocked);
gemm!(f64, 4, matrixmultiply::dgemm, not_blocked, never_blocked);

fn never_blocked(_: [usize; 3]) -> bool {
    false
}

/// # Safety
/// None is needed.
unsafe fn not_blocked(
    _: [usize; 3],
    _: Matrix<*const f64>,
    _: Matrix<*const f64>,
    _: f64,
    _: Option<*const f64>,
    _: Matrix<*mut f64>,
) -> bool {
    false
}

/// Whether a product of `f32` goes to [`gemm_blocked`](super::gemm_blocked).
fn is_blocked([m, k, n]: [usize; 3]) -> bool {
    Tier::best() != Tier::Base && m.min(n) > 1 && k > 0
}

/// Does it with [`gemm_blocked`](super::gemm_blocked), if that can.
///
/// # Safety
/// As for [`Gemm::library`].
unsafe fn blocked(
    size: [usize; 3],
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
    beta: f32,
    bias: Option<*const f32>,
    c: Matrix<*mut f32>,
) -> bool {
    #[cfg(target_arch = "x86_64")]
    if is_blocked(size) && (beta == 0.0 || beta == 1.0) {
        let finish = Finish {
            add: beta != 0.0,
            bias,
        };
        // SAFETY: any tier above the base has AVX2 and FMA; the caller's promise.
        unsafe { super::gemm_blocked::multiply(size, a, b, c, finish) };
        return true;
    }
    let _ = (size, a, b, beta, bias, c);
    false
}

/// How one product is cut, by its size alone: rows and columns of a block.
pub(super) struct Cut {
    rows: usize,
    columns: usize,
    blocks: [usize; 2],
    /// What the whole product costs, in floating-point operations.
    pub(super) cost: usize,
    /// What a task should cost.
    task: usize,
}

impl Cut {
    pub(super) fn new([m, k, n]: [usize; 3]) -> Cut {
        let weight = if m == 1 || n == 1 { VECTOR_WEIGHT } else { 1 };
        let cost = (2 * weight)
            .saturating_mul(m)
            .saturating_mul(k)
            .saturating_mul(n);
        let task = if m.min(n) <= NARROW {
            NARROW_TASK
        } else {
            TASK
        };
        let parts = (cost / task).clamp(1, 64);
        // The longer side first, in whole tiles of the kernel.
        let long = parts.min(m.max(n).div_ceil(64)).max(1);
        let short = (parts / long).min(m.min(n).div_ceil(64)).max(1);
        let (down, across) = if n >= m { (short, long) } else { (long, short) };
        let rows = m.div_ceil(down).next_multiple_of(16).min(m.max(1));
        let columns = n.div_ceil(across).next_multiple_of(16).min(n.max(1));
        Cut {
            rows,
            columns,
            blocks: [m.div_ceil(rows), n.div_ceil(columns)],
            cost,
            task,
        }
    }

    /// As [`Cut::new`], in one block.
    pub(super) fn whole(size: [usize; 3]) -> Cut {
        Cut {
            rows: size[0],
            columns: size[2],
            blocks: [1, 1],
            ..Cut::new(size)
        }
    }

    /// The number of blocks.
    pub(super) fn len(&self) -> usize {
        self.blocks[0] * self.blocks[1]
    }

    /// Whether so many products are worth a fork.
    pub(super) fn worth_forking(&self, count: usize) -> bool {
        self.cost.saturating_mul(count) >= 2 * self.task
    }

    /// How many products of this size a task takes.
    pub(super) fn per_task(&self) -> usize {
        (self.task / self.cost.max(1)).max(1)
    }
}

/// One block of `c = a · b + beta · c`.
///
/// # Safety
/// As for [`Gemm::library`]; no two blocks may run on one `c` with different cuts.
pub(super) unsafe fn block<T: Gemm>(
    cut: &Cut,
    index: usize,
    [m, k, n]: [usize; 3],
    a: Matrix<*const T>,
    b: Matrix<*const T>,
    beta: T,
    c: Matrix<*mut T>,
) {
    let (i, j) = (
        index / cut.blocks[1] * cut.rows,
        index % cut.blocks[1] * cut.columns,
    );
    let size = [cut.rows.min(m - i), k, cut.columns.min(n - j)];
    // SAFETY: the block lies inside the matrices, and blocks of one cut do not overlap.
    unsafe {
        let a = Matrix {
            start: a.start.offset(i as isize * a.row),
            ..a
        };
        let b = Matrix {
            start: b.start.offset(j as isize * b.column),
            ..b
        };
        let start = c.start.offset(i as isize * c.row + j as isize * c.column);
        serial(size, a, b, beta, Matrix { start, ..c });
    }
}

/// `c = a · b + beta · c`, cut into tasks where it is large.
///
/// # Safety
/// As for [`Gemm::library`].
pub(super) unsafe fn multiply<T: Gemm>(
    size: [usize; 3],
    a: Matrix<*const T>,
    b: Matrix<*const T>,
    beta: T,
    c: Matrix<*mut T>,
) {
    if Kernel::of(size, a, b, c) == Kernel::Packing && T::is_blocked(size) {
        // SAFETY: the caller's promise.
        return unsafe { T::library(size, a, b, beta, c) };
    }
    let cut = Cut::new(size);
    parallel::tasks(cut.len(), cut.worth_forking(1), |i| {
        // SAFETY: the caller's promise; each task has its own block.
        unsafe { block(&cut, i, size, a, b, beta, c) };
    });
}

/// `c = a · b + bias`, one number of the bias for each column, where that is done in one go; `false`,
/// and nothing done, where it is not.
///
/// # Safety
/// As for [`Gemm::library`].
pub(super) unsafe fn affine<T: Gemm>(
    size: [usize; 3],
    a: Matrix<*const T>,
    b: Matrix<*const T>,
    bias: &[T],
    c: Matrix<*mut T>,
) -> bool {
    let fits = bias.len() == size[2] && T::is_blocked(size);
    // SAFETY: the caller's promise; the bias has as many numbers as there are columns.
    fits && Kernel::of(size, a, b, c) == Kernel::Packing
        && unsafe { T::packed_affine(size, a, b, bias.as_ptr(), c) }
}

/// Which loops do a product.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kernel {
    /// Dot products of rows of `a` and columns of `b`.
    Dots,
    /// The rows of `b`, or the columns of `a`, scaled and added.
    Vector,
    /// Small tiles without packing, along the rows of `c`.
    Short,
    /// The same along its columns.
    ShortTurned,
    Packing,
}

impl Kernel {
    fn of<T>(
        [m, k, n]: [usize; 3],
        a: Matrix<*const T>,
        b: Matrix<*const T>,
        c: Matrix<*mut T>,
    ) -> Kernel {
        let small = k <= SHORT || m * k * n <= 4096;
        if a.column == 1 && b.row == 1 && m.min(n) <= NARROW && k > SHORT {
            Kernel::Dots
        } else if m == 1 && b.column == 1 || n == 1 && a.row == 1 {
            Kernel::Vector
        } else if small && b.column == 1 && c.column == 1 {
            Kernel::Short
        } else if small && a.row == 1 && c.row == 1 {
            Kernel::ShortTurned
        } else {
            Kernel::Packing
        }
    }
}

/// `c = a · b + beta · c` on this thread, or on several where a packing kernel shares it out itself.
///
/// # Safety
/// As for [`Gemm::library`].
pub(super) unsafe fn serial<T: Gemm>(
    size: [usize; 3],
    a: Matrix<*const T>,
    b: Matrix<*const T>,
    beta: T,
    c: Matrix<*mut T>,
) {
    let [m, k, n] = size;
    let turned = [n, k, m];
    let (at, bt, ct) = (a.transposed(), b.transposed(), c.transposed());
    // SAFETY: the caller's promise, passed on; `Kernel::of` checked the unit strides.
    unsafe {
        match Kernel::of(size, a, b, c) {
            Kernel::Dots if n == 1 => T::dots(turned, bt, at, beta, ct),
            Kernel::Dots => T::dots(size, a, b, beta, c),
            Kernel::Vector if m == 1 && b.column == 1 => vector(k, n, a, b, beta, c),
            Kernel::Vector => vector(k, m, bt, at, beta, ct),
            Kernel::Short => short(size, a, b, beta, c),
            Kernel::ShortTurned => short(turned, bt, at, beta, ct),
            Kernel::Packing => T::library(size, a, b, beta, c),
        }
    }
}
