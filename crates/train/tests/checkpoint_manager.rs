//! The folder of checkpoints: what stays, what is best, and what happens to damaged files.

use std::fs;
use std::path::Path;

use ondol_autograd::catch;
use ondol_nn::{Linear, Module};
use ondol_tensor::Error;
use ondol_train::{Checkpoint, CheckpointManager};

fn checkpoint(n: i64) -> Checkpoint {
    Checkpoint::new().model(&Linear::new(4, 3)).set("n", n)
}

fn n(checkpoint: &Checkpoint) -> i64 {
    checkpoint.get("n").unwrap().as_int().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn the_last_few_and_the_best_stay() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("runs/one");
    let mut manager = CheckpointManager::new(&folder).unwrap().highest("accuracy");
    assert!(manager.load_last().unwrap().is_none() && manager.load_best().unwrap().is_none());
    let scores = [
        Some(0.5),
        None,
        Some(0.9),
        Some(f64::NAN),
        Some(0.9),
        Some(0.7),
    ];
    let mut best = Vec::new();
    for (i, score) in scores.into_iter().enumerate() {
        let mut checkpoint = checkpoint(i as i64);
        if let Some(score) = score {
            checkpoint = checkpoint.set("accuracy", score);
        }
        let saved = manager.save(i as u64, checkpoint).unwrap();
        assert_eq!(n(&Checkpoint::load(&saved.path).unwrap()), i as i64);
        best.push(saved.is_best);
    }
    assert_eq!(best, [true, false, true, false, false, false]);
    assert_eq!(
        names(&folder),
        ["best.pt", "last.pt", "step-00000004.pt", "step-00000005.pt"]
    );
    assert_eq!(manager.steps().unwrap(), [4, 5]);
    assert_eq!(n(&Checkpoint::load(manager.last_path()).unwrap()), 5);
    assert_eq!(n(&manager.load_best().unwrap().unwrap()), 2);

    // The next process knows what was best.
    let mut manager = CheckpointManager::new(&folder)
        .unwrap()
        .highest("accuracy")
        .keep(1);
    let last = manager.load_last().unwrap().unwrap();
    assert_eq!((n(&last), last.step()), (5, Some(5)));
    let saved = manager.save(6, checkpoint(6).set("accuracy", 0.8)).unwrap();
    assert!(!saved.is_best);
    let saved = manager.save(7, checkpoint(7).set("accuracy", 1)).unwrap();
    assert!(saved.is_best);
    assert_eq!(names(&folder), ["best.pt", "last.pt", "step-00000007.pt"]);
    assert!(catch(|| CheckpointManager::new(&folder).unwrap().keep(0)).is_err());
}

#[test]
fn the_lowest_can_be_the_best_and_the_format_ondols_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut manager = CheckpointManager::new(&folder)
        .unwrap()
        .native()
        .lowest("loss");
    let losses = [3.0, 1.0, 2.0];
    let best: Vec<bool> = (0..3)
        .map(|i| manager.save(i, checkpoint(i as i64).set("loss", losses[i as usize])))
        .map(|saved| saved.unwrap().is_best)
        .collect();
    assert_eq!(best, [true, true, false]);
    assert_eq!(
        names(folder.path()),
        [
            "best.ond",
            "last.ond",
            "step-00000001.ond",
            "step-00000002.ond"
        ]
    );
    assert_eq!(manager.folder(), folder.path());
    assert_eq!(n(&Checkpoint::load(manager.best_path()).unwrap()), 1);
}

#[test]
fn another_runs_checkpoints_are_not_touched_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = CheckpointManager::new(&folder)
        .unwrap()
        .highest("x")
        .keep(3);
    for i in 0..3 {
        first
            .save(i, checkpoint(i as i64).set("x", i as i64))
            .unwrap();
    }
    let before = names(folder.path());
    let mut second = CheckpointManager::new(&folder).unwrap();
    let error = second.save(1, checkpoint(10)).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error:?}");
    assert!(error.to_string().contains("fresh()"), "{error}");
    assert_eq!(names(folder.path()), before);

    // From an earlier step on: what came after it goes with the first new one, not before.
    let mut again = CheckpointManager::new(&folder).unwrap().highest("x");
    assert_eq!(
        n(&again.load(folder.path().join("step-00000000.pt")).unwrap()),
        0
    );
    assert_eq!(names(folder.path()), before);
    assert!(again.save(1, checkpoint(11).set("x", 0.5)).unwrap().is_best);
    assert_eq!(again.steps().unwrap(), [0, 1]);
    assert_eq!(n(&again.load_last().unwrap().unwrap()), 11);

    let mut third = CheckpointManager::new(&folder).unwrap().fresh();
    third.save(0, checkpoint(20)).unwrap();
    assert_eq!(names(folder.path()), ["last.pt", "step-00000000.pt"]);
    third.save(1, checkpoint(21)).unwrap();
    assert_eq!(third.steps().unwrap(), [0, 1]);
}

/// A file that is cut short at any byte, or has a wrong one, is passed over.
#[test]
fn damaged_files_are_passed_over() {
    for native in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let make = || {
            let manager = CheckpointManager::new(&folder).unwrap();
            if native { manager.native() } else { manager }
        };
        let mut manager = make();
        manager.save(1, checkpoint(1)).unwrap();
        let path = manager.save(2, checkpoint(2)).unwrap().path;
        let whole = fs::read(&path).unwrap();
        let load = || n(&make().load_last().unwrap().unwrap());
        assert_eq!(load(), 2);
        // Every byte near the ends, and every 23rd between.
        let near = |i: usize| i < 80 || i + 80 > whole.len();
        for length in (0..whole.len()).filter(|&i| near(i) || i % 23 == 0) {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(load(), 1, "{length} of {} bytes", whole.len());
        }
        // Flipped bits: found where they matter, and else the numbers are right.
        fs::write(&path, &whole).unwrap();
        let weights = |c: &Checkpoint| {
            let model = Linear::new(4, 3);
            model.load_state_dict(c.state("model").unwrap()).unwrap();
            model.weight.to_vec::<f32>()
        };
        let wanted = weights(&Checkpoint::load(&path).unwrap());
        let mut found = 0;
        for at in (0..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(&path, &bytes).unwrap();
            match Checkpoint::load(&path) {
                Ok(checkpoint) => assert_eq!(weights(&checkpoint), wanted, "byte {at}"),
                Err(error) => {
                    assert!(error.to_string().contains("step-00000002"), "{error}");
                    found += 1;
                }
            }
        }
        assert!(found > 0 && (!native || found == whole.len().div_ceil(7)));

        // Where none is whole, the error names all of them.
        for path in [manager.folder().join(path_of(1, native)), path] {
            fs::write(path, "x").unwrap();
        }
        let error = make().load_last().unwrap_err();
        assert!(matches!(error, Error::File { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains(&path_of(1, native)) && text.contains(&path_of(2, native)),
            "{text}"
        );
    }
}

fn path_of(step: u64, native: bool) -> String {
    format!("step-{step:08}.{}", if native { "ond" } else { "pt" })
}

#[test]
fn names_that_a_kill_left_behind_are_given_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut manager = CheckpointManager::new(&folder).unwrap().highest("x");
    manager.save(1, checkpoint(1).set("x", 1)).unwrap();
    let old = fs::read(manager.best_path()).unwrap();
    manager.save(2, checkpoint(2).set("x", 2)).unwrap();
    // As if the process had died before it gave the names.
    for path in [manager.last_path(), manager.best_path()] {
        fs::remove_file(&path).unwrap();
        fs::write(&path, &old).unwrap();
    }
    fs::write(folder.path().join(".ondol-AbCdEf.tmp"), &old[..50]).unwrap();
    let mut manager = CheckpointManager::new(&folder).unwrap().highest("x");
    assert_eq!(n(&manager.load_last().unwrap().unwrap()), 2);
    assert_eq!(n(&manager.load_best().unwrap().unwrap()), 2);
    assert_eq!(n(&Checkpoint::load(manager.last_path()).unwrap()), 2);
    assert_eq!(
        names(folder.path()),
        ["best.pt", "last.pt", "step-00000001.pt", "step-00000002.pt"]
    );
}

/// Whoever may not write is told so, and what is there stays.
#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mut manager = CheckpointManager::new(&folder).unwrap();
    let path = manager.save(1, checkpoint(1)).unwrap().path;
    let mode = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    // The superuser may write anywhere; then only the rest is tested.
    let superuser = fs::write(folder.path().join("probe"), "").is_ok();
    if !superuser {
        let error = manager.save(2, checkpoint(2)).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Io {
                    action: "create",
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(n(&Checkpoint::load(&path).unwrap()), 1);
    }
    mode(0o755);
    assert_eq!(n(&Checkpoint::load(path).unwrap()), 1);
    // A place where nobody may make files.
    if Path::new("/proc/self").is_dir() {
        let error = checkpoint(3).save("/proc/self/last.pt").unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
        assert!(error.to_string().contains("/proc/self/last.pt"), "{error}");
        assert!(CheckpointManager::new("/proc/self/runs").is_err());
    }
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = CheckpointManager::new(file.join("runs")).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Io {
                action: "create",
                ..
            }
        ),
        "{error:?}"
    );
}
