//! A rectangle of a picture overwritten.

use ondol_autograd::Tensor;
use ondol_tensor::{Error, Result};

/// A tensor `[…, C, H, W]` with `v` in the `h` rows from `i` and the `w` columns from `j` on,
/// `torchvision.transforms.functional.erase`; `v` is broadcast to the rectangle.
///
/// With `inplace` the tensor itself is changed and returned.
///
/// ```
/// use ondol_autograd::tensor;
/// use ondol_data::transforms::functional;
/// let x = tensor!([[[1.0, 2.0], [3.0, 4.0]]]);
/// let y = functional::erase(&x, 0, 1, 2, 1, &tensor!(0.0), false)?;
/// assert_eq!(y.to_vec::<f32>(), [1.0, 0.0, 3.0, 0.0]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// A tensor of fewer than two dimensions; a rectangle that is not inside of it.
pub fn erase(
    img: &Tensor,
    i: usize,
    j: usize,
    h: usize,
    w: usize,
    v: &Tensor,
    inplace: bool,
) -> Result<Tensor> {
    let shape = img.shape();
    let rows = match *shape {
        [.., rows, columns] if i + h <= rows && j + w <= columns => rows,
        _ => {
            return Err(Error::Input {
                op: "erase",
                shape: shape.to_vec(),
                rule: format!("there is no rectangle {h} × {w} at row {i} and column {j} in it"),
            });
        }
    };
    if h * w == 0 {
        return Ok(img.clone());
    }
    let mut inner = shape.to_vec();
    let n = inner.len();
    (inner[n - 2], inner[n - 1]) = (h, w);
    let v = v.to_dtype(img.dtype()).to(img.device()).expand(&inner[..]);
    let lines = img
        .narrow(-2, i, h)
        .slice_scatter(&v, -1, j as isize, (j + w) as isize, 1);
    let out = img.slice_scatter(&lines, -2, i as isize, (i + h).min(rows) as isize, 1);
    if !inplace {
        return Ok(out);
    }
    img.copy_(&out);
    Ok(img.clone())
}
