//! What ranks do in the tests, whatever they are: threads of one program or processes of MPI.
#![allow(dead_code)] // Each program of tests uses some of it.

pub(crate) mod data;
pub(crate) mod faults;
pub(crate) mod moves;
pub(crate) mod norm;
pub(crate) mod resume;
pub(crate) mod train;

use ondol_distributed::Communicator;

/// What each rank does.
pub(crate) type Scenario = fn(&Communicator) -> Vec<f32>;

/// The scenarios that end with numbers, by name.
pub(crate) const ALL: &[(&str, Scenario)] = &[
    ("train", train::plain),
    ("train_small_buckets", train::small_buckets),
    ("train_f64", train::double),
    ("no_sync", train::no_sync),
    ("join", train::join),
    ("find_unused", train::find_unused),
    ("clip", train::clip),
    ("sync_norm", norm::synced),
    ("moves", moves::collectives),
    ("metrics", moves::metrics),
    ("on_main", moves::on_main),
];

/// `|a − b| / |b|`, over all numbers.
pub(crate) fn distance(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let away = norm(&mut a.iter().zip(b).map(|(&a, &b)| f64::from(a) - f64::from(b)));
    away / norm(&mut b.iter().map(|&b| f64::from(b)))
}

pub(crate) fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}
