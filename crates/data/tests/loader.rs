//! The data loader's rules.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ondol_autograd::{Error, Result, Tensor, catch};
use ondol_data::transforms::{
    Image, ImageBatch, Lambda, Normalize, Picture, PictureBatch, ToTensor, Transform, compose,
};
use ondol_data::{
    BatchOf, BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler, Subset,
    SubsetRandomSampler, TensorDataset, sample_generator,
};

fn numbers(n: usize) -> TensorDataset<Tensor> {
    TensorDataset::new(Tensor::range(n))
}

fn epoch<D: Dataset<Item = Tensor> + 'static>(loader: &DataLoader<D>) -> Vec<Vec<i64>> {
    loader
        .iter()
        .map(|batch| batch.unwrap().to_vec::<i64>())
        .collect()
}

#[test]
fn length_and_batches_follow_batch_size_and_drop_last() {
    // samples, batch size, drop_last → sizes of the batches
    let cases: [(usize, usize, bool, &[usize]); 6] = [
        (10, 4, false, &[4, 4, 2]),
        (10, 4, true, &[4, 4]),
        (8, 4, false, &[4, 4]),
        (3, 4, false, &[3]),
        (3, 4, true, &[]),
        (0, 4, false, &[]),
    ];
    for (n, batch_size, drop_last, sizes) in cases {
        for workers in [0, 2] {
            let loader = DataLoader::new(numbers(n))
                .batch_size(batch_size)
                .drop_last(drop_last)
                .num_workers(workers);
            let batches = epoch(&loader);
            assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), sizes);
            assert_eq!(loader.len(), sizes.len());
            let flat = batches.concat();
            assert_eq!(flat, (0..flat.len() as i64).collect::<Vec<_>>());
        }
    }
    assert_eq!(epoch(&DataLoader::new(numbers(3))), [[0], [1], [2]]);
}

#[test]
fn shuffling_gives_a_new_order_each_epoch_and_the_same_for_a_seed() {
    let make = || {
        DataLoader::new(numbers(50))
            .batch_size(7)
            .shuffle(true)
            .seed(3)
    };
    let loader = make();
    let (first, second) = (epoch(&loader), epoch(&loader));
    assert_ne!(first, second);
    let mut all = first.concat();
    all.sort_unstable();
    assert_eq!(all, (0..50).collect::<Vec<_>>());
    let again = make();
    again.set_epoch(1);
    assert_eq!(epoch(&again), second);
    assert_ne!(epoch(&make().seed(4)), first);
}

#[test]
fn samplers_decide_the_order() {
    let loader = DataLoader::new(numbers(10))
        .sampler(SubsetRandomSampler::new([7, 2, 5]))
        .batch_size(2);
    let mut seen = epoch(&loader).concat();
    seen.sort_unstable();
    assert_eq!((seen, loader.len()), (vec![2, 5, 7], 2));
    let drawn = RandomSampler::new(10).replacement(true).num_samples(25);
    let loader = DataLoader::new(numbers(10)).sampler(drawn).batch_size(10);
    assert_eq!(
        epoch(&loader).iter().map(Vec::len).collect::<Vec<_>>(),
        [10, 10, 5]
    );
    let batches = BatchSampler::new(SequentialSampler::new(5), 2, true);
    let loader = DataLoader::new(numbers(10)).batch_sampler(batches);
    assert_eq!(epoch(&loader), [[0, 1], [2, 3]]);
}

fn order() -> SequentialSampler {
    SequentialSampler::new(3)
}

fn batches() -> BatchSampler<SequentialSampler> {
    BatchSampler::new(order(), 2, false)
}

fn base() -> DataLoader<TensorDataset<Tensor>> {
    DataLoader::new(numbers(3))
}

#[test]
fn arguments_that_exclude_each_other_are_refused_in_any_order() {
    let both = "sampler option is mutually exclusive with shuffle";
    let whole = "batch_sampler option is mutually exclusive with";
    type Case = (Box<dyn Fn()>, &'static str);
    let cases: Vec<Case> = vec![
        (
            Box::new(|| drop(base().sampler(order()).shuffle(true))),
            both,
        ),
        (
            Box::new(|| drop(base().shuffle(true).sampler(order()))),
            both,
        ),
        (
            Box::new(|| drop(base().batch_sampler(batches()).batch_size(2))),
            whole,
        ),
        (
            Box::new(|| drop(base().batch_size(1).batch_sampler(batches()))),
            whole,
        ),
        (
            Box::new(|| drop(base().drop_last(true).batch_sampler(batches()))),
            whole,
        ),
        (
            Box::new(|| drop(base().sampler(order()).batch_sampler(batches()))),
            whole,
        ),
        (
            Box::new(|| drop(base().batch_size(0))),
            "batch_size should be a positive integer value, but got batch_size=0",
        ),
        (
            Box::new(|| drop(base().prefetch_factor(0))),
            "prefetch_factor should be a positive",
        ),
    ];
    for (make, says) in cases {
        let error = catch(make).unwrap_err();
        assert!(matches!(
            error.root(),
            Error::Value {
                op: "DataLoader",
                ..
            }
        ));
        assert!(error.to_string().contains(says), "{error}");
        assert!(
            error.to_string().contains("loader.rs"),
            "names this file: {error}"
        );
    }
    // What is given as it is by default excludes nothing.
    drop(base().sampler(order()).shuffle(false).drop_last(false));
}

/// Pictures that go through a random transform, in batches.
struct Pictures<T> {
    transform: T,
}

impl<T: Transform> Dataset for Pictures<T> {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        37
    }

    fn get(&self, index: usize) -> Result<(Tensor, i64)> {
        let image = Image::new(3, 2, 1, pixels(index))?;
        Ok((
            self.transform.apply(image.into())?.into_tensor()?,
            index as i64,
        ))
    }
}

fn pixels(index: usize) -> Vec<u8> {
    (0..6).map(|i| (index * 6 + i) as u8).collect()
}

/// The same pictures, read a batch at once.
struct AtOnce<T>(Pictures<T>);

impl<T: Transform> Dataset for AtOnce<T> {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        self.0.len()
    }

    fn get(&self, index: usize) -> Result<(Tensor, i64)> {
        self.0.get(index)
    }

    fn get_batch(&self, indices: &[usize]) -> Result<BatchOf<Self>> {
        let bytes = indices.iter().flat_map(|&i| pixels(i)).collect();
        let images = PictureBatch::Images(ImageBatch::new(indices.len(), 3, 2, 1, bytes)?);
        let x = self.0.transform.apply_batch(images)?.into_tensor()?;
        let labels = indices.iter().map(|&i| i as i64).collect();
        Ok((x, Tensor::from_vec(labels, [indices.len()])))
    }
}

/// Two random steps between others, so that the order of draws within a sample shows.
fn augment() -> impl Transform {
    let flip = |picture: Picture| {
        let mut image = picture.into_image()?;
        if sample_generator().next_u64() & 1 == 1 {
            image.pixels_mut().reverse();
        }
        Ok(image.into())
    };
    let brighten = |x: Tensor| x * (sample_generator().next_u64() % 100) as f64;
    compose![
        Lambda::new(flip),
        ToTensor,
        Lambda::tensor(brighten),
        Normalize::new([0.3], [0.7])
    ]
}

fn bits<D: Dataset<Item = (Tensor, i64)> + 'static>(
    dataset: D,
    workers: usize,
) -> Vec<(Vec<u32>, Vec<i64>)> {
    let loader = DataLoader::new(dataset)
        .batch_size(4)
        .shuffle(true)
        .seed(9)
        .num_workers(workers)
        .prefetch_factor(1);
    let both = [loader.iter(), loader.iter()].into_iter().flatten();
    let batch = |b: Result<(Tensor, Tensor)>| {
        let (x, y) = b.unwrap();
        (
            x.to_vec::<f32>().into_iter().map(f32::to_bits).collect(),
            y.to_vec::<i64>(),
        )
    };
    both.map(batch).collect()
}

#[test]
fn batches_are_the_same_bits_for_any_number_of_workers() {
    let expected = bits(
        Pictures {
            transform: augment(),
        },
        0,
    );
    assert_eq!(expected.len(), 20);
    for workers in [1, 2, 4, 50] {
        assert_eq!(
            bits(
                Pictures {
                    transform: augment()
                },
                workers
            ),
            expected,
            "{workers} workers"
        );
    }
    // A batch read at once draws what its samples draw alone; so does one seen through wrappers.
    assert_eq!(
        bits(
            AtOnce(Pictures {
                transform: augment()
            }),
            2
        ),
        expected
    );
    let all: Vec<usize> = (0..37).collect();
    assert_eq!(
        bits(
            Subset::new(
                AtOnce(Pictures {
                    transform: augment()
                }),
                all
            ),
            2
        ),
        expected
    );
    assert_eq!(
        bits(
            Arc::new(
                Pictures {
                    transform: augment()
                }
                .map(|sample| sample)
            ),
            2
        ),
        expected
    );
}

#[test]
fn augmentation_changes_from_epoch_to_epoch() {
    let loader = DataLoader::new(Pictures {
        transform: augment(),
    })
    .batch_size(37)
    .seed(1);
    let x = || loader.iter().next().unwrap().unwrap().0.to_vec::<f32>();
    assert_ne!(x(), x());
}

/// A dataset that counts, waits and fails on request.
#[derive(Default)]
struct Moody {
    fails: Option<usize>,
    panics: Option<usize>,
    raises: Option<usize>,
    slow: bool,
    got: Arc<AtomicUsize>,
}

impl Dataset for Moody {
    type Item = i64;

    fn len(&self) -> usize {
        100
    }

    fn get(&self, index: usize) -> Result<i64> {
        self.got.fetch_add(1, Ordering::SeqCst);
        if self.slow {
            std::thread::sleep(Duration::from_millis(2));
        }
        if self.fails == Some(index) {
            return Err(Error::data("unreadable"));
        }
        if self.panics == Some(index) {
            // Not `panic!`, which would print.
            std::panic::resume_unwind(Box::new("out of temper".to_owned()));
        }
        if self.raises == Some(index) {
            let _ = Tensor::zeros([2]).reshape([3]);
        }
        Ok(index as i64)
    }
}

#[test]
fn a_failing_sample_is_named_and_the_epoch_goes_on() {
    let cases = [
        (
            Moody {
                fails: Some(13),
                ..Moody::default()
            },
            "unreadable",
        ),
        (
            Moody {
                panics: Some(13),
                ..Moody::default()
            },
            "out of temper",
        ),
        (
            Moody {
                raises: Some(13),
                ..Moody::default()
            },
            "reshape",
        ),
    ];
    for (dataset, says) in cases {
        let dataset = Arc::new(dataset);
        for workers in [0, 1, 3] {
            let loader = DataLoader::new(dataset.clone())
                .batch_size(10)
                .num_workers(workers);
            let batches: Vec<_> = loader.iter().collect();
            assert_eq!(batches.len(), 10);
            for (i, batch) in batches.iter().enumerate() {
                assert_eq!(batch.is_err(), i == 1);
            }
            let text = batches[1].as_ref().unwrap_err().to_string();
            assert!(
                text.contains("sample 13: ") && text.contains(says),
                "{text}"
            );
        }
    }
}

#[test]
fn an_index_out_of_range_is_an_error() {
    let loader = DataLoader::new(numbers(3))
        .sampler(SequentialSampler::new(4))
        .batch_size(2);
    let batches: Vec<_> = loader.iter().collect();
    assert!(batches[0].is_ok());
    let text = batches[1].as_ref().unwrap_err().to_string();
    assert!(
        text.contains("index 3") && text.contains("size 3"),
        "{text}"
    );
}

#[test]
fn dropping_an_epoch_in_its_middle_ends_the_workers() {
    let got = Arc::new(AtomicUsize::new(0));
    let dataset = Moody {
        slow: true,
        got: got.clone(),
        ..Moody::default()
    };
    let loader = DataLoader::new(dataset).num_workers(3).prefetch_factor(2);
    let started = Instant::now();
    for read in 0..4 {
        let mut batches = loader.iter();
        for i in 0..read {
            assert_eq!(batches.next().unwrap().unwrap().to_vec::<i64>(), [i]);
        }
        drop(batches);
    }
    assert!(started.elapsed() < Duration::from_secs(10));
    let after = got.load(Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(got.load(Ordering::SeqCst), after, "nobody fetches any more");
}

#[test]
fn workers_run_ahead_only_as_far_as_they_may() {
    let got = Arc::new(AtomicUsize::new(0));
    let dataset = Moody {
        got: got.clone(),
        ..Moody::default()
    };
    let loader = DataLoader::new(dataset).num_workers(2).prefetch_factor(3);
    let mut batches = loader.iter();
    let waiting = Instant::now();
    while got.load(Ordering::SeqCst) < 6 && waiting.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(got.load(Ordering::SeqCst), 6);
    assert_eq!(batches.next().unwrap().unwrap().to_vec::<i64>(), [0]);
    assert_eq!(batches.len(), 99);
}
