//! Triangles of matrices.

use ondol_tensor::Error;

use crate::{Tensor, raise};

impl Tensor {
    /// Refuses what [`Tensor::tril`] cannot cut.
    #[track_caller]
    fn triangle(&self, op: &'static str, keep: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        if self.ndim() < 2 {
            raise(Error::Input {
                op,
                shape: self.shape().to_vec(),
                rule: format!("{op}: input tensor must have at least 2 dimensions"),
            });
        }
        let device = self.device();
        let line = |n: usize| Tensor::range(n).to(&device);
        let (rows, columns) = (line(self.size(-2)), line(self.size(-1)));
        let above = columns.sub(rows.unsqueeze(1));
        let zero = Tensor::zeros_with((), (self.dtype(), &device));
        Tensor::where_(&keep(&above), self, &zero)
    }

    /// Matrices with 0 above a diagonal, `torch.tril`; `diagonal` counts upwards.
    ///
    /// # Panics
    /// With fewer than two dimensions.
    #[track_caller]
    pub fn tril(&self, diagonal: isize) -> Tensor {
        self.triangle("tril", |above| above.le(diagonal as i64))
    }

    /// Matrices with 0 below a diagonal, `torch.triu`; `diagonal` counts upwards.
    ///
    /// # Panics
    /// With fewer than two dimensions.
    #[track_caller]
    pub fn triu(&self, diagonal: isize) -> Tensor {
        self.triangle("triu", |above| above.ge(diagonal as i64))
    }

    /// The coordinates of a matrix's elements on and below a diagonal, `[2, count]`, `i64`,
    /// `torch.tril_indices`.
    pub fn tril_indices(rows: usize, columns: usize, offset: isize) -> Tensor {
        triangle_indices(rows, columns, |above| above <= offset)
    }

    /// The coordinates of a matrix's elements on and above a diagonal, `[2, count]`, `i64`,
    /// `torch.triu_indices`.
    pub fn triu_indices(rows: usize, columns: usize, offset: isize) -> Tensor {
        triangle_indices(rows, columns, |above| above >= offset)
    }
}

fn triangle_indices(rows: usize, columns: usize, keep: impl Fn(isize) -> bool) -> Tensor {
    let all = (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j)));
    let kept: Vec<(usize, usize)> = all
        .filter(|&(i, j)| keep(j as isize - i as isize))
        .collect();
    let coordinates = kept
        .iter()
        .map(|&(i, _)| i)
        .chain(kept.iter().map(|&(_, j)| j));
    Tensor::from_vec(coordinates.map(|i| i as i64).collect(), [2, kept.len()])
}
