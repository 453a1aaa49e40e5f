//! How far numbers are from those they should be.

use ondol_autograd::{Tensor, ok};
use ondol_tensor::Result;

use super::input::{mismatch, numbers};
use super::merge::{Merge, adds_up, misfit};
use super::metric;

/// Outputs and targets of one shape, or `[N, 1]` beside `[N]`.
fn pairs(op: &'static str, output: &Tensor, target: &Tensor) -> Result<Vec<(f64, f64)>> {
    let alone = |t: &Tensor| t.ndim() == 2 && t.size(1) == 1;
    let beside = output.numel() == target.numel()
        && ((alone(output) && target.ndim() == 1) || (alone(target) && output.ndim() == 1));
    if output.shape() != target.shape() && !beside {
        let rule = "expected outputs and targets of one shape";
        return Err(mismatch(op, &output.value(), &target.value(), rule));
    }
    Ok(numbers(output)?.into_iter().zip(numbers(target)?).collect())
}

/// A mean over all numbers of a function of output and target.
macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident, $($root:ident)? |$o:ident, $t:ident| $error:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq)]
        pub struct $name {
            sum: f64,
            total: u64,
            $($root: bool,)?
        }

        impl $name {
            /// Of no numbers yet.
            pub fn new() -> Self {
                $name::default()
            }

            /// Counts a batch in: outputs and targets of one shape, or `[N, 1]` beside `[N]`.
            ///
            /// # Panics
            /// Other shapes.
            #[track_caller]
            pub fn update(&mut self, output: &Tensor, target: &Tensor) {
                for ($o, $t) in ok(pairs(stringify!($name), output, target)) {
                    self.sum += $error;
                    self.total += 1;
                }
            }

            /// The mean so far; NaN for none.
            pub fn compute(&self) -> f64 {
                let mean = self.sum / self.total as f64;
                $(if self.$root { return mean.sqrt(); })?
                mean
            }

            /// Forgets all.
            pub fn reset(&mut self) {
                (self.sum, self.total) = (0.0, 0);
            }
        }

        metric!($name);
        adds_up! {
            $name { sum: f64, total: u64 }
        }
    )*};
}

errors! {
    /// The mean squared error over many batches: `sklearn.metrics.mean_squared_error`.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let mut mse = ondol_train::metrics::MeanSquaredError::new();
    /// mse.update(&tensor!([2.5, 0.0]), &tensor!([3.0, -0.5]));
    /// assert_eq!(mse.compute(), 0.25);
    /// ```
    MeanSquaredError, root |output, target| (output - target) * (output - target);
    /// The mean absolute error over many batches: `sklearn.metrics.mean_absolute_error`.
    MeanAbsoluteError, |output, target| (output - target).abs();
}

impl MeanSquaredError {
    /// The root of the mean: `sklearn.metrics.root_mean_squared_error`, torchmetrics'
    /// `MeanSquaredError(squared=False)`.
    pub fn root() -> Self {
        MeanSquaredError {
            root: true,
            ..MeanSquaredError::default()
        }
    }
}

/// How much of the targets' variance is explained, over many batches: `sklearn.metrics.r2_score`.
///
/// ```text
/// R² = 1 − Σ (target − output)² / Σ (target − mean)²
/// ```
///
/// Of targets `[N, D]`, the mean of the `D` columns'. Where all targets are equal it is 1 if the
/// outputs are right and 0 otherwise; of fewer than two samples it is NaN.
///
/// ```
/// use ondol_autograd::tensor;
/// let mut r2 = ondol_train::metrics::R2Score::new();
/// r2.update(&tensor!([2.5, 0.0, 2.0, 8.0]), &tensor!([3.0, -0.5, 2.0, 7.0]));
/// assert!((r2.compute() - 0.9486081370449679).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct R2Score {
    columns: Vec<Column>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Column {
    count: f64,
    mean: f64,
    /// The sum of squared distances from the mean, kept as Welford does: large targets cancel nothing.
    spread: f64,
    residual: f64,
}

impl R2Score {
    /// Of no samples yet.
    pub fn new() -> Self {
        R2Score::default()
    }

    /// Counts a batch in: outputs and targets `[N]` or `[N, D]`.
    ///
    /// # Panics
    /// Other shapes, or another `D` than before.
    #[track_caller]
    pub fn update(&mut self, output: &Tensor, target: &Tensor) {
        let pairs = ok(pairs("R2Score", output, target));
        let width = if target.ndim() == 2 {
            target.size(1)
        } else {
            1
        };
        if self.columns.is_empty() {
            self.columns = vec![Column::default(); width];
        }
        if target.ndim() > 2 || target.ndim() == 0 || self.columns.len() != width {
            let rule = format!(
                "expected outputs and targets [N] or [N, {}]",
                self.columns.len()
            );
            ok::<()>(Err(mismatch(
                "R2Score",
                &output.value(),
                &target.value(),
                &rule,
            )));
        }
        for (i, (output, target)) in pairs.into_iter().enumerate() {
            let column = &mut self.columns[i % width];
            column.count += 1.0;
            let before = target - column.mean;
            column.mean += before / column.count;
            column.spread += before * (target - column.mean);
            column.residual += (target - output) * (target - output);
        }
    }

    /// The score so far.
    pub fn compute(&self) -> f64 {
        let score = |column: &Column| match (column.spread, column.residual) {
            _ if column.count < 2.0 => f64::NAN,
            (0.0, 0.0) => 1.0,
            (0.0, _) => 0.0,
            (spread, residual) => 1.0 - residual / spread,
        };
        self.columns.iter().map(score).sum::<f64>() / self.columns.len() as f64
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        self.columns.clear();
    }
}

metric!(R2Score);

impl Merge for R2Score {
    fn counted(&self) -> Vec<f64> {
        let columns = self.columns.iter();
        columns
            .flat_map(|c| [c.count, c.mean, c.spread, c.residual])
            .collect()
    }

    fn count_in(&mut self, counted: &[f64]) -> Result<()> {
        let others = counted.chunks_exact(4);
        let columns = if self.columns.is_empty() {
            others.len()
        } else {
            self.columns.len()
        };
        if !counted.len().is_multiple_of(4) || (others.len() != columns && others.len() != 0) {
            return Err(misfit(
                counted.len(),
                format_args!("4 for each of {columns} columns"),
            ));
        }
        self.columns.resize(columns, Column::default());
        for (column, other) in self.columns.iter_mut().zip(others) {
            let (count, mean) = (other[0], other[1]);
            let all = column.count + count;
            if count == 0.0 {
                continue;
            }
            let away = mean - column.mean;
            column.spread += other[2] + away * away * (column.count * count / all);
            column.mean += away * (count / all);
            column.residual += other[3];
            column.count = all;
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.reset();
    }
}
