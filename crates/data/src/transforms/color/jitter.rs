//! Brightness, contrast, saturation and hue at random.

use std::fmt;

use ondol_autograd::{Tensor, raise};
use ondol_tensor::{Error, Result};

use crate::transforms::functional::Amount;
use crate::transforms::options::repr;
use crate::transforms::steps::{Drawn, chosen, drawn, places};
use crate::transforms::{ImageLike, draw, functional};

/// How much [`ColorJitter`] may change one thing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JitterRange {
    /// At most this much to either side.
    Around(f64),
    /// From the one to the other.
    Between(f64, f64),
}

impl From<f64> for JitterRange {
    fn from(amount: f64) -> Self {
        JitterRange::Around(amount)
    }
}
impl From<(f64, f64)> for JitterRange {
    fn from((low, high): (f64, f64)) -> Self {
        JitterRange::Between(low, high)
    }
}
impl From<[f64; 2]> for JitterRange {
    fn from([low, high]: [f64; 2]) -> Self {
        JitterRange::Between(low, high)
    }
}

impl JitterRange {
    /// The range around `center` within `bound`; none where it holds the centre alone.
    #[track_caller]
    fn checked(self, name: &str, center: f64, bound: (f64, f64)) -> Option<(f64, f64)> {
        const OP: &str = "ColorJitter";
        let (low, high) = match self {
            JitterRange::Around(amount) if amount < 0.0 => raise(Error::value(
                OP,
                format!("If {name} is a single number, it must be non negative."),
            )),
            // A factor stops at 0; of the hue, too much to one side is an error below.
            JitterRange::Around(amount) if center > 0.0 => {
                ((center - amount).max(0.0), center + amount)
            }
            JitterRange::Around(amount) => (center - amount, center + amount),
            JitterRange::Between(low, high) => (low, high),
        };
        if !(bound.0 <= low && low <= high && high <= bound.1) {
            raise(Error::value(
                OP,
                format!(
                    "{name} values should be between ({:?}, {:?}), but got {}.",
                    bound.0,
                    bound.1,
                    repr::list(&[low, high])
                ),
            ));
        }
        (low != center || high != center).then_some((low, high))
    }
}

/// Brightness, contrast, saturation and hue changed at random, in random order,
/// `torchvision.transforms.ColorJitter`.
///
/// Factors are uniform on `[max(0, 1 − x), 1 + x]` or the range given, the hue's on `[−x, x]`. What is
/// not named stays as it is.
///
/// ```
/// use ondol_data::transforms::{ColorJitter, Image, Transform};
/// let jitter = ColorJitter::new().brightness(0.5).contrast((0.8, 1.25)).hue(0.1);
/// let image = Image::new(2, 2, 3, vec![100; 12])?;
/// assert_eq!(jitter.apply(image.into())?.into_image()?.width(), 2);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ColorJitter {
    brightness: Option<(f64, f64)>,
    contrast: Option<(f64, f64)>,
    saturation: Option<(f64, f64)>,
    hue: Option<(f64, f64)>,
}

const ANY: (f64, f64) = (0.0, f64::INFINITY);

impl ColorJitter {
    /// Changes nothing yet.
    pub fn new() -> Self {
        ColorJitter::default()
    }

    /// How much the brightness may change.
    ///
    /// # Panics
    /// On negative numbers, or a range whose end is before its start.
    #[track_caller]
    pub fn brightness(mut self, range: impl Into<JitterRange>) -> Self {
        self.brightness = range.into().checked("brightness", 1.0, ANY);
        self
    }

    /// How much the contrast may change.
    ///
    /// # Panics
    /// On negative numbers, or a range whose end is before its start.
    #[track_caller]
    pub fn contrast(mut self, range: impl Into<JitterRange>) -> Self {
        self.contrast = range.into().checked("contrast", 1.0, ANY);
        self
    }

    /// How much the saturation may change.
    ///
    /// # Panics
    /// On negative numbers, or a range whose end is before its start.
    #[track_caller]
    pub fn saturation(mut self, range: impl Into<JitterRange>) -> Self {
        self.saturation = range.into().checked("saturation", 1.0, ANY);
        self
    }

    /// How far the hue may turn, at most half the circle.
    ///
    /// # Panics
    /// On a range that is not within -0.5 and 0.5, or whose end is before its start.
    #[track_caller]
    pub fn hue(mut self, range: impl Into<JitterRange>) -> Self {
        self.hue = range.into().checked("hue", 0.0, (-0.5, 0.5));
        self
    }

    /// Draws an order and factors, `torchvision.transforms.ColorJitter.get_params`.
    pub fn get_params(&self) -> JitterFactors {
        let order = draw::order(4);
        let factor = |range: Option<(f64, f64)>| range.map(|(low, high)| draw::uniform(low, high));
        JitterFactors {
            order: [order[0], order[1], order[2], order[3]],
            brightness: factor(self.brightness),
            contrast: factor(self.contrast),
            saturation: factor(self.saturation),
            hue: factor(self.hue),
        }
    }
}

/// What [`ColorJitter`] does to one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JitterFactors {
    /// The order of brightness (0), contrast (1), saturation (2) and hue (3).
    pub order: [usize; 4],
    /// The factor of [`functional::adjust_brightness`].
    pub brightness: Option<f64>,
    /// The factor of [`functional::adjust_contrast`].
    pub contrast: Option<f64>,
    /// The factor of [`functional::adjust_saturation`].
    pub saturation: Option<f64>,
    /// The factor of [`functional::adjust_hue`].
    pub hue: Option<f64>,
}

impl JitterFactors {
    /// The factor of the step `step` of the order.
    fn factor(&self, step: usize) -> Option<f64> {
        [self.brightness, self.contrast, self.saturation, self.hue][step]
    }

    /// A picture so changed.
    ///
    /// # Errors
    /// A picture of other than 1 or 3 channels.
    pub fn apply<I: ImageLike>(&self, picture: I) -> Result<I> {
        self.order
            .into_iter()
            .filter_map(|step| Some((step, self.factor(step)?)))
            .try_fold(picture, |picture, (step, factor)| match step {
                0 => functional::adjust_brightness(&picture, factor),
                1 => functional::adjust_contrast(&picture, factor),
                2 => functional::adjust_saturation(&picture, factor),
                _ => functional::adjust_hue(&picture, factor),
            })
    }
}

/// The step `step` of each picture that has a factor for it, of tensors `[N, C, H, W]`.
pub(super) fn adjust(
    x: &Tensor,
    step: usize,
    factors: impl IntoIterator<Item = Option<f64>>,
) -> Result<Tensor> {
    let (at, factors) = places(factors);
    chosen(x, &at, |x| {
        let each = Amount::Each(&factors);
        match step {
            0 => functional::brightness(x, each),
            1 => functional::contrast(x, each),
            2 => functional::saturation(x, each),
            _ => functional::turned(x, each),
        }
    })
}

impl fmt::Display for ColorJitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let range = |r: Option<(f64, f64)>| repr::optional(r.map(|(a, b)| repr::tuple(&[a, b])));
        write!(
            f,
            "ColorJitter(brightness={}, contrast={}, saturation={}, hue={})",
            range(self.brightness),
            range(self.contrast),
            range(self.saturation),
            range(self.hue)
        )
    }
}

impl Drawn for ColorJitter {
    type Params = JitterFactors;

    fn draw(&self, _: [usize; 3]) -> Result<JitterFactors> {
        Ok(self.get_params())
    }

    fn run<I: ImageLike>(&self, img: &I, factors: &JitterFactors) -> Result<I> {
        factors.apply(img.clone())
    }

    /// At each place of the order, those of one step at once.
    fn run_batch(&self, x: &Tensor, all: &[JitterFactors]) -> Result<Tensor> {
        (0..16).try_fold(x.clone(), |x, i| {
            let (place, step) = (i / 4, i % 4);
            let factor = |f: &JitterFactors| match f.order[place] == step {
                true => f.factor(step),
                false => None,
            };
            adjust(&x, step, all.iter().map(factor))
        })
    }
}

drawn!(ColorJitter);
