//! Where a mask is true.

use ondol_tensor::{Array, DType, Result, Scan, Scatter, Shape};

/// The row-major positions at which a mask is true, `i64`; one number comes back from the device,
/// their count.
pub(crate) fn positions_of(mask: &Array) -> Result<Array> {
    let n = mask.numel();
    let mask = mask.reshape([n])?;
    let device = mask.device().clone();
    if n == 0 {
        return Array::zeros([0], DType::I64, &device);
    }
    let running = mask.cast(DType::I64)?.scan(Scan::Sum, 0)?;
    let count = running.select_index(0, -1)?.item_as::<i64>()? as usize;
    // The k-th true one goes to place k - 1, and all others to one place behind.
    let rank = running.binary_scalar(ondol_tensor::Binary::Sub, 1i64)?;
    let behind = Array::full((), count as i64, DType::I64, &device)?;
    let to = Array::select(&mask, &rank, &behind)?;
    let from = Array::range(0i64, 1i64, n, DType::I64, &device)?;
    let out = Array::zeros([count + 1], DType::I64, &device)?;
    out.scatter(Scatter::Set, 0, &to, &from)?
        .narrow(0, 0, count)
}

/// Row-major positions as coordinates of `shape`, one array for each dimension.
pub(crate) fn coordinates(positions: &Array, shape: &Shape) -> Result<Vec<Array>> {
    use ondol_tensor::Binary::{FloorDivide, Remainder};
    let mut rest = positions.clone();
    let mut out = Vec::with_capacity(shape.ndim());
    for &size in shape.iter().rev() {
        let size = size.max(1) as i64;
        out.push(rest.binary_scalar(Remainder, size)?);
        rest = rest.binary_scalar(FloorDivide, size)?;
    }
    out.reverse();
    Ok(out)
}
