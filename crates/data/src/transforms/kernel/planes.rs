//! Resizing planes of floats on the CPU.

use super::taps::Taps;

/// Weights as `f32`.
struct Narrow {
    windows: Vec<(usize, usize, usize)>,
    weights: Vec<f32>,
}

fn narrow(taps: &Taps) -> Narrow {
    let mut weights = Vec::new();
    let windows = taps.iter().map(|(first, window)| {
        let start = weights.len();
        weights.extend(window.iter().map(|&w| w as f32));
        (first, start, weights.len())
    });
    let windows = windows.collect();
    Narrow { windows, weights }
}

/// Planes `[N, H, W]` in another size `[N, rows, columns]`, their width first.
pub(crate) fn resize(x: &[f32], [h, w]: [usize; 2], rows: &Taps, columns: &Taps) -> Vec<f32> {
    let planes = x.len() / (h * w).max(1);
    let (rows, columns) = (narrow(rows), narrow(columns));
    let (oh, ow) = (rows.windows.len(), columns.windows.len());
    let mut out = vec![0.0f32; planes * oh * ow];
    // Rows that no window holds are left out.
    let first = rows.windows.iter().map(|w| w.0).min().unwrap_or(0);
    let end = rows
        .windows
        .iter()
        .map(|w| w.0 + w.2 - w.1)
        .max()
        .unwrap_or(0);
    let mut across = vec![0.0f32; (end - first) * ow];
    for (plane, out) in x
        .chunks_exact((h * w).max(1))
        .zip(out.chunks_exact_mut((oh * ow).max(1)))
    {
        let lines = plane[first * w..end * w].chunks_exact(w.max(1));
        for (line, to) in lines.zip(across.chunks_exact_mut(ow.max(1))) {
            for (to, &(first, start, end)) in to.iter_mut().zip(&columns.windows) {
                let values = &line[first..first + end - start];
                *to = values
                    .iter()
                    .zip(&columns.weights[start..end])
                    .fold(0.0, |sum, (v, w)| sum + v * w);
            }
        }
        for (to, &(at, start, end)) in out.chunks_exact_mut(ow.max(1)).zip(&rows.windows) {
            let lines = across[(at - first) * ow..].chunks_exact(ow.max(1));
            for (line, weight) in lines.zip(&rows.weights[start..end]) {
                for (to, value) in to.iter_mut().zip(line) {
                    *to += weight * value;
                }
            }
        }
    }
    out
}
