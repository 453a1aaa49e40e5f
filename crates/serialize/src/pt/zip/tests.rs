//! Archives as PyTorch writes them, to the byte, and archives that nobody should write.

use std::fs;
use std::path::Path;

use super::{Archive, Writer};

fn fixture(name: &str) -> Vec<u8> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/state_dicts/good");
    fs::read(folder.join(name)).unwrap()
}

/// An archive of these records.
fn archive(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out);
    for (name, data) in records {
        writer.record(name, data).unwrap();
    }
    writer.finish().unwrap();
    out
}

#[test]
fn pytorchs_files_are_written_again_byte_for_byte() {
    for name in [
        "mlp_small.pt",
        "scalars_empty.pt",
        "checkpoint_adam.pt",
        "tied_and_views.pt",
    ] {
        let bytes = fixture(name);
        let read = Archive::open(&bytes).unwrap();
        let mut records: Vec<_> = read.iter().collect();
        records.sort_by_key(|record| record.start);
        let records: Vec<(&str, &[u8])> = records
            .into_iter()
            .map(|r| (r.name, &bytes[r.start..r.start + r.size]))
            .collect();
        assert!(records.len() > 6);
        let again = archive(&records);
        let differs = again.iter().zip(&bytes).position(|(a, b)| a != b);
        assert!(again == bytes, "{name}: differs from byte {differs:?} on");
    }
}

#[test]
fn records_are_found_by_name() {
    let bytes = archive(&[("a/b", b"one"), ("a/empty", b""), ("a/a", b"three")]);
    let archive = Archive::open(&bytes).unwrap();
    let get = |name: &str| archive.get(name).map(|r| &bytes[r.start..r.start + r.size]);
    assert_eq!(get("a/b"), Some(&b"one"[..]));
    assert_eq!(get("a/a"), Some(&b"three"[..]));
    assert_eq!(get("a/empty"), Some(&b""[..]));
    assert_eq!(get("a"), None);
    assert_eq!(archive.get("a/empty").unwrap().checksum(), None);
    assert!(archive.iter().all(|record| record.start % 64 == 0));
}

/// `zip64` says where: sizes and offsets stand in an extra field, and the end is a zip64 one.
fn zip64(offset: u64, size: u64) -> Vec<u8> {
    let plain = archive(&[("a/b", b"0123456789")]);
    let directory = plain.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let mut out = plain[..directory].to_vec();
    let mut entry = plain[directory..directory + 46 + 3].to_vec();
    let extra = [
        &[1, 0, 24, 0][..],
        &size.to_le_bytes(),
        &size.to_le_bytes(),
        &offset.to_le_bytes(),
    ]
    .concat();
    for field in [20, 24, 42] {
        entry[field..field + 4].fill(0xff);
    }
    entry[30] = extra.len() as u8;
    out.extend(entry);
    out.extend(extra);
    let (end, length) = (out.len() as u64, (out.len() - directory) as u64);
    out.extend(b"PK\x06\x06");
    out.extend(44u64.to_le_bytes());
    out.extend([0; 12]);
    for field in [1, 1, length, directory as u64] {
        out.extend(field.to_le_bytes());
    }
    out.extend(b"PK\x06\x07\0\0\0\0");
    out.extend(end.to_le_bytes());
    out.extend(1u32.to_le_bytes());
    out.extend(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff");
    out.extend([0xff; 8]);
    out.extend([0; 2]);
    out
}

#[test]
fn zip64_is_read() {
    let bytes = zip64(0, 10);
    let archive = Archive::open(&bytes).unwrap();
    let record = archive.get("a/b").unwrap();
    assert_eq!(
        &bytes[record.start..record.start + record.size],
        b"0123456789"
    );
    for (offset, size) in [
        (u64::MAX, 10),
        (0, u64::MAX),
        (0, 1 << 40),
        (1 << 40, 10),
        (1, 10),
    ] {
        assert!(
            Archive::open(&zip64(offset, size)).is_err(),
            "{offset} {size}"
        );
    }
}

#[test]
fn large_archives_get_zip64_fields() {
    // Where a record starts far in; its data is not needed for that.
    let mut out = Vec::new();
    let mut writer = Writer::starting_at(&mut out, 1 << 33);
    writer.record("a/b", b"0123456789").unwrap();
    writer.finish().unwrap();
    let start = out.windows(10).position(|w| w == b"0123456789").unwrap();
    assert_eq!(start % 64, 0);
    assert_eq!(&out[30 + 3..30 + 3 + 4], &[1, 0, 8, 0]);
    assert_eq!(&out[30 + 3 + 4..30 + 3 + 12], &(1u64 << 33).to_le_bytes());
    let end = out.windows(4).position(|w| w == b"PK\x06\x06").unwrap();
    assert_eq!(
        &out[end + 24..end + 40],
        [1u64.to_le_bytes(), 1u64.to_le_bytes()].concat()
    );
    assert!(out[end..].windows(4).any(|w| w == b"PK\x06\x07"));
    assert_eq!(&out[out.len() - 6..out.len() - 2], &[0xff; 4]);
}

#[test]
fn archives_that_lie_are_refused() {
    let bytes = archive(&[("a/b", b"0123456789"), ("a/c", b"abc")]);
    let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let end = bytes.len() - 22;
    let refused = |change: &dyn Fn(&mut Vec<u8>), why: &str| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        let text = Archive::open(&bytes).unwrap_err();
        assert!(text.contains(why), "{text} ({why})");
    };
    let set = |at: usize, new: &[u8]| {
        let new = new.to_vec();
        move |bytes: &mut Vec<u8>| bytes[at..at + new.len()].copy_from_slice(&new)
    };
    refused(&|b| b.truncate(end), "cut short");
    refused(&|b| b.push(0), "cut short");
    refused(&set(end + 10, &[9, 0]), "several parts");
    refused(&set(end + 8, &[9, 0, 9, 0]), "too few for 9 records");
    refused(&set(end + 12, &[0xff; 3]), "leaves the file");
    refused(&set(end + 16, &[0xff; 3]), "leaves the file");
    refused(&set(directory, b"XX"), "the directory is damaged");
    refused(&set(directory + 8, &[1, 8]), "\"a/b\" is encrypted");
    refused(&set(directory + 10, &[8, 0]), "\"a/b\" is compressed");
    refused(&set(directory + 20, &[99]), "\"a/b\" is compressed");
    refused(
        &set(directory + 20, &[0xf0, 0xff, 0, 0, 0xf0, 0xff]),
        "leaves the file",
    );
    refused(&set(directory + 28, &[200]), "cut short");
    refused(
        &set(directory + 42, &[1]),
        "is not where the directory says",
    );
    refused(&set(directory + 42, &[0xff, 0xff, 0xff]), "leaves the file");
    refused(&set(directory + 46, b"a/x"), "another name where it lies");
    refused(&set(directory + 46, &[0xff]), "is not UTF-8");
    // The first record as long as to reach into the second.
    refused(
        &set(directory + 20, &[80, 0, 0, 0, 80]),
        "lie over one another",
    );
    let twice = archive(&[("a/b", b"1"), ("a/b", b"2")]);
    assert!(
        Archive::open(&twice)
            .unwrap_err()
            .contains("\"a/b\" is there twice")
    );
    assert!(Archive::open(b"PK").is_err());
}
