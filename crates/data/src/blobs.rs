//! Points around centres, for the first examples.

use ondol_autograd::Tensor;
use ondol_tensor::{Array, DType, Device, Distribution, Result, default_generator};

/// `n` Gaussian points around `centers`, and which centre each belongs to, in a random order;
/// `sklearn.datasets.make_blobs`.
///
/// Gives `x [n, D]` of `f32` and `y [n]` of `i64`. Each centre gets `n / centers.len()` points,
/// the first ones one more where that does not divide. Drawn from the default generator, which
/// `manual_seed` governs.
///
/// # Panics
/// Where `std` is negative, or there are points and no centres.
///
/// ```
/// use ondol_data::{label_map, make_blobs};
/// let centers = [[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]];
/// let (x, y) = make_blobs(80, &centers, 0.3);
/// let y = label_map(&label_map(&y, &[0, 1], 0), &[2, 3], 1);
/// assert_eq!(x.shape(), [80, 2]);
/// assert_eq!(y.to_vec::<i64>().iter().sum::<i64>(), 40);
/// ```
#[track_caller]
pub fn make_blobs<const D: usize>(n: usize, centers: &[[f64; D]], std: f64) -> (Tensor, Tensor) {
    ondol_autograd::ok(draw(n, centers, std))
}

fn draw<const D: usize>(n: usize, centers: &[[f64; D]], std: f64) -> Result<(Tensor, Tensor)> {
    if centers.is_empty() && n > 0 {
        return Err(ondol_tensor::Error::value(
            "make_blobs",
            "there are no centers",
        ));
    }
    let generator = default_generator();
    let distribution = Distribution::Normal { mean: 0.0, std };
    let noise = Array::random(distribution, [n, D], DType::F64, &Device::cpu(), &generator)?;
    let noise = noise.to_vec::<f64>()?;
    let (each, more) = (n / centers.len().max(1), n % centers.len().max(1));
    let clusters: Vec<usize> = (0..centers.len())
        .flat_map(|c| std::iter::repeat_n(c, each + usize::from(c < more)))
        .collect();
    let mut x = Vec::with_capacity(n * D);
    let mut y = Vec::with_capacity(n);
    for i in generator.permutation(n) {
        let center = &centers[clusters[i]];
        x.extend(
            center
                .iter()
                .zip(&noise[i * D..])
                .map(|(c, e)| (c + e) as f32),
        );
        y.push(clusters[i] as i64);
    }
    Ok((
        Array::from_vec(x, [n, D])?.into(),
        Array::from_vec(y, [n])?.into(),
    ))
}

/// The labels with each of `from` replaced by `to`; the others stay.
///
/// # Panics
/// Where the labels are not `i64`.
#[track_caller]
pub fn label_map(labels: &Tensor, from: &[i64], to: i64) -> Tensor {
    let value = labels.value();
    let mapped = value.to_vec::<i64>().and_then(|labels| {
        let one = |l| if from.contains(&l) { to } else { l };
        Array::from_vec(labels.into_iter().map(one).collect(), value.shape())
    });
    ondol_autograd::ok(mapped).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_around_their_centres() {
        let centers = [[10.0, 0.0], [-10.0, 0.0], [0.0, 10.0]];
        let (x, y) = make_blobs(100, &centers, 0.5);
        let (x, y) = (
            x.value().to_vec::<f32>().unwrap(),
            y.value().to_vec::<i64>().unwrap(),
        );
        let count = |c| y.iter().filter(|&&l| l == c).count();
        assert_eq!([count(0), count(1), count(2)], [34, 33, 33]);
        for (point, &label) in x.chunks(2).zip(&y) {
            let center = centers[label as usize];
            let distance = (f64::from(point[0]) - center[0]).hypot(f64::from(point[1]) - center[1]);
            assert!(distance < 4.0, "{point:?} of {center:?}");
        }
        assert!(y.windows(2).any(|w| w[0] > w[1]), "the order is random");
    }

    #[test]
    fn labels_are_mapped() {
        let y = Tensor::from(Array::from_vec(vec![0i64, 1, 2, 3], [4]).unwrap());
        let y = label_map(&label_map(&y, &[0, 1], 0), &[2, 3], 1);
        assert_eq!(y.value().to_vec::<i64>().unwrap(), [0, 0, 1, 1]);
    }
}
