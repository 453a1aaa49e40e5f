//! Several transforms as one, and closures as transforms.

use std::fmt;
use std::sync::Arc;

use ondol_autograd::Tensor;
use ondol_tensor::Result;

use super::{Picture, PictureBatch, Transform, one_by_one};

/// Transforms one after the other, `torchvision.transforms.Compose`; see [`compose!`](crate::compose!).
#[derive(Clone, Default)]
pub struct Compose {
    transforms: Vec<Arc<dyn Transform>>,
}

impl Compose {
    /// None yet: a picture passes unchanged.
    pub fn new() -> Self {
        Compose::default()
    }

    /// Adds one at the end.
    pub fn then(mut self, transform: impl Transform + 'static) -> Self {
        self.transforms.push(Arc::new(transform));
        self
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.transforms.len()
    }

    /// One of them.
    pub(super) fn get(&self, i: usize) -> Option<&Arc<dyn Transform>> {
        self.transforms.get(i)
    }

    /// Each on a line of its own.
    pub(super) fn lines(&self) -> String {
        let line = |t: &Arc<dyn Transform>| format!("\n    {}", t.repr());
        self.transforms.iter().map(line).collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.transforms.is_empty()
    }
}

impl fmt::Display for Compose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compose({}\n)", self.lines())
    }
}

impl From<Vec<Box<dyn Transform>>> for Compose {
    fn from(transforms: Vec<Box<dyn Transform>>) -> Self {
        Compose {
            transforms: transforms.into_iter().map(Arc::from).collect(),
        }
    }
}

impl Transform for Compose {
    fn repr(&self) -> String {
        self.to_string()
    }

    fn apply(&self, input: Picture) -> Result<Picture> {
        self.transforms
            .iter()
            .try_fold(input, |picture, t| t.apply(picture))
    }

    fn is_batched(&self) -> bool {
        self.transforms.iter().all(|t| t.is_batched())
    }

    /// Those before the first that goes sample by sample and those after the last take the batch
    /// at once; what lies between goes through sample by sample, so that a sample's random
    /// numbers are drawn in one order either way.
    fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
        let single = |t: &Arc<dyn Transform>| !t.is_batched();
        let start = self
            .transforms
            .iter()
            .position(single)
            .unwrap_or(self.transforms.len());
        let end = self
            .transforms
            .iter()
            .rposition(single)
            .map_or(start, |last| last + 1);
        let at_once = |batch, transforms: &[Arc<dyn Transform>]| {
            transforms
                .iter()
                .try_fold(batch, |batch: PictureBatch, t| t.apply_batch(batch))
        };
        let mut batch = at_once(batch, &self.transforms[..start])?;
        if start < end {
            let between = &self.transforms[start..end];
            let all = |picture| between.iter().try_fold(picture, |p, t| t.apply(p));
            batch = PictureBatch::join(one_by_one(batch.split()?, all)?)?;
        }
        at_once(batch, &self.transforms[end..])
    }
}

/// Makes a [`Compose`] of transforms: `compose![ToTensor, Normalize::new([0.5], [0.5])]`.
#[macro_export]
macro_rules! compose {
    ($($transform:expr),* $(,)?) => {
        $crate::transforms::Compose::new()$(.then($transform))*
    };
}

/// A transform that changes nothing, `torchvision.transforms.v2.Identity`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity;

impl Transform for Identity {
    fn apply(&self, input: Picture) -> Result<Picture> {
        Ok(input)
    }

    fn is_batched(&self) -> bool {
        true
    }

    fn apply_batch(&self, batch: PictureBatch) -> Result<PictureBatch> {
        Ok(batch)
    }
}

/// A closure as a transform, `torchvision.transforms.Lambda`.
#[derive(Clone, Debug)]
pub struct Lambda<F>(F);

impl<F: Fn(Picture) -> Result<Picture> + Send + Sync> Lambda<F> {
    /// A transform that calls `f`.
    pub fn new(f: F) -> Self {
        Lambda(f)
    }
}

impl Lambda<()> {
    /// A transform that calls `f` on the tensor; put it after `ToTensor`.
    pub fn tensor(f: impl Fn(Tensor) -> Tensor + Send + Sync) -> impl Transform {
        Lambda(move |picture: Picture| Ok(Picture::Tensor(f(picture.into_tensor()?))))
    }
}

impl<F: Fn(Picture) -> Result<Picture> + Send + Sync> Transform for Lambda<F> {
    fn apply(&self, input: Picture) -> Result<Picture> {
        (self.0)(input)
    }

    fn repr(&self) -> String {
        "Lambda()".into()
    }
}
