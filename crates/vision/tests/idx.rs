//! IDX files, good and broken, written by the tests themselves.

use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use ondol_vision::datasets::idx;
use tempfile::TempDir;

fn file(dir: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn packed(magic: u32, dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = magic.to_be_bytes().to_vec();
    for d in dims {
        bytes.extend(d.to_be_bytes());
    }
    bytes.extend(data);
    bytes
}

fn error(dir: &TempDir, bytes: &[u8], rank: u8) -> String {
    let path = file(dir, "broken", bytes);
    let text = idx::read(&path, rank).unwrap_err().to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    text
}

fn data(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i * 37 % 251) as u8).collect()
}

#[test]
fn plain_and_gzip_are_told_apart_by_content() {
    let dir = tempfile::tempdir().unwrap();
    let whole = packed(0x0803, &[3, 4, 5], &data(60));
    // The names lie on purpose.
    for path in [
        file(&dir, "images.gz", &whole),
        file(&dir, "images", &gz(&whole)),
    ] {
        let read = idx::read(&path, 3).unwrap();
        assert_eq!(read.dims, [3, 4, 5]);
        assert_eq!(read.data, data(60));
    }
}

#[test]
fn a_gzip_file_of_several_members_is_one_stream() {
    let dir = tempfile::tempdir().unwrap();
    let whole = packed(0x0801, &[20], &data(20));
    let mut bytes = gz(&whole[..11]);
    bytes.extend(gz(&whole[11..]));
    assert_eq!(
        idx::read(file(&dir, "labels.gz", &bytes), 1).unwrap().data,
        data(20)
    );
}

#[test]
fn no_images_is_a_valid_file() {
    let dir = tempfile::tempdir().unwrap();
    let whole = packed(0x0803, &[0, 28, 28], &[]);
    assert_eq!(
        idx::read(file(&dir, "a", &whole), 3).unwrap().dims,
        [0, 28, 28]
    );
    assert_eq!(
        idx::read(file(&dir, "b", &gz(&whole)), 3).unwrap().dims,
        [0, 28, 28]
    );
}

#[test]
fn another_magic_number_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let labels = packed(0x0801, &[4], &data(4));
    let text = error(&dir, &labels, 3);
    assert!(
        text.contains("magic number 0x00000801 (that is a file of labels), expected 0x00000803"),
        "{text}"
    );
    let text = error(&dir, &packed(0x0d03, &[1, 1, 1], &[0; 4]), 3);
    assert!(text.contains("another number type"), "{text}");
    let text = error(&dir, b"<html>not found</html>", 3);
    assert!(text.contains("not an IDX file"), "{text}");
    let text = error(&dir, &gz(b"hello, world, hello"), 1);
    assert!(text.contains("not an IDX file"), "{text}");
}

#[test]
fn a_truncated_file_says_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    let whole = packed(0x0803, &[3, 4, 5], &data(60));
    let text = error(&dir, &whole[..70], 3);
    assert!(
        text.contains("truncated") && text.contains("76 bytes") && text.contains("found 70"),
        "{text}"
    );
    let text = error(&dir, &whole[..10], 3);
    assert!(
        text.contains("expected a header of 16 bytes, found 10"),
        "{text}"
    );
    let text = error(&dir, &[], 3);
    assert!(
        text.contains("expected a header of 16 bytes, found 0"),
        "{text}"
    );
    // Short inside a whole gzip stream.
    let text = error(&dir, &gz(&whole[..70]), 3);
    assert!(
        text.contains("60 bytes of data were expected, found 54"),
        "{text}"
    );
    // The gzip stream itself cut: in its data, then in its checksum.
    let stream = gz(&whole);
    let text = error(&dir, &stream[..stream.len() - 20], 3);
    assert!(
        text.contains("truncated gzip stream: expected 60 bytes of data, found "),
        "{text}"
    );
    let text = error(&dir, &stream[..stream.len() - 3], 3);
    assert!(text.contains("gzip stream"), "{text}");
}

#[test]
fn every_cut_of_a_gzip_file_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let stream = gz(&packed(0x0803, &[3, 4, 5], &data(60)));
    for len in 0..stream.len() {
        let path = file(&dir, "cut", &stream[..len]);
        assert!(idx::read(&path, 3).is_err(), "{len} of {}", stream.len());
    }
}

#[test]
fn more_than_the_header_says_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut whole = packed(0x0801, &[4], &data(4));
    whole.push(9);
    let text = error(&dir, &whole, 1);
    assert!(
        text.contains("too long") && text.contains("12 bytes") && text.contains("found 13"),
        "{text}"
    );
    let text = error(&dir, &gz(&whole), 1);
    assert!(text.contains("too long"), "{text}");
    // Something after the gzip stream.
    let mut stream = gz(&packed(0x0801, &[4], &data(4)));
    stream.extend(b"trailing");
    error(&dir, &stream, 1);
}

#[test]
fn an_absurd_header_is_refused_before_anything_is_allocated() {
    let dir = tempfile::tempdir().unwrap();
    let overflow = packed(0x0803, &[u32::MAX, u32::MAX, u32::MAX], &data(60));
    assert!(error(&dir, &overflow, 3).contains("more than any file can hold"));
    assert!(error(&dir, &gz(&overflow), 3).contains("more than any file can hold"));
    let huge = packed(0x0803, &[u32::MAX, 28, 28], &data(60));
    let text = error(&dir, &huge, 3);
    assert!(text.contains("found 76"), "{text}");
    let text = error(&dir, &gz(&huge), 3);
    assert!(
        text.contains("compressed bytes cannot unpack to more than"),
        "{text}"
    );
}

#[test]
fn a_gzip_bomb_stops_at_the_headers_size() {
    let dir = tempfile::tempdir().unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&packed(0x0801, &[4], &[])).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..64 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let text = error(&dir, &bomb, 1);
    assert!(text.contains("there is more after 4 bytes"), "{text}");
}

#[test]
fn a_gzip_checksum_that_is_wrong_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let mut stream = gz(&packed(0x0801, &[40], &data(40)));
    let crc = stream.len() - 8;
    stream[crc] ^= 1;
    let text = error(&dir, &stream, 1);
    assert!(
        text.contains("damaged at the end of the gzip stream"),
        "{text}"
    );
}

#[test]
fn what_is_no_file_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let missing = idx::read(dir.path().join("none"), 3)
        .unwrap_err()
        .to_string();
    assert!(missing.contains("none: cannot open"), "{missing}");
    assert!(idx::read(dir.path(), 3).is_err());
}
