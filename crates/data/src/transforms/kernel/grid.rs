//! Where in the input each output of a warp lies, as torchvision's grids say it: `x` and `y` from −1
//! to 1 between the outer edges.

use ondol_autograd::Tensor;

/// A map from outputs to the input; all numbers in `f32`, as torchvision has them.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Map {
    /// Rows of the matrix for outputs counted from the picture's middle.
    Affine([f32; 6]),
    /// The eight coefficients for outputs counted from the corner.
    Perspective([f32; 8]),
}

impl Map {
    /// An affine map over a picture, its matrix about the middle.
    pub(crate) fn affine(matrix: [f64; 6]) -> Map {
        Map::Affine(matrix.map(|m| m as f32))
    }

    /// The numbers of the map over inputs of size `[h, w]`: three for `x`, three for `y`, three for
    /// what both are divided by.
    fn terms(self, [h, w]: [usize; 2]) -> [f32; 9] {
        let (half_w, half_h) = (0.5 * w as f32, 0.5 * h as f32);
        match self {
            Map::Affine([a, b, c, d, e, f]) => [
                a / half_w,
                b / half_w,
                c / half_w,
                d / half_h,
                e / half_h,
                f / half_h,
                0.0,
                0.0,
                1.0,
            ],
            Map::Perspective([a, b, c, d, e, f, g, h]) => [
                a / half_w,
                b / half_w,
                c / half_w,
                d / half_h,
                e / half_h,
                f / half_h,
                g,
                h,
                1.0,
            ],
        }
    }

    fn is_affine(self) -> bool {
        matches!(self, Map::Affine(_))
    }

    /// The first output's place on a line of `n`.
    fn start(self, n: usize) -> f32 {
        match self {
            Map::Affine(_) => -(n as f32) * 0.5 + 0.5,
            Map::Perspective(_) => 0.5,
        }
    }
}

/// The places for all outputs.
#[derive(Clone, Debug)]
pub(crate) enum Grid {
    /// One map for all pictures, or one for each.
    Maps(Vec<Map>),
    /// A grid `[N or 1, OH, OW, 2]`.
    Places(Tensor),
}

/// Places of one picture.
pub(crate) enum Places<'a> {
    Map {
        terms: [f32; 9],
        start: [f32; 2],
        affine: bool,
    },
    Listed(&'a [f32]),
}

impl Places<'_> {
    pub(crate) fn map(map: Map, input: [usize; 2], [oh, ow]: [usize; 2]) -> Places<'static> {
        Places::Map {
            terms: map.terms(input),
            start: [map.start(oh), map.start(ow)],
            affine: map.is_affine(),
        }
    }

    /// The place of the output in row `oy` and column `ox` of `ow`.
    #[inline]
    pub(crate) fn at(&self, oy: usize, ox: usize, ow: usize) -> [f32; 2] {
        match *self {
            Places::Map {
                terms: t,
                start: [sy, sx],
                affine,
            } => {
                let (x, y) = (sx + ox as f32, sy + oy as f32);
                let (px, py) = (x * t[0] + y * t[1] + t[2], x * t[3] + y * t[4] + t[5]);
                if affine {
                    return [px, py];
                }
                let under = x * t[6] + y * t[7] + t[8];
                [px / under - 1.0, py / under - 1.0]
            }
            Places::Listed(list) => {
                let at = 2 * (oy * ow + ox);
                [list[at], list[at + 1]]
            }
        }
    }
}

/// The maps as a grid `[N, OH, OW, 2]` on the device of `x`, by the same sums.
pub(crate) fn tensor(maps: &[Map], input: [usize; 2], [oh, ow]: [usize; 2], x: &Tensor) -> Tensor {
    let Some(&first) = maps.first() else {
        return Tensor::zeros([0, oh, ow, 2]).to(x.device());
    };
    let n = maps.len();
    let terms: Vec<[f32; 9]> = maps.iter().map(|m| m.terms(input)).collect();
    let term = |i: usize| {
        let values: Vec<f32> = terms.iter().map(|t| t[i]).collect();
        Tensor::from_vec(values, [n, 1, 1]).to(x.device())
    };
    let line = |n: usize| {
        (0..n)
            .map(|i| first.start(n) + i as f32)
            .collect::<Vec<_>>()
    };
    let across = Tensor::from_vec(line(ow), [1, 1, ow]).to(x.device());
    let down = Tensor::from_vec(line(oh), [1, oh, 1]).to(x.device());
    let sum = |i: usize| {
        let sides = across.mul(term(i)).add(down.mul(term(i + 1)));
        sides.add(term(i + 2))
    };
    let (mut px, mut py) = (sum(0), sum(3));
    if !first.is_affine() {
        let under = sum(6);
        px = px.div(&under).sub(1.0);
        py = py.div(&under).sub(1.0);
    }
    Tensor::stack(&[px, py], -1)
}
