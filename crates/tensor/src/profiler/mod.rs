//! Where the time goes: every kernel, layer and named range that runs on a thread.
//!
//! A device hands out a backend that notes each call while somebody profiles, and its own while
//! nobody does; that costs one relaxed load for each operation.

mod averages;
mod trace;
mod watched;

use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

pub use self::averages::{Average, KeyAverages, SortBy};
pub(crate) use self::watched::Watched;

/// What an [`Event`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A kernel.
    Op,
    /// A layer's forward.
    Module,
    /// An operation's backward.
    Backward,
    /// What [`record_function`] named.
    Function,
}

/// Something that ran.
#[derive(Clone, Debug)]
pub struct Event {
    /// The name of the kernel, the layer or the range.
    pub name: String,
    /// What it is.
    pub kind: EventKind,
    /// When it began, from the begin of the profile on.
    pub start: Duration,
    /// How long it took, with what ran within.
    pub time: Duration,
    /// How long it took, without what ran within.
    pub own: Duration,
    /// Bytes of the operands and results, its own and of what ran within.
    pub bytes: u64,
    /// The event it ran in, as a place in [`Profile::events`].
    pub inside: Option<usize>,
}

/// What ran while somebody profiled, `torch.profiler.profile`.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    events: Vec<Event>,
}

/// Profiles under way, on any thread.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) };
}

struct Recorder {
    begin: Instant,
    events: Vec<Event>,
    /// Events under way, the innermost last.
    open: Vec<usize>,
}

/// Whether any thread profiles.
#[inline]
pub(crate) fn is_on() -> bool {
    ACTIVE.load(Ordering::Relaxed) != 0
}

/// A profile under way on this thread; [`Profiler::stop`] gives what it saw.
#[must_use = "a profile lasts until it is stopped or dropped"]
pub struct Profiler {
    /// The one around it, which sees nothing meanwhile.
    outer: Option<Recorder>,
    stopped: bool,
    // It belongs to this thread, so it must stay on it.
    _here: PhantomData<*const ()>,
}

impl Profiler {
    /// Begins to note what runs on this thread, `torch.profiler.profile.start`.
    pub fn start() -> Profiler {
        ACTIVE.fetch_add(1, Ordering::Relaxed);
        let recorder = Recorder {
            begin: Instant::now(),
            events: Vec::new(),
            open: Vec::new(),
        };
        Profiler {
            outer: RECORDER.replace(Some(recorder)),
            stopped: false,
            _here: PhantomData,
        }
    }

    /// Ends it, `torch.profiler.profile.stop`.
    pub fn stop(mut self) -> Profile {
        self.end()
    }

    fn end(&mut self) -> Profile {
        if std::mem::replace(&mut self.stopped, true) {
            return Profile::default();
        }
        ACTIVE.fetch_sub(1, Ordering::Relaxed);
        let recorder = RECORDER.replace(self.outer.take());
        let mut events = recorder.map_or_else(Vec::new, |recorder| recorder.events);
        // An event ends before the one it ran in, and stands behind it.
        for place in (0..events.len()).rev() {
            let Event {
                time,
                bytes,
                inside,
                ..
            } = events[place];
            events[place].own += time;
            if let Some(outer) = inside {
                events[outer].bytes += bytes;
            }
        }
        for place in 0..events.len() {
            let (time, inside) = (events[place].time, events[place].inside);
            if let Some(outer) = inside {
                events[outer].own = events[outer].own.saturating_sub(time);
            }
        }
        Profile { events }
    }
}

impl Drop for Profiler {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs `f`, and notes what runs in it on this thread; `torch.profiler.profile` as a context.
///
/// Work that other threads begin, such as a loader's workers, is not among it; the threads that a
/// kernel splits its work between are part of the kernel. On a device that computes by itself a
/// kernel's time is that of its start, unless the program waits for it.
///
/// ```
/// use ondol_tensor::{Array, Binary, profiler};
/// let x = Array::from_vec(vec![1.0f32, 2.0], [2])?;
/// let (y, profile) = profiler::profile(|| x.binary(Binary::Add, &x));
/// assert_eq!(y?.to_vec::<f32>()?, [2.0, 4.0]);
/// let averages = profile.key_averages();
/// assert_eq!(averages.get("add").unwrap().calls, 1);
/// println!("{}", averages.table(profiler::SortBy::Own, 10));
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub fn profile<T>(f: impl FnOnce() -> T) -> (T, Profile) {
    let profiler = Profiler::start();
    let value = f();
    (value, profiler.stop())
}

/// Runs `f` as a range of that name in the profile, `torch.profiler.record_function`.
///
/// ```
/// use ondol_tensor::profiler::{profile, record_function};
/// let (_, profile) = profile(|| record_function("my step", || 1 + 1));
/// assert_eq!(profile.events()[0].name, "my step");
/// ```
pub fn record_function<T>(name: &str, f: impl FnOnce() -> T) -> T {
    let _range = range(EventKind::Function, || name.to_owned());
    f()
}

/// An event under way; it ends when this is dropped.
#[must_use = "a range lasts until it is dropped"]
pub struct Range {
    place: Option<usize>,
    _here: PhantomData<*const ()>,
}

/// Begins an event, if this thread profiles; its name is made only then.
#[inline]
pub fn range(kind: EventKind, name: impl FnOnce() -> String) -> Range {
    let place = if is_on() { open(kind, name) } else { None };
    Range {
        place,
        _here: PhantomData,
    }
}

#[cold]
fn open(kind: EventKind, name: impl FnOnce() -> String) -> Option<usize> {
    RECORDER.with_borrow_mut(|recorder| {
        let recorder = recorder.as_mut()?;
        let place = recorder.events.len();
        recorder.events.push(Event {
            name: name(),
            kind,
            start: recorder.begin.elapsed(),
            time: Duration::ZERO,
            own: Duration::ZERO,
            bytes: 0,
            inside: recorder.open.last().copied(),
        });
        recorder.open.push(place);
        Some(place)
    })
}

impl Drop for Range {
    fn drop(&mut self) {
        let Some(place) = self.place else { return };
        RECORDER.with_borrow_mut(|recorder| {
            let Some(recorder) = recorder.as_mut() else {
                return;
            };
            // A range that outlives its profile belongs to no other.
            let Some(depth) = recorder.open.iter().rposition(|&open| open == place) else {
                return;
            };
            recorder.open.truncate(depth);
            let event = &mut recorder.events[place];
            event.time = recorder.begin.elapsed().saturating_sub(event.start);
        });
    }
}

/// Runs a kernel as an event of so many bytes; of one that the backend left to others nothing stays.
fn kernel<T>(
    name: impl FnOnce() -> String,
    bytes: usize,
    f: impl FnOnce() -> Option<T>,
) -> Option<T> {
    let range = range(EventKind::Op, name);
    let done = f();
    if let Some(place) = range.place {
        RECORDER.with_borrow_mut(|recorder| {
            let Some(recorder) = recorder.as_mut() else {
                return;
            };
            if done.is_some() {
                recorder.events[place].bytes = bytes as u64;
            } else {
                recorder.open.pop();
                recorder.events.truncate(place);
            }
        });
    }
    done
}

impl Profile {
    /// What ran, in the order in which it began.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Events of one name and kind together, `torch.profiler.profile.key_averages`.
    pub fn key_averages(&self) -> KeyAverages {
        KeyAverages::of(&self.events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Array, Binary, Unary};

    fn two() -> Array {
        Array::from_vec(vec![1.0f32, 4.0], [2]).unwrap()
    }

    #[test]
    fn kernels_are_noted_with_what_they_ran_in() {
        let x = two();
        let (_, profile) = profile(|| {
            let _layer = range(EventKind::Module, || "Layer".into());
            let y = x.unary(Unary::Sqrt).unwrap();
            record_function("sums", || y.binary(Binary::Add, &x).unwrap())
        });
        let names: Vec<&str> = profile.events().iter().map(|e| &*e.name).collect();
        assert_eq!(names, ["Layer", "sqrt", "sums", "add"]);
        let inside: Vec<_> = profile.events().iter().map(|e| e.inside).collect();
        assert_eq!(inside, [None, Some(0), Some(0), Some(2)]);
        let bytes: Vec<_> = profile.events().iter().map(|e| e.bytes).collect();
        assert_eq!(bytes, [40, 16, 24, 24]);
        let [layer, sqrt, sums, add] = profile.events() else {
            panic!("four events")
        };
        assert_eq!(layer.own, layer.time - sqrt.time - sums.time);
        assert_eq!(sums.own, sums.time - add.time);
        assert!(layer.start <= sqrt.start && sqrt.start <= sums.start);
    }

    #[test]
    fn nothing_is_noted_outside_and_the_inner_profile_hides_the_outer() {
        let x = two();
        let profiler = Profiler::start();
        let (_, inner) = profile(|| x.unary(Unary::Sqrt).unwrap());
        x.unary(Unary::Neg).unwrap();
        let outer = profiler.stop();
        x.unary(Unary::Exp).unwrap();
        assert_eq!((inner.events().len(), outer.events().len()), (1, 1));
        assert_eq!(outer.events()[0].name, "neg");
        drop(Profiler::start());
        assert!(RECORDER.with_borrow(Option::is_none));
    }

    #[test]
    fn a_panic_within_leaves_the_rest_in_order() {
        let (_, profile) = profile(|| {
            let fails = || record_function("fails", || panic!("on purpose"));
            assert!(std::panic::catch_unwind(fails).is_err());
            two().unary(Unary::Neg).unwrap()
        });
        assert_eq!(profile.events()[1].inside, None);
    }
}
