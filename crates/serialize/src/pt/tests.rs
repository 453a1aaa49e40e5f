//! Files with tensors that no writer makes.

use std::fs;

use ondol_tensor::{Result, Value};

use super::zip::Writer;
use crate::{LoadOptions, load, load_with};

/// A file with this pickle and these storages.
fn file(pickle: &[u8], storages: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    writer.record("a/data.pkl", pickle).unwrap();
    for (key, data) in storages {
        writer.record(&format!("a/data/{key}"), data).unwrap();
    }
    writer.finish().unwrap();
    out
}

fn read(bytes: &[u8], options: LoadOptions) -> Result<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.pt");
    fs::write(&path, bytes).unwrap();
    load_with(&path, options)
}

#[track_caller]
fn refused(bytes: &[u8], why: &str) {
    let text = read(bytes, LoadOptions::new()).unwrap_err().to_string();
    assert!(
        text.contains("hostile.pt") && text.contains(why),
        "{text} ({why})"
    );
}

fn int(v: i64) -> Vec<u8> {
    [&[0x8a, 8][..], &v.to_le_bytes()].concat()
}

fn text(text: &str) -> Vec<u8> {
    [
        &[b'X'][..],
        &(text.len() as u32).to_le_bytes(),
        text.as_bytes(),
    ]
    .concat()
}

fn tuple(items: &[i64]) -> Vec<u8> {
    let items: Vec<u8> = items.iter().flat_map(|&v| int(v)).collect();
    [&b"("[..], &items, b"t"].concat()
}

/// A tensor of a storage of so many elements.
fn tensor(
    class: &str,
    key: &str,
    count: i64,
    offset: i64,
    shape: &[i64],
    strides: &[i64],
) -> Vec<u8> {
    [
        &b"ctorch._utils\n_rebuild_tensor_v2\n(("[..],
        &text("storage"),
        format!("ctorch\n{class}\n").as_bytes(),
        &text(key),
        &text("cpu"),
        &int(count),
        b"tQ",
        &int(offset),
        &tuple(shape),
        &tuple(strides),
        b"\x89ccollections\nOrderedDict\n)RtR",
    ]
    .concat()
}

/// `{"w": tensor}` over a storage of 16 bytes.
fn with(tensor: &[u8]) -> Vec<u8> {
    let pickle = [&b"\x80\x02}"[..], &text("w"), tensor, b"s."].concat();
    file(&pickle, &[("0", &[0; 16])])
}

#[test]
fn tensors_that_do_not_fit_their_storage() {
    let float = |count, offset, shape: &[i64], strides: &[i64]| {
        with(&tensor("FloatStorage", "0", count, offset, shape, strides))
    };
    let good = read(&float(4, 1, &[3], &[1]), LoadOptions::new()).unwrap();
    assert_eq!(good.get("w").unwrap().as_tensor().unwrap().shape(), &[3]);
    refused(&float(4, 1, &[4], &[1]), "`w`: has shape [4]");
    refused(
        &float(4, 0, &[2, 2], &[3, 1]),
        "leaves its storage of 4 elements",
    );
    refused(&float(4, -1, &[1], &[1]), "leaves its storage");
    refused(&float(4, i64::MAX, &[1], &[1]), "leaves its storage");
    refused(
        &float(4, 0, &[-1], &[1]),
        "`w`: has shape that are no tuple of sizes",
    );
    refused(&float(4, 3, &[2], &[-1]), "has strides that are no");
    refused(&float(4, 0, &[2, 2], &[1]), "differ in length");
    refused(
        &float(4, 0, &[1 << 40, 1 << 40], &[0, 0]),
        "too many elements",
    );
    refused(&float(4, 0, &[i64::MAX, 0], &[1, 1]), "too many elements");
    refused(&float(4, 0, &[2], &[i64::MAX]), "leaves its storage");
    refused(&float(4, 0, &[1; 65], &[1; 65]), "65 dimensions");
    refused(
        &float(5, 0, &[1], &[1]),
        "holds 16 bytes in the file, but should have 5",
    );
    refused(
        &float(3, 0, &[1], &[1]),
        "but should have 3 elements of 4 bytes",
    );
    refused(&float(-4, 0, &[1], &[1]), "but should have -4");
    refused(&float(i64::MAX, 0, &[1], &[1]), "but should have");
    refused(
        &with(&tensor("FloatStorage", "1", 4, 0, &[1], &[1])),
        "\"1\" is not in the file",
    );
    refused(
        &with(&tensor("FloatStorage", "../0", 4, 0, &[1], &[1])),
        "\"../0\" is not in the file",
    );
    refused(
        &with(&tensor("BoolStorage", "0", 4, 0, &[1], &[1])),
        "should have 4 elements of 1",
    );
}

#[test]
fn dtypes_that_are_not_here_are_named() {
    refused(
        &with(&tensor("CharStorage", "0", 16, 0, &[16], &[1])),
        "`w`: has dtype i8",
    );
    refused(
        &with(&tensor("ComplexFloatStorage", "0", 2, 0, &[2], &[1])),
        "`w`: has dtype complex64",
    );
    refused(
        &with(&tensor("QInt8Storage", "0", 16, 0, &[16], &[1])),
        "`w`: has dtype qint8",
    );
    let short = with(&tensor("ShortStorage", "0", 8, 2, &[2], &[3]));
    refused(&short, "LoadOptions::new().widen(true)");
    let wide = read(&short, LoadOptions::new().widen(true)).unwrap();
    assert_eq!(
        wide.get("w")
            .unwrap()
            .as_tensor()
            .unwrap()
            .to_vec::<i64>()
            .unwrap(),
        [0, 0]
    );
}

#[test]
fn a_storage_has_one_dtype() {
    let float = tensor("FloatStorage", "0", 4, 0, &[4], &[1]);
    let int = tensor("IntStorage", "0", 4, 0, &[4], &[1]);
    let pickle = [&b"\x80\x02]"[..], &float, b"a", &int, b"a."].concat();
    refused(
        &file(&pickle, &[("0", &[0; 16])]),
        "`[1]`: looks at memory of f32 as i32",
    );
}

#[test]
fn what_a_value_cannot_hold_is_named() {
    let pickled = |pickle: &[u8]| file(&[&b"\x80\x02"[..], pickle, b"."].concat(), &[]);
    let at = |thing: &[u8]| pickled(&[&b"}"[..], &text("a"), b"](", thing, b"es"].concat());
    refused(&at(b"\x8f"), "`a[0]`: is a set");
    refused(
        &at(b"c__builtin__\ncomplex\n)R"),
        "`a[0]`: is a complex number",
    );
    refused(&at(b"c_codecs\nencode\n)R"), "`a[0]`: is bytes");
    refused(&at(b"ctorch\nfloat32\n"), "`a[0]`: is a torch.dtype");
    refused(
        &at(b"\x8a\x09\0\0\0\0\0\0\0\x80\0"),
        "an integer of 9 bytes",
    );
    refused(&pickled(b"}NNs"), "has None as a key");
    refused(&pickled(b"}NN\x86Ns"), "has a tuple as a key");
    refused(&pickled(b"}\x88Ns"), "has a bool as a key");
}

#[test]
fn trees_that_are_too_much() {
    let pickled = |pickle: &[u8]| file(&[&b"\x80\x02"[..], pickle, b"."].concat(), &[]);
    // A list in itself, and one of 2^200 things.
    refused(&pickled(b"]q\x00h\x00a"), "128 deep");
    let mut doubling = b"Nq\x00".to_vec();
    for i in 0..100u8 {
        doubling.extend([b'h', i, b'h', i, 0x86, b'q', i + 1]);
    }
    refused(&pickled(&doubling), "more than 1048576 values");
    // A long text again and again.
    let long = text(&"x".repeat(1 << 20));
    let again = [&b"("[..], &long, b"q\x00", &b"h\x00".repeat(100), b"t"].concat();
    refused(&pickled(&again), "bytes of text");
    let mut deep = vec![b']'; 129];
    deep.extend(vec![b'a'; 128]);
    assert!(read(&pickled(&deep), LoadOptions::new()).is_ok());
    deep.insert(0, b']');
    deep.push(b'a');
    refused(&pickled(&deep), "128 deep");
}

#[test]
fn archives_of_others_are_told_apart() {
    let archive = |records: &[&str]| {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        for record in records {
            writer.record(record, b"N.").unwrap();
        }
        writer.finish().unwrap();
        out
    };
    refused(&archive(&["x.npy"]), "NumPy's `.npz`");
    refused(&archive(&["data.pkl"]), "without a record `data.pkl`");
    refused(&archive(&["x/y/data.pkl"]), "without a record `data.pkl`");
    refused(&archive(&["a/data.pkl", "b/data.pkl"]), "two roots");
    let mut big = Vec::new();
    let mut writer = Writer::new(&mut big);
    writer.record("a/data.pkl", b"N.").unwrap();
    writer.record("a/byteorder", b"big").unwrap();
    writer.finish().unwrap();
    refused(&big, "big-endian");
    refused(b"\x89OND\r\n\x1a\n", "an Ondol `.ond` file");
    refused(b"\x1f\x8b\x08\0", "gzip");
    refused(b"<!DOCTYPE html>", "a web page");
    refused(b"\x80\x02N.", "not a PyTorch file");
}

#[test]
fn a_bit_that_flipped_is_seen_and_no_checksum_is_none() {
    let mut bytes = with(&tensor("FloatStorage", "0", 4, 0, &[4], &[1]));
    let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let data = directory - 16 - 16;
    bytes[data] ^= 1;
    refused(&bytes, "`w`: the data is damaged");
    assert!(read(&bytes, LoadOptions::new().verify(false)).is_ok());
    // Saved with checksums off.
    let second = bytes[directory + 4..]
        .windows(4)
        .position(|w| w == b"PK\x01\x02")
        .unwrap();
    let second = directory + 4 + second;
    bytes[second + 16..second + 20].fill(0);
    assert!(read(&bytes, LoadOptions::new()).is_ok());
}

#[test]
fn legacy_files_that_lie_are_refused() {
    let name = "../../tests/fixtures/state_dicts/good/legacy_small.pth";
    let bytes = fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("legacy.pth");
    for cut in 0..bytes.len() {
        fs::write(&path, &bytes[..cut]).unwrap();
        assert!(load(&path).is_err(), "cut at {cut}");
    }
    // The number of elements of the last storage, which reaches to the end.
    let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
    let last = (bytes.len() - 200..bytes.len() - 8)
        .find(|&at| at as u64 + 8 + 4 * number(at).min(1000) == bytes.len() as u64)
        .unwrap();
    let with = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        fs::write(&path, &bytes).unwrap();
        load(&path).unwrap_err().to_string()
    };
    assert!(with(last + 6, 1).contains("cut short"));
    assert!(with(last + 7, 0xff).contains("cut short"));
    assert!(with(last, bytes[last] - 1).contains("but should have"));
}
