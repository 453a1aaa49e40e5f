//! What belongs to the backward that is running on this thread, and goes when it ends.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::Tensor;

/// What one backward keeps.
#[derive(Default)]
struct Kept {
    notes: HashMap<u64, Tensor>,
    /// Run when it has ended well, in the order they came.
    ends: Vec<Box<dyn FnOnce()>>,
}

thread_local! {
    /// One for each backward under way; they nest where a rule runs one of its own.
    static FRAMES: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// What one backward keeps goes with it, also when it fails.
pub(super) struct Frame(());

impl Frame {
    pub(super) fn enter() -> Frame {
        FRAMES.with_borrow_mut(|frames| frames.push(Kept::default()));
        Frame(())
    }

    /// Runs what waited for the end.
    pub(super) fn end(self) {
        let next =
            || FRAMES.with_borrow_mut(|frames| Some(std::mem::take(&mut frames.last_mut()?.ends)));
        while let Some(ends) = next().filter(|ends| !ends.is_empty()) {
            ends.into_iter().for_each(|end| end());
        }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // The notes may own graphs: let them go when the list is free again.
        let kept = FRAMES.with_borrow_mut(Vec::pop);
        drop(kept);
    }
}

/// Keeps a tensor under a key until the backward that is running ends.
pub(crate) fn note(key: u64, tensor: &Tensor) {
    let keep = |frames: &mut Vec<Kept>| frames.last_mut()?.notes.insert(key, tensor.clone());
    let before = FRAMES.with_borrow_mut(keep);
    drop(before);
}

/// Takes out what [`note`] kept.
pub(crate) fn noted(key: u64) -> Option<Tensor> {
    FRAMES.with_borrow_mut(|frames| frames.last_mut()?.notes.remove(&key))
}

/// Runs `f` when the backward that is running has ended well.
pub(crate) fn at_end(f: impl FnOnce() + 'static) {
    FRAMES.with_borrow_mut(|frames| {
        if let Some(kept) = frames.last_mut() {
            kept.ends.push(Box::new(f));
        }
    });
}
