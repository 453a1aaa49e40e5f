//! Folders of pictures that the tests write, and noise.

use std::path::Path;

use ondol_autograd::Tensor;
use ondol_data::{DataLoader, Dataset};
use ondol_vision::datasets::{DatasetFolder, FakeData, IMG_EXTENSIONS, ImageFolder};
use ondol_vision::io::write_png;

fn picture(root: &Path, name: &str, value: u8) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_png(&Tensor::from_vec(vec![value; 12], [3, 2, 2]), path).unwrap();
}

#[test]
fn classes_are_sorted_and_files_in_torchvisions_order() {
    let dir = tempfile::tempdir().unwrap();
    for (i, name) in [
        "dog/2.png",
        "cat/b.PNG",
        "cat/a.png",
        "cat/a-b/x.png",
        "cat/a/x.png",
        "Zebra/1.png",
    ]
    .iter()
    .enumerate()
    {
        picture(dir.path(), name, i as u8);
    }
    std::fs::write(dir.path().join("cat/notes.txt"), "no picture").unwrap();
    std::fs::write(dir.path().join("readme.png"), "in no class").unwrap();
    let set = ImageFolder::new(dir.path()).open().unwrap();
    assert_eq!(set.classes(), ["Zebra", "cat", "dog"]);
    assert_eq!(set.class_to_idx()["dog"], 2);
    let names: Vec<String> = set
        .samples()
        .iter()
        .map(|(path, _)| path.strip_prefix(dir.path()).unwrap().display().to_string())
        .collect();
    // What sorted(os.walk(…)) gives.
    assert_eq!(
        names,
        [
            "Zebra/1.png",
            "cat/a.png",
            "cat/b.PNG",
            "cat/a/x.png",
            "cat/a-b/x.png",
            "dog/2.png"
        ]
    );
    assert_eq!(set.targets(), [0, 1, 1, 1, 1, 2]);
    let (x, y) = set.get(5).unwrap();
    assert_eq!((x.to_vec::<f32>(), y.item()), (vec![0.0; 12], 2.0));
    let batch = DataLoader::new(set)
        .batch_size(6)
        .iter()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(batch.0.shape(), [6, 3, 2, 2]);
    assert_eq!(batch.1.to_vec::<i64>(), [0, 1, 1, 1, 1, 2]);
}

#[test]
fn a_broken_picture_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    picture(dir.path(), "a/good.png", 7);
    let whole = std::fs::read(dir.path().join("a/good.png")).unwrap();
    std::fs::write(dir.path().join("a/cut.png"), &whole[..whole.len() - 20]).unwrap();
    std::fs::write(dir.path().join("a/not.jpg"), "text").unwrap();
    std::fs::write(dir.path().join("a/x.webp"), b"RIFF\x10\0\0\0WEBPVP8 ").unwrap();
    let set = ImageFolder::new(dir.path()).open().unwrap();
    assert_eq!(set.len(), 4);
    for (index, (path, _)) in set.samples().iter().enumerate() {
        match set.get(index) {
            Ok(_) => assert!(path.ends_with("good.png")),
            Err(e) => {
                let text = e.to_string();
                assert!(text.contains(&path.display().to_string()), "{text}");
                assert!(
                    text.contains("damaged") || text.contains("expected PNG"),
                    "{text}"
                );
            }
        }
    }
    assert!(set.get(4).unwrap_err().to_string().contains("index 4"));
}

#[test]
fn what_belongs_to_the_set_can_be_said() {
    let dir = tempfile::tempdir().unwrap();
    picture(dir.path(), "a/1.png", 1);
    picture(dir.path(), "b/2.png", 2);
    std::fs::create_dir(dir.path().join("c")).unwrap();
    let open = || ImageFolder::new(dir.path());
    let text = open().open().unwrap_err().to_string();
    assert!(
        text.starts_with("Found no valid file for the classes c"),
        "{text}"
    );
    assert!(text.contains(&IMG_EXTENSIONS.join(", ")), "{text}");
    let set = open().allow_empty(true).open().unwrap();
    assert_eq!((set.len(), set.classes().len()), (2, 3));
    let chosen = open()
        .classes(["b", "a"])
        .target_transform(|y| y + 10)
        .open()
        .unwrap();
    assert_eq!(chosen.targets(), [1, 0]);
    assert_eq!(chosen.get(0).unwrap().1.item(), 11.0);
    let one = |path: &Path| path.ends_with("2.png");
    let set = open().is_valid_file(one).allow_empty(true).open().unwrap();
    assert_eq!(set.len(), 1);
    let text = ImageFolder::new(dir.path().join("a"))
        .open()
        .unwrap_err()
        .to_string();
    assert!(text.contains("Couldn't find any class folder in"), "{text}");
    let text = ImageFolder::new(dir.path().join("none"))
        .open()
        .unwrap_err()
        .to_string();
    assert!(text.contains("cannot read"), "{text}");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_folder_above_ends() {
    let dir = tempfile::tempdir().unwrap();
    picture(dir.path(), "a/1.png", 1);
    std::os::unix::fs::symlink(dir.path(), dir.path().join("a/up")).unwrap();
    let set = ImageFolder::new(dir.path()).open().unwrap();
    assert!(!set.is_empty() && set.len() < 4, "{}", set.len());
}

#[test]
fn files_of_any_kind() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("long")).unwrap();
    std::fs::write(dir.path().join("long/x.bin"), [1, 2, 3]).unwrap();
    let loader = |path: &Path| Ok(std::fs::read(path).unwrap().len() as i64);
    let set = DatasetFolder::new(dir.path(), loader).open().unwrap();
    let (sizes, labels) = set.get_batch(&[0, 0]).unwrap();
    assert_eq!(
        (sizes.to_vec::<i64>(), labels.to_vec::<i64>()),
        (vec![3, 3], vec![0, 0])
    );
    let none = DatasetFolder::new(dir.path(), loader)
        .extensions([".TXT"])
        .open();
    assert!(
        none.unwrap_err()
            .to_string()
            .contains("Supported extensions are: .txt")
    );
}

#[test]
fn noise_depends_on_the_index_only() {
    let set = FakeData::new()
        .size(20)
        .image_size([1, 8, 9])
        .num_classes(3);
    let (x, y) = set.get(7).unwrap();
    assert_eq!(x.shape(), [1, 8, 9]);
    let moved = set.clone().random_offset(4);
    assert_eq!(moved.get(3).unwrap().0.to_vec::<f32>(), x.to_vec::<f32>());
    assert_ne!(set.get(8).unwrap().0.to_vec::<f32>(), x.to_vec::<f32>());
    assert!((0.0..3.0).contains(&y.item()));
    let classes: std::collections::BTreeSet<i64> = (0..20)
        .map(|i| set.get(i).unwrap().1.item_as::<i64>())
        .collect();
    assert_eq!(classes.len(), 3);
    assert!(set.get(20).is_err());
    assert!(set.num_classes(0).get(0).is_err());
    assert_eq!(FakeData::new().len(), 1000);
}
