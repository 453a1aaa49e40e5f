//! Printing as PyTorch prints: four digits, aligned columns, long tensors summarised.

use std::fmt;
use std::sync::{PoisonError, RwLock};

use crate::{Array, DType, Result, with_dtype};

/// How tensors are printed, `torch.set_printoptions`; see [`set_printoptions`].
///
/// ```
/// use ondol_tensor::{Array, PrintOptions, format_array};
/// let a = Array::from_vec(vec![0.5f32, 0.25], [2])?;
/// let short = format_array(&a, "tensor", &PrintOptions { precision: 1, ..PrintOptions::default() }, &[])?;
/// assert_eq!(short, "tensor([0.5, 0.2])");
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintOptions {
    /// Digits after the point. Default: 4.
    pub precision: usize,
    /// Above this many elements only the edges are printed. Default: 1000.
    pub threshold: usize,
    /// How many at each edge. Default: 3.
    pub edge_items: usize,
    /// Columns of a line. Default: 80.
    pub line_width: usize,
    /// Whether numbers are written as `1.0000e+00`. Default: where they are far apart, very large or
    /// very small.
    pub sci_mode: Option<bool>,
}

impl Default for PrintOptions {
    fn default() -> Self {
        PrintOptions {
            precision: 4,
            threshold: 1000,
            edge_items: 3,
            line_width: 80,
            sci_mode: None,
        }
    }
}

impl PrintOptions {
    /// PyTorch's profile `short`: two digits, two elements at each edge.
    pub fn short() -> Self {
        PrintOptions {
            precision: 2,
            edge_items: 2,
            ..PrintOptions::default()
        }
    }

    /// PyTorch's profile `full`: every element.
    pub fn full() -> Self {
        PrintOptions {
            threshold: usize::MAX,
            ..PrintOptions::default()
        }
    }
}

static OPTIONS: RwLock<Option<PrintOptions>> = RwLock::new(None);

/// Sets how tensors are printed from now on, on every thread, `torch.set_printoptions`.
pub fn set_printoptions(options: PrintOptions) {
    *OPTIONS.write().unwrap_or_else(PoisonError::into_inner) = Some(options);
}

/// How tensors are printed now.
pub fn printoptions() -> PrintOptions {
    let now = *OPTIONS.read().unwrap_or_else(PoisonError::into_inner);
    now.unwrap_or_default()
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
    /// The style of these elements: all that will be shown.
    fn choose(shown: &Array, options: &PrintOptions) -> Result<Style> {
        let mut style = Style {
            mode: Mode::Exact,
            width: 1,
            precision: options.precision,
        };
        let dtype = shown.dtype();
        if dtype == DType::I64 {
            // Not through `f64`, which does not hold them all.
            let widths = shown
                .to_vec::<i64>()?
                .into_iter()
                .map(|v| v.to_string().len());
            style.width = widths.max().unwrap_or(1);
            return Ok(style);
        }
        let values = values(shown)?;
        let width = |style: &Style, values: &[f64]| {
            let widths = values.iter().map(|&v| style.raw(v, dtype).len());
            widths.max().unwrap_or(1).max(1)
        };
        if !dtype.is_floating_point() {
            style.width = width(&style, &values);
            return Ok(style);
        }
        style.mode = Mode::Whole;
        let counted: Vec<f64> = values
            .into_iter()
            .filter(|v| v.is_finite() && *v != 0.0)
            .collect();
        let magnitudes = || counted.iter().map(|v| v.abs());
        if let (Some(max), Some(min)) =
            (magnitudes().reduce(f64::max), magnitudes().reduce(f64::min))
        {
            let whole = counted.iter().all(|v| *v == v.ceil());
            let wide = max / min > 1000.0 || max > 1.0e8;
            style.mode = match (whole, wide) {
                (true, false) => Mode::Whole,
                (false, false) if min >= 1.0e-4 => Mode::Fixed,
                _ => Mode::Scientific,
            };
            style.mode = match (options.sci_mode, whole) {
                (Some(true), _) => Mode::Scientific,
                (Some(false), true) => Mode::Whole,
                (Some(false), false) => Mode::Fixed,
                (None, _) => style.mode,
            };
            style.width = width(&style, &counted);
        }
        Ok(style)
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
fn sample(a: &Array, options: &PrintOptions, summarize: bool) -> Result<Array> {
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
    Ok(part)
}

fn values(a: &Array) -> Result<Vec<f64>> {
    with_dtype!(a.dtype(), T => Ok(a.to_vec::<T>()?.into_iter().map(crate::Element::to_f64).collect()))
}

/// `prefix(…, suffixes)` in PyTorch's form; `prefix` is usually `tensor`. The device and the dtype
/// are told where they are not the default ones; `extra` comes behind them.
pub fn format_array(
    a: &Array,
    prefix: &str,
    options: &PrintOptions,
    extra: &[String],
) -> Result<String> {
    let mut suffixes = Vec::new();
    if !a.device().is_cpu() {
        suffixes.push(format!("device='{}'", a.device()));
    }
    let a = a.to_device(&crate::Device::cpu())?;
    let mut out = format!("{prefix}(");
    let indent = out.len();
    let summarize = a.numel() > options.threshold;
    let sizes = || {
        let sizes: Vec<String> = a.shape().iter().map(usize::to_string).collect();
        match sizes.as_slice() {
            [one] => format!("size=({one},)"),
            all => format!("size=({})", all.join(", ")),
        }
    };
    if a.numel() == 0 {
        if a.ndim() != 1 {
            suffixes.push(sizes());
        }
        out.push_str("[]");
    } else if summarize && options.edge_items == 0 {
        suffixes.push(sizes());
        out.push_str("[...]");
    } else {
        let style = Style::choose(&sample(&a, options, summarize)?, options)?;
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
    // PyTorch counts the last line for two longer than it is.
    let mut last = out.len() - out.rfind('\n').map_or(0, |i| i + 1) + 2;
    for suffix in suffixes {
        if last + suffix.len() + 2 > options.line_width {
            out.push_str(&format!(",\n{}", " ".repeat(indent)));
            last = indent + suffix.len();
        } else {
            out.push_str(", ");
            last += suffix.len() + 2;
        }
        out.push_str(&suffix);
    }
    out.push(')');
    Ok(out)
}

impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match format_array(self, "array", &printoptions(), &[]) {
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
