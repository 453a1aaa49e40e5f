//! What the header says of the data: storages, and the tensors that look at them.

use std::collections::BTreeMap;

use ondol_tensor::{DType, Layout, Shape};
use serde::{Deserialize, Serialize};

use crate::Checked;
use crate::pieces::canonical;

/// PyTorch's own limit.
const MAX_DIMS: usize = 64;

/// All of the header but the tree, which follows it node by node.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tables {
    /// Who wrote the file.
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) storages: Vec<StorageEntry>,
    /// In the order in which the tree names them.
    pub(super) tensors: Vec<TensorEntry>,
}

/// A piece of memory.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StorageEntry {
    /// From the start of the data, in bytes.
    pub(super) offset: u64,
    /// In bytes.
    pub(super) length: u64,
    pub(super) crc32: u32,
}

/// A look at a storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TensorEntry {
    pub(super) dtype: u8,
    pub(super) shape: Vec<u64>,
    /// In elements.
    pub(super) strides: Vec<i64>,
    /// Of the first element, from the start of the storage, in elements.
    pub(super) offset: u64,
    /// Which storage.
    pub(super) storage: u32,
    /// Kept for tensors that say so; arrays do not.
    requires_grad: bool,
}

/// The numbers that stand for dtypes; they never change.
const DTYPES: [(u8, DType); 8] = [
    (0, DType::Bool),
    (1, DType::U8),
    (2, DType::I32),
    (3, DType::I64),
    (4, DType::F16),
    (5, DType::BF16),
    (6, DType::F32),
    (7, DType::F64),
];

impl TensorEntry {
    /// The entry of a layout, which must be [canonical].
    pub(super) fn new(dtype: DType, layout: &Layout, storage: usize) -> Checked<Self> {
        let tag = DTYPES
            .into_iter()
            .find(|(_, d)| *d == dtype)
            .map(|(tag, _)| tag);
        let entry = TensorEntry {
            dtype: tag.ok_or_else(|| format!("the format has no dtype {dtype}"))?,
            shape: layout.shape().iter().map(|&n| n as u64).collect(),
            strides: layout.strides().iter().map(|&n| n as i64).collect(),
            offset: layout.offset() as u64,
            storage: u32::try_from(storage).map_err(|_| "there are too many arrays".to_owned())?,
            requires_grad: false,
        };
        entry.layout()?;
        Ok(entry)
    }

    pub(super) fn dtype(&self) -> Checked<DType> {
        let dtype = DTYPES
            .into_iter()
            .find(|(tag, _)| *tag == self.dtype)
            .map(|(_, d)| d);
        dtype.ok_or_else(|| {
            format!(
                "unknown dtype tag {}; this version knows 0 to 7",
                self.dtype
            )
        })
    }

    /// Shape, strides and offset, where no arithmetic on them can overflow.
    pub(super) fn layout(&self) -> Checked<Layout> {
        let overflow = || {
            format!(
                "the shape {:?} has too many elements for memory",
                self.shape
            )
        };
        if self.shape.len() > MAX_DIMS {
            return Err(format!(
                "{} dimensions, where {MAX_DIMS} are the most",
                self.shape.len()
            ));
        }
        if self.shape.len() != self.strides.len() {
            return Err(format!(
                "shape {:?} and strides {:?} differ in length",
                self.shape, self.strides
            ));
        }
        // Sizes of 0 count as 1: strides are products of the others.
        let product = self.shape.iter().try_fold(16isize, |n, &s| {
            n.checked_mul(isize::try_from(s.max(1)).ok()?)
        });
        product.ok_or_else(overflow)?;
        let shape: Shape = self.shape.iter().map(|&n| n as usize).collect();
        let strides = self
            .strides
            .iter()
            .map(|&s| isize::try_from(s))
            .collect::<Result<Vec<_>, _>>();
        let strides =
            strides.map_err(|_| format!("the strides {:?} are too large", self.strides))?;
        let offset = isize::try_from(self.offset)
            .map_err(|_| format!("the offset {} is too large", self.offset))?;
        let reach = |bound: fn(isize, isize) -> isize| {
            shape
                .iter()
                .zip(&strides)
                .filter(|(n, _)| **n > 1)
                .try_fold(offset, |at, (&n, &stride)| {
                    at.checked_add(bound(0, (n as isize - 1).checked_mul(stride)?))
                })
        };
        if shape.numel() > 0
            && (reach(isize::max).is_none() || reach(isize::min).is_none_or(|low| low < 0))
        {
            return Err(format!(
                "the strides {:?} reach out of any memory",
                self.strides
            ));
        }
        let layout = Layout::strided(shape, &strides, offset as usize);
        if canonical(&layout) != layout {
            return Err(format!(
                "the strides {:?} are not those of the shape {:?}",
                self.strides, self.shape
            ));
        }
        Ok(layout)
    }
}
