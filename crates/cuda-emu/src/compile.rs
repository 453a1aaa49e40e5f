//! Objects, compiled once for each text and set of flags.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// A source to compile.
pub(crate) struct Unit {
    pub(crate) name: String,
    /// Everything the object depends on but the flags.
    pub(crate) texts: String,
    /// C++ as it is, or kernels through `kernel.sh`.
    pub(crate) source: Source,
}

pub(crate) enum Source {
    Plain(PathBuf),
    /// The files a source of kernels consists of, in order.
    Kernels(Vec<PathBuf>),
}

pub(crate) fn hash(parts: &[&str]) -> String {
    // With fixed keys, so the same in every process.
    let mut hasher = DefaultHasher::new();
    parts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The compiler, and its flags in their order.
pub(crate) struct Compiler {
    pub(crate) program: String,
    pub(crate) version: String,
    pub(crate) flags: Vec<String>,
    /// The folder of the emulator's sources.
    pub(crate) emulator: PathBuf,
}

impl Compiler {
    /// Compiles what is not there yet, two at a time, and returns the objects in the units' order.
    pub(crate) fn objects(&self, cache: &Path, units: &[Unit]) -> Vec<PathBuf> {
        let keys: Vec<PathBuf> = units
            .iter()
            .map(|unit| {
                let key = hash(&[&self.version, &self.flags.join(" "), &unit.texts]);
                cache.join(format!("{}-{key}.o", unit.name))
            })
            .collect();
        let left = Mutex::new(units.iter().zip(&keys));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    loop {
                        let next = left.lock().expect("no compile has panicked").next();
                        let Some((unit, object)) = next else { break };
                        if !object.exists() {
                            self.compile(unit, object);
                        }
                    }
                });
            }
        });
        keys
    }

    fn compile(&self, unit: &Unit, object: &Path) {
        let partial = object.with_extension("partial.o");
        let mut command = match &unit.source {
            Source::Plain(path) => {
                let mut command = Command::new(&self.program);
                command.args(&self.flags).args(["-Wall", "-Wextra", "-c"]);
                command.arg(path).arg("-o").arg(&partial);
                command
            }
            Source::Kernels(files) => {
                let source = object.with_extension("cpp");
                let includes: String = files
                    .iter()
                    .map(|file| format!("#include \"{}\"\n", file.display()))
                    .collect();
                write(&source, &format!("#include \"shim.h\"\n{includes}"));
                let mut command = Command::new(self.emulator.join("kernel.sh"));
                command.env("CXX", &self.program);
                command.arg(source).arg(&partial);
                command
                    .arg(format!("emu_shared_{}", unit.name))
                    .args(&self.flags);
                command
            }
        };
        run(&mut command, &unit.name);
        rename(&partial, object);
    }

    /// Links objects to a shared library.
    pub(crate) fn link(&self, objects: &[PathBuf], more: &[String], library: &Path) {
        let mut command = Command::new(&self.program);
        command
            .args(&self.flags)
            .args(["-shared", "-Wl,-z,now", "-pthread"]);
        command
            .args(objects)
            .args(more)
            .arg("-ldl")
            .arg("-o")
            .arg(library);
        run(&mut command, &library.to_string_lossy());
    }
}

/// # Panics
/// With the compiler's output where it fails: kernels that are not C++ are a mistake in them.
fn run(command: &mut Command, what: &str) {
    let output = command
        .output()
        .unwrap_or_else(|e| panic!("{:?} does not start: {e}", command.get_program()));
    assert!(
        output.status.success(),
        "the emulated device cannot be built, {what}:\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

pub(crate) fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
}

pub(crate) fn rename(from: &Path, to: &Path) {
    std::fs::rename(from, to).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
}

pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
