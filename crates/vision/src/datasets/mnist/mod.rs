//! MNIST and the sets in its format: a row of [`published`](super::published) and a list of classes each.

mod emnist;
mod files;

use std::path::PathBuf;

use ondol_tensor::Result;

use super::builder::{DatasetBuilder, Files, Source};
use super::labelled::{Labelled, labelled_dataset};
use super::published;

pub use emnist::{EMNIST, EmnistSplit};

/// The names of Fashion-MNIST's ten classes; a label is a place in this list.
pub const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

const DIGITS: [&str; 10] = [
    "0 - zero",
    "1 - one",
    "2 - two",
    "3 - three",
    "4 - four",
    "5 - five",
    "6 - six",
    "7 - seven",
    "8 - eight",
    "9 - nine",
];

const HIRAGANA: [&str; 10] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"];

/// Pictures of handwritten digits, `torchvision.datasets.MNIST`: 60,000 to train and 10,000 to test.
///
/// A sample is the image after the transform, `[1, 28, 28]` `f32` in `0..=1` by default
/// ([`ToTensor`](ondol_data::transforms::ToTensor)), and its label, a 0-dim `i64`.
///
/// ```no_run
/// use ondol_data::Dataset;
/// use ondol_vision::datasets::MNIST;
/// # fn main() -> ondol_tensor::Result<()> {
/// let test = MNIST::new("data").train(false).download(true).open()?;
/// assert_eq!(test.len(), 10_000);
/// assert_eq!(test.classes()[7], "7 - seven");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MNIST {
    set: Labelled,
}

/// Pictures of garments in ten classes, `torchvision.datasets.FashionMNIST`: 60,000 to train and 10,000
/// to test.
///
/// A sample is the image after the transform, `[1, 28, 28]` `f32` in `0..=1` by default
/// ([`ToTensor`](ondol_data::transforms::ToTensor)), and its label, a 0-dim `i64`.
///
/// ```no_run
/// use ondol_data::{DataLoader, Dataset};
/// use ondol_vision::datasets::FashionMNIST;
/// # fn main() -> ondol_tensor::Result<()> {
/// let train = FashionMNIST::new("data").train(true).download(true).open()?;
/// assert_eq!(train.len(), 60_000);
/// for batch in &DataLoader::new(train).batch_size(64).shuffle(true) {
///     let (images, labels) = batch?; // [64, 1, 28, 28] and [64]
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FashionMNIST {
    set: Labelled,
}

/// Pictures of cursive Japanese in ten classes, `torchvision.datasets.KMNIST`: 60,000 to train and 10,000
/// to test, as [`MNIST`] has them.
#[derive(Clone)]
pub struct KMNIST {
    set: Labelled,
}

/// A set whose four files lie side by side.
macro_rules! idx_dataset {
    ($name:ident, $published:ident, $classes:ident) => {
        labelled_dataset!($name);

        impl $name {
            /// Starts to describe the set in the folder `root`; [`open`](DatasetBuilder::open) reads it.
            #[allow(clippy::new_ret_no_self)]
            pub fn new(root: impl Into<PathBuf>) -> DatasetBuilder<$name> {
                DatasetBuilder::new(&published::$published, root, ())
            }
        }

        impl Source for $name {
            type Choice = ();

            fn read(files: &Files, _: &()) -> Result<Labelled> {
                files::read_four(files, &$classes)
            }

            fn of(set: Labelled) -> Self {
                $name { set }
            }
        }
    };
}
idx_dataset!(MNIST, MNIST, DIGITS);
idx_dataset!(FashionMNIST, FASHION_MNIST, CLASSES);
idx_dataset!(KMNIST, KMNIST, HIRAGANA);
