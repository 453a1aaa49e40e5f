//! Fashion-MNIST from small files that the tests write, in every layout, good and broken.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use ondol_autograd::Tensor;
use ondol_data::transforms::{Lambda, Normalize, Picture, ToTensor};
use ondol_data::{Collate, DataLoader, Dataset, compose, sample_generator};
use ondol_vision::datasets::download::Downloader;
use ondol_vision::datasets::{CLASSES, FashionMNIST, SyntheticFashion};

fn pixels(n: usize, salt: usize) -> Vec<u8> {
    (0..n * 784)
        .map(|i| (((i + salt) * 2_654_435_761) >> 7) as u8)
        .collect()
}

fn labels(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i * 7 % 10) as u8).collect()
}

fn idx(dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    for d in dims {
        bytes.extend(d.to_be_bytes());
    }
    bytes.extend(data);
    bytes
}

fn write(folder: &Path, name: &str, bytes: &[u8], gz: bool) {
    std::fs::create_dir_all(folder).unwrap();
    if gz {
        let file = std::fs::File::create(folder.join(format!("{name}.gz"))).unwrap();
        let mut encoder = GzEncoder::new(file, Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap();
    } else {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

/// Writes both splits: `n` pictures to train and half as many to test.
fn write_set(folder: &Path, n: usize, salt: usize, gz: bool) {
    for (split, n) in [("train", n), ("t10k", n / 2)] {
        let images = idx(&[n as u32, 28, 28], &pixels(n, salt));
        write(folder, &format!("{split}-images-idx3-ubyte"), &images, gz);
        write(
            folder,
            &format!("{split}-labels-idx1-ubyte"),
            &idx(&[n as u32], &labels(n)),
            gz,
        );
    }
}

#[test]
fn each_layout_is_found_and_torchvisions_comes_first() {
    for gz in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        write_set(dir.path(), 20, 1, gz);
        let plain = FashionMNIST::new(dir.path()).open().unwrap();
        assert_eq!((plain.len(), plain.data()), (20, &pixels(20, 1)[..]));
        assert_eq!(plain.targets(), labels(20));
        write_set(&dir.path().join("FashionMNIST").join("raw"), 12, 2, !gz);
        // What is there is not downloaded, even where it may be.
        let set = FashionMNIST::new(dir.path())
            .download(true)
            .mirror("http://127.0.0.1:9/")
            .open()
            .unwrap();
        assert_eq!((set.len(), set.data()), (12, &pixels(12, 2)[..]));
        assert_eq!(
            FashionMNIST::new(dir.path())
                .train(false)
                .open()
                .unwrap()
                .len(),
            6
        );
    }
}

#[test]
fn a_sample_is_an_image_and_a_label() {
    let dir = tempfile::tempdir().unwrap();
    write_set(dir.path(), 10, 0, true);
    let set = FashionMNIST::new(dir.path()).open().unwrap();
    let (image, label) = set.get(3).unwrap();
    assert_eq!(image.shape(), [1, 28, 28]);
    let expected: Vec<f32> = pixels(10, 0)[3 * 784..4 * 784]
        .iter()
        .map(|&p| f32::from(p) / 255.0)
        .collect();
    assert_eq!(image.to_vec::<f32>(), expected);
    assert_eq!(label.shape(), [0usize; 0]);
    assert_eq!(label.item_as::<i64>(), 1);
    assert_eq!(set.classes()[1], "Trouser");
    assert_eq!(CLASSES[9], "Ankle boot");
    assert_eq!(
        set.image(3).unwrap().pixels(),
        &pixels(10, 0)[3 * 784..4 * 784]
    );
    let text = set.get(10).unwrap_err().to_string();
    assert!(
        text.contains("index 10 is out of bounds") && text.contains("size 10"),
        "{text}"
    );
    assert!(set.get_batch(&[1, 10]).is_err());
}

fn assert_same_bits(a: &Tensor, b: &Tensor) {
    assert_eq!(a.shape(), b.shape());
    assert_eq!(a.dtype(), b.dtype());
    assert_eq!(a.value().to_bytes().unwrap(), b.value().to_bytes().unwrap());
}

/// `get_batch` against `get` and collate, for shuffled and repeated indices.
fn batch_equals_samples(set: &impl Dataset<Item = (Tensor, Tensor)>) {
    let indices: Vec<usize> = (0..50)
        .map(|i| i * 37 % set.len())
        .chain([0, 0, 5])
        .collect();
    let (images, targets) = set.get_batch(&indices).unwrap();
    let samples = indices.iter().map(|&i| set.get(i).unwrap()).collect();
    let (one_by_one, targets_one_by_one) = Collate::collate(samples).unwrap();
    assert_eq!(images.shape()[0], indices.len());
    assert_same_bits(&images, &one_by_one);
    assert_same_bits(&targets, &targets_one_by_one);
}

#[test]
fn the_batch_path_gives_the_bits_of_the_samples() {
    let dir = tempfile::tempdir().unwrap();
    write_set(dir.path(), 101, 5, false);
    let open = || FashionMNIST::new(dir.path());
    let normalise = || compose![ToTensor, Normalize::new([0.286], [0.353])];
    batch_equals_samples(&open().open().unwrap());
    batch_equals_samples(
        &open()
            .transform(normalise())
            .target_transform(|y| 9 - y)
            .open()
            .unwrap(),
    );
    batch_equals_samples(&open().transform(normalise()).open().unwrap());
    // One that is not batched goes sample by sample, between or last.
    let flip = || Lambda::tensor(|x| x.flip(-1));
    batch_equals_samples(&open().transform(compose![ToTensor, flip()]).open().unwrap());
    let both = open().transform(compose![ToTensor, flip(), Normalize::new([0.5], [0.5])]);
    batch_equals_samples(&both.target_transform(|y| y % 2).open().unwrap());
    batch_equals_samples(&SyntheticFashion::new(true, 60, 1).transform(normalise()));
}

#[test]
fn random_transforms_draw_the_same_however_they_are_fetched() {
    let noise = || {
        Lambda::new(|picture: Picture| {
            let by = (sample_generator().next_u64() % 1000) as f64;
            Ok(Picture::Tensor(picture.into_tensor()?.add(by)))
        })
    };
    let set = || SyntheticFashion::new(true, 40, 3).transform(compose![ToTensor, noise()]);
    let random_label = |y| y + 10 * (sample_generator().next_u64() % 1000) as i64;
    let epoch = |batch_size: usize, workers: usize, label: bool| -> (Vec<f32>, Vec<i64>) {
        let set = if label {
            set().target_transform(random_label)
        } else {
            set()
        };
        let loader = DataLoader::new(set)
            .batch_size(batch_size)
            .num_workers(workers)
            .seed(11);
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        for batch in &loader {
            let (x, y) = batch.unwrap();
            images.extend(x.to_vec::<f32>());
            labels.extend(y.to_vec::<i64>());
        }
        (images, labels)
    };
    for label in [false, true] {
        let one = epoch(1, 0, label);
        assert!(one.0.iter().any(|&x| x > 1.0), "nothing was drawn");
        assert!(one == epoch(7, 0, label));
        assert!(one == epoch(16, 3, label));
    }
}

#[test]
fn a_transform_that_ends_in_an_image_says_what_to_add() {
    let set = SyntheticFashion::new(true, 3, 0).transform(ondol_data::transforms::Compose::new());
    let text = set.get(0).unwrap_err().to_string();
    assert!(text.contains("add ToTensor"), "{text}");
    assert!(set.get_batch(&[0, 1]).is_err());
}

#[test]
fn what_is_missing_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let text = FashionMNIST::new(dir.path())
        .train(false)
        .open()
        .unwrap_err()
        .to_string();
    assert!(
        text.starts_with("Dataset not found. You can use download(true) to download it"),
        "{text}"
    );
    let raw = dir.path().join("FashionMNIST").join("raw");
    for part in [
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
        &raw.display().to_string(),
    ] {
        assert!(text.contains(part), "{text}");
    }
    // Half of it is not the dataset.
    write(
        dir.path(),
        "t10k-images-idx3-ubyte",
        &idx(&[0, 28, 28], &[]),
        false,
    );
    assert!(FashionMNIST::new(dir.path()).train(false).open().is_err());
}

#[test]
fn a_download_that_is_forbidden_or_fails_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let open = |downloader| {
        FashionMNIST::new(dir.path())
            .download(true)
            .downloader(downloader)
            .open()
    };
    let text = open(Downloader::new("http://127.0.0.1:9/").offline(true))
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("ONDOL_OFFLINE") && text.contains("train-images-idx3-ubyte.gz"),
        "{text}"
    );
}

#[test]
fn broken_files_are_refused() {
    let broken = |images: Vec<u8>, labels: Vec<u8>| {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "train-images-idx3-ubyte", &images, true);
        write(dir.path(), "train-labels-idx1-ubyte", &labels, false);
        FashionMNIST::new(dir.path())
            .open()
            .unwrap_err()
            .to_string()
    };
    let good = || idx(&[4, 28, 28], &pixels(4, 0));
    let text = broken(good(), idx(&[3], &[0, 1, 2]));
    assert!(text.contains("3 labels, expected 4"), "{text}");
    let text = broken(good(), idx(&[4], &[0, 1, 10, 3]));
    assert!(
        text.contains("label 2 is 10, expected less than 10"),
        "{text}"
    );
    let text = broken(idx(&[1, 32, 32], &[0; 1024]), idx(&[1], &[0]));
    assert!(text.contains("32 × 32 pixels, expected 28 × 28"), "{text}");
    let text = broken(idx(&[4], &[0; 4]), idx(&[4], &[0; 4]));
    assert!(text.contains("that is a file of labels"), "{text}");
    let text = broken(good()[..3000].to_vec(), idx(&[4], &[0; 4]));
    assert!(
        text.contains("truncated") && text.contains("train-images"),
        "{text}"
    );
}

/// With `ONDOL_DATA` naming a folder that holds the real files.
#[test]
fn the_real_files_are_what_they_are_known_to_be() {
    let Some(root) = std::env::var_os("ONDOL_DATA") else {
        println!("skipped: ONDOL_DATA names no folder with the real files");
        return;
    };
    let train = FashionMNIST::new(&root).open().unwrap();
    let test = FashionMNIST::new(&root).train(false).open().unwrap();
    assert_eq!((train.len(), test.len()), (60_000, 10_000));
    assert_eq!(&train.targets()[..10], [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]);
    for class in 0..10 {
        assert_eq!(
            train.targets().iter().filter(|&&y| y == class).count(),
            6000
        );
        assert_eq!(test.targets().iter().filter(|&&y| y == class).count(), 1000);
    }
    let sum: u64 = train.data().iter().map(|&p| u64::from(p)).sum();
    let mean = sum as f64 / 255.0 / train.data().len() as f64;
    assert!((mean - 0.28604).abs() < 1e-5, "{mean}");
    batch_equals_samples(&train);
}

/// With `ONDOL_DATA` naming a folder that holds the real files as they are published: they come over
/// http from a server on this machine.
#[test]
fn the_real_files_pass_the_download() {
    let Some(root) = std::env::var_os("ONDOL_DATA") else {
        println!("skipped: ONDOL_DATA names no folder with the real files");
        return;
    };
    let published = ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"];
    let folders = [
        Path::new(&root).to_owned(),
        Path::new(&root).join("FashionMNIST").join("raw"),
    ];
    let Some(folder) = folders
        .into_iter()
        .find(|f| published.iter().all(|name| f.join(name).is_file()))
    else {
        println!("skipped: ONDOL_DATA holds no .gz files");
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mirror = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            reader.read_line(&mut line).unwrap();
            let name = line
                .split(' ')
                .nth(1)
                .unwrap()
                .trim_start_matches('/')
                .to_owned();
            while line != "\r\n" {
                line.clear();
                reader.read_line(&mut line).unwrap();
            }
            let bytes = std::fs::read(folder.join(name)).unwrap();
            let length = bytes.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            )
            .unwrap();
            stream.write_all(&bytes).unwrap();
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let open = || FashionMNIST::new(dir.path()).train(false).download(true);
    let downloader = Downloader::new(mirror).progress(false).offline(false);
    assert_eq!(open().downloader(downloader).open().unwrap().len(), 10_000);
    let raw = dir.path().join("FashionMNIST").join("raw");
    assert_eq!(std::fs::read_dir(&raw).unwrap().count(), 4);
    // The second time nobody is asked.
    let nobody = Downloader::new("http://127.0.0.1:9/").offline(true);
    assert_eq!(open().downloader(nobody).open().unwrap().len(), 10_000);
}
