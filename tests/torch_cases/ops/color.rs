//! `torchvision.transforms.functional`'s colour, on images of bytes and on tensors.

use ondol::data::transforms::{Image, ImageLike, functional as F};
use ondol::{Result, Tensor};

use super::one;
use crate::torch_cases::call::Call;

/// On the image of bytes `image_hwc`, or on a tensor.
pub(super) fn run(name: &str, call: &Call<'_>) -> Option<Vec<Tensor>> {
    if !OPS.contains(&name) {
        return None;
    }
    let done = match call.optional("image_hwc") {
        Some(bytes) => color(name, call, &image(&bytes))?.map(|image| hwc(&image)),
        None => color(name, call, &call.x())?,
    };
    one(done.unwrap_or_else(|e| panic!("{e}")))
}

fn image(hwc: &Tensor) -> Image {
    let [h, w, c] = [0, 1, 2].map(|d| hwc.size(d));
    Image::new(w, h, c, hwc.to_vec()).expect("as many bytes as the shape says")
}

fn hwc(image: &Image) -> Tensor {
    let shape = [image.height(), image.width(), image.channels()];
    Tensor::from_vec(image.pixels().to_vec(), shape)
}

const OPS: [&str; 13] = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_saturation",
    "adjust_hue",
    "adjust_gamma",
    "adjust_sharpness",
    "rgb_to_grayscale",
    "gaussian_blur",
    "invert",
    "posterize",
    "solarize",
    "autocontrast",
    "equalize",
];

/// On a picture of any kind; `None` where nobody knows the name.
pub(in crate::torch_cases) fn color<I: ImageLike>(
    name: &str,
    call: &Call<'_>,
    x: &I,
) -> Option<Result<I>> {
    let float = |name: &str| call.float(name).expect("an argument");
    let size = |name: &str| call.size(name).expect("an argument");
    Some(match name {
        "adjust_brightness" => F::adjust_brightness(x, float("brightness_factor")),
        "adjust_contrast" => F::adjust_contrast(x, float("contrast_factor")),
        "adjust_saturation" => F::adjust_saturation(x, float("saturation_factor")),
        "adjust_hue" => F::adjust_hue(x, float("hue_factor")),
        "adjust_gamma" => F::adjust_gamma(x, float("gamma"), float("gain")),
        "adjust_sharpness" => F::adjust_sharpness(x, float("sharpness_factor")),
        "rgb_to_grayscale" => F::rgb_to_grayscale(x, size("num_output_channels")),
        "gaussian_blur" => {
            let sigma = call.floats("sigma").map(|s| [s[0], s[1]]);
            let size: [usize; 2] = call.sizes("kernel_size").expect("a size");
            F::gaussian_blur(x, size, sigma)
        }
        "invert" => F::invert(x),
        "posterize" => F::posterize(x, size("bits") as u32),
        "solarize" => F::solarize(x, float("threshold")),
        "autocontrast" => F::autocontrast(x),
        "equalize" => F::equalize(x),
        _ => return None,
    })
}
