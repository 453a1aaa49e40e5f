//! What the kernels are given for each operation of the [`Backend`](ondol_tensor::Backend) trait.

mod conv;
mod elementwise;
mod fill;
mod index;
mod matmul;
mod operand;
mod optimizer;
mod random;
mod reduce;
mod scan;
mod sort;

use ondol_tensor::{DType, Error, Layout, Result, View, ViewMut};

use crate::gpu::Gpu;
use crate::memory::Memory;

/// A kernel asked for a dtype that `Array` should have refused or promoted.
fn unsupported(op: &'static str, got: DType) -> Error {
    Error::DType {
        op,
        got: got.to_string(),
        expected: "another dtype".into(),
    }
}

/// The size of an element, as kernels that only move elements are named by it.
fn size_name(dtype: DType) -> &'static str {
    match dtype.size() {
        1 => "1",
        2 => "2",
        4 => "4",
        _ => "8",
    }
}

/// The bytes of what halves are accumulated in, and every other dtype.
fn fold_size(dtype: DType) -> usize {
    match dtype {
        DType::F16 | DType::BF16 | DType::F32 => 4,
        _ => 8,
    }
}

/// Elements without gaps, for the time of an operation.
struct Temporary {
    memory: Memory,
    layout: Layout,
    dtype: DType,
}

impl Temporary {
    fn new(gpu: &Gpu, layout: &Layout, dtype: DType) -> Result<Self> {
        let layout = Layout::contiguous(layout.shape().clone());
        let memory = gpu.pool().alloc(layout.numel() * dtype.size())?;
        Ok(Temporary {
            memory,
            layout,
            dtype,
        })
    }

    /// A copy of a view, cast where its dtype is another.
    fn copy(gpu: &Gpu, view: View<'_>, dtype: DType) -> Result<Self> {
        let mut temporary = Temporary::new(gpu, view.layout, dtype)?;
        gpu.copy(view, temporary.view_mut())?;
        Ok(temporary)
    }

    fn view(&self) -> View<'_> {
        View {
            buffer: &self.memory,
            layout: &self.layout,
            dtype: self.dtype,
        }
    }

    fn view_mut(&mut self) -> ViewMut<'_> {
        ViewMut {
            buffer: &mut self.memory,
            layout: &self.layout,
            dtype: self.dtype,
        }
    }
}
