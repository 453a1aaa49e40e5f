//! Mean 0 and variance 1.

use ondol_autograd::Tensor;
use ondol_tensor::{Dict, Result, ToValue, Value};

use super::{beside, features, loaded, not_fitted, state};

/// Shifts and scales each feature to mean 0 and variance 1, `sklearn.preprocessing.StandardScaler`:
/// `z = (x − mean) / √var`, with the variance over N. A feature that does not vary is only shifted.
///
/// Looks at the features in double precision; NaN counts as missing and stays. What
/// [`transform`](StandardScaler::transform) does is recorded, so gradients flow through it.
///
/// | option | default | |
/// |---|---|---|
/// | `with_mean` | true | whether the mean is taken off |
/// | `with_std` | true | whether it is divided by the standard deviation |
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_data::StandardScaler;
/// let (train, test) = (tensor!([[0.0, 5.0], [2.0, 5.0]]), tensor!([[3.0, 6.0]]));
/// let mut scaler = StandardScaler::new();
/// assert_eq!(scaler.fit_transform(&train).to_vec::<f32>(), [-1.0, 0.0, 1.0, 0.0]);
/// assert_eq!(scaler.transform(&test).to_vec::<f32>(), [2.0, 1.0]);
/// assert_eq!(scaler.inverse_transform(&scaler.transform(&test)).to_vec::<f32>(), [3.0, 6.0]);
/// ```
#[derive(Clone, Debug)]
pub struct StandardScaler {
    with_mean: bool,
    with_std: bool,
    seen: Option<Seen>,
}

/// What was seen of each feature.
#[derive(Clone, Debug)]
struct Seen {
    mean: Vec<f64>,
    var: Vec<f64>,
    scale: Vec<f64>,
    n: Vec<f64>,
}

const OP: &str = "StandardScaler";

impl Default for StandardScaler {
    fn default() -> Self {
        StandardScaler {
            with_mean: true,
            with_std: true,
            seen: None,
        }
    }
}

impl StandardScaler {
    /// One that is not fitted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the mean is taken off.
    pub fn with_mean(mut self, with_mean: bool) -> Self {
        self.with_mean = with_mean;
        self
    }

    /// Whether it is divided by the standard deviation.
    pub fn with_std(mut self, with_std: bool) -> Self {
        self.with_std = with_std;
        self
    }

    /// Takes mean and variance of features `[N, F]`, and forgets what it saw before.
    ///
    /// # Panics
    /// Where there are no samples, or one is infinite.
    #[track_caller]
    pub fn fit(&mut self, x: &Tensor) -> &mut Self {
        self.seen = None;
        self.partial_fit(x)
    }

    /// Takes more features `[N, F]` into mean and variance, as from the batches of a loader.
    ///
    /// # Panics
    /// Where there are no samples, or not the features seen before.
    #[track_caller]
    pub fn partial_fit(&mut self, x: &Tensor) -> &mut Self {
        let before = self.seen.clone();
        let known = before.as_ref().map(|seen| seen.mean.len());
        let (x, width) = ondol_autograd::ok(features(OP, x, known));
        let columns = (0..width).map(|f| {
            let column = x.iter().skip(f).step_by(width).copied();
            moments(column.filter(|x| !x.is_nan()))
        });
        let mut seen = before.unwrap_or_else(|| Seen::nothing(width));
        for (f, (n, mean, sum)) in columns.enumerate() {
            seen.add(f, n, mean, sum);
        }
        seen.set_scale();
        self.seen = Some(seen);
        self
    }

    /// Scales features `[…, F]`; integers become `f32`.
    ///
    /// # Panics
    /// Where it is not fitted, or to other features.
    #[track_caller]
    pub fn transform(&self, x: &Tensor) -> Tensor {
        let (mut x, [mean, scale]) = beside(OP, x, self.numbers());
        if self.with_mean {
            x = x.sub(&mean);
        }
        match self.with_std {
            true => x.div(&scale),
            false => x,
        }
    }

    /// Takes the scaling back.
    ///
    /// # Panics
    /// Where it is not fitted, or to other features.
    #[track_caller]
    pub fn inverse_transform(&self, x: &Tensor) -> Tensor {
        let (mut x, [mean, scale]) = beside(OP, x, self.numbers());
        if self.with_std {
            x = x.mul(&scale);
        }
        match self.with_mean {
            true => x.add(&mean),
            false => x,
        }
    }

    /// [`fit`](StandardScaler::fit), then [`transform`](StandardScaler::transform).
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
        Ok([&seen.mean, &seen.scale])
    }

    /// What it has seen of each feature, as `f64` arrays: `mean`, `var`, `scale` and
    /// `n_samples_seen`. Empty where it is not fitted.
    ///
    /// The scaler itself can be saved like a model's state.
    pub fn state_dict(&self) -> Value {
        let Some(seen) = &self.seen else {
            return Value::Dict(Dict::new());
        };
        state([
            ("mean", &seen.mean),
            ("var", &seen.var),
            ("scale", &seen.scale),
            ("n_samples_seen", &seen.n),
        ])
    }

    /// Takes a [`state_dict`](StandardScaler::state_dict) over. The options stay.
    ///
    /// # Errors
    /// An entry that is missing or of another length than the others.
    pub fn load_state_dict(&mut self, state: &Value) -> Result<()> {
        let arrays = loaded(OP, state, ["mean", "var", "scale", "n_samples_seen"])?;
        self.seen = arrays.map(|[mean, var, scale, n]| Seen {
            mean,
            var,
            scale,
            n,
        });
        Ok(())
    }
}

impl ToValue for StandardScaler {
    fn to_value(&self) -> Value {
        self.state_dict()
    }
}

/// How many numbers there are, their mean, and the sum of the squares around it.
fn moments(numbers: impl Iterator<Item = f64> + Clone) -> (f64, f64, f64) {
    let n = numbers.clone().count() as f64;
    let mean = numbers.clone().sum::<f64>() / n;
    let (sum, squares) = numbers.fold((0.0, 0.0), |(sum, squares), x| {
        (sum + (x - mean), squares + (x - mean) * (x - mean))
    });
    // The second term is what rounding left in the mean (Chan, Golub and LeVeque 1983).
    (n, mean, squares - sum * sum / n)
}

impl Seen {
    fn nothing(width: usize) -> Self {
        Seen {
            mean: vec![f64::NAN; width],
            var: vec![f64::NAN; width],
            scale: vec![1.0; width],
            n: vec![0.0; width],
        }
    }

    /// Adds `n` numbers of feature `f` with that mean and sum of squares around it.
    fn add(&mut self, f: usize, n: f64, mean: f64, squares: f64) {
        if n == 0.0 {
            return;
        }
        let before = self.n[f];
        let all = before + n;
        self.n[f] = all;
        if before == 0.0 {
            self.mean[f] = mean;
            self.var[f] = squares / n;
            return;
        }
        let apart = mean - self.mean[f];
        let squares = squares + self.var[f] * before + apart * apart * before * n / all;
        self.mean[f] += apart * n / all;
        self.var[f] = squares / all;
    }

    fn set_scale(&mut self) {
        for f in 0..self.mean.len() {
            let (n, mean, var) = (self.n[f], self.mean[f], self.var[f]);
            // What is left of a constant's variance after rounding.
            let rounding = n * f64::EPSILON * var + (n * mean * f64::EPSILON).powi(2);
            self.scale[f] = if var <= rounding { 1.0 } else { var.sqrt() };
        }
    }
}

#[cfg(test)]
mod tests {
    use ondol_tensor::Array;

    use super::*;
    use ondol_autograd::tensor;

    #[test]
    fn parts_give_what_the_whole_gives() {
        let x = Tensor::range(30).reshape([10, 3]).double().square();
        let mut whole = StandardScaler::new();
        whole.fit(&x);
        let mut parts = StandardScaler::new();
        for (start, n) in [(0, 1), (1, 6), (7, 3)] {
            parts.partial_fit(&x.narrow(0, start, n));
        }
        let (a, b) = (whole.transform(&x), parts.transform(&x));
        assert!(a.sub(&b).abs().max().item() < 1e-12);
        let z = a.square().mean_dim(0, false).to_vec::<f64>();
        assert!(z.iter().all(|v| (v - 1.0).abs() < 1e-12), "{z:?}");
        // `fit` begins anew.
        parts.fit(&x);
        assert_eq!(parts.transform(&x).to_vec::<f64>(), a.to_vec::<f64>());
    }

    #[test]
    fn the_state_travels() {
        let x = tensor!([[1.0, -2.0], [3.0, 7.0], [4.0, 0.0]]);
        let mut scaler = StandardScaler::new();
        scaler.fit(&x);
        let mut other = StandardScaler::new();
        other.load_state_dict(&scaler.to_value()).unwrap();
        assert_eq!(
            other.transform(&x).to_vec::<f32>(),
            scaler.transform(&x).to_vec::<f32>()
        );
        let Value::Dict(mut state) = scaler.state_dict() else {
            unreachable!()
        };
        state.insert("var", Array::from_slice(&[1.0], [1]).unwrap());
        let text = other.load_state_dict(&Value::Dict(state)).unwrap_err();
        assert!(text.to_string().contains("[2, 1, 2, 2]"), "{text}");
        assert!(other.load_state_dict(&Value::None).is_err());
        other
            .load_state_dict(&StandardScaler::new().state_dict())
            .unwrap();
        assert!(other.seen.is_none());
    }

    #[test]
    fn options_and_integers_and_gradients() {
        let x = tensor!([[1], [3]]);
        let mut scaler = StandardScaler::new().with_std(false);
        assert_eq!(scaler.fit_transform(&x).to_vec::<f32>(), [-1.0, 1.0]);
        let x = tensor!([[2.0], [6.0]]).requires_grad_(true);
        let mut scaler = StandardScaler::new().with_mean(false);
        let z = scaler.fit_transform(&x);
        assert_eq!(z.to_vec::<f32>(), [1.0, 3.0]);
        z.sum().backward();
        assert_eq!(x.grad().unwrap().to_vec::<f32>(), [0.5, 0.5]);
        assert_eq!(scaler.inverse_transform(&z).to_vec::<f32>(), [2.0, 6.0]);
    }

    #[test]
    #[should_panic(expected = "StandardScaler: is not fitted yet")]
    fn before_it_is_fitted() {
        StandardScaler::new().transform(&tensor!([[1.0]]));
    }

    #[test]
    #[should_panic(expected = "[1, 3]: expected 2 features")]
    fn other_features_are_refused() {
        let mut scaler = StandardScaler::new();
        scaler
            .fit(&Tensor::ones([4, 2]))
            .transform(&Tensor::ones([1, 3]));
    }

    #[test]
    #[should_panic(expected = "row 1, feature 0 is infinite")]
    fn infinities_are_refused() {
        StandardScaler::new().fit(&tensor!([[1.0], [f32::INFINITY]]));
    }
}
