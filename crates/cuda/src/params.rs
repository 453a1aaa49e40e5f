//! What kernels take by value, field for field as `kernels/common.cuh` has it.

/// As many dimensions as a kernel walks.
pub(crate) const MAX_DIMS: usize = 6;

/// Sizes, outermost first.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct Dims {
    pub(crate) n: i32,
    pub(crate) size: [u32; MAX_DIMS],
}

/// An operand to read, or a result: its first element's address, and strides in elements.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) data: u64,
    pub(crate) stride: [i64; MAX_DIMS],
}

/// An operand that may be one number; then `data` is 0.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct Operand {
    pub(crate) at: Place,
    pub(crate) number: f64,
    pub(crate) integer: i64,
}

/// The shape of a reduction.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Reduction {
    pub(crate) kept: Dims,
    pub(crate) folded: Dims,
    pub(crate) outputs: u32,
    pub(crate) count: u32,
    pub(crate) lanes: u32,
    pub(crate) columns: i32,
    pub(crate) op: i32,
}

/// Lines along a dimension.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Lines {
    pub(crate) dims: Dims,
    pub(crate) count: u32,
    pub(crate) length: u32,
    pub(crate) to_step: i64,
    pub(crate) from_step: i64,
}

/// One side of a matrix product.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Matrix {
    pub(crate) data: u64,
    pub(crate) outer: i64,
    pub(crate) inner: i64,
    pub(crate) batch: [i64; MAX_DIMS],
}

/// A batched matrix product.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Product {
    pub(crate) batch: Dims,
    pub(crate) batches: u32,
    pub(crate) rows: u32,
    pub(crate) columns: u32,
    pub(crate) inner: u32,
    pub(crate) left: Matrix,
    pub(crate) right: Matrix,
    pub(crate) data: u64,
    pub(crate) row: i64,
    pub(crate) column: i64,
    pub(crate) out_batch: [i64; MAX_DIMS],
    pub(crate) bias: u64,
    pub(crate) bias_stride: i64,
}

/// A scatter, line by line.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Scattering {
    pub(crate) dims: Dims,
    pub(crate) lines: u32,
    pub(crate) length: u32,
    pub(crate) to_step: i64,
    pub(crate) index_step: i64,
    pub(crate) from_step: i64,
    pub(crate) op: i32,
}

/// Rows to sort.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) dims: Dims,
    pub(crate) rows: u32,
    pub(crate) length: u32,
    pub(crate) padded: u32,
    pub(crate) step: i64,
}

/// A random draw.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct Draw {
    pub(crate) kind: i32,
    pub(crate) a: f64,
    pub(crate) b: f64,
    pub(crate) bound: f64,
    pub(crate) last: f64,
    pub(crate) low: i64,
    pub(crate) high: i64,
}

/// A convolution; channels and filters are those of a group.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Conv {
    pub(crate) images: u32,
    pub(crate) groups: u32,
    pub(crate) channels: u32,
    pub(crate) filters: u32,
    pub(crate) input: [u32; 2],
    pub(crate) output: [u32; 2],
    pub(crate) kernel: [u32; 2],
    pub(crate) stride: [u32; 2],
    pub(crate) padding: [u32; 2],
    pub(crate) dilation: [u32; 2],
    pub(crate) x_stride: [i64; 4],
    pub(crate) w_stride: [i64; 4],
    pub(crate) y_stride: [i64; 4],
}

/// A pooling.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Pool {
    pub(crate) channels: u32,
    pub(crate) input: [u32; 2],
    pub(crate) output: [u32; 2],
    pub(crate) kernel: [u32; 2],
    pub(crate) stride: [u32; 2],
    pub(crate) padding: [u32; 2],
    pub(crate) dilation: [u32; 2],
    pub(crate) x_stride: [i64; 4],
}

/// As many parameters as one launch updates.
pub(crate) const MANY: usize = 48;
/// Elements that a block of an optimizer step takes.
pub(crate) const ELEMENTS_OF_A_BLOCK: u64 = 1024;

/// The parameters of an optimizer step.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Parameters {
    pub(crate) count: u32,
    pub(crate) first: [u32; MANY + 1],
    pub(crate) size: [u64; MANY],
    pub(crate) parameter: [u64; MANY],
    pub(crate) state: [[u64; MANY]; 2],
    pub(crate) gradient: [u64; MANY],
}

/// What a step of SGD has for all parameters.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Sgd {
    pub(crate) lr: f64,
    pub(crate) momentum: f64,
    pub(crate) keep: f64,
    pub(crate) decay: f64,
    pub(crate) sign: f64,
    pub(crate) nesterov: i32,
    pub(crate) first: i32,
    pub(crate) has_buffer: i32,
}

/// What a step of Adam has for all parameters.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Adam {
    pub(crate) size: f64,
    pub(crate) root_bias: f64,
    pub(crate) shrink: f64,
    pub(crate) decay: f64,
    pub(crate) sign: f64,
    pub(crate) weight: f64,
    pub(crate) rest: f64,
    pub(crate) keep: f64,
    pub(crate) fresh: f64,
    pub(crate) eps: f64,
}
