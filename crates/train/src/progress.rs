//! How far a loop over batches is.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar for a loop over batches that shows figures such as the loss, and images a second.
///
/// Where standard error is a terminal it is a bar there, in colour unless `NO_COLOR` is set. Where
/// it is none, where `CI` is set or `TERM` is `dumb`, it is a plain line every ten seconds and one
/// at the end.
///
/// ```text
/// epoch 1/5 ━━━━━━━━━━━━━━━╺━━━━━━━━━━━━━━ 469/938  loss 0.4213  accuracy 0.8512  31204 images/s
/// ```
pub struct Progress {
    label: String,
    unit: &'static str,
    total: u64,
    batches: u64,
    images: u64,
    figures: String,
    started: Instant,
    shown: Option<Instant>,
    output: Output,
    finished: bool,
}

enum Output {
    Bar(ProgressBar),
    Lines {
        to: Box<dyn Write + Send>,
        every: Duration,
    },
}

/// Between two texts of the bar; a terminal shows no more.
const FRAME: Duration = Duration::from_millis(50);
/// Between two plain lines.
const PAUSE: Duration = Duration::from_secs(10);

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

impl Progress {
    /// A bar for so many batches, to standard error.
    pub fn new(label: impl Into<String>, batches: usize) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if std::io::stderr().is_terminal() && !is_set("CI") && !dumb {
            let target = ProgressDrawTarget::stderr();
            return Progress::bar(label, batches, target, !is_set("NO_COLOR"));
        }
        Progress::lines(label, batches, std::io::stderr(), PAUSE)
    }

    fn bar(
        label: impl Into<String>,
        batches: usize,
        target: ProgressDrawTarget,
        colour: bool,
    ) -> Self {
        let bar = ProgressBar::with_draw_target(Some(batches as u64), target);
        let template = if colour {
            "{prefix} {bar:30.green/black.bright} {pos}/{len}  {msg}"
        } else {
            "{prefix} {bar:30} {pos}/{len}  {msg}"
        };
        // The template is a constant; were it refused, indicatif's own style would do.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╺─"));
        }
        let progress = Progress::with_output(label, batches, Output::Bar(bar));
        if let Output::Bar(bar) = &progress.output {
            bar.set_prefix(progress.label.clone());
        }
        progress
    }

    /// Plain lines to a file or a buffer, at most one in `every` but for the last.
    pub fn lines(
        label: impl Into<String>,
        batches: usize,
        to: impl Write + Send + 'static,
        every: Duration,
    ) -> Self {
        Progress::with_output(
            label,
            batches,
            Output::Lines {
                to: Box::new(to),
                every,
            },
        )
    }

    fn with_output(label: impl Into<String>, batches: usize, output: Output) -> Self {
        Progress {
            label: label.into(),
            unit: "images",
            total: batches as u64,
            batches: 0,
            images: 0,
            figures: String::new(),
            started: Instant::now(),
            shown: None,
            output,
            finished: false,
        }
    }

    /// What is counted, `"images"` if nothing else is said.
    pub fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// Counts a batch of so many images in, and shows these figures beside the bar.
    pub fn update(&mut self, images: usize, figures: &[(&str, f64)]) {
        self.batches += 1;
        self.images += images as u64;
        let every = match &self.output {
            Output::Bar(bar) => {
                bar.inc(1);
                FRAME
            }
            Output::Lines { every, .. } => *every,
        };
        // Plain lines wait for their first pause too: a quick loop prints its last line only.
        let since = match (&self.output, self.shown) {
            (_, Some(shown)) => Some(shown),
            (Output::Bar(_), None) => None,
            (Output::Lines { .. }, None) => Some(self.started),
        };
        let due = since.is_none_or(|since| since.elapsed() >= every);
        if !due && self.batches < self.total {
            return;
        }
        self.shown = Some(Instant::now());
        self.figures.clear();
        for (name, value) in figures {
            self.figures.push_str(&format!("{name} {value:.4}  "));
        }
        if self.batches < self.total {
            self.show();
        }
    }

    /// Images a second since the start.
    pub fn rate(&self) -> f64 {
        self.images as f64 / self.started.elapsed().as_secs_f64()
    }

    fn show(&mut self) {
        let text = format!("{}{:.0} {}/s", self.figures, self.rate(), self.unit);
        match &mut self.output {
            Output::Bar(bar) => bar.set_message(text),
            Output::Lines { to, .. } => {
                // Progress that cannot be written must not end a training.
                let _ = writeln!(
                    to,
                    "{}  {}/{}  {text}",
                    self.label, self.batches, self.total
                );
                let _ = to.flush();
            }
        }
    }

    /// Writes a line of text, above the bar where there is one.
    pub fn println(&mut self, text: &str) {
        match &mut self.output {
            Output::Bar(bar) => bar.println(text),
            Output::Lines { to, .. } => {
                let _ = writeln!(to, "{text}");
            }
        }
    }

    /// Shows the last figures for good.
    pub fn finish(mut self) {
        self.show();
        if let Output::Bar(bar) = &self.output {
            bar.abandon();
        }
        self.finished = true;
    }
}

impl Drop for Progress {
    /// A loop that was left leaves its bar where it stood, and what is printed next below it.
    fn drop(&mut self) {
        if let (Output::Bar(bar), false) = (&self.output, self.finished) {
            bar.abandon();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);
    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn run(every: Duration) -> Vec<String> {
        let written = Shared::default();
        let mut progress = Progress::lines("epoch 1/2", 3, written.clone(), every).unit("rows");
        for i in 0..3 {
            progress.update(64, &[("loss", 0.5 / f64::from(i + 1))]);
        }
        progress.finish();
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn a_quick_loop_prints_one_plain_line() {
        let lines = run(Duration::from_secs(60));
        assert_eq!(lines.len(), 1);
        assert!(
            lines[0].starts_with("epoch 1/2  3/3  loss 0.1667  "),
            "{}",
            lines[0]
        );
        assert!(
            lines[0].ends_with(" rows/s") && !lines[0].contains('\u{1b}'),
            "{}",
            lines[0]
        );
    }

    #[test]
    fn a_slow_loop_prints_as_it_goes() {
        let lines = run(Duration::ZERO);
        assert_eq!(lines.len(), 3);
        assert!(
            lines[0].starts_with("epoch 1/2  1/3  loss 0.5000  "),
            "{}",
            lines[0]
        );
    }

    #[test]
    fn a_bar_counts_batches() {
        let mut progress = Progress::bar("epoch", 2, ProgressDrawTarget::hidden(), true);
        progress.update(8, &[("loss", 1.0)]);
        let Output::Bar(bar) = &progress.output else {
            panic!("a bar was asked for")
        };
        let bar = bar.clone();
        assert_eq!((bar.position(), bar.length()), (1, Some(2)));
        assert!(
            bar.message().starts_with("loss 1.0000  "),
            "{}",
            bar.message()
        );
        progress.update(8, &[("loss", 0.25)]);
        progress.finish();
        assert!(bar.is_finished() && bar.message().starts_with("loss 0.2500  "));
        assert_eq!(bar.prefix(), "epoch");
    }
}
