//! Crops by chance.

use std::fmt;

use ondol_autograd::Tensor;
use ondol_tensor::{Error, Result};

use crate::transforms::options::repr::{optional, round, truth, tuple};
use crate::transforms::steps::{Drawn, drawn, one_by_one};
use crate::transforms::{
    Fill, ImageLike, ImageSize, InterpolationMode, Padding, PaddingMode, ResizeOptions, draw,
    functional,
};

/// A part at a random place, `torchvision.transforms.RandomCrop`.
///
/// ```
/// use ondol_data::transforms::RandomCrop;
/// let crop = RandomCrop::new(32).padding(4);
/// assert_eq!(crop.to_string(), "RandomCrop(size=(32, 32), padding=4)");
/// ```
#[derive(Clone, Debug)]
pub struct RandomCrop {
    size: (usize, usize),
    padding: Option<Padding>,
    pad_if_needed: bool,
    fill: Fill,
    padding_mode: PaddingMode,
}

impl RandomCrop {
    /// A crop of that size; one number is both edges'.
    pub fn new(size: impl Into<ImageSize>) -> Self {
        RandomCrop {
            size: size.into().square(),
            padding: None,
            pad_if_needed: false,
            fill: Fill::default(),
            padding_mode: PaddingMode::Constant,
        }
    }

    /// What is put around first. Default: nothing.
    pub fn padding(mut self, padding: impl Into<Padding>) -> Self {
        self.padding = Some(padding.into());
        self
    }

    /// Whether a picture that is too small is padded, on both sides. Default: no.
    pub fn pad_if_needed(mut self, pad_if_needed: bool) -> Self {
        self.pad_if_needed = pad_if_needed;
        self
    }

    /// The colour put around. Default: 0.
    pub fn fill(mut self, fill: impl Into<Fill>) -> Self {
        self.fill = fill.into();
        self
    }

    /// What is put around. Default: one colour.
    pub fn padding_mode(mut self, padding_mode: PaddingMode) -> Self {
        self.padding_mode = padding_mode;
        self
    }

    /// The paddings that a picture of that size gets, one after the other.
    fn paddings(&self, h: usize, w: usize) -> (Vec<Padding>, [isize; 2]) {
        let [left, top, right, bottom] = self.padding.map_or([0; 4], Padding::sides);
        let (mut h, mut w) = (h as isize + top + bottom, w as isize + left + right);
        let mut all: Vec<Padding> = self.padding.into_iter().collect();
        let (height, width) = (self.size.0 as isize, self.size.1 as isize);
        if self.pad_if_needed && w < width {
            all.push(Padding::Two(width - w, 0));
            w += 2 * (width - w);
        }
        if self.pad_if_needed && h < height {
            all.push(Padding::Two(0, height - h));
            h += 2 * (height - h);
        }
        (all, [h, w])
    }

    fn padded<I: ImageLike>(&self, img: &I) -> Result<I> {
        let [_, height, width] = img.dimensions()?;
        let mut all = self.paddings(height, width).0.into_iter();
        all.try_fold(img.clone(), |img, padding| {
            functional::pad(&img, padding, self.fill.clone(), self.padding_mode)
        })
    }

    /// Row, column, height and width of a random crop of a picture,
    /// `torchvision.transforms.RandomCrop.get_params`.
    ///
    /// # Errors
    /// A crop larger than the picture.
    pub fn get_params<I: ImageLike>(img: &I, size: (usize, usize)) -> Result<[usize; 4]> {
        let [_, h, w] = img.dimensions()?;
        place([h, w], size)
    }
}

fn place([h, w]: [usize; 2], (th, tw): (usize, usize)) -> Result<[usize; 4]> {
    if h < th || w < tw {
        return Err(Error::value(
            "RandomCrop",
            format!("Required crop size ({th}, {tw}) is larger than input image size ({h}, {w})"),
        ));
    }
    if (h, w) == (th, tw) {
        return Ok([0, 0, h, w]);
    }
    let at = |room: usize| draw::integer(0, room as i64 + 1) as usize;
    Ok([at(h - th), at(w - tw), th, tw])
}

impl Drawn for RandomCrop {
    type Params = [usize; 4];

    fn draw(&self, [_, h, w]: [usize; 3]) -> Result<[usize; 4]> {
        let padded = self.paddings(h, w).1.map(|n| n.max(0) as usize);
        place(padded, self.size)
    }

    fn run<I: ImageLike>(&self, img: &I, &[i, j, h, w]: &[usize; 4]) -> Result<I> {
        functional::crop(&self.padded(img)?, i as isize, j as isize, h, w)
    }

    /// The batch is padded at once, and each picture's pixels are looked up in it.
    fn run_batch(&self, x: &Tensor, places: &[[usize; 4]]) -> Result<Tensor> {
        if x.ndim() != 4 {
            return one_by_one(self, x, places);
        }
        let x = self.padded(x)?;
        let (height, width) = self.size;
        let [n, c, w] = [0, 1, 3].map(|d| x.size(d));
        if places.iter().all(|place| place == &places[0]) {
            let [i, j, ..] = places.first().copied().unwrap_or_default();
            return functional::crop(&x, i as isize, j as isize, height, width);
        }
        let mut at = Vec::with_capacity(n * height * width);
        for &[i, j, ..] in places {
            for row in i..i + height {
                at.extend((row * w + j..row * w + j + width).map(|p| p as i64));
            }
        }
        let at = Tensor::from_vec(at, [n, 1, height * width]).to(x.device());
        let at = at.expand(&[n, c, height * width][..]);
        let pixels = x.flatten(2, 3).gather(2, &at);
        Ok(pixels.reshape(&[n, c, height, width][..]))
    }
}

impl fmt::Display for RandomCrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (h, w) = self.size;
        write!(
            f,
            "RandomCrop(size=({h}, {w}), padding={})",
            optional(self.padding)
        )
    }
}

/// A part of random size and shape in one size, `torchvision.transforms.RandomResizedCrop`.
#[derive(Clone, Debug)]
pub struct RandomResizedCrop {
    size: (usize, usize),
    scale: (f64, f64),
    ratio: (f64, f64),
    options: ResizeOptions,
}

impl RandomResizedCrop {
    /// From 8 % to all of the picture, from 3 : 4 to 4 : 3, in that size.
    pub fn new(size: impl Into<ImageSize>) -> Self {
        RandomResizedCrop {
            size: size.into().square(),
            scale: (0.08, 1.0),
            ratio: (3.0 / 4.0, 4.0 / 3.0),
            options: ResizeOptions::new(),
        }
    }

    /// The least and the greatest share of the picture's area. Default: 0.08 and 1.
    pub fn scale(mut self, scale: (f64, f64)) -> Self {
        self.scale = scale;
        self
    }

    /// The least and the greatest width over height. Default: 3/4 and 4/3.
    pub fn ratio(mut self, ratio: (f64, f64)) -> Self {
        self.ratio = ratio;
        self
    }

    /// How values in between are found. Default: bilinear.
    pub fn interpolation(mut self, interpolation: InterpolationMode) -> Self {
        self.options.interpolation = interpolation;
        self
    }

    /// Whether a smaller tensor is made of all pixels. Default: yes.
    pub fn antialias(mut self, antialias: bool) -> Self {
        self.options.antialias = antialias;
        self
    }

    /// Row, column, height and width of a random crop of a picture,
    /// `torchvision.transforms.RandomResizedCrop.get_params`.
    ///
    /// # Errors
    /// A tensor of fewer than two dimensions.
    pub fn get_params<I: ImageLike>(
        img: &I,
        scale: (f64, f64),
        ratio: (f64, f64),
    ) -> Result<[usize; 4]> {
        let [_, h, w] = img.dimensions()?;
        Ok(portion([h, w], scale, ratio))
    }
}

fn portion([height, width]: [usize; 2], scale: (f64, f64), ratio: (f64, f64)) -> [usize; 4] {
    let area = (height * width) as f64;
    for _ in 0..10 {
        let target = area * draw::uniform(scale.0, scale.1);
        let aspect = draw::uniform(ratio.0.ln(), ratio.1.ln()).exp();
        let w = (target * aspect).sqrt().round_ties_even() as usize;
        let h = (target / aspect).sqrt().round_ties_even() as usize;
        if (1..=width).contains(&w) && (1..=height).contains(&h) {
            let at = |room: usize| draw::integer(0, room as i64 + 1) as usize;
            return [at(height - h), at(width - w), h, w];
        }
    }
    // Nothing fits: the middle, as much of it as the ratio lets.
    let shape = width as f64 / height as f64;
    let (low, high) = (ratio.0.min(ratio.1), ratio.0.max(ratio.1));
    let (h, w) = if shape < low {
        ((width as f64 / low).round_ties_even() as usize, width)
    } else if shape > high {
        (height, (height as f64 * high).round_ties_even() as usize)
    } else {
        (height, width)
    };
    [(height - h) / 2, (width - w) / 2, h, w]
}

impl Drawn for RandomResizedCrop {
    type Params = [usize; 4];

    fn draw(&self, [_, h, w]: [usize; 3]) -> Result<[usize; 4]> {
        Ok(portion([h, w], self.scale, self.ratio))
    }

    fn run<I: ImageLike>(&self, img: &I, &[i, j, h, w]: &[usize; 4]) -> Result<I> {
        let (i, j) = (i as isize, j as isize);
        functional::resized_crop(img, i, j, h, w, self.size, self.options.clone())
    }
}

impl fmt::Display for RandomResizedCrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |(low, high): (f64, f64)| tuple(&[round(low, 4), round(high, 4)]);
        let (h, w) = self.size;
        write!(
            f,
            "RandomResizedCrop(size=({h}, {w}), scale={}, ratio={}, interpolation={}, antialias={})",
            short(self.scale),
            short(self.ratio),
            self.options.interpolation,
            truth(self.options.antialias)
        )
    }
}

drawn!(RandomCrop, RandomResizedCrop);
