//! Reductions over any dimensions, and positions of extremes.

use ondol_tensor::{ArgReduce, DType, Layout, Reduce, Result, View, ViewMut};

use super::{Temporary, fold_size, unsupported};
use crate::gpu::{Gpu, THREADS, address, address_mut, launch};
use crate::params::{Place, Reduction};
use crate::walk::{Piece, Walk, too_many};

/// The dimensions that stay, of source and result, and those that go.
struct Split {
    kept: Walk<2>,
    folded: Walk<1>,
}

impl Split {
    fn new(src: &Layout, dims: &[usize], dst: &Layout) -> Self {
        let shape = src.shape();
        let stays = (0..shape.len()).filter(|d| !dims.contains(d));
        Split {
            kept: Walk::over(stays, shape, [src.strides(), dst.strides()]),
            folded: Walk::over(dims.iter().copied(), shape, [src.strides()]).sorted(),
        }
    }

    fn pieces(&self) -> Option<(Piece<2>, Piece<1>)> {
        self.kept.whole().zip(self.folded.whole())
    }

    /// What the kernel is told.
    fn reduction(&self, kept: &Piece<2>, folded: &Piece<1>, op: i32) -> Reduction {
        let (outputs, count) = (self.kept.numel(), self.folded.numel());
        let columns = self.by_columns();
        Reduction {
            kept: kept.dims,
            folded: folded.dims,
            outputs: outputs as u32,
            count: count as u32,
            lanes: lanes(columns, outputs, count),
            columns: i32::from(columns),
            op,
        }
    }

    /// Whether neighbouring results lie closer together than neighbouring elements of one.
    fn by_columns(&self) -> bool {
        match (self.kept.inner(0), self.folded.inner(0)) {
            (Some((_, [kept, _])), Some((_, [folded]))) => {
                kept.unsigned_abs() < folded.unsigned_abs()
            }
            (Some(_), None) => true,
            _ => false,
        }
    }
}

/// How many threads share a result.
fn lanes(columns: bool, outputs: usize, count: usize) -> u32 {
    let most = count.div_ceil(4).next_power_of_two();
    if !columns {
        most.min(THREADS as usize) as u32
    } else if outputs >= 1 << 16 {
        1
    } else {
        // Thirty-two neighbours read side by side.
        most.min(8) as u32
    }
}

/// Into how many shares long sums are cut, so that there is work for the whole device.
fn shares(blocks: usize, count: usize, lanes: u32) -> u32 {
    let each = count.div_ceil(lanes as usize);
    if each <= 64 || blocks >= 512 {
        return 1;
    }
    each.div_ceil(32).min(1024 / blocks.max(1)).max(1) as u32
}

impl Gpu {
    pub(crate) fn reduce(
        &self,
        op: Reduce,
        src: View<'_>,
        dims: &[usize],
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let dtype = dst.dtype;
        if matches!(op, Reduce::Any | Reduce::All) && dtype != DType::Bool {
            return Err(unsupported(op.name(), dtype));
        }
        if dst.layout.numel() == 0 {
            return Ok(());
        }
        let split = Split::new(src.layout, dims, dst.layout);
        let Some((kept, folded)) = split.pieces() else {
            return self.reduce_in_turn(op, src, dims, dst);
        };
        let reduction = split.reduction(&kept, &folded, op as i32);
        let (outputs, count) = (reduction.outputs as usize, reduction.count as usize);
        let lanes = reduction.lanes;
        let blocks = outputs.div_ceil((THREADS / lanes) as usize);
        let shares = shares(blocks, count, lanes);
        let from = kept.place(0, address(&src), dtype.size());
        let to = kept.place(1, address_mut(&dst), dtype.size());
        let along: Place = folded.place(0, 0, 1);
        let grid = (blocks as u32, shares, 1);
        let kernel = ("reduce", dtype.name());
        if shares == 1 {
            let partial = 0u64;
            return launch!(
                self,
                op.name(),
                kernel,
                grid,
                reduction,
                to,
                from,
                along,
                partial
            );
        }
        let partial = self
            .pool()
            .alloc(shares as usize * outputs * fold_size(dtype))?;
        let partial = partial.address();
        launch!(
            self,
            op.name(),
            kernel,
            grid,
            reduction,
            to,
            from,
            along,
            partial
        )?;
        let (grid, outputs, code) = (
            (self.blocks(outputs as u32), 1, 1),
            outputs as u32,
            op as i32,
        );
        let kernel = ("reduce_finish", dtype.name());
        launch!(
            self,
            op.name(),
            kernel,
            grid,
            kept.dims,
            to,
            partial,
            outputs,
            shares,
            code
        )
    }

    /// One dimension after the other, of a copy without gaps, whose dimensions then join.
    fn reduce_in_turn(
        &self,
        op: Reduce,
        src: View<'_>,
        dims: &[usize],
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let mut current = Temporary::copy(self, src, src.dtype)?;
        for &dim in dims.iter().rev() {
            let shape = current.layout.shape().clone().with(dim, 1);
            let mut next = Temporary::new(self, &Layout::contiguous(shape), src.dtype)?;
            let split = Split::new(&current.layout, &[dim], &next.layout);
            if split.pieces().is_none() {
                return Err(too_many(op.name(), src.layout.shape()));
            }
            self.reduce(op, current.view(), &[dim], next.view_mut())?;
            current = next;
        }
        self.copy(current.view(), dst)
    }

    pub(crate) fn arg_reduce(
        &self,
        op: ArgReduce,
        src: View<'_>,
        dim: usize,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        if dst.layout.numel() == 0 {
            return Ok(());
        }
        let split = Split::new(src.layout, &[dim], dst.layout);
        let Some((kept, folded)) = split.pieces() else {
            let copy = Temporary::copy(self, src, src.dtype)?;
            if Split::new(&copy.layout, &[dim], dst.layout)
                .pieces()
                .is_none()
            {
                return Err(too_many(op.name(), src.layout.shape()));
            }
            return self.arg_reduce(op, copy.view(), dim, dst);
        };
        let reduction = split.reduction(&kept, &folded, op as i32);
        let (outputs, lanes) = (reduction.outputs as usize, reduction.lanes);
        let from = kept.place(0, address(&src), src.dtype.size());
        let to = kept.place(1, address_mut(&dst), 8);
        let along = folded.place(0, 0, 1);
        let grid = (outputs.div_ceil((THREADS / lanes) as usize) as u32, 1, 1);
        let kernel = ("arg_reduce", src.dtype.name());
        launch!(self, op.name(), kernel, grid, reduction, to, from, along)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_shared_out_by_size() {
        assert_eq!(lanes(false, 64, 10), 4);
        assert_eq!(lanes(false, 1, 1 << 20), 256);
        assert_eq!(lanes(true, 512, 64), 8);
        assert_eq!(lanes(true, 1 << 20, 64), 1);
        assert_eq!(lanes(false, 8, 0), 1);
        assert_eq!(shares(64, 2048, 256), 1);
        assert_eq!(shares(1, 1 << 20, 256), 128);
        assert_eq!(shares(100, 1 << 20, 256), 10);
    }
}
