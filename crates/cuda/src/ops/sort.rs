//! Stable sorting along a dimension.

use ondol_tensor::{DType, Result, View, ViewMut};

use super::{Temporary, size_name};
use crate::gpu::{Gpu, address, address_mut, launch};
use crate::memory::Memory;
use crate::params::{Place, Rows};
use crate::walk::{Walk, too_many};

/// Rows up to this length are sorted by one block each.
const SHORT_ROW: usize = 1024;

impl Gpu {
    pub(crate) fn sort(
        &self,
        src: View<'_>,
        dim: usize,
        descending: bool,
        values: ViewMut<'_>,
        indices: ViewMut<'_>,
    ) -> Result<()> {
        const OP: &str = "sort";
        let shape = src.layout.shape();
        if shape.numel() == 0 {
            return Ok(());
        }
        let walk = |layouts: [&[isize]; 3]| {
            Walk::over((0..shape.len()).filter(|&d| d != dim), shape, layouts)
        };
        let outs = [values.layout.strides(), indices.layout.strides()];
        let Some(piece) = walk([src.layout.strides(), outs[0], outs[1]]).whole() else {
            let copy = Temporary::copy(self, src, src.dtype)?;
            if walk([copy.layout.strides(), outs[0], outs[1]])
                .whole()
                .is_none()
            {
                return Err(too_many(OP, shape));
            }
            return self.sort(copy.view(), dim, descending, values, indices);
        };
        let (count, length) = (piece.n as usize, shape[dim]);
        let padded = length.next_power_of_two();
        if padded > 1 << 30 || count * padded > 1 << 30 {
            return Err(too_many(OP, shape));
        }
        let rows = Rows {
            dims: piece.dims,
            rows: piece.n,
            length: length as u32,
            padded: padded as u32,
            step: src.layout.strides()[dim] as i64,
        };
        let size = src.dtype.size();
        let from = piece.place(0, address(&src), size);
        let sorted = self.sorted(src.dtype, &rows, from, descending)?;
        let places = sorted.address();
        let to = piece.place(1, address_mut(&values), size);
        let index = piece.place(2, address_mut(&indices), 8);
        let to_step = values.layout.strides()[dim] as i64;
        let index_step = indices.layout.strides()[dim] as i64;
        let grid = (self.blocks((count * length) as u32), 1, 1);
        let kernel = ("sort_write", size_name(src.dtype));
        launch!(
            self, OP, kernel, grid, rows, from, places, to, to_step, index, index_step
        )
    }

    /// The positions of each row's elements in their order, `u32`, with room up to `padded`.
    pub(super) fn sorted(
        &self,
        dtype: DType,
        rows: &Rows,
        from: Place,
        descending: bool,
    ) -> Result<Memory> {
        let n = rows.rows as usize * rows.padded as usize;
        let keys_memory = self.pool().alloc(n * 8)?;
        let places_memory = self.pool().alloc(n * 4)?;
        let (keys, places) = (keys_memory.address(), places_memory.address());
        let (turned, grid) = (i32::from(descending), (self.blocks(n as u32), 1, 1));
        let (kernel, r) = (("sort_keys", dtype.name()), *rows);
        launch!(self, "sort", kernel, grid, r, from, turned, keys, places)?;
        self.order(rows, keys, places)?;
        Ok(places_memory)
    }

    /// Puts keys, and the places with them, in order within each row.
    fn order(&self, r: &Rows, keys: u64, places: u64) -> Result<()> {
        const OP: &str = "sort";
        let (rows, padded) = (r.rows, r.padded);
        if padded as usize <= SHORT_ROW {
            let grid = (rows.min(1 << 16), 1, 1);
            return launch!(
                self,
                OP,
                ("sort_short", ""),
                grid,
                rows,
                padded,
                keys,
                places
            );
        }
        let grid = (self.blocks(rows * (padded / 2)), 1, 1);
        let mut run = 2u32;
        while run <= padded {
            let mut distance = run / 2;
            while distance > 0 {
                let kernel = ("sort_step", "");
                launch!(
                    self, OP, kernel, grid, rows, padded, keys, places, run, distance
                )?;
                distance /= 2;
            }
            run *= 2;
        }
        Ok(())
    }
}
