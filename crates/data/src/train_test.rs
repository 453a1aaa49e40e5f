//! A part to train on and a part to test on.

use std::sync::Arc;

use ondol_autograd::Tensor;
use ondol_tensor::{Array, Error, Generator, Result, default_generator};

use crate::folds::{Fold, classes};
use crate::{Dataset, Subset, Tensors};

/// A share of the samples, on `(0, 1)`, or a number of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SplitSize {
    /// A share.
    Share(f64),
    /// A number.
    Count(usize),
}

impl From<f64> for SplitSize {
    fn from(share: f64) -> Self {
        SplitSize::Share(share)
    }
}

impl From<usize> for SplitSize {
    fn from(count: usize) -> Self {
        SplitSize::Count(count)
    }
}

/// Splits tensors of one first size at random into those to train on and those to test on,
/// `sklearn.model_selection.train_test_split`.
///
/// `test_size` is a share (`0.25`) or a number of samples (`20`); the order is drawn from the
/// default generator. [`TrainTestSplit`] has the options, and splits datasets too.
///
/// # Errors
/// A size that leaves one part empty; first sizes that differ.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_data::train_test_split;
/// let (x, y) = (Tensor::zeros([10, 3]), Tensor::range(10));
/// let ((x_train, y_train), (x_test, y_test)) = train_test_split((x, y), 0.25)?;
/// assert_eq!((x_train.size(0), y_train.size(0)), (7, 7));
/// assert_eq!((x_test.size(0), y_test.size(0)), (3, 3));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
pub fn train_test_split<T: Tensors>(tensors: T, test_size: impl Into<SplitSize>) -> Result<(T, T)> {
    TrainTestSplit::new(test_size).split(&tensors)
}

/// How samples are split into those to train on and those to test on.
///
/// | option | default | |
/// |---|---|---|
/// | `train_size` | the rest | a share or a number too |
/// | `shuffle` | true | false takes the first ones to train on, the next ones to test on |
/// | `stratify` | none | labels: each class has the same share in both parts |
/// | `seed` | the default generator | what the order comes from |
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_data::{Dataset, TensorDataset, TrainTestSplit};
/// let y = Tensor::from_vec(vec![0i64, 0, 0, 0, 0, 0, 1, 1, 1], [9]);
/// let split = TrainTestSplit::new(3).stratify(&y).seed(0);
/// let (train, test) = split.split(&y)?;
/// assert_eq!((train.sum().item(), test.sum().item()), (2.0, 1.0));
/// let (train, test) = split.split_dataset(TensorDataset::new(y))?;
/// assert_eq!((train.len(), test.len()), (6, 3));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TrainTestSplit {
    test_size: SplitSize,
    train_size: Option<SplitSize>,
    shuffle: bool,
    stratify: Option<Tensor>,
    seed: Option<u64>,
}

const OP: &str = "train_test_split";

impl TrainTestSplit {
    /// A random part of this size to test on.
    pub fn new(test_size: impl Into<SplitSize>) -> Self {
        TrainTestSplit {
            test_size: test_size.into(),
            train_size: None,
            shuffle: true,
            stratify: None,
            seed: None,
        }
    }

    /// How much to train on, where that is not all the rest.
    pub fn train_size(mut self, train_size: impl Into<SplitSize>) -> Self {
        self.train_size = Some(train_size.into());
        self
    }

    /// Whether the samples come in a random order.
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// Integer labels `[n]` of which each class is to have the same share in both parts.
    pub fn stratify(mut self, labels: &Tensor) -> Self {
        self.stratify = Some(labels.clone());
        self
    }

    /// What the order comes from, in place of the default generator.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The parts of tensors of one first size.
    ///
    /// # Errors
    /// As [`indices`](TrainTestSplit::indices)'; first sizes that differ.
    pub fn split<T: Tensors>(&self, tensors: &T) -> Result<(T, T)> {
        let sizes: Vec<Option<usize>> = tensors
            .tensors()
            .iter()
            .map(|t| t.value().shape().first().copied())
            .collect();
        let n = match sizes.first() {
            Some(&Some(n)) if sizes.iter().all(|&s| s == Some(n)) => n,
            _ => {
                let message = format!("expected tensors of one first size, found {sizes:?}");
                return Err(Error::value(OP, message));
            }
        };
        let (train, test) = self.indices(n)?;
        let part = |indices: &[usize]| {
            let rows = indices.iter().map(|&i| i as i64).collect();
            let rows = Array::from_vec(rows, [indices.len()])?;
            tensors.each(&mut |t| {
                let value = t.value();
                let rows = rows.to_device(value.device())?;
                Ok(value.index_select(0, &rows)?.into())
            })
        };
        Ok((part(&train)?, part(&test)?))
    }

    /// The parts of a dataset.
    ///
    /// # Errors
    /// As [`indices`](TrainTestSplit::indices)'.
    pub fn split_dataset<D: Dataset>(&self, dataset: D) -> Result<(Subset<D>, Subset<D>)> {
        let (train, test) = self.indices(dataset.len())?;
        let dataset = Arc::new(dataset);
        Ok((
            Subset::shared(dataset.clone(), train),
            Subset::shared(dataset, test),
        ))
    }

    /// The indices to train on and to test on, of `n`.
    ///
    /// # Errors
    /// Sizes that leave a part empty or exceed `n`; labels to stratify by that are not `n`
    /// integers, have a class of one sample, or more classes than a part has samples; `stratify`
    /// without `shuffle`.
    pub fn indices(&self, n: usize) -> Result<Fold> {
        let (n_train, n_test) = self.counts(n)?;
        let generator = self.seed.map_or_else(default_generator, Generator::new);
        match (&self.stratify, self.shuffle) {
            (None, true) => {
                let order = generator.permutation(n);
                let train = order[n_test..n_test + n_train].to_vec();
                Ok((train, order[..n_test].to_vec()))
            }
            (None, false) => Ok((
                (0..n_train).collect(),
                (n_train..n_train + n_test).collect(),
            )),
            (Some(labels), true) => stratified(labels, n, n_train, n_test, &generator),
            (Some(_), false) => {
                let message = "Stratified train/test split is not implemented for shuffle=false";
                Err(Error::value(OP, message))
            }
        }
    }

    /// How many to train on and how many to test on.
    fn counts(&self, n: usize) -> Result<(usize, usize)> {
        let count = |size: SplitSize, name: &str, round: fn(f64) -> f64| match size {
            SplitSize::Share(s) if s > 0.0 && s < 1.0 => Ok(round(s * n as f64) as usize),
            SplitSize::Count(c) if c > 0 && c < n => Ok(c),
            SplitSize::Share(_) | SplitSize::Count(_) => {
                let message = format!(
                    "{name} {size:?} should be either positive and smaller than the number of \
                     samples {n} or a share in the (0, 1) range"
                );
                Err(Error::value(OP, message))
            }
        };
        // Shares round to the test's side.
        let n_test = count(self.test_size, "test_size", f64::ceil)?;
        let n_train = match self.train_size {
            Some(size) => count(size, "train_size", f64::floor)?,
            None => n.saturating_sub(n_test),
        };
        if n_train + n_test > n {
            let message = format!(
                "The sum of train_size and test_size = {}, should be smaller than the number of \
                 samples {n}. Reduce test_size and/or train_size.",
                n_train + n_test
            );
            return Err(Error::value(OP, message));
        }
        if n_train == 0 {
            let message = format!(
                "With n_samples={n}, test_size={:?} and train_size={:?}, the resulting train set \
                 will be empty. Adjust any of the aforementioned parameters.",
                self.test_size, self.train_size
            );
            return Err(Error::value(OP, message));
        }
        Ok((n_train, n_test))
    }
}

fn stratified(
    labels: &Tensor,
    n: usize,
    n_train: usize,
    n_test: usize,
    generator: &Generator,
) -> Result<Fold> {
    let (classes, n_classes) = classes(OP, labels)?;
    if classes.len() != n {
        let message = format!("{} labels to stratify {n} samples by", classes.len());
        return Err(Error::value(OP, message));
    }
    let mut members = vec![Vec::new(); n_classes];
    for (i, &class) in classes.iter().enumerate() {
        members[class].push(i);
    }
    if members.iter().any(|m| m.len() < 2) {
        let message = "The least populated class in y has only 1 member, which is too few; each \
                       class needs two";
        return Err(Error::value(OP, message));
    }
    for (count, name) in [(n_train, "train_size"), (n_test, "test_size")] {
        if count < n_classes {
            let message = format!(
                "The {name} = {count} should be greater or equal to the number of classes = {n_classes}"
            );
            return Err(Error::value(OP, message));
        }
    }
    let counts: Vec<usize> = members.iter().map(Vec::len).collect();
    let trains = shares(&counts, n_train, generator);
    let rest: Vec<usize> = counts.iter().zip(&trains).map(|(n, t)| n - t).collect();
    let tests = shares(&rest, n_test, generator);
    let (mut train, mut test) = (Vec::with_capacity(n_train), Vec::with_capacity(n_test));
    for (class, members) in members.iter().enumerate() {
        let order = generator.permutation(members.len());
        let (a, b) = (trains[class], trains[class] + tests[class]);
        train.extend(order[..a].iter().map(|&i| members[i]));
        test.extend(order[a..b].iter().map(|&i| members[i]));
    }
    let mixed = |part: Vec<usize>| -> Vec<usize> {
        let order = generator.permutation(part.len());
        order.into_iter().map(|i| part[i]).collect()
    };
    Ok((mixed(train), mixed(test)))
}

/// How many of `draws` fall to each class, in proportion to its count; what rounding down leaves
/// goes to the largest remainders, and among equal ones to random ones.
fn shares(counts: &[usize], draws: usize, generator: &Generator) -> Vec<usize> {
    let total: usize = counts.iter().sum();
    let exact = |count: usize| count as f64 / total as f64 * draws as f64;
    let mut shares: Vec<usize> = counts.iter().map(|&c| exact(c).floor() as usize).collect();
    let left = draws.saturating_sub(shares.iter().sum());
    let mut order = generator.permutation(counts.len());
    let remainder = |class: usize| exact(counts[class]).fract();
    order.sort_by(|&a, &b| remainder(b).total_cmp(&remainder(a)));
    for &class in order.iter().take(left) {
        shares[class] += 1;
    }
    shares
}
