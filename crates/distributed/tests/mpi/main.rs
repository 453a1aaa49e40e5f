//! Ranks as processes that `mpirun` starts: this program starts itself again under it.
//!
//! Without `mpirun` nothing is tested, and a line says so; `ONDOL_REQUIRE_MPI=1` makes that a failure.

#[path = "../scenarios/mod.rs"]
mod scenarios;
mod start;

use std::time::{Duration, Instant};

use ondol_distributed::{Communicator, init_process_group};
use scenarios::{bits, distance};
use start::{Run, numbers, run};

const SCENARIO: &str = "ONDOL_TEST_SCENARIO";
const FOLDER: &str = "ONDOL_TEST_FOLDER";

/// What each process does; not a test by itself.
#[test]
#[ignore = "started by the other tests under mpirun"]
fn rank() {
    let scenario = std::env::var(SCENARIO).expect("the other tests start it");
    let folder = std::path::PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let comm = init_process_group("mpi").expect("under mpirun");
    let leave = |name: &str, bytes: Vec<u8>| {
        let path = folder.join(format!("{name}-{}", comm.rank()));
        std::fs::write(path, bytes).unwrap();
    };
    leave("pid", std::process::id().to_string().into_bytes());
    if let Some(rest) = scenario.strip_prefix("resume ") {
        let (path, last) = rest.split_once(' ').unwrap();
        let path = std::path::Path::new(path);
        let got = scenarios::resume::run(&comm, path, last.parse().unwrap());
        leave(
            "numbers",
            got.iter().flat_map(|x| x.to_le_bytes()).collect(),
        );
    } else if let Some((_, f)) = scenarios::ALL.iter().find(|(name, _)| *name == scenario) {
        let got = f(&comm);
        leave(
            "numbers",
            got.iter().flat_map(|x| x.to_le_bytes()).collect(),
        );
    } else {
        let faults = scenarios::faults::ALL;
        let (_, f) = faults.iter().find(|(name, _)| *name == scenario).unwrap();
        let said = f(&comm);
        leave("said", said.into_bytes());
    }
}

fn as_alone(name: &str, ranks: &[usize], tolerance: f64) {
    let (_, f) = scenarios::ALL
        .iter()
        .find(|(other, _)| *other == name)
        .unwrap();
    for &n in ranks {
        let Some(all) = numbers(name, n) else { return };
        let alone = f(&Communicator::single());
        for (rank, own) in all.iter().enumerate() {
            assert_eq!(bits(own), bits(&all[0]), "{name}: rank {rank} of {n}");
        }
        let away = distance(&all[0], &alone);
        assert!(
            away <= tolerance,
            "{name}, {n} ranks: {away:e} away from one process"
        );
        println!("{name}, {n} ranks: {away:e} away from one process");
    }
}

#[test]
fn processes_learn_what_one_learns_and_the_same_bits_again() {
    as_alone("train", &[2, 3], 1e-6);
    let (Some(first), Some(again)) = (numbers("train", 2), numbers("train", 2)) else {
        return;
    };
    assert_eq!(bits(&first[0]), bits(&again[0]));
    let small = numbers("train_small_buckets", 2).unwrap();
    assert_eq!(bits(&first[0]), bits(&small[0]));
}

#[test]
fn gradients_wait_or_are_not_there_at_all() {
    as_alone("no_sync", &[2], 1e-6);
    as_alone("join", &[2], 1e-6);
    as_alone("find_unused", &[2], 0.0);
}

#[test]
fn batches_are_normalised_together() {
    as_alone("sync_norm", &[2, 3], 1e-5);
}

#[test]
fn collectives_and_figures() {
    as_alone("moves", &[2, 3], 0.0);
    as_alone("metrics", &[3], 1e-6);
    as_alone("on_main", &[2], 0.0);
    as_alone("clip", &[2], 1e-5);
}

#[test]
fn three_ranks_resume_what_two_have_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let resume =
        |n: usize, last: usize| numbers(&format!("resume {} {last}", path("stopped").display()), n);
    let Some(_) = resume(2, 7) else { return };
    let resumed = resume(3, 13).unwrap();
    let straight = scenarios::resume::run(&Communicator::single(), &path("straight"), 13);
    let away = distance(&resumed[0], &straight);
    assert!(away < 1e-5, "{away:e}");
}

/// Every process has ended within half a minute, with an error and these words.
fn fails(run: &Run, words: &[&str]) {
    assert!(run.took < Duration::from_secs(30), "{:?}", run.took);
    assert!(!run.success, "{}", run.text);
    for word in words {
        assert!(run.text.contains(word), "no {word:?} in:\n{}", run.text);
    }
    for pid in run.pids() {
        assert!(!start::lives(pid), "process {pid} is still there");
    }
}

#[test]
fn who_does_something_else_is_named_on_all_ranks() {
    for (name, expected) in [
        ("shapes", "rank 1: all_reduce (Sum), f32 [4]"),
        (
            "kinds",
            "rank 1 does not do what rank 0 does, as collective 0",
        ),
        ("models", "rank 1 has another model than rank 0"),
    ] {
        let Some(run) = run(name, 2, &[]) else { return };
        assert!(run.success, "{}", run.text);
        for rank in 0..2 {
            let said = String::from_utf8(run.left("said", rank).unwrap()).unwrap();
            assert!(said.contains(expected), "{name}, rank {rank}: {said}");
        }
    }
}

#[test]
fn another_number_of_steps_ends_all() {
    let Some(run) = run("steps", 2, &[]) else {
        return;
    };
    fails(
        &run,
        &[
            "rank 1 has ended after",
            "bucket 0 of 1",
            "rank 0 asks for one more",
        ],
    );
}

#[test]
fn a_panic_ends_all() {
    let Some(run) = run("panics", 3, &[]) else {
        return;
    };
    fails(&run, &["a bug on one rank", "[rank 2]", "has panicked"]);
}

#[test]
fn unused_parameters_end_all_and_are_named() {
    let Some(run) = run("unused", 2, &[]) else {
        return;
    };
    fails(&run, &["no gradient to 1.weight, 1.bias"]);
}

#[test]
fn a_rank_that_stays_behind_ends_all() {
    let Some(run) = run("stalls", 3, &[("ONDOL_TIMEOUT", "3")]) else {
        return;
    };
    fails(&run, &["has waited 3 s for rank 2", "barrier"]);
}

#[test]
fn a_rank_that_is_killed_ends_all() {
    let started = Instant::now();
    let kill = |pids: &[u32]| start::signal(pids[1], "KILL");
    let Some(run) = start::disturbed("endless", 2, &[], kill) else {
        return;
    };
    println!("ended {:?} after it began", started.elapsed());
    fails(&run, &["rank 1", "signal 9"]);
}

#[test]
fn a_rank_that_is_stopped_ends_all() {
    let stop = |pids: &[u32]| start::signal(pids[1], "STOP");
    let Some(run) = start::disturbed("endless", 2, &[("ONDOL_TIMEOUT", "3")], stop) else {
        return;
    };
    fails(&run, &["has waited 3 s for rank 1"]);
}
