//! NumPy's files, both ways. The fixtures were written by NumPy itself.

use std::path::{Path, PathBuf};

use ondol_serialize::{load, load_npy, load_npz, save, save_npy, save_npz, save_npz_compressed};
use ondol_tensor::{Array, DType, Device, Dict, Error, Value, bf16, f16};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/npy")
        .join(name)
}

fn doubles(a: &Array) -> Vec<f64> {
    a.cast(DType::F64).unwrap().to_vec().unwrap()
}

#[test]
fn every_dtype_and_byte_order() {
    let signed = [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0];
    let unsigned = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
    let floats = [-3.0, -1.5, 0.0, 1.5, 3.0, 4.5];
    let truths = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
    for (name, dtype, want) in [
        ("i1", DType::I32, signed),
        ("i2", DType::I32, signed),
        ("i2_big", DType::I32, signed),
        ("i4", DType::I32, signed),
        ("i4_big", DType::I32, signed),
        ("i8", DType::I64, signed),
        ("i8_big", DType::I64, signed),
        ("u1", DType::U8, unsigned),
        ("u2", DType::I32, unsigned),
        ("u2_big", DType::I32, unsigned),
        ("u4", DType::I64, unsigned),
        ("u4_big", DType::I64, unsigned),
        ("f2", DType::F16, floats),
        ("f2_big", DType::F16, floats),
        ("f4", DType::F32, floats),
        ("f4_big", DType::F32, floats),
        ("f8", DType::F64, floats),
        ("f8_big", DType::F64, floats),
        ("b1", DType::Bool, truths),
        ("version_1", DType::F64, floats),
        ("version_2", DType::F64, floats),
        ("version_3", DType::F64, floats),
    ] {
        let a = load_npy(fixture(&format!("{name}.npy"))).unwrap();
        assert_eq!(
            (a.dtype(), a.shape().to_vec()),
            (dtype, vec![2, 3]),
            "{name}"
        );
        assert_eq!(doubles(&a), want, "{name}");
    }
}

#[test]
fn orders_and_shapes() {
    let a = load_npy(fixture("fortran.npy")).unwrap();
    assert_eq!(a.shape(), &[2, 3, 4]);
    let want: Vec<f32> = (0..24).map(|i| i as f32).collect();
    assert_eq!(a.to_vec::<f32>().unwrap(), want);
    let scalar = load_npy(fixture("scalar.npy")).unwrap();
    assert_eq!((scalar.ndim(), scalar.item().unwrap()), (0, 2.5));
    assert_eq!(load_npy(fixture("empty.npy")).unwrap().shape(), &[0, 3]);
}

#[test]
fn what_arrays_do_not_hold_is_refused_by_name() {
    for (name, want) in [
        ("object.npy", "Python objects"),
        ("text.npy", "text"),
        ("complex.npy", "complex numbers"),
        ("record.npy", "records"),
        ("u8.npy", "<u8"),
    ] {
        let error = load_npy(fixture(name)).unwrap_err();
        assert!(matches!(error, Error::File { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(want) && text.contains(name), "{text}");
    }
    let text = load_npy(fixture("stored.npz")).unwrap_err().to_string();
    assert!(text.contains("not a .npy file"), "{text}");
    let text = load_npz(fixture("f4.npy")).unwrap_err().to_string();
    assert!(text.contains("not a zip archive"), "{text}");
    assert!(matches!(
        load_npy(fixture("none.npy")),
        Err(Error::Io { .. })
    ));
    assert!(load_npy(fixture("")).is_err());
}

#[test]
fn archives_of_numpy() {
    let stored = load_npz(fixture("stored.npz")).unwrap();
    let names: Vec<String> = stored.iter().map(|(k, _)| k.to_string()).collect();
    assert_eq!(names, ["\"weight\"", "\"layer.0.bias\"", "\"한\""]);
    let bias = stored.get("layer.0.bias").unwrap().as_tensor().unwrap();
    assert_eq!(bias.to_vec::<i64>().unwrap(), [-2, -1, 0, 1, 2, 3]);
    let deflated = load(fixture("deflated.npz")).unwrap();
    let weight = deflated.get("weight").unwrap().as_tensor().unwrap();
    assert_eq!(weight.shape(), &[100, 3]);
    assert_eq!(doubles(weight)[294..], [-3.0, -1.5, 0.0, 1.5, 3.0, 4.5]);
    assert_eq!(
        deflated
            .get("count")
            .unwrap()
            .as_tensor()
            .unwrap()
            .item()
            .unwrap(),
        7.0
    );
}

fn samples() -> Vec<(&'static str, Array)> {
    let a = |v: Vec<f32>, shape: &[usize]| Array::from_vec(v, shape).unwrap();
    let floats = a((0..24).map(|i| i as f32 - 7.5).collect(), &[2, 3, 4]);
    vec![
        ("nothing", a(vec![], &[3, 0])),
        ("scalar", Array::scalar(-2.25f64)),
        (
            "strided",
            floats.permute(&[2, 0, 1]).unwrap().narrow(0, 1, 2).unwrap(),
        ),
        ("flipped", floats.flip(&[0]).unwrap()),
        ("floats", floats),
        ("nan", a(vec![f32::NAN, f32::INFINITY, -0.0], &[3])),
        (
            "halves",
            Array::from_vec(vec![f16::from_f32(1.5); 2], [2]).unwrap(),
        ),
        ("bytes", Array::from_vec(vec![0u8, 255], [1, 2]).unwrap()),
        (
            "whole",
            Array::from_vec(vec![i64::MIN, i64::MAX], [2]).unwrap(),
        ),
        ("short", Array::from_vec(vec![-1i32, 7], [2, 1]).unwrap()),
        (
            "truths",
            Array::from_vec(vec![true, false, true], [3]).unwrap(),
        ),
    ]
}

fn same(a: &Array, b: &Array) {
    assert_eq!((a.dtype(), a.shape()), (b.dtype(), b.shape()));
    assert_eq!(a.to_bytes().unwrap(), b.to_bytes().unwrap());
}

#[test]
fn what_is_written_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut dict = Dict::new();
    for (name, array) in samples() {
        let path = folder.path().join(format!("{name}.npy"));
        save(&array, &path).unwrap();
        same(load(&path).unwrap().as_tensor().unwrap(), &array);
        let bytes = std::fs::read(&path).unwrap();
        let data = array.numel() * array.dtype().size();
        assert_eq!((bytes.len() - data) % 64, 0);
        dict.insert(name, array);
    }
    let path = folder.path().join("all.npz");
    let again = |path: &Path| {
        let back = load_npz(path).unwrap();
        assert_eq!(back.len(), dict.len());
        for ((k, a), (k2, b)) in dict.iter().zip(back.iter()) {
            assert_eq!(k, k2);
            same(a.as_tensor().unwrap(), b.as_tensor().unwrap());
        }
    };
    save(&dict, &path).unwrap();
    again(&path);
    save_npz(&dict, &path).unwrap();
    again(&path);
    save_npz_compressed(&dict, &path).unwrap();
    again(&path);
    save_npz(&Dict::new(), &path).unwrap();
    assert!(load_npz(&path).unwrap().is_empty());
}

#[test]
fn what_numpy_has_not_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (npy, npz) = (folder.path().join("a.npy"), folder.path().join("a.npz"));
    let text = |r: Result<(), Error>| r.unwrap_err().to_string();
    let half = Array::from_vec(vec![bf16::from_f32(1.0)], [1]).unwrap();
    assert!(text(save_npy(&half, &npy)).contains("NumPy has no dtype for bf16"));
    assert!(text(save(&Value::Int(3), &npy)).contains("holds one array, and this is a int"));
    assert!(text(save(&half, &npz)).contains("dictionary of arrays"));
    let one = Array::zeros([2], DType::F32, &Device::cpu()).unwrap();
    let nested: Dict = [("model", Dict::from_iter([("w", one.clone())]))]
        .into_iter()
        .collect();
    assert!(text(save(&nested, &npz)).contains("\"model\" is a dict"));
    let numbered: Dict = [(3i64, one)].into_iter().collect();
    assert!(text(save(&numbered, &npz)).contains("its key a number"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Loads bytes that may be anything: an error, or some arrays; never a panic.
fn survives(path: &Path, bytes: &[u8]) -> Option<Value> {
    std::fs::write(path, bytes).unwrap();
    match load(path) {
        Ok(value) => Some(value),
        Err(Error::File { .. } | Error::Io { .. }) => None,
        Err(other) => panic!("another kind of error: {other}"),
    }
}

#[test]
fn truncated_files_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "f4.npy",
        "version_3.npy",
        "fortran.npy",
        "stored.npz",
        "deflated.npz",
    ] {
        let whole = std::fs::read(fixture(name)).unwrap();
        let path = folder.path().join(name);
        for n in 0..whole.len() {
            assert!(
                survives(&path, &whole[..n]).is_none(),
                "{name} cut to {n} bytes"
            );
        }
        let longer = [&whole[..], &[0; 3]].concat();
        assert!(
            survives(&path, &longer).is_none(),
            "{name} with something behind it"
        );
    }
}

#[test]
fn flipped_bits_in_an_archive_are_errors_or_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["stored.npz", "deflated.npz"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        let want = load(fixture(name)).unwrap();
        let path = folder.path().join(name);
        for i in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[i] ^= 1 << (i % 8);
            let Some(got) = survives(&path, &bytes) else {
                continue;
            };
            // A name may be another one; numbers may not.
            let (got, want) = (got.as_dict().unwrap(), want.as_dict().unwrap());
            for ((_, a), (_, b)) in got.iter().zip(want.iter()) {
                same(a.as_tensor().unwrap(), b.as_tensor().unwrap());
            }
        }
    }
}

#[test]
fn flipped_bits_in_a_header_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    for name in ["f4.npy", "fortran.npy", "version_2.npy", "i2_big.npy"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        for i in 0..128.min(whole.len()) {
            for bit in [0, 3, 7] {
                let mut bytes = whole.clone();
                bytes[i] ^= 1 << bit;
                if let Some(Value::Tensor(a)) = survives(&path, &bytes) {
                    assert!(a.numel() * a.dtype().size() <= 4 * whole.len());
                }
            }
        }
    }
}

fn npy(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x93, b'N', b'U', b'M', b'P', b'Y', version, 0];
    if version == 1 {
        bytes.extend((header.len() as u16).to_le_bytes());
    } else {
        bytes.extend((header.len() as u32).to_le_bytes());
    }
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn headers_that_promise_too_much_allocate_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    let of =
        |shape: &str| format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
    for shape in [
        "(1000000000000,)",
        "(4611686018427387904, 4)",
        "(18446744073709551615, 18446744073709551615)",
        "(99999999999999999999,)",
        "(-1,)",
        "(2, 2",
        "((2,),)",
        "(2 2)",
    ] {
        assert!(
            survives(&path, &npy(1, &of(shape), &[0; 8])).is_none(),
            "{shape}"
        );
    }
    let deep = format!("({})", "1, ".repeat(10_000));
    assert!(survives(&path, &npy(2, &of(&deep), &[0; 8])).is_none());
    let mut long = npy(2, &of("(1,)"), &[0; 8]);
    long[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(survives(&path, &long).is_none());
    assert!(survives(&path, &npy(4, &of("(1,)"), &[0; 8])).is_none());
    assert!(survives(&path, &npy(1, &of("(1,)"), &[0; 8])).is_some());
    assert!(survives(&path, &npy(3, &of("(1,)"), &[0; 8])).is_some());
    // A bool is 0 or 1.
    let truth = npy(
        1,
        "{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }\n",
        &[1, 2],
    );
    assert!(survives(&path, &truth).is_none());
}

#[test]
fn an_archive_that_lies_about_its_sizes_allocates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let whole = std::fs::read(fixture("deflated.npz")).unwrap();
    let central = whole.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let mut bytes = whole.clone();
    bytes[central + 24..central + 28].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let text = load_npz(&path).unwrap_err().to_string();
    assert!(text.contains("cannot be true"), "{text}");
    let mut bytes = whole.clone();
    bytes[central + 10] = 12;
    std::fs::write(&path, &bytes).unwrap();
    assert!(
        load_npz(&path)
            .unwrap_err()
            .to_string()
            .contains("method 12")
    );
    let mut bytes = whole;
    bytes[central + 8] |= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(
        load_npz(&path)
            .unwrap_err()
            .to_string()
            .contains("encrypted")
    );
}
