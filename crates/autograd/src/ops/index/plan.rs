//! Indices fitted to a shape: a view first, then what index tensors pick of it.

use std::sync::Arc;

use ondol_tensor::{Array, Error, Result, Scatter, Shape};

use super::places::{Entry, OP, Places, is_mask, out_of_range};
use super::{Index, Indices};

/// One step to a view.
#[derive(Clone, Debug)]
enum Move {
    At(isize, isize),
    Slice(isize, isize, isize, usize),
    NewAxis(isize),
}

/// What is picked of a view.
#[derive(Clone, Debug)]
enum Pick {
    /// All of it.
    All,
    /// Where a mask, broadcast to it, is true; the rest does not count. For writes of one value.
    Where(Array),
    /// Places; several rules may keep them.
    At(Arc<Places>),
}

/// How a part is read from an array and written to it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    whole: Shape,
    moves: Vec<Move>,
    pick: Pick,
}

impl Indices {
    /// How the part is taken from an array. `one` says that one value is written to all of it, so
    /// that a mask need not be counted.
    pub(crate) fn plan(&self, array: &Array, one: bool) -> Result<Plan> {
        let (moves, entries) = self.moves(array)?;
        let mut plan = Plan {
            whole: array.shape().clone(),
            moves,
            pick: Pick::All,
        };
        if entries.is_empty() {
            return Ok(plan);
        }
        let view = plan.show(array)?;
        plan.pick = match &entries[..] {
            [only] if one && only.mask => {
                let mut shape = Shape::from_iter(std::iter::repeat_n(1, view.ndim() - only.dim));
                for (d, &size) in only.index.shape().iter().enumerate() {
                    shape[d] = size;
                }
                Pick::Where(only.index.reshape(shape)?)
            }
            _ => Pick::At(Arc::new(Places::new(view.shape(), entries)?)),
        };
        Ok(plan)
    }

    fn moves(&self, array: &Array) -> Result<(Vec<Move>, Vec<Entry>)> {
        let shape = array.shape();
        let named: usize = self.0.iter().map(Index::dims).sum();
        let ellipses = self.0.iter().filter(|i| matches!(i, Index::Ellipsis));
        if ellipses.count() > 1 {
            return Err(Error::value(OP, "an index can only have a single ellipsis"));
        }
        if named > array.ndim() {
            return Err(Error::Input {
                op: OP,
                shape: shape.to_vec(),
                rule: format!(
                    "too many indices for tensor of dimension {}: {named} were given",
                    array.ndim()
                ),
            });
        }
        let (mut moves, mut entries) = (Vec::new(), Vec::new());
        // Dimensions of the view so far, and of the whole, which errors name.
        let (mut d, mut from) = (0, 0);
        for index in &self.0 {
            match index {
                &Index::At(i) => {
                    let size = shape[from];
                    if i >= size as isize || i < -(size as isize) {
                        return Err(out_of_range(i as i64, from, size));
                    }
                    moves.push(Move::At(d as isize, i));
                    from += 1;
                }
                &Index::Slice { start, end, step } => {
                    let end = end.unwrap_or(isize::MAX);
                    moves.push(Move::Slice(d as isize, start, end, step));
                    (d, from) = (d + 1, from + 1);
                }
                Index::NewAxis => {
                    moves.push(Move::NewAxis(d as isize));
                    d += 1;
                }
                Index::Ellipsis => {
                    d += array.ndim() - named;
                    from += array.ndim() - named;
                }
                Index::Tensor(t) => {
                    let index = t.value().to_device(array.device())?;
                    let entry = Entry::new(index, d, from, shape)?;
                    if index_is_scalar_mask(t) {
                        moves.push(Move::NewAxis(d as isize));
                    } else {
                        from += entry.count;
                    }
                    d += entry.count;
                    entries.push(entry);
                }
            }
        }
        Ok((moves, entries))
    }
}

impl Index {
    /// How many dimensions of a tensor it speaks of.
    fn dims(&self) -> usize {
        match self {
            Index::At(_) | Index::Slice { .. } => 1,
            Index::NewAxis | Index::Ellipsis => 0,
            Index::Tensor(t) if is_mask(t.dtype()) => t.ndim(),
            Index::Tensor(_) => 1,
        }
    }
}

impl Plan {
    /// Whether the part is a view of the whole.
    pub(crate) fn is_view(&self) -> bool {
        matches!(self.pick, Pick::All)
    }

    /// The shape of the whole.
    pub(crate) fn shape(&self) -> &Shape {
        &self.whole
    }

    /// The view that index tensors, if any, pick from.
    pub(crate) fn show(&self, array: &Array) -> Result<Array> {
        let mut out = array.clone();
        for step in &self.moves {
            out = match *step {
                Move::At(d, i) => out.select_index(d, i)?,
                Move::Slice(d, start, end, step) => out.slice(d, start, end, step)?,
                Move::NewAxis(d) => out.unsqueeze(d)?,
            };
        }
        Ok(out)
    }

    /// The part, as a copy where it is picked.
    pub(crate) fn read(&self, array: &Array) -> Result<Array> {
        let view = self.show(array)?;
        match &self.pick {
            Pick::All => Ok(view),
            Pick::Where(mask) => {
                let zero = Array::zeros((), view.dtype(), view.device())?;
                Array::select(mask, &view, &zero)
            }
            Pick::At(places) => places.read(view),
        }
    }

    /// Writes `value`, broadcast and cast, into the part of `whole`.
    pub(crate) fn set(&self, whole: &mut Array, value: &Array) -> Result<()> {
        match &self.pick {
            Pick::All => {
                let value = without_leading_ones(value, self.show(whole)?.ndim())?;
                whole.set_part(|a| self.show(a), &value)
            }
            Pick::Where(mask) => {
                let view = self.show(whole)?;
                let new = Array::select(mask, &value.cast(whole.dtype())?, &view)?;
                drop(view);
                whole.set_part(|a| self.show(a), &new)
            }
            Pick::At(places) => self.place(places, whole, value, Scatter::Set),
        }
    }

    /// Adds `value`, broadcast and cast, to the part of `whole`; to a place that is named more than
    /// once as often.
    pub(crate) fn add(&self, whole: &mut Array, value: &Array) -> Result<()> {
        match &self.pick {
            Pick::All => {
                let value = without_leading_ones(value, self.show(whole)?.ndim())?;
                whole.add_part(|a| self.show(a), &value)
            }
            Pick::Where(mask) => {
                let zero = Array::zeros((), value.dtype(), value.device())?;
                let new = Array::select(mask, value, &zero)?;
                whole.add_part(|a| self.show(a), &new)
            }
            Pick::At(places) => self.place(places, whole, value, Scatter::Add),
        }
    }

    fn place(&self, places: &Places, whole: &mut Array, value: &Array, op: Scatter) -> Result<()> {
        let (dim, index) = (places.dim, &places.index);
        let wide = without_leading_ones(value, places.shape.ndim())?
            .expand(places.shape.clone())
            .map_err(|_| {
                Error::value(
                    OP,
                    format!(
                        "shape mismatch: value tensor of shape {} cannot be broadcast to indexing result of shape {}",
                        value.shape(),
                        places.shape
                    ),
                )
            })?;
        let mut line = places.joined.clone();
        line[dim] = index.numel();
        let src = wide.cast(whole.dtype())?.reshape(line)?;
        let turned = |a: &Array| places.turned(self.show(a)?);
        let done = if turned(whole)?.view(&places.joined).is_ok() {
            let part = |a: &Array| turned(a)?.view(&places.joined);
            whole.scatter_part(part, op, dim, index, &src)
        } else {
            // The picked dimensions do not lie side by side in memory: through a copy of the view.
            let copy = turned(whole)?.reshape(&places.joined)?;
            let mut copy = copy.copy()?;
            let done = copy.scatter_part(|a| Ok(a.clone()), op, dim, index, &src);
            done.and_then(|()| whole.set_part(turned, &copy.view(&places.moved)?))
        };
        done.map_err(|e| places.named(e))
    }
}

/// A value without dimensions of size 1 in front that its place does not have.
fn without_leading_ones(value: &Array, ndim: usize) -> Result<Array> {
    let extra = value.ndim().saturating_sub(ndim);
    if extra > 0 && value.shape()[..extra].iter().all(|&s| s == 1) {
        return value.reshape(Shape::new(&value.shape()[extra..]));
    }
    Ok(value.clone())
}

fn index_is_scalar_mask(t: &crate::Tensor) -> bool {
    is_mask(t.dtype()) && t.ndim() == 0
}
