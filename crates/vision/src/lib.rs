//! Ondol's image datasets, the counterpart of `torchvision.datasets`.
//!
//! [`datasets::FashionMNIST`] reads the official files, in torchvision's own folder or in a plain one,
//! and downloads them when asked to. [`datasets::SyntheticFashion`] draws garments instead: the same
//! shapes and classes with no file at all, for tests and for machines without a network.
#![forbid(unsafe_code)]

pub mod datasets;
