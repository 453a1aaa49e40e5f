//! Watches the layers that run on this thread: what each gives, and what it costs.

use std::cell::{Cell, RefCell};

use ondol_tensor::Shape;

use crate::Tensor;

/// One run of a layer, as [`watch_layers`] saw it.
#[derive(Clone, Debug)]
pub struct LayerRun {
    /// Where the layer lies in memory, as `std::ptr::from_ref(layer).addr()` says.
    pub address: usize,
    /// Its type's name, without path and parameters: `Linear`.
    pub type_name: &'static str,
    /// The shape of what it gave.
    pub output: Shape,
    /// How many products were added up in it, those of layers within too.
    pub multiply_adds: u64,
}

struct Watch {
    runs: Vec<LayerRun>,
    /// The shape of the tensor that was made last.
    last: Shape,
    multiply_adds: u64,
}

thread_local! {
    // Apart from the rest, so that a tensor that is made costs one load while nobody watches.
    static WATCHING: Cell<bool> = const { Cell::new(false) };
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

fn with(f: impl FnOnce(&mut Watch)) {
    if WATCHING.get() {
        WATCH.with_borrow_mut(|watch| watch.as_mut().map(f));
    }
}

/// A tensor was made.
pub(crate) fn made(shape: &Shape) {
    with(|watch| watch.last.clone_from(shape));
}

/// So many products were added up.
pub(crate) fn multiplied(count: usize) {
    with(|watch| watch.multiply_adds += count as u64);
}

/// What a scope remembers of its layer.
#[derive(Clone)]
pub(crate) struct Running {
    address: usize,
    type_name: &'static str,
    before: u64,
    output: Option<Shape>,
}

impl Running {
    /// A layer that begins, while somebody watches.
    pub(crate) fn begin<M: ?Sized>(layer: &M) -> Option<Running> {
        let mut running = None;
        with(|watch| {
            let path = std::any::type_name::<M>();
            let path = path.split('<').next().unwrap_or(path);
            running = Some(Running {
                address: std::ptr::from_ref(layer).cast::<()>().addr(),
                type_name: path.rsplit("::").next().unwrap_or(path),
                before: watch.multiply_adds,
                output: None,
            });
        });
        running
    }

    /// What it gives, where that is not the tensor made last.
    pub(crate) fn gives(&mut self, output: &Tensor) {
        self.output = Some(output.shape());
    }

    /// The layer has run.
    pub(crate) fn end(self) {
        with(|watch| {
            let run = LayerRun {
                address: self.address,
                type_name: self.type_name,
                output: self.output.unwrap_or_else(|| watch.last.clone()),
                multiply_adds: watch.multiply_adds - self.before,
            };
            watch.runs.push(run);
        });
    }
}

/// What [`watch_layers`] saw.
#[derive(Clone, Debug)]
pub struct Watched<T> {
    /// What the function returned.
    pub value: T,
    /// The layers that ran, in the order in which they ended.
    pub runs: Vec<LayerRun>,
    /// How many products were added up in all, outside of layers too.
    pub multiply_adds: u64,
}

/// Runs `f`, and tells which layers ran in it, in the order in which they ended. A layer is what opens
/// a [`crate::Scope`] [`of`](crate::Scope::of) itself; `input` is what a layer that changes nothing
/// would give.
///
/// ```
/// use ondol_autograd::{Scope, Tensor, watch_layers};
/// struct Double;
/// let run = |x: &Tensor| {
///     let layer = Double;
///     let _scope = Scope::enter("Double", &[]).of(&layer);
///     x.matmul(&Tensor::eye(3).mul(2.0))
/// };
/// let x = Tensor::ones([5, 3]);
/// let watched = watch_layers(&x, || run(&x));
/// assert_eq!(watched.value.sum().item(), 30.0);
/// let layer = &watched.runs[0];
/// assert_eq!((layer.type_name, layer.output.to_vec()), ("Double", vec![5, 3]));
/// assert_eq!(layer.multiply_adds, 5 * 3 * 3);
/// ```
pub fn watch_layers<T>(input: &Tensor, f: impl FnOnce() -> T) -> Watched<T> {
    /// Puts back who watched before, if `f` panics too.
    struct Restore(Option<Option<Watch>>);
    impl Drop for Restore {
        fn drop(&mut self) {
            if let Some(before) = self.0.take() {
                WATCHING.set(before.is_some());
                WATCH.set(before);
            }
        }
    }
    let watch = Watch {
        runs: Vec::new(),
        last: input.shape(),
        multiply_adds: 0,
    };
    let mut restore = Restore(Some(WATCH.replace(Some(watch))));
    WATCHING.set(true);
    let value = f();
    let before = restore.0.take().flatten();
    WATCHING.set(before.is_some());
    let watch = WATCH.replace(before);
    let (runs, multiply_adds) = watch.map_or((Vec::new(), 0), |w| (w.runs, w.multiply_adds));
    Watched {
        value,
        runs,
        multiply_adds,
    }
}
