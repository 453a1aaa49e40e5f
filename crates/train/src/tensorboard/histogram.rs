//! Numbers in bins, as TensorBoard wants them.

use super::proto::Message;

/// TensorFlow's borders: they grow by a tenth from 1e-12 to 1e20, and there are as many below zero.
fn borders() -> Vec<f64> {
    let mut right = Vec::new();
    let mut border = 1e-12;
    while border < 1e20 {
        right.push(border);
        border *= 1.1;
    }
    right.push(f64::MAX);
    let left = right.iter().rev().map(|x| -x);
    left.chain([0.0]).chain(right.iter().copied()).collect()
}

/// How many numbers lie in each bin, with one empty bin before the first and the limits above;
/// numbers that are not finite are left out.
pub(super) fn histogram(values: &[f64]) -> Message {
    let values: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    let limits = borders();
    let mut counts = vec![0f64; limits.len()];
    for &value in &values {
        // The bin `i` holds what is in `[limit i−1, limit i)`.
        let bin = limits.partition_point(|&limit| limit <= value);
        counts[bin.min(limits.len() - 1)] += 1.0;
    }
    let first = counts.iter().position(|&n| n > 0.0).unwrap_or(0);
    let last = counts.iter().rposition(|&n| n > 0.0).unwrap_or(0);
    let from = first.saturating_sub(1);
    let fold = |start: f64, f: fn(f64, f64) -> f64| values.iter().copied().fold(start, f);
    let (least, greatest) = match values.is_empty() {
        true => (0.0, 0.0),
        false => (
            fold(f64::INFINITY, f64::min),
            fold(f64::NEG_INFINITY, f64::max),
        ),
    };
    Message::new()
        .double(1, least)
        .double(2, greatest)
        .double(3, values.len() as f64)
        .double(4, values.iter().sum())
        .double(5, values.iter().map(|v| v * v).sum())
        .doubles(6, &limits[from..=last])
        .doubles(7, &counts[from..=last])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_those_of_tensorflow() {
        let borders = borders();
        assert_eq!(borders.len(), 1551);
        assert!(borders.is_sorted());
        assert_eq!(borders[borders.len() / 2], 0.0);
    }
}
