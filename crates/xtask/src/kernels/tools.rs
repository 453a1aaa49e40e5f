//! NVIDIA's compiler and assembler, out of the wheels that Python's package index has of them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What is fetched, at this version: NVRTC turns sources into assembly, and ptxas, which comes with
/// nvcc, assembly into programs.
const VERSION: &str = "13.0.88";
const PACKAGES: [&str; 2] = ["nvidia-cuda-nvrtc", "nvidia-cuda-nvcc"];

/// Calls NVRTC, which is a library and no program.
const SCRIPT: &str = include_str!("nvrtc.py");

/// The tools in their folder.
pub(crate) struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// The tools, fetched with pip (about 130 MB) where they are not there yet.
    pub(crate) fn ready(folder: &Path) -> Result<Tools, String> {
        let folder = folder.join(VERSION);
        let tools = Tools {
            folder: folder.clone(),
        };
        if tools.ptxas().is_file() && tools.libraries().join("libnvrtc.so.13").is_file() {
            return Ok(tools);
        }
        let wheels = folder.join("wheels");
        std::fs::create_dir_all(&wheels)
            .map_err(|e| format!("{}: cannot be made: {e}", wheels.display()))?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--dest"])
            .arg(&wheels)
            .args(PACKAGES.map(|name| format!("{name}=={VERSION}")));
        output(&mut pip)?;
        let entries = std::fs::read_dir(&wheels).map_err(|e| e.to_string())?;
        for wheel in entries.flatten().map(|entry| entry.path()) {
            let mut unpack = Command::new("python3");
            unpack
                .args(["-m", "zipfile", "-e"])
                .arg(&wheel)
                .arg(&folder);
            output(&mut unpack)?;
        }
        // The unpacker does not keep that a file is a program.
        output(Command::new("chmod").arg("+x").arg(tools.ptxas()))?;
        Ok(tools)
    }

    fn libraries(&self) -> PathBuf {
        self.folder.join("nvidia/cu13/lib")
    }

    fn ptxas(&self) -> PathBuf {
        self.folder.join("nvidia/cu13/bin/ptxas")
    }

    /// The assembly of a source.
    pub(crate) fn compile(&self, name: &str, source: &Path) -> Result<String, String> {
        let mut python = Command::new("python3");
        python
            .args(["-c", SCRIPT])
            .arg(self.libraries().join("libnvrtc.so.13"))
            .args([name.as_ref(), source.as_os_str()])
            // The library looks for its other half there.
            .env("LD_LIBRARY_PATH", self.libraries());
        output(&mut python)
    }

    /// What the assembler says of a file's kernels on a GPU.
    pub(crate) fn assemble(&self, file: &Path, target: &str) -> Result<String, String> {
        let program = file.with_extension("cubin");
        let mut ptxas = Command::new(self.ptxas());
        ptxas
            .args(["-v", "-O3", &format!("-arch={target}")])
            .arg(file)
            .arg("-o")
            .arg(program);
        output(&mut ptxas)
    }
}

/// The SHA-256 of files one after the other; Python has it, and this crate depends on nothing.
pub(crate) fn digest_of(files: impl Iterator<Item = PathBuf>) -> Result<String, String> {
    const SCRIPT: &str = "\
import hashlib, sys
digest = hashlib.sha256()
for path in sys.argv[1:]:
    with open(path, 'rb') as file:
        digest.update(file.read())
print(digest.hexdigest())";
    let mut python = Command::new("python3");
    let said = output(python.args(["-c", SCRIPT]).args(files))?;
    Ok(said.trim().to_owned())
}

/// Runs a program; both its outputs, or an error with them.
fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|e| format!("{name} cannot be run: {e}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let both = text(&output.stdout) + &text(&output.stderr);
    if output.status.success() {
        Ok(both)
    } else {
        Err(format!("{name} failed:\n{both}"))
    }
}
