//! Boxes with labels.

use ondol_autograd::{DType, Tensor, ok};
use ondol_tensor::{Error, Result};

use super::canvas::{Canvas, Ink, check};
use super::color::{Color, Colors, color_builders};
use super::text;

/// How [`draw_bounding_boxes`] draws; the defaults are torchvision's.
#[derive(Clone, Debug, PartialEq)]
pub struct Boxes {
    labels: Option<Vec<String>>,
    colors: Colors,
    fill: bool,
    width: usize,
    label_colors: Option<Colors>,
    label_background_colors: Option<Colors>,
    fill_labels: bool,
}

impl Default for Boxes {
    fn default() -> Self {
        Boxes {
            labels: None,
            colors: Colors::Palette,
            fill: false,
            width: 1,
            label_colors: None,
            label_background_colors: None,
            fill_labels: false,
        }
    }
}

impl Boxes {
    /// Frames of one pixel in the colours of torchvision's palette, without labels.
    pub fn new() -> Self {
        Boxes::default()
    }

    color_builders!(color, colors, colors, "boxes");

    /// A text for each box, inside of its upper left corner.
    pub fn labels(mut self, labels: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.labels = Some(labels.into_iter().map(Into::into).collect());
        self
    }

    /// Whether to lay the box's colour over what is in it, at 100 of 255.
    pub fn fill(mut self, fill: bool) -> Self {
        self.fill = fill;
        self
    }

    /// How many pixels a frame is wide.
    pub fn width(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    /// One colour for all labels, instead of the boxes', or black on a filled ground.
    pub fn label_color(mut self, color: impl Into<Color>) -> Self {
        self.label_colors = Some(Colors::All(color.into()));
        self
    }

    /// Whether labels stand on a ground of the box's colour.
    pub fn fill_labels(mut self, fill: bool) -> Self {
        self.fill_labels = fill;
        self
    }

    /// One colour for the ground of all labels, instead of the boxes'.
    pub fn label_background_color(mut self, color: impl Into<Color>) -> Self {
        self.label_background_colors = Some(Colors::All(color.into()));
        self
    }
}

/// Boxes drawn on a picture, `torchvision.utils.draw_bounding_boxes`.
///
/// `image` is `[1 or 3, H, W]` of `u8`, or of a float type in `0..=1`; `boxes` is `[N, 4]` with the left,
/// top, right and bottom pixel of each, both ends drawn. Gives `[3, H, W]` of the image's type; without a
/// box, the image itself. Frames and fillings are torchvision's to the pixel. Labels are set in letters
/// of 8 × 8 pixels.
///
/// # Panics
/// Where the image, the boxes or the number of labels or colours is another.
///
/// ```
/// use ondol_autograd::{Tensor, tensor};
/// use ondol_vision::utils::{Boxes, draw_bounding_boxes};
/// let image = Tensor::zeros([3, 40, 60]);
/// let boxes = tensor!([[5, 5, 30, 20], [10, 10, 55, 35]]);
/// let drawn = draw_bounding_boxes(&image, &boxes, &Boxes::new().labels(["cat", "dog"]));
/// assert_eq!(drawn.shape(), [3, 40, 60]);
/// ```
#[track_caller]
pub fn draw_bounding_boxes(image: &Tensor, boxes: &Tensor, options: &Boxes) -> Tensor {
    ok(draw(image, boxes, options))
}

fn draw(image: &Tensor, boxes: &Tensor, options: &Boxes) -> Result<Tensor> {
    let op = "draw_bounding_boxes";
    let refuse = |message: String| Err(Error::value(op, message));
    check(op, image, &[1, 3])?;
    let shape = boxes.shape();
    let [count, 4] = shape[..] else {
        return refuse(format!("got boxes {shape:?}, expected [N, 4]"));
    };
    if count == 0 {
        return Ok(image.detach());
    }
    if let Some(labels) = options.labels.as_ref().filter(|l| l.len() != count) {
        return refuse(format!(
            "Number of boxes ({count}) and labels ({}) mismatch. Please specify labels for each box.",
            labels.len()
        ));
    }
    let corners = boxes
        .detach()
        .cpu()
        .to_dtype(DType::F64)
        .contiguous()
        .to_vec::<f64>();
    if corners.chunks_exact(4).any(|b| b[0] > b[2] || b[1] > b[3]) {
        return refuse("Boxes need to be in (xmin, ymin, xmax, ymax) format".into());
    }

    let colors = options.colors.resolve(op, count)?;
    let label_colors = match (&options.label_colors, options.fill_labels) {
        (Some(own), _) => own.resolve(op, count)?,
        (None, true) => vec![[0; 3]; count],
        (None, false) => colors.clone(),
    };
    let grounds = match &options.label_background_colors {
        Some(own) => own.resolve(op, count)?,
        None => colors.clone(),
    };
    let mut canvas = Canvas::of(image);
    let width = options.width as i64;
    for (i, corners) in corners.chunks_exact(4).enumerate() {
        let place = [0, 1, 2, 3].map(|c| corners[c] as i64);
        if options.fill {
            let ink = Ink {
                rgb: colors[i],
                alpha: 100,
            };
            canvas.fill(place, ink);
        }
        canvas.frame(place, width, Ink::opaque(colors[i]));
        let Some(label) = options.labels.as_ref().map(|labels| &labels[i]) else {
            continue;
        };
        let (left, top) = (place[0] + width + 1, place[1] + width + 1);
        if options.fill_labels {
            let (right, bottom) = (left + text::width(label), top + text::SIDE);
            canvas.fill([left - 1, top - 1, right, bottom], Ink::opaque(grounds[i]));
        }
        canvas.text(left, top, label, Ink::opaque(label_colors[i]));
    }
    canvas.into_tensor()
}
