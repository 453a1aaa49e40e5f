//! The mean of numbers as they come.

use super::merge::adds_up;

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

adds_up! {
    Mean { sum: f64, weight: f64 }
}
