//! Ondol's image datasets and picture files, the counterpart of torchvision.
//!
//! [`datasets`] read the official files, in torchvision's own folders or in plain ones, and download them
//! when asked to. [`datasets::SyntheticFashion`] draws garments instead: the same shapes and classes as
//! Fashion-MNIST with no file at all, for tests and for machines without a network.
//! [`models`] are networks with torchvision's keys. [`io`] reads and writes picture files; [`utils`] lays
//! pictures out in a grid, draws on them and shows them in a terminal.
//!
//! ```
//! use ondol_data::DataLoader;
//! use ondol_nn::{Forward, no_grad};
//! use ondol_vision::datasets::SyntheticFashion;
//! use ondol_vision::{models, utils};
//! # let folder = tempfile::tempdir().unwrap();
//! # let path = folder.path().join("garments.png");
//! let loader = DataLoader::new(SyntheticFashion::new(true, 32, 0)).batch_size(16);
//! let model = models::lenet(10);
//! for batch in &loader {
//!     let (images, _labels) = batch?;
//!     assert_eq!(no_grad(|| model.forward(&images)).shape(), [16, 10]);
//!     utils::save_image(&images, &path, &utils::Grid::new().nrow(8))?;
//! }
//! # Ok::<(), ondol_tensor::Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod datasets;
pub mod io;
pub mod models;
mod temporary;
pub mod utils;
