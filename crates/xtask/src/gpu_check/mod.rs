//! `cargo xtask gpu-check`: everything that wants a GPU, in one folder that needs nothing else.

mod build;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kernels::root;

/// What starts the programs of the folder, one after the other, and makes the table.
const RUN: &str = include_str!("run.sh");

/// A folder may have this many bytes, so that it can be sent to a machine with a GPU.
const LIMIT: u64 = 25 << 20;

/// With `--pack DIR` builds the folder; alone builds one and runs it here, or where there is no GPU
/// runs the emulated device. `--dev` takes unoptimised programs, to try the task itself.
pub(crate) fn run(arguments: &[String]) -> Result<bool, String> {
    let (mut pack, mut dev) = (None, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--dev" => dev = true,
            "--pack" => {
                let folder = rest.next().ok_or("--pack needs a folder")?;
                pack = Some(PathBuf::from(folder));
            }
            other => {
                return Err(format!(
                    "unknown option {other:?}; there is --pack DIR and --dev"
                ));
            }
        }
    }
    if let Some(folder) = pack {
        return fill(&folder, dev);
    }
    let folder = root()?.join("target/gpu-check");
    let bench = build::bench(dev)?;
    let info = Command::new(&bench).arg("--info").output();
    let info = info.map_err(|e| format!("{}: {e}", bench.display()))?;
    if info.status.success() {
        return Ok(fill(&folder, dev)? && succeeds(Command::new("sh").arg(folder.join("run")))?);
    }
    print!("{}", String::from_utf8_lossy(&info.stderr));
    println!("there is no GPU to check here; the emulated device runs instead");
    emulated()
}

/// The same tests on the emulated device, as `cargo test` runs them.
fn emulated() -> Result<bool, String> {
    let mut cargo = build::cargo();
    cargo.args([
        "test",
        "--package",
        "ondol-cuda",
        "--test",
        "emulated",
        "--",
        "--nocapture",
    ]);
    succeeds(&mut cargo)
}

fn succeeds(command: &mut Command) -> Result<bool, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|e| format!("{name}: {e}"))?;
    Ok(status.success())
}

/// Builds the programs and copies them. False where the folder is larger than may be.
fn fill(folder: &Path, dev: bool) -> Result<bool, String> {
    let failed = |path: &Path, e: std::io::Error| format!("{}: {e}", path.display());
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e))?;
    let mut bytes = 0;
    for (name, program) in build::all(dev)? {
        let to = folder.join(name);
        std::fs::copy(&program, &to).map_err(|e| failed(&to, e))?;
        // Each holds the kernels' assembly, which is text; `run` unpacks them.
        if !succeeds(Command::new("gzip").args(["-9", "-f"]).arg(&to))? {
            return Err(format!("gzip failed on {}", to.display()));
        }
        let packed = folder.join(format!("{name}.gz"));
        bytes += std::fs::metadata(&packed)
            .map_err(|e| failed(&packed, e))?
            .len();
    }
    let script = folder.join("run");
    std::fs::write(&script, RUN).map_err(|e| failed(&script, e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&script, mode).map_err(|e| failed(&script, e))?;
    }
    let fits = bytes <= LIMIT;
    println!(
        "{}: {:.1} MiB of {}{}; start `run` in it on a machine with a GPU",
        folder.display(),
        bytes as f64 / f64::from(1 << 20),
        LIMIT >> 20,
        if fits { "" } else { "  OVER" }
    );
    Ok(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_runs_what_is_packed() {
        for (name, ..) in build::PROGRAMS {
            assert!(RUN.contains(&format!("\"$here/{name}\"")), "{name}");
        }
        assert!(run(&["--pack".into()]).is_err() && run(&["--fast".into()]).is_err());
    }
}
