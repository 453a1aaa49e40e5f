//! Pictures in a terminal.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ondol_autograd::{DType, Tensor, ok};
use ondol_tensor::Result;

use super::grid::{Grid, lay_out};
use crate::io::encode_png;

/// Pictures in notebooks are made about this wide, a whole number of times.
const NOTEBOOK_WIDTH: usize = 560;

/// From dark to light, for terminals without colour.
const SHADES: &[u8] = b" .:-=+*#%@";

/// A picture to be printed; made by [`preview`].
#[derive(Clone, Debug)]
pub struct Preview {
    /// Rows of red, green and blue in `0..=1`.
    pixels: Vec<[f32; 3]>,
    width: usize,
    height: usize,
    columns: usize,
    color: bool,
}

/// A picture or a batch of them, to be printed: two pixels a character, one above the other, in 24-bit
/// colour; as grey letters where the environment variable `NO_COLOR` is set.
///
/// Takes what [`make_grid`](super::make_grid) takes, floats in `0..=1` or `u8`.
///
/// # Panics
/// Where the tensor is no picture of 1 or 3 channels.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_vision::utils::preview;
/// let image = Tensor::from_vec(vec![0.0f32, 1.0, 0.0, 1.0], [2, 2]);
/// assert_eq!(preview(&image).color(false).to_string(), " @\n");
/// println!("{}", preview(&Tensor::rand([3, 28, 28])).width(40));
/// ```
#[track_caller]
pub fn preview(images: &Tensor) -> Preview {
    ok(read(images))
}

fn read(images: &Tensor) -> Result<Preview> {
    let bytes = images.dtype() == DType::U8;
    let (values, [planes, height, width]) = lay_out("preview", images, &Grid::new(), true)?;
    if planes != 3 || height * width == 0 {
        return Err(ondol_tensor::Error::value(
            "preview",
            format!(
                "got {:?}, expected 1 or 3 channels of pixels",
                images.shape()
            ),
        ));
    }
    let area = height * width;
    let scale = if bytes { 1.0 / 255.0 } else { 1.0 };
    let value = |c: usize, i: usize| (values[c * area + i] * scale).clamp(0.0, 1.0);
    Ok(Preview {
        pixels: (0..area).map(|i| [0, 1, 2].map(|c| value(c, i))).collect(),
        width,
        height,
        columns: width.min(80),
        color: std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    })
}

impl Preview {
    /// How many characters a line has, at least 1; otherwise the picture's width, at most 80. The
    /// height follows.
    pub fn width(mut self, columns: usize) -> Self {
        self.columns = columns.max(1);
        self
    }

    /// Whether to print in colour, whatever the environment says.
    pub fn color(mut self, on: bool) -> Self {
        self.color = on;
        self
    }

    /// Shows the picture in a notebook. The evcxr kernel calls it where a cell ends with a preview.
    pub fn evcxr_display(&self) {
        println!("{}", self.notebook());
    }

    /// What [`Preview::evcxr_display`] prints: the picture as a PNG, small ones enlarged, and as text.
    ///
    /// ```
    /// use ondol_autograd::Tensor;
    /// use ondol_vision::utils::{Grid, make_grid, preview};
    /// let images = Tensor::rand([4, 1, 28, 28]);
    /// let shown = preview(&make_grid(&images, &Grid::new().nrow(2))).notebook();
    /// assert!(shown.starts_with("EVCXR_BEGIN_CONTENT image/png\niVBOR"));
    /// ```
    pub fn notebook(&self) -> String {
        let times = (NOTEBOOK_WIDTH / self.width).max(1);
        let (width, height) = (self.width * times, self.height * times);
        let plane = |c: usize| {
            let at = move |i: usize| i / width / times * self.width + i % width / times;
            (0..width * height).map(move |i| bytes(self.pixels[at(i)])[c])
        };
        let image = Tensor::from_vec((0..3).flat_map(plane).collect(), [3, height, width]);
        let png = ok(encode_png(&image));
        format!(
            "EVCXR_BEGIN_CONTENT image/png\n{}\nEVCXR_END_CONTENT\n\
             EVCXR_BEGIN_CONTENT text/plain\n{self}EVCXR_END_CONTENT",
            STANDARD.encode(png)
        )
    }

    /// The mean of the pixels that a point of the printed picture stands for.
    fn mean(&self, column: usize, row: usize, rows: usize) -> [f32; 3] {
        let span = |at: usize, of: usize, size: usize| {
            let from = at * size / of;
            from..((at + 1) * size / of).max(from + 1)
        };
        let (ys, xs) = (
            span(row, rows, self.height),
            span(column, self.columns, self.width),
        );
        let count = (ys.len() * xs.len()) as f32;
        let mut sum = [0.0; 3];
        for y in ys {
            for x in xs.clone() {
                let pixel = self.pixels[y * self.width + x];
                (0..3).for_each(|c| sum[c] += pixel[c]);
            }
        }
        sum.map(|s| s / count)
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = (self.height * self.columns).div_ceil(self.width).max(1);
        for top in (0..rows).step_by(2) {
            let mut last = None;
            for column in 0..self.columns {
                let upper = self.mean(column, top, rows);
                let lower = (top + 1 < rows).then(|| self.mean(column, top + 1, rows));
                if !self.color {
                    let below = lower.unwrap_or(upper);
                    let grey = (luminance(upper) + luminance(below)) / 2.0;
                    let shade = (grey * (SHADES.len() - 1) as f32).round() as usize;
                    write!(f, "{}", SHADES[shade] as char)?;
                    continue;
                }
                let colors = (bytes(upper), lower.map(bytes));
                // Colours stay until others are set.
                if last != Some(colors) {
                    let (above, below) = colors;
                    write!(f, "\x1b[38;2;{};{};{}", above[0], above[1], above[2])?;
                    match below {
                        Some([r, g, b]) => write!(f, ";48;2;{r};{g};{b}m")?,
                        None => write!(f, ";49m")?,
                    }
                    last = Some(colors);
                }
                f.write_str("▀")?;
            }
            f.write_str(if self.color { "\x1b[0m\n" } else { "\n" })?;
        }
        Ok(())
    }
}

fn luminance([r, g, b]: [f32; 3]) -> f32 {
    (0.299 * r + 0.587 * g + 0.114 * b).clamp(0.0, 1.0)
}

fn bytes(color: [f32; 3]) -> [u8; 3] {
    color.map(|x| (x * 255.0 + 0.5) as u8)
}
