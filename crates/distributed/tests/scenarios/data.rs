//! Samples and models that are the same everywhere.

use ondol_autograd::fork_rng_guard;
use ondol_nn::{Linear, Module, ReLU, Sequential, Tensor, manual_seed, sequential};

pub(crate) const FEATURES: usize = 12;
pub(crate) const CLASSES: usize = 4;

/// A number between -1 and 1 that looks random.
fn noise(i: usize, j: usize) -> f32 {
    let x = (i as f64 * 12.9898 + j as f64 * 78.233).sin() * 43758.5453;
    (2.0 * (x - x.floor()) - 1.0) as f32
}

/// Samples by number: features and the class of each.
pub(crate) fn samples(indices: &[usize]) -> (Tensor, Tensor) {
    let x: Vec<f32> = indices
        .iter()
        .flat_map(|&i| (0..FEATURES).map(move |j| noise(i, j)))
        .collect();
    let class = |&i: &usize| {
        let score = |c: usize| {
            (0..FEATURES)
                .map(|j| noise(i, j) * noise(c + 1000, j))
                .sum::<f32>()
        };
        let best = (0..CLASSES).max_by(|&a, &b| score(a).total_cmp(&score(b)));
        best.unwrap() as i64
    };
    let y: Vec<i64> = indices.iter().map(class).collect();
    let n = indices.len();
    (Tensor::from_vec(x, [n, FEATURES]), Tensor::from_vec(y, [n]))
}

/// The samples of a rank's part of a batch: every `ranks`-th, from its own on.
pub(crate) fn part(step: usize, batch: usize, rank: usize, ranks: usize) -> Vec<usize> {
    (step * batch + rank..(step + 1) * batch)
        .step_by(ranks)
        .collect()
}

/// A model whose first numbers come from `seed`.
pub(crate) fn model(seed: u64) -> Sequential {
    let _own = fork_rng_guard();
    manual_seed(seed);
    sequential![
        Linear::new(FEATURES, 24),
        ReLU,
        Linear::new(24, 16),
        ReLU,
        Linear::new(16, CLASSES)
    ]
}

/// All of a model's numbers, one after the other.
pub(crate) fn numbers(model: &(impl Module + ?Sized)) -> Vec<f32> {
    let parameters = model.parameters();
    let buffers = model.named_buffers().into_iter().map(|(_, b)| b);
    let buffers = buffers.filter(|b| b.dtype().is_floating_point());
    let all = parameters.into_iter().chain(buffers);
    all.flat_map(|t| t.to_dtype(ondol_nn::DType::F32).to_vec::<f32>())
        .collect()
}
