//! Filling, and copying between layouts and dtypes.

use ondol_tensor::{DType, Fill, Result, Scalar, View, ViewMut};

use super::operand::bits;
use super::size_name;
use crate::gpu::{Gpu, address, address_mut, launch};
use crate::walk::Walk;

/// Both sides of a matrix that is worth turning by tiles.
const TILE: usize = 16;

impl Gpu {
    pub(crate) fn fill(&self, fill: Fill, dst: ViewMut<'_>) -> Result<()> {
        match fill {
            Fill::Value(value) => self.fill_value(bits(value, dst.dtype), dst),
            Fill::Range { start, step } => self.fill_range(start, step, dst),
        }
    }

    fn fill_value(&self, bits: u64, dst: ViewMut<'_>) -> Result<()> {
        let (to, size) = (address_mut(&dst), dst.dtype.size());
        if bits == 0 && dst.layout.is_contiguous() {
            return match dst.layout.numel() {
                0 => Ok(()),
                n => self.zero(to, n * size),
            };
        }
        let walk = Walk::new(dst.layout.shape(), [dst.layout.strides()]).sorted();
        walk.pieces(|piece| {
            let (out, grid) = (piece.place(0, to, size), (self.blocks(piece.n), 1, 1));
            launch!(
                self,
                "fill",
                ("fill", size_name(dst.dtype)),
                grid,
                piece.dims,
                piece.n,
                out,
                bits
            )
        })
    }

    fn fill_range(&self, start: Scalar, step: Scalar, dst: ViewMut<'_>) -> Result<()> {
        let is_whole = |s| matches!(s, Scalar::Bool(_) | Scalar::Int(_));
        let whole = i32::from(is_whole(start) && is_whole(step));
        let (first_integer, integer_step) = (start.to_i64(), step.to_i64());
        let (from, by) = (start.to_f64(), step.to_f64());
        let (to, dtype) = (address_mut(&dst), dst.dtype);
        Walk::new(dst.layout.shape(), [dst.layout.strides()]).pieces(|piece| {
            let (out, grid) = (
                piece.place(0, to, dtype.size()),
                (self.blocks(piece.n), 1, 1),
            );
            launch!(
                self,
                "arange",
                ("range", dtype.name()),
                grid,
                piece.dims,
                piece.n,
                out,
                piece.first,
                whole,
                first_integer,
                integer_step,
                from,
                by
            )
        })
    }

    pub(crate) fn copy(&self, src: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        let (from, to) = (address(&src), address_mut(&dst));
        if src.dtype != dst.dtype {
            return self.cast(src, dst);
        }
        let (size, name) = (dst.dtype.size(), size_name(dst.dtype));
        if dst.layout.is_contiguous() && src.layout.is_contiguous() {
            return match dst.layout.numel() {
                0 => Ok(()),
                n => self.copy_bytes(from, to, n * size),
            };
        }
        let strides = [dst.layout.strides(), src.layout.strides()];
        let walk = Walk::new(dst.layout.shape(), strides).sorted();
        if let Some((columns, [1, from_column])) = walk.inner(0)
            && let Some((rows, [to_row, 1])) = walk.inner(1)
            && rows >= TILE
            && columns >= TILE
            && walk.whole().is_some()
            && walk.numel() / (rows * columns) <= 65_535
        {
            let batch = walk.outer(2);
            let tiles = (rows.div_ceil(32) * columns.div_ceil(32)) as u32;
            let (rows, columns) = (rows as u32, columns as u32);
            let (to_row, from_column) = (to_row as i64, from_column as i64);
            return batch.pieces(|piece| {
                let (out, a) = (piece.place(0, to, size), piece.place(1, from, size));
                let grid = (tiles, piece.n, 1);
                launch!(
                    self,
                    "copy",
                    ("transpose", name),
                    grid,
                    piece.dims,
                    out,
                    a,
                    rows,
                    columns,
                    to_row,
                    from_column
                )
            });
        }
        walk.pieces(|piece| {
            let (out, a) = (piece.place(0, to, size), piece.place(1, from, size));
            let grid = (self.blocks(piece.n), 1, 1);
            launch!(
                self,
                "copy",
                ("copy", name),
                grid,
                piece.dims,
                piece.n,
                out,
                a
            )
        })
    }

    fn cast(&self, src: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        let (from, to) = (address(&src), address_mut(&dst));
        let (from_size, to_size) = (src.dtype.size(), dst.dtype.size());
        let (name, code) = (dst.dtype.name(), type_code(src.dtype));
        let strides = [dst.layout.strides(), src.layout.strides()];
        Walk::new(dst.layout.shape(), strides)
            .sorted()
            .pieces(|piece| {
                let (out, a) = (piece.place(0, to, to_size), piece.place(1, from, from_size));
                let grid = (self.blocks(piece.n), 1, 1);
                launch!(
                    self,
                    "cast",
                    ("cast", name),
                    grid,
                    piece.dims,
                    piece.n,
                    out,
                    a,
                    code
                )
            })
    }
}

/// The number of a dtype in the kernels' `Type`.
fn type_code(dtype: DType) -> i32 {
    match dtype {
        DType::Bool => 0,
        DType::U8 => 1,
        DType::I32 => 2,
        DType::I64 => 3,
        DType::F16 => 4,
        DType::BF16 => 5,
        DType::F32 => 6,
        DType::F64 => 7,
    }
}
