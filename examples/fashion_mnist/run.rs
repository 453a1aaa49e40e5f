//! A run: what is trained, where it stands, and its checkpoints.

use ondol::prelude::*;
use ondol::train::{Checkpoint, CheckpointManager, Mean};

use crate::args::Args;
use crate::data::Images;
use crate::model;

/// All that training changes, and the folder that keeps it.
pub(crate) struct Run {
    pub(crate) model: nn::Sequential,
    pub(crate) optimizer: optim::SGD,
    pub(crate) loader: DataLoader<Images>,
    /// Passes that are done.
    pub(crate) epoch: usize,
    /// Steps that are done, over all passes.
    pub(crate) step: usize,
    /// Of the pass that is under way.
    pub(crate) loss: Mean,
    pub(crate) accuracy: Mean,
    pub(crate) seen: usize,
    checkpoints: CheckpointManager,
    every: usize,
}

impl Run {
    /// One that begins, or goes on where `--resume` says.
    pub(crate) fn new(args: &Args, images: Images, device: &Device) -> ondol::Result<Run> {
        let model = model::build(args.model);
        if let Some(path) = &args.load {
            model.load_state_dict(&ondol::load(path)?)?;
        }
        model.to(device)?;
        let mut run = Run {
            optimizer: optim::SGD::new(model.parameters(), args.lr).momentum(0.9),
            model,
            loader: DataLoader::new(images)
                .batch_size(args.batch_size as usize)
                .shuffle(true)
                .seed(args.seed)
                .num_workers(args.workers),
            epoch: 0,
            step: 0,
            loss: Mean::new(),
            accuracy: Mean::new(),
            seen: 0,
            checkpoints: CheckpointManager::new(args.folder())?.highest("test accuracy"),
            every: args.checkpoint_every,
        };
        match &args.resume {
            None => run.checkpoints = run.checkpoints.fresh(),
            Some(path) => run.resume(path.as_deref())?,
        }
        Ok(run)
    }

    /// Takes over the state of a file, or of the newest one here.
    fn resume(&mut self, path: Option<&std::path::Path>) -> ondol::Result<()> {
        let checkpoint = match path {
            Some(path) => self.checkpoints.load(path)?,
            None => self.checkpoints.load_last()?.ok_or_else(|| {
                let folder = self.checkpoints.folder();
                ondol::Error::file(folder, "there is no checkpoint to resume from")
            })?,
        };
        checkpoint
            .restore()
            .model(&self.model)
            .optimizer(&mut self.optimizer)
            .loader(&self.loader)
            .apply()?;
        let number = |key| Ok::<_, ondol::Error>(checkpoint.get(key)?.as_int()? as usize);
        (self.epoch, self.step, self.seen) = (number("epoch")?, number("step")?, number("seen")?);
        if self.seen > 0 {
            self.loss
                .update(checkpoint.get("loss")?.as_float()?, self.seen);
            self.accuracy
                .update(checkpoint.get("accuracy")?.as_float()?, self.seen);
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

    /// Saves after a pass, as the best one too where it is.
    pub(crate) fn after_epoch(&mut self, test_accuracy: f64) -> ondol::Result<()> {
        self.epoch += 1;
        (self.loss, self.accuracy, self.seen) = (Mean::new(), Mean::new(), 0);
        self.save(self.checkpoint().set("test accuracy", test_accuracy))
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new()
            .model(&self.model)
            .optimizer(&self.optimizer)
            .loader(&self.loader)
            .set("epoch", self.epoch)
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
