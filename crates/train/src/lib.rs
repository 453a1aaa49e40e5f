//! Ondol's training helpers: metrics, progress, checkpoints, logs.
