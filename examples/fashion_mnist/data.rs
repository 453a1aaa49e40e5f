//! Where the images come from: the given folder, the usual places, a download, or drawn ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ondol::data::transforms::{
    Compose, Normalize, RandomCrop, RandomErasing, RandomHorizontalFlip, ToTensor,
};
use ondol::prelude::*;
use ondol::vision::datasets::{FashionMNIST, SyntheticFashion};

use crate::args::Augment;

/// Images with labels, whatever they come from.
pub(crate) type Images = Arc<dyn Dataset<Item = (Tensor, Tensor)>>;

/// Training and test set, and a line that says what they are.
pub(crate) struct Sets {
    pub(crate) train: Images,
    pub(crate) test: Images,
    pub(crate) origin: String,
}

/// The training set's mean and deviation.
const MEAN: f64 = 0.2860;
const STD: f64 = 0.3530;

/// To tensors of mean 0 and deviation 1, after what is done by chance.
pub(crate) fn transform(augment: Augment) -> Compose {
    let mut transform = Compose::new();
    if augment != Augment::None {
        transform = transform.then(RandomHorizontalFlip::new());
    }
    if matches!(augment, Augment::Crop | Augment::Erase) {
        transform = transform.then(RandomCrop::new(28).padding(2));
    }
    transform = transform.then(ToTensor).then(Normalize::new([MEAN], [STD]));
    if augment == Augment::Erase {
        transform = transform.then(RandomErasing::new().scale((0.02, 0.2)));
    }
    transform
}

fn read(root: &Path, download: bool, augment: Augment) -> ondol::Result<Sets> {
    let part = |train, augment| {
        FashionMNIST::new(root)
            .train(train)
            .download(download)
            .transform(transform(augment))
            .open()
    };
    Ok(Sets {
        train: Arc::new(part(true, augment)?),
        test: Arc::new(part(false, Augment::None)?),
        origin: format!("Fashion-MNIST from {}", root.display()),
    })
}

/// The real images where they can be had. A folder that was named must hold them.
pub(crate) fn find(data: Option<PathBuf>, augment: Augment, seed: u64) -> ondol::Result<Sets> {
    let read = |root: &Path, download| read(root, download, augment);
    let named = data.or_else(|| std::env::var_os("ONDOL_DATA").map(PathBuf::from));
    if let Some(root) = named {
        return read(&root, false);
    }
    let usual = Path::new("data");
    let why = match read(usual, false) {
        Ok(sets) => return Ok(sets),
        Err(error) if present(usual) => return Err(error),
        Err(_) => match read(usual, true) {
            Ok(sets) => return Ok(sets),
            Err(error) => error,
        },
    };
    eprintln!(
        "\n\
         ****************************************************************************\n\
         The Fashion-MNIST files are not in data/ and could not be downloaded:\n  {why}\n\
         Training on SYNTHETIC garments instead, drawn by this program.\n\
         For the real images put the four *-ubyte.gz files into a folder and name it\n\
         with --data FOLDER or ONDOL_DATA; data/README.md says where they are.\n\
         ****************************************************************************\n"
    );
    Ok(Sets {
        train: Arc::new(SyntheticFashion::new(true, 60_000, seed).transform(transform(augment))),
        test: Arc::new(
            SyntheticFashion::new(false, 10_000, seed).transform(transform(Augment::None)),
        ),
        origin: "synthetic garments (not Fashion-MNIST)".to_owned(),
    })
}

/// Whether somebody put files there, so that what is wrong with them must not be passed over.
fn present(root: &Path) -> bool {
    [root.to_owned(), root.join("FashionMNIST").join("raw")]
        .iter()
        .any(|folder| {
            let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
            files
                .into_iter()
                .any(|f| f.file_name().to_string_lossy().contains("-ubyte"))
        })
}
