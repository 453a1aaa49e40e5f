//! The command line.

use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};

/// Trains a classifier of garments on Fashion-MNIST.
#[derive(Debug, Parser)]
#[command(name = "fashion_mnist", disable_version_flag = true)]
pub(crate) struct Args {
    /// The network to train
    #[arg(long, value_enum, default_value_t = Model::Mlp)]
    pub(crate) model: Model,
    /// Passes over the training set; 0, with --load or --resume, only tests
    #[arg(long, default_value_t = 5)]
    pub(crate) epochs: usize,
    /// Images in a batch
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) batch_size: u64,
    /// Learning rate at the start; it falls to 0 in a straight line
    #[arg(long, default_value_t = 0.05)]
    pub(crate) lr: f64,
    /// Where to compute: cpu, cuda, cuda:1 …
    #[arg(long, default_value = "cpu")]
    pub(crate) device: String,
    /// Folder of the Fashion-MNIST files (otherwise $ONDOL_DATA, then data/)
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// Seed of weights and of the order of the images
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Threads of the kernels; 0 means all cores
    #[arg(long, default_value_t = 0)]
    pub(crate) threads: usize,
    /// Threads that load batches; 0 loads between the steps
    #[arg(long, default_value_t = 0)]
    pub(crate) workers: usize,
    /// Where to save the state dict at the end (default runs/NAME/model.ond)
    #[arg(long)]
    pub(crate) save: Option<PathBuf>,
    /// A state dict to start from
    #[arg(long, conflicts_with = "resume")]
    pub(crate) load: Option<PathBuf>,
    /// The run's name; runs/NAME keeps its checkpoints (default fashion_mnist_MODEL)
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Steps between checkpoints within a pass; one is saved after each pass in any case
    #[arg(long, default_value_t = 0)]
    pub(crate) checkpoint_every: usize,
    /// Goes on from a checkpoint, the run's last one where no file is named
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    pub(crate) resume: Option<Option<PathBuf>>,
    /// Prints the version, what was built in and what was found, and stops
    #[arg(long)]
    pub(crate) version: bool,
}

impl Args {
    /// Where the run keeps what it saves.
    pub(crate) fn folder(&self) -> PathBuf {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => format!("fashion_mnist_{}", self.model.name()),
        };
        Path::new("runs").join(name)
    }
}

/// The networks of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Model {
    /// 784-512-512-10 with ReLU
    Mlp,
    /// Two convolutions of 32 and 64 channels, then 128-10
    Cnn,
}

impl Model {
    /// As on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Model::Mlp => "mlp",
            Model::Cnn => "cnn",
        }
    }
}
