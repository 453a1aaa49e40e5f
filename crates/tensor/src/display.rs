//! Printing as PyTorch prints: four digits, aligned columns, long tensors summarised.

use std::fmt;

use crate::{Array, DType, Result, with_dtype};

/// `torch.set_printoptions`.
#[derive(Clone, Copy, Debug)]
pub struct PrintOptions {
    /// Digits after the point.
    pub precision: usize,
    /// Above this many elements only the edges are printed.
    pub threshold: usize,
    /// How many at each edge.
    pub edge_items: usize,
    /// Columns of a line.
    pub line_width: usize,
}

impl Default for PrintOptions {
    fn default() -> Self {
        PrintOptions {
            precision: 4,
            threshold: 1000,
            edge_items: 3,
            line_width: 80,
        }
    }
}

/// How the numbers of one tensor are written, chosen from all that will be shown.
struct Style {
    mode: Mode,
    width: usize,
    precision: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Exact,
    Whole,
    Fixed,
    Scientific,
}

fn scientific(v: f64, precision: usize) -> String {
    let s = format!("{v:.precision$e}");
    // Rust writes 1e-5 where C and PyTorch write 1e-05.
    match s.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent
                .strip_prefix('-')
                .map_or(('+', exponent), |d| ('-', d));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => s,
    }
}

impl Style {
    fn choose(values: &[f64], dtype: DType, precision: usize) -> Style {
        let mut style = Style {
            mode: Mode::Exact,
            width: 1,
            precision,
        };
        if !dtype.is_floating_point() {
            style.width = values
                .iter()
                .map(|&v| style.raw(v, dtype).len())
                .max()
                .unwrap_or(1);
            return style;
        }
        style.mode = Mode::Fixed;
        let counted: Vec<f64> = values
            .iter()
            .copied()
            .filter(|v| v.is_finite() && *v != 0.0)
            .collect();
        let (Some(max), Some(min)) = (
            counted.iter().map(|v| v.abs()).reduce(f64::max),
            counted.iter().map(|v| v.abs()).reduce(f64::min),
        ) else {
            style.mode = Mode::Whole;
            return style;
        };
        let whole = counted.iter().all(|v| *v == v.ceil());
        let wide = max / min > 1000.0 || max > 1.0e8;
        style.mode = match (whole, wide) {
            (true, false) => Mode::Whole,
            (false, false) if min >= 1.0e-4 => Mode::Fixed,
            _ => Mode::Scientific,
        };
        style.width = counted
            .iter()
            .map(|&v| style.raw(v, dtype).len())
            .max()
            .unwrap_or(1)
            .max(1);
        style
    }

    fn raw(&self, v: f64, dtype: DType) -> String {
        if dtype == DType::Bool {
            return if v != 0.0 { "True" } else { "False" }.to_owned();
        }
        if v.is_nan() {
            return "nan".to_owned();
        }
        if v.is_infinite() {
            return if v > 0.0 { "inf" } else { "-inf" }.to_owned();
        }
        match self.mode {
            Mode::Exact => format!("{v:.0}"),
            Mode::Whole => format!("{v:.0}."),
            Mode::Fixed => format!("{v:.*}", self.precision),
            Mode::Scientific => scientific(v, self.precision),
        }
    }
}

struct Printer<'a> {
    options: &'a PrintOptions,
    summarize: bool,
    style: Style,
    dtype: DType,
}

impl Printer<'_> {
    fn shown(&self, n: usize) -> (Vec<usize>, bool) {
        let edge = self.options.edge_items;
        if self.summarize && n > 2 * edge {
            ((0..edge).chain(n - edge..n).collect(), true)
        } else {
            ((0..n).collect(), false)
        }
    }

    fn write(&self, a: &Array, indent: usize, out: &mut String) -> Result<()> {
        match a.ndim() {
            0 => out.push_str(&self.cell(a)?),
            1 => self.line(a, indent, out)?,
            n => {
                let (rows, cut) = self.shown(a.shape()[0]);
                out.push('[');
                let gap = format!(",{}{}", "\n".repeat(n - 1), " ".repeat(indent + 1));
                for (k, &i) in rows.iter().enumerate() {
                    if k > 0 {
                        out.push_str(&gap);
                        if cut && k == self.options.edge_items {
                            out.push_str("...");
                            out.push_str(&gap);
                        }
                    }
                    self.write(&a.select_index(0, i as isize)?, indent + 1, out)?;
                }
                out.push(']');
            }
        }
        Ok(())
    }

    fn cell(&self, a: &Array) -> Result<String> {
        if a.dtype() == DType::I64 {
            return Ok(format!("{:>w$}", a.item_as::<i64>()?, w = self.style.width));
        }
        Ok(format!(
            "{:>w$}",
            self.style.raw(a.item()?, self.dtype),
            w = self.style.width
        ))
    }

    fn line(&self, a: &Array, indent: usize, out: &mut String) -> Result<()> {
        let (places, cut) = self.shown(a.shape()[0]);
        let mut cells = Vec::with_capacity(places.len() + 1);
        for (k, &i) in places.iter().enumerate() {
            if cut && k == self.options.edge_items {
                cells.push(" ...".to_owned());
            }
            cells.push(self.cell(&a.select_index(0, i as isize)?)?);
        }
        let per_line =
            (self.options.line_width.saturating_sub(indent) / (self.style.width + 2)).max(1);
        let lines: Vec<String> = cells.chunks(per_line).map(|c| c.join(", ")).collect();
        out.push('[');
        out.push_str(&lines.join(&format!(",\n{}", " ".repeat(indent + 1))));
        out.push(']');
        Ok(())
    }
}

/// The elements that will be shown, to choose the style from.
fn sample(a: &Array, options: &PrintOptions, summarize: bool) -> Result<Vec<f64>> {
    let mut part = a.clone();
    if summarize {
        for d in 0..a.ndim() {
            let (n, edge) = (a.shape()[d], options.edge_items);
            if n > 2 * edge {
                let d = d as isize;
                part = Array::cat(
                    &[&part.narrow(d, 0, edge)?, &part.narrow(d, n - edge, edge)?],
                    d,
                )?;
            }
        }
    }
    with_dtype!(part.dtype(), T => Ok(part.to_vec::<T>()?.into_iter().map(crate::Element::to_f64).collect()))
}

/// `prefix(…, suffixes)` in PyTorch's form; `prefix` is usually `tensor`.
pub fn format_array(
    a: &Array,
    prefix: &str,
    options: &PrintOptions,
    extra: &[String],
) -> Result<String> {
    let a = a.to_device(&crate::Device::cpu())?;
    let mut suffixes = Vec::new();
    let mut out = format!("{prefix}(");
    let indent = out.len();
    if a.numel() == 0 {
        if a.ndim() != 1 {
            let sizes: Vec<String> = a.shape().iter().map(usize::to_string).collect();
            suffixes.push(format!("size=({})", sizes.join(", ")));
        }
        out.push_str("[]");
    } else {
        let summarize = a.numel() > options.threshold;
        let values = sample(&a, options, summarize)?;
        let style = Style::choose(&values, a.dtype(), options.precision);
        Printer {
            options,
            summarize,
            style,
            dtype: a.dtype(),
        }
        .write(&a, indent, &mut out)?;
    }
    if !matches!(a.dtype(), DType::F32 | DType::I64 | DType::Bool)
        || (a.numel() == 0 && a.dtype() != DType::F32)
    {
        suffixes.push(format!("dtype={}", a.dtype()));
    }
    suffixes.extend_from_slice(extra);
    for suffix in suffixes {
        let last = out.len() - out.rfind('\n').map_or(0, |i| i + 1);
        if last + suffix.len() + 2 > options.line_width {
            out.push_str(&format!(",\n{}", " ".repeat(indent)));
        } else {
            out.push_str(", ");
        }
        out.push_str(&suffix);
    }
    out.push(')');
    Ok(out)
}

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let device = if self.device().is_cpu() {
            vec![]
        } else {
            vec![format!("device='{}'", self.device())]
        };
        match format_array(self, "array", &PrintOptions::default(), &device) {
            Ok(s) => f.write_str(&s),
            Err(e) => write!(f, "array({}, {}: {e})", self.shape(), self.dtype()),
        }
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show<T: crate::Element>(v: &[T], shape: &[usize]) -> String {
        format_array(
            &Array::from_slice(v, shape).unwrap(),
            "tensor",
            &PrintOptions::default(),
            &[],
        )
        .unwrap()
    }

    // The expected texts are PyTorch's.
    #[test]
    fn prints_like_torch() {
        assert_eq!(
            show(&[1i64, 2, 3, 4, 5, 6, 7, 8, 9], &[3, 3]),
            "tensor([[1, 2, 3],\n        [4, 5, 6],\n        [7, 8, 9]])"
        );
        assert_eq!(show(&[1.0f32, 2.0], &[2]), "tensor([1., 2.])");
        assert_eq!(show(&[0.5f32, -1.25], &[2]), "tensor([ 0.5000, -1.2500])");
        assert_eq!(show(&[1.0f32], &[]), "tensor(1.)");
        assert_eq!(
            show(&[1e-5f32, 1.0], &[2]),
            "tensor([1.0000e-05, 1.0000e+00])"
        );
        assert_eq!(
            show(&[f32::NAN, 1.0, f32::INFINITY], &[3]),
            "tensor([nan, 1., inf])"
        );
        assert_eq!(show(&[true, false], &[2]), "tensor([ True, False])");
        assert_eq!(show::<f32>(&[], &[0]), "tensor([])");
        assert_eq!(show::<f32>(&[], &[0, 3]), "tensor([], size=(0, 3))");
        assert_eq!(show::<i64>(&[], &[0]), "tensor([], dtype=i64)");
        assert_eq!(show(&[1.5f64], &[1]), "tensor([1.5000], dtype=f64)");
        assert_eq!(show(&[0.0f32, 0.0], &[2]), "tensor([0., 0.])");
        let long: Vec<i64> = (0..2000).collect();
        assert_eq!(
            show(&long, &[2000]),
            "tensor([   0,    1,    2,  ..., 1997, 1998, 1999])"
        );
    }
}
