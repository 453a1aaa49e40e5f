//! How operands of one shape are walked: in tiles of rows and columns that stay in the cache.
//!
//! Where everything is contiguous a tile is a long run. A transposed operand is read in square
//! tiles, so that the lines it touches are used whole; short rows are taken many at a time.

use crate::Layout;
use crate::cpu::parallel::{CHUNK_COMPUTE, CHUNK_MEMORY, PARALLEL_COMPUTE, PARALLEL_MEMORY, tasks};
use crate::cpu::strided::{Dims, simplify};

/// The most elements of a tile that is not read and written where it lies.
pub(in crate::cpu) const TILE: usize = 1024;
/// Side of the square tiles of transposed operands.
const SQUARE: usize = 32;
/// From this length on a row is a tile by itself, read where it lies.
const LONG_ROW: usize = 128;

/// What limits an operation, which decides how it is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cpu) enum Cost {
    /// Reading and writing.
    Memory,
    /// Arithmetic.
    Compute,
}

impl Cost {
    fn parallel_from(self) -> usize {
        match self {
            Cost::Memory => PARALLEL_MEMORY,
            Cost::Compute => PARALLEL_COMPUTE,
        }
    }

    fn chunk(self) -> usize {
        match self {
            Cost::Memory => CHUNK_MEMORY,
            Cost::Compute => CHUNK_COMPUTE,
        }
    }
}

/// The walk over `M` operands of one shape; the first is the destination.
pub(in crate::cpu) struct Walk<const M: usize> {
    outer: Dims<usize>,
    outer_strides: [Dims<isize>; M],
    rows: usize,
    cols: usize,
    row_strides: [isize; M],
    col_strides: [isize; M],
    starts: [isize; M],
    tile: [usize; 2],
    /// Whether the next tile is the one below rather than the one beside.
    downwards: bool,
    numel: usize,
    cost: Cost,
}

/// One operand's share of a tile: `rows` × `cols` elements from position `at` on.
#[derive(Clone, Copy, Debug)]
pub(in crate::cpu) struct Part {
    pub(in crate::cpu) at: isize,
    pub(in crate::cpu) rows: usize,
    pub(in crate::cpu) cols: usize,
    pub(in crate::cpu) row_stride: isize,
    pub(in crate::cpu) col_stride: isize,
}

impl Part {
    pub(in crate::cpu) fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether the elements lie row by row without gaps.
    pub(in crate::cpu) fn is_dense(&self) -> bool {
        (self.cols == 1 || self.col_stride == 1)
            && (self.rows == 1 || self.row_stride == self.cols as isize)
    }

    /// Whether all elements are the same one.
    pub(in crate::cpu) fn is_constant(&self) -> bool {
        (self.cols == 1 || self.col_stride == 0) && (self.rows == 1 || self.row_stride == 0)
    }
}

impl<const M: usize> Walk<M> {
    /// `None` stands for a scalar. `direct` says that dense tiles are read and written where they
    /// lie, so that they may be long.
    pub(in crate::cpu) fn new(layouts: [Option<&Layout>; M], direct: bool, cost: Cost) -> Self {
        let destination = layouts[0].expect("the destination has a layout");
        let numel = destination.numel();
        let mut walk = Walk {
            outer: Dims::new(),
            outer_strides: std::array::from_fn(|_| Dims::new()),
            rows: 1,
            cols: numel,
            row_strides: [0; M],
            col_strides: layouts.map(|l| isize::from(l.is_some())),
            starts: layouts.map(|l| l.map_or(0, |l| l.offset() as isize)),
            tile: [1, if direct { cost.chunk() } else { TILE }],
            downwards: false,
            numel,
            cost,
        };
        if numel > 0 && !layouts.iter().flatten().all(|l| l.is_contiguous()) {
            walk.find_tiles(layouts, destination, direct);
        }
        walk
    }

    fn find_tiles(&mut self, layouts: [Option<&Layout>; M], shaped: &Layout, direct: bool) {
        let zeros: Dims<isize> = Dims::from_elem(0, shaped.ndim());
        let scalar = Layout::strided(shaped.shape().clone(), &zeros, 0);
        let plan = simplify(&layouts.map(|l| l.unwrap_or(&scalar)));
        let last = plan.shape.len() - 1;
        self.outer = plan.shape;
        self.outer_strides = std::array::from_fn(|m| plan.strides[m].clone());
        (self.cols, self.col_strides) = self.take(last);
        let jumping = self.col_strides.iter().position(|s| s.unsigned_abs() > 1);
        if !self.outer.is_empty() {
            // An operand that jumps from column to column should step gently from row to row.
            let rows = jumping.and_then(|m| {
                let steps = self.outer_strides[m]
                    .iter()
                    .map(|s| s.unsigned_abs())
                    .enumerate();
                steps.filter(|&(_, s)| s > 0).min_by_key(|&(_, s)| s)
            });
            (self.rows, self.row_strides) = self.take(rows.map_or(last - 1, |(d, _)| d));
        }
        self.tile = if jumping.is_some() {
            // The operand that jumps across lies closely downwards: it is read along its lines.
            self.downwards = true;
            let cols = self.cols.min(TILE / self.rows.min(SQUARE));
            [self.rows.min(TILE / cols), cols]
        } else if self.cols >= LONG_ROW {
            let dense = direct && self.col_strides.iter().all(|&s| s == 1);
            [
                1,
                self.cols.min(if dense { self.cost.chunk() } else { TILE }),
            ]
        } else {
            [self.rows.min(TILE / self.cols), self.cols]
        };
    }

    /// Takes a dimension out of the outer ones.
    fn take(&mut self, d: usize) -> (usize, [isize; M]) {
        (
            self.outer.remove(d),
            std::array::from_fn(|m| self.outer_strides[m].remove(d)),
        )
    }

    /// Gives all tiles to `f`, in parts of a fixed size, on several threads if that is worth it.
    pub(in crate::cpu) fn run(&self, f: &(dyn Fn(Tiles<'_, M>) + Sync)) {
        if self.numel == 0 {
            return;
        }
        let [rows, cols] = self.tile;
        let across = self.cols.div_ceil(cols);
        let down = self.rows.div_ceil(rows);
        let total = self.outer.iter().product::<usize>() * down * across;
        let per_task = (self.cost.chunk() / (rows * cols)).max(1);
        tasks(
            total.div_ceil(per_task),
            self.numel >= self.cost.parallel_from(),
            |task| {
                let next = task * per_task;
                f(Tiles {
                    walk: self,
                    down,
                    across,
                    next,
                    end: total.min(next + per_task),
                });
            },
        );
    }
}

/// Some of a walk's tiles.
pub(in crate::cpu) struct Tiles<'a, const M: usize> {
    walk: &'a Walk<M>,
    down: usize,
    across: usize,
    next: usize,
    end: usize,
}

impl<const M: usize> Iterator for Tiles<'_, M> {
    type Item = [Part; M];

    fn next(&mut self) -> Option<[Part; M]> {
        if self.next == self.end {
            return None;
        }
        let walk = self.walk;
        let (mut rest, within) = (
            self.next / (self.down * self.across),
            self.next % (self.down * self.across),
        );
        let (row, col) = if walk.downwards {
            (within % self.down, within / self.down)
        } else {
            (within / self.across, within % self.across)
        };
        let (row, col) = (row * walk.tile[0], col * walk.tile[1]);
        self.next += 1;
        let mut at = walk.starts;
        for (d, &size) in walk.outer.iter().enumerate().rev() {
            let index = (rest % size) as isize;
            rest /= size;
            at.iter_mut()
                .zip(&walk.outer_strides)
                .for_each(|(at, s)| *at += index * s[d]);
        }
        let rows = walk.tile[0].min(walk.rows - row);
        let cols = walk.tile[1].min(walk.cols - col);
        Some(std::array::from_fn(|m| {
            let (row_stride, col_stride) = (walk.row_strides[m], walk.col_strides[m]);
            let at = at[m] + row as isize * row_stride + col as isize * col_stride;
            Part {
                at,
                rows,
                cols,
                row_stride,
                col_stride,
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::Shape;

    /// The pairs of positions a walk visits, sorted.
    fn pairs(a: &Layout, b: &Layout, direct: bool) -> Vec<(usize, usize)> {
        let seen = Mutex::new(Vec::new());
        Walk::new([Some(a), Some(b)], direct, Cost::Compute).run(&|tiles| {
            for [x, y] in tiles {
                assert!(x.len() <= if direct { CHUNK_COMPUTE } else { TILE });
                for (r, c) in
                    (0..x.rows as isize).flat_map(|r| (0..x.cols as isize).map(move |c| (r, c)))
                {
                    let at = |p: Part| (p.at + r * p.row_stride + c * p.col_stride) as usize;
                    seen.lock().unwrap().push((at(x), at(y)));
                }
            }
        });
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        seen
    }

    #[test]
    fn every_element_is_visited_once_with_its_partner() {
        let c = |s: &[usize]| Layout::contiguous(Shape::new(s));
        let to = |l: Layout, s: &[usize]| l.broadcast_to(&Shape::new(s), "test").unwrap();
        let mut cases = vec![
            (c(&[]), c(&[])),
            (c(&[0, 4]), c(&[4, 0]).transpose(0, 1)),
            (c(&[40_000]), c(&[40_000])),
            (c(&[5000]).flip(0), c(&[5000])),
            (c(&[70, 90]), c(&[90, 70]).transpose(0, 1)),
            (c(&[3, 2000]), c(&[2000, 3]).transpose(0, 1)),
            (c(&[2000, 3]), c(&[3, 2000]).transpose(0, 1)),
            (
                c(&[6, 7, 50, 40]),
                c(&[40, 50, 6, 7]).permute(&[2, 3, 1, 0]),
            ),
            (c(&[9, 500]), to(c(&[500]), &[9, 500])),
            (c(&[9, 500]), to(c(&[9, 1]), &[9, 500])),
            (c(&[900, 3]), to(c(&[3]), &[900, 3])),
            (c(&[4, 1, 3000]), c(&[4, 1, 9000]).slice(2, 1, 3, 3000)),
            (
                c(&[2, 3, 4, 5, 6, 7, 2]),
                c(&[2, 7, 6, 5, 4, 3, 2]).permute(&[6, 5, 4, 3, 2, 1, 0]),
            ),
        ];
        let windows = c(&[300]).windows(0, 5, 1, 2);
        cases.push((c(windows.shape()), windows));
        for (a, b) in &cases {
            let mut expected: Vec<_> = a.positions().zip(b.positions()).collect();
            expected.sort_unstable();
            assert_eq!(pairs(a, b, true), expected, "{a:?} {b:?}");
            assert_eq!(pairs(a, b, false), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn long_rows_and_dense_blocks_are_taken_whole() {
        let c = Layout::contiguous(Shape::new(&[8, 512]));
        let row = Layout::contiguous(Shape::new(&[512]))
            .broadcast_to(c.shape(), "test")
            .unwrap();
        let walk = Walk::new([Some(&c), Some(&row)], true, Cost::Memory);
        assert_eq!(walk.tile, [1, 512]);
        let walk = Walk::new([Some(&c), Some(&c)], true, Cost::Memory);
        assert_eq!((walk.cols, walk.tile), (4096, [1, CHUNK_MEMORY]));
        let transposed = Layout::contiguous(Shape::new(&[512, 8])).transpose(0, 1);
        let walk = Walk::new([Some(&c), Some(&transposed)], true, Cost::Memory);
        assert_eq!(walk.tile, [8, 128]);
    }
}
