//! Which class is taken for which.

use std::fmt;

use ondol_autograd::{Tensor, ok};
use ondol_tensor::{Error, Result};

use super::input::{classes, decide, indices};
use super::merge::Merge;
use super::report::ClassificationReport;
use super::scores::{Average, Ratio};

/// How often each class was taken for which, over many batches: row the true class, column the
/// guessed one, as `sklearn.metrics.confusion_matrix` and torchmetrics' `ConfusionMatrix`.
///
/// Every figure of [`Precision`](super::Precision) and its like can be had of it, so that one pass
/// over the data is enough for all of them. `Display` writes it as a table.
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_train::metrics::ConfusionMatrix;
/// let mut confusion = ConfusionMatrix::new(2).class_names(["cat", "dog"]);
/// confusion.update(&tensor!([[2.0, 1.0], [0.0, 1.0], [0.2, 0.1]]), &tensor!([0, 1, 1]));
/// assert_eq!(confusion.compute().to_vec::<i64>(), [1, 0, 1, 1]);
/// assert_eq!(confusion.to_string(), "true \\ guessed  cat  dog\ncat               1    0\ndog               1    1");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ConfusionMatrix {
    classes: usize,
    counts: Vec<u64>,
    names: Vec<String>,
    threshold: f64,
}

impl ConfusionMatrix {
    /// Of so many classes and no samples yet.
    ///
    /// # Panics
    /// Where there are no classes.
    #[track_caller]
    pub fn new(num_classes: usize) -> Self {
        if num_classes == 0 {
            ok::<()>(Err(Error::value(
                "ConfusionMatrix",
                "there are 0 classes; at least 1 is needed",
            )));
        }
        ConfusionMatrix {
            classes: num_classes,
            counts: vec![0; num_classes * num_classes],
            names: (0..num_classes).map(|i| i.to_string()).collect(),
            threshold: 0.5,
        }
    }

    /// What the classes are called; their numbers where nothing is said.
    ///
    /// # Panics
    /// Where there are not as many names as classes.
    #[track_caller]
    pub fn class_names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        if self.names.len() != self.classes {
            let message = format!("{} names for {} classes", self.names.len(), self.classes);
            ok::<()>(Err(Error::value("ConfusionMatrix", message)));
        }
        self
    }

    /// Over which number class 1 is guessed by models with one output per sample: 0.5, which fits
    /// probabilities, if nothing is said; 0 for logits.
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// Counts a batch in: outputs `[N, C, …]` whose greatest is the guess, numbers `[N, …]` beside
    /// the threshold, or guessed classes as integers; targets `[N, …]`.
    ///
    /// # Panics
    /// Other shapes, or a class that there is none of.
    #[track_caller]
    pub fn update(&mut self, output: &Tensor, target: &Tensor) {
        let pairs = ok(self.pairs(output, target));
        for (truth, guess) in pairs {
            self.counts[truth * self.classes + guess] += 1;
        }
    }

    fn pairs(&self, output: &Tensor, target: &Tensor) -> Result<Vec<(usize, usize)>> {
        const OP: &str = "ConfusionMatrix";
        let (output, mut target) = (output.value(), target.value());
        let one_number = output.dtype().is_floating_point() && output.numel() == target.numel();
        if one_number && target.dtype().is_floating_point() {
            target = target.cast(ondol_tensor::DType::I64)?;
        }
        let threshold = match self.classes {
            // Nothing is over it: there is one class to guess.
            1 => f64::INFINITY,
            _ => self.threshold,
        };
        let guesses = decide(OP, &output, &target, threshold)?;
        let guesses = indices(OP, &guesses, self.classes)?;
        let truths = indices(OP, &classes(OP, &target)?, self.classes)?;
        Ok(truths.into_iter().zip(guesses).collect())
    }

    /// The counts, `[C, C]` of `i64`.
    pub fn compute(&self) -> Tensor {
        let counts = self.counts.iter().map(|&n| n as i64).collect();
        Tensor::from_vec(counts, [self.classes, self.classes])
    }

    /// How often class `truth` was taken for `guess`.
    ///
    /// # Panics
    /// Where there is no such class.
    #[track_caller]
    pub fn count(&self, truth: usize, guess: usize) -> u64 {
        assert!(
            truth < self.classes && guess < self.classes,
            "there are {} classes",
            self.classes
        );
        self.counts[truth * self.classes + guess]
    }

    /// How many classes there are.
    pub fn num_classes(&self) -> usize {
        self.classes
    }

    /// What the classes are called.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many samples were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How many samples each class has.
    pub fn support(&self) -> Vec<u64> {
        let rows = self.counts.chunks_exact(self.classes);
        rows.map(|row| row.iter().sum()).collect()
    }

    /// How often each class was guessed.
    pub fn guessed(&self) -> Vec<u64> {
        let column = |guess: usize| self.counts.iter().skip(guess).step_by(self.classes);
        (0..self.classes).map(|guess| column(guess).sum()).collect()
    }

    /// How often each class was guessed and was right.
    pub fn hits(&self) -> Vec<u64> {
        let diagonal = self.counts.iter().step_by(self.classes + 1);
        diagonal.copied().collect()
    }

    /// The share of samples that were guessed right; NaN for none.
    pub fn accuracy(&self) -> f64 {
        self.hits().iter().sum::<u64>() as f64 / self.total() as f64
    }

    /// How many of those guessed to be of a class are: averaged over the classes that occur.
    pub fn precision(&self, average: Average) -> f64 {
        Ratio::Precision.averaged(self, average, 0.0)
    }

    /// How many of a class are found, averaged likewise.
    pub fn recall(&self, average: Average) -> f64 {
        Ratio::Recall.averaged(self, average, 0.0)
    }

    /// The harmonic mean of precision and recall, averaged likewise.
    pub fn f1(&self, average: Average) -> f64 {
        Ratio::F1.averaged(self, average, 0.0)
    }

    /// Precision, recall and F1 of every class that occurs, and their averages.
    pub fn report(&self) -> ClassificationReport {
        ClassificationReport::of(self, 0.0)
    }

    /// Forgets all samples.
    pub fn reset(&mut self) {
        self.counts.fill(0);
    }
}

impl Merge for ConfusionMatrix {
    fn counted(&self) -> Vec<f64> {
        self.counts.iter().map(|&n| n as f64).collect()
    }

    fn count_in(&mut self, counted: &[f64]) -> Result<()> {
        if counted.len() != self.counts.len() {
            let (found, own) = (counted.len(), self.counts.len());
            let message = format!("the state counts {found} pairs of classes, the metric {own}");
            return Err(Error::StateDict { message });
        }
        for (count, &more) in self.counts.iter_mut().zip(counted) {
            *count += more as u64;
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.reset();
    }
}

impl fmt::Display for ConfusionMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut head = vec!["true \\ guessed".to_owned()];
        head.extend(self.names.iter().cloned());
        let mut rows = vec![head];
        for (name, counts) in self
            .names
            .iter()
            .zip(self.counts.chunks_exact(self.classes))
        {
            let mut row = vec![name.clone()];
            row.extend(counts.iter().map(u64::to_string));
            rows.push(row);
        }
        super::table::write(f, &rows, true)
    }
}
