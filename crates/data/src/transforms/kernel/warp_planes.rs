//! Pictures of floats looked up at the places of a grid.

use ondol_autograd::{Tensor, no_grad};
use ondol_tensor::{DType, Error, Result};

use super::grid::{Grid, Places, tensor as grid_tensor};
use crate::transforms::functional::planes::{Planes, on_host};
use crate::transforms::{Fill, InterpolationMode};

/// `x [N, C, H, W]` looked up at a grid → `[N, C, OH, OW]`; what lies outside is `fill`, or zero.
///
/// With a `fill`, even of zero, straight lines go over into it at the border; without one the
/// border's own values do.
pub(crate) fn warp(
    op: &'static str,
    x: &Tensor,
    grid: &Grid,
    out: [usize; 2],
    mode: InterpolationMode,
    fill: Option<&Fill>,
) -> Result<Tensor> {
    let [n, c, h, w] = sizes(x);
    let nearest = match mode {
        InterpolationMode::Nearest => true,
        InterpolationMode::Bilinear => false,
        _ => {
            let text = format!("Interpolation mode '{mode}' is unsupported with Tensor input");
            return Err(Error::value(op, text));
        }
    };
    let colours = match fill.map(|fill| fill.channels(op, c)) {
        None => None,
        Some(Ok(colours)) => Some(colours),
        Some(Err(_)) => {
            let given = fill.map_or(0, Fill::len);
            return Err(Error::value(
                op,
                format!(
                    "The number of elements in 'fill' cannot broadcast to match the number of channels of the image ({given} != {c})"
                ),
            ));
        }
    };
    if h * w == 0 {
        return Err(Error::Input {
            op,
            shape: x.shape().to_vec(),
            rule: "the picture is empty".into(),
        });
    }
    if on_host(x) {
        let planes = Planes::of(x)?;
        let listed = match grid {
            Grid::Places(places) => Some(places.to_dtype(DType::F32).value().to_vec::<f32>()?),
            Grid::Maps(_) => None,
        };
        let places = |i: usize| match (grid, &listed) {
            (Grid::Maps(maps), _) => Places::map(maps[i.min(maps.len() - 1)], [h, w], out),
            (_, Some(list)) => {
                let size = out[0] * out[1] * 2;
                let i = i.min((list.len() / size.max(1)).saturating_sub(1));
                Places::Listed(&list[i * size..(i + 1) * size])
            }
            (_, None) => Places::Listed(&[]),
        };
        let values = planes.with(|values| {
            loops(
                values,
                [n, c, h, w],
                places,
                out,
                nearest,
                colours.as_deref(),
            )
        });
        return planes.back(values, [n, c, out[0], out[1]]);
    }
    let grid = match grid {
        Grid::Maps(maps) => no_grad(|| grid_tensor(maps, [h, w], out, x)),
        Grid::Places(places) => places.to(x.device()),
    };
    composed(x, &grid, out, nearest, colours)
}

fn sizes(x: &Tensor) -> [usize; 4] {
    let shape = x.shape();
    std::array::from_fn(|d| shape[d])
}

/// From −1 … 1 to the pixel's number.
#[inline]
fn pixel(at: f32, size: usize) -> f32 {
    ((at + 1.0) * size as f32 - 1.0) / 2.0
}

fn loops<'a>(
    x: &[f32],
    [n, c, h, w]: [usize; 4],
    places: impl Fn(usize) -> Places<'a>,
    [oh, ow]: [usize; 2],
    nearest: bool,
    fill: Option<&[f64]>,
) -> Vec<f32> {
    let mut out = vec![0.0f32; n * c * oh * ow];
    let fill: Option<Vec<f32>> = fill.map(|fill| fill.iter().map(|&v| v as f32).collect());
    let (area, out_area) = (h * w, oh * ow);
    for i in 0..n {
        let picture = &x[i * c * area..(i + 1) * c * area];
        let to = &mut out[i * c * out_area..(i + 1) * c * out_area];
        let places = places(i);
        for oy in 0..oh {
            for ox in 0..ow {
                let [gx, gy] = places.at(oy, ox, ow);
                let (px, py) = (pixel(gx, w), pixel(gy, h));
                let o = oy * ow + ox;
                if nearest {
                    let (px, py) = (px.round_ties_even(), py.round_ties_even());
                    let inside = px >= 0.0 && px < w as f32 && py >= 0.0 && py < h as f32;
                    for channel in 0..c {
                        to[channel * out_area + o] = if inside {
                            picture[channel * area + py as usize * w + px as usize]
                        } else {
                            fill.as_ref().map_or(0.0, |fill| fill[channel])
                        };
                    }
                    continue;
                }
                let (left, top) = (px.floor(), py.floor());
                let (right, down) = (px - left, py - top);
                let mut at = [0usize; 4];
                let mut weights = [0.0f32; 4];
                let corners = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)];
                for (k, (dy, dx)) in corners.into_iter().enumerate() {
                    let (y, x) = (top + dy, left + dx);
                    if y >= 0.0 && y < h as f32 && x >= 0.0 && x < w as f32 {
                        let share =
                            |part: f32, far: f32| if far == 0.0 { 1.0 - part } else { part };
                        at[k] = y as usize * w + x as usize;
                        weights[k] = share(down, dy) * share(right, dx);
                    }
                }
                let mask = weights[0] + weights[1] + weights[2] + weights[3];
                for channel in 0..c {
                    let plane = &picture[channel * area..(channel + 1) * area];
                    let value = (0..4).fold(0.0, |sum, k| match weights[k] {
                        // What lies outside may be anything, so it is not even read.
                        0.0 => sum,
                        weight => sum + plane[at[k]] * weight,
                    });
                    to[channel * out_area + o] = match &fill {
                        None => value,
                        Some(fill) => value * mask + (1.0 - mask) * fill[channel],
                    };
                }
            }
        }
    }
    out
}

/// The same in tensor operations, for other devices and for gradients.
fn composed(
    x: &Tensor,
    grid: &Tensor,
    [oh, ow]: [usize; 2],
    nearest: bool,
    fill: Option<Vec<f64>>,
) -> Result<Tensor> {
    let [n, c, h, w] = sizes(x);
    let dtype = x.dtype();
    let x = if dtype.is_floating_point() {
        x.clone()
    } else {
        x.float()
    };
    let grid = grid.to_dtype(x.dtype()).expand(&[n, oh, ow, 2][..]);
    let place = |d: isize, size: usize| {
        let at = grid.select(-1, d).add(1.0).mul(size as f64);
        at.sub(1.0).div(2.0)
    };
    let (px, py) = (place(0, w), place(1, h));
    let flat = x.flatten(2, 3);
    let taken = |row: &Tensor, column: &Tensor| {
        let (at, inside) = no_grad(|| {
            let inside = row.ge(0.0).logical_and(row.lt(h as f64));
            let inside = inside
                .logical_and(column.ge(0.0))
                .logical_and(column.lt(w as f64));
            let at = row.mul(w as f64).add(column);
            (
                at.masked_fill(&inside.logical_not(), 0.0).long(),
                inside.unsqueeze(1),
            )
        });
        let at = at
            .reshape(&[n, 1, oh * ow][..])
            .expand(&[n, c, oh * ow][..]);
        let values = flat.gather(2, &at).reshape(&[n, c, oh, ow][..]);
        (values.masked_fill(&inside.logical_not(), 0.0), inside)
    };
    let colours = fill.map(|fill| {
        Tensor::from_vec(fill, [1, c, 1, 1])
            .to_dtype(x.dtype())
            .to(x.device())
    });
    let out = if nearest {
        let (values, inside) = taken(&py.detach().round(), &px.detach().round());
        match colours {
            None => values,
            Some(colours) => Tensor::where_(&inside, &values, &colours),
        }
    } else {
        let (top, left) = (py.detach().floor(), px.detach().floor());
        let (down, right) = (py.sub(&top), px.sub(&left));
        let (mut sum, mut mask): (Option<Tensor>, Option<Tensor>) = (None, None);
        let plus = |sum: Option<Tensor>, term: Tensor| match sum {
            Some(sum) => sum.add(term),
            None => term,
        };
        for (dy, dx) in [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)] {
            let share = |part: &Tensor, far: f64| match far {
                0.0 => part.neg().add(1.0),
                _ => part.clone(),
            };
            let (values, inside) = taken(&top.add(dy), &left.add(dx));
            let weight = share(&down, dy).mul(share(&right, dx)).unsqueeze(1);
            let weight = weight.mul(inside.to_dtype(x.dtype()));
            sum = Some(plus(sum, values.mul(&weight)));
            mask = Some(plus(mask, weight));
        }
        match (sum, mask, colours) {
            (Some(sum), Some(mask), Some(colours)) => {
                sum.mul(&mask).add(mask.neg().add(1.0).mul(&colours))
            }
            (Some(sum), ..) => sum,
            _ => x.clone(),
        }
    };
    Ok(match dtype.is_floating_point() {
        true => out,
        false => out.round().to_dtype(dtype),
    })
}
