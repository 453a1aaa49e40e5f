//! Batch normalisation over the batches of all ranks.

use ondol_autograd::fork_rng_guard;
use ondol_distributed::{Communicator, DistributedDataParallel, convert_sync_batchnorm};
use ondol_nn::{
    BatchNorm1d, BatchNorm2d, Conv2d, CrossEntropyLoss, Flatten, Forward, Linear, Module, ReLU,
    Sequential, manual_seed, sequential,
};
use ondol_optim::{Optimizer, SGD};

use super::data::{CLASSES, numbers, part, samples};

fn model(seed: u64) -> Sequential {
    let _own = fork_rng_guard();
    manual_seed(seed);
    sequential![
        Conv2d::new(1, 3, 2),
        BatchNorm2d::new(3),
        ReLU,
        Flatten::new(),
        Linear::new(3 * 2 * 3, 8),
        BatchNorm1d::new(8).momentum(None),
        ReLU,
        Linear::new(8, CLASSES)
    ]
}

/// 20 steps; the numbers, those of the running statistics too. Ranks have parts of other sizes.
pub(crate) fn synced(comm: &Communicator) -> Vec<f32> {
    let model = model(comm.rank() as u64);
    if comm.world_size() > 1 {
        assert_eq!(convert_sync_batchnorm(&model, comm), 2);
    }
    let model = DistributedDataParallel::new(model, comm).unwrap();
    let mut optimizer = SGD::new(model.parameters(), 0.05);
    for step in 0..20 {
        // 30 samples are 15 and 15, or 10 each.
        let (x, y) = samples(&part(step, 30, comm.rank(), comm.world_size()));
        let x = x.reshape([x.size(0), 1, 3, 4]);
        let loss = CrossEntropyLoss::new().forward(&model.forward(&x), &y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    }
    model.eval();
    let (x, _) = samples(&[1, 2, 3]);
    let y = model.forward(&x.reshape([3, 1, 3, 4]));
    let mut out = numbers(&model);
    out.extend(y.to_vec::<f32>());
    out
}
