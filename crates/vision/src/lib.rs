//! Ondol's image datasets and picture files, the counterpart of `torchvision.datasets` and `.utils`.
//!
//! [`datasets::FashionMNIST`] reads the official files, in torchvision's own folder or in a plain one,
//! and downloads them when asked to. [`datasets::SyntheticFashion`] draws garments instead: the same
//! shapes and classes with no file at all, for tests and for machines without a network.
//! [`models`] are networks with torchvision's keys. [`utils`] lays pictures out in a grid and writes them to files.
#![forbid(unsafe_code)]

pub mod datasets;
pub mod models;
mod temporary;
pub mod utils;
