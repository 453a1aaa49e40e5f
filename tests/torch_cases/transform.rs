//! Kind `transform`: torchvision's functions, on images of bytes and on tensors.

use ondol::data::transforms::{
    AffineOptions, Fill, Image, ImageLike, ImageSize, InterpolationMode, Padding, PaddingMode,
    ResizeOptions, RotateOptions, WarpOptions, functional as F,
};
use ondol::vision::utils::{Grid, make_grid};
use ondol::{Result as Done, Tensor};

use super::call::Call;
use super::case::{Case, Folder, Tolerance};
use super::compare::{numbers, same};
use super::ops::color;

pub(super) fn run(folder: &Folder, case: &Case) -> Result<(), String> {
    let inputs = case
        .inputs
        .iter()
        .map(|i| (i.name.as_str(), folder.tensor(i)));
    let call = Call::new(inputs.collect(), &case.args);
    let outputs = match call.text("input_kind") {
        Some("pil") => {
            let x = image(&call.tensor("image_hwc"));
            from_image(&case.op, &call, &x).or_else(|| pictures(&case.op, &call, &x, &|x| hwc(x)))
        }
        _ => {
            let x = call.x();
            from_tensor(&case.op, &call, &x)
                .or_else(|| pictures(&case.op, &call, &x, &Tensor::clone))
        }
    };
    let outputs = outputs
        .ok_or_else(|| format!("unknown transform {}", case.op))?
        .map_err(|e| e.to_string())?;
    let unread = call.unread();
    if !unread.is_empty() {
        return Err(format!("nobody reads {}", unread.join(", ")));
    }
    if outputs.len() != case.outputs.len() {
        return Err(format!(
            "{} outputs, not {}",
            outputs.len(),
            case.outputs.len()
        ));
    }
    for (got, want) in outputs.iter().zip(&case.outputs) {
        close(got, &folder.tensor(want), case.tol)
            .map_err(|why| format!("{}: {why}", want.name))?;
    }
    Ok(())
}

/// Bytes may differ by so many grey levels.
fn close(got: &Tensor, want: &Tensor, tol: Tolerance) -> Result<(), String> {
    let alike = got.shape() == want.shape() && got.dtype() == want.dtype();
    if !alike || want.dtype().is_floating_point() {
        return same(got, want, tol);
    }
    let wide = |x: &Tensor| x.double().to_vec::<f64>();
    numbers(&wide(got), &wide(want), tol)
}

fn image(hwc: &Tensor) -> Image {
    let [h, w, c] = [0, 1, 2].map(|d| hwc.size(d));
    Image::new(w, h, c, hwc.to_vec()).expect("as many bytes as the shape says")
}

fn hwc(image: &Image) -> Tensor {
    let shape = [image.height(), image.width(), image.channels()];
    Tensor::from_vec(image.pixels().to_vec(), shape)
}

type Outputs = Option<Done<Vec<Tensor>>>;

/// From an image to a tensor.
fn from_image(op: &str, _: &Call<'_>, x: &Image) -> Outputs {
    Some(match op {
        "to_tensor" => F::to_tensor(x).map(|t| vec![t]),
        "pil_to_tensor" => F::pil_to_tensor(x).map(|t| vec![t]),
        _ => return None,
    })
}

/// What is for tensors alone.
fn from_tensor(op: &str, call: &Call<'_>, x: &Tensor) -> Outputs {
    let size = |name: &str| call.size(name).expect("a size");
    let one = match op {
        "normalize" => {
            let values = |name: &str| call.floats(name).expect("numbers");
            F::normalize(
                x,
                &values("mean"),
                &values("std"),
                call.bool_or("inplace", false),
            )
        }
        "erase" => {
            let v = call
                .optional("v")
                .or_else(|| call.float("v").map(|v| Tensor::full((), v)));
            let inplace = call.bool_or("inplace", false);
            let v = v.expect("a value");
            F::erase(x, size("i"), size("j"), size("h"), size("w"), &v, inplace)
        }
        "convert_image_dtype" => {
            F::convert_image_dtype(x, call.dtype("dtype").unwrap_or(ondol::DType::F32))
        }
        "to_pil_image" => F::to_pil_image(x).map(|image| hwc(&image)),
        "make_grid" => {
            let mut grid = Grid::new()
                .nrow(call.size_or("nrow", 8))
                .padding(call.size_or("padding", 2))
                .normalize(call.bool_or("normalize", false))
                .scale_each(call.bool_or("scale_each", false))
                .pad_value(call.float_or("pad_value", 0.0) as f32);
            if let Some(range) = call.floats("value_range") {
                grid = grid.value_range(range[0] as f32, range[1] as f32);
            }
            Ok(make_grid(x, &grid))
        }
        _ => return None,
    };
    Some(one.map(|t| vec![t]))
}

/// What is for pictures of any kind.
fn pictures<I: ImageLike>(
    op: &str,
    call: &Call<'_>,
    x: &I,
    tensor: &dyn Fn(&I) -> Tensor,
) -> Outputs {
    let several = |done: Done<Vec<I>>| Some(done.map(|all| all.iter().map(tensor).collect()));
    match op {
        "five_crop" => return several(F::five_crop(x, side(call, "size")).map(Vec::from)),
        "ten_crop" => {
            let vertical = call.bool_or("vertical_flip", false);
            return several(F::ten_crop(x, side(call, "size"), vertical).map(Vec::from));
        }
        _ => {}
    }
    let done = geometry(op, call, x).or_else(|| color::color(op, call, x))?;
    Some(done.map(|y| vec![tensor(&y)]))
}

fn geometry<I: ImageLike>(op: &str, call: &Call<'_>, x: &I) -> Option<Done<I>> {
    let float = |name: &str, default: f64| call.float_or(name, default);
    let size = |name: &str| call.size(name).expect("a size");
    let int = |name: &str| call.int(name).expect("an integer");
    Some(match op {
        "resize" => F::resize(x, side(call, "size"), resizing(call)),
        "pad" => {
            let padding = match call.ints("padding").expect("padding")[..] {
                [n] => Padding::All(n),
                [x, y] => Padding::Two(x, y),
                [l, t, r, b] => Padding::Four(l, t, r, b),
                _ => panic!("padding of another length"),
            };
            let mode = match call.text("padding_mode").unwrap_or("constant") {
                "constant" => PaddingMode::Constant,
                "edge" => PaddingMode::Edge,
                "reflect" => PaddingMode::Reflect,
                "symmetric" => PaddingMode::Symmetric,
                other => panic!("padding_mode {other}"),
            };
            F::pad(x, padding, fill(call).unwrap_or_default(), mode)
        }
        "crop" => F::crop(x, int("top"), int("left"), size("height"), size("width")),
        "center_crop" => {
            let name = if call.has("output_size") {
                "output_size"
            } else {
                "size"
            };
            F::center_crop(x, side(call, name))
        }
        "resized_crop" => F::resized_crop(
            x,
            int("top"),
            int("left"),
            size("height"),
            size("width"),
            side(call, "size"),
            resizing(call),
        ),
        "hflip" => F::hflip(x),
        "vflip" => F::vflip(x),
        "rotate" => {
            let mut o = RotateOptions::new().expand(call.bool_or("expand", false));
            o.interpolation = mode(call).unwrap_or(o.interpolation);
            (o.center, o.fill) = (center(call), fill(call));
            F::rotate(x, float("angle", 0.0), o)
        }
        "affine" => {
            let mut o = AffineOptions::new();
            o.interpolation = mode(call).unwrap_or(o.interpolation);
            (o.center, o.fill) = (center(call), fill(call));
            let translate = call.ints("translate").expect("translate");
            let shear = match (call.raw("shear"), call.floats("shear").as_deref()) {
                (_, None) => (0.0, 0.0),
                (Some(given), Some([one])) if given.is_array() => (*one, *one),
                (_, Some([one])) => (*one, 0.0),
                (_, Some(two)) => (two[0], two[1]),
            };
            let (angle, scale) = (float("angle", 0.0), float("scale", 1.0));
            F::affine(x, angle, (translate[0], translate[1]), scale, shear, o)
        }
        "perspective" => {
            let (start, end) = (points(call, "startpoints"), points(call, "endpoints"));
            F::perspective(x, start, end, warping(call))
        }
        "elastic_transform" => F::elastic_transform(x, &call.tensor("displacement"), warping(call)),
        _ => return None,
    })
}

fn side(call: &Call<'_>, name: &str) -> ImageSize {
    let ints = call
        .ints(name)
        .unwrap_or_else(|| panic!("{name} is not given"));
    match ints[..] {
        [one] => ImageSize::One(one as usize),
        [h, w] => ImageSize::Both(h as usize, w as usize),
        _ => panic!("{name} has {} numbers", ints.len()),
    }
}

fn mode(call: &Call<'_>) -> Option<InterpolationMode> {
    Some(match call.text("interpolation")? {
        "nearest" => InterpolationMode::Nearest,
        "nearest-exact" => InterpolationMode::NearestExact,
        "bilinear" => InterpolationMode::Bilinear,
        "bicubic" => InterpolationMode::Bicubic,
        "box" => InterpolationMode::Box,
        "hamming" => InterpolationMode::Hamming,
        "lanczos" => InterpolationMode::Lanczos,
        other => panic!("interpolation {other}"),
    })
}

fn resizing(call: &Call<'_>) -> ResizeOptions {
    let mut o = ResizeOptions::new().antialias(call.bool_or("antialias", true));
    o.interpolation = mode(call).unwrap_or(o.interpolation);
    o.max_size = call.size("max_size");
    o
}

fn warping(call: &Call<'_>) -> WarpOptions {
    let mut o = WarpOptions::new();
    o.interpolation = mode(call).unwrap_or(o.interpolation);
    o.fill = fill(call);
    o
}

fn fill(call: &Call<'_>) -> Option<Fill> {
    call.floats("fill").map(Fill::from)
}

fn center(call: &Call<'_>) -> Option<(f64, f64)> {
    call.floats("center").map(|c| (c[0], c[1]))
}

fn points(call: &Call<'_>, name: &str) -> [[isize; 2]; 4] {
    let all = call.arg(name).and_then(|v| v.as_array()).expect("points");
    let number = |i: usize, d: usize| all[i][d].as_i64().expect("an integer") as isize;
    std::array::from_fn(|i| [number(i, 0), number(i, 1)])
}
