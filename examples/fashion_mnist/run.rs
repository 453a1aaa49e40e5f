//! A run: what is trained, where it stands, and its checkpoints.

use std::path::Path;

use ondol::prelude::*;
use ondol::train::{Checkpoint, CheckpointManager, History, Mean, Mode};

use crate::args::{Args, Scheduler};
use crate::data::Images;
use crate::model;
use crate::report::Tested;

/// All that training changes, and the folder that keeps it.
pub(crate) struct Run {
    pub(crate) model: nn::Sequential,
    pub(crate) optimizer: optim::SGD,
    pub(crate) scheduler: Box<dyn LRScheduler>,
    pub(crate) loader: DataLoader<Images>,
    /// The figures of the passes that are done.
    pub(crate) history: History,
    /// Steps that are done, over all passes.
    pub(crate) step: usize,
    /// Of the pass that is under way.
    pub(crate) loss: Mean,
    pub(crate) accuracy: Mean,
    pub(crate) seen: usize,
    checkpoints: CheckpointManager,
    epochs: usize,
    every: usize,
}

impl Run {
    /// One that begins, or goes on where `--resume` says.
    pub(crate) fn new(args: &Args, images: Images, device: &Device) -> ondol::Result<Run> {
        let model = model::build(args.model);
        if let Some(path) = &args.load {
            model.load_state_dict(&model::weights(path)?)?;
        }
        model.to(device)?;
        let loader = DataLoader::new(images)
            .batch_size(args.batch_size as usize)
            .shuffle(true)
            .seed(args.seed)
            .num_workers(args.workers);
        let mut optimizer = optim::SGD::new(model.parameters(), args.lr)
            .momentum(0.9)
            .weight_decay(args.weight_decay);
        let steps = args.epochs.max(1) * loader.len();
        let mut run = Run {
            scheduler: schedule(args.scheduler, steps, &mut optimizer),
            optimizer,
            model,
            loader,
            history: History::new(),
            step: 0,
            loss: Mean::new(),
            accuracy: Mean::new(),
            seen: 0,
            checkpoints: CheckpointManager::new(args.folder())?.highest("test_accuracy"),
            epochs: args.epochs,
            every: args.checkpoint_every,
        };
        match &args.resume {
            None => run.checkpoints = run.checkpoints.fresh(),
            Some(path) => run.resume(path.as_deref(), args.scheduler)?,
        }
        Ok(run)
    }

    /// Passes that are done.
    pub(crate) fn epoch(&self) -> usize {
        self.history.len()
    }

    /// Passes since the last one with the best accuracy on the test set.
    pub(crate) fn since_best(&self) -> usize {
        match self.history.best("test_accuracy", Mode::Max) {
            Some((best, _)) => self.epoch() - 1 - best,
            None => 0,
        }
    }

    /// Takes over the state of a file, or of the newest one here.
    fn resume(&mut self, path: Option<&Path>, scheduler: Scheduler) -> ondol::Result<()> {
        let checkpoint = match path {
            Some(path) => self.checkpoints.load(path)?,
            None => self.checkpoints.load_last()?.ok_or_else(|| {
                let folder = self.checkpoints.folder();
                ondol::Error::file(folder, "there is no checkpoint to resume from")
            })?,
        };
        let number = |key| Ok::<_, ondol::Error>(checkpoint.get(key)?.as_int()? as usize);
        let epochs = number("epochs")?;
        let bound = !matches!(scheduler, Scheduler::Linear | Scheduler::None);
        if bound && self.epochs > 0 && self.epochs != epochs {
            let message = format!(
                "the learning rate was planned for {epochs} epochs; give --epochs {epochs}"
            );
            return Err(ondol::Error::StateDict { message });
        }
        checkpoint
            .restore()
            .model(&self.model)
            .optimizer(&mut self.optimizer)
            .scheduler(&mut *self.scheduler)
            .loader(&self.loader)
            .part("history", &mut self.history)
            .apply()?;
        (self.step, self.seen) = (number("step")?, number("seen")?);
        if self.seen > 0 {
            let figure = |key| checkpoint.get(key)?.as_float();
            self.loss.update(figure("loss")?, self.seen);
            self.accuracy.update(figure("accuracy")?, self.seen);
        }
        if let Some(path) = checkpoint.path() {
            println!("resumed from {}, step {}", path.display(), self.step);
        }
        Ok(())
    }

    /// Saves where `--checkpoint-every` says so.
    pub(crate) fn after_step(&mut self) -> ondol::Result<()> {
        // No step is a multiple of 0.
        if self.step.is_multiple_of(self.every) {
            self.save(self.checkpoint())?;
        }
        Ok(())
    }

    /// Notes the figures of a pass and saves, as the best one too where it is.
    pub(crate) fn after_epoch(&mut self, tested: &Tested) -> ondol::Result<()> {
        self.history.push(&[
            ("loss", self.loss.compute()),
            ("accuracy", self.accuracy.compute()),
            ("test_loss", tested.loss),
            ("test_accuracy", tested.accuracy),
            ("lr", self.optimizer.lr()),
        ]);
        (self.loss, self.accuracy, self.seen) = (Mean::new(), Mean::new(), 0);
        self.save(self.checkpoint().set("test_accuracy", tested.accuracy))
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new()
            .model(&self.model)
            .optimizer(&self.optimizer)
            .scheduler(&*self.scheduler)
            .loader(&self.loader)
            .part("history", &self.history)
            .set("epochs", self.epochs)
            .set("step", self.step)
            .set("seen", self.seen)
            .set("loss", self.loss.compute())
            .set("accuracy", self.accuracy.compute())
    }

    fn save(&mut self, checkpoint: Checkpoint) -> ondol::Result<()> {
        self.checkpoints
            .save(self.step as u64, checkpoint)
            .map(drop)
    }
}

/// How the learning rate changes over so many steps.
fn schedule(name: Scheduler, steps: usize, optimizer: &mut optim::SGD) -> Box<dyn LRScheduler> {
    let lr = optimizer.lr();
    match name {
        Scheduler::Linear => {
            let rest = move |step| 1.0 - step as f64 / steps as f64;
            Box::new(optim::LambdaLR::new(rest).on(optimizer))
        }
        Scheduler::Cosine => Box::new(optim::CosineAnnealingLR::new(steps).on(optimizer)),
        Scheduler::OneCycle => Box::new(optim::OneCycleLR::new(lr, steps).on(optimizer)),
        Scheduler::Step => Box::new(optim::StepLR::new(steps.div_ceil(3)).on(optimizer)),
        Scheduler::None => Box::new(optim::LambdaLR::new(|_| 1.0).on(optimizer)),
    }
}
