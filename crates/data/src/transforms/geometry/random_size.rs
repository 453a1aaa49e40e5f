//! Other sizes by chance. Pictures of a batch get sizes of their own, so that only a crop after it makes
//! a batch of them.

use std::fmt;

use ondol_autograd::raise;
use ondol_tensor::{Error, Result};

use crate::transforms::options::repr::{float, truth, tuple};

use crate::transforms::steps::{Drawn, apply};
use crate::transforms::{
    Fill, ImageLike, ImageSize, InterpolationMode, Padding, PaddingMode, Picture, ResizeOptions,
    Transform, draw, functional,
};

/// Resized by a random factor of what would fill a target,
/// `torchvision.transforms.v2.ScaleJitter`.
#[derive(Clone, Debug)]
pub struct ScaleJitter {
    target_size: (usize, usize),
    scale_range: (f64, f64),
    options: ResizeOptions,
}

impl ScaleJitter {
    /// From a tenth to twice the target.
    pub fn new(target_size: (usize, usize)) -> Self {
        ScaleJitter {
            target_size,
            scale_range: (0.1, 2.0),
            options: ResizeOptions::new(),
        }
    }

    /// The least and the greatest factor. Default: 0.1 and 2.
    pub fn scale_range(mut self, scale_range: (f64, f64)) -> Self {
        self.scale_range = scale_range;
        self
    }
}

/// Resized so that the shorter edge is one of some lengths,
/// `torchvision.transforms.v2.RandomShortestSize`.
#[derive(Clone, Debug)]
pub struct RandomShortestSize {
    min_size: Vec<usize>,
    max_size: Option<usize>,
    options: ResizeOptions,
}

impl RandomShortestSize {
    /// One of these lengths.
    ///
    /// # Panics
    /// On none.
    #[track_caller]
    pub fn new(min_size: impl Into<Vec<usize>>) -> Self {
        let min_size = min_size.into();
        if min_size.is_empty() {
            let text = "min_size should have one length at least";
            raise(Error::value("RandomShortestSize", text));
        }
        RandomShortestSize {
            min_size,
            max_size: None,
            options: ResizeOptions::new(),
        }
    }

    /// The longest that the longer edge may become. Default: any.
    pub fn max_size(mut self, max_size: usize) -> Self {
        self.max_size = Some(max_size);
        self
    }
}

/// Resized so that the shorter edge has a random length, `torchvision.transforms.v2.RandomResize`.
#[derive(Clone, Debug)]
pub struct RandomResize {
    min_size: usize,
    max_size: usize,
    options: ResizeOptions,
}

impl RandomResize {
    /// A length from `min_size` to below `max_size`.
    pub fn new(min_size: usize, max_size: usize) -> Self {
        RandomResize {
            min_size,
            max_size,
            options: ResizeOptions::new(),
        }
    }
}

macro_rules! resized {
    ($($name:ident, |$own:ident, $h:ident, $w:ident| $size:expr;)*) => {$(
        impl $name {
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
        }

        impl Drawn for $name {
            type Params = ImageSize;

            fn draw(&self, [_, $h, $w]: [usize; 3]) -> Result<ImageSize> {
                let $own = self;
                Ok($size)
            }

            fn run<I: ImageLike>(&self, img: &I, size: &ImageSize) -> Result<I> {
                functional::resize(img, *size, self.options.clone())
            }
        }

        impl Transform for $name {
            fn apply(&self, input: Picture) -> Result<Picture> {
                apply(self, &input)
            }

            fn repr(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

/// Both edges `r` times as long, cut to whole pixels.
fn times(r: f64, h: usize, w: usize) -> ImageSize {
    ImageSize::Both((h as f64 * r) as usize, (w as f64 * r) as usize)
}

resized! {
    ScaleJitter, |own, h, w| {
        let (low, high) = own.scale_range;
        let (height, width) = own.target_size;
        // torchvision's own pairing of the edges.
        let fills = (width as f64 / h as f64).min(height as f64 / w as f64);
        times(fills * draw::uniform(low, high), h, w)
    };
    RandomShortestSize, |own, h, w| {
        let chosen = draw::integer(0, own.min_size.len() as i64) as usize;
        let r = own.min_size[chosen] as f64 / h.min(w) as f64;
        let most = |max: usize| max as f64 / h.max(w) as f64;
        times(own.max_size.map_or(r, |max| r.min(most(max))), h, w)
    };
    RandomResize, |own, _h, _w| {
        ImageSize::from(draw::integer(own.min_size as i64, own.max_size as i64) as usize)
    };
}

impl fmt::Display for ScaleJitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (h, w) = self.target_size;
        let range = tuple(&[self.scale_range.0, self.scale_range.1]);
        let o = &self.options;
        write!(
            f,
            "ScaleJitter(target_size=({h}, {w}), scale_range={range}, interpolation={}, antialias={})",
            o.interpolation,
            truth(o.antialias)
        )
    }
}

impl fmt::Display for RandomShortestSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let o = &self.options;
        write!(f, "RandomShortestSize(min_size={:?}", self.min_size)?;
        if let Some(max) = self.max_size {
            write!(f, ", max_size={max}")?;
        }
        let antialias = truth(o.antialias);
        write!(
            f,
            ", interpolation={}, antialias={antialias})",
            o.interpolation
        )
    }
}

impl fmt::Display for RandomResize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let o = &self.options;
        write!(
            f,
            "RandomResize(min_size={}, max_size={}, interpolation={}, antialias={})",
            self.min_size,
            self.max_size,
            o.interpolation,
            truth(o.antialias)
        )
    }
}

/// A picture somewhere in a larger one, by chance, `torchvision.transforms.v2.RandomZoomOut`.
#[derive(Clone, Debug)]
pub struct RandomZoomOut {
    fill: Fill,
    side_range: (f64, f64),
    p: f64,
}

impl RandomZoomOut {
    /// With probability ½, in one that is up to four times as high and as wide, and black.
    pub fn new() -> Self {
        RandomZoomOut {
            fill: Fill::default(),
            side_range: (1.0, 4.0),
            p: 0.5,
        }
    }

    /// The colour around. Default: 0.
    pub fn fill(mut self, fill: impl Into<Fill>) -> Self {
        self.fill = fill.into();
        self
    }

    /// How many times as long the edges become, at least and at most. Default: 1 and 4.
    ///
    /// # Panics
    /// Where it is below 1, or its end before its start.
    #[track_caller]
    pub fn side_range(mut self, side_range: (f64, f64)) -> Self {
        let (low, high) = side_range;
        if low.is_nan() || low < 1.0 || low > high {
            let text = format!("Invalid side range provided {}.", tuple(&[low, high]));
            raise(Error::value("RandomZoomOut", text));
        }
        self.side_range = side_range;
        self
    }

    /// How probable it is. Default: 0.5.
    pub fn p(mut self, p: f64) -> Self {
        self.p = p;
        self
    }
}

impl Default for RandomZoomOut {
    fn default() -> Self {
        RandomZoomOut::new()
    }
}

impl Drawn for RandomZoomOut {
    type Params = Option<[isize; 4]>;

    fn draw(&self, [_, h, w]: [usize; 3]) -> Result<Option<[isize; 4]>> {
        if !draw::chance(self.p) {
            return Ok(None);
        }
        let r = draw::uniform(self.side_range.0, self.side_range.1);
        let more = |size: usize| ((size as f64 * r) as usize).saturating_sub(size) as isize;
        let (across, down) = (more(w), more(h));
        let left = (across as f64 * draw::unit()) as isize;
        let top = (down as f64 * draw::unit()) as isize;
        Ok(Some([left, top, across - left, down - top]))
    }

    fn run<I: ImageLike>(&self, img: &I, around: &Option<[isize; 4]>) -> Result<I> {
        match around {
            Some(around) => {
                let (padding, fill) = (Padding::from(*around), self.fill.clone());
                functional::pad(img, padding, fill, PaddingMode::Constant)
            }
            None => Ok(img.clone()),
        }
    }
}

impl fmt::Display for RandomZoomOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p, fill) = (float(self.p), &self.fill);
        let range = tuple(&[self.side_range.0, self.side_range.1]);
        write!(f, "RandomZoomOut(p={p}, fill={fill}, side_range={range})")
    }
}

impl Transform for RandomZoomOut {
    fn apply(&self, input: Picture) -> Result<Picture> {
        apply(self, &input)
    }

    fn repr(&self) -> String {
        self.to_string()
    }
}
