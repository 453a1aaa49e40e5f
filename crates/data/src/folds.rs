//! Every sample in the test once.

use std::collections::HashMap;
use std::sync::Arc;

use ondol_autograd::{Tensor, raise};
use ondol_tensor::{DType, Error, Generator, Result, default_generator};

use crate::{Dataset, Subset};

/// Indices to train on and indices to test on.
pub type Fold = (Vec<usize>, Vec<usize>);

/// `k` ways to split samples so that each is tested on once, `sklearn.model_selection.KFold`.
///
/// | option | default | |
/// |---|---|---|
/// | `shuffle` | false | whether samples are dealt out in a random order |
/// | `seed` | the default generator | what that order comes from |
///
/// ```
/// use ondol_data::KFold;
/// let folds = KFold::new(2).split(5)?;
/// assert_eq!(folds[0], (vec![3, 4], vec![0, 1, 2]));
/// assert_eq!(folds[1], (vec![0, 1, 2], vec![3, 4]));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct KFold {
    n_splits: usize,
    shuffle: bool,
    seed: Option<u64>,
}

impl KFold {
    /// `n_splits` folds of samples in their order.
    ///
    /// # Panics
    /// Where there are fewer than two.
    #[track_caller]
    pub fn new(n_splits: usize) -> Self {
        if n_splits < 2 {
            let message = format!(
                "k-fold cross-validation requires at least one train/test split by setting \
                 n_splits=2 or more, got n_splits={n_splits}"
            );
            raise(Error::value("KFold", message));
        }
        KFold {
            n_splits,
            shuffle: false,
            seed: None,
        }
    }

    /// Whether samples are dealt out in a random order.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// What the random order comes from, in place of the default generator.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    fn generator(&self) -> Generator {
        self.seed.map_or_else(default_generator, Generator::new)
    }

    /// The folds of `n` samples: indices to train on and to test on.
    ///
    /// # Errors
    /// Fewer samples than folds.
    pub fn split(&self, n: usize) -> Result<Vec<Fold>> {
        if n < self.n_splits {
            let message = format!(
                "Cannot have number of splits n_splits={} greater than the number of samples: \
                 n_samples={n}",
                self.n_splits
            );
            return Err(Error::value("KFold", message));
        }
        let order: Vec<usize> = match self.shuffle {
            true => self.generator().permutation(n),
            false => (0..n).collect(),
        };
        let mut fold_of = vec![0; n];
        let mut start = 0;
        for fold in 0..self.n_splits {
            let size = n / self.n_splits + usize::from(fold < n % self.n_splits);
            for &i in &order[start..start + size] {
                fold_of[i] = fold;
            }
            start += size;
        }
        Ok(self.folds(&fold_of))
    }

    /// The folds of samples with these integer labels `[n]`, in each of which every class has its
    /// share; `sklearn.model_selection.StratifiedKFold`.
    ///
    /// # Errors
    /// Labels that are not integers `[n]`; no class with as many samples as there are folds.
    pub fn split_stratified(&self, labels: &Tensor) -> Result<Vec<Fold>> {
        let (classes, n_classes) = classes("KFold", labels)?;
        let mut counts = vec![0; n_classes];
        classes.iter().for_each(|&c| counts[c] += 1);
        if counts.iter().all(|&n| n < self.n_splits) {
            let message = format!(
                "n_splits={} cannot be greater than the number of members in each class",
                self.n_splits
            );
            return Err(Error::value("KFold", message));
        }
        // The labels in order, dealt out like cards: how many of each class a fold gets.
        let mut shares = vec![vec![0; self.n_splits]; n_classes];
        let sorted = (0..n_classes).flat_map(|c| std::iter::repeat_n(c, counts[c]));
        for (i, class) in sorted.enumerate() {
            shares[class][i % self.n_splits] += 1;
        }
        let generator = self.generator();
        let mut fold_of = vec![0; classes.len()];
        for (class, shares) in shares.iter().enumerate() {
            let members: Vec<usize> = (0..classes.len())
                .filter(|&i| classes[i] == class)
                .collect();
            let order: Vec<usize> = match self.shuffle {
                true => generator.permutation(members.len()),
                false => (0..members.len()).collect(),
            };
            let folds = (0..self.n_splits).flat_map(|f| std::iter::repeat_n(f, shares[f]));
            for (place, fold) in folds.enumerate() {
                fold_of[members[order[place]]] = fold;
            }
        }
        Ok(self.folds(&fold_of))
    }

    /// The folds of a dataset: what to train on and what to test on.
    ///
    /// # Errors
    /// Fewer samples than folds.
    pub fn split_dataset<D: Dataset>(&self, dataset: D) -> Result<Vec<(Subset<D>, Subset<D>)>> {
        let folds = self.split(dataset.len())?;
        let dataset = Arc::new(dataset);
        let part = |indices| Subset::shared(dataset.clone(), indices);
        let pair = |(train, test)| (part(train), part(test));
        Ok(folds.into_iter().map(pair).collect())
    }

    /// The indices in and outside of each fold, in order.
    fn folds(&self, fold_of: &[usize]) -> Vec<Fold> {
        let fold = |k| (0..fold_of.len()).partition(|&i| fold_of[i] != k);
        (0..self.n_splits).map(fold).collect()
    }
}

/// The class of each label, counted in the order of the labels' first appearance, and how many
/// classes there are.
pub(crate) fn classes(op: &'static str, labels: &Tensor) -> Result<(Vec<usize>, usize)> {
    let value = labels.value();
    if value.ndim() != 1 || value.dtype().is_floating_point() {
        return Err(Error::value(
            op,
            format!(
                "stratifies by integer labels [n], not by {} {:?}",
                value.dtype(),
                value.shape()
            ),
        ));
    }
    let mut known: HashMap<i64, usize> = HashMap::new();
    let classes = value
        .cast(DType::I64)?
        .to_vec::<i64>()?
        .into_iter()
        .map(|label| {
            let next = known.len();
            *known.entry(label).or_insert(next)
        })
        .collect();
    Ok((classes, known.len()))
}
