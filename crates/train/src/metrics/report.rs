//! The figures of every class as a table.

use std::fmt;

use super::ConfusionMatrix;
use super::scores::{Average, Ratio};

/// A line of a [`ClassificationReport`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ClassRow {
    /// The class or the average.
    pub name: String,
    /// How many of those guessed to be of the class are.
    pub precision: f64,
    /// How many of the class are found.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// How many samples the class has.
    pub support: u64,
}

/// Precision, recall, F1 and samples of every class that occurs as target or guess,
/// `sklearn.metrics.classification_report`. `Display` writes it as scikit-learn does.
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_train::metrics::ConfusionMatrix;
/// let mut confusion = ConfusionMatrix::new(2).class_names(["cat", "dog"]);
/// confusion.update(&tensor!([0, 1, 1, 1]), &tensor!([0, 0, 1, 1]));
/// let report = confusion.report();
/// assert_eq!(report.classes[0].recall, 0.5);
/// println!("{report}");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ClassificationReport {
    /// The classes that occur, in order.
    pub classes: Vec<ClassRow>,
    /// The share of samples guessed right.
    pub accuracy: f64,
    /// The mean of the classes' figures.
    pub macro_avg: ClassRow,
    /// Their mean weighted by samples.
    pub weighted_avg: ClassRow,
    digits: usize,
}

impl ClassificationReport {
    pub(super) fn of(confusion: &ConfusionMatrix, zero_division: f64) -> Self {
        let scores = |ratio: Ratio| ratio.per_class(confusion, zero_division);
        let [precision, recall, f1] = [Ratio::Precision, Ratio::Recall, Ratio::F1].map(scores);
        let (support, guessed) = (confusion.support(), confusion.guessed());
        let present = (0..confusion.num_classes()).filter(|&i| support[i] + guessed[i] > 0);
        let classes = present.map(|i| ClassRow {
            name: confusion.names()[i].clone(),
            precision: precision[i],
            recall: recall[i],
            f1: f1[i],
            support: support[i],
        });
        let averaged = |name: &str, average| ClassRow {
            name: name.to_owned(),
            precision: Ratio::Precision.averaged(confusion, average, zero_division),
            recall: Ratio::Recall.averaged(confusion, average, zero_division),
            f1: Ratio::F1.averaged(confusion, average, zero_division),
            support: confusion.total(),
        };
        ClassificationReport {
            classes: classes.collect(),
            accuracy: confusion.accuracy(),
            macro_avg: averaged("macro avg", Average::Macro),
            weighted_avg: averaged("weighted avg", Average::Weighted),
            digits: 2,
        }
    }

    /// How many digits are written after the point; 2 if nothing is said.
    pub fn digits(mut self, digits: usize) -> Self {
        self.digits = digits;
        self
    }
}

impl fmt::Display for ClassificationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits;
        let names = self.classes.iter().map(|row| row.name.chars().count());
        let width = names
            .max()
            .unwrap_or(0)
            .max("weighted avg".len())
            .max(digits);
        let titles = ["precision", "recall", "f1-score", "support"];
        write!(f, "{:>width$} ", "")?;
        for title in titles {
            write!(f, " {title:>9}")?;
        }
        write!(f, "\n\n")?;
        let line = |f: &mut fmt::Formatter<'_>, row: &ClassRow| {
            write!(f, "{:>width$} ", row.name)?;
            for figure in [row.precision, row.recall, row.f1] {
                write!(f, " {figure:>9.digits$}")?;
            }
            writeln!(f, " {:>9}", row.support)
        };
        for row in &self.classes {
            line(f, row)?;
        }
        let (total, gap) = (self.macro_avg.support, "");
        let accuracy = self.accuracy;
        writeln!(f)?;
        writeln!(
            f,
            "{:>width$}  {gap:>9} {gap:>9} {accuracy:>9.digits$} {total:>9}",
            "accuracy"
        )?;
        line(f, &self.macro_avg)?;
        line(f, &self.weighted_avg)
    }
}
