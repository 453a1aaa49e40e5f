//! Pictures of a training, as SVG and PNG.
//!
//! Every function gives a [`Figure`], which [`save`](Figure::save) writes by the extension. No font
//! of the system is needed: a small one comes along.
//!
//! ```
//! use ondol_train::{History, plot};
//! let mut history = History::new();
//! for epoch in 1..=8 {
//!     let loss = 1.0 / f64::from(epoch);
//!     history.push(&[("loss", loss), ("val_loss", loss + 0.02 * f64::from(epoch))]);
//! }
//! let svg = plot::history(&history).to_svg()?;
//! assert!(svg.starts_with("<svg") && svg.contains("validation"));
//! # Ok::<(), ondol_tensor::Error>(())
//! ```

mod axes;
mod boundary;
mod color;
mod confusion;
mod curves;
mod figure;
mod images;
mod render;

pub use boundary::{decision_boundary, scatter};
pub use confusion::confusion_matrix;
pub use curves::{Plot, histogram, history, roc};
pub use figure::Figure;
pub use images::{filters, predictions};
