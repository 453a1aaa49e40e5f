//! Batches whose samples are mixed with each other.

use std::fmt;

use ondol_autograd::{Tensor, raise};
use ondol_tensor::{DType, Error, Result};

use super::draw;
use super::options::repr;

/// What [`MixUp`] and [`CutMix`] are told.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Options {
    op: &'static str,
    alpha: f64,
    classes: Option<usize>,
}

impl Options {
    #[track_caller]
    fn alpha(mut self, alpha: f64) -> Self {
        if !(alpha > 0.0 && alpha.is_finite()) {
            let text = format!("alpha should be positive, got {alpha:?}");
            raise(Error::value(self.op, text));
        }
        self.alpha = alpha;
        self
    }

    fn wrong<T>(&self, message: String) -> Result<T> {
        Err(Error::value(self.op, message))
    }

    /// The number of images, of a batch and labels that go together.
    fn check(&self, images: &Tensor, labels: &Tensor) -> Result<()> {
        let (x, y) = (images.shape(), labels.shape());
        if !matches!(y.ndim(), 1 | 2) {
            return self.wrong(format!(
                "labels should be index based with shape (batch_size,) or probability based with shape (batch_size, num_classes), but got a tensor of shape {y} instead."
            ));
        }
        match self.classes {
            Some(classes) if y.ndim() == 2 && y[1] != classes => {
                return self.wrong(format!(
                    "When passing 2D labels, the number of elements in last dimension must match num_classes: {} != {classes}. You can Leave num_classes to None.",
                    y[1]
                ));
            }
            None if y.ndim() == 1 => {
                return self
                    .wrong("num_classes must be passed if the labels are index-based (1D)".into());
            }
            Some(classes) if y.ndim() == 1 => {
                if !matches!(labels.dtype(), DType::I64 | DType::I32 | DType::U8) {
                    return self.wrong(format!(
                        "index-based labels are integers, got {}",
                        labels.dtype()
                    ));
                }
                let outside = |&class: &i64| class < 0 || class >= classes as i64;
                if let Some(class) = labels.long().to_vec::<i64>().into_iter().find(outside) {
                    return self.wrong(format!(
                        "Class values must be smaller than num_classes and not negative: {class} is no class of {classes}"
                    ));
                }
            }
            _ => {}
        }
        if x.ndim() != 4 {
            return self.wrong(format!(
                "Expected a batched input with 4 dims, but got {} dimensions instead.",
                x.ndim()
            ));
        }
        if x[0] != y[0] {
            return self.wrong(format!(
                "The batch size of the image or video does not match the batch size of the labels: {} != {}.",
                x[0], y[0]
            ));
        }
        Ok(())
    }

    /// `λ` of each label and the rest of the one before it.
    fn labels(&self, labels: &Tensor, lambda: f64) -> Tensor {
        let each = match self.classes {
            Some(classes) if labels.ndim() == 1 => labels.long().one_hot(classes as isize),
            _ => labels.clone(),
        };
        let each = match each.is_floating_point() {
            true => each,
            false => each.float(),
        };
        mixed(&each, lambda)
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}(alpha={}, num_classes={})",
            self.op,
            repr::float(self.alpha),
            repr::optional(self.classes)
        )
    }
}

/// `λ · x + (1 − λ) · x` of the sample before.
fn mixed(x: &Tensor, lambda: f64) -> Tensor {
    x.roll(1, 0).mul(1.0 - lambda).add(x.mul(lambda))
}

/// Each image of a batch mixed with the one before it, and their labels likewise,
/// `torchvision.transforms.v2.MixUp`.
///
/// `λ ~ Beta(α, α)`, one for the batch; images and labels become `λ · x[i] + (1 − λ) · x[i − 1]`. Labels
/// are class indices `[N]`, which become `[N, num_classes]`, or probabilities `[N, C]`. As neighbours are
/// mixed, the loader should shuffle. Mix what the loader gives, on any device: `λ` then comes from the
/// default generator and does not depend on workers.
///
/// ```
/// use ondol_autograd::{Tensor, tensor};
/// use ondol_data::transforms::MixUp;
/// let (x, y) = MixUp::new().num_classes(3).apply(&Tensor::ones([2, 1, 4, 4]), &tensor!([0, 2]))?;
/// assert_eq!((x.shape(), y.shape()), ([2, 1, 4, 4].into(), [2, 3].into()));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MixUp(Options);

/// A part of each image of a batch cut out of the one before it, and their labels mixed by its area,
/// `torchvision.transforms.v2.CutMix`.
///
/// The box has a random centre and the area `1 − λ` of the image with `λ ~ Beta(α, α)`, less what lies
/// outside; one for the batch. Labels are as for [`MixUp`].
///
/// ```
/// use ondol_autograd::{Tensor, tensor};
/// use ondol_data::transforms::CutMix;
/// let (_, y) = CutMix::new().num_classes(3).apply(&Tensor::ones([2, 1, 4, 4]), &tensor!([0, 2]))?;
/// assert_eq!(y.sum_dim(1, false).to_vec::<f32>(), [1.0, 1.0]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CutMix(Options);

macro_rules! options {
    ($($name:ident),*) => {$(
        impl $name {
            /// With `α = 1`, for labels that are probabilities.
            pub fn new() -> Self {
                $name(Options { op: stringify!($name), alpha: 1.0, classes: None })
            }

            /// The `α` of the Beta distribution: the smaller, the less is mixed.
            ///
            /// # Panics
            /// On a number that is not positive.
            #[track_caller]
            pub fn alpha(self, alpha: f64) -> Self {
                $name(self.0.alpha(alpha))
            }

            /// How many classes there are, for labels that are class indices.
            pub fn num_classes(mut self, num_classes: usize) -> Self {
                self.0.classes = Some(num_classes);
                self
            }
        }

        impl Default for $name {
            fn default() -> Self {
                $name::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.show(f)
            }
        }
    )*};
}
options!(MixUp, CutMix);

impl MixUp {
    /// Images `[N, C, H, W]` of floats and labels, mixed.
    ///
    /// # Errors
    /// Images that are not floats or no batch; labels that are neither indices nor probabilities, or
    /// not as many.
    pub fn apply(&self, images: &Tensor, labels: &Tensor) -> Result<(Tensor, Tensor)> {
        self.0.check(images, labels)?;
        if !images.is_floating_point() {
            return Err(Error::DType {
                op: "MixUp",
                got: images.dtype().to_string(),
                expected: "images of floats; convert them first".into(),
            });
        }
        let lambda = draw::beta(self.0.alpha);
        Ok((mixed(images, lambda), self.0.labels(labels, lambda)))
    }
}

impl CutMix {
    /// Images `[N, C, H, W]` and labels, mixed.
    ///
    /// # Errors
    /// Images that are no batch; labels that are neither indices nor probabilities, or not as many.
    pub fn apply(&self, images: &Tensor, labels: &Tensor) -> Result<(Tensor, Tensor)> {
        self.0.check(images, labels)?;
        let (h, w) = (images.size(-2), images.size(-1));
        if images.numel() == 0 {
            return Ok((images.clone(), self.0.labels(labels, 1.0)));
        }
        let lambda = draw::beta(self.0.alpha);
        let (x, y) = (draw::integer(0, w as i64), draw::integer(0, h as i64));
        let reach = 0.5 * (1.0 - lambda).sqrt();
        let span = |at: i64, size: usize| {
            let half = (reach * size as f64) as i64;
            let end = (at + half).min(size as i64);
            ((at - half).max(0) as usize, end as usize)
        };
        let ((left, right), (top, bottom)) = (span(x, w), span(y, h));
        let area = (right - left) * (bottom - top);
        let lambda = 1.0 - area as f64 / (w * h) as f64;
        if area == 0 {
            return Ok((images.clone(), self.0.labels(labels, lambda)));
        }
        let rolled = images.roll(1, 0);
        // The box between what is left of it and right of it, that between what is above and below.
        let part = |x: &Tensor, dim: isize, from: usize, to: usize| x.narrow(dim, from, to - from);
        let rows = |x: &Tensor| part(x, -2, top, bottom);
        let middle = [
            part(&rows(images), -1, 0, left),
            part(&rows(&rolled), -1, left, right),
            part(&rows(images), -1, right, w),
        ];
        let images = Tensor::cat(
            &[
                part(images, -2, 0, top),
                Tensor::cat(&middle, -1),
                part(images, -2, bottom, h),
            ],
            -2,
        );
        Ok((images, self.0.labels(labels, lambda)))
    }
}
