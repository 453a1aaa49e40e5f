//! The command `ondol-weights`.

use std::path::{Path, PathBuf};
use std::process::Command;

use ondol_serialize::save;
use ondol_tensor::{Array, Dict};

fn good(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/state_dicts/good");
    root.join(name)
}

/// Runs it; its exit code and what it prints.
fn weights(arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ondol-weights"))
        .args(arguments)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn inspect_lists_what_is_there() {
    let (code, out) = weights(&[
        "inspect",
        text(&good("tied_and_views.pt")),
        text(&good("checkpoint.pt")),
    ]);
    assert_eq!(code, 0, "{out}");
    for line in [
        "shares memory with tok.weight",
        "[13, 6]",
        "optimizer.state[0].momentum_buffer",
        "epoch",
        "5 tensors",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
    let (code, out) = weights(&["inspect", text(&good("dtypes.pt"))]);
    assert!(code == 0 && out.contains("NOT FINITE"), "{out}");
    let (code, out) = weights(&["inspect", "--narrow", text(&good("dtypes.pt"))]);
    assert!(code == 2 && out.contains("has dtype i16"), "{out}");
}

#[test]
fn convert_and_diff_go_together() {
    let folder = tempfile::tempdir().unwrap();
    let (own, st) = (
        folder.path().join("a.ond"),
        folder.path().join("a.safetensors"),
    );
    let source = good("checkpoint.pt");
    let (code, out) = weights(&["convert", text(&source), text(&own)]);
    assert_eq!(code, 0, "{out}");
    assert_eq!(weights(&["diff", text(&source), text(&own)]).0, 0);
    let (code, out) = weights(&["convert", text(&source), text(&st)]);
    assert!(
        code == 2 && out.contains("`.pt` and `.ond` hold any value"),
        "{out}"
    );
    let (code, out) = weights(&["convert", "--key", "model", text(&source), text(&st)]);
    assert_eq!(code, 0, "{out}");
    let (code, out) = weights(&[
        "diff",
        "--key",
        "model.fc1.weight",
        text(&source),
        text(&own),
    ]);
    assert!(code == 0 && out.contains("equal: 1 values"), "{out}");
    let (code, out) = weights(&["diff", text(&source), text(&st)]);
    assert!(code == 1 && out.contains("epoch: only in"), "{out}");
    assert_eq!(
        weights(&["inspect", "--key", "nothing", text(&source)]).0,
        2
    );
}

#[test]
fn diff_measures_how_far_apart_numbers_are() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, numbers: &[f32]| {
        let path = folder.path().join(name);
        let array = Array::from_vec(numbers.to_vec(), [numbers.len()]).unwrap();
        save(&[("w", array)].into_iter().collect::<Dict>(), &path).unwrap();
        path
    };
    let a = write("a.pt", &[1.0, 2.0, f32::NAN]);
    let b = write("b.safetensors", &[1.0, 2.5, f32::NAN]);
    let c = write("c.ond", &[1.0, f32::NAN, f32::NAN]);
    let (code, out) = weights(&["diff", text(&a), text(&b)]);
    assert!(
        code == 1 && out.contains("w: 1 of 3 elements differ, by 5e-1 at most"),
        "{out}"
    );
    assert_eq!(
        weights(&["diff", "--tolerance", "0.6", text(&a), text(&b)]).0,
        0
    );
    assert_eq!(
        weights(&["diff", "--tolerance", "0.6", text(&a), text(&c)]).0,
        1
    );
    assert_eq!(weights(&["diff", text(&a), text(&a)]).0, 0);
}

#[test]
fn wrong_calls_say_how_it_is_used() {
    for call in [
        &[][..],
        &["inspect"],
        &["diff", "a.pt"],
        &["melt", "a.pt"],
        &["inspect", "--fast"],
        &["diff", "--tolerance"],
    ] {
        let (code, out) = weights(call);
        assert!(code == 2 && out.contains("ondol-weights convert"), "{out}");
    }
    assert_eq!(weights(&["help"]).0, 0);
}
