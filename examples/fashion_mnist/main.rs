//! Trains a classifier of garments on Fashion-MNIST: the whole program, from the files to a saved
//! model.
//!
//! `cargo run --release --example fashion_mnist -- --help`

mod args;
mod data;
mod model;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use ondol::prelude::*;
use ondol::train::{Accuracy, Mean, Progress};

use args::Args;
use data::Images;

fn main() -> ExitCode {
    let args = Args::parse();
    if args.version {
        println!("{}", ondol::version_info());
        return ExitCode::SUCCESS;
    }
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> ondol::Result<()> {
    ondol::set_num_threads(args.threads);
    ondol::manual_seed(args.seed);
    let device: Device = args.device.parse()?;
    let model = model::build(args.model);
    if let Some(path) = &args.load {
        model.load_state_dict(&ondol::load(path)?)?;
    }
    model.to(&device)?;
    let sets = data::find(args.data.clone(), args.seed)?;
    println!(
        "ondol {} | {device}, {} threads | {}: {} training and {} test images",
        ondol::VERSION,
        ondol::num_threads(),
        sets.origin,
        sets.train.len(),
        sets.test.len()
    );
    println!(
        "{} of {} parameters:\n{model}",
        args.model.name(),
        model.num_parameters()
    );

    let batch_size = args.batch_size as usize;
    let loader = DataLoader::new(sets.train)
        .batch_size(batch_size)
        .shuffle(true)
        .seed(args.seed)
        .num_workers(args.workers);
    let mut optimizer = optim::SGD::new(model.parameters(), args.lr).momentum(0.9);
    let steps = args.epochs * loader.len();

    for epoch in 1..=args.epochs {
        let start = Instant::now();
        let done = (epoch - 1) * loader.len();
        let (loss, accuracy) = train(
            &model,
            &loader,
            &mut optimizer,
            &device,
            |step| args.lr * (1.0 - (done + step) as f64 / steps as f64),
            &format!("epoch {epoch}/{}", args.epochs),
        )?;
        let seconds = start.elapsed().as_secs_f64();
        let tested = test(&model, &sets.test, &device)?;
        println!(
            "epoch {epoch}/{}  train loss {loss:.4}  train accuracy {:.2} %  test accuracy {:.2} %  {seconds:.1} s  ({:.0} images/s)",
            args.epochs,
            100.0 * accuracy,
            100.0 * tested,
            loader.dataset().len() as f64 / seconds
        );
    }
    if args.epochs == 0 {
        println!(
            "test accuracy {:.2} %",
            100.0 * test(&model, &sets.test, &device)?
        );
        return Ok(());
    }

    let path = args
        .save
        .unwrap_or_else(|| format!("runs/fashion_mnist_{}.ond", args.model.name()).into());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|e| ondol::Error::io(folder, "create the folder", e))?;
    }
    ondol::save(&model.state_dict(), &path)?;
    println!("state dict saved to {}", path.display());
    Ok(())
}

/// One pass over the training set; the mean loss and the share of right answers on the way.
fn train(
    model: &nn::Sequential,
    loader: &DataLoader<Images>,
    optimizer: &mut optim::SGD,
    device: &Device,
    lr: impl Fn(usize) -> f64,
    title: &str,
) -> ondol::Result<(f64, f64)> {
    let criterion = nn::CrossEntropyLoss::new();
    let (mut mean, mut accuracy) = (Mean::new(), Accuracy::new());
    let mut progress = Progress::new(title, loader.len());
    model.train();
    for (step, batch) in loader.iter().enumerate() {
        let (images, labels) = batch?;
        let (images, labels) = (images.to(device), labels.to(device));
        optimizer.set_lr(lr(step));
        optimizer.zero_grad();
        let logits = model.forward(&images);
        let loss = criterion.forward(&logits, &labels);
        loss.backward();
        optimizer.step();

        let n = labels.size(0);
        mean.update(loss.item(), n);
        accuracy.update(&logits, &labels);
        progress.update(
            n,
            &[("loss", mean.compute()), ("accuracy", accuracy.compute())],
        );
    }
    progress.finish();
    Ok((mean.compute(), accuracy.compute()))
}

/// The share of right answers on the test set.
fn test(model: &nn::Sequential, images: &Images, device: &Device) -> ondol::Result<f64> {
    let mut accuracy = Accuracy::new();
    model.eval();
    for batch in DataLoader::new(images.clone()).batch_size(1000).iter() {
        let (images, labels) = batch?;
        let logits = no_grad(|| model.forward(&images.to(device)));
        accuracy.update(&logits, &labels.to(device));
    }
    Ok(accuracy.compute())
}
