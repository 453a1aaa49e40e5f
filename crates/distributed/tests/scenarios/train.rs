//! Ways to learn on several ranks, each of which has a twin on one.

use ondol_distributed::{
    Communicator, DataParallelOptions, DistributedDataParallel, clip_grad_norm_across,
};
use ondol_nn::{CrossEntropyLoss, DType, Forward, Linear, Module, Tensor, tensor};
use ondol_optim::{Optimizer, SGD, clip_grad_norm_};

use super::data::{model, numbers, part, samples};

const BATCH: usize = 60;
const STEPS: usize = 100;

fn steps<M: Forward>(
    model: &DistributedDataParallel<M>,
    comm: &Communicator,
    batch: usize,
    dtype: DType,
) -> Vec<f32> {
    let mut optimizer = SGD::new(model.parameters(), 0.05).momentum(0.9);
    for step in 0..STEPS {
        let (x, y) = samples(&part(step, batch, comm.rank(), comm.world_size()));
        let loss = CrossEntropyLoss::new().forward(&model.forward(&x.to_dtype(dtype)), &y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
    numbers(model)
}

/// 100 steps of batches of 60, from first numbers that differ from rank to rank but for rank 0's.
pub(crate) fn plain(comm: &Communicator) -> Vec<f32> {
    let model = DistributedDataParallel::new(model(comm.rank() as u64), comm).unwrap();
    steps(&model, comm, BATCH, DType::F32)
}

/// As [`plain`], with a bucket for each parameter.
pub(crate) fn small_buckets(comm: &Communicator) -> Vec<f32> {
    let options = DataParallelOptions::new(comm).bucket_cap_mb(1e-5);
    let model = options.wrap(model(comm.rank() as u64)).unwrap();
    assert_eq!(model.buckets().len(), 6);
    assert_eq!(model.buckets()[0], ["4.bias"]);
    steps(&model, comm, BATCH, DType::F32)
}

/// As [`plain`], in double precision.
pub(crate) fn double(comm: &Communicator) -> Vec<f32> {
    let model = model(comm.rank() as u64);
    model.to_dtype(DType::F64).unwrap();
    let model = DistributedDataParallel::new(model, comm).unwrap();
    steps(&model, comm, BATCH, DType::F64)
}

/// Batches in two halves, the first of which keeps its gradients to itself.
pub(crate) fn no_sync(comm: &Communicator) -> Vec<f32> {
    let model = DistributedDataParallel::new(model(comm.rank() as u64), comm).unwrap();
    let mut optimizer = SGD::new(model.parameters(), 0.05);
    for step in 0..20 {
        optimizer.zero_grad();
        let backward = |half: usize| {
            let own = part(2 * step + half, BATCH, comm.rank(), comm.world_size());
            let (x, y) = samples(&own);
            (CrossEntropyLoss::new().forward(&model.forward(&x), &y) * 0.5).backward();
        };
        let before = model.parameters()[0].grad();
        assert!(before.is_none());
        model.no_sync(|| backward(0));
        if comm.world_size() > 1 {
            // It was not averaged: ranks have their own.
            let grad = model.parameters()[0].grad().unwrap();
            let all = comm.all_gather(&grad).unwrap();
            assert_ne!(all[0].to_vec::<f32>(), all[1].to_vec::<f32>());
        }
        backward(1);
        optimizer.step();
    }
    numbers(&model)
}

/// Rank `r` has `5 − r` batches. Alone: what the ranks together should come to, by hand.
pub(crate) fn join(comm: &Communicator) -> Vec<f32> {
    let ranks = 2;
    let model = DistributedDataParallel::new(model(comm.rank() as u64), comm).unwrap();
    let mut optimizer = SGD::new(model.parameters(), 0.05).momentum(0.9);
    let loss = |step: usize, rank: usize| {
        let (x, y) = samples(&part(step, BATCH, rank, ranks));
        CrossEntropyLoss::new().forward(&model.forward(&x), &y)
    };
    if comm.world_size() == 1 {
        for step in 0..5 {
            optimizer.zero_grad();
            for rank in (0..ranks).filter(|rank| step < 5 - rank) {
                (loss(step, rank) * 0.5).backward();
            }
            optimizer.step();
        }
        return numbers(&model);
    }
    for step in 0..5 - comm.rank() {
        optimizer.zero_grad();
        loss(step, comm.rank()).backward();
        optimizer.step();
    }
    model
        .join(|| {
            optimizer.step();
            optimizer.zero_grad();
        })
        .unwrap();
    numbers(&model)
}

/// Two heads, of which each rank uses the one with its number, and a third that nobody does.
pub(crate) fn find_unused(comm: &Communicator) -> Vec<f32> {
    #[derive(Module)]
    struct Heads {
        heads: [Linear; 3],
    }
    let heads = [0, 1, 2].map(|_| Linear::new(2, 1));
    for head in &heads {
        head.weight.set_data(tensor!([[1.0, 2.0]]).value());
    }
    let options = DataParallelOptions::new(comm).find_unused_parameters(true);
    let model = options.wrap(Heads { heads }).unwrap();
    let rank = comm.rank();
    model.heads[rank.min(1)]
        .forward(&tensor!([[3.0, 4.0]]))
        .sum()
        .backward();
    let gradient = |head: usize| model.heads[head].weight.grad().map(|g| g.to_vec::<f32>());
    if comm.world_size() == 1 {
        assert!(gradient(1).is_none() && gradient(2).is_none());
        return vec![1.5, 2.0, 1.5, 2.0];
    }
    assert!(gradient(2).is_none());
    [gradient(0).unwrap(), gradient(1).unwrap()].concat()
}

/// Gradients clipped to a norm they all exceed; and by parts that differ from rank to rank.
pub(crate) fn clip(comm: &Communicator) -> Vec<f32> {
    let model = DistributedDataParallel::new(model(0), comm).unwrap();
    let (x, y) = samples(&part(0, BATCH, comm.rank(), comm.world_size()));
    (CrossEntropyLoss::new().forward(&model.forward(&x), &y) * 100.0).backward();
    let norm = clip_grad_norm_(model.parameters(), 0.5, 2.0, true).item();
    assert!(norm > 0.5);
    let mut out: Vec<f32> = model
        .parameters()
        .iter()
        .flat_map(|p| p.grad().unwrap().to_vec::<f32>())
        .collect();
    let total = out.iter().map(|g| g * g).sum::<f32>().sqrt();
    assert!((total - 0.5).abs() < 1e-3, "{total}");
    // [3, 4] in two parts, or in one.
    let own: &[f32] = match (comm.world_size(), comm.rank()) {
        (1, _) => &[3.0, 4.0],
        (_, 0) => &[3.0],
        (_, 1) => &[4.0],
        _ => &[0.0],
    };
    let w = Tensor::from_vec(own.to_vec(), [own.len()]).requires_grad_(true);
    (w.square().sum() * 0.5).backward();
    for (order, expected) in [(2.0, 5.0), (1.0, 7.0), (f64::INFINITY, 4.0)] {
        let norm = clip_grad_norm_across([&w], 100.0, order, comm).unwrap();
        assert!((norm - expected).abs() < 1e-6, "{norm}");
    }
    assert_eq!(clip_grad_norm_across([&w], 1.0, 2.0, comm).unwrap(), 5.0);
    let clipped = w.grad().unwrap().to_vec::<f32>();
    assert!((clipped[0] - own[0] / 5.0).abs() < 1e-5);
    out.truncate(50);
    out
}
