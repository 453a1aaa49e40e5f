//! Pictures in another size.

use ondol_autograd::Tensor;
use ondol_tensor::{DType, Error, Result};

use super::planes::{Planes, as_batch, on_host};
use crate::transforms::kernel::bytes;
use crate::transforms::kernel::planes;
use crate::transforms::kernel::taps::{Filter, Taps};
use crate::transforms::{Image, ImageLike, ImageSize, InterpolationMode, ResizeOptions};

const OP: &str = "resize";

/// The picture in another size, `torchvision.transforms.functional.resize`.
///
/// One number is the length of the shorter edge; the other follows. Images of bytes come out as
/// Pillow makes them, to the byte, and are always antialiased.
///
/// ```
/// use ondol_data::transforms::{Image, InterpolationMode, functional};
/// let image = Image::new(4, 2, 1, vec![0, 0, 8, 8, 0, 0, 8, 8])?;
/// let half = functional::resize(&image, 1, InterpolationMode::Box)?;
/// assert_eq!((half.width(), half.height(), half.pixels()), (2, 1, &[0, 8][..]));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// A `max_size` that is not above the size, or beside two sizes; nothing to resize, or to nothing; a
/// mode that is not for tensors.
pub fn resize<I: ImageLike>(
    img: &I,
    size: impl Into<ImageSize>,
    options: impl Into<ResizeOptions>,
) -> Result<I> {
    let o = options.into();
    let [_, h, w] = img.dimensions()?;
    let [height, width] = output_size([h, w], size.into(), o.max_size)?;
    if [height, width] == [h, w] {
        return img.map(|x: &Image| Ok(x.clone()), |x: &Tensor| Ok(x.clone()));
    }
    if h * w == 0 || height * width == 0 {
        return Err(Error::value(
            OP,
            format!(
                "Input and output sizes should be greater than 0, but got input (H: {h}, W: {w}) output (H: {height}, W: {width})"
            ),
        ));
    }
    img.map(
        |x: &Image| bytes::resize(x, height, width, o.interpolation),
        |x: &Tensor| as_batch(OP, x, |x| resize_tensor(x, [height, width], &o)),
    )
}

/// Height and width that a size means for a picture.
pub(in crate::transforms) fn output_size(
    [h, w]: [usize; 2],
    size: ImageSize,
    max_size: Option<usize>,
) -> Result<[usize; 2]> {
    let short_edge = match size {
        ImageSize::Both(height, width) if max_size.is_none() => return Ok([height, width]),
        ImageSize::Both(..) => {
            return Err(Error::value(
                OP,
                "max_size should only be passed if size specifies the length of the smaller edge, i.e. size should be one number",
            ));
        }
        ImageSize::One(side) => side,
    };
    let (short, long) = (h.min(w), h.max(w));
    if short == 0 {
        return Err(Error::value(
            OP,
            format!("a picture of height {h} and width {w} is empty"),
        ));
    }
    let share = |n: usize, times: usize, of: usize| (n as f64 * times as f64 / of as f64) as usize;
    let (mut new_short, mut new_long) = (short_edge, share(short_edge, long, short));
    if let Some(max_size) = max_size {
        if max_size <= short_edge {
            return Err(Error::value(
                OP,
                format!(
                    "max_size = {max_size} must be strictly greater than the requested size for the smaller edge size = {short_edge}"
                ),
            ));
        }
        if new_long > max_size {
            (new_short, new_long) = (share(max_size, new_short, new_long), max_size);
        }
    }
    Ok(if w <= h {
        [new_long, new_short]
    } else {
        [new_short, new_long]
    })
}

/// What makes a tensor's line of `to` from one of `from`.
pub(in crate::transforms) fn taps(from: usize, to: usize, o: &ResizeOptions) -> Result<Taps> {
    Ok(match (o.interpolation, o.antialias) {
        (InterpolationMode::Nearest, _) => Taps::nearest(from, to, false),
        (InterpolationMode::NearestExact, _) => Taps::nearest(from, to, true),
        (InterpolationMode::Bilinear, true) => Taps::antialiased(from, to, Filter::Bilinear),
        (InterpolationMode::Bicubic, true) => Taps::antialiased(from, to, Filter::Bicubic),
        (InterpolationMode::Bilinear, false) => Taps::plain(from, to, false),
        (InterpolationMode::Bicubic, false) => Taps::plain(from, to, true),
        (mode, _) => {
            let text = format!("Interpolation mode '{mode}' is unsupported with Tensor input");
            return Err(Error::value(OP, text));
        }
    })
}

/// `x [N, C, H, W]` in another size.
fn resize_tensor(x: &Tensor, [height, width]: [usize; 2], o: &ResizeOptions) -> Result<Tensor> {
    let shape = x.shape();
    let (h, w) = (shape[2], shape[3]);
    let (rows, columns) = (taps(h, height, o)?, taps(w, width, o)?);
    if on_host(x) {
        let planes = Planes::of(x)?;
        let values = planes.with(|values| planes::resize(values, [h, w], &rows, &columns));
        return planes.back(values, [shape[0], shape[1], height, width]);
    }
    if let (Some(rows), Some(columns)) = (rows.picks(), columns.picks()) {
        let index = |at: Vec<i64>| Tensor::from(at).to(x.device());
        return Ok(x
            .index_select(2, &index(rows))
            .index_select(3, &index(columns)));
    }
    let rows = Tensor::from_vec(rows.matrix(0, h), [height, h]);
    let columns = Tensor::from_vec(columns.matrix(0, w), [width, w]);
    Ok(by_matrices(x, &rows, &columns))
}

/// `rows · x · columnsᵀ`, rounded where `x` holds integers.
pub(in crate::transforms) fn by_matrices(x: &Tensor, rows: &Tensor, columns: &Tensor) -> Tensor {
    let dtype = x.dtype();
    let wide = match dtype {
        DType::F32 | DType::F64 => x.clone(),
        _ => x.float(),
    };
    let like = |m: &Tensor| m.to_dtype(wide.dtype()).to(x.device());
    let y = like(rows).matmul(&wide.matmul(&like(columns).transpose(-1, -2)));
    match dtype {
        DType::U8 => y.round().clamp(0.0, 255.0).to_dtype(dtype),
        _ if dtype.is_floating_point() => y.to_dtype(dtype),
        _ => y.round().to_dtype(dtype),
    }
}
