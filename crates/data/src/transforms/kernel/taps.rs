//! Which inputs make an output of a resize, and with what weights.

use std::f64::consts::PI;

use crate::transforms::InterpolationMode;

/// A window of inputs and their weights for each output of one dimension.
#[derive(Clone, Debug)]
pub(crate) struct Taps {
    /// The first input of each window, and where its weights start and end.
    windows: Vec<(usize, usize, usize)>,
    weights: Vec<f64>,
}

impl Taps {
    fn with_capacity(n: usize, width: usize) -> Taps {
        Taps {
            windows: Vec::with_capacity(n),
            weights: Vec::with_capacity(n * width),
        }
    }

    fn push(&mut self, first: usize, weights: impl IntoIterator<Item = f64>) {
        let start = self.weights.len();
        self.weights.extend(weights);
        self.windows.push((first, start, self.weights.len()));
    }

    /// The first input and the weights of each output.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (usize, &[f64])> {
        let window =
            |&(first, start, end): &(usize, usize, usize)| (first, &self.weights[start..end]);
        self.windows.iter().map(window)
    }

    /// How many outputs there are.
    pub(crate) fn len(&self) -> usize {
        self.windows.len()
    }

    /// The input of each output, where each is one input.
    pub(crate) fn picks(&self) -> Option<Vec<i64>> {
        let one = |(first, weights): (usize, &[f64])| (weights == [1.0]).then_some(first as i64);
        self.iter().map(one).collect()
    }

    /// The weights as rows of a matrix `[outputs, inputs]`, the windows moved by `offset`.
    pub(crate) fn matrix(&self, offset: usize, inputs: usize) -> Vec<f64> {
        let mut rows = vec![0.0; self.len() * inputs];
        for (i, (first, weights)) in self.iter().enumerate() {
            let at = i * inputs + offset + first;
            rows[at..at + weights.len()].copy_from_slice(weights);
        }
        rows
    }

    /// The windows moved by `offset`.
    pub(crate) fn moved(mut self, offset: usize) -> Taps {
        self.windows.iter_mut().for_each(|w| w.0 += offset);
        self
    }

    /// A window as wide as the filter is at the scale, cut at the borders: what Pillow does, and
    /// PyTorch with `antialias=True`.
    pub(crate) fn antialiased(from: usize, to: usize, filter: Filter) -> Taps {
        let scale = from as f64 / to as f64;
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        let mut taps = Taps::with_capacity(to, support.ceil() as usize * 2 + 1);
        for i in 0..to {
            let center = (i as f64 + 0.5) * scale;
            let first = (center - support + 0.5).max(0.0) as usize;
            let end = ((center + support + 0.5) as usize).min(from);
            let weight = |j: usize| filter.at((j as f64 - center + 0.5) * (1.0 / stretch));
            let sum: f64 = (first..end).map(weight).sum();
            let norm = if sum == 0.0 { 1.0 } else { sum };
            taps.push(first, (first..end).map(|j| weight(j) / norm));
        }
        taps
    }

    /// Two or four neighbours, whatever the scale: PyTorch with `antialias=False`.
    pub(crate) fn plain(from: usize, to: usize, cubic: bool) -> Taps {
        let scale = from as f64 / to as f64;
        let last = from as isize - 1;
        let mut taps = Taps::with_capacity(to, 4);
        for i in 0..to {
            let mut place = scale * (i as f64 + 0.5) - 0.5;
            if !cubic {
                place = place.max(0.0);
            }
            let low = place.floor() as isize;
            let share = place - low as f64;
            let neighbours = if cubic {
                low - 1..low + 3
            } else {
                low..low + 2
            };
            let first = neighbours.start.clamp(0, last);
            let mut weights = vec![0.0; (neighbours.end - 1).clamp(0, last).abs_diff(first) + 1];
            for n in neighbours {
                let distance = (share - (n - low) as f64).abs();
                // What lies outside counts as the pixel at the border.
                weights[n.clamp(0, last).abs_diff(first)] += match cubic {
                    true => keys(distance, -0.75),
                    false => (1.0 - distance).max(0.0),
                };
            }
            taps.push(first as usize, weights);
        }
        taps
    }

    /// One neighbour each.
    pub(crate) fn picked(at: impl ExactSizeIterator<Item = usize>) -> Taps {
        let mut taps = Taps::with_capacity(at.len(), 1);
        at.for_each(|i| taps.push(i, [1.0]));
        taps
    }

    /// PyTorch's nearest: it counts in `f32`, and where a place is a whole number that decides.
    pub(crate) fn nearest(from: usize, to: usize, exact: bool) -> Taps {
        let scale = from as f32 / to as f32;
        let half = if exact { 0.5 } else { 0.0 };
        Taps::picked((0..to).map(|i| (((i as f32 + half) * scale) as usize).min(from - 1)))
    }

    /// Pillow's nearest: it adds the step up.
    pub(crate) fn nearest_pillow(from: usize, to: usize) -> Taps {
        let step = from as f64 / to as f64;
        let places: Vec<usize> = std::iter::successors(Some(step * 0.5), |at| Some(at + step))
            .map(|at| (at as usize).min(from - 1))
            .take(to)
            .collect();
        Taps::picked(places.into_iter())
    }
}

/// Pillow's filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    Box,
    Bilinear,
    Hamming,
    Bicubic,
    Lanczos,
}

impl Filter {
    /// The filter of a mode; `None` for the nearest pixel.
    pub(crate) fn of(mode: InterpolationMode) -> Option<Filter> {
        match mode {
            InterpolationMode::Nearest | InterpolationMode::NearestExact => None,
            InterpolationMode::Bilinear => Some(Filter::Bilinear),
            InterpolationMode::Bicubic => Some(Filter::Bicubic),
            InterpolationMode::Box => Some(Filter::Box),
            InterpolationMode::Hamming => Some(Filter::Hamming),
            InterpolationMode::Lanczos => Some(Filter::Lanczos),
        }
    }

    fn support(self) -> f64 {
        match self {
            Filter::Box => 0.5,
            Filter::Bilinear | Filter::Hamming => 1.0,
            Filter::Bicubic => 2.0,
            Filter::Lanczos => 3.0,
        }
    }

    fn at(self, x: f64) -> f64 {
        let d = x.abs();
        let sinc = |x: f64| match x {
            0.0 => 1.0,
            _ => (x * PI).sin() / (x * PI),
        };
        match self {
            Filter::Box if x > -0.5 && x <= 0.5 => 1.0,
            Filter::Bilinear if d < 1.0 => 1.0 - d,
            Filter::Hamming if d == 0.0 => 1.0,
            // Pillow's constants are of single precision.
            Filter::Hamming if d < 1.0 => {
                sinc(d) * (f64::from(0.54f32) + f64::from(0.46f32) * (d * PI).cos())
            }
            Filter::Bicubic if d < 2.0 => keys(d, -0.5),
            Filter::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            _ => 0.0,
        }
    }
}

/// Keys' cubic at a distance below 2.
fn keys(d: f64, a: f64) -> f64 {
    if d < 1.0 {
        ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0
    } else {
        (((d - 5.0) * d + 8.0) * d - 4.0) * a
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_shares_of_one() {
        let filters = [
            Filter::Box,
            Filter::Bilinear,
            Filter::Hamming,
            Filter::Bicubic,
            Filter::Lanczos,
        ];
        let sizes = [(7, 3), (3, 7), (5, 5), (1, 4), (9, 1)];
        for (from, to) in sizes {
            let kinds = filters.map(|f| Taps::antialiased(from, to, f));
            let plain = [false, true].map(|cubic| Taps::plain(from, to, cubic));
            let near = [false, true].map(|exact| Taps::nearest(from, to, exact));
            for taps in kinds.iter().chain(&plain).chain(&near) {
                assert_eq!(taps.len(), to);
                for (first, weights) in taps.iter() {
                    assert!(first + weights.len() <= from);
                    assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                }
            }
        }
    }
}
