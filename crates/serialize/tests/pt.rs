//! What goes into a `.pt` or `.safetensors` file comes out as it was.

use std::fs;
use std::path::{Path, PathBuf};

use ondol_serialize::{LoadOptions, load, load_with, safetensors, save};
use ondol_tensor::{Array, DType, Dict, Key, Value, bf16, f16};

fn at(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

fn good(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/fixtures/state_dicts/good")
        .join(name)
}

fn array(n: usize) -> Array {
    Array::from_vec((0..n).map(|i| i as f32).collect::<Vec<f32>>(), [n]).unwrap()
}

/// Equal bit for bit.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Tensor(a), Value::Tensor(b)) => {
            let bits = |a: &Array| (a.shape().to_vec(), a.dtype(), a.to_bytes().unwrap());
            bits(a) == bits(b)
        }
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Dict(a), Value::Dict(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|((k, a), (l, b))| k == l && same(a, b))
        }
        _ => format!("{a:?}") == format!("{b:?}") && a.kind() == b.kind(),
    }
}

fn every_dtype() -> Dict {
    let arrays = [
        Array::from_vec(vec![true, false, true], [3]),
        Array::from_vec(vec![0u8, 1, 255], [3]),
        Array::from_vec(vec![i32::MIN, -1, i32::MAX], [3]),
        Array::from_vec(vec![i64::MIN, -1, i64::MAX], [3]),
        Array::from_vec([0x7e01, 0xfdff, 1].map(f16::from_bits).to_vec(), [3]),
        Array::from_vec([0x7fc1, 0xff81, 1].map(bf16::from_bits).to_vec(), [3]),
        Array::from_vec(
            [0x7fc0_1234, 0xff80_0001].map(f32::from_bits).to_vec(),
            [2, 1],
        ),
        Array::from_vec([u64::MAX, 1 << 63].map(f64::from_bits).to_vec(), [1, 2]),
    ];
    let arrays: Vec<Array> = arrays.into_iter().map(Result::unwrap).collect();
    assert_eq!(
        arrays.iter().map(Array::dtype).collect::<Vec<_>>(),
        DType::ALL
    );
    arrays
        .into_iter()
        .map(|a| (a.dtype().to_string(), a))
        .collect()
}

#[test]
fn every_kind_of_value_comes_back_and_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = Dict::new();
    state.insert("model", every_dtype());
    let nested: Dict = [
        (
            Key::Int(0),
            Value::Tuple(vec![Value::None, Value::Float(f64::NAN), Value::Bool(true)]),
        ),
        (Key::Str(String::new()), Value::List(vec![])),
        (Key::Int(-5), Value::Dict(Dict::new())),
        (Key::Int(i64::MAX), Value::Tuple(vec![])),
    ]
    .into_iter()
    .collect();
    state.insert("이름 \"\n", nested);
    state.insert("scalar", Array::scalar(-0.0f32));
    state.insert(
        "empty",
        Array::from_vec(Vec::<f64>::new(), [2, 0, 3]).unwrap(),
    );
    for n in 1..6 {
        state.insert(
            n,
            Value::Tuple((0..n).map(|i| Value::Int(i << (12 * i))).collect()),
        );
    }
    let state = Value::Dict(state);
    let (first, second) = (at(&folder, "first.pt"), at(&folder, "second.pth"));
    for value in [
        &state,
        &Value::None,
        &Value::Str("x".into()),
        &Value::Tensor(array(3)),
    ] {
        save(value, &first).unwrap();
        let loaded = load(&first).unwrap();
        assert!(same(&loaded, value), "{loaded:?}");
        save(&loaded, &second).unwrap();
        assert!(fs::read(&first).unwrap() == fs::read(&second).unwrap());
    }
}

#[test]
fn what_shares_memory_shares_it_again_and_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = at(&folder, "shared.pt");
    let base = array(10_000).reshape([100, 100]).unwrap();
    let views = [
        base.clone(),
        base.transpose(0, 1).unwrap(),
        base.narrow(0, 2, 3).unwrap(),
        base.flip(&[1]).unwrap(),
    ];
    let list = Value::List(views.iter().cloned().map(Value::Tensor).collect());
    save(&list, &path).unwrap();
    // The flipped one is a copy: PyTorch has no negative strides.
    let size = fs::metadata(&path).unwrap().len();
    assert!((80_000..84_000).contains(&size), "{size}");
    let loaded = load(&path).unwrap();
    assert!(same(&loaded, &list));
    let loaded = loaded.as_list().unwrap();
    let tensor = |i: usize| loaded[i].as_tensor().unwrap();
    assert!(tensor(0).shares_buffer(tensor(1)) && tensor(0).shares_buffer(tensor(2)));
    assert!(!tensor(0).shares_buffer(tensor(3)));
    assert_eq!(tensor(1).layout().strides(), [1, 100]);
    // A small view of something large is written alone.
    save(&base.narrow(0, 0, 1).unwrap(), &path).unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 2500);
    // One number, seen many times.
    let wide = Array::scalar(1.5f32)
        .as_strided([1000, 1000], &[0, 0], 0)
        .unwrap();
    save(&wide, &path).unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 2500);
    assert_eq!(
        load(&path).unwrap().as_tensor().unwrap().shape(),
        &[1000, 1000]
    );
}

#[test]
fn files_of_pytorch_go_through_every_format() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "checkpoint.pt",
        "checkpoint_adam.pt",
        "tied_and_views.pt",
        "legacy_small.pth",
        "dtypes.pt",
    ] {
        let value = load_with(good(name), LoadOptions::new().widen(true)).unwrap();
        for other in ["a.pt", "a.ond"] {
            save(&value, at(&folder, other)).unwrap();
            assert!(
                same(&load(at(&folder, other)).unwrap(), &value),
                "{name} {other}"
            );
        }
    }
}

#[test]
fn safetensors_hold_arrays_and_texts() {
    let folder = tempfile::tempdir().unwrap();
    let (path, again) = (at(&folder, "a.safetensors"), at(&folder, "b.safetensors"));
    let mut state = every_dtype();
    state.insert("empty", Array::from_vec(Vec::<f32>::new(), [0, 2]).unwrap());
    state.insert(
        "also empty",
        Array::from_vec(Vec::<f64>::new(), [0]).unwrap(),
    );
    state.insert(
        "view",
        array(6).reshape([2, 3]).unwrap().transpose(0, 1).unwrap(),
    );
    state.insert("flipped", array(3).flip(&[0]).unwrap());
    state.insert("0-dim \"quoted\"\n", Array::scalar(3i64));
    save(&state, &path).unwrap();
    let loaded = load(&path).unwrap();
    assert_eq!(loaded.as_dict().unwrap().len(), state.len());
    for (key, value) in state.iter() {
        assert!(same(loaded.get(key).unwrap(), value), "{key}");
    }
    save(&loaded, &again).unwrap();
    assert!(fs::read(&path).unwrap() == fs::read(&again).unwrap());
    assert_eq!(safetensors::metadata(&path).unwrap()["format"], "pt");
    assert!(
        safetensors::metadata(good("odd_header_small.safetensors"))
            .unwrap()
            .is_empty()
    );

    let refused = |value: Value, why: &str| {
        let text = save(&value, &path).unwrap_err().to_string();
        assert!(text.contains(why) && text.contains(".ond"), "{text}");
    };
    let nested: Dict = [("model", state)].into_iter().collect();
    refused(
        Value::Dict(nested),
        "`model` is a dict; `.pt` and `.ond` hold any value",
    );
    refused(Value::Int(1), "the value is an int");
    let numbered: Dict = [(3i64, Array::scalar(1.0f32))].into_iter().collect();
    refused(Value::Dict(numbered), "not the number 3");
    // What was there before is still there.
    assert!(load(&path).is_ok());
}

#[test]
fn safetensors_that_lie_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = at(&folder, "hostile.safetensors");
    let refused = |header: &str, data: usize, why: &str| {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + data, 1);
        fs::write(&path, &bytes).unwrap();
        let text = load(&path).unwrap_err().to_string();
        assert!(
            text.contains("hostile.safetensors") && text.contains(why),
            "{text} ({why})"
        );
    };
    let one = |dtype: &str, shape: &str, end: usize| {
        format!(r#"{{"w":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,{end}]}}}}"#)
    };
    refused(&one("F32", "[2]", 8), 9, "the header is damaged");
    refused(&one("F32", "[2]", 8), 7, "the header is damaged");
    refused(&one("F32", "[3]", 8), 8, "the header is damaged");
    refused(
        &one("F32", "[4611686018427387904,4]", 8),
        8,
        "the header is damaged",
    );
    refused(&one("F33", "[2]", 8), 8, "the header is damaged");
    refused(&one("I16", "[4]", 8), 8, "`w`: has dtype i16");
    refused(&one("F8_E4M3", "[8]", 8), 8, "`w`: has dtype");
    refused(&one("BOOL", "[8]", 8), 7, "the header is damaged");
    refused(
        &one("F32", &format!("[{}2]", "1,".repeat(64)), 8),
        8,
        "65 dimensions",
    );
    let twice = one("F32", "[2]", 8).replace(
        "}}",
        r#"},"w":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}"#,
    );
    refused(&twice, 8, "\"w\" is there twice");
    refused("{", 0, "the header is damaged");
    refused("[]", 0, "not a safetensors file");
    refused(
        &format!("{{{}", "[".repeat(100_000)),
        0,
        "the header is damaged",
    );
    refused(
        &format!("{{\"a\":{}", "[".repeat(100_000)),
        0,
        "the header is damaged",
    );
    refused(&format!("{{{}}}", " ".repeat(17 << 20)), 0, "are the most");
    for short in [
        &b"\x01"[..],
        b"\x02\0\0\0\0\0\0\0{",
        b"\xff\xff\xff\xff\xff\xff\xff\xff{}",
    ] {
        fs::write(&path, short).unwrap();
        assert!(load(&path).is_err());
    }
    // Bools are 0 or 1.
    let mut bytes = fs::read(&path).unwrap();
    bytes.clear();
    let header = one("BOOL", "[2]", 2);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend([1, 2]);
    fs::write(&path, &bytes).unwrap();
    assert!(
        load(&path)
            .unwrap_err()
            .to_string()
            .contains("`w`: element 1 is 2")
    );
}

#[test]
fn unknown_extensions_list_the_known_ones() {
    for name in ["a.bin", "a", "a.h5"] {
        for text in [
            load(name).unwrap_err().to_string(),
            save(&Value::None, name).unwrap_err().to_string(),
        ] {
            for known in [".pt", ".pth", ".safetensors", ".ond"] {
                assert!(text.contains(known), "{text}");
            }
        }
    }
}
