//! Good files with something changed: reading one may fail, and does nothing worse.
//!
//! A second's worth by default; `ONDOL_FUZZ_SECONDS=600 cargo test -p ondol-serialize --release
//! --test mutations` goes on for ten minutes. What it finds goes into `tests/fixtures/found`, whose
//! files are read in every run.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ondol_serialize::{LoadOptions, load_with};
use ondol_tensor::Value;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures")
}

/// SplitMix64: the same changes in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// A byte that means something to some format, or any.
    fn byte(&mut self) -> u8 {
        const TELLING: &[u8] =
            b"\x00\x01\x7f\x80\xff(t}]uesa)R.QcqhrjKMJX\x85\x86\x87\x8a[{\",:0PK";
        if self.below(2) == 0 {
            TELLING[self.below(TELLING.len())]
        } else {
            self.next() as u8
        }
    }
}

/// Changes a few things.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        if bytes.is_empty() {
            return;
        }
        match random.below(8) {
            0 | 1 => bytes[at] = random.byte(),
            2 => bytes[at] ^= 1 << random.below(8),
            3 => {
                let byte = random.byte();
                bytes.insert(at, byte);
            }
            4 => drop(bytes.drain(at..(at + 1 + random.below(8)).min(bytes.len()))),
            5 => {
                // A number of 4 or 8 bytes that is far too large, or just so.
                let number = [
                    u64::MAX,
                    1 << 31,
                    1 << 40,
                    i64::MAX as u64,
                    random.below(4096) as u64,
                ][random.below(5)];
                let width = [2, 4, 8][random.below(3)];
                let end = (at + width).min(bytes.len());
                bytes[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
            }
            6 => {
                // A part of another file, or of this one.
                let from = if random.below(2) == 0 {
                    other.to_vec()
                } else {
                    bytes.clone()
                };
                let start = random.below(from.len());
                let end = (start + random.below(64)).min(from.len());
                bytes.splice(at..at, from[start..end].iter().copied());
            }
            _ => bytes.truncate(at),
        }
    }
}

/// Files to begin with, by extension.
fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for folder in [
        "state_dicts/good",
        "state_dicts/bad",
        "optim",
        "fuzz/native",
        "fuzz/npy",
    ] {
        let entries = fs::read_dir(fixtures().join(folder)).unwrap();
        let mut files: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
        files.sort();
        for path in files {
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            if !["json", "md"].contains(&&*extension) {
                seeds.push((extension.into_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    assert!(seeds.len() > 30);
    seeds
}

/// Reads a file; looks at all that it holds.
fn read(path: &Path) -> bool {
    let options = LoadOptions::new().verify(false).widen(true);
    let started = Instant::now();
    let result = load_with(path, options);
    let _ = load_with(path, LoadOptions::new());
    assert!(
        started.elapsed() < Duration::from_secs(4),
        "{}: slow",
        path.display()
    );
    match result {
        Ok(value) => {
            look(&value);
            true
        }
        Err(e) => {
            assert!(e.to_string().contains(&*path.to_string_lossy()), "{e}");
            false
        }
    }
}

fn look(value: &Value) {
    match value {
        Value::Tensor(array) if array.numel() < 1 << 20 => drop(array.to_bytes().unwrap()),
        Value::List(items) | Value::Tuple(items) => items.iter().for_each(look),
        Value::Dict(dict) => dict.iter().for_each(|(_, value)| look(value)),
        _ => {}
    }
}

#[test]
fn changed_files_are_read_or_refused() {
    let seconds = std::env::var("ONDOL_FUZZ_SECONDS")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(1);
    let seed = std::env::var("ONDOL_FUZZ_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    let mut random = Random(seed);
    let seeds = seeds();
    let folder = tempfile::tempdir().unwrap();
    let (mut read_whole, mut refused) = (0u64, 0u64);
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(seconds) {
        let (extension, good) = &seeds[random.below(seeds.len())];
        let (_, other) = &seeds[random.below(seeds.len())];
        let mut bytes = good.clone();
        mutate(&mut random, &mut bytes, other);
        let path = folder.path().join(format!("mutated.{extension}"));
        fs::write(&path, &bytes).unwrap();
        match std::panic::catch_unwind(|| read(&path)) {
            Ok(true) => read_whole += 1,
            Ok(false) => refused += 1,
            Err(_) => {
                let kept = std::env::temp_dir()
                    .join(format!("ondol-found-{}.{extension}", read_whole + refused));
                fs::write(&kept, &bytes).unwrap();
                panic!("reading panics; the file is kept as {}", kept.display());
            }
        }
    }
    println!("{refused} refused, {read_whole} read, seed {seed}");
    assert!(refused > 10 && read_whole > 0);
}

#[test]
fn what_was_found_before_stays_mended() {
    let Ok(entries) = fs::read_dir(fixtures().join("found")) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e != "md") {
            read(&path);
        }
    }
}
