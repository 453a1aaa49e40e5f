//! Transforms chosen by chance.

use std::fmt;

use ondol_tensor::Result;

use super::options::repr::{float, list};
use super::{Compose, Picture, Transform, draw};

/// All of some transforms by chance, `torchvision.transforms.RandomApply`.
///
/// ```
/// use ondol_data::transforms::{CenterCrop, RandomApply, compose};
/// let text = "RandomApply(\n    p=0.3\n    CenterCrop(size=(2, 2))\n)";
/// assert_eq!(RandomApply::new(compose![CenterCrop::new(2)]).p(0.3).to_string(), text);
/// ```
#[derive(Clone)]
pub struct RandomApply {
    transforms: Compose,
    p: f64,
}

impl RandomApply {
    /// With probability ½.
    pub fn new(transforms: Compose) -> Self {
        RandomApply { transforms, p: 0.5 }
    }

    /// How probable it is. Default: 0.5.
    pub fn p(mut self, p: f64) -> Self {
        self.p = p;
        self
    }
}

impl Transform for RandomApply {
    fn apply(&self, input: Picture) -> Result<Picture> {
        match draw::chance(self.p) {
            true => self.transforms.apply(input),
            false => Ok(input),
        }
    }

    fn repr(&self) -> String {
        self.to_string()
    }
}

/// One of some transforms, `torchvision.transforms.RandomChoice`.
#[derive(Clone)]
pub struct RandomChoice {
    transforms: Compose,
    p: Option<Vec<f64>>,
}

impl RandomChoice {
    /// Each as probable as the others.
    pub fn new(transforms: Compose) -> Self {
        RandomChoice {
            transforms,
            p: None,
        }
    }

    /// A weight for each.
    ///
    /// # Panics
    /// On another number of weights than transforms.
    #[track_caller]
    pub fn p(mut self, p: impl Into<Vec<f64>>) -> Self {
        let p = p.into();
        assert_eq!(
            p.len(),
            self.transforms.len(),
            "RandomChoice needs a weight for each transform"
        );
        self.p = Some(p);
        self
    }
}

impl Transform for RandomChoice {
    fn apply(&self, input: Picture) -> Result<Picture> {
        let n = self.transforms.len();
        let chosen = match &self.p {
            None => draw::integer(0, n as i64) as usize,
            Some(p) => {
                let mut at = draw::unit() * p.iter().sum::<f64>();
                let passed = |weight: &f64| {
                    at -= weight;
                    at < 0.0
                };
                p.iter().position(passed).unwrap_or(n.saturating_sub(1))
            }
        };
        match self.transforms.get(chosen) {
            Some(transform) => transform.apply(input),
            None => Ok(input),
        }
    }

    fn repr(&self) -> String {
        self.to_string()
    }
}

/// All of some transforms in a random order, `torchvision.transforms.RandomOrder`.
#[derive(Clone)]
pub struct RandomOrder {
    transforms: Compose,
}

impl RandomOrder {
    /// Each once.
    pub fn new(transforms: Compose) -> Self {
        RandomOrder { transforms }
    }
}

impl Transform for RandomOrder {
    fn apply(&self, input: Picture) -> Result<Picture> {
        let order = draw::order(self.transforms.len());
        let each = order.into_iter().filter_map(|i| self.transforms.get(i));
        let mut each = each;
        each.try_fold(input, |picture, transform| transform.apply(picture))
    }

    fn repr(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for RandomApply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = float(self.p);
        write!(f, "RandomApply(\n    p={p}{}\n)", self.transforms.lines())
    }
}

impl fmt::Display for RandomChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let p = self.p.as_ref().map_or("None".into(), |p| list(p));
        write!(f, "RandomChoice({}\n)(p={p})", self.transforms.lines())
    }
}

impl fmt::Display for RandomOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RandomOrder({}\n)", self.transforms.lines())
    }
}
