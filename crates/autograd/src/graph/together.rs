//! One hook for several tensors.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::engine::at_end;
use crate::{HookHandle, HookList, Tensor};

/// Gets the gradients, one for each tensor.
type Together = Box<dyn Fn(&[Option<Tensor>]) + Send + Sync>;

thread_local! {
    /// The gradients that have come so far, for each hook and backward of this thread.
    static COME: RefCell<HashMap<u64, Vec<Option<Tensor>>>> = RefCell::default();
}

/// Runs `f` on the gradients of several tensors, once at the end of each backward that reaches any
/// of them, `torch.autograd.graph.register_multi_grad_hook`; `None` for those it did not reach.
/// PyTorch runs it as soon as the last of them is there.
///
/// ```
/// use ondol_autograd::{register_multi_grad_hook, tensor};
/// let (x, y) = (tensor!(2.0).requires_grad_(true), tensor!(3.0).requires_grad_(true));
/// register_multi_grad_hook(&[&x, &y], |grads| {
///     let norm = grads.iter().flatten().map(|g| g.square().item()).sum::<f64>();
///     assert_eq!(norm, 13.0);
/// });
/// x.mul(&y).backward();
/// ```
///
/// # Panics
/// Where one of them does not require a gradient.
#[track_caller]
pub fn register_multi_grad_hook(
    tensors: &[&Tensor],
    f: impl Fn(&[Option<Tensor>]) + Send + Sync + 'static,
) -> HookHandle {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let key = NEXT.fetch_add(1, Ordering::Relaxed);
    let list: HookList<Together> = HookList::new();
    let handle = list.add(Box::new(f));
    let count = tensors.len();
    for (place, tensor) in tensors.iter().enumerate() {
        let list = list.clone();
        tensor.register_hook(move |g| {
            if !list.is_empty() {
                come(key, place, count, g, &list);
            }
            None
        });
    }
    handle
}

fn come(key: u64, place: usize, count: usize, gradient: &Tensor, list: &HookList<Together>) {
    let first = COME.with_borrow_mut(|come| {
        let first = !come.contains_key(&key);
        let grads = come.entry(key).or_insert_with(|| vec![None; count]);
        grads[place] = Some(gradient.clone());
        first
    });
    if first {
        let gone = Gone(key);
        let list = list.clone();
        at_end(move || {
            let grads = gone.take();
            for hook in list.snapshot() {
                hook(grads.as_deref().unwrap_or_default());
            }
        });
    }
}

/// Forgets the gradients of a backward that did not end well.
struct Gone(u64);

impl Gone {
    fn take(&self) -> Option<Vec<Option<Tensor>>> {
        COME.with_borrow_mut(|come| come.remove(&self.0))
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        drop(self.take());
    }
}
