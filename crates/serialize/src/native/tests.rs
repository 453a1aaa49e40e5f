//! Files that no writer makes, with correct checksums.

use std::fs;

use ondol_tensor::{Array, Result, Value};

use super::header::{Header, MAX_VALUES, Preamble};
use super::tables::Tables;
use super::tree::{MAX_DEPTH, Node};
use crate::{LoadOptions, load, load_with, save};

/// A file of a header, with right lengths and checksum, and data.
fn file(header: &[u8], data: &[u8]) -> Vec<u8> {
    let preamble = Preamble::of(header).unwrap();
    let mut out = preamble.encode().to_vec();
    out.extend(header);
    out.resize(preamble.data_start as usize, 0);
    out.extend(data);
    out
}

fn read(bytes: &[u8]) -> Result<Value> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.ond");
    fs::write(&path, bytes).unwrap();
    let unverified = load_with(&path, LoadOptions::new().verify(false));
    let verified = load(&path);
    assert!(verified.is_err() || unverified.is_ok());
    verified
}

#[track_caller]
fn refused(bytes: &[u8], why: &str) {
    let text = read(bytes).unwrap_err().to_string();
    assert!(text.contains("hostile.ond") && text.contains(why), "{text}");
}

/// The parts of a good file: `{"w": [[1, 2], [3, 4]] (f32), "m": [true, false]}`.
fn good() -> (Header, Vec<u8>) {
    let w = Array::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], [2, 2]).unwrap();
    let m = Array::from_vec(vec![true, false], [2]).unwrap();
    let value = Value::Dict([("w", w), ("m", m)].into_iter().collect());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("good.ond");
    save(&value, &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let preamble = Preamble::decode(&bytes[..64], bytes.len() as u64).unwrap();
    let header = &bytes[64..64 + preamble.header_length as usize];
    (
        Header::decode(header).unwrap(),
        bytes[preamble.data_start as usize..].to_vec(),
    )
}

/// A good file after its header was changed.
fn changed(change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let (mut header, data) = good();
    change(&mut header);
    file(&header.encode().unwrap(), &data)
}

#[test]
fn the_good_file_is_good() {
    let value = read(&changed(|_| {})).unwrap();
    assert_eq!(
        value
            .get("w")
            .unwrap()
            .as_tensor()
            .unwrap()
            .to_vec::<f32>()
            .unwrap(),
        [1.0, 2.0, 3.0, 4.0]
    );
}

#[test]
fn tensors_that_do_not_fit_their_data() {
    let tensor = |change: fn(&mut Tables)| changed(|header| change(&mut header.tables));
    refused(
        &tensor(|t| t.tensors[0].shape = vec![2, 3]),
        "does not fit 16 bytes",
    );
    refused(
        &tensor(|t| t.tensors[0].shape = vec![1 << 60, 1 << 60]),
        "tensor `w`: the shape",
    );
    refused(
        &tensor(|t| t.tensors[0].shape = vec![u64::MAX, 0]),
        "too many elements",
    );
    refused(
        &tensor(|t| t.tensors[0].shape = vec![2]),
        "differ in length",
    );
    refused(
        &tensor(|t| t.tensors[0].strides = vec![1 << 60, 1]),
        "does not fit",
    );
    refused(
        &tensor(|t| t.tensors[0].strides = vec![i64::MAX, i64::MAX]),
        "reach out",
    );
    refused(&tensor(|t| t.tensors[0].strides = vec![-2, 1]), "reach out");
    refused(
        &tensor(|t| t.tensors[0].strides = vec![1, 1]),
        "does not fit",
    );
    refused(&tensor(|t| t.tensors[0].offset = 1), "1..5 of its memory");
    refused(&tensor(|t| t.tensors[0].offset = u64::MAX), "the offset");
    refused(
        &tensor(|t| t.tensors[0].dtype = 8),
        "tensor `w`: unknown dtype tag 8",
    );
    refused(&tensor(|t| t.tensors[0].dtype = 7), "does not fit");
    refused(&tensor(|t| t.tensors[0].storage = 9), "storage 9 of 2");
    refused(&tensor(|t| t.tensors[0].storage = 1), "as bool");
    let deep =
        |t: &mut Tables| (t.tensors[0].shape, t.tensors[0].strides) = (vec![1; 65], vec![1; 65]);
    refused(&tensor(deep), "65 dimensions");
}

#[test]
fn storages_that_overlap_or_leave_the_file() {
    let storage = |change: fn(&mut Tables)| changed(|header| change(&mut header.tables));
    refused(
        &storage(|t| t.storages[1].offset = 0),
        "tensor `m`: its data starts at 0",
    );
    refused(
        &storage(|t| t.storages[1].offset = u64::MAX - 63),
        "its data starts at",
    );
    refused(
        &storage(|t| t.storages[0].offset = 64),
        "its data starts at 64",
    );
    refused(&storage(|t| t.storages[0].length = 1 << 60), "does not fit");
    refused(
        &storage(|t| t.storages[1].length = u64::MAX),
        "which no file has",
    );
    refused(
        &storage(|t| t.storages.push(t.storages[0])),
        "no tensor looks at storage 2",
    );
    refused(&storage(|t| t.storages.truncate(1)), "storage 1 of 1");
    let huge = |t: &mut Tables| {
        t.storages[1].length = 1 << 60;
        t.tensors[1].shape = vec![1 << 58];
    };
    refused(&storage(huge), "tensor `m`");
    refused(
        &storage(|t| t.storages[0].crc32 ^= 1),
        "tensor `w`: the data is damaged",
    );
}

#[test]
fn bools_are_0_or_1() {
    let (mut header, mut data) = good();
    *data.last_mut().unwrap() = 2;
    let start = header.tables.storages[1].offset as usize;
    header.tables.storages[1].crc32 = crc32fast::hash(&data[start..]);
    refused(
        &file(&header.encode().unwrap(), &data),
        "tensor `m`: element 1 is 2",
    );
}

#[test]
fn trees_that_are_none() {
    let tree = |nodes: Vec<Node>| {
        file(
            &Header {
                tables: Tables::default(),
                tree: nodes,
            }
            .encode()
            .unwrap(),
            &[],
        )
    };
    refused(&tree(vec![]), "ends early");
    refused(&tree(vec![Node::None, Node::None]), "1 nodes follow");
    refused(&tree(vec![Node::List(u64::MAX)]), "ends early");
    refused(&tree(vec![Node::Dict(1 << 60), Node::Int(1)]), "ends early");
    refused(
        &tree(vec![Node::Dict(1), Node::None, Node::None]),
        "not a key",
    );
    let twice = vec![
        Node::Dict(2),
        Node::Int(1),
        Node::None,
        Node::Int(1),
        Node::None,
    ];
    refused(&tree(twice), "the key 1 is there twice");
    refused(&tree(vec![Node::Tensor(0)]), "tensor 0");
    refused(&tree(vec![Node::Tuple(1); MAX_DEPTH + 2]), "128 deep");
    refused(&tree(vec![Node::List(1); 1_000_000]), "128 deep");
    let many = std::iter::once(Node::List(MAX_VALUES as u64)).chain(vec![Node::None; MAX_VALUES]);
    refused(&tree(many.collect()), "more than 1048576 values");
    refused(
        &tree(vec![Node::None; 3 * MAX_VALUES]),
        "more than 1048576 values",
    );
    refused(
        &changed(|h| h.tree.swap(2, 4)),
        "tensor 1 stands where 0 belongs",
    );
    let fewer = vec![Node::Dict(1), Node::Int(1), Node::Tensor(0)];
    refused(&changed(|h| h.tree = fewer), "1 tensors belong to no value");
    let deepest: Vec<_> = vec![Node::List(1); MAX_DEPTH]
        .into_iter()
        .chain([Node::None])
        .collect();
    assert!(read(&tree(deepest)).is_ok());
}

#[test]
fn headers_that_are_not_bincode() {
    // A length of 2^60 for each list the tables begin with, and for a text.
    let length = [&[253][..], &(1u64 << 60).to_le_bytes()].concat();
    for before in [&[][..], &[0], &[0, 0], &[0, 0, 0, 4], &[1]] {
        refused(
            &file(&[before, &length].concat(), &[]),
            "the header is damaged",
        );
    }
    refused(&file(&[], &[]), "the header is damaged");
    refused(
        &file(&[0, 0, 0, 4, 2, 0xff, 0xff], &[]),
        "the header is damaged",
    );
    refused(&file(&[0, 0, 0, 200], &[]), "the header is damaged");
}

#[test]
fn preambles_are_checked() {
    let bytes = changed(|_| {});
    let with = |at: usize, new: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    refused(
        &with(8, &[2]),
        "format version 2; this Ondol reads version 1",
    );
    refused(&with(12, &(1u64 << 60).to_le_bytes()), "is the most");
    refused(&with(12, &(32u64 << 20).to_le_bytes()), "is right");
    refused(&with(20, &[1]), "is right");
    refused(&with(28, &[bytes[28] ^ 1]), "checksum");
    refused(&with(32, &[1]), "flags");
    refused(&with(63, &[1]), "flags");
    let mut long = with(12, &(32u64 << 20).to_le_bytes());
    long[20..28].copy_from_slice(&((32u64 << 20) + 64).to_le_bytes());
    refused(&long, "cut short");
}

#[test]
fn padding_is_zero_and_the_end_is_the_end() {
    let (header, mut data) = good();
    let header_bytes = header.encode().unwrap();
    data[20] = 1;
    refused(&file(&header_bytes, &data), "something between its parts");
    data[20] = 0;
    data.push(0);
    refused(&file(&header_bytes, &data), "1 bytes after its end");
    data.truncate(data.len() - 2);
    refused(&file(&header_bytes, &data), "cut short");
}

#[test]
fn other_files_are_told_apart() {
    for (bytes, what) in [
        (&b""[..], "is empty"),
        (b"PK\x03\x04rest", "PyTorch"),
        (b"\x93NUMPY\x01\x00", "`.npy`"),
        (b"\x80\x02\x8a\nl\xfc\x9cF", "pickle"),
        (b"\x40\0\0\0\0\0\0\0{\"a\":", "safetensors"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x1f\x8b\x08", "gzip"),
        (
            b"hello, world",
            "not an Ondol file; it starts with [68, 65, 6c, 6c, 6f, 2c, 20, 77]",
        ),
        (b"\x89OND", "cut short"),
    ] {
        refused(bytes, what);
    }
}
