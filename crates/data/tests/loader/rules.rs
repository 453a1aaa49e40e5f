//! What options ask for and which batches come.

use ondol_autograd::{Error, Generator, Tensor, catch};
use ondol_data::{
    BatchSampler, DataLoader, Dataset, DistributedSampler, Indexed, RandomSampler,
    SequentialSampler, SubsetRandomSampler, TensorDataset, WeightedRandomSampler,
};

use super::datasets::numbers;

type Loader = DataLoader<TensorDataset<Tensor>>;

pub(crate) fn epoch<S: Indexed<Batch = Tensor>>(loader: &DataLoader<S>) -> Vec<Vec<i64>> {
    loader
        .iter()
        .map(|batch| batch.unwrap().to_vec::<i64>())
        .collect()
}

/// What comes of options.
enum Want {
    /// These batches, in each epoch.
    Batches(Vec<Vec<i64>>),
    /// Batches of these sizes, of which the samples are these in a random order, another in each epoch.
    Shuffled(&'static [usize], Vec<i64>),
    /// Batches of these sizes, of samples drawn from these.
    Drawn(&'static [usize], Vec<i64>),
}
use Want::{Batches, Drawn, Shuffled};

type Row = (&'static str, usize, fn(Loader) -> Loader, Want);

fn ordered(batches: &[&[i64]]) -> Want {
    Batches(batches.iter().map(|b| b.to_vec()).collect())
}

fn all(n: i64) -> Vec<i64> {
    (0..n).collect()
}

/// Name, samples, options, what comes.
fn rows() -> Vec<Row> {
    vec![
        ("defaults", 3, |l| l, ordered(&[&[0], &[1], &[2]])),
        (
            "the last batch is shorter",
            10,
            |l| l.batch_size(4),
            ordered(&[&[0, 1, 2, 3], &[4, 5, 6, 7], &[8, 9]]),
        ),
        (
            "drop_last",
            10,
            |l| l.batch_size(4).drop_last(true),
            ordered(&[&[0, 1, 2, 3], &[4, 5, 6, 7]]),
        ),
        (
            "drop_last where nothing is short",
            4,
            |l| l.drop_last(true).batch_size(2),
            ordered(&[&[0, 1], &[2, 3]]),
        ),
        (
            "one batch larger than the dataset",
            3,
            |l| l.batch_size(4),
            ordered(&[&[0, 1, 2]]),
        ),
        (
            "and dropped",
            3,
            |l| l.batch_size(4).drop_last(true),
            ordered(&[]),
        ),
        ("no samples", 0, |l| l.batch_size(4), ordered(&[])),
        (
            "no samples, shuffled",
            0,
            |l| l.batch_size(4).shuffle(true),
            ordered(&[]),
        ),
        (
            "what is as by default excludes nothing",
            3,
            |l| {
                l.sampler(SequentialSampler::new(3))
                    .shuffle(false)
                    .drop_last(false)
            },
            ordered(&[&[0], &[1], &[2]]),
        ),
        (
            "a sequential sampler",
            10,
            |l| l.sampler(SequentialSampler::new(3)).batch_size(2),
            ordered(&[&[0, 1], &[2]]),
        ),
        (
            "shuffle",
            10,
            |l| l.shuffle(true).batch_size(4).seed(1),
            Shuffled(&[4, 4, 2], all(10)),
        ),
        (
            "shuffle, drop_last",
            8,
            |l| l.shuffle(true).batch_size(4).drop_last(true).seed(1),
            Shuffled(&[4, 4], all(8)),
        ),
        (
            "a subset in random order",
            10,
            |l| {
                l.sampler(SubsetRandomSampler::new([7, 2, 5, 9, 1, 8]))
                    .batch_size(4)
                    .seed(1)
            },
            Shuffled(&[4, 2], vec![1, 2, 5, 7, 8, 9]),
        ),
        (
            "with replacement",
            10,
            |l| {
                l.sampler(RandomSampler::new(10).replacement(true).num_samples(25))
                    .batch_size(10)
                    .seed(1)
            },
            Drawn(&[10, 10, 5], all(10)),
        ),
        (
            "more samples than there are",
            4,
            |l| {
                l.sampler(RandomSampler::new(4).num_samples(6))
                    .batch_size(3)
                    .seed(1)
            },
            Drawn(&[3, 3], all(4)),
        ),
        (
            "weighted",
            4,
            |l| {
                l.sampler(WeightedRandomSampler::new([0.0, 1.0, 2.0, 0.0], 7, true))
                    .batch_size(4)
                    .seed(1)
            },
            Drawn(&[4, 3], vec![1, 2]),
        ),
        (
            "weighted without replacement",
            6,
            |l| {
                l.sampler(WeightedRandomSampler::new(
                    [1.0, 1.0, 2.0, 0.0, 1.0, 1.0],
                    5,
                    false,
                ))
                .batch_size(4)
                .seed(1)
            },
            Shuffled(&[4, 1], vec![0, 1, 2, 4, 5]),
        ),
        (
            "a share, in order",
            5,
            |l| {
                l.sampler(DistributedSampler::new(5, 2, 1).shuffle(false))
                    .batch_size(2)
            },
            ordered(&[&[1, 3], &[0]]),
        ),
        (
            "a share, shuffled anew each epoch",
            40,
            |l| l.sampler(DistributedSampler::new(40, 2, 1)).batch_size(10),
            Drawn(&[10, 10], all(40)),
        ),
        (
            "a batch sampler",
            10,
            |l| l.batch_sampler(BatchSampler::new(SequentialSampler::new(5), 2, false)),
            ordered(&[&[0, 1], &[2, 3], &[4]]),
        ),
        (
            "a batch sampler that drops",
            10,
            |l| l.batch_sampler(BatchSampler::new(SequentialSampler::new(5), 2, true)),
            ordered(&[&[0, 1], &[2, 3]]),
        ),
    ]
}

#[test]
fn batches_are_those_asked_for_with_any_workers() {
    for (name, n, set, want) in rows() {
        let alone = set(DataLoader::new(numbers(n)));
        let first = [epoch(&alone), epoch(&alone)];
        for workers in [0, 1, 2, 4] {
            for (persistent, ahead) in [(false, 1), (true, 2)] {
                let loader = set(DataLoader::new(numbers(n)))
                    .num_workers(workers)
                    .persistent_workers(persistent)
                    .prefetch_factor(ahead)
                    .pin_memory(true);
                let epochs = [epoch(&loader), epoch(&loader)];
                assert_eq!(epochs, first, "{name}, {workers} workers, {persistent}");
                assert_eq!(loader.len(), epochs[0].len(), "{name}");
                assert_eq!(loader.is_empty(), epochs[0].is_empty(), "{name}");
                assert_eq!(loader.len_hint(), Some(loader.len()), "{name}");
            }
        }
        let sizes = |batches: &[Vec<i64>]| batches.iter().map(Vec::len).collect::<Vec<_>>();
        match want {
            Batches(want) => assert_eq!(first, [want.clone(), want], "{name}"),
            Shuffled(want, samples) => {
                for epoch in &first {
                    assert_eq!(sizes(epoch), want, "{name}");
                    let mut all = epoch.concat();
                    all.sort_unstable();
                    assert_eq!(all, samples, "{name}");
                }
                assert_ne!(first[0], first[1], "{name}");
            }
            Drawn(want, samples) => {
                for epoch in &first {
                    assert_eq!(sizes(epoch), want, "{name}");
                    assert!(epoch.concat().iter().all(|s| samples.contains(s)), "{name}");
                }
                assert_ne!(first[0], first[1], "{name}");
            }
        }
    }
}

fn order() -> SequentialSampler {
    SequentialSampler::new(3)
}

fn batches() -> BatchSampler<SequentialSampler> {
    BatchSampler::new(order(), 2, false)
}

#[test]
fn arguments_that_exclude_each_other_are_refused_in_any_order() {
    let both = "sampler option is mutually exclusive with shuffle";
    let whole = "batch_sampler option is mutually exclusive with";
    let auto = "batch_size=None option disables auto-batching";
    let seeds = "generator option is mutually exclusive with seed";
    type Case = (&'static str, fn(Loader), &'static str);
    let rows: Vec<Case> = vec![
        (
            "sampler, shuffle",
            |l| drop(l.sampler(order()).shuffle(true)),
            both,
        ),
        (
            "shuffle, sampler",
            |l| drop(l.shuffle(true).sampler(order())),
            both,
        ),
        (
            "batch_sampler, batch_size",
            |l| drop(l.batch_sampler(batches()).batch_size(2)),
            whole,
        ),
        (
            "batch_size, batch_sampler",
            |l| drop(l.batch_size(1).batch_sampler(batches())),
            whole,
        ),
        (
            "drop_last, batch_sampler",
            |l| drop(l.drop_last(true).batch_sampler(batches())),
            whole,
        ),
        (
            "batch_sampler, drop_last",
            |l| drop(l.batch_sampler(batches()).drop_last(true)),
            whole,
        ),
        (
            "shuffle, batch_sampler",
            |l| drop(l.shuffle(true).batch_sampler(batches())),
            whole,
        ),
        (
            "sampler, batch_sampler",
            |l| drop(l.sampler(order()).batch_sampler(batches())),
            whole,
        ),
        (
            "batch_size 0",
            |l| drop(l.batch_size(0)),
            "batch_size should be a positive integer value, but got batch_size=0",
        ),
        (
            "prefetch_factor 0",
            |l| drop(l.prefetch_factor(0)),
            "prefetch_factor should be a positive",
        ),
        (
            "batch_size, unbatched",
            |l| drop(l.batch_size(2).unbatched()),
            auto,
        ),
        (
            "drop_last, unbatched",
            |l| drop(l.drop_last(true).unbatched()),
            auto,
        ),
        (
            "batch_sampler, unbatched",
            |l| drop(l.batch_sampler(batches()).unbatched()),
            auto,
        ),
        (
            "seed, generator",
            |l| drop(l.seed(1).generator(&Generator::new(1))),
            seeds,
        ),
        (
            "generator, seed",
            |l| drop(l.generator(&Generator::new(1)).seed(1)),
            seeds,
        ),
    ];
    for (name, make, says) in rows {
        let error = catch(|| make(DataLoader::new(numbers(3)))).unwrap_err();
        assert!(
            matches!(
                error.root(),
                Error::Value {
                    op: "DataLoader",
                    ..
                }
            ),
            "{name}"
        );
        let text = error.to_string();
        assert!(text.contains(says), "{name}: {text}");
        assert!(text.contains("rules.rs"), "names this file: {text}");
    }
}

#[test]
fn a_seed_or_a_generator_decides_the_order() {
    let make = || DataLoader::new(numbers(50)).batch_size(7).shuffle(true);
    let loader = make().seed(3);
    let (first, second) = (epoch(&loader), epoch(&loader));
    let again = make().seed(3);
    again.set_epoch(1);
    assert_eq!(epoch(&again), second);
    assert_ne!(epoch(&make().seed(4)), first);
    // A generator draws an epoch's seed each time; who else draws from it moves it on.
    let drawn = |skip: u64, workers: usize| {
        let generator = Generator::new(8);
        generator.take(skip);
        let loader = make().generator(&generator).num_workers(workers);
        let epochs = [epoch(&loader), epoch(&loader)];
        (epochs, generator.state().offset)
    };
    let (epochs, offset) = drawn(0, 0);
    assert_ne!(epochs[0], epochs[1]);
    assert_eq!((drawn(0, 2), offset), ((epochs.clone(), 2), 2));
    assert_ne!(drawn(1, 0).0, epochs);
}

#[test]
fn an_index_out_of_range_is_an_error_of_its_batch() {
    for workers in [0, 1, 2] {
        let loader = DataLoader::new(numbers(3))
            .sampler(SequentialSampler::new(4))
            .batch_size(2)
            .num_workers(workers);
        let batches: Vec<_> = loader.iter().collect();
        assert_eq!(batches.len(), 2);
        assert!(batches[0].is_ok());
        let text = batches[1].as_ref().unwrap_err().to_string();
        assert!(
            text.contains("index 3") && text.contains("size 3"),
            "{text}"
        );
    }
}

#[test]
fn the_dataset_is_at_hand() {
    let loader = DataLoader::new(numbers(3)).batch_size(2);
    assert_eq!(loader.dataset().len(), 3);
    let mut batches = loader.iter();
    assert_eq!((batches.len(), batches.size_hint()), (2, (2, Some(2))));
    batches.next();
    assert_eq!(batches.len(), 1);
}
