//! `cargo xtask kernels`: the CUDA kernels' assembly, made anew from their sources and checked
//! without a GPU.

mod assembly;
mod registers;
mod tools;

use std::path::{Path, PathBuf};

use tools::Tools;

/// GPUs the assembly must do for: Turing to Blackwell.
const TARGETS: [&str; 7] = [
    "sm_75", "sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120",
];

/// Where sources and assembly lie.
fn folder() -> Result<PathBuf, String> {
    Ok(root()?.join("crates/cuda/kernels"))
}

/// The workspace.
pub(crate) fn root() -> Result<&'static Path, String> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .ok_or_else(|| "no workspace".to_owned())
}

/// Writes the assembly and the table of registers; with `--check` compares them with what is there.
/// False when they differ or when a kernel spills registers to memory.
pub(crate) fn run(arguments: &[String]) -> Result<bool, String> {
    let check = match arguments {
        [] => false,
        [one] if one == "--check" => true,
        other => return Err(format!("unknown options {other:?}; there is --check")),
    };
    let folder = folder()?;
    let tools = Tools::ready(&root()?.join("target/cuda-tools"))?;
    let modules = assembly::compile(&folder, &tools)?;
    let text = assembly::joined(&modules, &assembly::digest(&folder)?);
    let table = registers::measure(&modules, &TARGETS, &tools)?;
    let mut ok = table.spills().is_empty();
    for spill in table.spills() {
        println!("{spill}");
    }
    for (name, new) in [
        ("kernels_75.ptx", text),
        ("registers.txt", table.to_string()),
    ] {
        let path = folder.join(name);
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        if old == new {
            println!("{name}: as it should be");
        } else if check {
            println!("{name}: stale; `cargo xtask kernels` makes it anew");
            ok = false;
        } else {
            write(&path, &new)?;
            println!("{name}: written, {} KiB", new.len() / 1024);
        }
    }
    Ok(ok)
}

/// Under another name first, so that nobody reads half a file.
fn write(path: &Path, text: &str) -> Result<(), String> {
    let fresh = path.with_extension("new");
    let written = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, path));
    written.map_err(|e| format!("{}: cannot be written: {e}", path.display()))
}
