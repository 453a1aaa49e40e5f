//! The operations that augmentation policies choose from.

use ondol_tensor::Result;

use crate::transforms::{
    AffineOptions, Fill, InterpolationMode, Picture, RotateOptions, functional,
};

/// One operation, `op_name` in `torchvision.transforms.autoaugment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
    Invert,
}

/// How far the operations go at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Space {
    pub(super) bins: usize,
    pub(super) shear: f64,
    /// Right and down.
    pub(super) translate: (f64, f64),
    pub(super) rotate: f64,
    pub(super) factor: f64,
    /// The bits that are kept at first, and how many fewer at last.
    pub(super) bits: (f64, f64),
}

impl Space {
    /// The magnitude of a bin, and whether it has a sign; none where the operation has none.
    pub(super) fn magnitude(&self, op: Op, bin: usize) -> Option<(f64, bool)> {
        let steps = self.bins.saturating_sub(1).max(1) as f64;
        // In `f32`, as torch.linspace gives it: from either end to the middle.
        let line = |from: f64, to: f64| {
            let (from, to) = (from as f32, to as f32);
            let step = (to - from) / steps as f32;
            f64::from(match bin < self.bins / 2 {
                true => from + step * bin as f32,
                false => to - step * (self.bins - 1 - bin) as f32,
            })
        };
        let signed = |most: f64| Some((line(0.0, most), true));
        match op {
            Op::ShearX | Op::ShearY => signed(self.shear),
            Op::TranslateX => signed(self.translate.0),
            Op::TranslateY => signed(self.translate.1),
            Op::Rotate => signed(self.rotate),
            Op::Brightness | Op::Color | Op::Contrast | Op::Sharpness => signed(self.factor),
            Op::Posterize => {
                let fewer = (bin as f32 / (steps / self.bits.1) as f32).round_ties_even();
                Some((self.bits.0 - f64::from(fewer), false))
            }
            Op::Solarize => Some((line(255.0, 0.0), false)),
            Op::Identity | Op::AutoContrast | Op::Equalize | Op::Invert => None,
        }
    }
}

/// How the geometric operations find and fill pixels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Look {
    pub(super) interpolation: InterpolationMode,
    pub(super) fill: Option<Fill>,
}

impl Op {
    /// The picture after the operation; the magnitude has its sign.
    pub(super) fn apply(self, x: &Picture, magnitude: f64, look: &Look) -> Result<Picture> {
        let options = || AffineOptions {
            interpolation: look.interpolation,
            fill: look.fill.clone(),
            center: None,
        };
        let sheared = |shear| {
            let options = AffineOptions {
                center: Some((0.0, 0.0)),
                ..options()
            };
            functional::affine(x, 0.0, (0, 0), 1.0, shear, options)
        };
        let moved = |by| functional::affine(x, 0.0, by, 1.0, (0.0, 0.0), options());
        match self {
            Op::Identity => Ok(x.clone()),
            Op::ShearX => sheared((magnitude.atan().to_degrees(), 0.0)),
            Op::ShearY => sheared((0.0, magnitude.atan().to_degrees())),
            Op::TranslateX => moved((magnitude as isize, 0)),
            Op::TranslateY => moved((0, magnitude as isize)),
            Op::Rotate => {
                let options = RotateOptions {
                    interpolation: look.interpolation,
                    fill: look.fill.clone(),
                    ..RotateOptions::new()
                };
                functional::rotate(x, magnitude, options)
            }
            Op::Brightness => functional::adjust_brightness(x, 1.0 + magnitude),
            Op::Color => functional::adjust_saturation(x, 1.0 + magnitude),
            Op::Contrast => functional::adjust_contrast(x, 1.0 + magnitude),
            Op::Sharpness => functional::adjust_sharpness(x, 1.0 + magnitude),
            Op::Posterize => functional::posterize(x, magnitude as u32),
            Op::Solarize => functional::solarize(x, magnitude),
            Op::AutoContrast => functional::autocontrast(x),
            Op::Equalize => functional::equalize(x),
            Op::Invert => functional::invert(x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_are_torchvisions() {
        // RandAugment's at bin 9 of 31, for a picture of 24 × 32.
        let space = super::super::space(31, [3, 24, 32]);
        for (op, want) in [
            (Op::ShearX, 0.090_000_003_576_278_69),
            (Op::TranslateX, 4.350_453_376_770_02),
            (Op::TranslateY, 3.262_840_032_577_514_6),
            (Op::Rotate, 9.0),
            (Op::Color, 0.269_999_980_926_513_67),
            (Op::Posterize, 7.0),
            (Op::Solarize, 178.5),
        ] {
            let (got, _) = space.magnitude(op, 9).unwrap();
            assert!((got - want).abs() < 1e-6, "{op:?}: {got}, not {want}");
        }
        assert!(space.magnitude(Op::Equalize, 9).is_none());
    }
}
