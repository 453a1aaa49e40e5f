//! How many guesses are right.

use ondol_autograd::{Tensor, ok};
use ondol_tensor::{ArgReduce, Compare, DType, Error, Reduce, Result};

use super::input::{classes, decide, has_classes, mismatch};
use super::merge::adds_up;
use super::metric;

/// The share of samples whose greatest logit is their class.
///
/// `logits [N, C, …]` and `targets [N, …]` of class indices; NaN for no samples.
///
/// # Panics
/// Other shapes, or targets that are not integers.
///
/// ```
/// use ondol_autograd::tensor;
/// let logits = tensor!([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [5.0, 6.0, 7.0], [1.0, 0.0, 0.0]]);
/// assert_eq!(ondol_train::accuracy(&logits, &tensor!([0, 1, 2, 1])), 0.75);
/// ```
#[track_caller]
pub fn accuracy(logits: &Tensor, targets: &Tensor) -> f64 {
    let (correct, total) = ok(count(logits, targets, None));
    correct as f64 / total as f64
}

/// How many of how many are right.
fn count(output: &Tensor, targets: &Tensor, threshold: Option<f64>) -> Result<(u64, u64)> {
    const OP: &str = "accuracy";
    let (output, target) = (output.value(), targets.value());
    let rule = "expected logits [N, C, …] and targets [N, …]";
    if threshold.is_none() && !has_classes(&output, &target) {
        return Err(mismatch(OP, &output, &target, rule));
    }
    // The targets of a two-class loss are floating-point zeros and ones.
    let target = match threshold {
        Some(_) => target.cast(DType::I64)?,
        None => classes(OP, &target)?,
    };
    let total = target.numel() as u64;
    if total == 0 {
        return Ok((0, 0));
    }
    let guesses = match threshold {
        Some(threshold) => decide(OP, &output, &target, threshold)?,
        None => output.arg_reduce(ArgReduce::Max, 1, false)?,
    };
    let right = guesses.compare(Compare::Eq, &target.to_device(guesses.device())?)?;
    let right = right.reduce(Reduce::Sum, &[], false)?.item_as::<i64>()?;
    Ok((right as u64, total))
}

/// [`accuracy`] over many batches, each sample counting once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Accuracy {
    correct: u64,
    total: u64,
    threshold: Option<f64>,
}

impl Accuracy {
    /// Of no samples yet.
    pub fn new() -> Self {
        Accuracy::default()
    }

    /// For models with one output per sample, `[N]` or `[N, 1]`: class 1 is guessed where it is over
    /// `threshold`, which is 0.5 for probabilities and 0 for logits.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let mut accuracy = ondol_train::Accuracy::binary(0.5);
    /// accuracy.update(&tensor!([[0.9], [0.4], [0.7]]), &tensor!([1.0, 0.0, 0.0]));
    /// assert_eq!((accuracy.correct(), accuracy.total()), (2, 3));
    /// ```
    pub fn binary(threshold: f64) -> Self {
        Accuracy {
            threshold: Some(threshold),
            ..Accuracy::default()
        }
    }

    /// Counts a batch in.
    ///
    /// # Panics
    /// As [`accuracy`].
    #[track_caller]
    pub fn update(&mut self, logits: &Tensor, targets: &Tensor) {
        let targets = match self.threshold {
            // `[N, 1]` beside `[N, 1]`, as a loss of two classes takes them.
            Some(_) if targets.ndim() > 1 && targets.shape() == logits.shape() => {
                &targets.flatten(0, -1)
            }
            _ => targets,
        };
        let logits = match self.threshold {
            Some(_) => &logits.flatten(0, -1),
            None => logits,
        };
        let (correct, total) = ok(count(logits, targets, self.threshold));
        self.correct += correct;
        self.total += total;
    }

    /// The share so far; NaN for no samples.
    pub fn compute(&self) -> f64 {
        self.correct as f64 / self.total as f64
    }

    /// How many samples were right.
    pub fn correct(&self) -> u64 {
        self.correct
    }

    /// How many samples there were.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        (self.correct, self.total) = (0, 0);
    }
}

/// The share of samples whose class is among the `k` greatest logits.
///
/// A class counts as among them where fewer than `k` others are greater, or equal and of a greater
/// index: ties are ordered as scikit-learn's `top_k_accuracy_score` orders them.
///
/// # Panics
/// Where `k` is 0, and as [`accuracy`].
///
/// ```
/// use ondol_autograd::tensor;
/// let logits = tensor!([[0.1, 0.5, 0.4], [0.7, 0.2, 0.1]]);
/// assert_eq!(ondol_train::metrics::top_k_accuracy(&logits, &tensor!([2, 2]), 2), 0.5);
/// ```
#[track_caller]
pub fn top_k_accuracy(logits: &Tensor, targets: &Tensor, k: usize) -> f64 {
    let (correct, total) = ok(count_top(logits, targets, k));
    correct as f64 / total as f64
}

fn count_top(logits: &Tensor, targets: &Tensor, k: usize) -> Result<(u64, u64)> {
    const OP: &str = "top_k_accuracy";
    let (output, target) = (logits.value(), targets.value());
    if k == 0 {
        return Err(Error::value(OP, "k must be at least 1"));
    }
    if output.ndim() != 2 || !has_classes(&output, &target) {
        let rule = "expected logits [N, C] and targets [N]";
        return Err(mismatch(OP, &output, &target, rule));
    }
    let columns = output.shape()[1];
    let target = super::input::indices(OP, &classes(OP, &target)?, columns)?;
    let scores = super::input::numbers_of(&output)?;
    let among = |(row, &class): (&[f64], &usize)| {
        let before =
            |&(i, &score): &(usize, &f64)| score > row[class] || (score == row[class] && i > class);
        !row[class].is_nan() && row.iter().enumerate().filter(before).count() < k
    };
    let rows = scores.chunks_exact(columns.max(1)).zip(&target);
    Ok((
        rows.filter(|&row| among(row)).count() as u64,
        target.len() as u64,
    ))
}

/// [`top_k_accuracy`] over many batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopKAccuracy {
    k: usize,
    correct: u64,
    total: u64,
}

impl TopKAccuracy {
    /// Of no samples yet; a class must be among the `k` greatest.
    pub fn new(k: usize) -> Self {
        TopKAccuracy {
            k,
            correct: 0,
            total: 0,
        }
    }

    /// Counts a batch in.
    ///
    /// # Panics
    /// As [`top_k_accuracy`].
    #[track_caller]
    pub fn update(&mut self, logits: &Tensor, targets: &Tensor) {
        let (correct, total) = ok(count_top(logits, targets, self.k));
        self.correct += correct;
        self.total += total;
    }

    /// The share so far; NaN for no samples.
    pub fn compute(&self) -> f64 {
        self.correct as f64 / self.total as f64
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        *self = TopKAccuracy::new(self.k);
    }
}

metric!(Accuracy, TopKAccuracy);
adds_up! {
    Accuracy { correct: u64, total: u64 }
    TopKAccuracy { correct: u64, total: u64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ondol_autograd::{catch, tensor};

    #[test]
    fn samples_count_alike_whatever_their_batch() {
        let mut all = Accuracy::new();
        assert!(all.compute().is_nan());
        all.update(
            &tensor!([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]),
            &tensor!([0, 0, 0]),
        );
        all.update(&tensor!([[1.0, 0.0]]), &tensor!([1]));
        assert_eq!((all.compute(), all.correct(), all.total()), (0.75, 3, 4));
        all.reset();
        assert_eq!(all, Accuracy::new());
    }

    #[test]
    fn nothing_is_broadcast() {
        let logits = tensor!([[1.0, 0.0], [1.0, 0.0]]);
        for targets in [
            tensor!([[0], [1]]),
            tensor!([0]),
            tensor!(0),
            tensor!([0.0, 1.0]),
        ] {
            let error = catch(|| accuracy(&logits, &targets)).unwrap_err();
            assert!(error.to_string().starts_with("accuracy: "), "{error}");
        }
    }
}
