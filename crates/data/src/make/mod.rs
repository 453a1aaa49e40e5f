//! Made-up data of known shape, after `sklearn.datasets`.

mod classification;
mod moons;
mod regression;

use ondol_tensor::{Array, DType, Device, Distribution, Generator, Result};

pub use classification::MakeClassification;
pub use moons::{make_circles, make_moons};
pub use regression::MakeRegression;

/// `n` draws in double precision.
fn draw(generator: &Generator, distribution: Distribution, n: usize) -> Result<Vec<f64>> {
    Array::random(distribution, [n], DType::F64, &Device::cpu(), generator)?.to_vec()
}

fn normal(generator: &Generator, std: f64, n: usize) -> Result<Vec<f64>> {
    draw(generator, Distribution::Normal { mean: 0.0, std }, n)
}

fn uniform(generator: &Generator, low: f64, high: f64, n: usize) -> Result<Vec<f64>> {
    draw(generator, Distribution::Uniform { low, high }, n)
}

/// Rows `[n, width]` in another order: columns too, where `columns` is given.
fn reordered(x: &[f64], width: usize, rows: &[usize], columns: Option<&[usize]>) -> Vec<f64> {
    let mut out = Vec::with_capacity(x.len());
    for &row in rows {
        let row = &x[row * width..(row + 1) * width];
        match columns {
            Some(columns) => out.extend(columns.iter().map(|&c| row[c])),
            None => out.extend_from_slice(row),
        }
    }
    out
}

/// `x [n, k] · w [k, m]`, plainly: these are small.
fn product(x: &[f64], k: usize, w: &[f64], m: usize) -> Vec<f64> {
    let n = x.len().checked_div(k).unwrap_or(0);
    let mut out = vec![0.0; n * m];
    for (row, out) in x.chunks(k.max(1)).zip(out.chunks_mut(m.max(1))) {
        for (x, w) in row.iter().zip(w.chunks(m.max(1))) {
            for (out, w) in out.iter_mut().zip(w) {
                *out += x * w;
            }
        }
    }
    out
}

fn singles(x: Vec<f64>) -> Vec<f32> {
    x.into_iter().map(|x| x as f32).collect()
}
