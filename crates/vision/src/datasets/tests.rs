//! Whole downloads: datasets made by the tests, published by a server of their own.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use ondol_data::Dataset;

use super::builder::{DatasetBuilder, Source};
use super::checksum::{Digests, Resource};
use super::download::Downloader;
use super::published::{self, Published};
use super::{CIFAR10, EMNIST, EmnistSplit, MNIST};

/// Serves these files, and gives the address.
fn serve(files: Vec<(String, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let name = line.split(' ').nth(1).unwrap_or("/")[1..].to_owned();
            while line != "\r\n" && !line.is_empty() {
                line.clear();
                reader.read_line(&mut line).unwrap();
            }
            let body = files.iter().find(|(n, _)| *n == name).map(|(_, b)| &b[..]);
            let (status, body) = body.map_or(("404 Not Found", &b""[..]), |b| ("200 OK", b));
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(body);
        }
    });
    url
}

fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// The dataset as if it were published as these files, beside a mirror that has none.
fn publish(like: &Published, files: Vec<(String, Vec<u8>)>) -> &'static Published {
    let resources: Vec<Resource<'static>> = files
        .iter()
        .map(|(name, bytes)| {
            let digests = Digests::of(bytes);
            Resource {
                name: leak(name.clone()),
                bytes: digests.bytes,
                md5: leak(digests.md5),
                sha256: leak(digests.sha256),
            }
        })
        .collect();
    let empty = leak(serve(Vec::new()));
    let full = leak(serve(files));
    Box::leak(Box::new(Published {
        files: Box::leak(resources.into_boxed_slice()),
        mirrors: Box::leak(Box::new([empty, full])),
        ..*like
    }))
}

fn open<D: Source>(mut builder: DatasetBuilder<D>, set: &'static Published) -> D {
    builder.files.published = set;
    let downloader = Downloader::new("").mirrors(set.mirrors.iter().copied());
    let downloader = downloader.progress(false).offline(false);
    let set = builder.download(true).downloader(downloader).open();
    set.unwrap_or_else(|e| panic!("{e}"))
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|d| bytes.extend(d.to_be_bytes()));
    bytes.extend(data);
    bytes
}

fn pixels(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i * 7 % 251) as u8).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn mnist_comes_from_the_mirror_that_has_it() {
    let images = gz(&idx(&[2, 28, 28], &pixels(2 * 784)));
    let labels = gz(&idx(&[2], &[3, 9]));
    let file =
        |at: usize, bytes: &Vec<u8>| (published::MNIST.files[at].name.to_owned(), bytes.clone());
    let set = publish(
        &published::MNIST,
        vec![
            file(0, &images),
            file(1, &labels),
            file(2, &images),
            file(3, &labels),
        ],
    );
    let root = tempfile::tempdir().unwrap();
    let mnist = open(MNIST::new(root.path()).train(false), set);
    assert_eq!((mnist.len(), mnist.targets()), (2, &[3, 9][..]));
    assert_eq!(mnist.data(), pixels(2 * 784));
    // As torchvision leaves them: packed, and unpacked for it to read.
    assert_eq!(
        names(&root.path().join("MNIST").join("raw")),
        [
            "t10k-images-idx3-ubyte",
            "t10k-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte",
            "t10k-labels-idx1-ubyte.gz"
        ]
    );
    // The second time nobody is asked.
    assert_eq!(
        MNIST::new(root.path()).train(false).open().unwrap().len(),
        2
    );
}

/// A zip archive of stored members.
fn zip(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let at = bytes.len() as u32;
        let crc = crc32fast::hash(data);
        let mut fields = vec![20u8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        for n in [crc, data.len() as u32, data.len() as u32] {
            fields.extend(n.to_le_bytes());
        }
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&fields);
        bytes.extend(name.as_bytes());
        bytes.extend(data);
        list.extend(b"PK\x01\x02\x14\x00");
        list.extend(&fields);
        list.extend([0; 10]);
        list.extend(at.to_le_bytes());
        list.extend(name.as_bytes());
    }
    let (at, count) = (bytes.len() as u32, members.len() as u16);
    bytes.extend(&list);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend((list.len() as u32).to_le_bytes());
    bytes.extend(at.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

#[test]
fn emnist_is_taken_out_of_its_archive() {
    let images = gz(&idx(&[2, 28, 28], &pixels(2 * 784)));
    let labels = gz(&idx(&[2], &[1, 26]));
    let archive = zip(&[
        ("gzip/emnist-letters-train-images-idx3-ubyte.gz", images),
        ("gzip/emnist-letters-train-labels-idx1-ubyte.gz", labels),
    ]);
    let set = publish(&published::EMNIST, vec![("gzip.zip".to_owned(), archive)]);
    let root = tempfile::tempdir().unwrap();
    let letters = || EMNIST::new(root.path(), EmnistSplit::Letters);
    let emnist = open(letters(), set);
    assert_eq!(emnist.targets(), [1, 26]);
    assert_eq!((emnist.classes()[1], emnist.classes()[26]), ("a", "z"));
    assert_eq!(emnist.data(), pixels(2 * 784));
    assert_eq!(
        names(&root.path().join("EMNIST").join("raw")),
        [
            "emnist-letters-train-images-idx3-ubyte",
            "emnist-letters-train-labels-idx1-ubyte",
            "gzip.zip"
        ]
    );
    let upright = letters().upright(true).open().unwrap();
    let at = |set: &EMNIST, row: usize, column: usize| set.data()[784 + row * 28 + column];
    assert_eq!(at(&upright, 3, 20), at(&emnist, 20, 3));
    let text = EMNIST::new(root.path(), EmnistSplit::Digits)
        .open()
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("no member emnist-digits-train-images-idx3-ubyte.gz"),
        "{text}"
    );
    // A byte that differs is found by the checksums, and nothing is left.
    let zip = root.path().join("EMNIST/raw/gzip.zip");
    let mut bytes = std::fs::read(&zip).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&zip, bytes).unwrap();
    std::fs::remove_file(zip.with_file_name("emnist-letters-train-images-idx3-ubyte")).unwrap();
    let text = letters().open().unwrap_err().to_string();
    assert!(
        text.contains("damaged") || text.contains("truncated"),
        "{text}"
    );
    assert_eq!(names(zip.parent().unwrap()).len(), 2);
}

#[test]
fn cifar_is_unpacked() {
    let record = |label: u8| [vec![label], pixels(3072)].concat();
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let batches = (1..6)
        .map(|i| format!("data_batch_{i}"))
        .chain(["test_batch".into()]);
    for (i, name) in batches.enumerate() {
        let bytes = record(i as u8);
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let path = format!("cifar-10-batches-bin/{name}.bin");
        tar.append_data(&mut header, path, &bytes[..]).unwrap();
    }
    let archive = tar.into_inner().unwrap().finish().unwrap();
    let name = published::CIFAR10.files[0].name.to_owned();
    let set = publish(&published::CIFAR10, vec![(name, archive)]);
    let root = tempfile::tempdir().unwrap();
    let cifar = open(CIFAR10::new(root.path()), set);
    assert_eq!(cifar.targets(), [0, 1, 2, 3, 4]);
    assert_eq!(
        CIFAR10::new(root.path())
            .train(false)
            .open()
            .unwrap()
            .targets(),
        [5]
    );
}

#[test]
fn wrong_files_are_refused_and_nothing_is_left() {
    let url = serve(vec![(
        published::CIFAR10.files[0].name.to_owned(),
        b"no".to_vec(),
    )]);
    let root = tempfile::tempdir().unwrap();
    let downloader = Downloader::new(url).progress(false).offline(false);
    let set = CIFAR10::new(root.path())
        .download(true)
        .downloader(downloader);
    let text = set.open().unwrap_err().to_string();
    assert!(
        text.contains("announces 2 bytes, the published file has 170052171"),
        "{text}"
    );
    assert!(
        text.contains("ONDOL_CIFAR10_MIRROR") && text.contains("by hand"),
        "{text}"
    );
    assert!(names(root.path()).is_empty());
}
