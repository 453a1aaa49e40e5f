//! Precision, recall and F1.

use ondol_autograd::Tensor;

use super::merge::Merge;
use super::metric;
use crate::metrics::ConfusionMatrix;

/// How the figures of the classes become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Average {
    /// Every sample counts alike, which makes it the accuracy.
    Micro,
    /// Every class that occurs, as target or as guess, counts alike.
    #[default]
    Macro,
    /// Every class counts by how many samples it has.
    Weighted,
}

/// Which figure of hits, guesses and samples of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ratio {
    Precision,
    Recall,
    F1,
}

impl Ratio {
    fn of(self, hits: u64, guessed: u64, support: u64, zero_division: f64) -> f64 {
        let (above, below) = match self {
            Ratio::Precision => (hits, guessed),
            Ratio::Recall => (hits, support),
            Ratio::F1 => (2 * hits, guessed + support),
        };
        match below {
            0 => zero_division,
            _ => above as f64 / below as f64,
        }
    }

    /// Of each class.
    pub(super) fn per_class(self, confusion: &ConfusionMatrix, zero_division: f64) -> Vec<f64> {
        let (hits, guessed) = (confusion.hits(), confusion.guessed());
        let counts = hits.iter().zip(&guessed).zip(confusion.support());
        counts
            .map(|((&hits, &guessed), support)| self.of(hits, guessed, support, zero_division))
            .collect()
    }

    pub(super) fn averaged(
        self,
        confusion: &ConfusionMatrix,
        average: Average,
        zero_division: f64,
    ) -> f64 {
        let support = confusion.support();
        if average == Average::Micro {
            let sum = |counts: Vec<u64>| counts.iter().sum();
            let (hits, guessed) = (sum(confusion.hits()), sum(confusion.guessed()));
            return self.of(hits, guessed, confusion.total(), zero_division);
        }
        let scores = self.per_class(confusion, zero_division);
        let guessed = confusion.guessed();
        let (mut sum, mut weights) = (0.0, 0.0);
        for (class, score) in scores.into_iter().enumerate() {
            let weight = match average {
                Average::Weighted => support[class] as f64,
                _ if support[class] + guessed[class] > 0 => 1.0,
                _ => 0.0,
            };
            // A figure that was said to be NaN is left out of the mean.
            if weight > 0.0 && !score.is_nan() {
                sum += weight * score;
                weights += weight;
            }
        }
        match weights > 0.0 {
            true => sum / weights,
            false => zero_division,
        }
    }
}

macro_rules! scores {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            confusion: ConfusionMatrix,
            average: Average,
            zero_division: f64,
        }

        impl $name {
            /// Of so many classes and no samples yet, averaged over the classes.
            ///
            /// # Panics
            /// Where there are no classes.
            #[track_caller]
            pub fn new(num_classes: usize) -> Self {
                $name {
                    confusion: ConfusionMatrix::new(num_classes),
                    average: Average::default(),
                    zero_division: 0.0,
                }
            }

            /// How the classes' figures become one; [`Average::Macro`] if nothing is said.
            pub fn average(mut self, average: Average) -> Self {
                self.average = average;
                self
            }

            /// What nothing divided by nothing is: 0 if nothing is said; NaN leaves it out of
            /// averages.
            pub fn zero_division(mut self, value: f64) -> Self {
                self.zero_division = value;
                self
            }

            /// Over which number class 1 is guessed by models with one output per sample; 0.5 if
            /// nothing is said.
            pub fn threshold(mut self, threshold: f64) -> Self {
                self.confusion = self.confusion.threshold(threshold);
                self
            }

            /// Counts a batch in, as [`ConfusionMatrix::update`].
            ///
            /// # Panics
            /// As there.
            #[track_caller]
            pub fn update(&mut self, output: &Tensor, target: &Tensor) {
                self.confusion.update(output, target);
            }

            /// The averaged figure.
            pub fn compute(&self) -> f64 {
                Ratio::$name.averaged(&self.confusion, self.average, self.zero_division)
            }

            /// The figure of each class.
            pub fn per_class(&self) -> Vec<f64> {
                Ratio::$name.per_class(&self.confusion, self.zero_division)
            }

            /// Forgets all.
            pub fn reset(&mut self) {
                self.confusion.reset();
            }
        }

        metric!($name);

        impl Merge for $name {
            fn counted(&self) -> Vec<f64> {
                self.confusion.counted()
            }

            fn count_in(&mut self, counted: &[f64]) -> ondol_tensor::Result<()> {
                self.confusion.count_in(counted)
            }

            fn forget(&mut self) {
                self.reset();
            }
        }
    )*};
}

impl Ratio {
    /// Under the metric's name.
    #[expect(non_upper_case_globals, reason = "the macro names it by the type")]
    const F1Score: Ratio = Ratio::F1;
}

scores! {
    /// How many of those guessed to be of a class are, `hits / guesses`, over many batches:
    /// `sklearn.metrics.precision_score`, torchmetrics' `Precision`.
    Precision;
    /// How many of a class are found, `hits / samples`, over many batches:
    /// `sklearn.metrics.recall_score`, torchmetrics' `Recall`.
    Recall;
    /// The harmonic mean of precision and recall, `2 hits / (guesses + samples)`, over many batches:
    /// `sklearn.metrics.f1_score`, torchmetrics' `F1Score`.
    F1Score;
}
