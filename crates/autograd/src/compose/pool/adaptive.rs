//! Pooling to an output of a given size: cell `i` of `O` covers `⌊i·L/O⌋ .. ⌈(i+1)·L/O⌉`.

use ondol_tensor::Error;

use super::options::OutputSize;
use super::{max, window};
use crate::{Tensor, no_grad_guard, raise};

/// The cells along one dimension.
struct Cells {
    starts: Vec<usize>,
    sizes: Vec<usize>,
    most: usize,
}

impl Cells {
    fn new(input: usize, output: usize) -> Cells {
        let starts: Vec<usize> = (0..output).map(|i| i * input / output).collect();
        let ends = (0..output).map(|i| ((i + 1) * input).div_ceil(output));
        let sizes: Vec<usize> = ends.zip(&starts).map(|(end, start)| end - start).collect();
        let most = sizes.iter().copied().max().unwrap_or(0);
        Cells {
            starts,
            sizes,
            most,
        }
    }

    fn uneven(&self) -> bool {
        self.sizes.iter().any(|&size| size != self.most)
    }

    /// The cells' elements of a dimension in two dimensions, cell and place within it; smaller cells
    /// are filled up with a number.
    #[track_caller]
    fn spread(&self, x: &Tensor, dim: isize, value: f64) -> Tensor {
        let mut shape = x.shape().to_vec();
        let d = dim as usize;
        let input = shape[d];
        shape.splice(d..=d, [self.starts.len(), self.most]);
        if !self.uneven() && self.starts.len() * self.most == input {
            return x.reshape(&shape[..]);
        }
        let (mut index, mut outside) = (Vec::new(), Vec::new());
        for (start, size) in self.starts.iter().zip(&self.sizes) {
            index.extend((0..self.most).map(|i| (start + i).min(input - 1) as i64));
            outside.extend((0..self.most).map(|i| i >= *size));
        }
        let n = index.len();
        let index = Tensor::from_vec(index, n).to(x.device());
        let spread = x.index_select(dim, &index).reshape(&shape[..]);
        if !self.uneven() {
            return spread;
        }
        let mut beside = vec![1; shape.len()];
        beside[d..d + 2].copy_from_slice(&[self.starts.len(), self.most]);
        let outside = Tensor::from_vec(outside, beside).to(x.device());
        spread.masked_fill(&outside, value)
    }
}

/// A vector along `dim` of tensors of `ndim` dimensions.
#[track_caller]
pub(super) fn beside(vector: &Tensor, ndim: usize, dim: isize) -> Tensor {
    let mut sizes = vec![1usize; ndim];
    sizes[dim as usize] = vector.numel();
    vector.reshape(&sizes[..])
}

#[track_caller]
fn cells<const N: usize>(op: &'static str, x: &Tensor, size: OutputSize<N>) -> (usize, [Cells; N]) {
    let first = window::space::<N>(op, x);
    let shape = x.shape();
    if shape[first..].contains(&0) {
        raise(Error::Input {
            op,
            shape: shape.to_vec(),
            rule: "Expected input to have non-zero size for non-batch dimensions".into(),
        });
    }
    let cells = std::array::from_fn(|d| {
        let input = shape[first + d];
        Cells::new(input, size.0[d].unwrap_or(input))
    });
    (first, cells)
}

#[track_caller]
pub(super) fn mean<const N: usize>(op: &'static str, x: &Tensor, size: OutputSize<N>) -> Tensor {
    let (first, cells) = cells(op, x, size);
    if size.0 == [Some(1); N] {
        let space: Vec<isize> = (0..N).map(|d| (first + d) as isize).collect();
        return x.mean_dim(&space[..], true);
    }
    cells.iter().enumerate().fold(x.clone(), |y, (d, cells)| {
        let dim = (first + d) as isize;
        if cells.most == 1 && cells.starts.len() == y.size(dim) {
            return y;
        }
        let spread = cells.spread(&y, dim, 0.0);
        if !cells.uneven() {
            return spread.mean_dim(dim + 1, false);
        }
        let sums = spread.sum_dim(dim + 1, false);
        let sizes: Vec<f64> = cells.sizes.iter().map(|&n| n as f64).collect();
        let n = sizes.len();
        let sizes = Tensor::from_vec(sizes, n)
            .to_dtype(y.dtype())
            .to(y.device());
        let sizes = beside(&sizes, sums.ndim(), dim);
        sums.div(sizes)
    })
}

#[track_caller]
pub(super) fn greatest<const N: usize>(
    op: &'static str,
    x: &Tensor,
    size: OutputSize<N>,
) -> (Tensor, Tensor) {
    let (first, cells) = cells(op, x, size);
    let at = {
        let _guard = no_grad_guard();
        let mut values = x.detach();
        let mut at: Option<Tensor> = None;
        let mut below = 1;
        for d in (0..N).rev() {
            let dim = (first + d) as isize;
            let spread = cells[d].spread(&values, dim, f64::NEG_INFINITY);
            let (most, tap) = spread.max_dim(dim + 1, false);
            let starts: Vec<i64> = cells[d].starts.iter().map(|&s| s as i64).collect();
            let n = starts.len();
            let starts = Tensor::from_vec(starts, n).to(x.device());
            let place = tap.add(beside(&starts, tap.ndim(), dim));
            at = Some(match at {
                Some(at) => place.mul(below).add(at.gather(dim, &place)),
                None => place,
            });
            below *= x.size(dim);
            values = most;
        }
        at.unwrap_or(values)
    };
    max::picked(x, &at, N)
}
