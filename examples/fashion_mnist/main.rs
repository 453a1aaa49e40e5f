//! Trains a classifier of garments on Fashion-MNIST: the whole program, from the files to a saved
//! model.
//!
//! `cargo run --release --example fashion_mnist -- --help`

mod args;
mod data;
mod model;
mod run;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use ondol::prelude::*;
use ondol::train::{Accuracy, Mean, Progress, accuracy};

use args::{Args, Cli};
use data::Images;
use run::Run;

fn main() -> ExitCode {
    let cli = Cli::parse();
    if cli.train.version {
        println!("{}", ondol::version_info());
        return ExitCode::SUCCESS;
    }
    let done = run(cli.train);
    match done {
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
    let sets = data::find(args.data.clone(), args.augment, args.seed)?;
    println!(
        "ondol {} | {device}, {} threads | {}: {} training and {} test images",
        ondol::VERSION,
        ondol::num_threads(),
        sets.origin,
        sets.train.len(),
        sets.test.len()
    );
    let mut run = Run::new(&args, sets.train, &device)?;
    println!(
        "{} of {} parameters:\n{}",
        args.model.name(),
        run.model.num_parameters(),
        run.model
    );

    let criterion = nn::CrossEntropyLoss::new().label_smoothing(args.label_smoothing);
    while run.epoch() < args.epochs {
        let title = format!("epoch {}/{}", run.epoch() + 1, args.epochs);
        let (start, before) = (Instant::now(), run.seen);
        train(&mut run, &criterion, &device, &title)?;
        let seconds = start.elapsed().as_secs_f64();
        let (loss, accuracy) = (run.loss.compute(), 100.0 * run.accuracy.compute());
        let speed = (run.seen - before) as f64 / seconds;
        let (test_loss, test_accuracy) = test(&run.model, &sets.test, &device)?;
        println!(
            "{title}  train loss {loss:.4}  train accuracy {accuracy:.2} %  test accuracy {:.2} %  {seconds:.1} s  ({speed:.0} images/s)",
            100.0 * test_accuracy
        );
        run.after_epoch(test_loss, test_accuracy)?;
        if args.early_stopping.is_some_and(|passes| run.since_best() >= passes) {
            println!("stopped: no better test accuracy for {} epochs", run.since_best());
            break;
        }
    }
    if args.epochs == 0 {
        let (_, tested) = test(&run.model, &sets.test, &device)?;
        println!("test accuracy {:.2} %", 100.0 * tested);
    }
    // Without training there is something new to save only where it is asked for.
    let usual = (args.epochs > 0).then(|| args.folder().join("model.pt"));
    if let Some(path) = args.save.or(usual) {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .map_err(|e| ondol::Error::io(folder, "create the folder", e))?;
        }
        ondol::save(&run.model.state_dict(), &path)?;
        println!("state dict saved to {}", path.display());
    }
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

/// The mean loss and the share of right answers on the test set.
fn test(model: &nn::Sequential, images: &Images, device: &Device) -> ondol::Result<(f64, f64)> {
    let criterion = nn::CrossEntropyLoss::new();
    let (mut loss, mut accuracy) = (Mean::new(), Accuracy::new());
    model.eval();
    for batch in DataLoader::new(images.clone()).batch_size(1000).iter() {
        let (images, labels) = batch?;
        let labels = labels.to(device);
        let logits = no_grad(|| model.forward(&images.to(device)));
        loss.update(criterion.forward(&logits, &labels).item(), labels.size(0));
        accuracy.update(&logits, &labels);
    }
    Ok((loss.compute(), accuracy.compute()))
}
