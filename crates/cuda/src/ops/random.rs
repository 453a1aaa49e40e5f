//! Random numbers: the same words of the same stream as on the CPU.

use ondol_tensor::{DType, Distribution, Element, Result, ViewMut, with_dtype};

use crate::gpu::{Gpu, address_mut, launch};
use crate::params::Draw;
use crate::walk::Walk;

impl Gpu {
    pub(crate) fn random(
        &self,
        distribution: Distribution,
        seed: u64,
        offset: u64,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        let (draw, dtype, to) = (draw(distribution, dst.dtype), dst.dtype, address_mut(&dst));
        Walk::new(dst.layout.shape(), [dst.layout.strides()]).pieces(|piece| {
            let out = piece.place(0, to, dtype.size());
            // A thread makes the elements of a block of words, at least two.
            let grid = (self.blocks(piece.n.div_ceil(2)), 1, 1);
            launch!(
                self,
                "random",
                ("random", dtype.name()),
                grid,
                piece.dims,
                piece.n,
                out,
                piece.first,
                seed,
                offset,
                draw
            )
        })
    }
}

fn draw(distribution: Distribution, dtype: DType) -> Draw {
    match distribution {
        Distribution::Uniform { low, high } => {
            let (bound, last) = with_dtype!(dtype, T => below::<T>(low, high));
            let (a, b) = rounded(dtype, low, high - low);
            Draw {
                kind: 0,
                a,
                b,
                bound,
                last,
                ..Draw::default()
            }
        }
        Distribution::Normal { mean, std } => {
            let (a, b) = rounded(dtype, mean, std);
            Draw {
                kind: 1,
                a,
                b,
                ..Draw::default()
            }
        }
        Distribution::Bernoulli { p } => Draw {
            kind: 2,
            a: p,
            ..Draw::default()
        },
        Distribution::Integers { low, high } => Draw {
            kind: 3,
            low,
            high,
            ..Draw::default()
        },
    }
}

/// What is not drawn in double precision is computed in single.
fn rounded(dtype: DType, a: f64, b: f64) -> (f64, f64) {
    match dtype {
        DType::F64 => (a, b),
        _ => (f64::from(a as f32), f64::from(b as f32)),
    }
}

/// Where a uniform draw on `[low, high)` ends, and the greatest element below it: rounding may carry
/// a number up to the end itself. On an empty interval the draw is `low`.
fn below<T: Element>(low: f64, high: f64) -> (f64, f64) {
    let lowest = T::from_f64(low).to_f64();
    if lowest >= high || !(high - low).is_finite() {
        return (f64::INFINITY, lowest);
    }
    // Approaches the end by ever smaller steps, until one is lost in rounding.
    let (mut last, mut step) = (lowest, high - lowest);
    loop {
        let next = T::from_f64(last + step).to_f64();
        if next == last {
            return (high, last);
        }
        if next < high {
            last = next;
        } else {
            step /= 2.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_below_the_end_is_found() {
        assert_eq!(below::<f32>(0.0, 1.0), (1.0, f64::from(1f32.next_down())));
        assert_eq!(below::<f64>(1.0, 2.0), (2.0, 2f64.next_down()));
        let (bound, last) = below::<ondol_tensor::bf16>(0.0, 1.0);
        assert_eq!((bound, last), (1.0, 1.0 - 1.0 / 256.0));
        assert_eq!(below::<f32>(2.0, 2.0), (f64::INFINITY, 2.0));
    }
}
