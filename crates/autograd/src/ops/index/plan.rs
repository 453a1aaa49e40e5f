//! Indices fitted to a shape: a view first, then what index tensors pick of it.

use ondol_tensor::{Array, Binary, Compare, DType, Error, Result, Scatter, Shape};

use super::{Index, Indices, positions_of};

const OP: &str = "index";

/// One step to a view.
#[derive(Clone, Debug)]
enum Move {
    At(isize, isize),
    Slice(isize, isize, isize, usize),
    NewAxis(isize),
}

/// An index tensor: what it says of `count` dimensions of the view from `dim` on.
struct Entry {
    dim: usize,
    count: usize,
    index: Array,
    mask: bool,
    /// The dimension of the whole, which errors name.
    from: usize,
}

/// What is picked of a view.
#[derive(Clone, Debug)]
enum Pick {
    /// All of it.
    All,
    /// Where a mask, broadcast to it, is true; the rest does not count. For writes of one value.
    Where(Array),
    /// Places.
    At(Places),
}

/// Places along the picked dimensions, which are joined to one.
#[derive(Clone, Debug)]
struct Places {
    /// The order of the view's dimensions that brings the picked ones side by side.
    order: Vec<isize>,
    /// Its shape in that order.
    moved: Shape,
    /// The same with the picked dimensions as one, and which one that is.
    joined: Shape,
    dim: usize,
    /// The place of each picked element.
    index: Array,
    /// The shape of what is picked.
    shape: Shape,
    /// The index tensors as they were given, with dimension and size, for errors.
    given: Vec<(Array, usize, usize)>,
}

/// How a part is read from an array and written to it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    whole: Shape,
    moves: Vec<Move>,
    pick: Pick,
}

fn is_mask(dtype: DType) -> bool {
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
            _ => Pick::At(Places::new(view.shape(), entries)?),
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

fn index_is_scalar_mask(t: &crate::Tensor) -> bool {
    is_mask(t.dtype()) && t.ndim() == 0
}

fn out_of_range(index: i64, dim: usize, size: usize) -> Error {
    Error::Index {
        op: OP,
        index,
        dim,
        size,
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

impl Entry {
    fn new(index: Array, dim: usize, from: usize, shape: &Shape) -> Result<Entry> {
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
    fn new(view: &Shape, entries: Vec<Entry>) -> Result<Places> {
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
    fn turned(&self, view: Array) -> Result<Array> {
        if self.order.iter().enumerate().all(|(i, &d)| i as isize == d) {
            return Ok(view);
        }
        view.permute(&self.order)
    }

    fn read(&self, view: Array) -> Result<Array> {
        let line = self.turned(view)?.reshape(&self.joined)?;
        let picked = line.index_select(self.dim as isize, &self.index);
        picked.map_err(|e| self.named(e))?.reshape(&self.shape)
    }

    /// Names the index that was given where a computed one was out of range.
    fn named(&self, error: Error) -> Error {
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
