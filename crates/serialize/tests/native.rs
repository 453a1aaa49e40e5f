//! What goes into an `.ond` file comes out as it was, or not at all.

use std::fs;
use std::path::PathBuf;

use ondol_serialize::{LoadOptions, load, load_with, save};
use ondol_tensor::{Array, DType, Dict, Key, Shape, Value, bf16, f16};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
    /// Saves, loads, saves what was loaded, and holds the two files against each other.
    fn round_trip(&self, value: &Value) -> (Value, Vec<u8>) {
        let (first, second) = (self.path("first.ond"), self.path("second.ond"));
        save(value, &first).unwrap();
        let loaded = load(&first).unwrap();
        save(&loaded, &second).unwrap();
        let bytes = fs::read(&first).unwrap();
        assert_eq!(
            bytes,
            fs::read(&second).unwrap(),
            "the same state must give the same bytes"
        );
        assert!(same(value, &loaded));
        (loaded, bytes)
    }
}

/// Equal bit for bit, NaNs included.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::None, Value::None) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Tensor(a), Value::Tensor(b)) => {
            a.shape() == b.shape()
                && a.dtype() == b.dtype()
                && a.to_bytes().unwrap() == b.to_bytes().unwrap()
        }
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Dict(a), Value::Dict(b)) => {
            a.len() == b.len()
                && a.iter()
                    .zip(b.iter())
                    .all(|((k, a), (l, b))| k == l && same(a, b))
        }
        _ => false,
    }
}

fn array(shape: &[usize]) -> Array {
    let shape = Shape::new(shape);
    let n = shape.numel();
    Array::from_vec((0..n).map(|i| i as f32).collect(), shape).unwrap()
}

fn list(arrays: &[&Array]) -> Value {
    Value::List(arrays.iter().map(|&a| Value::Tensor(a.clone())).collect())
}

fn tensors(value: &Value) -> Vec<Array> {
    value
        .as_list()
        .unwrap()
        .iter()
        .map(|v| v.as_tensor().unwrap().clone())
        .collect()
}

/// One array of each dtype, with the values at the edges and NaNs with payloads.
fn every_dtype() -> Dict {
    let arrays = [
        Array::from_vec(vec![true, false, true], [3]),
        Array::from_vec(vec![0u8, 1, 255], [3]),
        Array::from_vec(vec![i32::MIN, -1, i32::MAX], [3]),
        Array::from_vec(vec![i64::MIN, -1, i64::MAX], [3]),
        Array::from_vec(
            [0x7e01, 0xfdff, 0x8000, 1].map(f16::from_bits).to_vec(),
            [2, 2],
        ),
        Array::from_vec(
            [0x7fc1, 0xff81, 0x8000, 1].map(bf16::from_bits).to_vec(),
            [2, 2],
        ),
        Array::from_vec(
            [0x7fc0_1234, 0xff80_0001, 0x8000_0000, 1]
                .map(f32::from_bits)
                .to_vec(),
            [4, 1],
        ),
        Array::from_vec(
            [0x7ff0_0000_0000_0001, u64::MAX, 1 << 63, 1]
                .map(f64::from_bits)
                .to_vec(),
            [1, 4],
        ),
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

fn nested() -> Value {
    let mut optimizer = Dict::new();
    optimizer.insert(
        0i64,
        Value::Tuple(vec![Value::None, 0.9f64.into(), f64::NAN.into()]),
    );
    optimizer.insert(Key::Str(String::new()), Value::List(vec![]));
    optimizer.insert(-5i64, Value::Dict(Dict::new()));
    let mut state = Dict::new();
    state.insert("model", every_dtype());
    state.insert("optimizer", optimizer);
    state.insert("이름 \"\n", "온돌");
    state.insert("scalar", Array::scalar(-0.0f32));
    state.insert("best", f64::from_bits(0x7ff8_0000_0000_abcd));
    state.insert(
        "steps",
        Value::List(vec![i64::MIN.into(), i64::MAX.into(), true.into()]),
    );
    Value::Dict(state)
}

#[test]
fn every_kind_of_value_comes_back() {
    let folder = Folder::new();
    let (loaded, _) = folder.round_trip(&nested());
    assert_eq!(loaded.get("이름 \"\n").unwrap().as_str().unwrap(), "온돌");
    let unverified = load_with(folder.path("first.ond"), LoadOptions::new().verify(false)).unwrap();
    assert!(same(&unverified, &loaded));
    for value in [
        Value::None,
        Value::Bool(false),
        Value::Tensor(Array::scalar(7i64)),
        Value::Str("x".into()),
    ] {
        folder.round_trip(&value);
    }
}

#[test]
fn data_lies_on_multiples_of_64() {
    let (_, bytes) = Folder::new().round_trip(&list(&[&array(&[3]), &array(&[5])]));
    let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let start = u64_at(20);
    assert_eq!(start % 64, 0);
    assert_eq!(bytes[start + 4..start + 8], 1.0f32.to_le_bytes());
    assert_eq!(bytes[start + 64 + 16..], 4.0f32.to_le_bytes());
}

#[test]
fn tied_arrays_are_stored_once_and_come_back_tied() {
    let folder = Folder::new();
    let weight = array(&[100, 100]);
    let transposed = weight.transpose(0, 1).unwrap();
    let row = weight.select_index(0, 50).unwrap();
    let (loaded, bytes) = folder.round_trip(&list(&[
        &row,
        &weight,
        &array(&[100, 100]),
        &weight.clone(),
        &transposed,
    ]));
    assert!((80_000..81_000).contains(&bytes.len()), "{}", bytes.len());
    let loaded = tensors(&loaded);
    for i in [0, 3, 4] {
        assert!(loaded[1].shares_buffer(&loaded[i]));
    }
    assert!(!loaded[1].shares_buffer(&loaded[2]));
    assert_eq!(loaded[4].layout().strides(), [1, 100]);
}

#[test]
fn parts_that_touch_share_and_parts_apart_do_not() {
    let folder = Folder::new();
    let packed = array(&[9, 4]);
    let part = |start| packed.narrow(0, start, 3).unwrap();
    let loaded = tensors(&folder.round_trip(&list(&[&part(6), &part(0), &part(3)])).0);
    assert!(loaded[0].shares_buffer(&loaded[1]) && loaded[1].shares_buffer(&loaded[2]));
    let big = array(&[1000, 1000]);
    let ends = list(&[
        &big.narrow(0, 999, 1).unwrap(),
        &big.narrow(0, 0, 1).unwrap(),
    ]);
    let (loaded, bytes) = folder.round_trip(&ends);
    assert!(bytes.len() < 9000, "{}", bytes.len());
    let loaded = tensors(&loaded);
    assert!(!loaded[0].shares_buffer(&loaded[1]));
}

#[test]
fn a_view_is_stored_without_the_rest_of_its_buffer() {
    let folder = Folder::new();
    let big = array(&[1000, 100]);
    let size = |a: &Array| {
        let (loaded, bytes) = folder.round_trip(&Value::Tensor(a.clone()));
        assert_eq!(loaded.as_tensor().unwrap().shape(), a.shape());
        bytes.len()
    };
    assert!(size(&big.narrow(0, 500, 2).unwrap()) < 1200);
    assert!(size(&big.narrow(1, 50, 1).unwrap()) < 4500);
    assert!(size(&big.slice(0, 10, 1000, 100).unwrap()) < 4500);
    assert!(size(&big.select_index(0, 3).unwrap().flip(&[0]).unwrap()) < 800);
    assert!(size(&big.select_index(1, 3).unwrap().flip(&[0]).unwrap()) < 4500);
    assert!(size(&Array::scalar(1.0f32).expand([1000, 1000]).unwrap()) < 300);
    assert!(
        size(
            &big.select_index(0, 1)
                .unwrap()
                .windows(0, 10, 1, 1)
                .unwrap()
        ) < 800
    );
    assert!(
        size(
            &big.narrow(0, 5, 1)
                .unwrap()
                .transpose(0, 1)
                .unwrap()
                .unsqueeze(0)
                .unwrap()
        ) < 800
    );
}

#[test]
fn columns_of_one_matrix_are_stored_apart() {
    let big = array(&[1000, 100]);
    let column = |i| big.select_index(1, i).unwrap();
    let (loaded, bytes) = Folder::new().round_trip(&list(&[&column(7), &column(3), &column(7)]));
    assert!(bytes.len() < 8500, "{}", bytes.len());
    let loaded = tensors(&loaded);
    assert!(loaded[0].shares_buffer(&loaded[2]) && !loaded[0].shares_buffer(&loaded[1]));
}

#[test]
fn empty_arrays_of_every_shape() {
    let folder = Folder::new();
    let a = array(&[4, 5]);
    let none = a.narrow(0, 2, 0).unwrap();
    let zero = Array::from_vec(Vec::<f64>::new(), [3, 0, 2]).unwrap();
    let twice = zero.transpose(0, 2).unwrap();
    let (loaded, _) = folder.round_trip(&list(&[&none, &zero, &a, &twice, &zero]));
    let loaded = tensors(&loaded);
    assert_eq!(loaded[0].shape(), &[0, 5]);
    assert_eq!(loaded[3].shape(), &[2, 0, 3]);
    assert!(loaded[1].shares_buffer(&loaded[4]) && loaded[1].shares_buffer(&loaded[3]));
    folder.round_trip(&list(&[&none]));
}

#[test]
fn depth_and_number_are_limited_when_saving() {
    let folder = Folder::new();
    let nest = |depth| (0..depth).fold(Value::Int(1), |v, _| Value::List(vec![v]));
    folder.round_trip(&nest(128));
    let path = folder.path("deep.ond");
    let text = save(&nest(129), &path).unwrap_err().to_string();
    assert!(
        text.contains("deep.ond") && text.contains("128 deep"),
        "{text}"
    );
    let many = Value::List(vec![Value::None; 1 << 20]);
    assert!(
        save(&many, &path)
            .unwrap_err()
            .to_string()
            .contains("as arrays")
    );
    assert!(!path.exists());
}

#[test]
fn extensions_say_the_format() {
    let folder = Folder::new();
    for (name, why) in [
        ("a.bin", "`.bin` is not the extension of a known format"),
        ("a", "the name has no extension"),
    ] {
        let path = folder.path(name);
        for result in [save(&Value::None, &path), load(&path).map(drop)] {
            let text = result.unwrap_err().to_string();
            assert!(text.contains(name) && text.contains(why), "{text}");
            assert!(!path.exists());
        }
    }
    save(&Value::None, folder.path("A.OND")).unwrap();
    assert!(load(folder.path("A.OND")).is_ok());
    assert!(
        load(folder.path("no.ond"))
            .unwrap_err()
            .to_string()
            .contains("cannot open")
    );
    fs::create_dir(folder.path("folder.ond")).unwrap();
    assert!(load(folder.path("folder.ond")).is_err());
    assert!(save(&Value::None, folder.path("folder.ond")).is_err());
    let text = save(&Value::None, folder.path("no/a.ond"))
        .unwrap_err()
        .to_string();
    assert!(text.contains("does not exist; create it first"), "{text}");
}

#[test]
fn a_save_that_fails_leaves_the_old_file() {
    let folder = Folder::new();
    let path = folder.path("model.ond");
    save(&Value::Int(1), &path).unwrap();
    let deep = (0..200).fold(Value::Int(1), |v, _| Value::List(vec![v]));
    assert!(save(&deep, &path).is_err());
    assert_eq!(load(&path).unwrap().as_int().unwrap(), 1);
    save(&Value::Int(2), &path).unwrap();
    assert_eq!(load(&path).unwrap().as_int().unwrap(), 2);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let folder = Folder::new();
    let (_, bytes) = folder.round_trip(&nested());
    let path = folder.path("cut.ond");
    for n in 0..bytes.len() {
        fs::write(&path, &bytes[..n]).unwrap();
        let text = load(&path).expect_err("cut").to_string();
        assert!(text.contains("cut.ond: the file is "), "{n}: {text}");
        assert!(load_with(&path, LoadOptions::new().verify(false)).is_err());
    }
    fs::write(&path, [&bytes[..], b"\n"].concat()).unwrap();
    assert!(
        load(&path)
            .unwrap_err()
            .to_string()
            .contains("1 bytes after its end")
    );
}

#[test]
fn a_file_with_any_bit_flipped_is_refused() {
    let folder = Folder::new();
    let (_, mut bytes) = folder.round_trip(&nested());
    let path = folder.path("flipped.ond");
    for i in 0..bytes.len() {
        let mut flip = |change: u8, options| {
            bytes[i] ^= change;
            fs::write(&path, &bytes).unwrap();
            bytes[i] ^= change;
            load_with(&path, options)
        };
        for bit in 0..8 {
            let loaded = flip(1 << bit, LoadOptions::default());
            assert!(loaded.is_err(), "bit {bit} of byte {i}");
        }
        // Unverified data may come out wrong, but never as a panic.
        let _ = flip(0xff, LoadOptions::new().verify(false));
    }
}

#[test]
fn damaged_data_is_named() {
    let folder = Folder::new();
    let mut layer = Dict::new();
    layer.insert("bias", array(&[4]));
    let layers = Value::List(vec![Value::None, Value::Dict(layer)]);
    let mut state = Dict::new();
    state.insert("first", Value::Dict(Dict::new()));
    state.insert("layers", layers);
    state.insert("last", array(&[2]));
    let (_, mut bytes) = folder.round_trip(&Value::Dict(state));
    let path = folder.path("damaged.ond");
    let end = bytes.len();
    bytes[end - 1] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert!(
        load(&path)
            .unwrap_err()
            .to_string()
            .contains("tensor `last`: the data is damaged")
    );
    bytes[end - 1] ^= 1;
    bytes[end - 64] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert!(
        load(&path)
            .unwrap_err()
            .to_string()
            .contains("tensor `layers[1].bias`: the data is damaged")
    );
}
