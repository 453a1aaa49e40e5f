//! Messages between two ranks.

use std::time::Duration;

use ondol_tensor::Result;

use crate::header::trouble;

/// How long messages may take, and what is said where one does not come from some ranks.
pub(crate) struct Wait<'a> {
    pub(crate) patience: Duration,
    pub(crate) message: &'a dyn Fn(&[usize]) -> String,
}

/// What a rank reaches the others by.
pub(crate) trait Link {
    fn rank(&self) -> usize;

    fn size(&self) -> usize;

    /// Sends and receives all. Messages from one rank to another arrive in the order they were sent.
    ///
    /// The patience is for a moment in which nothing moves, not for the whole.
    fn exchange(
        &mut self,
        sends: &[(usize, &[u8])],
        receives: Vec<(usize, &mut [u8])>,
        wait: Wait<'_>,
    ) -> Result<()>;

    /// A sum by the library's own means, in an order of its own.
    fn native_sum(&mut self, _: &mut [f32]) -> Result<()> {
        let message = "this engine has no all_reduce of its own beside Ondol's; MPI has".to_owned();
        Err(trouble(Vec::new(), message))
    }

    /// Ends all ranks.
    fn abort(&mut self, message: &str) -> !;
}
