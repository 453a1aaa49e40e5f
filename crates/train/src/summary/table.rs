//! The table as text.

use std::fmt;

use super::{LayerSummary, Summary};

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in units of 10⁶, as `torchinfo` counts them.
fn megabytes(bytes: usize) -> String {
    format!("{:.2}", bytes as f64 / 1e6)
}

/// `├─0: Linear`, under lines that go on to later brothers.
fn name(layers: &[LayerSummary], i: usize) -> String {
    let layer = &layers[i];
    if layer.depth == 0 {
        return layer.type_name.clone();
    }
    // Whether another module of this depth follows before the tree goes back above it.
    let goes_on = |depth: usize| {
        let rest = layers[i + 1..].iter().find(|other| other.depth <= depth);
        rest.is_some_and(|other| other.depth == depth)
    };
    let mut text = String::new();
    for depth in 1..layer.depth {
        text.push_str(if goes_on(depth) { "│ " } else { "  " });
    }
    text.push_str(if goes_on(layer.depth) {
        "├─"
    } else {
        "└─"
    });
    let parent = layers[..i]
        .iter()
        .rev()
        .find(|other| other.depth < layer.depth);
    let parent = parent.map_or("", |parent| &parent.path);
    let own = layer.path.strip_prefix(parent).unwrap_or(&layer.path);
    format!("{text}{}: {}", own.trim_start_matches('.'), layer.type_name)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dashes = || "--".to_owned();
        let mut rows =
            vec![["Layer", "Output shape", "Parameters", "Multiply-adds"].map(str::to_owned)];
        for (i, layer) in self.layers.iter().enumerate() {
            let count = |n: u64| if n == 0 { dashes() } else { grouped(n) };
            rows.push([
                name(&self.layers, i),
                layer
                    .output
                    .as_ref()
                    .map_or_else(dashes, |shape| shape.to_string()),
                count(layer.parameters as u64),
                count(layer.multiply_adds),
            ]);
        }
        let width = |column: usize| {
            let widths = rows.iter().map(|row| row[column].chars().count());
            widths.max().unwrap_or(0)
        };
        let [a, b, c, d] = [0, 1, 2, 3].map(width);
        let line = "=".repeat(a + b + c + d + 6);
        for (i, row) in rows.iter().enumerate() {
            if i < 2 {
                writeln!(f, "{line}")?;
            }
            let [name, shape, parameters, products] = row;
            writeln!(f, "{name:a$}  {shape:b$}  {parameters:>c$}  {products:>d$}")?;
        }
        writeln!(f, "{line}")?;
        let frozen = self.frozen_parameters() as u64;
        writeln!(f, "Parameters: {}", grouped(self.total_parameters as u64))?;
        writeln!(
            f,
            "  trainable: {}",
            grouped(self.trainable_parameters as u64)
        )?;
        writeln!(f, "  frozen: {}", grouped(frozen))?;
        writeln!(f, "Multiply-adds: {}", grouped(self.multiply_adds))?;
        writeln!(f, "Input (MB): {}", megabytes(self.input_bytes))?;
        writeln!(f, "Activations (MB): {}", megabytes(self.activation_bytes))?;
        writeln!(
            f,
            "Parameters and buffers (MB): {}",
            megabytes(self.parameter_bytes)
        )?;
        write!(f, "{line}")
    }
}
