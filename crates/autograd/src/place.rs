//! Where an error is raised: the layers around it and the user's line.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

use ondol_tensor::profiler::{self, EventKind};
use ondol_tensor::{Error, is_own_source};

use crate::watch::Running;

/// What a scope is called; text is made only when an error needs it.
#[derive(Clone, Copy)]
enum Label {
    Layer {
        template: &'static str,
        numbers: [usize; 4],
    },
    Backward(&'static str),
    /// Not a layer: only the line counts.
    Line,
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Label::Layer { template, numbers } => {
                let mut numbers = numbers.iter();
                for (i, part) in template.split("{}").enumerate() {
                    if i > 0 {
                        numbers.next().map_or(Ok(()), |n| write!(f, "{n}"))?;
                    }
                    f.write_str(part)?;
                }
                Ok(())
            }
            Label::Backward(op) => write!(f, "backward of {op}"),
            Label::Line => Ok(()),
        }
    }
}

/// A scope under way.
struct Frame {
    label: Label,
    /// The nearest line outside of Ondol's own sources, here or below.
    user: Option<&'static Location<'static>>,
}

thread_local! {
    static STACK: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
    static CATCHING: Cell<u32> = const { Cell::new(0) };
}

/// A layer that is running on this thread. Errors raised within name it and its caller.
///
/// ```
/// use ondol_autograd::{Scope, Tensor, catch};
/// let error = catch(|| {
///     let _scope = Scope::enter("Linear({} → {})", &[3, 2]);
///     Tensor::zeros([2, 2]).mm(&Tensor::zeros([3, 2]))
/// })
/// .unwrap_err();
/// assert!(error.to_string().contains("in Linear(3 → 2)"));
/// ```
#[must_use = "a scope lasts until it is dropped"]
pub struct Scope {
    depth: usize,
    /// The layer, where somebody watches.
    running: Option<Running>,
    /// Its event, where somebody profiles.
    _event: Option<profiler::Range>,
}

impl Scope {
    /// Enters a layer: `template` with a `{}` for each number (four at most).
    #[track_caller]
    pub fn enter(template: &'static str, numbers: &[usize]) -> Scope {
        let mut kept = [0; 4];
        for (to, from) in kept.iter_mut().zip(numbers) {
            *to = *from;
        }
        Scope::push(
            Label::Layer {
                template,
                numbers: kept,
            },
            Location::caller(),
        )
    }

    /// Says whose scope it is, for [`crate::watch_layers`].
    pub fn of<M: ?Sized>(mut self, layer: &M) -> Scope {
        self.running = Running::begin(layer);
        self
    }

    /// Says what the layer gives, where that is not the tensor that was made last.
    pub fn gives(&mut self, output: &crate::Tensor) {
        if let Some(running) = &mut self.running {
            running.gives(output);
        }
    }

    /// The backward of an operation, placed at its forward line.
    pub(crate) fn backward(op: &'static str, at: &'static Location<'static>) -> Scope {
        Scope::push(Label::Backward(op), at)
    }

    /// Keeps the caller's line for what does not know it: closures, and calls through a trait
    /// object. No layer: errors do not name it.
    #[track_caller]
    pub fn here() -> Scope {
        Scope::push(Label::Line, Location::caller())
    }

    fn push(label: Label, at: &'static Location<'static>) -> Scope {
        STACK.with_borrow_mut(|s| {
            let user = if is_own(at) {
                s.last().and_then(|frame| frame.user)
            } else {
                Some(at)
            };
            s.push(Frame { label, user });
            let kind = match label {
                Label::Layer { .. } => Some(EventKind::Module),
                Label::Backward(_) => Some(EventKind::Backward),
                Label::Line => None,
            };
            Scope {
                depth: s.len() - 1,
                running: None,
                _event: kind.map(|kind| profiler::range(kind, || label.to_string())),
            }
        })
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        STACK.with_borrow_mut(|s| s.truncate(self.depth));
        if let Some(running) = self.running.take() {
            running.end();
        }
    }
}

/// Whether a line lies in Ondol's own sources. Asked for every recorded operation and every scope,
/// so that what was found is kept, by the line's address.
fn is_own(at: &'static Location<'static>) -> bool {
    /// Addresses, with the answer in the lowest bit; a line may push another one out.
    static KNOWN: [AtomicUsize; 256] = [const { AtomicUsize::new(0) }; 256];
    let address = std::ptr::from_ref(at).addr();
    let slot = &KNOWN[(address / align_of::<Location<'_>>()) % KNOWN.len()];
    let known = slot.load(Ordering::Relaxed);
    if known & !1 == address {
        return known & 1 == 1;
    }
    let own = is_own_source(at.file());
    slot.store(address | usize::from(own), Ordering::Relaxed);
    own
}

/// The nearest recorded line outside of Ondol's own sources.
pub(crate) fn nearest(caller: &'static Location<'static>) -> &'static Location<'static> {
    if !is_own(caller) {
        return caller;
    }
    STACK
        .with_borrow(|s| s.last().and_then(|frame| frame.user))
        .unwrap_or(caller)
}

/// What travels in an unwinding panic inside [`catch`].
struct Raised(Error);

/// The error with the layers around it and the user's line nearest to `at`.
pub(crate) fn placed(error: Error, at: &'static Location<'static>) -> Error {
    // It may have its place already: an error that was caught and is raised again.
    if let Error::At { .. } = error {
        return error;
    }
    let layers = STACK.with_borrow(|s| {
        let layers = s.iter().filter(|f| !matches!(f.label, Label::Line));
        layers.map(|f| f.label.to_string()).collect()
    });
    Error::At {
        source: Box::new(error),
        layers,
        at: nearest(at),
    }
}

/// Ends an operation that cannot go on: panics with the error, the layers it happened in and the
/// user's line. Inside [`catch`] nothing is printed and the typed error comes back.
#[track_caller]
#[cold]
pub fn raise(error: Error) -> ! {
    let error = placed(error, Location::caller());
    if CATCHING.get() > 0 {
        resume_unwind(Box::new(Raised(error)));
    }
    panic!("{error}")
}

/// The value, or [`raise`].
#[track_caller]
pub fn ok<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => raise(error),
    }
}

/// Runs `f`; a tensor operation that fails in it comes back as the typed error, and nothing is
/// printed. Other panics pass through.
///
/// ```
/// use ondol_autograd::{Error, catch, tensor};
/// let error = catch(|| tensor!([1.0, 2.0]) + tensor!([1.0, 2.0, 3.0])).unwrap_err();
/// assert!(matches!(error.root(), Error::Shape { op: "add", .. }));
/// ```
pub fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Error> {
    struct Restore(usize);
    impl Drop for Restore {
        fn drop(&mut self) {
            CATCHING.set(CATCHING.get() - 1);
            STACK.with_borrow_mut(|s| s.truncate(self.0));
        }
    }
    CATCHING.set(CATCHING.get() + 1);
    let _restore = Restore(STACK.with_borrow(Vec::len));
    catch_unwind(AssertUnwindSafe(f)).map_err(|panic| match panic.downcast::<Raised>() {
        Ok(raised) => raised.0,
        Err(foreign) => resume_unwind(foreign),
    })
}
