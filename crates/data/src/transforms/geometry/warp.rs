//! Turned, moved and bent by chance.

use std::fmt;

use ondol_autograd::Tensor;
use ondol_tensor::Result;

use crate::transforms::functional::{
    self, from_middle, inverse_affine, perspective_coefficients, rotation,
};
use crate::transforms::kernel::grid::{Grid, Map};
use crate::transforms::kernel::warp_planes::warp;
use crate::transforms::options::repr::{float, list, truth, tuple};
use crate::transforms::steps::{Drawn, drawn};
use crate::transforms::{
    AffineOptions, Fill, ImageLike, InterpolationMode, RotateOptions, WarpOptions, draw,
};

/// The options that each of them has.
macro_rules! common {
    ($name:ident) => {
        impl $name {
            /// How values in between are found.
            pub fn interpolation(mut self, interpolation: InterpolationMode) -> Self {
                self.options.interpolation = interpolation;
                self
            }

            /// The colour outside. Default: 0.
            pub fn fill(mut self, fill: impl Into<Fill>) -> Self {
                self.options.fill = Some(fill.into());
                self
            }
        }
    };
}

/// A range of degrees: one number is from its negative to itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Degrees(f64, f64);

impl From<f64> for Degrees {
    fn from(most: f64) -> Self {
        Degrees(-most, most)
    }
}

impl From<(f64, f64)> for Degrees {
    fn from((low, high): (f64, f64)) -> Self {
        Degrees(low, high)
    }
}

/// Turned by a random angle, `torchvision.transforms.RandomRotation`.
///
/// ```
/// use ondol_data::transforms::RandomRotation;
/// let text = "RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, fill=0)";
/// assert_eq!(RandomRotation::new(10.0).to_string(), text);
/// ```
#[derive(Clone, Debug)]
pub struct RandomRotation {
    degrees: Degrees,
    options: RotateOptions,
}

impl RandomRotation {
    /// By so many degrees to either side, or from so many to so many.
    pub fn new(degrees: impl Into<Degrees>) -> Self {
        RandomRotation {
            degrees: degrees.into(),
            options: RotateOptions::new().fill(0),
        }
    }

    /// Whether the picture grows until all of it is seen. Default: no.
    pub fn expand(mut self, expand: bool) -> Self {
        self.options.expand = expand;
        self
    }

    /// What it turns around, `(x, y)`. Default: the middle.
    pub fn center(mut self, center: (f64, f64)) -> Self {
        self.options.center = Some(center);
        self
    }

    /// A random angle, `torchvision.transforms.RandomRotation.get_params`.
    pub fn get_params(degrees: (f64, f64)) -> f64 {
        draw::uniform(degrees.0, degrees.1)
    }
}

impl Drawn for RandomRotation {
    type Params = f64;

    fn draw(&self, _: [usize; 3]) -> Result<f64> {
        Ok(RandomRotation::get_params((self.degrees.0, self.degrees.1)))
    }

    fn run<I: ImageLike>(&self, img: &I, angle: &f64) -> Result<I> {
        functional::rotate(img, *angle, self.options.clone())
    }

    fn run_batch(&self, x: &Tensor, angles: &[f64]) -> Result<Tensor> {
        let o = &self.options;
        if x.ndim() != 4 || o.expand {
            let one = |(i, angle)| self.run(&x.select(0, i as isize), angle);
            return crate::Collate::collate(
                angles.iter().enumerate().map(one).collect::<Result<_>>()?,
            );
        }
        let [_, h, w] = x.dimensions()?;
        let maps = angles
            .iter()
            .map(|&a| Map::affine(rotation(a, o.center, h, w)));
        let grid = Grid::Maps(maps.collect());
        warp("rotate", x, &grid, [h, w], o.interpolation, o.fill.as_ref())
    }
}

impl fmt::Display for RandomRotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (o, degrees) = (&self.options, list(&[self.degrees.0, self.degrees.1]));
        write!(
            f,
            "RandomRotation(degrees={degrees}, interpolation={}",
            o.interpolation
        )?;
        write!(f, ", expand={}", truth(o.expand))?;
        if let Some((x, y)) = o.center {
            write!(f, ", center={}", tuple(&[x, y]))?;
        }
        o.fill
            .iter()
            .try_for_each(|fill| write!(f, ", fill={fill}"))?;
        f.write_str(")")
    }
}

/// Turned, moved, scaled and sheared at random, `torchvision.transforms.RandomAffine`.
#[derive(Clone, Debug)]
pub struct RandomAffine {
    degrees: Degrees,
    translate: Option<(f64, f64)>,
    scale: Option<(f64, f64)>,
    shear: Option<Vec<f64>>,
    options: AffineOptions,
}

/// An angle, pixels, a scale, and degrees of shear.
pub(crate) type Affine = (f64, (isize, isize), f64, (f64, f64));

impl RandomAffine {
    /// Turned by so many degrees to either side, or from so many to so many; 0 for none.
    pub fn new(degrees: impl Into<Degrees>) -> Self {
        RandomAffine {
            degrees: degrees.into(),
            translate: None,
            scale: None,
            shear: None,
            options: AffineOptions::new().fill(0),
        }
    }

    /// The most it is moved, in widths and heights of the picture. Default: not at all.
    ///
    /// # Panics
    /// Outside of 0 to 1.
    #[track_caller]
    pub fn translate(mut self, translate: (f64, f64)) -> Self {
        let fits = |t: f64| (0.0..=1.0).contains(&t);
        assert!(
            fits(translate.0) && fits(translate.1),
            "translation values should be between 0 and 1"
        );
        self.translate = Some(translate);
        self
    }

    /// The least and the greatest scale. Default: 1.
    ///
    /// # Panics
    /// On one that is not positive.
    #[track_caller]
    pub fn scale(mut self, scale: (f64, f64)) -> Self {
        assert!(
            scale.0 > 0.0 && scale.1 > 0.0,
            "scale values should be positive"
        );
        self.scale = Some(scale);
        self
    }

    /// The range of degrees it is sheared by parallel to x. Default: not at all.
    pub fn shear(mut self, x: impl Into<Degrees>) -> Self {
        let x = x.into();
        self.shear = Some(vec![x.0, x.1]);
        self
    }

    /// The ranges of degrees it is sheared by parallel to x and to y.
    pub fn shear_xy(mut self, x: impl Into<Degrees>, y: impl Into<Degrees>) -> Self {
        let (x, y) = (x.into(), y.into());
        self.shear = Some(vec![x.0, x.1, y.0, y.1]);
        self
    }

    /// What it turns around, `(x, y)`. Default: the middle.
    pub fn center(mut self, center: (f64, f64)) -> Self {
        self.options.center = Some(center);
        self
    }
}

impl Drawn for RandomAffine {
    type Params = Affine;

    fn draw(&self, [_, h, w]: [usize; 3]) -> Result<Affine> {
        let angle = draw::uniform(self.degrees.0, self.degrees.1);
        let moved = self.translate.map_or((0, 0), |(x, y)| {
            let far = |most: f64| draw::uniform(-most, most).round_ties_even() as isize;
            (far(x * w as f64), far(y * h as f64))
        });
        let scale = self
            .scale
            .map_or(1.0, |(low, high)| draw::uniform(low, high));
        let shear = match self.shear.as_deref() {
            Some(&[a, b]) => (draw::uniform(a, b), 0.0),
            Some(&[a, b, c, d]) => (draw::uniform(a, b), draw::uniform(c, d)),
            _ => (0.0, 0.0),
        };
        Ok((angle, moved, scale, shear))
    }

    fn run<I: ImageLike>(&self, img: &I, &(angle, moved, scale, shear): &Affine) -> Result<I> {
        functional::affine(img, angle, moved, scale, shear, self.options.clone())
    }

    fn run_batch(&self, x: &Tensor, all: &[Affine]) -> Result<Tensor> {
        let [_, h, w] = x.dimensions()?;
        let o = &self.options;
        let center = from_middle(o.center, h, w);
        let map = |&(angle, (tx, ty), scale, shear): &Affine| {
            let moved = (tx as f64, ty as f64);
            Map::affine(inverse_affine(center, angle, moved, scale, shear))
        };
        let grid = Grid::Maps(all.iter().map(map).collect());
        functional::planes::as_batch("affine", x, |x| {
            warp("affine", x, &grid, [h, w], o.interpolation, o.fill.as_ref())
        })
    }
}

impl fmt::Display for RandomAffine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RandomAffine(degrees={}",
            list(&[self.degrees.0, self.degrees.1])
        )?;
        let pair = |(a, b): (f64, f64)| tuple(&[a, b]);
        if let Some(translate) = self.translate {
            write!(f, ", translate={}", pair(translate))?;
        }
        if let Some(scale) = self.scale {
            write!(f, ", scale={}", pair(scale))?;
        }
        if let Some(shear) = &self.shear {
            write!(f, ", shear={}", list(shear))?;
        }
        let o = &self.options;
        if o.interpolation != InterpolationMode::Nearest {
            write!(f, ", interpolation={}", o.interpolation)?;
        }
        if let Some(fill) = o.fill.as_ref().filter(|fill| !fill.is_zero()) {
            write!(f, ", fill={fill}")?;
        }
        if let Some(center) = o.center {
            write!(f, ", center={}", pair(center))?;
        }
        f.write_str(")")
    }
}

/// Seen from a random side by chance, `torchvision.transforms.RandomPerspective`.
#[derive(Clone, Debug)]
pub struct RandomPerspective {
    distortion_scale: f64,
    p: f64,
    options: WarpOptions,
}

impl RandomPerspective {
    /// With probability ½, the corners moved by up to a quarter of the picture.
    pub fn new() -> Self {
        RandomPerspective {
            distortion_scale: 0.5,
            p: 0.5,
            options: WarpOptions::new().fill(0),
        }
    }

    /// How far the corners move, as a share of half the picture. Default: 0.5.
    pub fn distortion_scale(mut self, distortion_scale: f64) -> Self {
        self.distortion_scale = distortion_scale;
        self
    }

    /// How probable it is. Default: 0.5.
    pub fn p(mut self, p: f64) -> Self {
        self.p = p;
        self
    }
}

impl Default for RandomPerspective {
    fn default() -> Self {
        RandomPerspective::new()
    }
}

/// The corners of a picture.
fn corners(h: usize, w: usize) -> [[isize; 2]; 4] {
    let (right, bottom) = (w as isize - 1, h as isize - 1);
    [[0, 0], [right, 0], [right, bottom], [0, bottom]]
}

impl Drawn for RandomPerspective {
    type Params = Option<[[isize; 2]; 4]>;

    fn draw(&self, [_, h, w]: [usize; 3]) -> Result<Self::Params> {
        if !draw::chance(self.p) {
            return Ok(None);
        }
        let far = |n: usize| (self.distortion_scale * (n / 2) as f64) as i64;
        let low = |n: usize| draw::integer(0, far(n) + 1) as isize;
        let high = |n: usize| draw::integer(n as i64 - far(n) - 1, n as i64) as isize;
        Ok(Some([
            [low(w), low(h)],
            [high(w), low(h)],
            [high(w), high(h)],
            [low(w), high(h)],
        ]))
    }

    fn run<I: ImageLike>(&self, img: &I, ends: &Self::Params) -> Result<I> {
        let [_, h, w] = img.dimensions()?;
        match ends {
            Some(ends) => functional::perspective(img, corners(h, w), *ends, self.options.clone()),
            None => Ok(img.clone()),
        }
    }

    fn run_batch(&self, x: &Tensor, all: &[Self::Params]) -> Result<Tensor> {
        let [_, h, w] = x.dimensions()?;
        let chosen: Vec<(usize, [[isize; 2]; 4])> = all
            .iter()
            .enumerate()
            .filter_map(|(i, ends)| Some((i, (*ends)?)))
            .collect();
        if chosen.is_empty() {
            return Ok(x.clone());
        }
        let map = |&(_, ends): &(usize, _)| {
            perspective_coefficients(corners(h, w), ends).map(Map::Perspective)
        };
        let grid = Grid::Maps(chosen.iter().map(map).collect::<Result<_>>()?);
        let at: Vec<i64> = chosen.iter().map(|c| c.0 as i64).collect();
        let at = Tensor::from(at).to(x.device());
        // Only those that chance has chosen; the others keep their bits.
        let part = x.index_select(0, &at);
        let o = &self.options;
        let part = functional::planes::as_batch("perspective", &part, |x| {
            warp(
                "perspective",
                x,
                &grid,
                [h, w],
                o.interpolation,
                o.fill.as_ref(),
            )
        })?;
        Ok(x.index_copy(0, &at, &part))
    }
}

impl fmt::Display for RandomPerspective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RandomPerspective(p={})", float(self.p))
    }
}

common!(RandomRotation);
common!(RandomAffine);
common!(RandomPerspective);
drawn!(RandomRotation, RandomAffine, RandomPerspective);
pub(super) use common;
