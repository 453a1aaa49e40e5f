//! Chains of operations, mixed with the picture itself.

use std::fmt;

use ondol_autograd::{Tensor, no_grad, raise};
use ondol_tensor::{DType, Error, Result};

use super::op::{Look, Op, Space};
use super::signed;
use crate::transforms::functional::{pil_to_tensor, to_pil_image};
use crate::transforms::options::repr::{float, optional, truth};
use crate::transforms::{Fill, ImageLike, InterpolationMode, Picture, Transform, draw};

/// How many strengths there are.
const BINS: usize = 10;

/// The operations; the last four are left out without `all_ops`.
const OPS: [Op; 13] = [
    Op::ShearX,
    Op::ShearY,
    Op::TranslateX,
    Op::TranslateY,
    Op::Rotate,
    Op::Posterize,
    Op::Solarize,
    Op::AutoContrast,
    Op::Equalize,
    Op::Brightness,
    Op::Color,
    Op::Contrast,
    Op::Sharpness,
];

/// A picture mixed with some that chains of operations made of it, `torchvision.transforms.AugMix`.
///
/// The chains have weights of the Dirichlet distribution, and together the weight `m` beside the picture's
/// own `1 − m`, of the distribution Beta(α, α). For images and tensors of bytes, of 1 or 3 channels.
///
/// ```
/// use ondol_data::transforms::{AugMix, Image, Transform};
/// let image = Image::new(8, 8, 3, vec![90; 192])?;
/// let mixed = AugMix::new().severity(5).apply(image.into())?.into_image()?;
/// assert_eq!((mixed.width(), mixed.channels()), (8, 3));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AugMix {
    severity: usize,
    mixture_width: usize,
    chain_depth: Option<usize>,
    alpha: f64,
    all_ops: bool,
    look: Look,
}

/// What is drawn for a picture.
struct Mix {
    /// The picture's own weight.
    own: f64,
    /// Each chain's weight and its operations with their magnitudes.
    chains: Vec<(f64, Vec<(Op, f64)>)>,
}

impl AugMix {
    /// Three chains of one to three operations, of the three least strengths.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        AugMix {
            severity: 3,
            mixture_width: 3,
            chain_depth: None,
            alpha: 1.0,
            all_ops: true,
            look: Look {
                interpolation: InterpolationMode::Bilinear,
                fill: None,
            },
        }
    }

    /// How many of ten strengths may come. Default: 3.
    ///
    /// # Panics
    /// Outside of 1 to 10.
    #[track_caller]
    pub fn severity(mut self, severity: usize) -> Self {
        if !(1..=BINS).contains(&severity) {
            raise(Error::value(
                "AugMix",
                format!("The severity must be between [1, {BINS}]. Got {severity} instead."),
            ));
        }
        self.severity = severity;
        self
    }

    /// How many chains. Default: 3.
    pub fn mixture_width(mut self, mixture_width: usize) -> Self {
        self.mixture_width = mixture_width;
        self
    }

    /// How many operations each chain has. Default: one to three, by chance.
    pub fn chain_depth(mut self, chain_depth: usize) -> Self {
        self.chain_depth = (chain_depth > 0).then_some(chain_depth);
        self
    }

    /// The `α` of the distributions. Default: 1.
    ///
    /// # Panics
    /// On a number that is not positive.
    #[track_caller]
    pub fn alpha(mut self, alpha: f64) -> Self {
        if !(alpha > 0.0 && alpha.is_finite()) {
            let text = format!("alpha should be positive, got {alpha:?}");
            raise(Error::value("AugMix", text));
        }
        self.alpha = alpha;
        self
    }

    /// Whether brightness, contrast, colour and sharpness are among the operations. Default: yes.
    pub fn all_ops(mut self, all_ops: bool) -> Self {
        self.all_ops = all_ops;
        self
    }

    /// How turned and moved pixels are found. Default: bilinear.
    pub fn interpolation(mut self, interpolation: InterpolationMode) -> Self {
        self.look.interpolation = interpolation;
        self
    }

    /// What lies outside. Default: black.
    pub fn fill(mut self, fill: impl Into<Fill>) -> Self {
        self.look.fill = Some(fill.into());
        self
    }

    fn draw(&self, [_, h, w]: [usize; 3]) -> Mix {
        let space = space(h, w);
        let ops = if self.all_ops { &OPS[..] } else { &OPS[..9] };
        let [own, rest] = draw::dirichlet(self.alpha, 2)[..] else {
            unreachable!("two weights were asked for")
        };
        let weights = draw::dirichlet(self.alpha, self.mixture_width);
        let step = |_| {
            let op = ops[draw::integer(0, ops.len() as i64) as usize];
            let magnitude = match space.magnitude(op, 0) {
                Some(_) => {
                    let bin = draw::integer(0, self.severity as i64) as usize;
                    signed(space.magnitude(op, bin))
                }
                None => 0.0,
            };
            (op, magnitude)
        };
        let chain = |weight: f64| {
            let any = || draw::integer(1, 4) as usize;
            let depth = self.chain_depth.unwrap_or_else(any);
            (weight * rest, (0..depth).map(step).collect())
        };
        Mix {
            own,
            chains: weights.into_iter().map(chain).collect(),
        }
    }

    /// A tensor of bytes mixed; sums in `f32`, cut to whole numbers at the end.
    fn mix(&self, x: &Tensor, mix: &Mix) -> Result<Tensor> {
        let mut sum = x.to_dtype(DType::F32).mul(mix.own);
        for (weight, chain) in &mix.chains {
            let start = Picture::Tensor(x.clone());
            let made = chain.iter().try_fold(start, |picture, &(op, magnitude)| {
                op.apply(&picture, magnitude, &self.look)
            })?;
            sum = sum.add(made.into_tensor()?.to_dtype(DType::F32).mul(*weight));
        }
        Ok(sum.to_dtype(x.dtype()))
    }
}

fn space(h: usize, w: usize) -> Space {
    Space {
        bins: BINS,
        shear: 0.3,
        translate: (w as f64 / 3.0, h as f64 / 3.0),
        rotate: 30.0,
        factor: 0.9,
        bits: (4.0, 4.0),
    }
}

impl Transform for AugMix {
    fn apply(&self, input: Picture) -> Result<Picture> {
        let drawn = self.draw(input.dimensions()?);
        no_grad(|| match input {
            // torchvision works on images as tensors too.
            Picture::Image(image) => {
                let mixed = self.mix(&pil_to_tensor(&image)?, &drawn)?;
                to_pil_image(&mixed).map(Picture::Image)
            }
            Picture::Tensor(x) => self.mix(&x, &drawn).map(Picture::Tensor),
        })
    }

    fn repr(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for AugMix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.look.interpolation.name().to_uppercase();
        write!(
            f,
            "AugMix(severity={}, mixture_width={}, chain_depth={}, alpha={}, all_ops={}, interpolation=InterpolationMode.{}, fill={})",
            self.severity,
            self.mixture_width,
            self.chain_depth.map_or(-1, |depth| depth as isize),
            float(self.alpha),
            truth(self.all_ops),
            name.replace('-', "_"),
            optional(self.look.fill.as_ref())
        )
    }
}

#[cfg(test)]
mod tests;
