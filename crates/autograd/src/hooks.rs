//! Functions that users hang on tensors and modules, with handles that take them off again.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::Tensor;

/// Functions in the order they were added; a clone is the same list.
///
/// What [`Tensor::register_hook`] and the hooks of `ondol-nn` are kept in. While none is there,
/// asking costs one relaxed load.
///
/// ```
/// use ondol_autograd::HookList;
/// let list: HookList<fn(i64) -> i64> = HookList::new();
/// let double = list.add(|x| 2 * x);
/// list.add(|x| x + 1);
/// assert_eq!(list.snapshot().iter().fold(5, |x, hook| hook(x)), 11);
/// double.remove();
/// assert_eq!(list.snapshot().iter().fold(5, |x, hook| hook(x)), 6);
/// ```
pub struct HookList<T>(Arc<List<T>>);

struct List<T> {
    count: AtomicUsize,
    entries: Mutex<Vec<(u64, Arc<T>)>>,
}

impl<T> List<T> {
    // A hook is never run under the lock, so a panic leaves nothing half-changed.
    fn entries(&self) -> MutexGuard<'_, Vec<(u64, Arc<T>)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the entries; what is taken out is dropped after the lock, as it may own tensors.
    fn change<R>(&self, f: impl FnOnce(&mut Vec<(u64, Arc<T>)>) -> R) -> R {
        let mut entries = self.entries();
        let out = f(&mut entries);
        self.count.store(entries.len(), Ordering::Relaxed);
        out
    }
}

impl<T> Clone for HookList<T> {
    fn clone(&self) -> Self {
        HookList(self.0.clone())
    }
}

impl<T> Default for HookList<T> {
    fn default() -> Self {
        HookList::new()
    }
}

impl<T> HookList<T> {
    /// Without hooks.
    pub fn new() -> HookList<T> {
        HookList(Arc::new(List {
            count: AtomicUsize::new(0),
            entries: Mutex::new(Vec::new()),
        }))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.count.load(Ordering::Relaxed) == 0
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.count.load(Ordering::Relaxed)
    }

    /// The hooks of now, in order. They run without a lock, so that a hook may add and remove some.
    pub fn snapshot(&self) -> Vec<Arc<T>> {
        if self.is_empty() {
            return Vec::new();
        }
        self.0.entries().iter().map(|(_, f)| f.clone()).collect()
    }

    /// Takes all off.
    pub fn clear(&self) {
        if !self.is_empty() {
            drop(self.0.change(std::mem::take));
        }
    }
}

impl<T: Send + Sync + 'static> HookList<T> {
    /// One more at the end. It stays when the handle is dropped.
    pub fn add(&self, hook: T) -> HookHandle {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        self.0.change(|entries| entries.push((id, Arc::new(hook))));
        let list: Weak<List<T>> = Arc::downgrade(&self.0);
        HookHandle { list, id }
    }
}

impl<T> fmt::Debug for HookList<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookList({})", self.len())
    }
}

/// A list of hooks of any kind.
trait Removes: Send + Sync {
    fn remove(&self, id: u64);
}

impl<T: Send + Sync> Removes for List<T> {
    fn remove(&self, id: u64) {
        let place = |entries: &mut Vec<(u64, Arc<T>)>| {
            let place = entries.iter().position(|(other, _)| *other == id)?;
            Some(entries.remove(place))
        };
        drop(self.change(place));
    }
}

/// Takes a hook off again, `torch.utils.hooks.RemovableHandle`. Dropping it leaves the hook where
/// it is, as in PyTorch.
#[derive(Clone)]
pub struct HookHandle {
    list: Weak<dyn Removes>,
    id: u64,
}

impl HookHandle {
    /// Takes the hook off; nothing happens where it is gone already,
    /// `torch.utils.hooks.RemovableHandle.remove`.
    pub fn remove(&self) {
        if let Some(list) = self.list.upgrade() {
            list.remove(self.id);
        }
    }
}

impl fmt::Debug for HookHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HookHandle({})", self.id)
    }
}

/// Gets a gradient, and may give another in its place.
pub(crate) struct TensorHook {
    /// Which output of the node.
    pub(crate) index: usize,
    pub(crate) f: Box<dyn Fn(&Tensor) -> Option<Tensor> + Send + Sync>,
}

/// Gets the leaf after its gradient was added up.
pub(crate) struct LeafHook {
    pub(crate) leaf: crate::WeakTensor,
    pub(crate) f: Box<dyn Fn(&Tensor) + Send + Sync>,
}
