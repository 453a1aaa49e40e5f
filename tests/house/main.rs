//! The house in order: the arrows between the crates hold, files stay small, unsafe code stays
//! where it belongs. Each rule is a function over plain values that returns what breaks it, and
//! each is shown a bad sample too, so that none of them passes by looking at nothing.

mod arrows;
mod contents;
mod lengths;
mod manifest;
mod names;
mod tree;
mod unsafety;

use tree::Tree;

/// Fails with one broken rule per line.
#[track_caller]
fn hold(broken: Vec<String>) {
    assert!(broken.is_empty(), "\n  {}\n", broken.join("\n  "));
}

#[test]
fn crates_know_only_those_below_them() {
    let tree = Tree::of_this_project();
    let manifests = tree.crate_manifests();
    for line in arrows::for_tests_only(&manifests) {
        println!("{line}");
    }
    hold(arrows::broken(&manifests));
}

#[test]
fn only_the_cuda_crate_names_its_driver_library() {
    let tree = Tree::of_this_project();
    hold(contents::driver_names(&tree.texts(&["rs", "toml", "cu"])));
}

#[test]
fn only_the_cuda_crate_holds_cuda_source() {
    hold(names::stray_cuda(&Tree::of_this_project().files));
}

#[test]
fn files_are_short() {
    let tree = Tree::of_this_project();
    hold(lengths::broken(
        &tree.lengths(&["crates", "examples", "tests"], &["rs", "cu"]),
    ));
}

#[test]
fn unsafe_code_is_where_it_belongs_and_says_why_it_is_sound() {
    let tree = Tree::of_this_project();
    let mut broken = Vec::new();
    for (path, text) in tree.texts(&["rs"]) {
        broken.extend(unsafety::broken(&path, &text));
    }
    hold(broken);
}

#[test]
fn the_other_crates_forbid_unsafe_code() {
    let tree = Tree::of_this_project();
    let roots = tree.crate_roots();
    assert!(roots.len() >= 12, "the crates' root files: {roots:?}");
    let mut broken = Vec::new();
    for path in roots {
        broken.extend(unsafety::unguarded(&path, &tree.read(&path)));
    }
    hold(broken);
}

#[test]
fn the_top_level_holds_what_it_should() {
    hold(names::top_level(&Tree::of_this_project().files));
}

#[test]
fn no_file_names_a_place_outside_the_project() {
    hold(contents::outside_places(
        &Tree::of_this_project().all_texts(),
    ));
}

#[test]
fn a_bare_cargo_test_covers_every_member() {
    let tree = Tree::of_this_project();
    let with_manifest: Vec<String> = tree.crate_manifests().into_keys().collect();
    hold(names::members(&tree.read("Cargo.toml"), &with_manifest));
}
