//! Ondol.
