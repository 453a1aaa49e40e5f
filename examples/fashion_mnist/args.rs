//! The command line.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

/// Trains a classifier of garments on Fashion-MNIST, or asks one about a picture.
#[derive(Debug, Parser)]
#[command(name = "fashion_mnist", disable_version_flag = true)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) train: Args,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Says what is on a picture, and how sure the network is
    Predict(Predict),
}

/// What `predict` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Predict {
    /// PNG or JPEG files of any size
    #[arg(required = true, value_name = "PICTURE")]
    pub(crate) pictures: Vec<PathBuf>,
    /// The trained weights, such as runs/NAME/best.pt
    #[arg(long)]
    pub(crate) load: PathBuf,
    /// The network they are of (otherwise config.json beside them says)
    #[arg(long, value_enum)]
    pub(crate) model: Option<Model>,
    /// Where to compute: cpu, cuda, cuda:1 …
    #[arg(long, default_value = "cpu")]
    pub(crate) device: String,
}

/// What a training takes; `config.json` keeps it.
#[derive(Debug, clap::Args, Serialize)]
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
    /// Learning rate at the start; of --scheduler onecycle, at its height
    #[arg(long, default_value_t = 0.05)]
    pub(crate) lr: f64,
    /// How the learning rate goes on from there
    #[arg(long, value_enum, default_value_t = Scheduler::Linear)]
    pub(crate) scheduler: Scheduler,
    /// Decay of the weights (L2)
    #[arg(long, default_value_t = 0.0)]
    pub(crate) weight_decay: f64,
    /// Share of the target that all classes have in common, from 0 to 1
    #[arg(long, default_value_t = 0.0)]
    pub(crate) label_smoothing: f64,
    /// What is done to the images of the training by chance
    #[arg(long, value_enum, default_value_t = Augment::None)]
    pub(crate) augment: Augment,
    /// Stops after so many passes without a better accuracy on the test set
    #[arg(long, value_name = "PASSES")]
    pub(crate) early_stopping: Option<usize>,
    /// Where to compute: cpu, cuda, cuda:1 …
    #[arg(long, default_value = "cpu")]
    pub(crate) device: String,
    /// Folder of the Fashion-MNIST files (otherwise $ONDOL_DATA, then data/)
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// Seed of weights, of the order of the images, and of what is done to them
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// Threads of the kernels; 0 means all cores
    #[arg(long, default_value_t = 0)]
    pub(crate) threads: usize,
    /// Threads that load batches; 0 loads between the steps
    #[arg(long, default_value_t = 0)]
    pub(crate) workers: usize,
    /// Where to save the state dict at the end (default runs/NAME/model.pt)
    #[arg(long)]
    pub(crate) save: Option<PathBuf>,
    /// A state dict or a checkpoint to start from
    #[arg(long, conflicts_with = "resume")]
    pub(crate) load: Option<PathBuf>,
    /// The run's name; runs/NAME keeps all that it writes (default fashion_mnist_MODEL)
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Steps between checkpoints within a pass; one is saved after each pass in any case
    #[arg(long, default_value_t = 0)]
    pub(crate) checkpoint_every: usize,
    /// Goes on from a checkpoint, the run's last one where no file is named
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    #[serde(skip)]
    pub(crate) resume: Option<Option<PathBuf>>,
    /// Prints the table of the network's layers and stops
    #[arg(long)]
    #[serde(skip)]
    pub(crate) summary: bool,
    /// Prints the version, what was built in and what was found, and stops
    #[arg(long)]
    #[serde(skip)]
    pub(crate) version: bool,
}

impl Args {
    /// Where the run keeps what it writes.
    pub(crate) fn folder(&self) -> PathBuf {
        let name = match &self.name {
            Some(name) => name.clone(),
            None => format!("fashion_mnist_{}", self.model.name()),
        };
        Path::new("runs").join(name)
    }
}

/// The networks of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Model {
    /// 784-512-512-10 with ReLU
    Mlp,
    /// Two convolutions of 32 and 64 channels, then 128-10
    Cnn,
    /// Five convolutions of 32 to 128 channels with batch normalisation
    CnnBn,
}

impl Model {
    /// As on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Model::Mlp => "mlp",
            Model::Cnn => "cnn",
            Model::CnnBn => "cnn-bn",
        }
    }
}

/// How the learning rate changes, step by step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scheduler {
    /// It falls to 0 in a straight line
    Linear,
    /// It falls to 0 along half a cosine
    Cosine,
    /// It rises from a 25th and falls to next to nothing
    #[value(name = "onecycle")]
    #[serde(rename = "onecycle")]
    OneCycle,
    /// It falls to a tenth after each third of the passes
    Step,
    /// It stays
    None,
}

/// What is done to the images of the training, each with all of those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Augment {
    /// They stay as they are
    None,
    /// Half of them are mirrored
    Flip,
    /// They are moved by up to two pixels
    Crop,
    /// Half of them lose a part
    Erase,
}
