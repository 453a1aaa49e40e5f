//! What of the memory behind some arrays a file holds.

use std::collections::HashMap;
use std::ops::Range;

use ondol_tensor::{Array, Layout, Result};

/// What becomes one storage.
pub(crate) struct Piece<'a> {
    /// An array that looks at the memory.
    pub(crate) array: &'a Array,
    /// The elements of its buffer that are written; `None` where the array's own are, packed.
    elements: Option<Range<usize>>,
    /// The arrays (by position) that look at the storage, and how.
    pub(crate) users: Vec<(usize, Layout)>,
}

impl Piece<'_> {
    /// How many elements are written.
    pub(crate) fn len(&self) -> usize {
        match &self.elements {
            Some(elements) => elements.len(),
            None => self.array.numel(),
        }
    }

    pub(crate) fn with_bytes<T>(&self, f: impl FnOnce(&[u8]) -> Result<T>) -> Result<T> {
        match &self.elements {
            Some(elements) => f(&self.array.storage_bytes(elements.clone())?),
            None => {
                let packed = self.array.copy()?;
                f(&packed.storage_bytes(0..packed.numel())?)
            }
        }
    }
}

/// Decides what is stored, in the order in which the arrays first need it.
///
/// Arrays that look at one buffer share a storage where their parts of it touch and nothing much
/// else lies in there; so the file never holds more elements than the arrays show.
pub(crate) fn pieces<'a>(arrays: &[&'a Array]) -> Vec<Piece<'a>> {
    let mut buffers = HashMap::<_, Vec<usize>>::new();
    for (index, array) in arrays.iter().enumerate() {
        buffers
            .entry((array.buffer_id(), array.dtype()))
            .or_default()
            .push(index);
    }
    let mut out = Vec::new();
    for users in buffers.into_values() {
        let from = out.len();
        let mut looks = Vec::new();
        let mut empty = Vec::new();
        for index in users {
            let layout = canonical(arrays[index].layout());
            match layout.extent() {
                Some((low, high)) => looks.push(Look {
                    index,
                    layout,
                    low,
                    high,
                }),
                None => empty.push((index, layout)),
            }
        }
        looks.sort_by_key(|look| (look.low, look.index));
        let mut rest = looks.as_slice();
        while !rest.is_empty() {
            let (touching, others) = rest.split_at(touching(rest));
            store(arrays, touching, &mut out);
            rest = others;
        }
        // Empty arrays need nothing, but may share what is there.
        match (out.get_mut(from), empty.first()) {
            (_, None) => {}
            (Some(piece), _) => piece.users.extend(empty),
            (None, Some(&(index, _))) => {
                out.push(Piece {
                    array: arrays[index],
                    elements: Some(0..0),
                    users: empty,
                });
            }
        }
    }
    out.sort_by_key(|piece| piece.users.iter().map(|(index, _)| *index).min());
    out
}

/// An array that is not empty, and the least and greatest element of the buffer that it shows.
struct Look {
    index: usize,
    layout: Layout,
    low: usize,
    high: usize,
}

/// How many of these, sorted by `low`, lie over or next to one another.
fn touching(looks: &[Look]) -> usize {
    let mut end = looks[0].high;
    for (i, look) in looks.iter().enumerate() {
        if look.low > end + 1 {
            return i;
        }
        end = end.max(look.high);
    }
    looks.len()
}

/// Stores arrays of touching parts: together where that takes no more than storing each, else each.
fn store<'a>(arrays: &[&'a Array], looks: &[Look], out: &mut Vec<Piece<'a>>) {
    let mut different: Vec<Vec<&Look>> = Vec::new();
    let mut known = HashMap::new();
    for look in looks {
        let position = *known.entry(&look.layout).or_insert(different.len());
        match different.get_mut(position) {
            Some(same) => same.push(look),
            None => different.push(vec![look]),
        }
    }
    let shown = different
        .iter()
        .fold(0usize, |n, same| n.saturating_add(same[0].layout.numel()));
    let low = looks[0].low;
    let high = looks.iter().fold(low, |high, look| high.max(look.high));
    if high - low < shown {
        out.push(range(arrays, low, high, looks.iter()));
        return;
    }
    for same in different {
        let Look {
            index,
            layout,
            low,
            high,
        } = same[0];
        out.push(if high - low < layout.numel() {
            range(arrays, *low, *high, same.into_iter())
        } else {
            let packed = Layout::contiguous(layout.shape().clone());
            Piece {
                array: arrays[*index],
                elements: None,
                users: same
                    .iter()
                    .map(|look| (look.index, packed.clone()))
                    .collect(),
            }
        });
    }
}

/// A piece of memory as it is, from the element `low` to `high`.
fn range<'a, 'b>(
    arrays: &[&'a Array],
    low: usize,
    high: usize,
    looks: impl Iterator<Item = &'b Look>,
) -> Piece<'a> {
    let moved = |layout: &Layout| {
        Layout::strided(
            layout.shape().clone(),
            layout.strides(),
            layout.offset() - low,
        )
    };
    let users: Vec<_> = looks
        .map(|look| (look.index, moved(&look.layout)))
        .collect();
    Piece {
        array: arrays[users[0].0],
        elements: Some(low..high + 1),
        users,
    }
}

/// The layout with the strides fixed that are free: those of dimensions of size 1, of empty and of
/// contiguous arrays. So equal arrays give equal bytes.
pub(crate) fn canonical(layout: &Layout) -> Layout {
    let shape = layout.shape().clone();
    if layout.numel() == 0 {
        return Layout::contiguous(shape);
    }
    let strides: Vec<isize> = if layout.is_contiguous() {
        Layout::contiguous(shape.clone()).strides().to_vec()
    } else {
        shape
            .iter()
            .zip(layout.strides())
            .map(|(&n, &s)| if n == 1 { 1 } else { s })
            .collect()
    };
    Layout::strided(shape, &strides, layout.offset())
}
