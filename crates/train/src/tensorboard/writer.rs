//! The writer of event files.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use ondol_autograd::{Tensor, graph_dot};
use ondol_nn::Forward;
use ondol_tensor::{DType, Error, Result};

use super::hparams::{HParam, summaries};
use super::proto::Message;
use super::record::frame;
use crate::picture::{Pixels, encode_png};

/// Writes what TensorBoard shows, `torch.utils.tensorboard.SummaryWriter`.
///
/// The file is an event file as TensorFlow and PyTorch write it, in the folder given; several
/// writers may write to one folder, each to a file of its own. What is added is on the disk after
/// [`flush`](Self::flush), [`close`](Self::close) or drop, and at the latest after 120 seconds.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_train::tensorboard::SummaryWriter;
/// # let folder = tempfile::tempdir().unwrap();
/// let mut writer = SummaryWriter::new(folder.path().join("run"))?;
/// writer.add_scalar("loss", 0.5, 0)?;
/// writer.add_histogram("weights", &Tensor::zeros([10]), 0)?;
/// writer.add_text("note", "two layers", 0)?;
/// writer.close()?;
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
pub struct SummaryWriter {
    log_dir: PathBuf,
    path: PathBuf,
    file: BufWriter<File>,
    flushed: SystemTime,
    /// The writers of `add_scalars`, by folder.
    others: Vec<(PathBuf, SummaryWriter)>,
}

/// After how many seconds what was added is brought to the file, as in PyTorch.
const FLUSH_SECS: u64 = 120;

/// Seconds since 1970.
fn wall_time() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0.0, |t| t.as_secs_f64())
}

/// The machine's name, which TensorBoard wants in the file's.
fn host() -> String {
    let read = |path: &str| fs::read_to_string(path).ok();
    let named = ["HOSTNAME", "COMPUTERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    let name = named.or_else(|| read("/proc/sys/kernel/hostname"));
    let name: String = name
        .unwrap_or_default()
        .trim()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    if name.is_empty() {
        "localhost".into()
    } else {
        name
    }
}

impl SummaryWriter {
    /// Begins a file in a folder, which is made where it is not there.
    ///
    /// # Errors
    /// A folder or file that cannot be made.
    pub fn new(log_dir: impl AsRef<Path>) -> Result<Self> {
        // Two writers of one process in one second.
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let log_dir = log_dir.as_ref().to_owned();
        fs::create_dir_all(&log_dir).map_err(|e| Error::io(&log_dir, "create the folder", e))?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(
            "events.out.tfevents.{}.{}.{}.{count}",
            wall_time() as u64,
            host(),
            std::process::id()
        );
        let path = log_dir.join(name);
        let file = File::create_new(&path).map_err(|e| Error::io(&path, "create", e))?;
        let mut writer = SummaryWriter {
            log_dir,
            path,
            file: BufWriter::new(file),
            flushed: SystemTime::now(),
            others: Vec::new(),
        };
        let version = Message::new()
            .double(1, wall_time())
            .text(3, "brain.Event:2");
        writer.write(&version)?;
        writer.flush()?;
        Ok(writer)
    }

    /// The folder, `torch.utils.tensorboard.SummaryWriter.get_logdir`.
    pub fn get_logdir(&self) -> &Path {
        &self.log_dir
    }

    /// The event file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn write(&mut self, event: &Message) -> Result<()> {
        let record = frame(&event.clone().into_bytes());
        self.file
            .write_all(&record)
            .map_err(|e| Error::io(&self.path, "write", e))?;
        let late = self
            .flushed
            .elapsed()
            .is_ok_and(|t| t.as_secs() >= FLUSH_SECS);
        if late { self.flush() } else { Ok(()) }
    }

    fn summary(&mut self, summary: &Message, step: i64) -> Result<()> {
        let event = Message::new().double(1, wall_time()).int(2, step);
        self.write(&event.message(5, summary))
    }

    fn value(&mut self, value: &Message, step: i64) -> Result<()> {
        self.summary(&Message::new().message(1, value), step)
    }

    /// A number of a step, `torch.utils.tensorboard.SummaryWriter.add_scalar`. A slash in the tag
    /// makes groups: `loss/train`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn add_scalar(&mut self, tag: &str, value: f64, step: i64) -> Result<()> {
        self.value(&Message::new().text(1, tag).float(2, value as f32), step)
    }

    /// Several numbers in one picture, `torch.utils.tensorboard.SummaryWriter.add_scalars`: each is
    /// a run of its own, in a folder `MAIN_TAG_NAME` below this one.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn add_scalars(&mut self, main_tag: &str, values: &[(&str, f64)], step: i64) -> Result<()> {
        for (name, value) in values {
            let folder = format!("{}_{name}", main_tag.replace('/', "_"));
            let folder = self.log_dir.join(folder);
            let known = self.others.iter().position(|(path, _)| *path == folder);
            let i = match known {
                Some(i) => i,
                None => {
                    let writer = SummaryWriter::new(&folder)?;
                    self.others.push((folder, writer));
                    self.others.len() - 1
                }
            };
            self.others[i].1.add_scalar(main_tag, *value, step)?;
        }
        Ok(())
    }

    fn image(&mut self, tag: &str, pixels: &Pixels, step: i64) -> Result<()> {
        let image = Message::new()
            .int(1, pixels.height as i64)
            .int(2, pixels.width as i64)
            .int(3, 3)
            .bytes(4, &encode_png(pixels)?);
        self.value(&Message::new().text(1, tag).message(4, &image), step)
    }

    /// A picture `[C, H, W]` of floats in `0..=1` or bytes, with 1 or 3 channels,
    /// `torch.utils.tensorboard.SummaryWriter.add_image`.
    ///
    /// # Errors
    /// Another shape or dtype, or a file that cannot be written.
    pub fn add_image(&mut self, tag: &str, image: &Tensor, step: i64) -> Result<()> {
        self.image(tag, &Pixels::of("add_image", image)?, step)
    }

    /// Pictures `[N, C, H, W]` side by side as one, eight in a row,
    /// `torch.utils.tensorboard.SummaryWriter.add_images`.
    ///
    /// # Errors
    /// Another shape or dtype, or a file that cannot be written.
    pub fn add_images(&mut self, tag: &str, images: &Tensor, step: i64) -> Result<()> {
        self.image(tag, &Pixels::side_by_side("add_images", images, 8)?, step)
    }

    /// A drawn figure, `torch.utils.tensorboard.SummaryWriter.add_figure`.
    ///
    /// # Errors
    /// A figure that cannot be drawn, or a file that cannot be written.
    pub fn add_figure(&mut self, tag: &str, figure: &crate::plot::Figure, step: i64) -> Result<()> {
        self.image(tag, &figure.pixels()?, step)
    }

    /// How the numbers of a tensor are spread, `torch.utils.tensorboard.SummaryWriter.add_histogram`
    /// with its bins, which grow by a tenth. What is not finite is left out.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn add_histogram(&mut self, tag: &str, values: &Tensor, step: i64) -> Result<()> {
        let values = values.value().to_device(&ondol_tensor::Device::cpu())?;
        let values = values.cast(DType::F64)?.to_vec::<f64>()?;
        let histogram = super::histogram::histogram(&values);
        self.value(&Message::new().text(1, tag).message(5, &histogram), step)
    }

    /// Text, in Markdown, `torch.utils.tensorboard.SummaryWriter.add_text`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn add_text(&mut self, tag: &str, text: &str, step: i64) -> Result<()> {
        const DT_STRING: i64 = 7;
        let plugin = Message::new().text(1, "text");
        let metadata = Message::new().message(1, &plugin);
        let one = Message::new().message(2, &Message::new().int(1, 1));
        let tensor = Message::new()
            .int(1, DT_STRING)
            .message(2, &one)
            .text(8, text);
        let value = Message::new()
            .text(1, &format!("{tag}/text_summary"))
            .message(8, &tensor)
            .message(9, &metadata);
        self.value(&value, step)
    }

    /// A model and the graph of what it does to an input, as text with a picture in the DOT
    /// language: `torch.utils.tensorboard.SummaryWriter.add_graph`, whose own page of TensorBoard
    /// wants TensorFlow's graphs.
    ///
    /// # Errors
    /// A file that cannot be written.
    ///
    /// # Panics
    /// Where the model does not take that input.
    #[track_caller]
    pub fn add_graph(&mut self, model: &dyn Forward, input: &Tensor) -> Result<()> {
        let output = model.forward(input);
        let names = model.named_parameters();
        let names = names.iter().map(|(name, tensor)| (name.as_str(), tensor));
        let dot = graph_dot(&[&output], names);
        let indented = |text: &str| {
            let lines = text.lines().map(|line| format!("    {line}\n"));
            lines.collect::<String>()
        };
        let text = format!("{}\n\n{}", indented(&model.repr()), indented(&dot));
        self.add_text("graph", text.trim_end(), 0)
    }

    /// Hyperparameters and what came of them, for the table of runs,
    /// `torch.utils.tensorboard.SummaryWriter.add_hparams`. As there, the run is a folder of its own,
    /// `run_name`, below this one.
    ///
    /// ```
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let mut writer = ondol_train::tensorboard::SummaryWriter::new(folder.path())?;
    /// writer.add_hparams("run-1", &[("lr", 0.1.into()), ("optimizer", "SGD".into())], &[("accuracy", 0.9)])?;
    /// # Ok::<(), ondol_tensor::Error>(())
    /// ```
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn add_hparams(
        &mut self,
        run_name: &str,
        hparams: &[(&str, HParam)],
        metrics: &[(&str, f64)],
    ) -> Result<()> {
        let mut writer = SummaryWriter::new(self.log_dir.join(run_name))?;
        for summary in summaries(hparams, metrics) {
            writer.summary(&summary, 0)?;
        }
        for (name, value) in metrics {
            writer.add_scalar(name, *value, 0)?;
        }
        writer.close()
    }

    /// Brings what was added to the file, `torch.utils.tensorboard.SummaryWriter.flush`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.flushed = SystemTime::now();
        self.file
            .flush()
            .map_err(|e| Error::io(&self.path, "write", e))?;
        self.others
            .iter_mut()
            .try_for_each(|(_, writer)| writer.flush())
    }

    /// Ends the file, `torch.utils.tensorboard.SummaryWriter.close`. Dropping the writer does too,
    /// but tells nobody of an error.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn close(mut self) -> Result<()> {
        self.flush()
    }
}
