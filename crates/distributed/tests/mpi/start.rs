//! Starts processes under `mpirun` and sees what becomes of them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A run at a time: the machine may have few cores, and some tests count seconds.
static ONE: Mutex<()> = Mutex::new(());

/// What became of a run.
pub struct Run {
    pub success: bool,
    /// Both of its outputs.
    pub text: String,
    pub took: Duration,
    ranks: usize,
    folder: TempDir,
}

impl Run {
    /// The file that a rank left.
    pub fn left(&self, name: &str, rank: usize) -> Option<Vec<u8>> {
        left(self.folder.path(), name, rank)
    }

    pub fn pids(&self) -> Vec<u32> {
        pids(self.folder.path(), self.ranks)
    }
}

fn left(folder: &Path, name: &str, rank: usize) -> Option<Vec<u8>> {
    std::fs::read(folder.join(format!("{name}-{rank}"))).ok()
}

fn pids(folder: &Path, ranks: usize) -> Vec<u32> {
    let pid = |rank| {
        String::from_utf8(left(folder, "pid", rank)?)
            .ok()?
            .parse()
            .ok()
    };
    (0..ranks).filter_map(pid).collect()
}

/// Whether there is an `mpirun`; where not, says so loudly, or fails where it must be there.
fn there_is_mpi() -> bool {
    let found = Command::new("mpirun").arg("--version").output();
    if found.is_ok_and(|found| found.status.success()) {
        return true;
    }
    let required = std::env::var_os("ONDOL_REQUIRE_MPI").is_some_and(|v| v == "1");
    assert!(!required, "ONDOL_REQUIRE_MPI=1 and there is no mpirun");
    // Past the capture of the test's own output.
    let _ = writeln!(
        std::io::stderr(),
        "\n*** SKIPPED: no mpirun here, so nothing was tested under MPI; ONDOL_REQUIRE_MPI=1 makes this a failure ***"
    );
    false
}

/// Runs a scenario on `n` processes to its end; `None` where there is no MPI.
pub fn run(scenario: &str, n: usize, environment: &[(&str, &str)]) -> Option<Run> {
    disturbed(scenario, n, environment, |_| {})
}

/// As [`run`], and does something to the processes once all are there.
pub fn disturbed(
    scenario: &str,
    n: usize,
    environment: &[(&str, &str)],
    disturb: impl FnOnce(&[u32]),
) -> Option<Run> {
    if !there_is_mpi() {
        return None;
    }
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    // A file holds more than a pipe that nobody reads until the end.
    let log = folder.path().join("log");
    let out = std::fs::File::create(&log).unwrap();
    let mut command = Command::new("mpirun");
    command
        .args([
            "--allow-run-as-root",
            "--oversubscribe",
            "--bind-to",
            "none",
            "-n",
        ])
        .arg(n.to_string())
        .arg(program)
        .args(["rank", "--exact", "--ignored", "--nocapture"])
        .env(super::SCENARIO, scenario)
        .env(super::FOLDER, folder.path())
        .env("RUST_BACKTRACE", "0")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out);
    let mut child = command.spawn().unwrap();
    let began = Instant::now();
    let mut disturb = Some(disturb);
    let mut disturbed = began;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if disturb.is_some() && pids(folder.path(), n).len() == n {
            // Into the middle of their work.
            std::thread::sleep(Duration::from_millis(300));
            disturb.take().expect("it is there")(&pids(folder.path(), n));
            disturbed = Instant::now();
        }
        if began.elapsed() > Duration::from_secs(240) {
            let _ = child.kill();
            panic!(
                "{scenario} hangs:\n{}",
                std::fs::read_to_string(&log).unwrap()
            );
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    Some(Run {
        success: status.success(),
        text: String::from_utf8_lossy(&std::fs::read(&log).unwrap()).into_owned(),
        took: disturbed.elapsed(),
        ranks: n,
        folder,
    })
}

/// The numbers of a scenario, by rank.
pub fn numbers(scenario: &str, n: usize) -> Option<Vec<Vec<f32>>> {
    let run = run(scenario, n, &[])?;
    assert!(run.success, "{}", run.text);
    let of = |rank| {
        let bytes = run
            .left("numbers", rank)
            .expect("each rank leaves its numbers");
        let numbers = bytes.chunks_exact(4);
        numbers
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect()
    };
    Some((0..n).map(of).collect())
}

pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(pid.to_string())
        .status();
    assert!(sent.unwrap().success());
}

/// Whether a process is there and no zombie.
pub fn lives(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status
        .rsplit(')')
        .next()
        .and_then(|rest| rest.trim().chars().next());
    state.is_some_and(|s| s != 'Z' && s != 'X')
}
