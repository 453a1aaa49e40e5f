//! Large products of `f32` matrices: packed panels that stay in the cache, and register tiles.
//!
//! Every element of the result is one sum over the inner size, in order, in blocks that depend on
//! that size alone: how rows and columns are cut changes no bit.

use std::ops::Range;

use super::gemm::Matrix;
use super::gemm_avx2::{HIGH, Rows, WIDE, pack_high, pack_wide, tile};
use super::parallel;
use super::staging::Scratch;

/// Inner size of a panel, so that a strip of it stays in the first-level cache.
const DEEP: usize = 384;
/// Inner size up to which a narrow product is not cut: writing the result twice costs more.
const DEEP_NARROW: usize = 1024;
/// Columns of a panel.
const BROAD: usize = 1024;
/// Tiles of rows that are multiplied with one strip before the next.
const TILES: usize = 16;
/// Floating-point operations a task should have at least: some µs.
const TASK: usize = 400_000;
/// Elements from which packing gains from a second thread.
const PARALLEL_PACKING: usize = 16 * 1024;
/// From this many columns on rows are packed too, even if they lie without gaps.
const PACK_ROWS_FROM: usize = 192;

/// What happens to the result besides the product.
#[derive(Clone, Copy)]
pub(super) struct Finish {
    /// Whether the product is added to what is there.
    pub(super) add: bool,
    /// One number added to each column.
    pub(super) bias: Option<*const f32>,
}

// SAFETY: the pointer is only read, as long as the call that got it lasts.
unsafe impl Send for Finish {}
// SAFETY: as above.
unsafe impl Sync for Finish {}

impl Finish {
    /// The product alone.
    pub(super) const PLAIN: Finish = Finish {
        add: false,
        bias: None,
    };
}

/// A product with its operands in their parts: rows come as tiles, columns as strips.
#[derive(Clone, Copy)]
struct Parts {
    size: [usize; 3],
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
    c: Matrix<*mut f32>,
    finish: Finish,
    /// Whether rows and columns have changed places, so that the bias belongs to rows.
    turned: bool,
}

/// `c = a · b`, finished as `finish` says, on several threads where it is large.
///
/// # Safety
/// The machine has AVX2 and FMA. Every element of the three matrices, and of the bias, lies in live
/// memory, `c`'s apart from the others'. No size is 0.
pub(super) unsafe fn multiply(
    size: [usize; 3],
    a: Matrix<*const f32>,
    b: Matrix<*const f32>,
    c: Matrix<*mut f32>,
    finish: Finish,
) {
    let [m, k, n] = size;
    // Columns that lie without gaps are rows of the transposed product, which need no packing if
    // there is little to multiply them with.
    let turned = if b.column == 1 {
        false
    } else {
        b.row == 1 && m <= PACK_ROWS_FROM && m < n
    };
    let parts = if turned {
        Parts {
            size: [n, k, m],
            a: b.transposed(),
            b: a.transposed(),
            c: c.transposed(),
            finish,
            turned,
        }
    } else {
        Parts {
            size,
            a,
            b,
            c,
            finish,
            turned,
        }
    };
    // SAFETY: the caller's promise.
    unsafe { parts.run() };
}

impl Parts {
    /// # Safety
    /// As for [`multiply`].
    unsafe fn run(self) {
        let [m, k, n] = self.size;
        let pack_rows = self.a.column != 1 || n >= PACK_ROWS_FROM;
        // Columns are read where they lie only if that happens once or twice.
        let pack_columns = self.b.column != 1 || m > 2 * HIGH || !n.is_multiple_of(WIDE);
        let most = if n <= PACK_ROWS_FROM {
            DEEP_NARROW
        } else {
            DEEP
        };
        let pieces = k.div_ceil(most);
        let depth = k.div_ceil(pieces);
        let tiles = m.div_ceil(HIGH);
        let broad = n.min(BROAD);
        let mut rows = Scratch::<f32>::new(if pack_rows { tiles * HIGH * depth } else { 0 });
        let mut columns = Scratch::<f32>::new(if pack_columns {
            broad.next_multiple_of(WIDE) * depth
        } else {
            0
        });
        let (rows, columns) = (Shared(rows.as_mut_ptr()), Shared(columns.as_mut_ptr()));
        for left in (0..n).step_by(BROAD) {
            let width = BROAD.min(n - left);
            let strips = width.div_ceil(WIDE);
            for piece in 0..pieces {
                let first = piece * depth;
                let depth = depth.min(k - first);
                let panel = Panel {
                    parts: self,
                    rows: pack_rows.then_some(rows),
                    columns: pack_columns.then_some(columns),
                    first,
                    depth,
                    left,
                    width,
                    finish: Finish {
                        add: self.finish.add || piece > 0,
                        bias: self.finish.bias.filter(|_| piece + 1 == pieces),
                    },
                };
                // SAFETY: the caller's promise; the scratch holds a panel, of which each task packs
                // or reads its own part, and no task of one kind runs beside one of the other.
                unsafe {
                    panel.pack(
                        if pack_rows { tiles } else { 0 },
                        if pack_columns { strips } else { 0 },
                    );
                    panel.compute(tiles, strips);
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Shared(*mut f32);
// SAFETY: tasks write apart, and what they read nobody writes meanwhile.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

/// Some of the inner size and of the columns, with all rows.
#[derive(Clone, Copy)]
struct Panel {
    parts: Parts,
    rows: Option<Shared>,
    columns: Option<Shared>,
    first: usize,
    depth: usize,
    left: usize,
    width: usize,
    finish: Finish,
}

// SAFETY: see `Shared`.
unsafe impl Send for Panel {}
// SAFETY: see `Shared`.
unsafe impl Sync for Panel {}

impl Panel {
    /// Packs so many tiles of rows and strips of columns.
    ///
    /// # Safety
    /// As for [`multiply`]; the scratch has room, and nobody else uses it.
    unsafe fn pack(self, tiles: usize, strips: usize) {
        let elements = (tiles * HIGH + strips * WIDE) * self.depth;
        let per_task = (PARALLEL_PACKING / 4 / (WIDE * self.depth)).max(1);
        let all = tiles + strips;
        let tasks = all.div_ceil(per_task);
        parallel::tasks(tasks, elements >= PARALLEL_PACKING, |task| {
            for i in task * per_task..all.min((task + 1) * per_task) {
                // SAFETY: the caller's promise; each part is one task's.
                unsafe {
                    if i < tiles {
                        self.pack_tile(i);
                    } else {
                        self.pack_strip(i - tiles);
                    }
                }
            }
        });
    }

    /// # Safety
    /// As for [`Panel::pack`]; tile `i` has rows.
    unsafe fn pack_tile(&self, i: usize) {
        let (a, Some(to)) = (self.parts.a, self.rows) else {
            return;
        };
        let [m, _, _] = self.parts.size;
        // SAFETY: the caller's promise.
        unsafe {
            let start = (i * HIGH) as isize * a.row + self.first as isize * a.column;
            let start = a.start.offset(start);
            let to = to.0.add(i * HIGH * self.depth);
            pack_high(
                HIGH.min(m - i * HIGH),
                self.depth,
                Matrix { start, ..a },
                to,
            );
        }
    }

    /// # Safety
    /// As for [`Panel::pack`]; strip `i` has columns.
    unsafe fn pack_strip(&self, i: usize) {
        let (b, Some(to)) = (self.parts.b, self.columns) else {
            return;
        };
        // SAFETY: the caller's promise.
        unsafe {
            let start = self.first as isize * b.row + (self.left + i * WIDE) as isize * b.column;
            let start = b.start.offset(start);
            let to = to.0.add(i * WIDE * self.depth);
            let b = Matrix { start, ..b }.transposed();
            pack_wide(WIDE.min(self.width - i * WIDE), self.depth, b, to);
        }
    }

    /// Multiplies all rows with the panel's columns.
    ///
    /// # Safety
    /// As for [`multiply`]; the panel is packed.
    unsafe fn compute(self, tiles: usize, strips: usize) {
        let work = 2 * tiles * HIGH * self.depth * self.width;
        let wanted = (work / TASK).clamp(1, 256);
        // Rows first: a strip of columns is then shared by few tasks.
        let down = tiles.div_ceil(TILES).max(wanted.min(tiles.div_ceil(4)));
        let across = wanted.div_ceil(down).min(strips.div_ceil(4)).max(1);
        let (high, wide) = (tiles.div_ceil(down), strips.div_ceil(across));
        let (down, across) = (tiles.div_ceil(high), strips.div_ceil(wide));
        parallel::tasks(down * across, work >= 2 * TASK, |task| {
            let (i, j) = (task / across * high, task % across * wide);
            for j in j..strips.min(j + wide) {
                // SAFETY: the caller's promise; each task has its own block of `c`.
                unsafe { self.strip(j, i..tiles.min(i + high)) };
            }
        });
    }

    /// Multiplies some tiles of rows with one strip of columns.
    ///
    /// # Safety
    /// As for [`Panel::compute`].
    #[target_feature(enable = "avx2,fma")]
    unsafe fn strip(self, j: usize, tiles: Range<usize>) {
        let Parts { a, b, c, .. } = self.parts;
        let [m, _, _] = self.parts.size;
        let at = self.left + j * WIDE;
        let width = WIDE.min(self.width - j * WIDE);
        // SAFETY: inside of the matrices and of the packed panel.
        unsafe {
            let (columns, step) = match self.columns {
                Some(packed) => {
                    let start = packed.0.cast_const().add(j * WIDE * self.depth);
                    (start, WIDE as isize)
                }
                None => {
                    let start = self.first as isize * b.row + at as isize;
                    (b.start.offset(start), b.row)
                }
            };
            for i in tiles {
                let row = (i * HIGH) as isize;
                let rows = match self.rows {
                    Some(packed) => Rows::Packed(packed.0.cast_const().add(i * HIGH * self.depth)),
                    None => Rows::Direct(a.start.offset(row * a.row + self.first as isize), a.row),
                };
                let mut finish = self.finish;
                let bias_at = if self.parts.turned { i * HIGH } else { at };
                finish.bias = finish.bias.map(|bias| bias.add(bias_at));
                let start = c.start.offset(row * c.row + at as isize * c.column);
                let size = [HIGH.min(m - i * HIGH), width];
                let c = Matrix { start, ..c };
                tile(
                    self.depth,
                    rows,
                    columns,
                    step,
                    size,
                    c,
                    finish,
                    self.parts.turned,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::parallel::{Tier, with_threads};

    fn numbers(n: usize, seed: usize) -> Vec<f32> {
        (0..n)
            .map(|i| ((i * 37 + seed * 11) % 101) as f32 / 50.0 - 1.0)
            .collect()
    }

    /// Where the elements of a matrix lie: by rows, by columns, or with gaps.
    fn layouts([rows, columns]: [usize; 2]) -> [(usize, isize, isize); 3] {
        [
            (rows * columns, columns as isize, 1),
            (rows * columns, 1, rows as isize),
            (2 * rows * (columns + 3), 2 * (columns as isize + 3), 2),
        ]
    }

    /// The elements of a matrix, row by row.
    fn read(data: &[f32], [rows, columns]: [usize; 2], (row, column): (isize, isize)) -> Vec<f32> {
        (0..rows * columns)
            .map(|i| {
                data[((i / columns) as isize * row + (i % columns) as isize * column) as usize]
            })
            .collect()
    }

    fn run(size: [usize; 3], which: [usize; 3], finish: Finish) -> (Vec<f32>, Vec<f64>) {
        let [m, k, n] = size;
        let [(la, ra, ca), (lb, rb, cb), (lc, rc, cc)] = [
            layouts([m, k])[which[0]],
            layouts([k, n])[which[1]],
            layouts([m, n])[which[2]],
        ];
        let (a, b, mut c) = (numbers(la, 1), numbers(lb, 2), numbers(lc, 3));
        let bias = numbers(n, 4);
        let (x, y, z) = (
            read(&a, [m, k], (ra, ca)),
            read(&b, [k, n], (rb, cb)),
            read(&c, [m, n], (rc, cc)),
        );
        let finish = Finish {
            bias: finish.bias.map(|_| bias.as_ptr()),
            ..finish
        };
        let expected = (0..m * n)
            .map(|i| {
                let (r, l) = (i / n, i % n);
                let mut sum: f64 = (0..k)
                    .map(|p| f64::from(x[r * k + p]) * f64::from(y[p * n + l]))
                    .sum();
                sum += if finish.add { f64::from(z[i]) } else { 0.0 };
                sum += if finish.bias.is_some() {
                    f64::from(bias[l])
                } else {
                    0.0
                };
                sum
            })
            .collect();
        let matrix = |start, row, column| Matrix { start, row, column };
        // SAFETY: the layouts lie inside of their vectors, and the test asked for AVX2.
        unsafe {
            let c = Matrix {
                start: c.as_mut_ptr(),
                row: rc,
                column: cc,
            };
            multiply(
                size,
                matrix(a.as_ptr(), ra, ca),
                matrix(b.as_ptr(), rb, cb),
                c,
                finish,
            );
        }
        (read(&c, [m, n], (rc, cc)), expected)
    }

    #[test]
    fn any_size_layout_and_finish_is_the_product() {
        if Tier::detect() == Tier::Base {
            return;
        }
        let finishes = [
            Finish::PLAIN,
            Finish {
                add: true,
                ..Finish::PLAIN
            },
            Finish {
                add: false,
                bias: Some(std::ptr::null()),
            },
        ];
        for size in [
            [2, 1, 2],
            [6, 8, 16],
            [7, 9, 17],
            [64, 50, 33],
            [5, 400, 200],
            [40, 1100, 48],
            [13, 30, 1060],
            [230, 20, 210],
        ] {
            for i in 0..27 {
                let which = [i % 3, i / 3 % 3, i / 9];
                // Few of the larger ones, all of the layouts for the small.
                if size[0] * size[1] * size[2] > 20_000 && (i + size[0]) % 4 != 0 {
                    continue;
                }
                for finish in finishes {
                    let (got, expected) = run(size, which, finish);
                    let close = |(x, y): (&f32, &f64)| {
                        (f64::from(*x) - y).abs() < 1e-5 * (size[1] as f64).max(10.0)
                    };
                    assert!(got.iter().zip(&expected).all(close), "{size:?} {which:?}");
                }
            }
        }
    }

    #[test]
    fn neither_threads_nor_neighbours_change_a_bit() {
        if Tier::detect() == Tier::Base {
            return;
        }
        let one = with_threads(1, || run([150, 500, 210], [0, 1, 0], Finish::PLAIN).0);
        for threads in [2, 3] {
            let more = with_threads(threads, || run([150, 500, 210], [0, 1, 0], Finish::PLAIN).0);
            assert_eq!(one, more);
        }
        // A row of the result is the same whatever rows are beside it.
        let (a, b) = (numbers(64 * 900, 1), numbers(900 * 40, 2));
        let rows = |m: usize| {
            let mut c = vec![0.0; m * 40];
            // SAFETY: the vectors have the matrices' sizes.
            unsafe {
                multiply(
                    [m, 900, 40],
                    Matrix::rows(&a, 900),
                    Matrix::rows(&b, 40),
                    Matrix::rows_mut(&mut c, 40),
                    Finish::PLAIN,
                );
            }
            c
        };
        assert_eq!(rows(64)[..7 * 40], rows(7));
    }
}
