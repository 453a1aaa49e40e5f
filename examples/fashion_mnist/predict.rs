//! `predict`: what is on a picture.

use std::path::Path;

use ondol::data::transforms::{
    Image, InterpolationMode, PaddingMode, Picture, Transform, functional,
};
use ondol::prelude::*;
use ondol::vision::datasets::CLASSES;
use ondol::vision::io::{ImageReadMode, read_image};
use serde::Deserialize;

use crate::args::{Augment, Model, Predict};
use crate::{data, model};

/// What of a run's `config.json` is needed here.
#[derive(Deserialize)]
struct Config {
    model: Model,
}

pub(crate) fn predict(args: &Predict) -> ondol::Result<()> {
    let device: Device = args.device.parse()?;
    let weights = model::weights(&args.load)?;
    let name = network(args)?;
    let network = model::build(name);
    network.load_state_dict(&weights).map_err(|_| {
        let why = format!("these are not the weights of the network {}", name.name());
        ondol::Error::file(&args.load, why)
    })?;
    network.to(&device)?;
    network.eval();
    for path in &args.pictures {
        let picture = read_image(path, ImageReadMode::Gray)?;
        let (image, note) = as_in_the_dataset(&functional::to_pil_image(&picture)?)?;
        let input = data::transform(Augment::None)
            .apply(Picture::Image(image))?
            .into_tensor()?;
        let logits = no_grad(|| network.forward(&input.unsqueeze(0).to(&device)));
        let (shares, classes) = logits.softmax(1).topk(3, 1, true);
        let [_, height, width] = functional::get_dimensions(&picture)?;
        println!("{} ({width} × {height}, {note})", path.display());
        for (share, class) in shares
            .to_vec::<f32>()
            .into_iter()
            .zip(classes.to_vec::<i64>())
        {
            println!("  {:<12} {:5.1} %", CLASSES[class as usize], 100.0 * share);
        }
    }
    Ok(())
}

/// Which network the weights are of: as it was said, or as the run's own notes say.
fn network(args: &Predict) -> ondol::Result<Model> {
    if let Some(model) = args.model {
        return Ok(model);
    }
    let path = args.load.with_file_name("config.json");
    let config = std::fs::read_to_string(&path).map_err(|_| unknown(&args.load))?;
    let config: Config = serde_json::from_str(&config).map_err(|_| unknown(&args.load))?;
    Ok(config.model)
}

fn unknown(weights: &Path) -> ondol::Error {
    let why = "no config.json beside it says of which network the weights are; say it with --model";
    ondol::Error::file(weights, why)
}

/// The picture as those of Fashion-MNIST were made: light on black, without its empty edges, in the middle
/// of 28 × 28 pixels; and what it was like.
fn as_in_the_dataset(image: &Image) -> ondol::Result<(Image, &'static str)> {
    let (h, w) = (image.height(), image.width());
    let edge = |i: &usize| [0, h - 1].contains(&(i / w)) || [0, w - 1].contains(&(i % w));
    let edges: Vec<u32> = (0..h * w)
        .filter(edge)
        .map(|i| u32::from(image.pixels()[i]))
        .collect();
    let background = (edges.iter().sum::<u32>() / edges.len() as u32) as u8;
    let (image, background, note) = match background > 127 {
        true => (
            functional::invert(image)?,
            255 - background,
            "dark on light: inverted",
        ),
        false => (image.clone(), background, "light on dark"),
    };
    let image = trimmed(&image, background)?;
    let (h, w) = (image.height(), image.width());
    let (x, y) = (h.saturating_sub(w) as isize, w.saturating_sub(h) as isize);
    let around = (x / 2, y / 2, x - x / 2, y - y / 2);
    let square = functional::pad(&image, around, f64::from(background), PaddingMode::Constant)?;
    let small = functional::resize(&square, (28, 28), InterpolationMode::Bilinear)?;
    Ok((small, note))
}

/// The least rectangle with all that differs from the background by more than 5 %.
fn trimmed(image: &Image, background: u8) -> ondol::Result<Image> {
    let (h, w) = (image.height(), image.width());
    let differs = |i: &usize| image.pixels()[*i].abs_diff(background) > 13;
    let (rows, columns): (Vec<_>, Vec<_>) =
        (0..h * w).filter(differs).map(|i| (i / w, i % w)).unzip();
    let ends = |all: &[usize]| Some((*all.iter().min()?, *all.iter().max()?));
    match (ends(&rows), ends(&columns)) {
        (Some((top, bottom)), Some((left, right))) => functional::crop(
            image,
            top as isize,
            left as isize,
            bottom - top + 1,
            right - left + 1,
        ),
        _ => Ok(image.clone()),
    }
}
