//! The same bits for any number of workers, augmentation included.

use std::sync::Arc;

use ondol_autograd::{Result, Tensor, fork_rng_guard, manual_seed};
use ondol_data::transforms::{CutMix, MixUp};
use ondol_data::{
    Collate, ConcatDataset, DataLoader, Dataset, Epoch, IterableDataset, IterableWrapper, Samples,
    Source, StackDataset, Subset, sample_generator,
};

use super::datasets::{AtOnce, Pictures, drawn};

/// The bits of two epochs, batch by batch.
type Bits = Vec<Vec<u32>>;

/// How a loader runs, which must change nothing.
#[derive(Clone, Copy, Debug)]
struct How {
    workers: usize,
    persistent: bool,
    ahead: usize,
}

fn bits<S: Source<Batch = (Tensor, Tensor)>>(loader: DataLoader<S>, how: How) -> Bits {
    let loader = loader
        .batch_size(4)
        .seed(9)
        .num_workers(how.workers)
        .persistent_workers(how.persistent)
        .prefetch_factor(how.ahead);
    let both = [loader.iter(), loader.iter()].into_iter().flatten();
    let batch = |b: Result<(Tensor, Tensor)>| {
        let (x, y) = b.unwrap();
        let all = x.float().flatten(0, -1).to_vec::<f32>();
        let labels = y.float().flatten(0, -1).to_vec::<f32>();
        all.into_iter().chain(labels).map(f32::to_bits).collect()
    };
    both.map(batch).collect()
}

/// Samples that are drawn while the stream is read, and again when they are changed.
struct Noisy(usize);

impl IterableDataset for Noisy {
    type Item = (i64, i64);

    fn iter(&self, _: Epoch) -> Result<Samples<(i64, i64)>> {
        Ok(Box::new((0..self.0 as i64).map(|i| Ok((i, drawn())))))
    }
}

fn again((i, x): (i64, i64)) -> (i64, i64) {
    (i, x * 1000 + drawn() % 1000)
}

fn numbered() -> IterableWrapper<(i64, i64)> {
    IterableWrapper::new((0..37).map(|i| (i, i)))
}

type Row = (&'static str, fn(How) -> Bits);

/// Name, two epochs of its batches.
fn rows() -> Vec<Row> {
    vec![
        ("samples in order", |how| {
            bits(DataLoader::new(Pictures), how)
        }),
        ("samples shuffled", |how| {
            bits(DataLoader::new(Pictures).shuffle(true), how)
        }),
        ("drop_last", |how| {
            bits(DataLoader::new(Pictures).shuffle(true).drop_last(true), how)
        }),
        ("two datasets after each other", |how| {
            let both = ConcatDataset::new([Arc::new(Pictures), Arc::new(Pictures)]).unwrap();
            bits(DataLoader::new(both).shuffle(true), how)
        }),
        ("two datasets side by side", |how| {
            let both = StackDataset::new((Pictures, AtOnce));
            let apart = both.map(|((x, _), (z, y))| (x + z, y));
            bits(DataLoader::new(apart).shuffle(true), how)
        }),
        (
            "those of odd labels, kept in memory, changed after",
            |how| {
                let odd = Pictures.filter(|(_, y)| y % 2 == 1).unwrap();
                let _own = fork_rng_guard();
                manual_seed(4);
                // What is drawn before it is kept, what is drawn after it is not.
                let noisy = odd.cache().map(|(x, y)| (x + drawn(), y));
                bits(DataLoader::new(noisy).shuffle(true), how)
            },
        ),
        ("mixed in collate_fn", |how| {
            let mixed = |samples| {
                let (x, y) = Collate::collate(samples)?;
                match sample_generator().next_u64() & 1 {
                    0 => MixUp::new().num_classes(37).apply(&x, &y),
                    _ => CutMix::new().num_classes(37).apply(&x, &y),
                }
            };
            bits(
                DataLoader::new(Pictures).shuffle(true).collate_fn(mixed),
                how,
            )
        }),
        ("a stream", |how| bits(DataLoader::iterable(Noisy(37)), how)),
        ("a stream changed", |how| {
            bits(DataLoader::iterable(Noisy(37).map(again)), how)
        }),
        ("a stream shuffled and changed", |how| {
            bits(DataLoader::iterable(Noisy(37).shuffle(10).map(again)), how)
        }),
        ("a stream of some, the last batch dropped", |how| {
            let some = Noisy(60).filter(|(i, x)| (i + x) % 3 > 0).take(31);
            bits(DataLoader::iterable(some.map(again)).drop_last(true), how)
        }),
        ("a stream in memory", |how| {
            bits(DataLoader::iterable(numbered().map(again)), how)
        }),
        ("a stream mixed in collate_fn", |how| {
            let mixed = |samples| {
                let (x, y): (Tensor, Tensor) = Collate::collate(samples)?;
                Ok((x, y * drawn()))
            };
            let stream = numbered().shuffle(5);
            bits(DataLoader::iterable(stream).collate_fn(mixed), how)
        }),
    ]
}

#[test]
fn batches_are_the_same_bits_for_any_number_of_workers() {
    for (name, run) in rows() {
        let alone = How {
            workers: 0,
            persistent: false,
            ahead: 1,
        };
        let want = run(alone);
        let half = want.len() / 2;
        assert!(half >= 4, "{name}");
        for workers in [0, 1, 2, 4, 50] {
            for (persistent, ahead) in [(false, 1), (true, 3)] {
                let how = How {
                    workers,
                    persistent,
                    ahead,
                };
                assert_eq!(run(how), want, "{name}: {how:?}");
            }
        }
        if name != "a stream in memory" {
            assert_ne!(want[..half], want[half..], "{name}: epochs differ");
        }
    }
}

#[test]
fn a_batch_read_at_once_draws_what_its_samples_draw_alone() {
    let how = How {
        workers: 2,
        persistent: false,
        ahead: 2,
    };
    let want = bits(DataLoader::new(Pictures).shuffle(true), how);
    let all: Vec<usize> = (0..37).collect();
    type Row = (&'static str, Bits);
    let rows: [Row; 4] = [
        ("at once", bits(DataLoader::new(AtOnce).shuffle(true), how)),
        (
            "a subset",
            bits(DataLoader::new(Subset::new(AtOnce, all)).shuffle(true), how),
        ),
        (
            "a closure, shared",
            bits(
                DataLoader::new(Arc::new(Pictures.map(|sample| sample))).shuffle(true),
                how,
            ),
        ),
        (
            "collate_fn that does as usual",
            bits(
                DataLoader::new(Pictures)
                    .shuffle(true)
                    .collate_fn(Collate::collate),
                how,
            ),
        ),
    ];
    for (name, got) in rows {
        assert_eq!(got, want, "{name}");
    }
}
