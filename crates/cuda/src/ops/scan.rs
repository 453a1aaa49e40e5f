//! Running reductions.

use ondol_tensor::{DType, Result, Scan, View, ViewMut};

use super::{Temporary, unsupported};
use crate::gpu::{Gpu, address, address_mut, launch};
use crate::params::Lines;
use crate::walk::{Walk, too_many};

/// Lines that give a thread each enough to do; fewer long ones take a block each.
const MANY_LINES: usize = 4096;
const SHORT_LINE: usize = 128;

impl Gpu {
    pub(crate) fn scan(&self, op: Scan, src: View<'_>, dim: usize, dst: ViewMut<'_>) -> Result<()> {
        let dtype = dst.dtype;
        if dtype == DType::Bool || (op == Scan::LogSumExp && !dtype.is_floating_point()) {
            return Err(unsupported(op.name(), dtype));
        }
        let shape = src.layout.shape();
        if shape.numel() == 0 {
            return Ok(());
        }
        let others = (0..shape.len()).filter(|&d| d != dim);
        let walk = Walk::over(others, shape, [dst.layout.strides(), src.layout.strides()]);
        let Some(piece) = walk.whole() else {
            let copy = Temporary::copy(self, src, dtype)?;
            let mut result = Temporary::new(self, dst.layout, dtype)?;
            let others = (0..shape.len()).filter(|&d| d != dim);
            let strides = [copy.layout.strides(); 1];
            if Walk::over(others, shape, strides).whole().is_none() {
                return Err(too_many(op.name(), shape));
            }
            self.scan(op, copy.view(), dim, result.view_mut())?;
            return self.copy(result.view(), dst);
        };
        let (count, length) = (piece.n as usize, shape[dim]);
        if u32::try_from(length).is_err() {
            return Err(too_many(op.name(), shape));
        }
        let lines = Lines {
            dims: piece.dims,
            count: piece.n,
            length: length as u32,
            to_step: dst.layout.strides()[dim] as i64,
            from_step: src.layout.strides()[dim] as i64,
        };
        let to = piece.place(0, address_mut(&dst), dtype.size());
        let from = piece.place(1, address(&src), dtype.size());
        let by_block = count < MANY_LINES && length > SHORT_LINE;
        let blocks = if by_block {
            piece.n
        } else {
            self.blocks(piece.n)
        };
        let (code, block) = (op as i32, i32::from(by_block));
        let kernel = ("scan", dtype.name());
        launch!(
            self,
            op.name(),
            kernel,
            (blocks, 1, 1),
            lines,
            to,
            from,
            code,
            block
        )
    }
}
