//! Tensors in a notebook, where evcxr runs Rust.

use std::fmt::Write;

use ondol_tensor::{DType, Device};

use crate::Tensor;

/// The most rows and columns of a table; larger tensors are shown as text, with dots.
const MOST: usize = 12;

impl Tensor {
    /// Shows the tensor in a notebook. The evcxr kernel calls it where a cell ends with a tensor.
    pub fn evcxr_display(&self) {
        println!("{}", self.notebook());
    }

    /// What [`Tensor::evcxr_display`] prints: the tensor as a table of HTML where it is small, with its
    /// shape and dtype, and as text.
    ///
    /// ```
    /// use ondol_autograd::tensor;
    /// let shown = tensor!([[1.0, 2.5]]).notebook();
    /// assert!(shown.starts_with("EVCXR_BEGIN_CONTENT text/html\n"));
    /// assert!(shown.contains("<tr><td>1</td><td>2.5</td></tr>"));
    /// assert!(shown.contains("tensor([[1.0000, 2.5000]])"));
    /// ```
    pub fn notebook(&self) -> String {
        let text = self.to_string();
        let table = table(self).unwrap_or_else(|| format!("<pre>{text}</pre>"));
        let gradient = if self.requires_grad() {
            ", requires grad"
        } else {
            ""
        };
        let about = format!(
            "{} {} on {}{gradient}",
            self.shape(),
            self.dtype(),
            self.device()
        );
        format!(
            "EVCXR_BEGIN_CONTENT text/html\n{table}<small>{about}</small>\nEVCXR_END_CONTENT\n\
             EVCXR_BEGIN_CONTENT text/plain\n{text}\nEVCXR_END_CONTENT"
        )
    }
}

/// Rows and columns, where there are not too many.
fn table(tensor: &Tensor) -> Option<String> {
    let (rows, columns) = match tensor.shape()[..] {
        [columns] => (1, columns),
        [rows, columns] => (rows, columns),
        _ => return None,
    };
    if rows > MOST || columns > MOST || rows * columns == 0 {
        return None;
    }
    let whole = !tensor.dtype().is_floating_point();
    let values = tensor.value().to_device(&Device::cpu()).ok()?;
    let values = values.cast(DType::F64).ok()?.to_vec::<f64>().ok()?;
    let mut html = String::from("<table>");
    for row in values.chunks(columns) {
        html.push_str("<tr>");
        for &value in row {
            // Four digits say enough; what is whole shows none.
            let rounded = (value * 1e4).round() / 1e4;
            let _ = match whole || rounded != 0.0 || value == 0.0 {
                true => write!(html, "<td>{rounded}</td>"),
                false => write!(html, "<td>{value:.2e}</td>"),
            };
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>");
    Some(html)
}

#[cfg(test)]
mod tests {
    use crate::{Tensor, tensor};

    #[test]
    fn small_ones_are_tables_and_large_ones_text() {
        let shown = tensor!([[1, 2], [3, -4]]).notebook();
        assert!(
            shown.contains("<tr><td>3</td><td>-4</td></tr></table>"),
            "{shown}"
        );
        assert!(shown.contains("[2, 2] i64 on cpu"), "{shown}");
        assert!(
            tensor!([1e-7, 0.0])
                .notebook()
                .contains("<td>1.00e-7</td><td>0</td>")
        );
        for large in [
            Tensor::zeros([13, 2]),
            Tensor::zeros([2, 2, 2]),
            Tensor::zeros([0]),
        ] {
            let shown = large.notebook();
            assert!(shown.contains("<pre>tensor("), "{shown}");
        }
        let w = tensor!([1.0]).requires_grad_(true);
        assert!(w.notebook().contains("requires grad"));
    }
}
