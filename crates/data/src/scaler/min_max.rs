//! A given least and greatest value.

use ondol_autograd::{Tensor, raise};
use ondol_tensor::{Dict, Error, Result, ToValue, Value};

use super::{beside, features, loaded, not_fitted, state};

/// Shifts and scales each feature so that it lies on a range, `[0, 1]` by default;
/// `sklearn.preprocessing.MinMaxScaler`. A feature that does not vary is only shifted.
///
/// Looks at the features in double precision; NaN counts as missing and stays. What
/// [`transform`](MinMaxScaler::transform) does is recorded, so gradients flow through it.
///
/// | option | default | |
/// |---|---|---|
/// | `feature_range` | 0, 1 | where the features seen will lie |
/// | `clip` | false | whether other features are brought to the range |
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_data::MinMaxScaler;
/// let mut scaler = MinMaxScaler::new().feature_range(-1.0, 1.0);
/// let x = scaler.fit_transform(&tensor!([[0.0, 5.0], [2.0, 7.0], [4.0, 6.0]]));
/// assert_eq!(x.to_vec::<f32>(), [-1.0, -1.0, 0.0, 1.0, 1.0, 0.0]);
/// ```
#[derive(Clone, Debug)]
pub struct MinMaxScaler {
    range: (f64, f64),
    clip: bool,
    seen: Option<Seen>,
}

/// What was seen of each feature, and what follows from it: `x · scale + min`.
#[derive(Clone, Debug)]
struct Seen {
    data_min: Vec<f64>,
    data_max: Vec<f64>,
    scale: Vec<f64>,
    min: Vec<f64>,
}

const OP: &str = "MinMaxScaler";

impl Default for MinMaxScaler {
    fn default() -> Self {
        MinMaxScaler {
            range: (0.0, 1.0),
            clip: false,
            seen: None,
        }
    }
}

impl MinMaxScaler {
    /// One that is not fitted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where the features seen will lie.
    ///
    /// # Panics
    /// Where `low` is not below `high`.
    #[track_caller]
    pub fn feature_range(mut self, low: f64, high: f64) -> Self {
        if low >= high || low.is_nan() || high.is_nan() {
            let message = format!(
                "Minimum of desired feature range must be smaller than maximum. Got ({low}, {high})"
            );
            raise(Error::value(OP, message));
        }
        self.range = (low, high);
        self
    }

    /// Whether features that lie outside of what was seen are brought to the range.
    pub fn clip(mut self, clip: bool) -> Self {
        self.clip = clip;
        self
    }

    /// Takes least and greatest value of features `[N, F]`, and forgets what it saw before.
    ///
    /// # Panics
    /// Where there are no samples, or one is infinite.
    #[track_caller]
    pub fn fit(&mut self, x: &Tensor) -> &mut Self {
        self.seen = None;
        self.partial_fit(x)
    }

    /// Takes more features `[N, F]` into account, as from the batches of a loader.
    ///
    /// # Panics
    /// Where there are no samples, or not the features seen before.
    #[track_caller]
    pub fn partial_fit(&mut self, x: &Tensor) -> &mut Self {
        let before = self.seen.clone();
        let known = before.as_ref().map(|seen| seen.data_min.len());
        let (x, width) = ondol_autograd::ok(features(OP, x, known));
        let (mut least, mut greatest) = match before {
            Some(seen) => (seen.data_min, seen.data_max),
            None => (vec![f64::NAN; width], vec![f64::NAN; width]),
        };
        // `min` and `max` of a number and NaN are the number.
        for (i, x) in x.iter().enumerate() {
            let f = i % width;
            least[f] = least[f].min(*x);
            greatest[f] = greatest[f].max(*x);
        }
        self.set(least, greatest);
        self
    }

    fn set(&mut self, data_min: Vec<f64>, data_max: Vec<f64>) {
        let (low, high) = self.range;
        let scale: Vec<f64> = data_min
            .iter()
            .zip(&data_max)
            .map(|(least, greatest)| {
                let range = greatest - least;
                let constant = range < 10.0 * f64::EPSILON;
                (high - low) / if constant { 1.0 } else { range }
            })
            .collect();
        let min = data_min.iter().zip(&scale).map(|(x, s)| low - x * s);
        self.seen = Some(Seen {
            min: min.collect(),
            data_min,
            data_max,
            scale,
        });
    }

    /// Scales features `[…, F]`; integers become `f32`.
    ///
    /// # Panics
    /// Where it is not fitted, or to other features.
    #[track_caller]
    pub fn transform(&self, x: &Tensor) -> Tensor {
        let (x, [scale, min]) = beside(OP, x, self.numbers());
        let x = x.mul(&scale).add(&min);
        match self.clip {
            true => x.clamp(self.range.0, self.range.1),
            false => x,
        }
    }

    /// Takes the scaling back, though not the clipping.
    ///
    /// # Panics
    /// Where it is not fitted, or to other features.
    #[track_caller]
    pub fn inverse_transform(&self, x: &Tensor) -> Tensor {
        let (x, [scale, min]) = beside(OP, x, self.numbers());
        x.sub(&min).div(&scale)
    }

    /// [`fit`](MinMaxScaler::fit), then [`transform`](MinMaxScaler::transform).
    ///
    /// # Panics
    /// As the two do.
    #[track_caller]
    pub fn fit_transform(&mut self, x: &Tensor) -> Tensor {
        self.fit(x);
        self.transform(x)
    }

    fn numbers(&self) -> Result<[&[f64]; 2]> {
        let seen = self.seen.as_ref().ok_or_else(|| not_fitted(OP))?;
        Ok([&seen.scale, &seen.min])
    }

    /// What it has seen of each feature, as `f64` arrays, `data_min` and `data_max`, and what
    /// follows from it, `scale` and `min`. Empty where it is not fitted.
    ///
    /// The scaler itself can be saved like a model's state.
    pub fn state_dict(&self) -> Value {
        let Some(seen) = &self.seen else {
            return Value::Dict(Dict::new());
        };
        state([
            ("data_min", &seen.data_min),
            ("data_max", &seen.data_max),
            ("scale", &seen.scale),
            ("min", &seen.min),
        ])
    }

    /// Takes a [`state_dict`](MinMaxScaler::state_dict) over, scaling included. The options stay.
    ///
    /// # Errors
    /// An entry that is missing or of another length than the others.
    pub fn load_state_dict(&mut self, state: &Value) -> Result<()> {
        let arrays = loaded(OP, state, ["data_min", "data_max", "scale", "min"])?;
        self.seen = arrays.map(|[data_min, data_max, scale, min]| Seen {
            data_min,
            data_max,
            scale,
            min,
        });
        Ok(())
    }
}

impl ToValue for MinMaxScaler {
    fn to_value(&self) -> Value {
        self.state_dict()
    }
}

#[cfg(test)]
mod tests {
    use ondol_tensor::Array;

    use super::*;
    use ondol_autograd::tensor;

    #[test]
    fn parts_and_a_state_give_what_the_whole_gives() {
        let x = Tensor::range(12).reshape([4, 3]).float().square();
        let mut whole = MinMaxScaler::new();
        let z = whole.fit_transform(&x).to_vec::<f32>();
        let mut parts = MinMaxScaler::new();
        parts
            .partial_fit(&x.narrow(0, 2, 2))
            .partial_fit(&x.narrow(0, 0, 2));
        assert_eq!(parts.transform(&x).to_vec::<f32>(), z);
        let mut other = MinMaxScaler::new();
        other.load_state_dict(&whole.to_value()).unwrap();
        assert_eq!(other.transform(&x).to_vec::<f32>(), z);
        assert!(
            other
                .load_state_dict(&Array::from_slice(&[1.0], [1]).unwrap().to_value())
                .is_err()
        );
        let back = whole.inverse_transform(&whole.transform(&x));
        assert!(back.sub(&x).abs().max().item() < 1e-5);
    }

    #[test]
    fn clipping_holds_for_what_was_not_seen() {
        let mut scaler = MinMaxScaler::new().clip(true);
        scaler.fit(&tensor!([[0.0], [2.0]]));
        let z = scaler.transform(&tensor!([[-1.0], [1.0], [9.0]]));
        assert_eq!(z.to_vec::<f32>(), [0.0, 0.5, 1.0]);
    }

    #[test]
    #[should_panic(expected = "Got (1, 1)")]
    fn a_range_has_two_ends() {
        let _ = MinMaxScaler::new().feature_range(1.0, 1.0);
    }

    #[test]
    #[should_panic(expected = "[3]: expected features [N, F]")]
    fn features_have_two_dimensions() {
        MinMaxScaler::new().fit(&tensor!([1.0, 2.0, 3.0]));
    }
}
