//! How elements lie in a buffer: shape, strides and offset. All movement is arithmetic here.

use smallvec::SmallVec;

use crate::shape::copied;
use crate::{Error, Result, Shape};

/// Shape, strides (in elements, may be 0 or negative) and the offset of the first element.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    shape: Shape,
    strides: SmallVec<[isize; 6]>,
    offset: usize,
}

impl Clone for Layout {
    #[inline]
    fn clone(&self) -> Layout {
        Layout {
            shape: self.shape.clone(),
            strides: copied(&self.strides),
            offset: self.offset,
        }
    }
}

impl Layout {
    /// Row-major, without gaps, from the start of the buffer.
    pub fn contiguous(shape: Shape) -> Self {
        let mut strides: SmallVec<[isize; 6]> = SmallVec::from_elem(1, shape.ndim());
        for i in (1..shape.ndim()).rev() {
            strides[i - 1] = strides[i] * shape[i].max(1) as isize;
        }
        Layout {
            shape,
            strides,
            offset: 0,
        }
    }

    /// Any strides. The caller answers for every element lying inside the buffer.
    pub fn strided(shape: Shape, strides: &[isize], offset: usize) -> Self {
        assert_eq!(shape.ndim(), strides.len(), "a stride for each dimension");
        Layout {
            shape,
            strides: SmallVec::from_slice(strides),
            offset,
        }
    }

    /// The sizes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The strides, in elements.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Where the first element lies, in elements.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The number of dimensions.
    pub fn ndim(&self) -> usize {
        self.shape.ndim()
    }

    /// The number of elements.
    pub fn numel(&self) -> usize {
        self.shape.numel()
    }

    /// Whether the elements lie row-major without gaps (at any offset).
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        for (&size, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if size == 0 {
                return true;
            }
            if size != 1 && stride != expected {
                return false;
            }
            expected *= size as isize;
        }
        true
    }

    /// The least and greatest element position touched; `None` when empty.
    pub fn extent(&self) -> Option<(usize, usize)> {
        if self.numel() == 0 {
            return None;
        }
        let (mut low, mut high) = (self.offset as isize, self.offset as isize);
        for (&size, &stride) in self.shape.iter().zip(&self.strides) {
            let reach = (size as isize - 1) * stride;
            low += reach.min(0);
            high += reach.max(0);
        }
        Some((low as usize, high as usize))
    }

    /// Stretches dimensions of size 1 to `shape`, with stride 0.
    pub fn broadcast_to(&self, shape: &Shape, op: &'static str) -> Result<Layout> {
        let fail = |rule: String| Error::Shape {
            op,
            lhs: self.shape.to_vec(),
            rhs: shape.to_vec(),
            rule,
        };
        let Some(lead) = shape.ndim().checked_sub(self.ndim()) else {
            return Err(fail(
                "the number of sizes must be at least the number of dimensions".into(),
            ));
        };
        let mut strides: SmallVec<[isize; 6]> = SmallVec::from_elem(0, lead);
        for (i, (&size, &stride)) in self.shape.iter().zip(&self.strides).enumerate() {
            let wanted = shape[lead + i];
            if size == wanted {
                strides.push(stride);
            } else if size == 1 {
                strides.push(0);
            } else {
                return Err(fail(format!(
                    "the size {size} at dimension {i} cannot become {wanted}; only a size of 1 stretches"
                )));
            }
        }
        Ok(Layout {
            shape: shape.clone(),
            strides,
            offset: self.offset,
        })
    }

    /// Swaps two dimensions.
    pub fn transpose(&self, a: usize, b: usize) -> Layout {
        let mut out = self.clone();
        if a != b {
            let size = out.shape[a];
            out.shape[a] = out.shape[b];
            out.shape[b] = size;
            out.strides.swap(a, b);
        }
        out
    }

    /// Reorders the dimensions; `dims` is a permutation.
    pub fn permute(&self, dims: &[usize]) -> Layout {
        Layout {
            shape: dims.iter().map(|&d| self.shape[d]).collect(),
            strides: dims.iter().map(|&d| self.strides[d]).collect(),
            offset: self.offset,
        }
    }

    /// Elements `start, start + step, …` of a dimension, `len` of them; `step` may be negative.
    pub fn slice(&self, dim: usize, start: usize, step: isize, len: usize) -> Layout {
        let mut out = self.clone();
        if len > 0 {
            out.offset = (out.offset as isize + start as isize * out.strides[dim]) as usize;
        }
        out.shape[dim] = len;
        out.strides[dim] *= step;
        out
    }

    /// Takes a dimension out, at position `index` of it.
    pub fn select(&self, dim: usize, index: usize) -> Layout {
        let mut out = self.slice(dim, index, 1, 1);
        out.shape.remove(dim);
        out.strides.remove(dim);
        out
    }

    /// Puts a dimension of size 1 in before `dim`.
    pub fn unsqueeze(&self, dim: usize) -> Layout {
        let mut out = self.clone();
        let stride = if dim < self.ndim() {
            self.strides[dim] * self.shape[dim] as isize
        } else {
            1
        };
        out.shape.insert(dim, 1);
        out.strides.insert(dim, stride);
        out
    }

    /// Takes the dimensions for which `drop` says so out; each must have size 1.
    pub fn squeeze(&self, drop: impl Fn(usize) -> bool) -> Layout {
        let keep: SmallVec<[usize; 6]> = (0..self.ndim()).filter(|&d| !drop(d)).collect();
        self.permute(&keep)
    }

    /// Reverses a dimension.
    pub fn flip(&self, dim: usize) -> Layout {
        let size = self.shape[dim];
        self.slice(dim, size.saturating_sub(1), -1, size)
    }

    /// A window of `size` sliding over a dimension by `step`: the dimension becomes the number of
    /// windows, and a last dimension holds their elements, `dilation` apart. `torch.Tensor.unfold`.
    pub fn windows(&self, dim: usize, size: usize, step: usize, dilation: usize) -> Layout {
        let mut out = self.clone();
        let span = dilation * (size - 1) + 1;
        let stride = self.strides[dim];
        out.shape[dim] = (self.shape[dim] - span) / step + 1;
        out.strides[dim] = stride * step as isize;
        out.shape.push(size);
        out.strides.push(stride * dilation as isize);
        out
    }

    /// The diagonal of two dimensions as a new last one; `offset` counts upwards into `b`.
    pub fn diagonal(&self, offset: isize, a: usize, b: usize) -> Layout {
        let (down, right) = (offset.min(0).unsigned_abs(), offset.max(0) as usize);
        let rows = self.shape[a].saturating_sub(down);
        let len = rows.min(self.shape[b].saturating_sub(right));
        let mut out = self.clone();
        if len > 0 {
            let start = down as isize * self.strides[a] + right as isize * self.strides[b];
            out.offset = (out.offset as isize + start) as usize;
        }
        for d in [a.max(b), a.min(b)] {
            out.shape.remove(d);
            out.strides.remove(d);
        }
        out.shape.push(len);
        out.strides.push(self.strides[a] + self.strides[b]);
        out
    }

    /// The same elements under another shape, without a copy; `None` where the strides do not allow it.
    pub fn view(&self, shape: &Shape) -> Option<Layout> {
        if self.numel() != shape.numel() {
            return None;
        }
        if self.numel() == 0 || self.is_contiguous() {
            return Some(Layout {
                offset: self.offset,
                ..Layout::contiguous(shape.clone())
            });
        }
        // Runs of old dimensions that step evenly through memory, from the right; each run must be
        // split into whole new dimensions.
        let mut strides: SmallVec<[isize; 6]> = SmallVec::from_elem(0, shape.ndim());
        let mut new = shape.ndim();
        let mut old = self.ndim();
        while old > 0 {
            if self.shape[old - 1] == 1 {
                old -= 1;
                continue;
            }
            let base = self.strides[old - 1];
            let mut run = self.shape[old - 1];
            old -= 1;
            while old > 0
                && (self.shape[old - 1] == 1 || self.strides[old - 1] == base * run as isize)
            {
                run *= self.shape[old - 1];
                old -= 1;
            }
            let mut filled = 1;
            while filled < run {
                if new == 0 {
                    return None;
                }
                new -= 1;
                strides[new] = base * filled as isize;
                filled *= shape[new];
            }
            if filled != run {
                return None;
            }
        }
        // What is left is of size 1; any stride will do.
        for d in 0..new {
            debug_assert_eq!(shape[d], 1);
            strides[d] = 1;
        }
        Some(Layout {
            shape: shape.clone(),
            strides,
            offset: self.offset,
        })
    }

    /// Walks the element positions in row-major order. For tests and rare paths; kernels have loops.
    pub fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        let n = self.numel();
        let mut index: SmallVec<[usize; 6]> = SmallVec::from_elem(0, self.ndim());
        let mut position = self.offset as isize;
        (0..n).map(move |_| {
            let here = position as usize;
            for d in (0..index.len()).rev() {
                index[d] += 1;
                position += self.strides[d];
                if index[d] < self.shape[d] {
                    break;
                }
                position -= self.strides[d] * self.shape[d] as isize;
                index[d] = 0;
            }
            here
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn c(s: &[usize]) -> Layout {
        Layout::contiguous(Shape::new(s))
    }

    #[test]
    fn views_follow_strides() {
        let t = c(&[2, 3]).transpose(0, 1);
        assert!(!t.is_contiguous());
        assert_eq!(t.positions().collect::<Vec<_>>(), [0, 3, 1, 4, 2, 5]);
        assert!(t.view(&Shape::new(&[6])).is_none());
        assert_eq!(
            t.view(&Shape::new(&[3, 1, 2, 1]))
                .unwrap()
                .positions()
                .collect::<Vec<_>>(),
            [0, 3, 1, 4, 2, 5]
        );
        let s = c(&[4, 6]).slice(1, 0, 2, 3);
        assert_eq!(
            s.view(&Shape::new(&[2, 6]))
                .unwrap()
                .positions()
                .collect::<Vec<_>>(),
            s.positions().collect::<Vec<_>>()
        );
        assert_eq!(
            c(&[0, 3]).view(&Shape::new(&[3, 0, 2])).unwrap().shape(),
            &[3, 0, 2]
        );
        assert_eq!(c(&[]).view(&Shape::new(&[1, 1])).unwrap().shape(), &[1, 1]);
    }

    #[test]
    fn slices_flips_and_windows() {
        let l = c(&[5]);
        assert_eq!(l.slice(0, 1, 2, 2).positions().collect::<Vec<_>>(), [1, 3]);
        assert_eq!(l.flip(0).positions().collect::<Vec<_>>(), [4, 3, 2, 1, 0]);
        assert_eq!(l.flip(0).extent(), Some((0, 4)));
        let w = l.windows(0, 3, 1, 1);
        assert_eq!(w.shape(), &[3, 3]);
        assert_eq!(
            w.positions().collect::<Vec<_>>(),
            [0, 1, 2, 1, 2, 3, 2, 3, 4]
        );
        assert_eq!(c(&[0]).flip(0).numel(), 0);
        assert_eq!(
            c(&[2, 3]).select(0, 1).positions().collect::<Vec<_>>(),
            [3, 4, 5]
        );
    }

    #[test]
    fn diagonals_step_along_both_dimensions() {
        let at = |offset| {
            let l = c(&[2, 3]).diagonal(offset, 0, 1);
            l.positions().collect::<Vec<_>>()
        };
        assert_eq!((at(0), at(1), at(-1)), (vec![0, 4], vec![1, 5], vec![3]));
        assert!(at(3).is_empty() && at(-2).is_empty() && at(isize::MIN).is_empty());
        let l = c(&[2, 3, 4]).diagonal(1, 0, 2);
        assert_eq!(l.positions().collect::<Vec<_>>(), [1, 14, 5, 18, 9, 22]);
    }

    #[test]
    fn broadcasting_has_stride_zero() {
        let l = c(&[2, 1])
            .broadcast_to(&Shape::new(&[3, 2, 2]), "expand")
            .unwrap();
        assert_eq!(l.strides(), &[0, 1, 0]);
        assert!(c(&[2]).broadcast_to(&Shape::new(&[3]), "expand").is_err());
        assert!(
            c(&[2, 2])
                .broadcast_to(&Shape::new(&[2]), "expand")
                .is_err()
        );
    }
}
