//! Streams of samples: their batches, their errors, their places.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ondol_autograd::{Error, Result, Tensor};
use ondol_data::{
    ChainDataset, DataLoader, Epoch, IterableDataset, IterableWrapper, Samples, Source, WorkerInfo,
    get_worker_info,
};

use super::datasets::drawn;

fn epoch<S: Source<Batch = Tensor>>(loader: &DataLoader<S>) -> Vec<Vec<i64>> {
    loader
        .iter()
        .map(|batch| batch.unwrap().to_vec::<i64>())
        .collect()
}

/// The numbers below `n`, of which some go wrong.
struct Rough {
    n: i64,
    wrong: fn(i64) -> Option<i64>,
}

impl IterableDataset for Rough {
    type Item = i64;

    fn iter(&self, _: Epoch) -> Result<Samples<i64>> {
        if self.n < 0 {
            return Err(Error::data("there is no such file"));
        }
        let wrong = self.wrong;
        Ok(Box::new((0..self.n).map(move |i| {
            if wrong(i) == Some(-1) {
                std::panic::resume_unwind(Box::new("out of order"));
            }
            wrong(i).map_or(Ok(i), |_| Err(Error::data("unreadable")))
        })))
    }
}

/// The batches of an epoch, errors as text.
type Told = Vec<std::result::Result<Vec<i64>, String>>;

fn told<S: Source<Batch = Tensor>>(loader: &DataLoader<S>) -> Told {
    let told = |batch: Result<Tensor>| batch.map(|x| x.to_vec()).map_err(|e| e.to_string());
    loader.iter().map(told).collect()
}

#[test]
fn samples_are_cut_into_batches_whatever_the_workers() {
    // Name, samples, batch size, drop_last, batches or what an error says.
    type Want = std::result::Result<&'static [i64], &'static str>;
    type Row = (
        &'static str,
        i64,
        fn(i64) -> Option<i64>,
        (usize, bool),
        &'static [Want],
    );
    let rows: [Row; 10] = [
        (
            "one by one",
            3,
            |_| None,
            (1, false),
            &[Ok(&[0]), Ok(&[1]), Ok(&[2])],
        ),
        (
            "the last is short",
            5,
            |_| None,
            (3, false),
            &[Ok(&[0, 1, 2]), Ok(&[3, 4])],
        ),
        ("and dropped", 5, |_| None, (3, true), &[Ok(&[0, 1, 2])]),
        (
            "none is short",
            4,
            |_| None,
            (2, true),
            &[Ok(&[0, 1]), Ok(&[2, 3])],
        ),
        ("no samples", 0, |_| None, (2, false), &[]),
        (
            "fewer than a batch",
            2,
            |_| None,
            (5, false),
            &[Ok(&[0, 1])],
        ),
        (
            "a sample that fails",
            6,
            |i| (i == 3).then_some(1),
            (2, false),
            &[Ok(&[0, 1]), Err("sample 3: unreadable"), Ok(&[4, 5])],
        ),
        (
            "one that fails in a batch that is dropped",
            5,
            |i| (i == 4).then_some(1),
            (2, true),
            &[Ok(&[0, 1]), Ok(&[2, 3]), Err("sample 4: unreadable")],
        ),
        (
            "a panic ends the stream",
            9,
            |i| (i == 5).then_some(-1),
            (2, false),
            &[
                Ok(&[0, 1]),
                Ok(&[2, 3]),
                Err("sample 5: the dataset panicked: out of order"),
            ],
        ),
        (
            "what cannot be opened",
            -1,
            |_| None,
            (2, false),
            &[Err("there is no such file")],
        ),
    ];
    for (name, n, wrong, (batch_size, drop_last), want) in rows {
        for workers in [0, 1, 2, 4] {
            for persistent in [false, true] {
                let loader = DataLoader::iterable(Rough { n, wrong })
                    .batch_size(batch_size)
                    .drop_last(drop_last)
                    .num_workers(workers)
                    .persistent_workers(persistent);
                for _ in 0..2 {
                    let got = told(&loader);
                    assert_eq!(got.len(), want.len(), "{name}, {workers} workers: {got:?}");
                    for (got, want) in got.iter().zip(want) {
                        match (got, want) {
                            (Ok(got), Ok(want)) => assert_eq!(got, want, "{name}"),
                            (Err(got), Err(want)) => assert!(got.contains(want), "{name}: {got}"),
                            _ => panic!("{name}, {workers} workers: {got:?}, not {want:?}"),
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn streams_are_put_together() {
    let numbers = |range: std::ops::Range<i64>| IterableWrapper::new(range);
    // Name, batches, how many are known beforehand.
    type Row = (
        &'static str,
        Box<dyn Fn(usize) -> (Vec<Vec<i64>>, Option<usize>)>,
    );
    fn run<D: IterableDataset<Item = i64> + 'static>(
        stream: D,
        workers: usize,
    ) -> (Vec<Vec<i64>>, Option<usize>) {
        let loader = DataLoader::iterable(stream)
            .batch_size(4)
            .num_workers(workers);
        (epoch(&loader), loader.len_hint())
    }
    let rows: Vec<(Row, Vec<Vec<i64>>, Option<usize>)> = vec![
        (
            ("in memory", Box::new(move |w| run(numbers(0..6), w))),
            vec![vec![0, 1, 2, 3], vec![4, 5]],
            Some(2),
        ),
        (
            (
                "one after the other",
                Box::new(move |w| {
                    run(
                        ChainDataset::new([numbers(0..3), numbers(0..0), numbers(7..9)]),
                        w,
                    )
                }),
            ),
            vec![vec![0, 1, 2, 7], vec![8]],
            Some(2),
        ),
        (
            (
                "boxed",
                Box::new(move |w| {
                    let all: [Box<dyn IterableDataset<Item = i64>>; 2] = [
                        Box::new(numbers(0..3)),
                        Box::new(numbers(0..9).filter(|i| i % 4 == 0)),
                    ];
                    run(ChainDataset::new(all), w)
                }),
            ),
            vec![vec![0, 1, 2, 0], vec![4, 8]],
            None,
        ),
        (
            (
                "changed",
                Box::new(move |w| run(numbers(0..5).map(|i| i * i), w)),
            ),
            vec![vec![0, 1, 4, 9], vec![16]],
            Some(2),
        ),
        (
            (
                "the first of the odd ones",
                Box::new(move |w| run(numbers(0..1000).filter(|i| i % 2 == 1).take(3), w)),
            ),
            vec![vec![1, 3, 5]],
            None,
        ),
        (
            (
                "shared",
                Box::new(move |w| run(Arc::new(numbers(0..1000).take(2)), w)),
            ),
            vec![vec![0, 1]],
            Some(1),
        ),
    ];
    for ((name, run), want, known) in rows {
        for workers in [0, 1, 2, 4] {
            assert_eq!(run(workers), (want.clone(), known), "{name}, {workers}");
        }
    }
}

#[test]
fn a_stream_without_end_is_left_when_enough_has_come() {
    struct Endless;
    impl IterableDataset for Endless {
        type Item = i64;
        fn iter(&self, _: Epoch) -> Result<Samples<i64>> {
            Ok(Box::new((0..).map(Ok)))
        }
    }
    for workers in [0, 1, 3] {
        for persistent in [false, true] {
            let loader = DataLoader::iterable(Endless)
                .batch_size(5)
                .num_workers(workers)
                .persistent_workers(persistent);
            for _ in 0..2 {
                let some: Vec<_> = loader
                    .iter()
                    .take(3)
                    .map(|b| b.unwrap().to_vec::<i64>())
                    .collect();
                assert_eq!(some.concat(), (0..15).collect::<Vec<i64>>());
            }
            assert_eq!(loader.iter().size_hint(), (0, None));
        }
    }
}

#[test]
fn a_shuffled_stream_has_all_samples_in_an_order_of_the_epoch() {
    let loader = |buffer| {
        let stream = IterableWrapper::new(0..50i64).shuffle(buffer);
        DataLoader::iterable(stream).batch_size(8).seed(2)
    };
    let shuffled = loader(10);
    let (first, second) = (epoch(&shuffled).concat(), epoch(&shuffled).concat());
    assert_ne!(first, second);
    for all in [&first, &second] {
        let mut sorted = all.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<i64>>());
        // None comes before the buffer has held it.
        let early = all.iter().enumerate().all(|(at, &i)| i < at as i64 + 10);
        assert!(early, "{all:?}");
    }
    assert_eq!(epoch(&loader(10)).concat(), first);
    let still: Vec<i64> = (0..50).collect();
    assert_eq!(epoch(&loader(1)).concat(), still);
}

/// Two files, each read by a worker of its own where there is one.
struct Files(Arc<AtomicUsize>);

impl IterableDataset for Files {
    type Item = i64;

    fn iter(&self, epoch: Epoch) -> Result<Samples<i64>> {
        self.shard(epoch, WorkerInfo::alone(epoch.seed))
    }

    fn shard(&self, _: Epoch, worker: WorkerInfo) -> Result<Samples<i64>> {
        assert_eq!(get_worker_info().map_or(0, |w| w.id), worker.id);
        let read = self.0.clone();
        let files = [0..3i64, 10..17].into_iter().enumerate();
        let own = files.filter(move |(i, _)| i % worker.num_workers == worker.id);
        Ok(Box::new(own.flat_map(|(_, file)| file).map(move |i| {
            read.fetch_add(1, Ordering::SeqCst);
            Ok(i)
        })))
    }
}

#[test]
fn a_share_of_ones_own_is_taken_from_in_turn() {
    // Workers, batches.
    let rows: [(usize, [&[i64]; 3]); 4] = [
        (0, [&[0, 1, 2, 10], &[11, 12, 13, 14], &[15, 16]]),
        (1, [&[0, 1, 2, 10], &[11, 12, 13, 14], &[15, 16]]),
        (2, [&[0, 10, 1, 11], &[2, 12, 13, 14], &[15, 16]]),
        // The third worker has no file.
        (3, [&[0, 10, 1, 11], &[2, 12, 13, 14], &[15, 16]]),
    ];
    for (workers, want) in rows {
        let read = Arc::new(AtomicUsize::new(0));
        let loader = DataLoader::iterable(Files(read.clone()))
            .batch_size(4)
            .num_workers(workers);
        assert_eq!(epoch(&loader), want, "{workers} workers");
        assert_eq!(read.load(Ordering::SeqCst), 10, "each is read once");
    }
}

#[test]
fn a_stream_goes_on_from_every_place_with_any_number_of_workers() {
    let make = || {
        let stream = IterableWrapper::new(0..23i64).shuffle(7);
        let noisy = stream.map(|i| i * 1_000_000 + drawn());
        DataLoader::iterable(noisy).batch_size(4).seed(5)
    };
    let (straight, mut states) = (make(), Vec::new());
    let mut batches = Vec::new();
    for _ in 0..2 {
        states.push(straight.state_dict());
        for batch in &straight {
            batches.push(batch.unwrap().to_vec::<i64>());
            states.push(straight.state_dict());
        }
        states.pop();
    }
    assert_eq!((batches.len(), states.len()), (12, 12));
    for (place, state) in states.iter().enumerate() {
        for workers in [0, 1, 2, 4] {
            let resumed = make().num_workers(workers);
            resumed.load_state_dict(state).unwrap();
            let mut rest = epoch(&resumed);
            if place < 6 {
                rest.extend(epoch(&resumed));
            }
            assert_eq!(rest, batches[place..], "{place} batches, {workers} workers");
        }
    }
    let other = make().batch_size(5);
    let text = other.load_state_dict(&states[1]).unwrap_err().to_string();
    assert!(text.contains("batches of 4 samples of a stream"), "{text}");
    let indexed = DataLoader::new(super::datasets::numbers(23)).batch_size(4);
    assert!(indexed.load_state_dict(&states[1]).is_err());
    assert!(make().load_state_dict(&indexed.state_dict()).is_err());
}

#[test]
fn worker_init_fn_that_panics_ends_a_stream() {
    let loader = DataLoader::iterable(IterableWrapper::new(0..9i64))
        .batch_size(2)
        .num_workers(2)
        .worker_init_fn(|id| {
            if id == 1 {
                std::panic::resume_unwind(Box::new("no licence"));
            }
        });
    let got = told(&loader);
    assert_eq!(got.len(), 1);
    let text = got[0].as_ref().unwrap_err();
    assert!(
        text.contains("worker 1: worker_init_fn panicked: no licence"),
        "{text}"
    );
}
