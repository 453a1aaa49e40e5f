//! Image datasets, and the readers and the download they are made of.

pub mod checksum;
pub mod download;
mod fashion_mnist;
pub mod idx;
mod labelled;
mod synthetic;

pub use fashion_mnist::{CLASSES, FashionMNIST, FashionMNISTBuilder};
pub use synthetic::SyntheticFashion;
