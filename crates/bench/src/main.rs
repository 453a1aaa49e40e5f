//! Ondol's benchmark program.
fn main() {}
