//! Which sample of which epoch this thread is working on.
//!
//! What a sample draws at random must not depend on the worker that fetches it, nor on whether it
//! is fetched alone or with its batch. So a sample is known by the index the loader asked for,
//! and its stream is made of (loader's seed, epoch, that index). Wrappers such as `Subset` hand
//! whole batches on under other indices but in the same positions; hence samples are entered by
//! position, and the outermost batch says which index stands there.

use std::cell::RefCell;
use std::collections::HashMap;

use ondol_tensor::{Error, Generator, default_generator};

/// Where the random numbers of a loader's epoch come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) seed: u64,
    pub(crate) epoch: u64,
}

#[derive(Default)]
struct Context {
    stream: Option<Stream>,
    /// The number of the batch, and what it draws as a whole.
    number: u64,
    joint: Option<Generator>,
    batch: Option<Vec<usize>>,
    sample: Option<Sample>,
    /// How far each sample of the batch has drawn: transforms that take a batch at once come back to it.
    streams: HashMap<usize, Generator>,
    /// The sample that was being fetched when a panic passed.
    failed: Option<usize>,
}

struct Sample {
    position: usize,
    index: usize,
    // Most samples draw nothing; their stream is never made.
    generator: Option<Generator>,
}

thread_local! {
    static CONTEXT: RefCell<Context> = RefCell::default();
}

/// Runs its closure when dropped, so that a panic restores what was there too.
struct Restore<F: FnMut()>(F);
impl<F: FnMut()> Drop for Restore<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A hash of three words; neighbours are unrelated.
pub(crate) fn mix(words: [u64; 3]) -> u64 {
    words.into_iter().fold(0x6f6e_646f_6c00, |h: u64, w| {
        // The finaliser of SplitMix64.
        let mut z = (h ^ w).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

/// Runs `f` with the random numbers of `stream`, as the loader does around its batch `number`.
pub(crate) fn with_stream<T>(stream: Stream, number: usize, f: impl FnOnce() -> T) -> T {
    let fresh = Context {
        stream: Some(stream),
        number: number as u64,
        ..Context::default()
    };
    let mut before = Some(CONTEXT.replace(fresh));
    let _restore = Restore(move || {
        let failed = CONTEXT.with_borrow(|c| c.failed);
        let mut context = before.take().unwrap_or_default();
        context.failed = failed;
        CONTEXT.set(context);
    });
    f()
}

/// Runs `f` as the fetching of the samples `indices`.
///
/// An implementation of [`Dataset::get_batch`](crate::Dataset::get_batch) that draws random
/// numbers, or wants its errors to name the sample, enters it and then [`with_sample`] for each.
/// Where a batch of the same length is being fetched already, that one stays: its indices are
/// those the loader asked for.
pub fn with_batch<T>(indices: &[usize], f: impl FnOnce() -> T) -> T {
    let outer = CONTEXT.with_borrow_mut(|c| {
        let known = c.batch.as_ref().is_some_and(|b| b.len() == indices.len());
        (!known || c.sample.is_some()).then(|| {
            let streams = std::mem::take(&mut c.streams);
            (c.batch.replace(indices.to_vec()), streams)
        })
    });
    let Some(mut outer) = outer else { return f() };
    let _restore = Restore(move || {
        CONTEXT.with_borrow_mut(|c| (c.batch, c.streams) = std::mem::take(&mut outer));
    });
    f()
}

/// Runs `f` as the fetching of the batch's sample at `position`, counted from 0.
///
/// Inside, [`sample_generator`] is this sample's own stream. Within another sample it changes
/// nothing: two views of a picture in one sample are drawn one after the other.
pub fn with_sample<T>(position: usize, f: impl FnOnce() -> T) -> T {
    let entered = CONTEXT.with_borrow_mut(|c| {
        if c.sample.is_some() {
            return false;
        }
        let index = c
            .batch
            .as_ref()
            .and_then(|b| b.get(position).copied())
            .unwrap_or(position);
        let generator = c.streams.remove(&position);
        c.sample = Some(Sample {
            position,
            index,
            generator,
        });
        true
    });
    let _restore = entered.then(|| {
        Restore(|| {
            CONTEXT.with_borrow_mut(|c| {
                let Some(sample) = c.sample.take() else {
                    return;
                };
                if std::thread::panicking() {
                    c.failed = Some(sample.index);
                } else if let Some(generator) = sample.generator
                    && c.batch.is_some()
                {
                    c.streams.insert(sample.position, generator);
                }
            });
        })
    });
    f()
}

/// Runs `f` as the fetching of the sample `index` of a stream of samples; within that sample it
/// changes nothing, within another it takes its place for the while.
pub(crate) fn as_sample<T>(index: usize, f: impl FnOnce() -> T) -> T {
    let before = CONTEXT.with_borrow_mut(|c| {
        let same = c.sample.as_ref().is_some_and(|s| s.index == index);
        (!same).then(|| {
            c.sample.replace(Sample {
                position: 0,
                index,
                generator: None,
            })
        })
    });
    let Some(mut before) = before else { return f() };
    let _restore = Restore(move || {
        CONTEXT.with_borrow_mut(|c| {
            if std::thread::panicking() {
                c.failed = Some(index);
            }
            c.sample = before.take();
        });
    });
    f()
}

/// Runs `f` with random numbers made of `seed` and `index` alone, whatever epoch and sample it is run
/// for; that sample's own numbers are not touched.
pub(crate) fn apart<T>(seed: u64, index: usize, f: impl FnOnce() -> T) -> T {
    let own = Sample {
        position: 0,
        index,
        generator: None,
    };
    let mut before = CONTEXT.with_borrow_mut(|c| {
        let stream = c.stream.replace(Stream { seed, epoch: 0 });
        Some((stream, c.sample.replace(own)))
    });
    let _restore = Restore(move || {
        if let Some(before) = before.take() {
            CONTEXT.with_borrow_mut(|c| (c.stream, c.sample) = before);
        }
    });
    f()
}

/// The stream that the sample being fetched draws its random numbers from.
///
/// In a [`DataLoader`](crate::DataLoader) it is made of the loader's seed, the epoch and the
/// sample's index, whatever worker fetches it; where samples are joined, in a `collate_fn`, of the
/// seed, the epoch and the batch's number. Elsewhere it is the default generator, which
/// `manual_seed` governs.
///
/// ```
/// let flip = ondol_data::sample_generator().next_u64() & 1 == 1;
/// # let _ = flip;
/// ```
pub fn sample_generator() -> Generator {
    CONTEXT.with_borrow_mut(|c| match (&mut c.sample, c.stream) {
        (Some(sample), Some(Stream { seed, epoch })) => {
            let make = || Generator::new(mix([seed, epoch, sample.index as u64]));
            sample.generator.get_or_insert_with(make).clone()
        }
        (None, Some(Stream { seed, epoch })) => {
            // Counted down from below the epoch's own, where no sample's index reaches.
            let key = u64::MAX - 1 - c.number;
            let make = || Generator::new(mix([seed, epoch, key]));
            c.joint.get_or_insert_with(make).clone()
        }
        _ => default_generator(),
    })
}

/// What errors call the batch's sample at `position`: `sample 17`.
pub fn sample_name(position: usize) -> String {
    CONTEXT.with_borrow(|c| match c.batch.as_ref().and_then(|b| b.get(position)) {
        Some(index) => format!("sample {index}"),
        None => format!("sample {position}"),
    })
}

/// The error, saying which sample it came from.
pub(crate) fn in_sample(position: usize, error: Error) -> Error {
    name_error(&sample_name(position), error)
}

/// The error, led by the name of what failed.
pub(crate) fn name_error(name: &str, error: Error) -> Error {
    match error {
        Error::At { source, layers, at } => Error::At {
            source: Box::new(name_error(name, *source)),
            layers,
            at,
        },
        other => Error::data(format!("{name}: {other}")),
    }
}

/// The sample that the last panic on this thread passed through, once.
pub(crate) fn take_failed() -> Option<usize> {
    CONTEXT.with_borrow_mut(|c| c.failed.take())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(stream: Stream, batch: &[usize], position: usize) -> u64 {
        with_stream(stream, 0, || {
            with_batch(batch, || {
                with_sample(position, || sample_generator().next_u64())
            })
        })
    }

    #[test]
    fn a_stream_belongs_to_seed_epoch_and_index() {
        let s = Stream { seed: 1, epoch: 0 };
        assert_eq!(draw(s, &[4, 9], 1), draw(s, &[9], 0));
        assert_ne!(draw(s, &[4, 9], 1), draw(s, &[4, 9], 0));
        assert_ne!(draw(s, &[9], 0), draw(Stream { epoch: 1, ..s }, &[9], 0));
        assert_ne!(draw(s, &[9], 0), draw(Stream { seed: 2, ..s }, &[9], 0));
    }

    #[test]
    fn the_outermost_batch_names_the_samples() {
        let s = Stream { seed: 1, epoch: 0 };
        let through_a_wrapper = with_stream(s, 0, || {
            with_batch(&[4, 9], || {
                with_batch(&[0, 1], || {
                    assert_eq!(sample_name(1), "sample 9");
                    with_sample(1, || sample_generator().next_u64())
                })
            })
        });
        assert_eq!(through_a_wrapper, draw(s, &[9], 0));
    }

    #[test]
    fn draws_go_on_within_a_sample() {
        with_stream(Stream { seed: 1, epoch: 0 }, 0, || {
            with_sample(0, || {
                let first = sample_generator().next_u64();
                assert_ne!(first, with_sample(0, || sample_generator().next_u64()));
            });
        });
    }

    #[test]
    fn a_batch_as_a_whole_has_a_stream_of_its_own() {
        let s = Stream { seed: 1, epoch: 0 };
        let of = |number| with_stream(s, number, || sample_generator().next_u64());
        assert_eq!(of(3), of(3));
        assert_ne!(of(3), of(4));
        assert_ne!(of(0), draw(s, &[0], 0));
    }

    #[test]
    fn a_sample_of_a_stream_takes_the_place_of_another() {
        let s = Stream { seed: 1, epoch: 0 };
        let third = draw(s, &[3], 0);
        with_stream(s, 0, || {
            with_batch(&[3], || {
                with_sample(0, || {
                    let other = as_sample(2, || sample_generator().next_u64());
                    assert_eq!(other, draw(s, &[2], 0));
                    assert_eq!(as_sample(3, || sample_generator().next_u64()), third);
                    assert_ne!(sample_generator().next_u64(), third, "it goes on");
                })
            })
        });
    }

    #[test]
    fn outside_a_loader_the_default_generator_is_used() {
        let state = with_batch(&[3], || with_sample(0, || sample_generator().state()));
        assert_eq!(state.seed, default_generator().state().seed);
    }

    #[test]
    fn a_panic_leaves_the_name_of_its_sample_and_a_clean_context() {
        let caught = std::panic::catch_unwind(|| {
            with_batch(&[5, 6], || {
                with_sample(1, || std::panic::resume_unwind(Box::new(())))
            })
        });
        assert!(caught.is_err());
        assert_eq!(take_failed(), Some(6));
        assert_eq!(take_failed(), None);
        assert_eq!(sample_name(1), "sample 1");
    }
}
