//! Image datasets, the counterpart of `torchvision.datasets`, and the readers and the download they are
//! made of.
//!
//! | dataset | what it is |
//! |---|---|
//! | [`MNIST`], [`FashionMNIST`], [`KMNIST`], [`EMNIST`] | grey pictures of 28 × 28, in memory |
//! | [`CIFAR10`], [`CIFAR100`] | colour pictures of 32 × 32, in memory |
//! | [`ImageFolder`], [`DatasetFolder`] | a folder for each class, read as they are got |
//! | [`SyntheticFashion`], [`FakeData`] | drawn garments, and noise: no files |

pub mod archive;
mod builder;
pub mod checksum;
mod cifar;
pub mod download;
mod fake;
mod folder;
pub mod idx;
mod labelled;
mod mnist;
pub mod published;
mod synthetic;
#[cfg(test)]
mod tests;

pub use builder::DatasetBuilder;
pub use cifar::{CIFAR10, CIFAR100};
pub use fake::FakeData;
pub use folder::{DatasetFolder, FolderBuilder, IMG_EXTENSIONS, ImageFolder, ImageFolderBuilder};
pub use mnist::{CLASSES, EMNIST, EmnistSplit, FashionMNIST, KMNIST, MNIST};
pub use synthetic::SyntheticFashion;
