//! Matrix products.

use ondol_tensor::{DType, Layout, Result, View, ViewMut};

use super::unsupported;
use crate::gpu::{Gpu, address, address_mut, launch};
use crate::params::{Matrix, Product};
use crate::walk::{Walk, too_many};

/// Results of a block, each way.
pub(super) const SIDE: usize = 64;

/// Blocks of the second dimension of a grid.
const BATCHES: u32 = 65_535;

impl Gpu {
    pub(crate) fn matmul(&self, a: View<'_>, b: View<'_>, dst: ViewMut<'_>) -> Result<()> {
        if dst.dtype == DType::Bool {
            return Err(unsupported("matmul", DType::Bool));
        }
        self.product("matmul", a, b, b.layout, None, dst)
    }

    /// `input [M, K]`, `weight [N, K]`, `bias [N]` → `input · weightᵀ + bias`.
    pub(crate) fn linear(
        &self,
        x: View<'_>,
        weight: View<'_>,
        bias: View<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let turned = weight.layout.transpose(0, 1);
        self.product("linear", x, weight, &turned, Some(bias), dst)
    }

    /// `right` is `b`'s layout, perhaps turned.
    fn product(
        &self,
        op: &'static str,
        a: View<'_>,
        b: View<'_>,
        right: &Layout,
        bias: Option<View<'_>>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let (shape, dtype) = (dst.layout.shape(), dst.dtype);
        let outer = shape.len() - 2;
        let (rows, columns) = (shape[outer], shape[outer + 1]);
        let inner = a.layout.shape()[outer + 1];
        let tiles = rows.div_ceil(SIDE) * columns.div_ceil(SIDE);
        if [rows, columns, inner, tiles].iter().any(|&n| n > 1 << 30) {
            return Err(too_many(op, shape));
        }
        let strides = [dst.layout.strides(), a.layout.strides(), right.strides()];
        let step = |l: &Layout, d: usize| l.strides()[outer + d] as i64;
        let size = dtype.size();
        Walk::over(0..outer, shape, strides).pieces(|piece| {
            let out = piece.place(0, address_mut(&dst), size);
            let left = piece.place(1, address(&a), size);
            let b = View { layout: right, ..b };
            let right_at = piece.place(2, address(&b), size);
            let product = Product {
                batch: piece.dims,
                batches: piece.n,
                rows: rows as u32,
                columns: columns as u32,
                inner: inner as u32,
                left: Matrix {
                    data: left.data,
                    outer: step(a.layout, 0),
                    inner: step(a.layout, 1),
                    batch: left.stride,
                },
                right: Matrix {
                    data: right_at.data,
                    outer: step(right, 1),
                    inner: step(right, 0),
                    batch: right_at.stride,
                },
                data: out.data,
                row: step(dst.layout, 0),
                column: step(dst.layout, 1),
                out_batch: out.stride,
                bias: bias.as_ref().map_or(0, address),
                bias_stride: bias.map_or(0, |b| b.layout.strides()[0] as i64),
            };
            if tiles == 0 {
                return Ok(());
            }
            let grid = (tiles as u32, piece.n.min(BATCHES), 1);
            launch!(self, op, ("matmul", dtype.name()), grid, product)
        })
    }
}
