//! The hue of tensors: to hue, saturation and value, a turn, and back.

use ondol_autograd::Tensor;

use super::tensors::Amount;

/// The hue of `[…, 3, H, W]` of floats from 0 to 1 turned by `factor` of the circle.
#[track_caller]
pub(super) fn turn(x: &Tensor, factor: Amount) -> Tensor {
    let (h, s, v) = to_hsv(x);
    to_rgb(&factor.plus(&h).remainder(1.0), &s, &v)
}

/// Hue, saturation and value, each `[…, H, W]`.
#[track_caller]
fn to_hsv(x: &Tensor) -> (Tensor, Tensor, Tensor) {
    let [r, g, b] = [0, 1, 2].map(|c| x.select(-3, c));
    let (most, _) = x.max_dim(-3, false);
    let (least, _) = x.min_dim(-3, false);
    let (range, flat) = (most.sub(&least), most.eq(&least));
    // A grey pixel has neither hue nor saturation; dividing by one leaves them 0, and no NaN.
    let s = range.div(Tensor::where_(&flat, 1.0, &most));
    let divisor = Tensor::where_(&flat, 1.0, &range);
    let [rc, gc, bc] = [&r, &g, &b].map(|c| most.sub(c).div(&divisor));
    let others = Tensor::where_(&most.eq(&g), rc.add(2.0).sub(&bc), gc.add(4.0).sub(&rc));
    let sixths = Tensor::where_(&most.eq(&r), bc.sub(&gc), others);
    (sixths.div(6.0).add(1.0).fmod(1.0), s, most)
}

/// Which of value, q, p and t is red, green and blue in each sixth of the circle.
const SIXTHS: [[i64; 6]; 3] = [[0, 1, 2, 2, 3, 0], [3, 0, 0, 1, 2, 2], [2, 2, 3, 0, 0, 1]];

/// `[…, 3, H, W]` of hue, saturation and value.
#[track_caller]
fn to_rgb(h: &Tensor, s: &Tensor, v: &Tensor) -> Tensor {
    let sixths = h.mul(6.0);
    let whole = sixths.floor();
    let part = sixths.sub(&whole);
    let shade = |amount: Tensor| v.mul(amount.rsub(1.0)).clamp(0.0, 1.0);
    let p = shade(s.clone());
    let q = shade(s.mul(&part));
    let t = shade(s.mul(part.rsub(1.0)));
    let shades = Tensor::stack(&[v, &q, &p, &t], -3);
    let sixth = whole.long().remainder(6);
    let places = SIXTHS.map(|row| {
        Tensor::from_vec(row.to_vec(), [6])
            .to(h.device())
            .take(&sixth)
    });
    shades.gather(-3, &Tensor::stack(&places, -3))
}
