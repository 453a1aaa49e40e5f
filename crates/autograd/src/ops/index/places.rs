//! What index tensors pick of a view: places along the dimensions they speak of.

use ondol_tensor::{Array, Binary, Compare, DType, Error, Result, Shape};

use super::positions_of;

/// What errors call reading and writing of parts.
pub(super) const OP: &str = "index";

/// An index tensor: what it says of `count` dimensions of the view from `dim` on.
pub(super) struct Entry {
    pub(super) dim: usize,
    pub(super) count: usize,
    pub(super) index: Array,
    pub(super) mask: bool,
    /// The dimension of the whole, which errors name.
    from: usize,
}

/// Places along the picked dimensions, which are joined to one.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// The order of the view's dimensions that brings the picked ones side by side.
    order: Vec<isize>,
    /// Its shape in that order.
    pub(super) moved: Shape,
    /// The same with the picked dimensions as one, and which one that is.
    pub(super) joined: Shape,
    pub(super) dim: usize,
    /// The place of each picked element.
    pub(super) index: Array,
    /// The shape of what is picked.
    pub(super) shape: Shape,
    /// The index tensors as they were given, with dimension and size, for errors.
    given: Vec<(Array, usize, usize)>,
}

pub(super) fn is_mask(dtype: DType) -> bool {
    matches!(dtype, DType::Bool | DType::U8)
}

/// Positions with the negative ones counted from the back; those out of range stay out of range.
pub(crate) fn wrapped(index: &Array, size: usize) -> Result<Array> {
    let index = index.cast(DType::I64)?;
    let negative = index.compare_scalar(Compare::Lt, 0i64)?;
    Array::select(
        &negative,
        &index.binary_scalar(Binary::Add, size as i64)?,
        &index,
    )
}

pub(super) fn out_of_range(index: i64, dim: usize, size: usize) -> Error {
    Error::Index {
        op: OP,
        index,
        dim,
        size,
    }
}

impl Entry {
    pub(super) fn new(index: Array, dim: usize, from: usize, shape: &Shape) -> Result<Entry> {
        let (mask, ndim) = (is_mask(index.dtype()), index.ndim());
        if !mask && !matches!(index.dtype(), DType::I64 | DType::I32) {
            return Err(Error::DType {
                op: OP,
                got: index.dtype().to_string(),
                expected:
                    "an integer: tensors used as indices must be long, int, byte or bool tensors"
                        .into(),
            });
        }
        if mask && let Some(j) = (0..ndim).find(|&j| index.shape()[j] != shape[from + j]) {
            return Err(Error::value(
                OP,
                format!(
                    "The shape of the mask {} at index {j} does not match the shape of the indexed tensor {shape} at index {}",
                    index.shape(),
                    from + j
                ),
            ));
        }
        let index = match (mask, ndim) {
            (true, 0) => index.cast(DType::Bool)?.reshape([1])?,
            (true, _) => index.cast(DType::Bool)?,
            _ => index,
        };
        Ok(Entry {
            dim,
            count: if mask { index.ndim() } else { 1 },
            index,
            mask,
            from,
        })
    }

    /// Whether it is one position, which takes its dimension away as a number does.
    fn is_number(&self) -> bool {
        !self.mask && self.index.ndim() == 0
    }
}

impl Places {
    pub(super) fn new(view: &Shape, entries: Vec<Entry>) -> Result<Places> {
        let picked: Vec<usize> = entries
            .iter()
            .flat_map(|e| e.dim..e.dim + e.count)
            .collect();
        let rest: Vec<usize> = (0..view.ndim()).filter(|d| !picked.contains(d)).collect();
        // Where the result's dimensions come: in place where the index tensors stand side by side.
        // A single position counts as a number, which is taken before.
        let numbers: Vec<usize> = entries
            .iter()
            .filter(|e| e.is_number())
            .map(|e| e.dim)
            .collect();
        let wide: Vec<usize> = (0..view.ndim())
            .filter(|d| !numbers.contains(d))
            .enumerate()
            .filter(|(_, d)| picked.contains(d))
            .map(|(at, _)| at)
            .collect();
        let beside = wide.windows(2).all(|w| w[1] == w[0] + 1);
        let dim = match wide.first() {
            Some(&first) if beside => first,
            Some(_) => 0,
            None => rest.iter().filter(|&&d| d < picked[0]).count(),
        };

        let order: Vec<usize> = rest[..dim]
            .iter()
            .chain(&picked)
            .chain(&rest[dim..])
            .copied()
            .collect();
        let sizes = |dims: &[usize]| dims.iter().map(|&d| view[d]).collect::<Vec<_>>();
        let (before, after) = (sizes(&rest[..dim]), sizes(&rest[dim..]));
        let count: usize = sizes(&picked).iter().product();
        let (index, shape, given) = joined(view, entries)?;
        let around = |middle: &[usize]| -> Shape {
            let all = before.iter().chain(middle).chain(&after);
            all.copied().collect()
        };
        Ok(Places {
            moved: sizes(&order).into(),
            order: order.iter().map(|&d| d as isize).collect(),
            joined: around(&[count]),
            dim,
            index,
            shape: around(&shape),
            given,
        })
    }

    /// The view with the picked dimensions side by side.
    pub(super) fn turned(&self, view: Array) -> Result<Array> {
        if self.order.iter().enumerate().all(|(i, &d)| i as isize == d) {
            return Ok(view);
        }
        view.permute(&self.order)
    }

    pub(super) fn read(&self, view: Array) -> Result<Array> {
        let line = self.turned(view)?.reshape(&self.joined)?;
        let picked = line.index_select(self.dim as isize, &self.index);
        picked.map_err(|e| self.named(e))?.reshape(&self.shape)
    }

    /// Names the index that was given where a computed one was out of range.
    pub(super) fn named(&self, error: Error) -> Error {
        if !matches!(error, Error::Index { .. }) {
            return error;
        }
        for (index, dim, size) in &self.given {
            let all = index.cast(DType::I64).and_then(|i| i.to_vec::<i64>());
            let n = *size as i64;
            if let Ok(all) = all
                && let Some(&bad) = all.iter().find(|&&i| i < -n || i >= n)
            {
                return out_of_range(bad, *dim, *size);
            }
        }
        error
    }
}

/// All index tensors as places along the dimensions they speak of, joined to one; their common
/// shape; and what they were.
#[allow(clippy::type_complexity)]
fn joined(
    view: &Shape,
    entries: Vec<Entry>,
) -> Result<(Array, Vec<usize>, Vec<(Array, usize, usize)>)> {
    let (mut places, mut given) = (Vec::new(), Vec::new());
    for entry in entries {
        let size: usize = view[entry.dim..entry.dim + entry.count].iter().product();
        let places_of = if entry.mask {
            positions_of(&entry.index)?
        } else {
            given.push((entry.index.clone(), entry.from, size));
            wrapped(&entry.index, size)?
        };
        places.push((places_of, size, entry.mask));
    }
    let mut shape = Shape::default();
    for (index, ..) in &places {
        shape = shape.broadcast(index.shape(), OP).map_err(|_| {
            let shapes: Vec<String> = places.iter().map(|(i, ..)| i.shape().to_string()).collect();
            Error::value(
                OP,
                format!(
                    "shape mismatch: indexing tensors could not be broadcast together with shapes {}",
                    shapes.join(", ")
                ),
            )
        })?;
    }
    let several = places.len() > 1;
    let mut all: Option<Array> = None;
    let mut valid: Option<Array> = None;
    for (index, size, mask) in places {
        if several && !mask {
            let inside = index.compare_scalar(Compare::Ge, 0i64)?.binary(
                Binary::And,
                &index.compare_scalar(Compare::Lt, size as i64)?,
            )?;
            valid = Some(match valid {
                Some(so_far) => so_far.binary(Binary::And, &inside)?,
                None => inside,
            });
        }
        all = Some(match all {
            Some(so_far) => so_far
                .binary_scalar(Binary::Mul, size as i64)?
                .binary(Binary::Add, &index)?,
            None => index,
        });
    }
    let mut all = all.expect("there is an index tensor");
    if let Some(valid) = valid {
        // One out of range must not look like another place.
        let outside = Array::full((), -1i64, DType::I64, all.device())?;
        all = Array::select(&valid, &all, &outside)?;
    }
    let n = shape.numel();
    Ok((
        all.expand(shape.clone())?.reshape([n])?,
        shape.to_vec(),
        given,
    ))
}
