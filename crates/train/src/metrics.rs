//! Figures of a model, over a batch or over many.

use ondol_autograd::{Tensor, ok};
use ondol_tensor::{ArgReduce, Compare, DType, Error, Reduce, Result};

/// The share of samples whose greatest logit is their class.
///
/// `logits [N, C]` and `targets [N]` of class indices; NaN for no samples.
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
    let (correct, total) = ok(count(logits, targets));
    correct as f64 / total as f64
}

/// How many of how many are right.
fn count(logits: &Tensor, targets: &Tensor) -> Result<(u64, u64)> {
    const OP: &str = "accuracy";
    let (logits, targets) = (logits.value(), targets.value());
    if logits.ndim() != 2 || targets.ndim() != 1 || logits.shape()[0] != targets.shape()[0] {
        return Err(Error::Shape {
            op: OP,
            lhs: logits.shape().to_vec(),
            rhs: targets.shape().to_vec(),
            rule: "expected logits [N, C] and targets [N]".into(),
        });
    }
    if targets.dtype().is_floating_point() {
        return Err(Error::DType {
            op: OP,
            got: targets.dtype().to_string(),
            expected: "targets of class indices, i64".into(),
        });
    }
    let total = logits.shape()[0] as u64;
    if total == 0 {
        return Ok((0, 0));
    }
    let guesses = logits.arg_reduce(ArgReduce::Max, 1, false)?;
    let right = guesses.compare(Compare::Eq, &targets.cast(DType::I64)?)?;
    Ok((
        right.reduce(Reduce::Sum, &[], false)?.item_as::<i64>()? as u64,
        total,
    ))
}

/// [`accuracy`] over many batches, each sample counting once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy {
    correct: u64,
    total: u64,
}

impl Accuracy {
    /// Of no samples yet.
    pub fn new() -> Self {
        Accuracy::default()
    }

    /// Counts a batch in.
    ///
    /// # Panics
    /// As [`accuracy`].
    #[track_caller]
    pub fn update(&mut self, logits: &Tensor, targets: &Tensor) {
        let (correct, total) = ok(count(logits, targets));
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
        *self = Accuracy::new();
    }
}

/// A weighted mean of numbers as they come, such as a loss over batches of unequal size.
///
/// ```
/// let mut loss = ondol_train::Mean::new();
/// loss.update(1.0, 64);
/// loss.update(4.0, 32);
/// assert_eq!(loss.compute(), 2.0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    /// Of no numbers yet.
    pub fn new() -> Self {
        Mean::default()
    }

    /// Counts a number in as the mean of `count` samples.
    pub fn update(&mut self, value: f64, count: usize) {
        self.sum += value * count as f64;
        self.weight += count as f64;
    }

    /// The mean so far; NaN for none.
    pub fn compute(&self) -> f64 {
        self.sum / self.weight
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        *self = Mean::new();
    }
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
