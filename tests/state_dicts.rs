//! Every file of a folder of state dicts, good and bad, as its index says: `tests/fixtures/state_dicts`,
//! or the folder that `ONDOL_STATE_DICTS` names. What stands in the indexes is described in its README.

#[path = "state_dicts/expected.rs"]
mod expected;
#[path = "state_dicts/memory.rs"]
mod memory;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use ondol::serialize::{LoadOptions, load_with};
use ondol::tensor::{Error, Value};
use serde_json::Value as Json;

/// What a bad file may take, whatever it declares, beyond its own size.
const MOST_TIME: Duration = Duration::from_secs(2);
const MOST_MEMORY: u64 = 256 << 20;

fn folder() -> PathBuf {
    match std::env::var_os("ONDOL_STATE_DICTS") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state_dicts"),
    }
}

fn json(path: &Path) -> Json {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The entries of an index and the files they name.
fn listed(part: &str) -> Vec<(Json, PathBuf)> {
    let folder = folder().join(part);
    let index = json(&folder.join("index.json"));
    let files = index["files"].as_array().expect("a list of files");
    assert!(!files.is_empty(), "{part}: no files at all");
    let named = |entry: &Json| {
        let name = entry["file"].as_str().expect("a file's name");
        (entry.clone(), folder.join(name))
    };
    files.iter().map(named).collect()
}

/// Loads in time, or not at all.
fn load_in_time(path: &Path, options: LoadOptions) -> Result<Value, Error> {
    let (sender, receiver) = mpsc::channel();
    let started = Instant::now();
    let owned = path.to_owned();
    std::thread::spawn(move || {
        let result = std::panic::catch_unwind(|| load_with(&owned, options));
        let _ = sender.send((result, started.elapsed()));
    });
    let (result, took) = receiver
        .recv_timeout(10 * MOST_TIME)
        .unwrap_or_else(|_| panic!("{}: still loading after 20 s", path.display()));
    assert!(took < MOST_TIME, "{}: took {took:?}", path.display());
    result.unwrap_or_else(|_| panic!("{}: loading panics", path.display()))
}

#[test]
fn every_file_behaves_as_its_index_says() {
    let _ = fs::remove_file("PICKLE_RAN");
    let mut broken = Vec::new();
    for (entry, path) in listed("good") {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let sidecar = json(&path.with_file_name(format!("{name}.json")));
        let optional = entry["level"] == "optional";
        broken.extend(
            good(&path, &sidecar, optional)
                .into_iter()
                .map(|b| format!("{name}: {b}")),
        );
    }
    // The bad ones last: their memory is measured against the most there was before.
    for (entry, path) in listed("bad") {
        broken.extend(bad(&path, &entry));
    }
    assert!(!Path::new("PICKLE_RAN").exists(), "code of a file was run");
    assert!(broken.is_empty(), "\n  {}\n", broken.join("\n  "));
}

/// What is wrong with how a good file is read.
fn good(path: &Path, sidecar: &Json, optional: bool) -> Vec<String> {
    let mut broken = Vec::new();
    // Tensors of integers that Ondol does not have are refused by name, unless asked for.
    let narrow: Vec<&Json> = expected::tensors(sidecar)
        .filter(|tensor| expected::is_narrow(tensor))
        .collect();
    match (load_in_time(path, LoadOptions::new()), narrow.first()) {
        (Ok(_), Some(_)) => broken.push("an i8 or the like was loaded unasked".to_owned()),
        (Err(e), Some(_)) => {
            let text = e.to_string();
            let named = |tensor: &&Json| {
                let key = expected::last_key(tensor);
                text.contains(&key) && text.contains(tensor["dtype"].as_str().unwrap_or("?"))
            };
            if !narrow.iter().any(named) && !optional {
                broken.push(format!("the error names no key and dtype: {text}"));
            }
        }
        (Err(e), None) if !optional => broken.push(format!("is refused: {e}")),
        _ => {}
    }
    match load_in_time(path, LoadOptions::new().widen(true)) {
        Ok(value) => broken.extend(expected::differences(&value, sidecar)),
        Err(e) if optional => {
            println!("{}: refused, which it may be: {e}", path.display());
        }
        Err(e) => broken.push(format!("is refused: {e}")),
    }
    broken
}

/// What is wrong with how a bad file is refused.
fn bad(path: &Path, entry: &Json) -> Vec<String> {
    let mut broken = Vec::new();
    let size = fs::metadata(path).map_or(0, |m| m.len());
    let watch = memory::Watch::start();
    let result = load_in_time(path, LoadOptions::new());
    if let Some(took) = watch.took().filter(|&took| took > MOST_MEMORY + size) {
        broken.push(format!("{}: takes {} MiB", path.display(), took >> 20));
    }
    match (result, entry["expect"].as_str()) {
        (Ok(_), Some("any")) => {}
        (Ok(_), _) => broken.push(format!(
            "{}: is read, though {}",
            path.display(),
            entry["reason"]
        )),
        (Err(e), _) => {
            let text = e.to_string();
            println!("{text}");
            let named = matches!(e.root(), Error::File { path: p, .. } | Error::Io { path: p, .. } if p == path);
            if !named || !text.contains(&*path.to_string_lossy()) || text.len() < 20 {
                broken.push(format!(
                    "{}: the error does not name it: {text}",
                    path.display()
                ));
            }
        }
    }
    broken
}

/// The messages for the files that are part of this project say what is wrong.
#[test]
fn bad_files_are_refused_for_what_is_wrong_with_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/state_dicts/bad");
    for (name, why) in [
        ("truncated_half.pt", "cut short"),
        ("not_a_checkpoint.pt", "not a PyTorch file"),
        ("os_system.pt", "`posix.system`"),
        ("unknown_global.pt", "is no part of a state dict"),
        (
            "storage_too_short.pt",
            "holds 16 bytes in the file, but should have 16 elements",
        ),
        ("view_out_of_storage.pt", "leaves its storage"),
        ("shape_overflow.pt", "too many elements"),
        ("empty.pt", "is empty"),
        ("legacy_truncated.pth", "cut short"),
        ("header_too_long.safetensors", "cut short"),
        ("overlap.safetensors", "the header is damaged"),
        ("garbage_json.safetensors", "the header is damaged"),
    ] {
        let text = load_with(folder.join(name), LoadOptions::new())
            .unwrap_err()
            .to_string();
        assert!(text.contains(name) && text.contains(why), "{text}");
    }
}
