//! Dimensions made as few as they can be, and cut into pieces that a kernel takes.

use ondol_tensor::{Error, Result};
use smallvec::SmallVec;

use crate::params::{Dims, MAX_DIMS, Place};

/// Elements of one launch: their numbers fit 32 bits with room to step.
const LIMIT: usize = 1 << 30;

/// Sizes of a shape with the strides of `N` operands along it.
pub(crate) struct Walk<const N: usize> {
    /// Size and strides of each dimension, outermost first.
    dims: SmallVec<[(usize, [isize; N]); 8]>,
}

/// What one launch covers.
#[derive(Clone, Copy)]
pub(crate) struct Piece<const N: usize> {
    pub(crate) dims: Dims,
    pub(crate) n: u32,
    /// Elements before it in row-major order.
    pub(crate) first: u64,
    strides: [[i64; MAX_DIMS]; N],
    offsets: [isize; N],
}

impl<const N: usize> Walk<N> {
    /// Neighbouring dimensions that all operands step through as one become one.
    pub(crate) fn new(shape: &[usize], strides: [&[isize]; N]) -> Self {
        Walk::over(0..shape.len(), shape, strides)
    }

    /// As [`Walk::new`], of some of the dimensions.
    pub(crate) fn over(
        which: impl Iterator<Item = usize>,
        shape: &[usize],
        strides: [&[isize]; N],
    ) -> Self {
        let mut walk = Walk {
            dims: SmallVec::new(),
        };
        for d in which.filter(|&d| shape[d] != 1) {
            walk.push(shape[d], strides.map(|s| s[d]));
        }
        walk
    }

    fn push(&mut self, size: usize, strides: [isize; N]) {
        if let Some((outer, steps)) = self.dims.last_mut()
            && steps
                .iter()
                .zip(&strides)
                .all(|(&a, &b)| a == b * size as isize)
        {
            *outer *= size;
            *steps = strides;
        } else {
            self.dims.push((size, strides));
        }
    }

    /// In the order the first operand lies in memory, for what does not care about the order.
    pub(crate) fn sorted(mut self) -> Self {
        let lies = |(_, steps): &(usize, [isize; N])| std::cmp::Reverse(steps[0].unsigned_abs());
        if self.dims.is_sorted_by_key(lies) {
            return self;
        }
        self.dims.sort_by_key(lies);
        let dims = std::mem::take(&mut self.dims);
        dims.into_iter()
            .for_each(|(size, steps)| self.push(size, steps));
        self
    }

    pub(crate) fn numel(&self) -> usize {
        self.dims.iter().map(|(size, _)| size).product()
    }

    /// Size and strides of the innermost dimension but `i`.
    pub(crate) fn inner(&self, i: usize) -> Option<(usize, [isize; N])> {
        let at = self.dims.len().checked_sub(i + 1)?;
        Some(self.dims[at])
    }

    /// The same without the innermost `count` dimensions.
    pub(crate) fn outer(mut self, count: usize) -> Self {
        self.dims.truncate(self.dims.len() - count);
        self
    }

    /// All of it as one piece, where that is possible.
    pub(crate) fn whole(&self) -> Option<Piece<N>> {
        (self.dims.len() <= MAX_DIMS && self.numel() <= LIMIT).then(|| piece(&self.dims, [0; N], 0))
    }

    /// Calls `f` for each piece, in row-major order; not at all where there are no elements.
    pub(crate) fn pieces(&self, mut f: impl FnMut(Piece<N>) -> Result<()>) -> Result<()> {
        if self.numel() == 0 {
            return Ok(());
        }
        cut(&self.dims, [0; N], 0, &mut f)
    }
}

fn cut<const N: usize>(
    dims: &[(usize, [isize; N])],
    offsets: [isize; N],
    first: usize,
    f: &mut dyn FnMut(Piece<N>) -> Result<()>,
) -> Result<()> {
    let numel: usize = dims.iter().map(|(size, _)| size).product();
    if dims.len() <= MAX_DIMS && numel <= LIMIT {
        return f(piece(dims, offsets, first as u64));
    }
    let (size, steps) = dims[0];
    let inner = numel / size;
    // A slice at a time while there are too many dimensions, else as many as fit.
    let many = if dims.len() > MAX_DIMS || inner > LIMIT {
        1
    } else {
        LIMIT / inner
    };
    for start in (0..size).step_by(many) {
        let moved = std::array::from_fn(|i| offsets[i] + start as isize * steps[i]);
        let first = first + start * inner;
        let count = many.min(size - start);
        if count == 1 {
            cut(&dims[1..], moved, first, f)?;
        } else {
            let mut part: SmallVec<[(usize, [isize; N]); 8]> = SmallVec::from_slice(dims);
            part[0].0 = count;
            cut(&part, moved, first, f)?;
        }
    }
    Ok(())
}

fn piece<const N: usize>(
    dims: &[(usize, [isize; N])],
    offsets: [isize; N],
    first: u64,
) -> Piece<N> {
    // A kernel has at least one dimension.
    let mut out = Piece {
        dims: Dims {
            n: 1.max(dims.len() as i32),
            size: [1; MAX_DIMS],
        },
        n: 1,
        first,
        strides: [[0; MAX_DIMS]; N],
        offsets,
    };
    for (d, (size, steps)) in dims.iter().enumerate() {
        out.dims.size[d] = *size as u32;
        out.n *= *size as u32;
        for (stride, step) in out.strides.iter_mut().zip(steps) {
            stride[d] = *step as i64;
        }
    }
    out
}

impl<const N: usize> Piece<N> {
    /// Operand `i` of the piece, whose first element of all lies at `data`.
    pub(crate) fn place(&self, i: usize, data: u64, element: usize) -> Place {
        Place {
            data: data.wrapping_add_signed((self.offsets[i] * element as isize) as i64),
            stride: self.strides[i],
        }
    }
}

/// What to say of shapes that no launch can take.
pub(crate) fn too_many(op: &'static str, shape: &[usize]) -> Error {
    Error::Input {
        op,
        shape: shape.to_vec(),
        rule: format!(
            "on CUDA it takes at most {LIMIT} elements in {MAX_DIMS} dimensions that cannot be joined"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect<const N: usize>(walk: &Walk<N>) -> Vec<Piece<N>> {
        let mut all = Vec::new();
        walk.pieces(|p| {
            all.push(p);
            Ok(())
        })
        .unwrap();
        all
    }

    #[test]
    fn what_lies_without_gaps_is_one_dimension() {
        let walk = Walk::new(&[2, 3, 1, 4], [&[12, 4, 9, 1], &[0, 0, 7, 0]]);
        let whole = walk.whole().unwrap();
        assert_eq!((whole.dims.n, whole.n), (1, 24));
        assert_eq!(whole.strides[0][0], 1);
        let walk = Walk::new(&[2, 3, 4], [&[12, 4, 1], &[4, 8, 1]]);
        assert_eq!(walk.whole().unwrap().dims.n, 3);
        assert_eq!(Walk::new(&[], [&[]]).whole().unwrap().n, 1);
        assert!(collect(&Walk::new(&[3, 0], [&[0, 1]])).is_empty());
    }

    #[test]
    fn the_first_operand_decides_the_order() {
        let walk = Walk::new(&[3, 4], [&[1, 3], &[4, 1]]).sorted();
        let whole = walk.whole().unwrap();
        assert_eq!(&whole.dims.size[..2], &[4, 3]);
        assert_eq!((whole.strides[0][1], whole.strides[1][1]), (1, 4));
        let walk = Walk::new(&[3, 4], [&[1, 3], &[1, 3]]).sorted();
        assert_eq!(walk.whole().unwrap().dims.n, 1);
    }

    #[test]
    fn too_many_dimensions_or_elements_are_cut() {
        // Every second of each of eight dimensions.
        let strides: Vec<isize> = (0..8).map(|d| 2 * 3isize.pow(7 - d)).collect();
        let pieces = collect(&Walk::new(&[2; 8], [&strides]));
        assert_eq!(pieces.len(), 4);
        assert!(pieces.iter().all(|p| p.n == 64 && p.dims.n == 6));
        assert_eq!(pieces[3].offsets[0], strides[0] + strides[1]);
        assert_eq!(pieces[3].first, 192);
        assert_eq!(
            pieces[3].place(0, 1000, 4).data,
            1000 + 4 * (strides[0] + strides[1]) as u64
        );
        let pieces = collect(&Walk::new(&[3 << 30], [&[1]]));
        assert_eq!(pieces.len(), 3);
        assert_eq!(pieces[2].offsets[0], 2 << 30);
        assert_eq!(pieces.iter().map(|p| u64::from(p.n)).sum::<u64>(), 3 << 30);
    }
}
