//! Where a loader is, saved in the middle of an epoch and gone on from.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ondol_autograd::{Result, Tensor, fork_rng_guard, manual_seed};
use ondol_data::{
    BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler, SubsetRandomSampler,
    sample_generator,
};
use ondol_tensor::{ToValue, Value};

/// Samples that draw a number, and a count of those fetched.
#[derive(Clone, Default)]
struct Drawn(Arc<AtomicUsize>);

impl Dataset for Drawn {
    type Item = (i64, i64);

    fn len(&self) -> usize {
        23
    }

    fn get(&self, index: usize) -> Result<(i64, i64)> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok((
            index as i64,
            (sample_generator().next_u64() % 1_000_000) as i64,
        ))
    }
}

type Batch = (Vec<i64>, Vec<i64>);

fn rows(batch: Result<(Tensor, Tensor)>) -> Batch {
    let (x, y) = batch.unwrap();
    (x.to_vec(), y.to_vec())
}

fn base() -> DataLoader<Drawn> {
    DataLoader::new(Drawn::default())
}

fn shuffled() -> DataLoader<Drawn> {
    base().batch_size(4).shuffle(true)
}

/// Each kind of order; every epoch has six batches or more.
fn kinds() -> Vec<fn() -> DataLoader<Drawn>> {
    vec![
        || base().batch_size(4),
        || shuffled().seed(5),
        || shuffled().drop_last(true),
        || {
            let drawn = RandomSampler::new(23).replacement(true).num_samples(30);
            base().batch_size(5).sampler(drawn)
        },
        || {
            let subset = SubsetRandomSampler::new((0..22).step_by(2).collect::<Vec<_>>());
            base().batch_sampler(BatchSampler::new(subset, 2, false))
        },
    ]
}

/// All batches of two epochs, and the state before and after each.
fn straight(loader: &DataLoader<Drawn>) -> (Vec<Vec<Batch>>, Vec<Vec<Value>>) {
    let mut all = (vec![], vec![]);
    for _ in 0..2 {
        let (mut batches, mut states) = (vec![], vec![loader.state_dict()]);
        for batch in loader {
            batches.push(rows(batch));
            states.push(loader.state_dict());
        }
        all.0.push(batches);
        all.1.push(states);
    }
    all
}

#[test]
fn an_epoch_goes_on_from_every_place_with_any_number_of_workers() {
    for (kind, make) in kinds().into_iter().enumerate() {
        for saving in [0, 3] {
            let _own = fork_rng_guard();
            manual_seed(7);
            let loader = make().num_workers(saving);
            let (epochs, states) = straight(&loader);
            for (number, (batches, states)) in epochs.iter().zip(&states).enumerate() {
                // Before the first batch the epoch's seed is not drawn yet.
                for (place, state) in states.iter().enumerate().skip(1) {
                    for workers in [0, 1, 2, 4] {
                        let resumed = make().num_workers(workers);
                        resumed.load_state_dict(state).unwrap();
                        let rest: Vec<Batch> = resumed.iter().map(rows).collect();
                        assert_eq!(
                            rest,
                            batches[place..],
                            "kind {kind}, epoch {number}, {place} batches by {saving} workers, \
                             the rest by {workers}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_epoch_after_a_resumed_one_is_the_one_that_would_have_come() {
    let make = || shuffled().seed(3);
    let (epochs, states) = straight(&make());
    let resumed = make();
    resumed.load_state_dict(&states[0][2]).unwrap();
    let rest: Vec<Batch> = resumed.iter().map(rows).collect();
    assert_eq!(rest, epochs[0][2..]);
    assert_eq!(
        resumed.iter().map(rows).collect::<Vec<_>>(),
        epochs[1],
        "the second epoch is whole"
    );
}

#[test]
fn seeds_of_the_default_generator_are_drawn_as_in_a_straight_run() {
    let _own = fork_rng_guard();
    manual_seed(1);
    let loader = shuffled();
    let mut batches = loader.iter();
    batches.next();
    let (state, generator) = (loader.state_dict(), ondol_tensor::get_rng_state());
    let mut expected: Vec<Batch> = batches.map(rows).collect();
    expected.extend(loader.iter().map(rows));

    manual_seed(99);
    let resumed = shuffled();
    resumed.load_state_dict(&state).unwrap();
    ondol_tensor::set_rng_state(generator);
    let mut got: Vec<Batch> = resumed.iter().map(rows).collect();
    got.extend(resumed.iter().map(rows));
    assert_eq!(got, expected);
}

#[test]
fn skipped_batches_are_not_fetched() {
    for workers in [0, 2] {
        let loader = base().batch_size(4);
        loader.iter().by_ref().take(4).for_each(drop);
        let fetched = Drawn::default();
        let resumed = DataLoader::new(fetched.clone())
            .batch_size(4)
            .num_workers(workers);
        resumed.load_state_dict(&loader.state_dict()).unwrap();
        let batches = resumed.iter();
        assert_eq!(batches.len(), 2);
        assert_eq!(batches.count(), 2);
        assert_eq!(fetched.0.load(Ordering::SeqCst), 23 - 16);
    }
}

/// A state's entries as text; a map's own would be in any order.
fn text(state: &Value) -> String {
    let entries: Vec<_> = state.as_dict().unwrap().iter().collect();
    format!("{entries:?}")
}

fn entry(state: &Value, key: &str) -> i64 {
    state.get(key).unwrap().as_int().unwrap()
}

#[test]
fn the_state_counts_what_was_handed_out() {
    let loader = base().batch_size(4).num_workers(2).prefetch_factor(3);
    let place = || {
        let state = loader.state_dict();
        (entry(&state, "epoch"), entry(&state, "batches_handed_out"))
    };
    assert_eq!(place(), (0, 0));
    let mut batches = loader.iter();
    assert_eq!(place(), (0, 0));
    for handed in 1..=6 {
        assert!(batches.next().is_some());
        assert_eq!(place(), (0, handed));
    }
    // What the loop does after its last batch is still to come.
    assert_eq!(place(), (0, 6));
    assert!(batches.next().is_none());
    assert_eq!(place(), (1, 0));
    assert!(matches!(
        loader.state_dict().get("seed").unwrap(),
        Value::None
    ));
    // An epoch that is left in its middle stays where it is, until the next begins.
    loader.iter().next();
    assert_eq!(place(), (1, 1));
    let _next = loader.iter();
    assert_eq!(place(), (2, 0));
    assert_eq!(text(&loader.to_value()), text(&loader.state_dict()));
}

#[test]
fn a_state_that_was_loaded_is_the_state() {
    let loader = shuffled().seed(1);
    loader.iter().next();
    let state = loader.state_dict();
    let resumed = shuffled();
    resumed.load_state_dict(&state).unwrap();
    assert_eq!(
        text(&resumed.state_dict()),
        text(&state),
        "seed of the epoch under way included"
    );
}

#[test]
fn set_epoch_keeps_the_place_in_that_epoch_and_forgets_any_other() {
    let make = || shuffled().seed(4);
    let (epochs, states) = straight(&make());
    for (set, expected) in [(1, &epochs[1][3..]), (0, &epochs[0][..])] {
        let resumed = make();
        resumed.load_state_dict(&states[1][3]).unwrap();
        resumed.set_epoch(set);
        let got: Vec<Batch> = resumed.iter().map(rows).collect();
        assert_eq!(got, expected, "set_epoch({set})");
    }
    let loader = make();
    loader.iter().next();
    loader.set_epoch(1);
    assert_eq!(entry(&loader.state_dict(), "epoch"), 1);
    assert_eq!(entry(&loader.state_dict(), "batches_handed_out"), 0);
}

#[test]
fn a_state_of_another_loader_is_refused() {
    let state = |loader: DataLoader<Drawn>| {
        loader.iter().next();
        loader.state_dict()
    };
    let ordered = || base().batch_size(4);
    let mut too_far = state(ordered());
    if let Value::Dict(dict) = &mut too_far {
        dict.insert("batches_handed_out", 7usize);
    }
    let cases = [
        (state(shuffled()), "RandomSampler"),
        (state(base().batch_size(5)), "5 batches of 23 samples"),
        (state(ordered().drop_last(true)), "5 batches of 23 samples"),
        (
            state(ordered().sampler(SequentialSampler::new(22))),
            "6 batches of 22 samples",
        ),
        (too_far, "7 batches of an epoch of 6"),
        (Value::None, "expected a dict"),
    ];
    for (state, says) in cases {
        let loader = ordered();
        let text = loader.load_state_dict(&state).unwrap_err().to_string();
        assert!(text.contains(says), "{text}");
        assert_eq!(entry(&loader.state_dict(), "batches_handed_out"), 0);
    }
}
