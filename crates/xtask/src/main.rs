//! Helper commands of the project: cargo xtask NAME.
fn main() {}
