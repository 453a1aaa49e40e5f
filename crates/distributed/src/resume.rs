//! Checkpoints of a run of several ranks.

use ondol_tensor::{Error, Result};
use ondol_train::{Checkpoint, CheckpointManager, Saved};

use crate::Communicator;

/// Rank 0 writes a step's checkpoint while the others wait; what was written, on rank 0.
///
/// Where all ranks have the same parameters and optimizer, one file has all there is. It is whole or not
/// there at all, as [`CheckpointManager`] writes it, so that ranks which die meanwhile leave the one
/// before.
///
/// # Errors
/// Those of [`CheckpointManager::save`], on all ranks.
pub fn save_on_main(
    comm: &Communicator,
    checkpoints: Option<&mut CheckpointManager>,
    step: u64,
    checkpoint: impl FnOnce() -> Checkpoint,
) -> Result<Option<Saved>> {
    comm.on_main(|| match checkpoints {
        Some(checkpoints) => checkpoints.save(step, checkpoint()),
        None => Err(Error::value(
            "save_on_main",
            "rank 0 needs the CheckpointManager; other ranks need none",
        )),
    })
}

/// Where a run of other ranks goes on within an epoch: how many of the new batches the old ones were.
///
/// With a `DistributedSampler` batch `k` of all ranks together holds the samples `k·b·n` to `(k+1)·b·n` of the epoch's
/// order, for `n` ranks with batches of `b`. So where ranks times batch is the same as before, the
/// place is the same number and the run goes on as if nothing had been; else it begins with the first
/// batch that holds a sample not yet seen, and may see a few of its samples a second time.
///
/// ```
/// use ondol_distributed::resumed_batches;
/// // 2 ranks × 30, resumed by 3 ranks × 20: the same batches.
/// assert_eq!(resumed_batches(7, 2 * 30, 3 * 20), 7);
/// // Resumed by 1 rank × 64: 420 samples were seen, 384 fill whole batches.
/// assert_eq!(resumed_batches(7, 2 * 30, 64), 6);
/// ```
pub fn resumed_batches(batches: usize, samples_before: usize, samples_now: usize) -> usize {
    batches * samples_before / samples_now.max(1)
}
