//! Garments on several ranks: alone as it stands, or
//! `mpirun -n 2 target/release/examples/distributed`, built with
//! `cargo build --release -p ondol-distributed --features mpi --example distributed`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use ondol_autograd::{Tensor, manual_seed, no_grad};
use ondol_data::transforms::{Compose, Normalize, ToTensor};
use ondol_data::{DataLoader, Dataset, DistributedSampler};
use ondol_distributed::{
    Communicator, DistributedDataParallel, ReduceMetric, init_process_group, save_on_main,
};
use ondol_nn::{CrossEntropyLoss, Forward, Module};
use ondol_optim::{Optimizer, SGD};
use ondol_tensor::Result;
use ondol_train::{Accuracy, Checkpoint, CheckpointManager, Mean};
use ondol_vision::datasets::{FashionMNIST, SyntheticFashion};
use ondol_vision::models::mlp;

/// Trains a classifier of garments on as many ranks as there are.
#[derive(Debug, Parser)]
struct Args {
    /// Passes over the training set
    #[arg(long, default_value_t = 3)]
    epochs: usize,
    /// Images in a batch, of all ranks together
    #[arg(long, default_value_t = 64)]
    batch_size: usize,
    /// Learning rate at the start; it falls to 0 in a straight line
    #[arg(long, default_value_t = 0.05)]
    lr: f64,
    /// Folder of the Fashion-MNIST files (otherwise $ONDOL_DATA; drawn garments without either)
    #[arg(long)]
    data: Option<PathBuf>,
    /// Drawn garments in the training set, where there are no real ones
    #[arg(long, default_value_t = 6000)]
    drawn: usize,
    /// Keeps checkpoints in this folder, and goes on from the last one there
    #[arg(long)]
    checkpoints: Option<PathBuf>,
}

type Images = Arc<dyn Dataset<Item = (Tensor, Tensor)>>;

fn images(args: &Args, train: bool) -> Result<Images> {
    let transform = Compose::new()
        .then(ToTensor)
        .then(Normalize::new([0.2860], [0.3530]));
    let folder = args.data.clone();
    let folder = folder.or_else(|| std::env::var_os("ONDOL_DATA").map(PathBuf::from));
    Ok(match folder {
        Some(folder) => Arc::new(
            FashionMNIST::new(folder)
                .train(train)
                .transform(transform)
                .open()?,
        ),
        None => {
            let n = if train { args.drawn } else { args.drawn / 5 };
            Arc::new(SyntheticFashion::new(train, n, 0).transform(transform))
        }
    })
}

/// Over the test set, of which each rank takes its part: no image twice, so shares may differ by one.
fn test(model: &impl Forward, images: &Images, comm: &Communicator) -> Result<f64> {
    let sampler = DistributedSampler::new(images.len(), comm.world_size(), comm.rank());
    let sampler = sampler.shuffle(false).padding(false);
    let loader = DataLoader::new(images.clone())
        .batch_size(256)
        .sampler(sampler);
    let mut accuracy = Accuracy::new();
    model.eval();
    for batch in &loader {
        let (x, y) = batch?;
        accuracy.update(&no_grad(|| model.forward(&x)), &y);
    }
    model.train();
    Ok(accuracy.reduce(comm)?.compute())
}

fn main() -> Result<()> {
    let args = Args::parse();
    let comm = init_process_group("auto")?;
    let (train, held_out) = (images(&args, true)?, images(&args, false)?);
    let sampler = DistributedSampler::new(train.len(), comm.world_size(), comm.rank());
    let loader = DataLoader::new(train)
        .batch_size((args.batch_size / comm.world_size()).max(1))
        .sampler(sampler)
        .seed(0);

    // The first numbers are those of rank 0.
    manual_seed(0);
    let model = DistributedDataParallel::new(mlp(&[784, 512, 512, 10]), &comm)?;
    let mut optimizer = SGD::new(model.parameters(), args.lr).momentum(0.9);
    let mut epoch = 0;
    let mut manager = None;
    if let Some(folder) = &args.checkpoints {
        let mut own = CheckpointManager::new(folder)?;
        if let Some(found) = own.load_last()? {
            found
                .restore()
                .model(&model)
                .optimizer(&mut optimizer)
                .apply()?;
            epoch = found.get("epoch")?.as_int()? as usize;
        }
        manager = Some(own);
    }
    if comm.is_main() {
        println!("{comm:?}, {} steps an epoch", loader.len());
    }
    let steps = args.epochs * loader.len();
    while epoch < args.epochs {
        let (mut loss_so_far, began) = (Mean::new(), Instant::now());
        loader.set_epoch(epoch as u64);
        for (step, batch) in loader.iter().enumerate() {
            let (x, y) = batch?;
            let done = epoch * loader.len() + step;
            optimizer.set_lr(args.lr * (1.0 - done as f64 / steps as f64));
            let loss = CrossEntropyLoss::new().forward(&model.forward(&x), &y);
            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            loss_so_far.update(loss.item(), x.size(0));
        }
        epoch += 1;
        let (seconds, loss) = (began.elapsed().as_secs_f64(), loss_so_far.reduce(&comm)?);
        let accuracy = test(&model, &held_out, &comm)?;
        if comm.is_main() {
            println!(
                "epoch {epoch}: loss {:.4}, test accuracy {:.2} %, {seconds:.1} s",
                loss.compute(),
                100.0 * accuracy
            );
        }
        if args.checkpoints.is_some() {
            let state = || {
                let checkpoint = Checkpoint::new().model(&model).optimizer(&optimizer);
                checkpoint.set("epoch", epoch as i64)
            };
            save_on_main(&comm, manager.as_mut(), epoch as u64, state)?;
        }
    }
    Ok(())
}
