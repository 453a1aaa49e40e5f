//! Waiting for workers: timeouts, and how far they run ahead.

use std::sync::mpsc::TryRecvError;
use std::time::Duration;

use ondol_autograd::{Result, Tensor};
use ondol_data::{DataLoader, LoaderIter, Source};

use super::gate::{Gate, Gated, LONG, within};

/// The next batch, asked for again as long as it is not ready.
fn patiently<S: Source<Batch = Tensor>>(batches: &mut LoaderIter<S>) -> Vec<i64> {
    loop {
        match batches.next().expect("a batch") {
            Ok(batch) => return batch.to_vec(),
            Err(error) => assert!(error.to_string().contains("timed out"), "{error}"),
        }
    }
}

fn late(batch: Option<Result<Tensor>>, number: usize) {
    let text = batch.expect("an error").unwrap_err().to_string();
    assert!(
        text.contains("DataLoader timed out after 0.01 seconds")
            && text.contains(&format!("batch {number} is not ready")),
        "{text}"
    );
}

#[test]
fn a_batch_that_is_late_is_an_error_and_asked_for_again() {
    // Workers, whether they stay, the batch that waits.
    for (workers, persistent, waiting) in [(1, false, 0), (2, false, 3), (3, true, 1)] {
        within("a loader with a timeout", move || {
            let gate = Gate::default();
            let waits: fn(usize) -> bool = match waiting {
                0 => |i| i == 0,
                3 => |i| i == 3,
                _ => |i| i == 1,
            };
            let (data, _told) = Gated::new(6, &gate, waits);
            let loader = DataLoader::new(data)
                .num_workers(workers)
                .persistent_workers(persistent)
                .timeout(Duration::from_millis(10));
            let place = || {
                let state = loader.state_dict();
                state.get("batches_handed_out").unwrap().as_int().unwrap() as usize
            };
            let mut batches = loader.iter();
            for i in 0..waiting {
                assert_eq!(patiently(&mut batches), [i as i64]);
            }
            // As long as the gate is shut, and no longer.
            for _ in 0..3 {
                late(batches.next(), waiting);
                assert_eq!(place(), waiting, "the place stays");
            }
            gate.open();
            for i in waiting..6 {
                assert_eq!(patiently(&mut batches), [i as i64]);
                assert_eq!(place(), i + 1);
            }
            assert!(batches.next().is_none());
            drop(batches);
            let mut second = loader.iter();
            assert_eq!(patiently(&mut second), [0]);
        });
    }
}

#[test]
fn a_worker_that_is_late_is_not_waited_for() {
    for persistent in [false, true] {
        let gate = Gate::default();
        let held = gate.clone();
        let told = within("dropping an iterator", move || {
            let (data, told) = Gated::new(4, &held, |i| i == 0);
            let loader = DataLoader::new(data)
                .num_workers(2)
                .persistent_workers(persistent)
                .timeout(Duration::from_millis(10));
            let mut batches = loader.iter();
            late(batches.next(), 0);
            // The gate is still shut: joining its worker would take for ever.
            drop(batches);
            drop(loader);
            told
        });
        gate.open();
        // Its thread ends with what it held, and the dataset with it.
        let asked: Vec<usize> = told.iter().collect();
        assert!(asked.contains(&0));
    }
}

#[test]
fn without_workers_or_with_zero_nothing_is_late() {
    let gate = Gate::default();
    gate.open();
    for (workers, timeout) in [(0, Duration::from_nanos(1)), (2, Duration::ZERO)] {
        let (data, _told) = Gated::new(5, &gate, |_| true);
        let loader = DataLoader::new(data).num_workers(workers).timeout(timeout);
        assert_eq!(loader.iter().filter(|batch| batch.is_ok()).count(), 5);
    }
}

#[test]
fn batches_come_in_order_whoever_is_quicker() {
    // The first worker is held up until the second has done all it may.
    within("the loader", || {
        let gate = Gate::default();
        let (data, told) = Gated::new(8, &gate, |i| i % 2 == 0);
        let loader = DataLoader::new(data).num_workers(2).prefetch_factor(4);
        let batches = loader.iter();
        let mut odd = 0;
        while odd < 4 {
            odd += told.recv_timeout(LONG).expect("asked for") % 2;
        }
        gate.open();
        let all: Vec<i64> = batches.map(|b| b.unwrap().item() as i64).collect();
        assert_eq!(all, [0, 1, 2, 3, 4, 5, 6, 7]);
    });
}

#[test]
fn workers_run_ahead_only_as_far_as_they_may() {
    // Workers, batches ahead.
    for (workers, ahead) in [(1, 1), (2, 3), (3, 2)] {
        let gate = Gate::default();
        let (data, told) = Gated::new(100, &gate, |_| false);
        let loader = DataLoader::new(data)
            .num_workers(workers)
            .prefetch_factor(ahead);
        let mut batches = loader.iter();
        let next = || told.recv_timeout(LONG).expect("asked for");
        let mut first: Vec<usize> = (0..workers * ahead).map(|_| next()).collect();
        first.sort_unstable();
        assert_eq!(first, (0..workers * ahead).collect::<Vec<_>>());
        assert_eq!(told.try_recv(), Err(TryRecvError::Empty), "no further");
        // One that is handed out makes room for one more, of the same worker.
        batches.next().unwrap().unwrap();
        assert_eq!(next(), workers * ahead);
        assert_eq!(told.try_recv(), Err(TryRecvError::Empty), "no further");
    }
}
