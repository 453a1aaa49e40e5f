//! What a run leaves for people to look at: tables, curves, pictures, and TensorBoard's events.

use std::path::{Path, PathBuf};

use ondol::prelude::*;
use ondol::serialize::atomic;
use ondol::train::metrics::ConfusionMatrix;
use ondol::train::plot::{self, Figure};
use ondol::train::tensorboard::SummaryWriter;
use ondol::vision::datasets::CLASSES;

use crate::args::Args;
use crate::data::Images;
use crate::run::Run;

/// What a network says of the whole test set.
pub(crate) struct Tested {
    pub(crate) loss: f64,
    pub(crate) accuracy: f64,
    pub(crate) logits: Tensor,
    pub(crate) labels: Tensor,
}

/// The run's folder, and TensorBoard's file in it.
pub(crate) struct Report {
    folder: PathBuf,
    board: SummaryWriter,
}

/// Pictures in a grid.
const SHOWN: usize = 24;

impl Report {
    /// Begins with what is known before the training; of a run that goes on, its curves too.
    pub(crate) fn new(args: &Args, run: &Run, device: &Device) -> ondol::Result<Report> {
        let folder = args.folder();
        let config = serde_json::to_string_pretty(args)
            .map_err(|e| ondol::Error::data(format!("config.json: {e}")))?;
        write(&folder.join("config.json"), &config)?;
        let events = folder.join("tensorboard");
        if events.exists() {
            // Of an earlier run, or written anew below.
            std::fs::remove_dir_all(&events).map_err(|e| ondol::Error::io(&events, "remove", e))?;
        }
        let mut board = SummaryWriter::new(events)?;
        board.add_text("config", &format!("```\n{config}\n```"), 0)?;
        let image = Tensor::zeros([1, 1, 28, 28]).to(device);
        run.model.eval();
        board.add_graph(&run.model, &image)?;
        let mut report = Report { folder, board };
        for epoch in 0..run.epoch() {
            report.scalars(run, epoch)?;
        }
        Ok(report)
    }

    /// The figures of a pass, counted from 0.
    fn scalars(&mut self, run: &Run, epoch: usize) -> ondol::Result<()> {
        for (name, tag) in [
            ("loss", "loss/train"),
            ("test_loss", "loss/test"),
            ("accuracy", "accuracy/train"),
            ("test_accuracy", "accuracy/test"),
            ("lr", "lr"),
        ] {
            if let Some(figures) = run.history.get(name) {
                self.board
                    .add_scalar(tag, figures[epoch], epoch as i64 + 1)?;
            }
        }
        Ok(())
    }

    /// What a pass adds: a row, a point of each curve, and how the weights are spread.
    pub(crate) fn after_epoch(&mut self, run: &Run) -> ondol::Result<()> {
        self.scalars(run, run.epoch() - 1)?;
        for (name, parameter) in run.model.named_parameters() {
            let step = run.epoch() as i64;
            self.board
                .add_histogram(&name.replace('.', "/"), &parameter, step)?;
        }
        self.board.flush()?;
        self.curves(run)
    }

    fn curves(&self, run: &Run) -> ondol::Result<()> {
        run.history.write_csv(self.folder.join("log.csv"))?;
        let curves = plot::history(&run.history);
        curves.save(self.folder.join("curves.svg"))?;
        curves.save(self.folder.join("curves.png"))
    }

    /// What the trained network is good at, and what not.
    pub(crate) fn finish(
        mut self,
        run: &Run,
        images: &Images,
        tested: &Tested,
    ) -> ondol::Result<()> {
        self.curves(run)?;
        let mut confusion = ConfusionMatrix::new(CLASSES.len()).class_names(CLASSES);
        confusion.update(&tested.logits, &tested.labels);
        write(
            &self.folder.join("report.txt"),
            &confusion.report().to_string(),
        )?;

        let step = run.epoch() as i64;
        let first: Vec<usize> = (0..images.len().min(SHOWN)).collect();
        let worst = mistakes(tested);
        self.picture(
            "confusion_matrix",
            &plot::confusion_matrix(&confusion),
            step,
        )?;
        self.picture("predictions", &grid(images, tested, &first)?, step)?;
        if !worst.is_empty() {
            self.picture("mistakes", &grid(images, tested, &worst)?, step)?;
        }
        self.picture("filters", &plot::filters(&first_layer(run))?, step)?;
        self.board.close()?;
        println!(
            "curves, pictures, tables and TensorBoard's events are in {}",
            self.folder.display()
        );
        Ok(())
    }

    fn picture(&mut self, name: &str, figure: &Figure, step: i64) -> ondol::Result<()> {
        figure.save(self.folder.join(format!("{name}.svg")))?;
        figure.save(self.folder.join(format!("{name}.png")))?;
        self.board.add_figure(name, figure, step)
    }
}

/// The places of the wrong answers that the network was surest of.
fn mistakes(tested: &Tested) -> Vec<usize> {
    let (sure, guess) = tested.logits.softmax(1).max_dim(1, false);
    let (sure, guess) = (sure.to_vec::<f32>(), guess.to_vec::<i64>());
    let labels = tested.labels.to_vec::<i64>();
    let mut wrong: Vec<usize> = (0..labels.len())
        .filter(|&i| guess[i] != labels[i])
        .collect();
    wrong.sort_by(|&a, &b| sure[b].total_cmp(&sure[a]));
    wrong.truncate(SHOWN);
    wrong
}

/// Images of the test set with what the network says of them.
fn grid(images: &Images, tested: &Tested, places: &[usize]) -> ondol::Result<Figure> {
    let picture = |&i| images.get(i).map(|(image, _)| image);
    let pictures: Vec<Tensor> = places.iter().map(picture).collect::<ondol::Result<_>>()?;
    let places: Vec<i64> = places.iter().map(|&i| i as i64).collect();
    let places = Tensor::from_slice(&places, [places.len()]);
    let labels = tested.labels.index_select(0, &places);
    let logits = tested.logits.index_select(0, &places);
    plot::predictions(&Tensor::stack(&pictures, 0), &labels, &logits, &CLASSES)
}

/// The filters of the first layer; of a linear one its first 32 units as pictures.
fn first_layer(run: &Run) -> Tensor {
    let weight = run.model.parameters()[0].detach();
    match weight.ndim() {
        2 => weight.narrow(0, 0, 32).reshape([32, 1, 28, 28]),
        _ => weight,
    }
}

/// Under a temporary name first, so that nobody ever sees half a file.
fn write(path: &Path, text: &str) -> ondol::Result<()> {
    use std::io::Write;
    atomic::write(path, |file| file.write_all(text.as_bytes()))
}
