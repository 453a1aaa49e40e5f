//! The emulated device's libraries, built when first asked for.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compile::{Compiler, Source, Unit, hash, read, rename, write};
use crate::loudly;

/// What every library of kernels is linked with, and what the driver consists of.
const RUNTIME: [&str; 4] = ["fiber", "block", "trap", "library"];
const DRIVER: [&str; 5] = ["device", "memory", "stream", "module", "assembly"];

/// As the kernels are compiled for a GPU: products and sums are not contracted.
const FLAGS: [&str; 7] = [
    "-std=c++17",
    "-O1",
    "-g1",
    "-fPIC",
    "-fvisibility=hidden",
    "-ffp-contract=off",
    "-fno-strict-aliasing",
];

/// Gaps between the variables of shared memory too, which lie in sections of their own.
const SANITIZE: [&str; 5] = [
    "-fsanitize=address,undefined",
    "-fsanitize-sections=emu_shared_*",
    "-fno-sanitize=vptr",
    "-fno-sanitize-recover=undefined",
    "-fno-omit-frame-pointer",
];

/// Libraries of an emulated device and its kernels, in a folder of their own.
#[derive(Clone, Debug)]
pub struct Emulator {
    pub(crate) folder: PathBuf,
    /// AddressSanitizer's library, where the device is built with it.
    pub(crate) sanitizer: Option<PathBuf>,
}

impl Emulator {
    /// The device with the kernels of a folder: `*.cu` and `*.cuh`, in the order of its
    /// `order.txt` where it has one. Each `.cu` sees the `.cuh` before it.
    ///
    /// `None`, and a line on standard error, where there is no compiler for it.
    ///
    /// # Panics
    /// Where the kernels do not compile; without a compiler if `ONDOL_REQUIRE_EMULATOR` is set.
    pub fn new(kernels: &Path) -> Option<Self> {
        Self::build(kernels, false)
    }

    /// The same, with AddressSanitizer and UndefinedBehaviorSanitizer watching the kernels.
    ///
    /// # Panics
    /// As [`Emulator::new`].
    pub fn sanitized(kernels: &Path) -> Option<Self> {
        Self::build(kernels, true)
    }

    /// The kernels of the CUDA backend.
    pub fn kernels() -> PathBuf {
        cuda_crate().join("kernels")
    }

    /// A folder of kernels with mistakes in them, each beside a right one.
    pub fn planted() -> PathBuf {
        cuda_crate().join("tests/emu/fixtures")
    }

    fn build(kernels: &Path, sanitized: bool) -> Option<Self> {
        let compiler = match compiler(sanitized) {
            Ok(compiler) => compiler,
            Err(reason) => {
                let required = std::env::var_os("ONDOL_REQUIRE_EMULATOR")
                    .is_some_and(|v| !v.is_empty() && v != "0");
                assert!(!required, "no emulated CUDA device: {reason}");
                loudly(&format!("SKIPPED: no emulated CUDA device: {reason}"));
                return None;
            }
        };
        let sanitizer = sanitized.then(|| runtime_of(&compiler.program));
        let folder = libraries(&compiler, kernels);
        Some(Self { folder, sanitizer })
    }
}

fn cuda_crate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../cuda")
}

fn compiler(sanitized: bool) -> Result<Compiler, String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("it runs on x86-64 Linux only".to_owned());
    }
    let program = std::env::var("CXX")
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "g++".to_owned());
    let version = Command::new(&program).arg("--version").output();
    let version = match version {
        Ok(output) if output.status.success() => output.stdout,
        _ => {
            return Err(format!(
                "{program} is not there; install g++, or name it in CXX"
            ));
        }
    };
    let emulator = cuda_crate()
        .join("tests/emu")
        .canonicalize()
        .map_err(|e| format!("its sources: {e}"))?;
    let mut flags: Vec<String> = FLAGS.map(str::to_owned).into();
    if sanitized {
        flags.extend(SANITIZE.map(str::to_owned));
    }
    flags.push(format!("-I{}", emulator.display()));
    flags.push(format!("-DEMU_SOURCES=\"{}\"", emulator.display()));
    Ok(Compiler {
        program,
        version: String::from_utf8_lossy(&version).into_owned(),
        flags,
        emulator,
    })
}

/// Where the compiler has AddressSanitizer, which must be loaded before everything else.
fn runtime_of(program: &str) -> PathBuf {
    let output = Command::new(program)
        .arg("-print-file-name=libasan.so")
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// The folder of the libraries, built if need be; processes that ask at once wait for the first.
fn libraries(compiler: &Compiler, kernels: &Path) -> PathBuf {
    let units = units(compiler, kernels);
    let texts: Vec<&str> = units.iter().map(|unit| &*unit.texts).collect();
    let key = hash(&[&compiler.version, &compiler.flags.join(" "), &hash(&texts)]);
    let cache = cache();
    let folder = cache.join(&key);
    if folder.exists() {
        return folder;
    }
    // Objects with the sanitizers are others: the two kinds do not wait for each other.
    let sanitized = compiler.flags.iter().any(|flag| flag == SANITIZE[0]);
    let lock = cache.join(if sanitized { "lock-sanitized" } else { "lock" });
    let lock = File::create(&lock).unwrap_or_else(|e| panic!("{}: {e}", lock.display()));
    lock.lock()
        .unwrap_or_else(|e| panic!("the lock of {}: {e}", cache.display()));
    if folder.exists() {
        return folder;
    }
    let start = std::time::Instant::now();
    let objects = compiler.objects(&cache, &units);
    let partial = cache.join(format!("{key}.partial"));
    // What a killed process has left.
    let _ = std::fs::remove_dir_all(&partial);
    std::fs::create_dir(&partial).unwrap_or_else(|e| panic!("{}: {e}", partial.display()));

    let (runtime, rest) = objects.split_at(RUNTIME.len());
    let (driver, rest) = rest.split_at(DRIVER.len());
    let (toolkit, of_kernels) = rest.split_at(2);
    let soname = |name: &str| format!("-Wl,-soname,{name}");
    compiler.link(
        driver,
        &[soname("libcuda.so.1")],
        &partial.join("libcuda.so.1"),
    );
    let name = "libnvrtc.so.13";
    compiler.link(&toolkit[..1], &[soname(name)], &partial.join(name));
    let name = "libcublas.so.13";
    let with_driver = partial.join("libcuda.so.1").to_string_lossy().into_owned();
    compiler.link(
        &toolkit[1..],
        &[soname(name), with_driver],
        &partial.join(name),
    );
    let all: Vec<PathBuf> = runtime.iter().chain(of_kernels).cloned().collect();
    compiler.link(&all, &[], &partial.join("kernels.so"));
    // For what is compiled at run time.
    for (name, object) in RUNTIME.iter().zip(runtime) {
        let copy = partial.join(format!("runtime_{name}.o"));
        std::fs::copy(object, &copy).unwrap_or_else(|e| panic!("{}: {e}", copy.display()));
    }
    let quoted: Vec<String> = compiler.flags.iter().map(|f| format!("'{f}'")).collect();
    write(&partial.join("flags"), &quoted.join(" "));
    rename(&partial, &folder);
    loudly(&format!(
        "the emulated CUDA device was built in {:.0} s",
        start.elapsed().as_secs_f64()
    ));
    folder
}

/// Beside what cargo has built of the profile.
fn cache() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a file");
    let profile = program
        .ancestors()
        .nth(2)
        .expect("it lies in target/PROFILE/deps");
    let cache = profile.join("cuda-emu");
    std::fs::create_dir_all(&cache).unwrap_or_else(|e| panic!("{}: {e}", cache.display()));
    cache
}

fn units(compiler: &Compiler, kernels: &Path) -> Vec<Unit> {
    let emulator = &compiler.emulator;
    let shared: String = ["h", "sh"]
        .iter()
        .flat_map(|extension| files(emulator, extension))
        .map(|path| read(&path))
        .collect();
    let plain = RUNTIME.iter().chain(&DRIVER).chain(&["nvrtc", "cublas"]);
    let mut units: Vec<Unit> = plain
        .map(|name| {
            let path = emulator.join(format!("{name}.cpp"));
            Unit {
                name: (*name).to_owned(),
                texts: format!("{shared}{}", read(&path)),
                source: Source::Plain(path),
            }
        })
        .collect();
    let mut headers = Vec::new();
    for path in ordered(kernels) {
        if path.extension().is_some_and(|e| e == "cuh") {
            headers.push(path);
            continue;
        }
        let name = path
            .file_stem()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        let mut all = headers.clone();
        all.push(path);
        // Their places too: messages name them.
        let texts: String = all
            .iter()
            .map(|file| format!("{}\n{}", file.display(), read(file)))
            .collect();
        units.push(Unit {
            name,
            texts: format!("{shared}{texts}"),
            source: Source::Kernels(all),
        });
    }
    units
}

/// The kernels' files in their order.
fn ordered(kernels: &Path) -> Vec<PathBuf> {
    let kernels = kernels
        .canonicalize()
        .unwrap_or_else(|e| panic!("{}: {e}", kernels.display()));
    let list = kernels.join("order.txt");
    let all: Vec<PathBuf> = if list.exists() {
        read(&list)
            .split_whitespace()
            .map(|name| kernels.join(name))
            .collect()
    } else {
        let mut all = files(&kernels, "cuh");
        all.extend(files(&kernels, "cu"));
        all
    };
    assert!(!all.is_empty(), "{}: no kernels", kernels.display());
    all
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let listing = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = listing
        .map(|entry| entry.expect("a folder that can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}
