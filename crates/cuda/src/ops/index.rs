//! Gathering and scattering.

use ondol_tensor::{DType, Error, Layout, Result, Scatter, Source, View, ViewMut};
use smallvec::SmallVec;

use super::operand::Given;
use super::{Temporary, size_name, unsupported};
use crate::gpu::{Gpu, address, address_mut, launch};
use crate::memory::Memory;
use crate::params::{Dims, MAX_DIMS, Place, Rows, Scattering};
use crate::walk::{Walk, too_many};

/// Lines from this length on are sorted first, unless there are many of them.
const LONG_LINE: usize = 256;
const MANY_LINES: u32 = 1024;

impl Gpu {
    /// Refuses an index outside of `[0, size)`. The device is waited for.
    fn check_index(
        &self,
        op: &'static str,
        index: View<'_>,
        dim: usize,
        size: usize,
    ) -> Result<()> {
        let at = address(&index);
        let limit = size as i64;
        let walk = Walk::new(index.layout.shape(), [index.layout.strides()]).sorted();
        let bad = self.finds(|found| {
            walk.pieces(|piece| {
                let (place, grid) = (piece.place(0, at, 8), (self.blocks(piece.n), 1, 1));
                launch!(
                    self,
                    op,
                    ("check_index", ""),
                    grid,
                    piece.dims,
                    piece.n,
                    place,
                    limit,
                    found
                )
            })
        })?;
        if !bad {
            return Ok(());
        }
        // The first in row-major order is named, as on the CPU.
        let copy = Temporary::copy(self, index, DType::I64)?;
        let mut bytes = vec![0; copy.layout.numel() * 8];
        self.download(copy.memory.address(), &mut bytes)?;
        let (elements, _) = bytes.as_chunks::<8>();
        let mut elements = elements.iter().map(|&b| i64::from_ne_bytes(b));
        let index = elements.find(|&i| i < 0 || i >= limit).unwrap_or(limit);
        Err(Error::Index {
            op,
            index,
            dim,
            size,
        })
    }

    pub(crate) fn gather(
        &self,
        src: View<'_>,
        dim: usize,
        index: View<'_>,
        dst: ViewMut<'_>,
    ) -> Result<()> {
        if dst.layout.numel() == 0 {
            return Ok(());
        }
        self.check_index("gather", index, dim, src.layout.shape()[dim])?;
        let step = src.layout.strides()[dim] as i64;
        let mut across: SmallVec<[isize; 8]> = SmallVec::from_slice(src.layout.strides());
        across[dim] = 0;
        let (size, name) = (dst.dtype.size(), size_name(dst.dtype));
        let (to, from, at) = (address_mut(&dst), address(&src), address(&index));
        let strides = [dst.layout.strides(), &across[..], index.layout.strides()];
        Walk::new(dst.layout.shape(), strides)
            .sorted()
            .pieces(|piece| {
                let (to, from) = (piece.place(0, to, size), piece.place(1, from, size));
                let (index, grid) = (piece.place(2, at, 8), (self.blocks(piece.n), 1, 1));
                launch!(
                    self,
                    "gather",
                    ("gather", name),
                    grid,
                    piece.dims,
                    piece.n,
                    to,
                    from,
                    index,
                    step
                )
            })
    }

    pub(crate) fn scatter(
        &self,
        op: Scatter,
        dim: usize,
        index: View<'_>,
        src: Source<'_>,
        mut dst: ViewMut<'_>,
    ) -> Result<()> {
        if index.layout.numel() == 0 {
            return Ok(());
        }
        if matches!(src, Source::Destination) {
            return Err(unsupported(op.name(), dst.dtype));
        }
        self.check_index(op.name(), index, dim, dst.layout.shape()[dim])?;
        let half = matches!(dst.dtype, DType::F16 | DType::BF16);
        if !(half && matches!(op, Scatter::Add | Scatter::Mul)) {
            return self.scatter_lines(op, dim, index, src, &mut dst);
        }
        // Sums and products of halves are kept in f32 and rounded once.
        let own = View {
            buffer: &*dst.buffer,
            layout: dst.layout,
            dtype: dst.dtype,
        };
        let mut wide = Temporary::copy(self, own, DType::F32)?;
        let given = match src {
            Source::View(view) => Some(Temporary::copy(self, view, DType::F32)?),
            _ => None,
        };
        let source = given.as_ref().map_or(src, |t| Source::View(t.view()));
        self.scatter_lines(op, dim, index, source, &mut wide.view_mut())?;
        self.copy(wide.view(), dst)
    }

    fn scatter_lines(
        &self,
        op: Scatter,
        dim: usize,
        index: View<'_>,
        src: Source<'_>,
        dst: &mut ViewMut<'_>,
    ) -> Result<()> {
        let (shape, dtype) = (index.layout.shape(), dst.dtype);
        let along = |layout: &Layout| layout.strides()[dim] as i64;
        let (to, at) = (address_mut(dst), address(&index));
        let given = Given::new(src, dtype, dst);
        let from_step = given.strides[dim] as i64;
        if shape[dim] > 1 << 30 {
            return Err(too_many(op.name(), shape));
        }
        let others = (0..shape.len()).filter(|&d| d != dim);
        let strides = [
            dst.layout.strides(),
            index.layout.strides(),
            &given.strides[..],
        ];
        Walk::over(others, shape, strides).sorted().pieces(|piece| {
            let scattering = Scattering {
                dims: piece.dims,
                lines: piece.n,
                length: shape[dim] as u32,
                to_step: along(dst.layout),
                index_step: along(index.layout),
                from_step,
                op: op as i32,
            };
            let (to, index) = (piece.place(0, to, dtype.size()), piece.place(1, at, 8));
            let src = given.operand(&piece, 2);
            let sorted = LONG_LINE <= shape[dim] && shape[dim] * piece.n as usize <= 1 << 30;
            if sorted && let Some(order) = self.order_of_places(&scattering, index)? {
                let (places, padded, shared) =
                    (order.places(), order.padded, i32::from(order.shared));
                let grid = (self.blocks(piece.n * scattering.length), 1, 1);
                let kernel = ("scatter_sorted", dtype.name());
                return launch!(
                    self,
                    op.name(),
                    kernel,
                    grid,
                    scattering,
                    to,
                    index,
                    src,
                    places,
                    padded,
                    shared
                );
            }
            let grid = (self.blocks(piece.n), 1, 1);
            launch!(
                self,
                op.name(),
                ("scatter", dtype.name()),
                grid,
                scattering,
                to,
                index,
                src
            )
        })
    }

    /// The positions of each line of an index, sorted by the places in it; `None` where lines are so
    /// many that a thread for each is better.
    fn order_of_places(&self, s: &Scattering, index: Place) -> Result<Option<Order>> {
        let shared = index.stride[..s.dims.n as usize]
            .iter()
            .all(|&step| step == 0);
        if !shared && s.lines >= MANY_LINES {
            return Ok(None);
        }
        let mut rows = Rows {
            dims: s.dims,
            rows: s.lines,
            length: s.length,
            padded: s.length.next_power_of_two(),
            step: s.index_step,
        };
        if shared {
            rows.dims = Dims {
                n: 1,
                size: [1; MAX_DIMS],
            };
            rows.rows = 1;
        }
        if u64::from(rows.rows) * u64::from(rows.padded) > 1 << 30 {
            return Ok(None);
        }
        let sorted = self.sorted(DType::I64, &rows, index, false)?;
        Ok(Some(Order {
            sorted,
            padded: rows.padded,
            shared,
        }))
    }
}

/// What [`Gpu::order_of_places`] found.
struct Order {
    sorted: Memory,
    padded: u32,
    shared: bool,
}

impl Order {
    fn places(&self) -> u64 {
        self.sorted.address()
    }
}
