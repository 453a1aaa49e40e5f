//! CIFAR-10 and CIFAR-100: small colour pictures.
//!
//! The plain binary form is downloaded. A folder that torchvision filled holds pickled batches instead;
//! they are read as data, and nothing in them is executed.

mod batches;
mod classes;
mod pickle;

use std::path::PathBuf;

use ondol_tensor::Result;

use super::builder::{DatasetBuilder, Files, Source};
use super::labelled::{Labelled, labelled_dataset};
use super::published;
use batches::Form;

/// Colour pictures of 32 × 32 in ten classes, `torchvision.datasets.CIFAR10`: 50,000 to train and 10,000
/// to test.
///
/// A sample is the image after the transform, `[3, 32, 32]` `f32` in `0..=1` by default
/// ([`ToTensor`](ondol_data::transforms::ToTensor)), and its label, a 0-dim `i64`. What torchvision
/// downloaded is read too.
///
/// ```no_run
/// use ondol_vision::datasets::CIFAR10;
/// # fn main() -> ondol_tensor::Result<()> {
/// let train = CIFAR10::new("data").train(true).download(true).open()?;
/// assert_eq!(train.classes()[3], "cat");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct CIFAR10 {
    set: Labelled,
}
labelled_dataset!(CIFAR10);

/// Colour pictures of 32 × 32 in a hundred classes, `torchvision.datasets.CIFAR100`: 50,000 to train and
/// 10,000 to test, as [`CIFAR10`] has them.
///
/// [`coarse`](DatasetBuilder::coarse) gives the twenty superclasses instead.
#[derive(Clone)]
pub struct CIFAR100 {
    set: Labelled,
}
labelled_dataset!(CIFAR100);

impl CIFAR10 {
    /// Starts to describe the set in the folder `root`; [`open`](DatasetBuilder::open) reads it.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(root: impl Into<PathBuf>) -> DatasetBuilder<CIFAR10> {
        DatasetBuilder::new(&published::CIFAR10, root, ())
    }
}

impl CIFAR100 {
    /// Starts to describe the set in the folder `root`; [`open`](DatasetBuilder::open) reads it.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(root: impl Into<PathBuf>) -> DatasetBuilder<CIFAR100> {
        DatasetBuilder::new(&published::CIFAR100, root, false)
    }
}

impl DatasetBuilder<CIFAR100> {
    /// Whether labels are the twenty superclasses instead of the hundred classes; off by default.
    pub fn coarse(mut self, coarse: bool) -> Self {
        self.choice = coarse;
        self
    }
}

const TEN: Form = Form {
    binary: "cifar-10-batches-bin",
    python: "cifar-10-batches-py",
    python_archive: "cifar-10-python.tar.gz",
    train: &[
        "data_batch_1",
        "data_batch_2",
        "data_batch_3",
        "data_batch_4",
        "data_batch_5",
    ],
    test: &["test_batch"],
    label_bytes: 1,
    label: 0,
    key: "labels",
    classes: &classes::TEN,
};

const FINE: Form = Form {
    binary: "cifar-100-binary",
    python: "cifar-100-python",
    python_archive: "cifar-100-python.tar.gz",
    train: &["train"],
    test: &["test"],
    label_bytes: 2,
    label: 1,
    key: "fine_labels",
    classes: &classes::HUNDRED,
};

const COARSE: Form = Form {
    label: 0,
    key: "coarse_labels",
    classes: &classes::TWENTY,
    ..FINE
};

impl Source for CIFAR10 {
    type Choice = ();

    fn read(files: &Files, _: &()) -> Result<Labelled> {
        TEN.read(files)
    }

    fn of(set: Labelled) -> Self {
        CIFAR10 { set }
    }
}

impl Source for CIFAR100 {
    type Choice = bool;

    fn read(files: &Files, coarse: &bool) -> Result<Labelled> {
        if *coarse { &COARSE } else { &FINE }.read(files)
    }

    fn of(set: Labelled) -> Self {
        CIFAR100 { set }
    }
}
