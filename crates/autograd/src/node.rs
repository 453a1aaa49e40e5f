//! The graph: who was made from whom, and how gradients go back.

use std::cell::RefCell;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ondol_tensor::{Array, DType, Result, Shape};
use smallvec::SmallVec;

use crate::Tensor;
use crate::hooks::{HookList, LeafHook, TensorHook};

/// A node's output, as a tensor points to it.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) node: Arc<Node>,
    /// Which output of the node.
    pub(crate) index: usize,
}

/// A leaf that collects a gradient, or a recorded operation.
pub(crate) struct Node {
    /// Rises with time: an operation's number is above that of all it was made from.
    pub(crate) seq: u64,
    pub(crate) name: &'static str,
    /// The user's line of the forward.
    pub(crate) at: &'static Location<'static>,
    /// A leaf's gradient, or the gradients of outputs kept by `retain_grad`.
    grads: Mutex<SmallVec<[Option<Tensor>; 1]>>,
    /// Absent in nearly all nodes, so that the engine asks once.
    extras: OnceLock<Box<Extras>>,
    /// A leaf that an operation has recorded as its input.
    used: AtomicBool,
    /// `None` in a leaf. Emptied by the backward that uses it up.
    recorded: Option<Mutex<Option<Arc<Recorded>>>>,
}

/// What users hang on a node.
#[derive(Default)]
pub(crate) struct Extras {
    /// Bit `i`: the gradient of output `i` is kept.
    retained: AtomicU64,
    /// Run on each gradient before it goes on.
    pub(crate) hooks: HookList<TensorHook>,
    /// Run after a leaf's gradient was added up.
    pub(crate) leaf_hooks: HookList<LeafHook>,
}

/// How to go back from an operation's outputs to its inputs.
pub(crate) struct Recorded {
    pub(crate) edges: SmallVec<[Edge; 2]>,
    /// Outputs kept for the rules that ask for them; all of them, or none.
    pub(crate) saved: SmallVec<[Array; 1]>,
    /// One rule for all inputs, in place of the edges' own.
    pub(crate) joint: Option<Joint>,
    pub(crate) outputs: usize,
}

/// From an operation to one of its inputs that requires a gradient.
pub(crate) struct Edge {
    pub(crate) to: Link,
    /// Which input of the operation.
    pub(crate) input: usize,
    /// The input's shape and dtype, which its gradient gets.
    pub(crate) shape: Shape,
    pub(crate) dtype: DType,
    pub(crate) rule: EdgeRule,
}

pub(crate) type Rule = Box<dyn Fn(&Tensor) -> Tensor + Send + Sync>;
pub(crate) type OutputRule = Box<dyn Fn(&Tensor, &Tensor) -> Tensor + Send + Sync>;
/// Gradients of the outputs, the outputs, which inputs need one → gradients of the inputs.
pub(crate) type JointRule =
    Box<dyn Fn(&[Option<Tensor>], &[Tensor], &[bool]) -> Vec<Option<Tensor>> + Send + Sync>;

/// As [`JointRule`]; an input that gets `None` gets no gradient.
pub(crate) type FunctionRule =
    Box<dyn Fn(&[Option<Tensor>], &[Tensor], &[bool]) -> Result<Vec<Option<Tensor>>> + Send + Sync>;

pub(crate) enum Joint {
    /// Every input that needs a gradient must get one.
    Rule(JointRule),
    /// A user's function or a checkpoint, which may say that none flows.
    Function(FunctionRule),
}

pub(crate) enum EdgeRule {
    /// Nobody wrote one: backward panics.
    Missing,
    Gradient(Rule),
    GradientAndOutput(OutputRule),
    /// The operation's joint rule answers.
    Joint,
}

static NEXT: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicU64 = AtomicU64::new(0);

/// How many nodes exist in the process, for tests of leaks.
pub fn live_nodes() -> u64 {
    LIVE.load(Ordering::Relaxed)
}

impl Node {
    pub(crate) fn leaf(at: &'static Location<'static>) -> Arc<Node> {
        Node::make("leaf", at, None)
    }

    pub(crate) fn operation(
        name: &'static str,
        at: &'static Location<'static>,
        recorded: Recorded,
    ) -> Arc<Node> {
        Node::make(name, at, Some(Mutex::new(Some(Arc::new(recorded)))))
    }

    fn make(
        name: &'static str,
        at: &'static Location<'static>,
        recorded: Option<Mutex<Option<Arc<Recorded>>>>,
    ) -> Arc<Node> {
        LIVE.fetch_add(1, Ordering::Relaxed);
        Arc::new(Node {
            seq: NEXT.fetch_add(1, Ordering::Relaxed),
            name,
            at,
            grads: Mutex::new(SmallVec::new()),
            extras: OnceLock::new(),
            used: AtomicBool::new(false),
            recorded,
        })
    }

    pub(crate) fn is_leaf(&self) -> bool {
        self.recorded.is_none()
    }

    /// What was recorded; taken away where the graph is not to be used again.
    pub(crate) fn recorded(&self, keep: bool) -> Option<Arc<Recorded>> {
        let mut slot = lock(self.recorded.as_ref()?);
        if keep {
            return slot.clone();
        }
        let taken = slot.take();
        drop(slot);
        // No gradient comes this way again, and a hook may hold the very tensor it hangs on.
        if let Some(extras) = self.extras() {
            extras.hooks.clear();
        }
        taken
    }

    /// The number that the next node gets.
    pub(crate) fn next_seq() -> u64 {
        NEXT.load(Ordering::Relaxed)
    }

    pub(crate) fn extras(&self) -> Option<&Extras> {
        self.extras.get().map(|extras| &**extras)
    }

    pub(crate) fn extras_or_new(&self) -> &Extras {
        self.extras.get_or_init(Box::default)
    }

    /// Notes that an operation took this leaf.
    pub(crate) fn mark_used(&self) {
        // Most leaves are marked already: looking keeps the line shared between threads.
        if self.is_leaf() && !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    fn grads(&self) -> MutexGuard<'_, SmallVec<[Option<Tensor>; 1]>> {
        lock(&self.grads)
    }

    pub(crate) fn grad(&self, index: usize) -> Option<Tensor> {
        self.grads().get(index).cloned().flatten()
    }

    pub(crate) fn set_grad(&self, index: usize, grad: Option<Tensor>) {
        let mut grads = self.grads();
        while grads.len() <= index {
            grads.push(None);
        }
        let before = std::mem::replace(&mut grads[index], grad);
        // The old gradient may own a graph: let it go after the lock.
        drop(grads);
        drop(before);
    }

    /// Sets the gradient to what `f` makes of it, or leaves it at `None`; other threads wait.
    pub(crate) fn change_grad(
        &self,
        index: usize,
        f: impl FnOnce(Option<&Tensor>) -> Result<Option<Tensor>>,
    ) -> Result<()> {
        let mut grads = self.grads();
        while grads.len() <= index {
            grads.push(None);
        }
        let Some(new) = f(grads[index].as_ref())? else {
            return Ok(());
        };
        let before = grads[index].replace(new);
        drop(grads);
        drop(before);
        Ok(())
    }

    pub(crate) fn retain(&self, index: usize, retained: bool) {
        let bit = 1 << index.min(63);
        let bits = &self.extras_or_new().retained;
        if retained {
            bits.fetch_or(bit, Ordering::Relaxed);
        } else {
            bits.fetch_and(!bit, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_retained(&self, index: usize) -> bool {
        self.extras().is_some_and(|e| e.is_retained(index))
    }
}

impl Extras {
    pub(crate) fn is_retained(&self, index: usize) -> bool {
        self.retained.load(Ordering::Relaxed) & (1 << index.min(63)) != 0
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in a rule is the user's to catch; the graph's own state is never half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// Records whose drop waits until the drop under way is done; `None` when none is under way.
    static WAITING: RefCell<Option<Vec<Arc<Recorded>>>> = const { RefCell::new(None) };
}

impl Drop for Node {
    /// Lets the graph below go without recursion: a chain of a million nodes must not overflow the stack.
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        let Some(recorded) = self.recorded.as_mut() else {
            return;
        };
        let Some(mine) = recorded
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        else {
            return;
        };
        let mut mine = Some(mine);
        // While a thread ends its own list may be gone already; then recursion is all that is left.
        let Ok(first) = WAITING.try_with(|waiting| match &mut *waiting.borrow_mut() {
            Some(list) => {
                list.extend(mine.take());
                None
            }
            none => {
                *none = Some(Vec::new());
                mine.take()
            }
        }) else {
            return;
        };
        if let Some(first) = first {
            drop(first);
            while let Some(next) = WAITING.with_borrow_mut(|w| w.as_mut().and_then(Vec::pop)) {
                drop(next);
            }
            WAITING.with_borrow_mut(|w| *w = None);
        }
    }
}
