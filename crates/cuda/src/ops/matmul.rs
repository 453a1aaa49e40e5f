//! Matrix products.

use ondol_tensor::{Binary, DType, Layout, Result, Source, View, ViewMut};

use super::unsupported;
use crate::blas::{Side, Sizes};
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
        if self.by_blas(op, a, View { layout: right, ..b }, &dst)? {
            return match bias {
                None => Ok(()),
                Some(bias) => {
                    let bias_layout = bias.layout.broadcast_to(shape, op)?;
                    let bias = View {
                        layout: &bias_layout,
                        ..bias
                    };
                    self.binary(Binary::Add, Source::Destination, Source::View(bias), dst)
                }
            };
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

    /// Leaves a product to cuBLAS, where that is found and takes the layouts; says whether it did.
    fn by_blas(
        &self,
        op: &'static str,
        a: View<'_>,
        b: View<'_>,
        dst: &ViewMut<'_>,
    ) -> Result<bool> {
        let (dtype, shape) = (dst.dtype, dst.layout.shape());
        let outer = shape.len() - 2;
        let inner = a.layout.shape()[outer + 1];
        if !matches!(dtype, DType::F32 | DType::F64) || inner == 0 || shape.numel() == 0 {
            return Ok(false);
        }
        let Some(blas) = self.blas()? else {
            return Ok(false);
        };
        let strides = [dst.layout.strides(), a.layout.strides(), b.layout.strides()];
        let walk = Walk::over(0..outer, shape, strides);
        // One step from each matrix of the batch to the next.
        let Some(piece) = walk.whole().filter(|p| p.dims.n == 1) else {
            return Ok(false);
        };
        let size = dtype.size();
        let side = |i: usize, layout: &Layout, address: u64| {
            let last = |values: &[usize]| [values[outer], values[outer + 1]];
            let steps = [
                layout.strides()[outer] as i64,
                layout.strides()[outer + 1] as i64,
            ];
            let place = piece.place(i, address, size);
            Side::new(place.data, last(layout.shape()), steps, place.stride[0])
        };
        let sides = (
            side(1, a.layout, address(&a)),
            side(2, b.layout, address(&b)),
            side(0, dst.layout, address_mut(dst)).filter(|side| !side.turned),
        );
        let (Some(left), Some(right), Some(out)) = sides else {
            return Ok(false);
        };
        let sizes = Sizes {
            rows: shape[outer] as i32,
            columns: shape[outer + 1] as i32,
            inner: inner as i32,
            batches: piece.n as i32,
        };
        let sides = [left, right, out];
        // SAFETY: the views hold the buffers, and the sizes are theirs.
        unsafe {
            match dtype {
                DType::F64 => self.multiply::<f64>(op, blas, sizes, sides)?,
                _ => self.multiply::<f32>(op, blas, sizes, sides)?,
            }
        }
        Ok(true)
    }
}
