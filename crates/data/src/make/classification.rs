//! Classes of clusters among features that say nothing.

use std::collections::HashSet;

use ondol_autograd::{Tensor, ok, raise};
use ondol_tensor::{Array, Error, Generator, Result, default_generator, philox};

use super::{normal, product, reordered, singles, uniform};

/// Clusters around the corners of a cube, among features that repeat them and features that say
/// nothing; `sklearn.datasets.make_classification`.
///
/// | option | default | |
/// |---|---|---|
/// | `n_informative` | 2 | features that hold the clusters |
/// | `n_redundant` | 2 | features that are mixtures of the informative ones |
/// | `n_repeated` | 0 | features that are copies of the former two |
/// | `n_classes` | 2 | classes |
/// | `n_clusters_per_class` | 2 | clusters of each class |
/// | `weights` | equal | what share of the samples each class has |
/// | `flip_y` | 0.01 | the share of labels that are drawn at random |
/// | `class_sep` | 1 | half the side of the cube: more is easier |
/// | `shuffle` | true | whether samples and features are in a random order |
///
/// ```
/// use ondol_data::MakeClassification;
/// let (x, y) = MakeClassification::new(90, 5).n_classes(3).n_clusters_per_class(1).flip_y(0.0).make();
/// assert_eq!(x.shape(), [90, 5]);
/// assert_eq!(y.bincount(None, 0).to_vec::<i64>(), [30, 30, 30]);
/// ```
#[derive(Clone, Debug)]
pub struct MakeClassification {
    n: usize,
    n_features: usize,
    n_informative: usize,
    n_redundant: usize,
    n_repeated: usize,
    n_classes: usize,
    n_clusters_per_class: usize,
    weights: Vec<f64>,
    flip_y: f64,
    class_sep: f64,
    shuffle: bool,
}

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $t:ty),* $(,)?) => {$(
        $(#[$doc])*
        pub fn $name(mut self, $name: $t) -> Self {
            self.$name = $name;
            self
        }
    )*};
}

impl MakeClassification {
    /// `n` samples of `n_features` features.
    pub fn new(n: usize, n_features: usize) -> Self {
        MakeClassification {
            n,
            n_features,
            n_informative: 2,
            n_redundant: 2,
            n_repeated: 0,
            n_classes: 2,
            n_clusters_per_class: 2,
            weights: Vec::new(),
            flip_y: 0.01,
            class_sep: 1.0,
            shuffle: true,
        }
    }

    options! {
        /// How many features hold the clusters.
        n_informative: usize,
        /// How many features are mixtures of the informative ones.
        n_redundant: usize,
        /// How many features are copies of the informative and redundant ones.
        n_repeated: usize,
        /// How many classes there are.
        n_classes: usize,
        /// How many clusters each class has.
        n_clusters_per_class: usize,
        /// The share of labels that are drawn at random.
        flip_y: f64,
        /// Half the side of the cube.
        class_sep: f64,
        /// Whether samples and features are in a random order; else the informative features come
        /// first, then the redundant, the repeated, and those that say nothing.
        shuffle: bool,
    }

    /// What share of the samples each class has; the last one's may be left out.
    pub fn weights(mut self, weights: impl Into<Vec<f64>>) -> Self {
        self.weights = weights.into();
        self
    }

    /// Draws, from the default generator: `x [n, features]` of `f32` and `y [n]` of `i64`.
    ///
    /// # Panics
    /// Where there are more informative, redundant and repeated features than features, more
    /// clusters than corners, or not as many weights as classes.
    #[track_caller]
    pub fn make(&self) -> (Tensor, Tensor) {
        if let Some(message) = self.refused() {
            raise(Error::value("MakeClassification", message));
        }
        ok(self.draw())
    }

    fn refused(&self) -> Option<String> {
        let used = self.n_informative + self.n_redundant + self.n_repeated;
        if used > self.n_features {
            return Some(format!(
                "Number of informative, redundant and repeated features must sum to at most the \
                 number of total features: {used} against {}",
                self.n_features
            ));
        }
        let clusters = self.n_classes * self.n_clusters_per_class;
        let corners = 1u64.checked_shl(self.n_informative as u32);
        if clusters == 0 || corners.is_some_and(|corners| clusters as u64 > corners) {
            return Some(format!(
                "n_classes({}) * n_clusters_per_class({}) must be positive and at most \
                 2**n_informative({})",
                self.n_classes, self.n_clusters_per_class, self.n_informative
            ));
        }
        let weights = self.weights.len();
        if weights != 0 && weights != self.n_classes && weights + 1 != self.n_classes {
            return Some(format!("{weights} weights for {} classes", self.n_classes));
        }
        None
    }

    /// How many samples each cluster has; cluster `k` is of class `k % n_classes`.
    fn sizes(&self) -> Vec<usize> {
        let mut weights = self.weights.clone();
        if weights.is_empty() {
            weights = vec![1.0 / self.n_classes as f64; self.n_classes];
        } else if weights.len() < self.n_classes {
            weights.push(1.0 - weights.iter().sum::<f64>());
        }
        let clusters = self.n_classes * self.n_clusters_per_class;
        let share = |k: usize| {
            self.n as f64 * weights[k % self.n_classes] / self.n_clusters_per_class as f64
        };
        let mut sizes: Vec<usize> = (0..clusters).map(|k| share(k) as usize).collect();
        for i in 0..self.n.saturating_sub(sizes.iter().sum()) {
            sizes[i % clusters] += 1;
        }
        sizes
    }

    fn draw(&self) -> Result<(Tensor, Tensor)> {
        let (width, informative) = (self.n_features, self.n_informative);
        let generator = default_generator();
        let sizes = self.sizes();
        let n: usize = sizes.iter().sum();
        let (mut held, mut y) = (Vec::with_capacity(n * informative), Vec::with_capacity(n));
        for (k, corner) in corners(&generator, sizes.len(), informative)
            .iter()
            .enumerate()
        {
            // Each cluster is stretched and turned its own way.
            let points = normal(&generator, 1.0, sizes[k] * informative)?;
            let mix = uniform(&generator, -1.0, 1.0, informative * informative)?;
            let points = product(&points, informative, &mix, informative);
            let shift = corner.iter().map(|&up| if up { 1.0 } else { -1.0 });
            let shift = shift.map(|side: f64| side * self.class_sep).cycle();
            held.extend(points.iter().zip(shift).map(|(x, shift)| x + shift));
            y.extend(std::iter::repeat_n((k % self.n_classes) as i64, sizes[k]));
        }
        let mix = uniform(&generator, -1.0, 1.0, informative * self.n_redundant)?;
        let mut redundant = product(&held, informative, &mix, self.n_redundant);
        // Without informative features they are mixtures of nothing.
        redundant.resize(n * self.n_redundant, 0.0);
        let sources = informative + self.n_redundant;
        let copied: Vec<usize> = (0..self.n_repeated)
            .map(|_| below(&generator, sources))
            .collect();
        let random = width - sources - self.n_repeated;
        let noise = normal(&generator, 1.0, n * random)?;
        let mut x = Vec::with_capacity(n * width);
        for row in 0..n {
            let start = x.len();
            x.extend(&held[row * informative..][..informative]);
            x.extend(&redundant[row * self.n_redundant..][..self.n_redundant]);
            x.extend(copied.iter().map(|&c| x[start + c]).collect::<Vec<_>>());
            x.extend(&noise[row * random..][..random]);
        }
        for (y, flip) in y.iter_mut().zip(uniform(&generator, 0.0, 1.0, n)?) {
            if flip < self.flip_y {
                *y = below(&generator, self.n_classes) as i64;
            }
        }
        if self.shuffle {
            let (rows, columns) = (generator.permutation(n), generator.permutation(width));
            x = reordered(&x, width, &rows, Some(&columns));
            y = rows.iter().map(|&i| y[i]).collect();
        }
        Ok((
            Array::from_vec(singles(x), [n, width])?.into(),
            Array::from_vec(y, [n])?.into(),
        ))
    }
}

/// A whole number below `n`.
fn below(generator: &Generator, n: usize) -> usize {
    let bits = generator.next_u64();
    philox::integer((bits >> 32) as u32, bits as u32, 0, n.max(1) as i64) as usize
}

/// Different corners of a cube of so many dimensions.
fn corners(generator: &Generator, n: usize, dimensions: usize) -> Vec<Vec<bool>> {
    let mut seen = HashSet::new();
    let mut corners = Vec::with_capacity(n);
    while corners.len() < n {
        let corner: Vec<bool> = (0..dimensions)
            .map(|_| generator.next_u64() & 1 == 1)
            .collect();
        if seen.insert(corner.clone()) {
            corners.push(corner);
        }
    }
    corners
}
