//! A run that is killed at any moment and resumed from its checkpoints gives the numbers of one that was
//! never stopped, to the bit; and a disk that is full takes nothing away.
//!
//! The runs are processes of their own: this program, which runs its test `child` with a role. They say
//! what they do and wait for an answer after each step, so that a kill hits the step it is meant for;
//! a kill while a file is written comes from the system, at the byte that a limit names.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use ondol::data::sample_generator;
use ondol::data::transforms::{
    Picture, RandomCrop, RandomErasing, RandomHorizontalFlip, Transform, compose,
};
use ondol::prelude::*;
use ondol::tensor::{Error, Generator};
use ondol::train::{Checkpoint, CheckpointManager};

const FOLDER: &str = "ONDOL_RESUME_FOLDER";
const ROLE: &str = "ONDOL_RESUME_ROLE";
/// Some more than four epochs of eleven batches.
const STEPS: u64 = 46;
const SIGKILL: i32 = 9;
const SIGXFSZ: i32 = 25;

/// Pictures of four kinds, each with noise of its own whenever it is read, and moved, mirrored and partly
/// erased by chance.
struct Noisy;

impl Dataset for Noisy {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        11 * 48 - 20
    }

    fn get(&self, index: usize) -> ondol::Result<(Tensor, i64)> {
        let (own, noise) = (Generator::new(index as u64), sample_generator());
        let kind = index % 4;
        let unit = |g: &Generator| (g.next_u64() >> 40) as f32 / (1 << 24) as f32;
        let mut values: Vec<f32> = (0..64).map(|_| unit(&own) + 0.3 * unit(&noise)).collect();
        values[kind] += 1.0;
        let augment = compose![
            RandomCrop::new(8).padding(1),
            RandomHorizontalFlip::new(),
            RandomErasing::new(),
        ];
        let picture = Picture::Tensor(Tensor::from_vec(values, [1, 8, 8]));
        Ok((augment.apply(picture)?.into_tensor()?, kind as i64))
    }
}

/// The program that is killed.
fn run(folder: &Path, workers: usize) -> ondol::Result<()> {
    ondol::manual_seed(11);
    let model = nn::sequential![
        nn::Flatten::new(),
        nn::Linear::new(64, 160),
        nn::BatchNorm1d::new(160),
        nn::ReLU::new(),
        nn::Dropout::new(0.25),
        nn::Linear::new(160, 4),
    ];
    model.train();
    let mut optimizer = optim::Adam::new(model.parameters(), 0.01);
    // It moves a beta of the optimizer too.
    let mut scheduler = optim::OneCycleLR::new(0.01, STEPS as usize).on(&mut optimizer);
    // Without a seed: each epoch's is drawn from the default generator, as the dropout is.
    let loader = DataLoader::new(Noisy)
        .batch_size(48)
        .shuffle(true)
        .num_workers(workers);
    let criterion = nn::CrossEntropyLoss::new();
    let mut checkpoints = CheckpointManager::new(folder)?.lowest("loss");
    let (mut step, mut sum) = (0, 0.0);
    if let Some(checkpoint) = checkpoints.load_last()? {
        checkpoint
            .restore()
            .model(&model)
            .optimizer(&mut optimizer)
            .scheduler(&mut scheduler)
            .loader(&loader)
            .apply()?;
        step = checkpoint.get("step")?.as_int()? as u64;
        sum = checkpoint.get("sum")?.as_float()?;
    }
    let last = 'run: loop {
        for batch in &loader {
            let (x, y) = batch?;
            optimizer.zero_grad();
            let loss = criterion.forward(&model.forward(&x), &y);
            loss.backward();
            optimizer.step();
            scheduler.step(&mut optimizer);
            step += 1;
            sum += loss.item();
            let checkpoint = || {
                Checkpoint::new()
                    .model(&model)
                    .optimizer(&optimizer)
                    .scheduler(&scheduler)
                    .loader(&loader)
                    .set("step", step as i64)
                    .set("sum", sum)
            };
            say(&format!("at {step}"));
            wait();
            if step % 2 == 0 {
                let mut checkpoint = checkpoint();
                if step % 6 == 0 {
                    checkpoint = checkpoint.set("loss", loss.item());
                }
                say(&format!("saving {step}"));
                checkpoints.save(step, checkpoint)?;
            }
            if step == STEPS {
                break 'run checkpoint();
            }
        }
    };
    last.save(folder.join("final.ond"))?;
    say("done");
    Ok(())
}

/// A line of its own, whatever the test harness printed before.
fn say(text: &str) {
    println!("\n{text}");
}

/// Until the parent answers.
fn wait() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("an answer");
    assert_eq!(line, "go\n");
}

/// What the other tests run; alone it does nothing.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let role = std::env::var(ROLE).unwrap_or_default();
    match role.strip_prefix("workers ") {
        Some(workers) => run(Path::new(&folder), workers.parse().unwrap()).unwrap(),
        None => save_to_a_full_disk(Path::new(&folder)),
    }
}

/// Starts the child; `shell` runs before it in its process.
fn start(folder: &Path, role: &str, threads: usize, shell: &str) -> Child {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new("sh");
    command
        .arg("-c")
        .arg(format!("ulimit -c 0; {shell} exec \"$0\" \"$@\""))
        .arg(program)
        .args(["child", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env(ROLE, role)
        .env("RAYON_NUM_THREADS", threads.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command.spawn().expect("this program runs again")
}

/// How a life ends.
#[derive(Clone, Copy, Debug)]
enum Kill {
    /// After this step.
    At(u64),
    /// As soon as it says that it saves, at this step or the next after it: before, while or after the
    /// file is written.
    Saving(u64),
    /// Within the next file, after so many blocks of 512 bytes.
    Block(u64),
}

/// Runs until it is killed, or done.
fn live(folder: &Path, workers: usize, threads: usize, kill: Option<Kill>) {
    let shell = match kill {
        // The unit is 512 bytes, or 1024 in some shells.
        Some(Kill::Block(block)) => format!("ulimit -f {block};"),
        _ => String::new(),
    };
    let mut child = start(folder, &format!("workers {workers}"), threads, &shell);
    let mut answers = child.stdin.take().expect("a pipe");
    let mut done = false;
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
        let line = line.expect("text");
        let number = |what: &str| line.strip_prefix(what)?.parse::<u64>().ok();
        if let Some(step) = number("at ") {
            match kill {
                Some(Kill::At(wanted)) if step >= wanted => child.kill().expect("it is there"),
                _ => {
                    // It may have been killed by the limit.
                    let _ = answers.write_all(b"go\n");
                }
            }
        } else if let (Some(step), Some(Kill::Saving(wanted))) = (number("saving "), kill)
            && step >= wanted
        {
            child.kill().expect("it is there");
        }
        done |= line == "done";
    }
    let status = child.wait().expect("it ends");
    match kill {
        None => assert!(done && status.success(), "{status}"),
        Some(Kill::Block(_)) => {
            assert_eq!(status.signal(), Some(SIGXFSZ), "{status}");
            assert!(leftovers(folder) > 0, "nothing was half written");
        }
        Some(_) => assert_eq!(status.signal(), Some(SIGKILL), "{kill:?}: {status}"),
    }
}

/// How many files are half written.
fn leftovers(folder: &Path) -> usize {
    let names = fs::read_dir(folder).expect("a folder");
    let hidden = |name: &std::ffi::OsString| name.to_string_lossy().starts_with(".ondol-");
    names
        .map(|entry| entry.expect("an entry").file_name())
        .filter(hidden)
        .count()
}

/// All of the last state of a run that nobody disturbs.
fn undisturbed() -> &'static [u8] {
    static STATE: OnceLock<Vec<u8>> = OnceLock::new();
    STATE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        live(folder.path(), 0, 1, None);
        fs::read(folder.path().join("final.ond")).expect("the state")
    })
}

/// Lives through eight kills; what each life has of workers and threads, `lives` says by its number.
fn history(seed: u64, lives: impl Fn(usize) -> (usize, usize)) {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let random = Generator::new(seed);
    let below = |n: u64| random.next_u64() % n;
    // Somewhere in each fifth of the run, killed in turn in these ways.
    let size = undisturbed().len() as u64;
    let mut kills = Vec::new();
    for part in 0..4 {
        let step = 2 + part * 10 + below(8);
        kills.push(if (part + seed).is_multiple_of(2) {
            Kill::At(step)
        } else {
            Kill::Saving(step)
        });
        // Within the file even where blocks are of 1024 bytes.
        kills.push(Kill::Block(1 + below(size / 1024 - 2)));
    }
    for (life, kill) in kills.iter().enumerate() {
        let (workers, threads) = lives(life);
        live(folder, workers, threads, Some(*kill));
    }
    let (workers, threads) = lives(kills.len());
    live(folder, workers, threads, None);
    let state = fs::read(folder.join("final.ond")).expect("the state");
    assert!(state == undisturbed(), "after {kills:?} the state differs");
    assert_eq!(leftovers(folder), 0);
    let best = Checkpoint::load(folder.join("best.pt")).expect("a best one");
    assert_eq!(best.get("step").unwrap().as_int().unwrap() % 6, 0);
}

#[test]
fn without_workers_on_one_thread() {
    history(1, |_| (0, 1));
}

#[test]
fn with_four_workers_on_two_threads() {
    history(2, |_| (4, 2));
}

#[test]
fn with_other_workers_and_threads_in_each_life() {
    history(3, |life| ([0, 4, 2][life % 3], 1 + life % 2));
}

#[test]
fn workers_and_threads_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    live(folder.path(), 4, 2, None);
    let state = fs::read(folder.path().join("final.ond")).expect("the state");
    assert!(state == undisturbed());
}

fn save_to_a_full_disk(folder: &Path) {
    let mut checkpoints = CheckpointManager::new(folder).unwrap();
    let before = checkpoints.load_last().unwrap().expect("one is there");
    let large = nn::Linear::new(300, 100);
    for path in [None, Some("last.pt"), Some("other.ond")] {
        let checkpoint = Checkpoint::new().model(&large);
        let error = match path {
            None => checkpoints.save(2, checkpoint).unwrap_err(),
            Some(name) => checkpoint.save(folder.join(name)).unwrap_err(),
        };
        let Error::Io { path, action, .. } = &error else {
            panic!("{error:?}");
        };
        assert!(path.starts_with(folder) && *action == "write", "{error}");
    }
    let after = checkpoints.load_last().unwrap().expect("it is still there");
    assert_eq!(after.path(), before.path());
    assert_eq!(after.get("n").unwrap().as_int().unwrap(), 1);
    assert_eq!(leftovers(folder), 0);
    assert!(folder.join("last.pt").exists() && !folder.join("other.ond").exists());
    say("done");
}

/// Files of more than some 40 kB cannot be written, as on a disk that is full.
#[test]
fn a_full_disk_is_an_error_and_takes_nothing_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut checkpoints = CheckpointManager::new(&folder).unwrap();
    let small = Checkpoint::new().model(&nn::Linear::new(3, 2)).set("n", 1);
    let path = checkpoints.save(1, small).unwrap().path;
    let before = fs::read(&path).unwrap();
    // Ignored, the signal becomes an error of the write.
    let child = start(folder.path(), "full", 1, "trap '' XFSZ; ulimit -f 80;");
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("\ndone\n"),
        "{text}"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}
