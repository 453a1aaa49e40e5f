//! Kind `sched`: the learning rates of a scheduler.

use super::case::Case;

pub(super) fn run(case: &Case) -> Result<(), String> {
    Err(format!("unknown scheduler {}", case.op))
}
