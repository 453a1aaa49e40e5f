//! Points and the lines between them.

use ondol_autograd::{DType, Tensor, ok};
use ondol_tensor::{Error, Result};

use super::canvas::{Canvas, Ink, check};
use super::color::Color;

/// How [`draw_keypoints`] draws; the defaults are torchvision's, but that points are white without a
/// colour where torchvision draws none.
#[derive(Clone, Debug)]
pub struct Keypoints {
    connectivity: Vec<(usize, usize)>,
    color: Color,
    radius: usize,
    width: usize,
    visibility: Option<Tensor>,
}

impl Default for Keypoints {
    fn default() -> Self {
        Keypoints {
            connectivity: Vec::new(),
            color: Color::from([255; 3]),
            radius: 2,
            width: 3,
            visibility: None,
        }
    }
}

impl Keypoints {
    /// White discs of radius 2, without lines.
    pub fn new() -> Self {
        Keypoints::default()
    }

    /// The points' colour.
    pub fn color(mut self, color: impl Into<Color>) -> Self {
        self.color = color.into();
        self
    }

    /// Which points of an instance a white line joins.
    pub fn connectivity(mut self, pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        self.connectivity = pairs.into_iter().collect();
        self
    }

    /// The points' radius; 0 draws no points, only lines.
    pub fn radius(mut self, radius: usize) -> Self {
        self.radius = radius;
        self
    }

    /// How many pixels a line is wide.
    pub fn width(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    /// Which points are drawn, `[instances, points]`: those that are not 0, and the lines between them.
    pub fn visibility(mut self, visibility: Tensor) -> Self {
        self.visibility = Some(visibility);
        self
    }
}

/// Points drawn on a picture, `torchvision.utils.draw_keypoints`.
///
/// `image` is `[3, H, W]` of `u8`, or of a float type in `0..=1`; `keypoints` is `[instances, points, 2]`
/// with the column and the row of each. Gives the image's shape and type.
///
/// # Panics
/// Where the image, the points or their visibility is another, or a line joins a point that is not there.
///
/// ```
/// use ondol_autograd::{Tensor, tensor};
/// use ondol_vision::utils::{Keypoints, draw_keypoints};
/// let points = tensor!([[[3, 4], [12, 4]]]);
/// let options = Keypoints::new().color("red").connectivity([(0, 1)]);
/// let drawn = draw_keypoints(&Tensor::zeros([3, 9, 16]), &points, &options);
/// assert_eq!(drawn.shape(), [3, 9, 16]);
/// ```
#[track_caller]
pub fn draw_keypoints(image: &Tensor, keypoints: &Tensor, options: &Keypoints) -> Tensor {
    ok(draw(image, keypoints, options))
}

fn draw(image: &Tensor, keypoints: &Tensor, options: &Keypoints) -> Result<Tensor> {
    let op = "draw_keypoints";
    let refuse = |message: String| Err(Error::value(op, message));
    check(op, image, &[3])?;
    let shape = keypoints.shape();
    let [instances, points, 2] = shape[..] else {
        return refuse(format!(
            "got keypoints {shape:?}, expected [instances, points, 2]"
        ));
    };
    let visible = match &options.visibility {
        None => vec![true; instances * points],
        Some(visible) => {
            let sizes = visible.shape();
            if ![vec![instances, points], vec![instances, points, 1]].contains(&sizes.to_vec()) {
                return refuse(format!(
                    "got visibility {sizes:?}, expected [{instances}, {points}], one for each point"
                ));
            }
            let visible = visible.detach().cpu().to_dtype(DType::Bool);
            let bytes = visible.to_dtype(DType::U8).contiguous().to_vec::<u8>();
            bytes.into_iter().map(|v| v != 0).collect()
        }
    };
    if let Some((a, b)) = options
        .connectivity
        .iter()
        .find(|(a, b)| *a.max(b) >= points)
    {
        return refuse(format!("a line joins points {a} and {b} of {points}"));
    }
    let places = keypoints
        .detach()
        .cpu()
        .to_dtype(DType::F64)
        .contiguous()
        .to_vec::<f64>();
    let place = |i: usize| (places[2 * i] as i64, places[2 * i + 1] as i64);
    let ink = Ink::opaque(options.color.rgb()?);
    let mut canvas = Canvas::of(image);
    for instance in 0..instances {
        let first = instance * points;
        for i in (first..first + points).filter(|&i| visible[i]) {
            let (x, y) = place(i);
            canvas.disc(x, y, options.radius as i64, ink);
        }
        for &(a, b) in &options.connectivity {
            let (a, b) = (first + a, first + b);
            if visible[a] && visible[b] {
                let white = Ink::opaque([255; 3]);
                canvas.line(place(a), place(b), options.width as i64, white);
            }
        }
    }
    canvas.into_tensor()
}
