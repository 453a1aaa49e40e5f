//! How well scores put one class before the other, whatever the threshold.

use ondol_autograd::{Tensor, ok};
use ondol_tensor::{Error, Result};

use super::input::{classes, has_classes, indices, mismatch, numbers, numbers_of};
use super::merge::{Merge, misfit};
use super::{Average, metric};

/// The shares of the one class and of the other that are over each threshold; made by [`roc_curve`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RocCurve {
    /// The share of class 0 that is at least at the threshold, rising from 0 to 1.
    pub fpr: Vec<f64>,
    /// The share of class 1 that is.
    pub tpr: Vec<f64>,
    /// The thresholds, falling from infinity.
    pub thresholds: Vec<f64>,
}

impl RocCurve {
    /// The area under the curve; NaN where one of the classes has no samples.
    pub fn auc(&self) -> f64 {
        let points: Vec<(f64, f64)> = self
            .fpr
            .iter()
            .copied()
            .zip(self.tpr.iter().copied())
            .collect();
        let piece = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0) * (pair[1].1 + pair[0].1) / 2.0;
        points.windows(2).map(piece).sum()
    }
}

/// The ROC curve of scores `[N]` and targets `[N]` of zeros and ones, `sklearn.metrics.roc_curve`.
/// Points on a straight line between their neighbours are left out. A share of a class without
/// samples is NaN.
///
/// ```
/// use ondol_autograd::tensor;
/// let curve = ondol_train::metrics::roc_curve(&tensor!([0.1, 0.4, 0.35, 0.8]), &tensor!([0, 0, 1, 1]));
/// assert_eq!(curve.fpr, [0.0, 0.0, 0.5, 0.5, 1.0]);
/// assert_eq!(curve.tpr, [0.0, 0.5, 0.5, 1.0, 1.0]);
/// assert_eq!(curve.auc(), 0.75);
/// ```
///
/// # Panics
/// Other shapes, other targets, or a score that is NaN.
#[track_caller]
pub fn roc_curve(scores: &Tensor, targets: &Tensor) -> RocCurve {
    let (scores, positive) = ok(binary("roc_curve", scores, targets));
    ok(curve(&scores, &positive))
}

/// The area under the ROC curve of scores `[N]` and targets `[N]` of zeros and ones,
/// `sklearn.metrics.roc_auc_score`: how likely a sample of class 1 has a greater score than one of
/// class 0, equal ones counting half. NaN where a class has no samples.
///
/// ```
/// use ondol_autograd::tensor;
/// let auc = ondol_train::metrics::roc_auc_score(&tensor!([0.1, 0.4, 0.35, 0.8]), &tensor!([0, 0, 1, 1]));
/// assert_eq!(auc, 0.75);
/// ```
///
/// # Panics
/// As [`roc_curve`].
#[track_caller]
pub fn roc_auc_score(scores: &Tensor, targets: &Tensor) -> f64 {
    let (scores, positive) = ok(binary("roc_auc_score", scores, targets));
    ok(curve(&scores, &positive)).auc()
}

/// Scores, and whether each sample is of class 1.
fn binary(op: &'static str, scores: &Tensor, targets: &Tensor) -> Result<(Vec<f64>, Vec<bool>)> {
    let (output, target) = (scores.value(), targets.value());
    let alone = output.ndim() == 2 && output.shape()[1] == 1;
    if output.numel() != target.numel() || (output.ndim() != 1 && !alone) {
        return Err(mismatch(
            op,
            &output,
            &target,
            "expected scores [N] and targets [N]",
        ));
    }
    let positive = |&t: &f64| match t {
        0.0 => Ok(false),
        1.0 => Ok(true),
        other => Err(Error::value(op, format!("target {other}; expected 0 or 1"))),
    };
    let positives = numbers(targets)?
        .iter()
        .map(positive)
        .collect::<Result<_>>()?;
    Ok((numbers(scores)?, positives))
}

fn curve(scores: &[f64], positive: &[bool]) -> Result<RocCurve> {
    if scores.iter().any(|s| s.is_nan()) {
        return Err(Error::value("roc_curve", "a score is NaN"));
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    // How many of each class are at or over each threshold; equal scores come together.
    let mut points = vec![(0u64, 0u64, f64::INFINITY)];
    let (mut wrong, mut right) = (0u64, 0u64);
    for (place, &i) in order.iter().enumerate() {
        match positive[i] {
            true => right += 1,
            false => wrong += 1,
        }
        let next = order.get(place + 1).map(|&next| scores[next]);
        if next != Some(scores[i]) {
            points.push((wrong, right, scores[i]));
        }
    }
    let corner = |i: usize| {
        let ends = i == 0 || i + 1 == points.len();
        let bend = |(a, b, c): (u64, u64, u64)| b - a != c - b;
        ends || bend((points[i - 1].0, points[i].0, points[i + 1].0))
            || bend((points[i - 1].1, points[i].1, points[i + 1].1))
    };
    let kept: Vec<_> = (0..points.len())
        .filter(|&i| i < 2 || corner(i))
        .map(|i| points[i])
        .collect();
    let share = |n: u64, of: u64| n as f64 / of as f64;
    Ok(RocCurve {
        fpr: kept.iter().map(|p| share(p.0, wrong)).collect(),
        tpr: kept.iter().map(|p| share(p.1, right)).collect(),
        thresholds: kept.iter().map(|p| p.2).collect(),
    })
}

/// The area under the ROC curve over many batches, torchmetrics' `AUROC`. It keeps all scores.
///
/// Of several classes, each is set against the rest and the areas are averaged, as
/// `sklearn.metrics.roc_auc_score` does with `multi_class="ovr"`.
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_train::metrics::AUROC;
/// let mut auroc = AUROC::binary();
/// auroc.update(&tensor!([0.1, 0.4]), &tensor!([0, 0]));
/// auroc.update(&tensor!([0.35, 0.8]), &tensor!([1, 1]));
/// assert_eq!(auroc.compute(), 0.75);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AUROC {
    /// 1 where there is one score per sample.
    columns: usize,
    average: Average,
    softmax: bool,
    scores: Vec<f64>,
    targets: Vec<usize>,
}

impl AUROC {
    /// Of one score per sample, `[N]` or `[N, 1]`, a logit or a probability.
    pub fn binary() -> Self {
        AUROC {
            columns: 1,
            average: Average::Macro,
            softmax: false,
            scores: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// Of logits `[N, C]`, which become probabilities by softmax first.
    pub fn multiclass(num_classes: usize) -> Self {
        AUROC {
            columns: num_classes,
            softmax: true,
            ..AUROC::binary()
        }
    }

    /// Says that the outputs are probabilities already.
    pub fn probabilities(mut self) -> Self {
        self.softmax = false;
        self
    }

    /// Whether classes count alike ([`Average::Macro`], if nothing is said) or by their samples.
    ///
    /// # Panics
    /// On [`Average::Micro`], which one class against the rest has none of.
    #[track_caller]
    pub fn average(mut self, average: Average) -> Self {
        if average == Average::Micro {
            ok::<()>(Err(Error::value(
                "AUROC",
                "Average::Micro; expected Macro or Weighted",
            )));
        }
        self.average = average;
        self
    }

    /// Counts a batch in.
    ///
    /// # Panics
    /// Other shapes, targets out of range, or a score that is NaN.
    #[track_caller]
    pub fn update(&mut self, output: &Tensor, target: &Tensor) {
        ok(self.add(output, target));
    }

    fn add(&mut self, output: &Tensor, target: &Tensor) -> Result<()> {
        const OP: &str = "AUROC";
        let (scores, targets) = if self.columns == 1 {
            let (scores, positive) = binary(OP, output, target)?;
            (scores, positive.into_iter().map(usize::from).collect())
        } else {
            let (value, truth) = (output.value(), target.value());
            if value.ndim() != 2 || value.shape()[1] != self.columns || !has_classes(&value, &truth)
            {
                let rule = format!("expected outputs [N, {}] and targets [N]", self.columns);
                return Err(mismatch(OP, &value, &truth, &rule));
            }
            let targets = indices(OP, &classes(OP, &truth)?, self.columns)?;
            let mut scores = numbers_of(&value)?;
            if self.softmax {
                scores.chunks_exact_mut(self.columns).for_each(softmax);
            }
            (scores, targets)
        };
        if scores.iter().any(|s| s.is_nan()) {
            return Err(Error::value(OP, "a score is NaN"));
        }
        self.scores.extend(scores);
        self.targets.extend::<Vec<usize>>(targets);
        Ok(())
    }

    /// The area of each class against the rest; NaN where the class or the rest has no samples.
    pub fn per_class(&self) -> Vec<f64> {
        (0..self.columns)
            .map(|class| self.curve(class).auc())
            .collect()
    }

    /// The curve of a class against the rest; of class 0 is meant class 1 where there is one score.
    ///
    /// # Panics
    /// Where there is no such class.
    #[track_caller]
    pub fn curve(&self, class: usize) -> RocCurve {
        assert!(class < self.columns, "class {class} of {}", self.columns);
        let wanted = if self.columns == 1 { 1 } else { class };
        let scores: Vec<f64> = self
            .scores
            .iter()
            .skip(class)
            .step_by(self.columns)
            .copied()
            .collect();
        let positive: Vec<bool> = self.targets.iter().map(|&t| t == wanted).collect();
        ok(curve(&scores, &positive))
    }

    /// The averaged area; NaN where a class has no samples, as scikit-learn has it.
    pub fn compute(&self) -> f64 {
        let areas = self.per_class();
        let weight = |class: usize| match self.average {
            Average::Weighted if self.columns > 1 => {
                self.targets.iter().filter(|&&t| t == class).count() as f64
            }
            _ => 1.0,
        };
        let weights: Vec<f64> = (0..self.columns).map(weight).collect();
        let sum: f64 = areas.iter().zip(&weights).map(|(a, w)| a * w).sum();
        sum / weights.iter().sum::<f64>()
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        self.scores.clear();
        self.targets.clear();
    }
}

impl Merge for AUROC {
    /// The scores, then the classes.
    fn counted(&self) -> Vec<f64> {
        let targets = self.targets.iter().map(|&class| class as f64);
        self.scores.iter().copied().chain(targets).collect()
    }

    fn count_in(&mut self, counted: &[f64]) -> Result<()> {
        let each = self.columns + 1;
        if !counted.len().is_multiple_of(each) {
            return Err(misfit(
                counted.len(),
                format_args!("{each} for each sample"),
            ));
        }
        let (scores, targets) = counted.split_at(counted.len() / each * self.columns);
        self.scores.extend_from_slice(scores);
        self.targets
            .extend(targets.iter().map(|&class| class as usize));
        Ok(())
    }

    fn forget(&mut self) {
        self.reset();
    }
}

fn softmax(row: &mut [f64]) {
    let greatest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in row.iter_mut() {
        *score = (*score - greatest).exp();
        sum += *score;
    }
    row.iter_mut().for_each(|score| *score /= sum);
}

metric!(AUROC);
