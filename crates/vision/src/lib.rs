//! Ondol's image datasets and picture files, the counterpart of torchvision.
//!
//! [`datasets`] read the official files, in torchvision's own folders or in plain ones, and download them
//! when asked to. [`datasets::SyntheticFashion`] draws garments instead: the same shapes and classes as
//! Fashion-MNIST with no file at all, for tests and for machines without a network.
//! [`models`] are networks with torchvision's keys. [`io`] reads and writes picture files; [`utils`] lays
//! pictures out in a grid, draws on them and shows them in a terminal.
#![forbid(unsafe_code)]

pub mod datasets;
pub mod io;
pub mod models;
mod temporary;
pub mod utils;
