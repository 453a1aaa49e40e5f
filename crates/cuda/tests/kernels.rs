//! The assembly checked in is that of the sources checked in.

use std::path::Path;

use sha2::{Digest, Sha256};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("kernels")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn the_assembly_is_not_stale() {
    let mut hash = Sha256::new();
    read("order.txt")
        .lines()
        .for_each(|name| hash.update(read(name)));
    let digest: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    let assembly = read("kernels_75.ptx");
    let noted = assembly
        .lines()
        .find_map(|line| line.strip_prefix("// sources "));
    assert_eq!(
        noted,
        Some(&*digest),
        "a kernel was changed and its assembly was not: run `cargo xtask kernels`"
    );
}

#[test]
fn every_source_is_in_the_order() {
    let order = read("order.txt");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".cu") || name.ends_with(".cuh") {
            assert!(
                order.lines().any(|line| line == name),
                "{name} is not in order.txt"
            );
        }
    }
}

#[test]
fn every_kernel_was_measured() {
    let (assembly, registers) = (read("kernels_75.ptx"), read("registers.txt"));
    let entries = assembly.split(".entry ").skip(1);
    let names: Vec<&str> = entries.map(|e| e.split('(').next().unwrap()).collect();
    assert!(names.len() > 100);
    for name in names {
        assert!(
            registers
                .lines()
                .any(|line| line.split_whitespace().next() == Some(name)),
            "{name} has no line in registers.txt: run `cargo xtask kernels`"
        );
    }
}
