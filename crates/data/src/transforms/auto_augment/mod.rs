//! Augmentation by policies: operations chosen at random.

mod aug_mix;
mod op;
mod policy;

use std::fmt;

use ondol_autograd::raise;
use ondol_tensor::{Error, Result};

pub use self::aug_mix::AugMix;
use self::op::{Look, Op, Space};
pub use self::policy::AutoAugmentPolicy;
use super::options::repr;
use super::{Fill, ImageLike, InterpolationMode, Picture, Transform, draw};

/// What AutoAugment and RandAugment share, for a picture of this size.
fn space(bins: usize, [_, h, w]: [usize; 3]) -> Space {
    let part = |size: usize| 150.0 / 331.0 * size as f64;
    Space {
        bins,
        shear: 0.3,
        translate: (part(w), part(h)),
        rotate: 30.0,
        factor: 0.9,
        bits: (8.0, 4.0),
    }
}

/// A magnitude with a sign drawn where it has one; 0 where the operation has none.
fn signed(magnitude: Option<(f64, bool)>) -> f64 {
    match magnitude {
        Some((x, true)) if draw::chance(0.5) => -x,
        Some((x, _)) => x,
        None => 0.0,
    }
}

/// What [`RandAugment`] and [`TrivialAugmentWide`] choose from.
const OPS: [Op; 14] = [
    Op::Identity,
    Op::ShearX,
    Op::ShearY,
    Op::TranslateX,
    Op::TranslateY,
    Op::Rotate,
    Op::Brightness,
    Op::Color,
    Op::Contrast,
    Op::Sharpness,
    Op::Posterize,
    Op::Solarize,
    Op::AutoContrast,
    Op::Equalize,
];

fn any_op() -> Op {
    OPS[draw::integer(0, OPS.len() as i64) as usize]
}

/// Two operations of a learned policy, each with its probability,
/// `torchvision.transforms.AutoAugment`.
///
/// For images and tensors of bytes, of 1 or 3 channels.
///
/// ```
/// use ondol_data::transforms::{AutoAugment, AutoAugmentPolicy, Image, Transform};
/// let augment = AutoAugment::new(AutoAugmentPolicy::Cifar10);
/// let image = Image::new(8, 8, 3, vec![90; 192])?;
/// assert_eq!(augment.apply(image.into())?.into_image()?.width(), 8);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AutoAugment {
    policy: AutoAugmentPolicy,
    look: Look,
}

/// `num_ops` operations of one strength, `torchvision.transforms.RandAugment`.
///
/// Two of magnitude 9 of 31, unless told otherwise. For images and tensors of bytes, of 1 or 3 channels.
#[derive(Clone, Debug, PartialEq)]
pub struct RandAugment {
    num_ops: usize,
    magnitude: usize,
    bins: usize,
    look: Look,
}

/// One operation of any strength, `torchvision.transforms.TrivialAugmentWide`.
///
/// For images and tensors of bytes, of 1 or 3 channels.
#[derive(Clone, Debug, PartialEq)]
pub struct TrivialAugmentWide {
    bins: usize,
    look: Look,
}

fn look() -> Look {
    Look {
        interpolation: InterpolationMode::Nearest,
        fill: None,
    }
}

macro_rules! looks {
    ($($name:ident),*) => {$(
        impl $name {
            /// How turned and moved pixels are found; the nearest, unless told otherwise.
            pub fn interpolation(mut self, interpolation: InterpolationMode) -> Self {
                self.look.interpolation = interpolation;
                self
            }

            /// What lies outside; black, unless told otherwise.
            pub fn fill(mut self, fill: impl Into<Fill>) -> Self {
                self.look.fill = Some(fill.into());
                self
            }
        }
    )*};
}
looks!(AutoAugment, RandAugment, TrivialAugmentWide);

impl AutoAugment {
    /// With this policy.
    pub fn new(policy: AutoAugmentPolicy) -> Self {
        AutoAugment {
            policy,
            look: look(),
        }
    }
}

#[track_caller]
fn bins(op: &'static str, bins: usize) -> usize {
    if bins < 2 {
        raise(Error::value(
            op,
            format!("num_magnitude_bins should be at least 2, got {bins}"),
        ));
    }
    bins
}

impl RandAugment {
    /// Two operations of magnitude 9 of 31.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        RandAugment {
            num_ops: 2,
            magnitude: 9,
            bins: 31,
            look: look(),
        }
    }

    /// How many operations, one after the other.
    pub fn num_ops(mut self, num_ops: usize) -> Self {
        self.num_ops = num_ops;
        self
    }

    /// How strong each is, below the number of bins.
    pub fn magnitude(mut self, magnitude: usize) -> Self {
        self.magnitude = magnitude;
        self
    }

    /// How many strengths there are.
    ///
    /// # Panics
    /// On fewer than two.
    #[track_caller]
    pub fn num_magnitude_bins(mut self, num_magnitude_bins: usize) -> Self {
        self.bins = bins("RandAugment", num_magnitude_bins);
        self
    }
}

impl TrivialAugmentWide {
    /// One operation, of any of 31 strengths.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        TrivialAugmentWide {
            bins: 31,
            look: look(),
        }
    }

    /// How many strengths there are.
    ///
    /// # Panics
    /// On fewer than two.
    #[track_caller]
    pub fn num_magnitude_bins(mut self, num_magnitude_bins: usize) -> Self {
        self.bins = bins("TrivialAugmentWide", num_magnitude_bins);
        self
    }
}

impl Transform for AutoAugment {
    fn apply(&self, mut input: Picture) -> Result<Picture> {
        let space = space(10, input.dimensions()?);
        let pairs = self.policy.pairs();
        for (op, p, bin) in pairs[draw::integer(0, pairs.len() as i64) as usize] {
            if draw::chance(p) {
                input = op.apply(&input, signed(space.magnitude(op, bin)), &self.look)?;
            }
        }
        Ok(input)
    }
}

impl Transform for RandAugment {
    fn apply(&self, mut input: Picture) -> Result<Picture> {
        if self.magnitude >= self.bins {
            return Err(Error::value(
                "RandAugment",
                format!(
                    "magnitude {} is out of range for {} bins",
                    self.magnitude, self.bins
                ),
            ));
        }
        let space = space(self.bins, input.dimensions()?);
        for _ in 0..self.num_ops {
            let op = any_op();
            let magnitude = signed(space.magnitude(op, self.magnitude));
            input = op.apply(&input, magnitude, &self.look)?;
        }
        Ok(input)
    }
}

impl Transform for TrivialAugmentWide {
    fn apply(&self, input: Picture) -> Result<Picture> {
        let space = Space {
            bins: self.bins,
            shear: 0.99,
            translate: (32.0, 32.0),
            rotate: 135.0,
            factor: 0.99,
            bits: (8.0, 6.0),
        };
        let op = any_op();
        let bin = draw::integer(0, self.bins as i64) as usize;
        op.apply(&input, signed(space.magnitude(op, bin)), &self.look)
    }
}

impl fmt::Display for AutoAugment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fill = repr::optional(self.look.fill.as_ref());
        write!(f, "AutoAugment(policy={}, fill={fill})", self.policy)
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.interpolation.name().to_uppercase().replace('-', "_");
        let fill = repr::optional(self.fill.as_ref());
        write!(f, "interpolation=InterpolationMode.{name}, fill={fill}")
    }
}

impl fmt::Display for RandAugment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "RandAugment(num_ops={}, magnitude={}, num_magnitude_bins={}, {})",
            self.num_ops, self.magnitude, self.bins, self.look
        )
    }
}

impl fmt::Display for TrivialAugmentWide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "TrivialAugmentWide(num_magnitude_bins={}, {})",
            self.bins, self.look
        )
    }
}
