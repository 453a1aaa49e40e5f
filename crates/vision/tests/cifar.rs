//! CIFAR from small files that the tests write, in both forms, good and broken.

use std::path::Path;

use ondol_data::Dataset;
use ondol_vision::datasets::archive::extract_archive;
use ondol_vision::datasets::{CIFAR10, CIFAR100};

fn planes(salt: usize) -> Vec<u8> {
    (0..3072).map(|i| ((i + salt) * 31 % 253) as u8).collect()
}

fn write(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_record_is_a_label_and_three_planes() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = [vec![9], planes(0), vec![3], planes(7)].concat();
    write(dir.path(), "cifar-10-batches-bin/test_batch.bin", &bytes);
    let set = CIFAR10::new(dir.path()).train(false).open().unwrap();
    assert_eq!((set.len(), set.targets()), (2, &[9, 3][..]));
    assert_eq!(set.classes()[9], "truck");
    assert_eq!(set.class_to_idx()["cat"], 3);
    let image = set.image(1).unwrap();
    let plane = planes(7);
    assert_eq!(image.pixels()[..3], [plane[0], plane[1024], plane[2048]]);
    let (x, y) = set.get(1).unwrap();
    assert_eq!((x.shape(), y.item_as::<i64>()), (vec![3, 32, 32].into(), 3));
    let expected: Vec<f32> = plane.iter().map(|&p| f32::from(p) / 255.0).collect();
    assert_eq!(x.to_vec::<f32>(), expected);
}

#[test]
fn a_hundred_classes_or_twenty() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = [vec![19, 99], planes(0)].concat();
    write(dir.path(), "cifar-100-binary/train.bin", &bytes);
    let fine = CIFAR100::new(dir.path()).open().unwrap();
    assert_eq!((fine.targets(), fine.classes()[99]), (&[99][..], "worm"));
    let coarse = CIFAR100::new(dir.path()).coarse(true).open().unwrap();
    assert_eq!(
        (coarse.targets(), coarse.classes()[19]),
        (&[19][..], "vehicles_2")
    );
}

/// A batch as Python 2 pickled it: `cPickle` with NumPy.
fn pickled(labels: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes =
        b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x05a b cq\x03U\x06labelsq\x04]q\x05(".to_vec();
    labels.iter().for_each(|l| bytes.extend([b'K', *l]));
    bytes.extend(b"eU\x04dataq\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85U\x01b\x87Rq\x09(K\x01K");
    bytes.push(labels.len() as u8);
    bytes.extend(b"M\x00\x0c\x86cnumpy\ndtype\nq\x0aU\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes.extend(b"tbU\x09filenamesq\x0c]q\x0d(U\x05x.pngq\x0eh\x0eeu.");
    bytes
}

#[test]
fn what_torchvision_downloaded_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let batch = pickled(&[4, 6], &[planes(1), planes(2)].concat());
    write(dir.path(), "cifar-10-batches-py/test_batch", &batch);
    let set = CIFAR10::new(dir.path()).train(false).open().unwrap();
    assert_eq!(set.targets(), [4, 6]);
    let last = set.image(1).unwrap().into_pixels();
    assert_eq!(last[3071], planes(2)[3071]);

    // Cut anywhere, it is an error and never a panic.
    let read = |bytes: &[u8]| {
        write(dir.path(), "cifar-10-batches-py/test_batch", bytes);
        CIFAR10::new(dir.path())
            .train(false)
            .open()
            .map(|set| set.len())
    };
    for end in (0..batch.len()).step_by(97).chain(0..400) {
        let text = read(&batch[..end]).unwrap_err().to_string();
        assert!(
            text.contains("test_batch") && text.contains("pickled"),
            "{text}"
        );
    }
    // Nothing is called.
    let evil = b"\x80\x02cos\nsystem\nU\x02ls\x85R.";
    let text = read(evil).unwrap_err().to_string();
    assert!(
        text.contains("it calls os.system, which is never done"),
        "{text}"
    );
    let text = read(b"\x80\x04}.").unwrap_err().to_string();
    assert!(text.contains("protocol 4, expected 2"), "{text}");
    let text = read(&pickled(&[4, 60], &[planes(1), planes(2)].concat()))
        .unwrap_err()
        .to_string();
    assert!(text.contains("label 1 is 60, expected 0 to 9"), "{text}");
}

#[test]
fn broken_and_missing_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let open = || {
        CIFAR10::new(dir.path())
            .train(false)
            .open()
            .unwrap_err()
            .to_string()
    };
    let text = open();
    assert!(
        text.starts_with("Dataset not found. You can use download(true)"),
        "{text}"
    );
    for part in [
        "cifar-10-batches-bin",
        "cifar-10-batches-py",
        "cifar-10-binary.tar.gz",
    ] {
        assert!(text.contains(part), "{text}");
    }
    write(
        dir.path(),
        "cifar-10-batches-bin/test_batch.bin",
        &[0; 3000],
    );
    assert!(
        open().contains("3000 bytes, expected a multiple of 3073"),
        "{}",
        open()
    );
    write(
        dir.path(),
        "cifar-10-batches-bin/test_batch.bin",
        &[vec![10], planes(0)].concat(),
    );
    assert!(
        open().contains("label 0 is 10, expected 0 to 9"),
        "{}",
        open()
    );
    std::fs::remove_dir_all(dir.path().join("cifar-10-batches-bin")).unwrap();
    write(dir.path(), "cifar-10-binary.tar.gz", b"no archive");
    assert!(open().contains("cifar-10-binary.tar.gz: "), "{}", open());
}

fn tar(name: &str, link: bool) -> Vec<u8> {
    let mut header = tar::Header::new_gnu();
    let bytes = if link { 0 } else { 3 };
    header.set_size(bytes);
    header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
    if link {
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_link_name("/etc/passwd").unwrap();
    }
    header.set_cksum();
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(&header, &b"abc"[..bytes as usize]).unwrap();
    builder.into_inner().unwrap()
}

#[test]
fn an_archive_cannot_write_outside_of_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("inner");
    let unpack = |bytes: &[u8], name: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        extract_archive(path, &inner)
    };
    for name in ["../evil", "/evil", "a/../../evil"] {
        let text = unpack(&tar(name, false), "a.tar").unwrap_err().to_string();
        assert!(text.contains("leads out of"), "{text}");
    }
    let text = unpack(&tar("link", true), "a.tar").unwrap_err().to_string();
    assert!(text.contains("only files and folders"), "{text}");
    assert!(!dir.path().join("evil").exists());
    let good = tar("sub/good", false);
    assert_eq!(unpack(&good, "a.tar").unwrap(), [inner.join("sub/good")]);
    assert_eq!(std::fs::read(inner.join("sub/good")).unwrap(), b"abc");
    let text = unpack(&good[..514], "a.tar").unwrap_err().to_string();
    assert!(
        text.contains("truncated at good") || text.contains("damaged"),
        "{text}"
    );
    let text = unpack(b"abc", "a.rar").unwrap_err().to_string();
    assert!(
        text.contains("expected .tar.gz, .tgz, .tar, .zip or .gz"),
        "{text}"
    );
    let text = unpack(b"abc", "a.zip").unwrap_err().to_string();
    assert!(text.contains("no list of members"), "{text}");
}
