//! What belongs to the backward that is running on this thread, and goes when it ends.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::Tensor;

thread_local! {
    /// One map for each backward under way; they nest where a rule runs one of its own.
    static FRAMES: RefCell<Vec<HashMap<u64, Tensor>>> = const { RefCell::new(Vec::new()) };
}

/// The notes of one backward; they go with it, also when it fails.
pub(super) struct Frame(());

impl Frame {
    pub(super) fn enter() -> Frame {
        FRAMES.with_borrow_mut(|frames| frames.push(HashMap::new()));
        Frame(())
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // The notes may own graphs: let them go when the list is free again.
        let notes = FRAMES.with_borrow_mut(Vec::pop);
        drop(notes);
    }
}

/// Keeps a tensor under a key until the backward that is running ends.
pub(crate) fn note(key: u64, tensor: &Tensor) {
    let before = FRAMES.with_borrow_mut(|frames| frames.last_mut()?.insert(key, tensor.clone()));
    drop(before);
}

/// Takes out what [`note`] kept.
pub(crate) fn noted(key: u64) -> Option<Tensor> {
    FRAMES.with_borrow_mut(|frames| frames.last_mut()?.remove(&key))
}
