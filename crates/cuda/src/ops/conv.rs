//! Convolution and pooling.

use ondol_tensor::{Conv2dOptions, Layout, Pool2dOptions, Reduce, Result, View, ViewMut};

use super::fold_size;
use super::matmul::SIDE;
use crate::gpu::{Gpu, address, address_mut, launch};
use crate::params::{Conv, Pool};
use crate::walk::{Walk, too_many};

/// The most memory that shares of a weight's gradient take.
const PARTIAL: usize = 64 << 20;

fn four(layout: &Layout) -> [i64; 4] {
    std::array::from_fn(|d| layout.strides()[d] as i64)
}

fn two(sizes: [usize; 2]) -> [u32; 2] {
    sizes.map(|n| n as u32)
}

/// A convolution of input `x` with weight `w` to `y`; an error where 32 bits do not count its pixels.
fn conv(op: &'static str, o: &Conv2dOptions, x: &Layout, w: &Layout, y: &Layout) -> Result<Conv> {
    let (xs, ws, ys) = (x.shape(), w.shape(), y.shape());
    let pixels = |s: &[usize]| s[0] * s[2] * s[3];
    let products = ws[2] * ws[3] * ws[0].max(ws[1]);
    if [pixels(xs), pixels(ys), products]
        .iter()
        .any(|&n| n > 1 << 30)
    {
        return Err(too_many(op, xs));
    }
    Ok(Conv {
        images: xs[0] as u32,
        groups: o.groups as u32,
        channels: ws[1] as u32,
        filters: (ws[0] / o.groups) as u32,
        input: [xs[2] as u32, xs[3] as u32],
        output: [ys[2] as u32, ys[3] as u32],
        kernel: [ws[2] as u32, ws[3] as u32],
        stride: two(o.stride),
        padding: two(o.padding),
        dilation: two(o.dilation),
        x_stride: four(x),
        w_stride: four(w),
        y_stride: four(y),
    })
}

fn tiles(rows: u32, columns: usize) -> u32 {
    ((rows as usize).div_ceil(SIDE) * columns.div_ceil(SIDE)) as u32
}

impl Gpu {
    pub(crate) fn conv_forward(
        &self,
        o: &Conv2dOptions,
        x: View<'_>,
        w: View<'_>,
        y: &ViewMut<'_>,
    ) -> Result<()> {
        let conv = conv("conv2d", o, x.layout, w.layout, y.layout)?;
        let pixels = y.layout.numel() / y.layout.shape()[1];
        let grid = (tiles(conv.filters, pixels), conv.groups, 1);
        let (x, w, y, name) = (address(&x), address(&w), address_mut(y), x.dtype.name());
        launch!(self, "conv2d", ("conv_forward", name), grid, conv, x, w, y)
    }

    pub(crate) fn conv_input_grad(
        &self,
        o: &Conv2dOptions,
        y: View<'_>,
        w: View<'_>,
        x: &ViewMut<'_>,
    ) -> Result<()> {
        const OP: &str = "conv2d_input_grad";
        let conv = conv(OP, o, x.layout, w.layout, y.layout)?;
        let pixels = x.layout.numel() / x.layout.shape()[1];
        let grid = (tiles(conv.channels, pixels), conv.groups, 1);
        let (x, w, y, name) = (address_mut(x), address(&w), address(&y), y.dtype.name());
        launch!(self, OP, ("conv_input", name), grid, conv, y, w, x)
    }

    pub(crate) fn conv_weight_grad(
        &self,
        o: &Conv2dOptions,
        x: View<'_>,
        y: View<'_>,
        w: &ViewMut<'_>,
    ) -> Result<()> {
        const OP: &str = "conv2d_weight_grad";
        let conv = conv(OP, o, x.layout, w.layout, y.layout)?;
        let taps = w.layout.shape()[1..].iter().product();
        let pixels = conv.images as usize * y.layout.shape()[2] * y.layout.shape()[3];
        let tiles = tiles(conv.filters, taps);
        let bytes = w.layout.numel() * fold_size(x.dtype);
        // Enough blocks for the whole device, of a few hundred pixels at least.
        let shares = (1024 / (tiles * conv.groups).max(1) as usize)
            .min(pixels.div_ceil(256))
            .min(PARTIAL / bytes.max(1))
            .max(1) as u32;
        let partial = self.pool().alloc(shares as usize * bytes)?;
        let grid = (tiles, conv.groups, shares);
        let (x_at, y_at, partial, name) =
            (address(&x), address(&y), partial.address(), x.dtype.name());
        launch!(
            self,
            OP,
            ("conv_weight", name),
            grid,
            conv,
            x_at,
            y_at,
            partial
        )?;
        let Some(piece) = Walk::new(w.layout.shape(), [w.layout.strides()]).whole() else {
            return Err(too_many(OP, w.layout.shape()));
        };
        let (out, code) = (
            piece.place(0, address_mut(w), w.dtype.size()),
            Reduce::Sum as i32,
        );
        let grid = (self.blocks(piece.n), 1, 1);
        launch!(
            self,
            OP,
            ("reduce_finish", name),
            grid,
            piece.dims,
            out,
            partial,
            piece.n,
            shares,
            code
        )
    }

    /// `None` where a result does not lie row-major.
    pub(crate) fn max_pool2d(
        &self,
        o: &Pool2dOptions,
        x: View<'_>,
        values: &ViewMut<'_>,
        places: &ViewMut<'_>,
    ) -> Option<Result<()>> {
        const OP: &str = "max_pool2d";
        if !values.layout.is_contiguous() || !places.layout.is_contiguous() {
            return None;
        }
        let (xs, ys) = (x.layout.shape(), values.layout.shape());
        if ys.numel() > 1 << 30 {
            return Some(Err(too_many(OP, xs)));
        }
        let pool = Pool {
            channels: xs[1] as u32,
            input: [xs[2] as u32, xs[3] as u32],
            output: [ys[2] as u32, ys[3] as u32],
            kernel: two(o.kernel),
            stride: two(o.stride),
            padding: two(o.padding),
            dilation: two(o.dilation),
            x_stride: four(x.layout),
        };
        let n = ys.numel() as u32;
        let (x_at, values, places) = (address(&x), address_mut(values), address_mut(places));
        let (kernel, grid) = (("max_pool", x.dtype.name()), (self.blocks(n), 1, 1));
        Some(launch!(
            self, OP, kernel, grid, pool, n, x_at, values, places
        ))
    }
}
