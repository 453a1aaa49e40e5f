//! A run that stops and goes on with other ranks.

use std::path::Path;

use ondol_data::{DataLoader, DistributedSampler, TensorDataset};
use ondol_distributed::{Communicator, DistributedDataParallel, resumed_batches, save_on_main};
use ondol_nn::{CrossEntropyLoss, Forward, Module};
use ondol_optim::{Adam, Optimizer};
use ondol_train::{Checkpoint, CheckpointManager};

use super::data::{model, numbers, samples};

const SAMPLES: usize = 300;
const BATCH: usize = 60;

/// Trains to `last` steps from wherever the folder's last checkpoint is, and saves every second one. An
/// epoch has five steps, whatever the number of ranks.
pub(crate) fn run(comm: &Communicator, folder: &Path, last: usize) -> Vec<f32> {
    let (me, ranks) = (comm.rank(), comm.world_size());
    let model = DistributedDataParallel::new(model(me as u64), comm).unwrap();
    let mut optimizer = Adam::new(model.parameters(), 0.01);
    let dataset = TensorDataset::new(samples(&(0..SAMPLES).collect::<Vec<_>>()));
    let sampler = DistributedSampler::new(SAMPLES, ranks, me).seed(3);
    let loader = DataLoader::new(dataset)
        .batch_size(BATCH / ranks)
        .sampler(sampler)
        .seed(0);
    let mut manager = comm
        .is_main()
        .then(|| CheckpointManager::new(folder).unwrap());
    let mut step = 0;
    // Rank 0's manager knows that it goes on from what is there; the others only read.
    let found = match &mut manager {
        Some(manager) => manager.load_last().unwrap(),
        None => CheckpointManager::new(folder).unwrap().load_last().unwrap(),
    };
    if let Some(found) = found {
        found
            .restore()
            .model(&model)
            .optimizer(&mut optimizer)
            .apply()
            .unwrap();
        step = found.get("step").unwrap().as_int().unwrap() as usize;
        let before = found.get("ranks").unwrap().as_int().unwrap() as usize;
        assert_ne!(before, ranks, "resumed with another number");
        let per_rank = found.get("batch").unwrap().as_int().unwrap() as usize;
        assert_eq!(resumed_batches(step, before * per_rank, BATCH), step);
    }
    let each = loader.len();
    assert_eq!(each, SAMPLES / BATCH);
    while step < last {
        loader.set_epoch((step / each) as u64);
        for batch in loader.iter().skip(step % each) {
            let (x, y) = batch.unwrap();
            let loss = CrossEntropyLoss::new().forward(&model.forward(&x), &y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            step += 1;
            if step % 2 == 0 {
                let state = || {
                    Checkpoint::new()
                        .model(&model)
                        .optimizer(&optimizer)
                        .set("step", step as i64)
                        .set("ranks", ranks as i64)
                        .set("batch", (BATCH / ranks) as i64)
                };
                save_on_main(comm, manager.as_mut(), step as u64, state).unwrap();
            }
            if step == last {
                break;
            }
        }
    }
    numbers(&model)
}
