//! Ondol's optimizers and learning-rate schedulers.
