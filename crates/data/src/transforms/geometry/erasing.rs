//! Rectangles erased by chance.

use std::fmt;

use ondol_autograd::{RandomOptions, Tensor};
use ondol_tensor::{DType, Error, Result};

use crate::sample_generator;
use crate::transforms::options::repr::{float, truth, tuple};
use crate::transforms::steps::{Drawn, drawn, one_by_one};
use crate::transforms::{Fill, Image, ImageLike, draw, functional};

const OP: &str = "RandomErasing";

/// What an erased rectangle holds, the `value` of `torchvision.transforms.RandomErasing`.
#[derive(Clone, Debug, PartialEq)]
pub enum Erasing {
    /// A number, or one for each channel.
    Value(Fill),
    /// Standard normal numbers.
    Random,
}

impl<T: Into<Fill>> From<T> for Erasing {
    fn from(fill: T) -> Self {
        Erasing::Value(fill.into())
    }
}

/// A random rectangle of a tensor erased by chance, `torchvision.transforms.RandomErasing`. It takes no
/// images of bytes; put it after `ToTensor`.
#[derive(Clone, Debug)]
pub struct RandomErasing {
    p: f64,
    scale: (f64, f64),
    ratio: (f64, f64),
    value: Erasing,
}

impl RandomErasing {
    /// With probability ½, from 2 % to 33 % of the picture, from 0.3 to 3.3 times as high as wide, to 0.
    pub fn new() -> Self {
        RandomErasing {
            p: 0.5,
            scale: (0.02, 0.33),
            ratio: (0.3, 3.3),
            value: Erasing::Value(Fill::default()),
        }
    }

    /// How probable it is. Default: 0.5.
    ///
    /// # Panics
    /// Outside of 0 to 1.
    #[track_caller]
    pub fn p(mut self, p: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&p),
            "Random erasing probability should be between 0 and 1"
        );
        self.p = p;
        self
    }

    /// The least and the greatest share of the picture's area. Default: 0.02 and 0.33.
    ///
    /// # Panics
    /// Outside of 0 to 1.
    #[track_caller]
    pub fn scale(mut self, scale: (f64, f64)) -> Self {
        assert!(
            scale.0 >= 0.0 && scale.1 <= 1.0,
            "Scale should be between 0 and 1"
        );
        self.scale = scale;
        self
    }

    /// The least and the greatest height over width. Default: 0.3 and 3.3.
    pub fn ratio(mut self, ratio: (f64, f64)) -> Self {
        self.ratio = ratio;
        self
    }

    /// What the rectangle holds. Default: 0.
    pub fn value(mut self, value: impl Into<Erasing>) -> Self {
        self.value = value.into();
        self
    }
}

impl Default for RandomErasing {
    fn default() -> Self {
        RandomErasing::new()
    }
}

impl fmt::Display for RandomErasing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pair = |(low, high): (f64, f64)| tuple(&[low, high]);
        let value = match &self.value {
            Erasing::Value(fill) => fill.to_string(),
            Erasing::Random => "random".into(),
        };
        write!(
            f,
            "RandomErasing(p={}, scale={}, ratio={}, value={value}, inplace={})",
            float(self.p),
            pair(self.scale),
            pair(self.ratio),
            truth(false)
        )
    }
}

/// Where, and with what.
pub(crate) type Rectangle = ([usize; 4], Tensor);

impl Drawn for RandomErasing {
    type Params = Option<Rectangle>;

    fn draw(&self, [c, height, width]: [usize; 3]) -> Result<Option<Rectangle>> {
        if !draw::chance(self.p) {
            return Ok(None);
        }
        let fill = match &self.value {
            Erasing::Random => None,
            Erasing::Value(fill) => Some(fill.channels(OP, c).map_err(|_| {
                Error::value(
                    OP,
                    format!(
                        "If value is a sequence, it should have either a single value or {c} (number of input channels)"
                    ),
                )
            })?),
        };
        let area = (height * width) as f64;
        for _ in 0..10 {
            let target = area * draw::uniform(self.scale.0, self.scale.1);
            let aspect = draw::uniform(self.ratio.0.ln(), self.ratio.1.ln()).exp();
            let h = (target * aspect).sqrt().round_ties_even() as usize;
            let w = (target / aspect).sqrt().round_ties_even() as usize;
            if h >= height || w >= width {
                continue;
            }
            let value = match fill {
                Some(fill) => Tensor::from_vec(fill, [c, 1, 1]),
                None => Tensor::randn_with([c, h, w], RandomOptions::from(&sample_generator())),
            };
            let at = |room: usize| draw::integer(0, room as i64 + 1) as usize;
            return Ok(Some(([at(height - h), at(width - w), h, w], value)));
        }
        Ok(None)
    }

    fn run<I: ImageLike>(&self, img: &I, drawn: &Option<Rectangle>) -> Result<I> {
        let image = |_: &Image| {
            Err(Error::value(
                OP,
                "it erases tensors; put ToTensor before it",
            ))
        };
        img.map(image, |x: &Tensor| match drawn {
            Some(([i, j, h, w], value)) => functional::erase(x, *i, *j, *h, *w, value, false),
            None => Ok(x.clone()),
        })
    }

    /// All rectangles written into one picture of values, and that over the batch where they lie.
    fn run_batch(&self, x: &Tensor, drawn: &[Option<Rectangle>]) -> Result<Tensor> {
        if x.ndim() != 4 {
            return one_by_one(self, x, drawn);
        }
        let [n, c, height, width] = [0, 1, 2, 3].map(|d| x.size(d));
        if drawn.iter().all(Option::is_none) {
            return Ok(x.clone());
        }
        let area = height * width;
        let (mut inside, mut values) = (vec![false; n * area], vec![0.0f64; n * c * area]);
        for (k, rectangle) in drawn.iter().enumerate() {
            let Some(([i, j, h, w], value)) = rectangle else {
                continue;
            };
            let value = value
                .to_dtype(DType::F64)
                .expand(&[c, *h, *w][..])
                .to_vec::<f64>();
            for row in 0..*h {
                let line = (i + row) * width + j;
                inside[k * area + line..][..*w].fill(true);
                for channel in 0..c {
                    let from = &value[(channel * h + row) * w..][..*w];
                    values[(k * c + channel) * area + line..][..*w].copy_from_slice(from);
                }
            }
        }
        let like = (x.dtype(), &x.device());
        let inside = Tensor::from_vec(inside, [n, 1, height, width]).to(x.device());
        let values = Tensor::from_vec(values, [n, c, height, width]).to(like);
        Ok(Tensor::where_(&inside, &values, x))
    }
}

drawn!(RandomErasing);
