//! One matrix product over raw strided memory, and how it is cut into tasks.
//!
//! `matrixmultiply` does the large products. What it is slow at has loops of its own: one row or
//! one column, and inner sizes too short to pay for packing.

use super::gemm_small::{dots, short, vector};
use super::number::Fma;
use super::parallel;

/// Floating-point operations a task should have; a fork costs about as much time.
const TASK: usize = 4_000_000;
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

impl<P> Matrix<P> {
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
    ($t:ty, $lanes:literal, $f:path) => {
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

            // SAFETY: [`Gemm::library`] says what the caller promises.
            unsafe fn library(
                [m, k, n]: [usize; 3],
                a: Matrix<*const $t>,
                b: Matrix<*const $t>,
                beta: $t,
                c: Matrix<*mut $t>,
            ) {
                // SAFETY: the caller's promise.
                unsafe {
                    $f(
                        m, k, n, 1.0, a.start, a.row, a.column, b.start, b.row, b.column, beta,
                        c.start, c.row, c.column,
                    );
                }
            }
        }
    };
}
gemm!(f32, 8, matrixmultiply::sgemm);
gemm!(f64, 4, matrixmultiply::dgemm);

/// How one product is cut, by its size alone: rows and columns of a block.
pub(super) struct Cut {
    rows: usize,
    columns: usize,
    blocks: [usize; 2],
    /// What the whole product costs, in floating-point operations.
    pub(super) cost: usize,
}

impl Cut {
    pub(super) fn new([m, k, n]: [usize; 3]) -> Cut {
        let weight = if m == 1 || n == 1 { VECTOR_WEIGHT } else { 1 };
        let cost = (2 * weight)
            .saturating_mul(m)
            .saturating_mul(k)
            .saturating_mul(n);
        let parts = (cost / TASK).clamp(1, 32);
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
        }
    }

    /// The number of blocks.
    pub(super) fn len(&self) -> usize {
        self.blocks[0] * self.blocks[1]
    }

    /// Whether a product of this cost is worth a fork.
    pub(super) fn worth_forking(cost: usize) -> bool {
        cost >= 2 * TASK
    }

    /// How many products of this size a task takes.
    pub(super) fn per_task(&self) -> usize {
        (TASK / self.cost.max(1)).max(1)
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
    let cut = Cut::new(size);
    parallel::tasks(cut.len(), Cut::worth_forking(cut.cost), |i| {
        // SAFETY: the caller's promise; each task has its own block.
        unsafe { block(&cut, i, size, a, b, beta, c) };
    });
}

/// `c = a · b + beta · c` on this thread.
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
    // SAFETY: the caller's promise, passed on; each kernel needs the unit strides checked before it.
    unsafe {
        if a.column == 1 && b.row == 1 && m.min(n) <= NARROW && k > SHORT {
            if n == 1 {
                T::dots(
                    [n, k, m],
                    b.transposed(),
                    a.transposed(),
                    beta,
                    c.transposed(),
                );
            } else {
                T::dots(size, a, b, beta, c);
            }
        } else if m == 1 && b.column == 1 {
            vector(k, n, a, b, beta, c);
        } else if n == 1 && a.row == 1 {
            vector(k, m, b.transposed(), a.transposed(), beta, c.transposed());
        } else if b.column == 1 && c.column == 1 && (k <= SHORT || m * k * n <= 4096) {
            short(size, a, b, beta, c);
        } else if a.row == 1 && c.row == 1 && (k <= SHORT || m * k * n <= 4096) {
            short(
                [n, k, m],
                b.transposed(),
                a.transposed(),
                beta,
                c.transposed(),
            );
        } else {
            T::library(size, a, b, beta, c);
        }
    }
}
