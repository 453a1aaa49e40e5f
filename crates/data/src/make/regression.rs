//! A linear relation with noise.

use ondol_autograd::{Tensor, ok, raise};
use ondol_tensor::{Array, Error, Result, default_generator};

use super::{normal, product, reordered, singles, uniform};

/// Features and what depends on them linearly, `sklearn.datasets.make_regression`.
///
/// | option | default | |
/// |---|---|---|
/// | `n_informative` | 10 | features that the target depends on |
/// | `n_targets` | 1 | targets |
/// | `bias` | 0 | what is added to each target |
/// | `noise` | 0 | standard deviation of what is added at random |
/// | `shuffle` | true | whether samples and features are in a random order |
///
/// ```
/// use ondol_data::MakeRegression;
/// let (x, y, coef) = MakeRegression::new(50, 3).bias(2.0).make();
/// assert_eq!((x.shape().to_vec(), y.shape().to_vec()), (vec![50, 3], vec![50]));
/// let error = (x.matmul(&coef) + 2.0 - y).abs().max().item();
/// assert!(error < 1e-3, "{error}");
/// ```
#[derive(Clone, Debug)]
pub struct MakeRegression {
    n: usize,
    n_features: usize,
    n_informative: usize,
    n_targets: usize,
    bias: f64,
    noise: f64,
    shuffle: bool,
}

impl MakeRegression {
    /// `n` samples of `n_features` features.
    pub fn new(n: usize, n_features: usize) -> Self {
        MakeRegression {
            n,
            n_features,
            n_informative: 10,
            n_targets: 1,
            bias: 0.0,
            noise: 0.0,
            shuffle: true,
        }
    }

    /// How many features the target depends on; all, where there are not so many.
    pub fn n_informative(mut self, n_informative: usize) -> Self {
        self.n_informative = n_informative;
        self
    }

    /// How many targets each sample has.
    pub fn n_targets(mut self, n_targets: usize) -> Self {
        self.n_targets = n_targets;
        self
    }

    /// What is added to each target.
    pub fn bias(mut self, bias: f64) -> Self {
        self.bias = bias;
        self
    }

    /// The standard deviation of what is added to each target at random.
    ///
    /// # Panics
    /// Where it is negative.
    #[track_caller]
    pub fn noise(mut self, noise: f64) -> Self {
        if noise < 0.0 || noise.is_nan() {
            let message = format!("noise must not be negative, but got {noise}");
            raise(Error::value("MakeRegression", message));
        }
        self.noise = noise;
        self
    }

    /// Whether samples and features are in a random order; else the informative ones come first.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// Draws, from the default generator: `x [n, features]`, `y [n]` (or `[n, targets]`), and the
    /// coefficients `[features]` (or `[features, targets]`) behind them, all `f32`.
    #[track_caller]
    pub fn make(&self) -> (Tensor, Tensor, Tensor) {
        ok(self.draw())
    }

    fn draw(&self) -> Result<(Tensor, Tensor, Tensor)> {
        let (n, width, targets) = (self.n, self.n_features, self.n_targets);
        let generator = default_generator();
        let mut x = normal(&generator, 1.0, n * width)?;
        let informative = self.n_informative.min(width);
        let mut coef = uniform(&generator, 0.0, 100.0, informative * targets)?;
        coef.resize(width * targets, 0.0);
        let mut y = product(&x, width, &coef, targets);
        // Without features nothing is there to multiply.
        y.resize(n * targets, 0.0);
        let noise = normal(&generator, self.noise, n * targets)?;
        for (y, e) in y.iter_mut().zip(noise) {
            *y += self.bias + e;
        }
        if self.shuffle {
            let (rows, columns) = (generator.permutation(n), generator.permutation(width));
            x = reordered(&x, width, &rows, Some(&columns));
            y = reordered(&y, targets, &rows, None);
            coef = reordered(&coef, targets, &columns, None);
        }
        let (y_shape, coef_shape) = match targets {
            1 => (vec![n], vec![width]),
            _ => (vec![n, targets], vec![width, targets]),
        };
        Ok((
            Array::from_vec(singles(x), [n, width])?.into(),
            Array::from_vec(singles(y), y_shape)?.into(),
            Array::from_vec(singles(coef), coef_shape)?.into(),
        ))
    }
}
