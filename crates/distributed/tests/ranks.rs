//! Ranks as threads of this program: all of it but MPI.

mod scenarios;

use std::time::Duration;

use ondol_distributed::{Communicator, threads};
use scenarios::{bits, distance};

/// Runs `f` on each of `n` ranks; what they give, by rank.
fn on_ranks<R: Send + 'static>(
    n: usize,
    patience: Duration,
    f: impl Fn(&Communicator) -> R + Send + Copy + 'static,
) -> Vec<std::thread::Result<R>> {
    let ranks = threads(n, patience)
        .into_iter()
        .map(|comm| std::thread::spawn(move || f(&comm)));
    let ranks: Vec<_> = ranks.collect();
    ranks.into_iter().map(|rank| rank.join()).collect()
}

fn numbers(name: &str, n: usize) -> Vec<Vec<f32>> {
    let (_, f) = scenarios::ALL
        .iter()
        .find(|(other, _)| *other == name)
        .unwrap();
    let f = *f;
    if n == 1 {
        return vec![f(&Communicator::single())];
    }
    let ranks = on_ranks(n, Duration::from_secs(120), f);
    ranks
        .into_iter()
        .map(|r| r.expect("no rank panics"))
        .collect()
}

/// All ranks have the same bits, and those of one process to a tolerance.
fn as_alone(name: &str, ranks: &[usize], tolerance: f64) {
    let alone = numbers(name, 1).remove(0);
    for &n in ranks {
        let all = numbers(name, n);
        for (rank, own) in all.iter().enumerate() {
            assert_eq!(bits(own), bits(&all[0]), "{name}: rank {rank} of {n}");
        }
        let away = distance(&all[0], &alone);
        assert!(
            away <= tolerance,
            "{name}, {n} ranks: {away:e} away from one process"
        );
    }
}

#[test]
fn ranks_learn_what_one_process_learns() {
    as_alone("train", &[2, 3], 1e-6);
    // Nothing but rounding keeps them apart.
    as_alone("train_f64", &[2], 1e-7);
}

#[test]
fn again_and_with_other_buckets_it_is_the_same_to_the_bit() {
    let first = numbers("train", 3);
    assert_eq!(bits(&first[0]), bits(&numbers("train", 3)[0]));
    assert_eq!(bits(&first[0]), bits(&numbers("train_small_buckets", 3)[0]));
}

#[test]
fn gradients_that_wait_add_up() {
    as_alone("no_sync", &[2, 3], 1e-6);
}

#[test]
fn a_rank_without_data_takes_part() {
    as_alone("join", &[2], 1e-6);
}

#[test]
fn a_parameter_that_one_rank_uses_is_averaged() {
    as_alone("find_unused", &[2], 0.0);
}

#[test]
fn norms_are_those_of_all() {
    as_alone("clip", &[2, 3], 1e-5);
}

#[test]
fn batches_are_normalised_together() {
    as_alone("sync_norm", &[2, 3], 1e-5);
}

#[test]
fn collectives_give_what_they_should() {
    as_alone("moves", &[2, 3, 4], 0.0);
    as_alone("on_main", &[2], 0.0);
}

#[test]
fn figures_are_those_of_all_samples() {
    as_alone("metrics", &[2, 3], 1e-6);
}

fn faults(name: &str, patience: u64) -> Vec<std::thread::Result<String>> {
    let (_, f) = scenarios::faults::ALL
        .iter()
        .find(|(other, _)| *other == name)
        .unwrap();
    on_ranks(3, Duration::from_secs(patience), *f)
}

#[test]
fn who_does_something_else_is_named_on_all_ranks() {
    for (name, expected) in [
        ("shapes", "rank 2: all_reduce (Sum), f32 [4]"),
        (
            "kinds",
            "rank 2 does not do what rank 0 does, as collective 0",
        ),
        (
            "models",
            "rank 2 has another model than rank 0: `weight` [2, 5] f32 where rank 0 has `weight` [2, 6] f32",
        ),
    ] {
        for error in faults(name, 60) {
            let error = error.unwrap();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }
}

/// What a rank panicked with.
fn panic_text(result: std::thread::Result<String>) -> String {
    let panic = result.expect_err("the rank panics");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()))
        .unwrap()
}

#[test]
fn who_takes_fewer_steps_is_named() {
    let mut ranks = faults("steps", 60);
    assert_eq!(ranks.pop().unwrap().unwrap(), "all steps done");
    for rank in ranks {
        let text = panic_text(rank);
        assert!(text.contains("rank 2 has ended after"), "{text}");
        assert!(text.contains("bucket 0 of 1"), "{text}");
    }
}

#[test]
fn parameters_that_are_not_used_are_named() {
    for rank in faults("unused", 60) {
        let text = panic_text(rank);
        assert!(text.contains("no gradient to 1.weight, 1.bias"), "{text}");
    }
}

#[test]
fn a_rank_that_panics_is_named() {
    let mut ranks = faults("panics", 60);
    assert_eq!(panic_text(ranks.pop().unwrap()), "a bug on one rank");
    for rank in ranks {
        let error = rank.unwrap();
        assert!(error.contains("rank 2 has ended"), "{error}");
    }
}

#[test]
fn another_number_of_ranks_goes_on_where_the_last_checkpoint_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let straight = scenarios::resume::run(&Communicator::single(), &path("straight"), 13);
    let run = |n: usize, last: usize| {
        let ranks = threads(n, Duration::from_secs(120))
            .into_iter()
            .map(|comm| {
                let path = path("stopped");
                std::thread::spawn(move || scenarios::resume::run(&comm, &path, last))
            });
        let ranks: Vec<_> = ranks.collect();
        let ranks = ranks.into_iter().map(|r| r.join().unwrap());
        ranks.collect::<Vec<_>>()
    };
    // Step 7 was not saved: the last checkpoint is that of step 6, in the middle of an epoch.
    run(2, 7);
    let resumed = run(3, 13);
    assert_eq!(bits(&resumed[0]), bits(&resumed[2]));
    let away = distance(&resumed[0], &straight);
    assert!(away < 1e-5, "{away:e}");
}
