//! Figures over the samples of all ranks.

use ondol_tensor::Result;
use ondol_train::metrics::Merge;

use crate::Communicator;

/// A metric over several ranks; every [`Merge`] has it.
pub trait ReduceMetric: Merge + Clone + Sized {
    /// The metric of all ranks' samples together, on each rank; this one stays what it is.
    ///
    /// It is exact over samples, however many each rank has: what ranks count is put together, in their
    /// order, and not the figures averaged.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// use ondol_distributed::{Communicator, ReduceMetric};
    /// use ondol_train::Accuracy;
    /// let comm = Communicator::single();
    /// let mut accuracy = Accuracy::new();
    /// accuracy.update(&tensor!([[2.0, 1.0], [0.0, 3.0]]), &tensor!([0, 0]));
    /// let accuracy = accuracy.reduce(&comm)?;
    /// assert_eq!((accuracy.compute(), accuracy.total()), (0.5, 2));
    /// # Ok::<(), ondol_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// Ranks that do something else, or count something else.
    fn reduce(&self, comm: &Communicator) -> Result<Self> {
        let counted = self.counted();
        let bytes: Vec<u8> = counted.iter().flat_map(|x| x.to_le_bytes()).collect();
        let all = comm.gather(bytes, "a metric's counts")?;
        let mut whole = self.clone();
        whole.forget();
        for rank in all {
            let numbers = rank.chunks_exact(8);
            let numbers: Vec<f64> = numbers
                .map(|b| f64::from_le_bytes(b.try_into().expect("8 bytes")))
                .collect();
            whole.count_in(&numbers)?;
        }
        Ok(whole)
    }
}

impl<M: Merge + Clone> ReduceMetric for M {}
