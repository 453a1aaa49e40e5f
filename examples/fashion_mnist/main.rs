//! Trains a classifier of garments on Fashion-MNIST: the whole program, from the files to a saved
//! model, its pictures, and what it says of a picture of your own.
//!
//! ```text
//! cargo run --release --example fashion_mnist -- --help
//! cargo run --release --example fashion_mnist -- predict --load runs/fashion_mnist_mlp/best.pt boot.png
//! ```

mod args;
mod data;
mod model;
mod predict;
mod report;
mod run;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use ondol::prelude::*;
use ondol::train::{Accuracy, Mean, Progress, accuracy, summary};

use args::{Args, Cli, Command};
use data::Images;
use report::{Report, Tested};
use run::Run;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.train.version {
        println!("{}", ondol::version_info());
        return ExitCode::SUCCESS;
    }
    let done = match &cli.command {
        Some(Command::Predict(args)) => predict::predict(args),
        None if cli.train.summary => {
            let model = model::build(cli.train.model);
            let input = [cli.train.batch_size as usize, 1, 28, 28];
            println!("{}", summary(&model, input));
            Ok(())
        }
        None => run(&cli.train),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> ondol::Result<()> {
    ondol::set_num_threads(args.threads);
    ondol::manual_seed(args.seed);
    let device: Device = args.device.parse()?;
    let sets = data::find(args.data.clone(), args.augment, args.seed)?;
    println!(
        "ondol {} | {device}, {} threads | {}: {} training and {} test images",
        ondol::VERSION,
        ondol::num_threads(),
        sets.origin,
        sets.train.len(),
        sets.test.len()
    );
    let mut run = Run::new(args, sets.train, &device)?;
    println!(
        "{} of {} parameters:\n{}",
        args.model.name(),
        run.model.num_parameters(),
        run.model
    );

    if args.epochs == 0 {
        let tested = test(&run.model, &sets.test, &device)?;
        println!("test accuracy {:.2} %", 100.0 * tested.accuracy);
        return save(args.save.as_deref(), &run.model);
    }

    let mut report = Report::new(args, &run, &device)?;
    let criterion = nn::CrossEntropyLoss::new().label_smoothing(args.label_smoothing);
    let mut last = None;
    while run.epoch() < args.epochs {
        let title = format!("epoch {}/{}", run.epoch() + 1, args.epochs);
        let (start, before) = (Instant::now(), run.seen);
        train(&mut run, &criterion, &device, &title)?;
        let seconds = start.elapsed().as_secs_f64();
        let (loss, accuracy) = (run.loss.compute(), 100.0 * run.accuracy.compute());
        let speed = (run.seen - before) as f64 / seconds;
        let tested = test(&run.model, &sets.test, &device)?;
        println!(
            "{title}  train loss {loss:.4}  train accuracy {accuracy:.2} %  test accuracy {:.2} %  {seconds:.1} s  ({speed:.0} images/s)",
            100.0 * tested.accuracy
        );
        run.after_epoch(&tested)?;
        report.after_epoch(&run)?;
        last = Some(tested);
        let waited = run.since_best();
        if args.early_stopping.is_some_and(|passes| waited >= passes) {
            println!("stopped early: the best test accuracy is {waited} epochs ago");
            break;
        }
    }
    // A run that was done before it was gone on with is tested again.
    let tested = match last {
        Some(tested) => tested,
        None => test(&run.model, &sets.test, &device)?,
    };
    report.finish(&run, &sets.test, &tested)?;
    let usual = args.folder().join("model.pt");
    save(Some(args.save.as_deref().unwrap_or(&usual)), &run.model)
}

/// Saves the state dict, where it is asked for.
fn save(path: Option<&Path>, model: &nn::Sequential) -> ondol::Result<()> {
    let Some(path) = path else { return Ok(()) };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|e| ondol::Error::io(folder, "create the folder", e))?;
    }
    ondol::save(&model.state_dict(), path)?;
    println!("state dict saved to {}", path.display());
    Ok(())
}

/// One pass over the training set, or the rest of one.
fn train(
    run: &mut Run,
    criterion: &nn::CrossEntropyLoss,
    device: &Device,
    title: &str,
) -> ondol::Result<()> {
    let batches = run.loader.iter();
    let mut progress = Progress::new(title, batches.len());
    run.model.train();
    for batch in batches {
        let (images, labels) = batch?;
        let (images, labels) = (images.to(device), labels.to(device));
        run.optimizer.zero_grad();
        let logits = run.model.forward(&images);
        let loss = criterion.forward(&logits, &labels);
        loss.backward();
        run.optimizer.step();
        run.scheduler.step(&mut run.optimizer);

        let n = labels.size(0);
        run.step += 1;
        run.seen += n;
        run.loss.update(loss.item(), n);
        run.accuracy.update(accuracy(&logits, &labels), n);
        progress.update(
            n,
            &[
                ("loss", run.loss.compute()),
                ("accuracy", run.accuracy.compute()),
            ],
        );
        run.after_step()?;
    }
    progress.finish();
    Ok(())
}

/// What the network says of the test set.
fn test(model: &nn::Sequential, images: &Images, device: &Device) -> ondol::Result<Tested> {
    let criterion = nn::CrossEntropyLoss::new();
    let (mut loss, mut accuracy) = (Mean::new(), Accuracy::new());
    let (mut all_logits, mut all_labels) = (Vec::new(), Vec::new());
    model.eval();
    for batch in DataLoader::new(images.clone()).batch_size(1000).iter() {
        let (images, labels) = batch?;
        let labels = labels.to(device);
        let logits = no_grad(|| model.forward(&images.to(device)));
        loss.update(criterion.forward(&logits, &labels).item(), labels.size(0));
        accuracy.update(&logits, &labels);
        all_logits.push(logits.cpu());
        all_labels.push(labels.cpu());
    }
    Ok(Tested {
        loss: loss.compute(),
        accuracy: accuracy.compute(),
        logits: Tensor::cat(&all_logits, 0),
        labels: Tensor::cat(&all_labels, 0),
    })
}
