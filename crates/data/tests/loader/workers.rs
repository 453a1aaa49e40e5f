//! What goes wrong in a worker, what a worker knows, and how workers begin and end.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ondol_autograd::{Result, Tensor};
use ondol_data::{DataLoader, Dataset, WorkerInfo, get_worker_info};

use super::datasets::numbers;
use super::gate::within;

/// How a sample goes wrong.
#[derive(Clone, Copy)]
enum Mood {
    Fails,
    Panics,
    Raises,
}

/// Numbers of which one goes wrong.
struct Moody(Mood, usize);

impl Dataset for Moody {
    type Item = i64;

    fn len(&self) -> usize {
        40
    }

    fn get(&self, index: usize) -> Result<i64> {
        if index == self.1 {
            match self.0 {
                Mood::Fails => return Err(ondol_autograd::Error::data("unreadable")),
                Mood::Panics => quiet_panic("out of temper"),
                Mood::Raises => drop(Tensor::zeros([2]).reshape([3])),
            }
        }
        Ok(index as i64)
    }
}

/// A panic that prints nothing.
fn quiet_panic(text: &str) -> ! {
    std::panic::resume_unwind(Box::new(text.to_owned()))
}

#[test]
fn a_sample_that_goes_wrong_is_named_and_the_epoch_goes_on() {
    // How, which sample, which batch, what is said.
    let rows = [
        (Mood::Fails, 13, 1, "unreadable"),
        (Mood::Panics, 13, 1, "out of temper"),
        (Mood::Raises, 13, 1, "reshape"),
        (Mood::Panics, 0, 0, "out of temper"),
        (Mood::Fails, 39, 3, "unreadable"),
    ];
    for (mood, sample, wrong, says) in rows {
        for workers in [0, 1, 3] {
            for persistent in [false, true] {
                let loader = DataLoader::new(Moody(mood, sample))
                    .batch_size(10)
                    .num_workers(workers)
                    .persistent_workers(persistent);
                // The second epoch goes wrong as the first does: the workers are still there.
                for _ in 0..2 {
                    let batches: Vec<_> = loader.iter().collect();
                    let failed: Vec<usize> = (0..batches.len())
                        .filter(|&i| batches[i].is_err())
                        .collect();
                    assert_eq!((batches.len(), failed), (4, vec![wrong]));
                    let text = batches[wrong].as_ref().unwrap_err().to_string();
                    assert!(
                        text.contains(&format!("sample {sample}: ")) && text.contains(says),
                        "{text}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_panic_outside_of_a_sample_names_the_batch() {
    for workers in [0, 2] {
        let loader = DataLoader::new(numbers(6))
            .batch_size(2)
            .num_workers(workers)
            .collate_fn(|rows: Vec<Tensor>| -> Result<usize> {
                match rows[0].item() as i64 {
                    2 => quiet_panic("cannot join"),
                    _ => Ok(rows.len()),
                }
            });
        let batches: Vec<_> = loader.iter().collect();
        assert_eq!(batches.iter().filter(|b| b.is_ok()).count(), 2);
        let text = batches[1].as_ref().unwrap_err().to_string();
        assert!(
            text.contains("batch 1 (samples [2, 3])") && text.contains("cannot join"),
            "{text}"
        );
    }
}

#[test]
fn worker_init_fn_runs_once_in_each_worker() {
    // Workers, whether they stay, epochs, how often it runs.
    let rows = [
        (0, false, 2, 0),
        (2, false, 1, 2),
        (2, false, 3, 6),
        (2, true, 3, 2),
        (4, true, 2, 4),
    ];
    for (workers, persistent, epochs, runs) in rows {
        let ran = Arc::new(AtomicUsize::new(0));
        let count = ran.clone();
        let loader = DataLoader::new(numbers(20))
            .num_workers(workers)
            .persistent_workers(persistent)
            .worker_init_fn(move |id| {
                let info = get_worker_info().expect("a worker");
                assert_eq!((info.id, info.num_workers), (id, workers));
                count.fetch_add(1, Ordering::SeqCst);
            });
        for _ in 0..epochs {
            assert_eq!(loader.iter().filter(|batch| batch.is_ok()).count(), 20);
        }
        assert_eq!(ran.load(Ordering::SeqCst), runs, "{workers}, {persistent}");
    }
}

#[test]
fn what_worker_init_fn_panics_with_is_the_error_of_each_batch_of_its_worker() {
    // Workers, whether they stay, which worker fails.
    for (workers, persistent, bad) in [(1, false, 0), (2, false, 1), (3, true, 1)] {
        let loader = DataLoader::new(numbers(7))
            .num_workers(workers)
            .persistent_workers(persistent)
            .worker_init_fn(move |id| {
                if id == bad {
                    quiet_panic("no licence")
                }
            });
        for _ in 0..2 {
            let batches: Vec<_> = loader.iter().collect();
            assert_eq!(batches.len(), 7);
            for (i, batch) in batches.iter().enumerate() {
                assert_eq!(batch.is_err(), i % workers == bad, "{i}");
                if let Err(error) = batch {
                    let text = error.to_string();
                    let says = format!("worker {bad}: worker_init_fn panicked: no licence");
                    assert!(text.contains(&says), "{text}");
                }
            }
        }
    }
}

/// Numbers that tell which worker got them.
struct Tells;

impl Dataset for Tells {
    type Item = (i64, i64, i64);

    fn len(&self) -> usize {
        12
    }

    fn get(&self, index: usize) -> Result<(i64, i64, i64)> {
        let known = |of: fn(WorkerInfo) -> i64| get_worker_info().map_or(-1, of);
        let id = known(|w| w.id as i64);
        let seed = known(|w| w.seed as i64 - w.id as i64);
        Ok((index as i64, id, seed))
    }
}

#[test]
fn a_worker_knows_who_it_is() {
    for workers in [0, 1, 3] {
        for persistent in [false, true] {
            let loader = DataLoader::new(Tells)
                .num_workers(workers)
                .persistent_workers(persistent)
                .seed(77);
            for (i, batch) in loader.iter().chain(loader.iter()).enumerate() {
                let (_, id, seed) = batch.unwrap();
                let (want, seeded) = match workers {
                    0 => (-1i64, -1i64),
                    n => ((i % 12 % n) as i64, 77),
                };
                assert_eq!((id.to_vec(), seed.to_vec()), (vec![want], vec![seeded]));
            }
        }
    }
    assert_eq!(get_worker_info(), None);
}

/// Counts when its thread has ended.
struct Ended(Arc<AtomicUsize>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

thread_local! {
    static ENDED: RefCell<Option<Ended>> = const { RefCell::new(None) };
}

#[test]
fn dropping_an_iterator_in_its_middle_joins_its_workers() {
    // Workers, batches ahead, batches read before.
    let rows = [
        (1, 1, 0),
        (3, 2, 0),
        (3, 1, 1),
        (2, 2, 5),
        (4, 3, 99),
        (4, 1, 100),
    ];
    for (workers, ahead, read) in rows {
        let ended = Arc::new(AtomicUsize::new(0));
        let count = ended.clone();
        let data = Arc::new(numbers(100));
        let loader = DataLoader::new(data.clone())
            .num_workers(workers)
            .prefetch_factor(ahead)
            .worker_init_fn(move |_| ENDED.set(Some(Ended(count.clone()))));
        let after = within("dropping an iterator", move || {
            let mut batches = loader.iter();
            for i in 0..read {
                assert_eq!(batches.next().unwrap().unwrap().to_vec::<i64>(), [i]);
            }
            drop(batches);
            let after = ended.load(Ordering::SeqCst);
            drop(loader);
            after
        });
        assert_eq!(after, workers, "all have ended by then");
        assert_eq!(Arc::strong_count(&data), 1, "nobody reads it any more");
    }
}

#[test]
fn persistent_workers_outlive_their_iterator_and_end_with_the_loader() {
    let ended = Arc::new(AtomicUsize::new(0));
    let count = ended.clone();
    let loader = DataLoader::new(numbers(100))
        .num_workers(3)
        .persistent_workers(true)
        .worker_init_fn(move |_| ENDED.set(Some(Ended(count.clone()))));
    let seen = within("dropping a loader", move || {
        let now = || ended.load(Ordering::SeqCst);
        let mut seen = Vec::new();
        for read in [3, 0, 50] {
            let mut batches = loader.iter();
            for i in 0..read {
                assert_eq!(batches.next().unwrap().unwrap().to_vec::<i64>(), [i]);
            }
            drop(batches);
            seen.push(now());
        }
        // Two epochs at once: the second has workers of its own, and those of one stay.
        let (first, second) = (loader.iter(), loader.iter());
        assert_eq!((first.count(), second.count()), (100, 100));
        seen.push(now());
        // An iterator may outlive its loader.
        let mut last = loader.iter();
        drop(loader);
        assert!(last.next().is_some());
        seen.push(now());
        drop(last);
        seen.push(now());
        seen
    });
    assert_eq!(seen, [0, 0, 0, 3, 3, 6]);
}
