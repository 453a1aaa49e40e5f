//! How much is added around a picture.

use std::fmt;

use super::repr::int_tuple;

/// The `padding` of `torchvision.transforms.Pad`: one number for all sides, `(left/right, top/bottom)`,
/// or `(left, top, right, bottom)`. What is negative is cut off.
///
/// ```
/// use ondol_data::transforms::Padding;
/// assert_eq!(Padding::from((1, 2)).sides(), [1, 2, 1, 2]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// All sides.
    All(isize),
    /// Left and right, top and bottom.
    Two(isize, isize),
    /// Left, top, right, bottom.
    Four(isize, isize, isize, isize),
}

impl Padding {
    /// Left, top, right, bottom.
    pub fn sides(self) -> [isize; 4] {
        match self {
            Padding::All(n) => [n; 4],
            Padding::Two(x, y) => [x, y, x, y],
            Padding::Four(left, top, right, bottom) => [left, top, right, bottom],
        }
    }
}

impl fmt::Display for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Padding::All(n) => write!(f, "{n}"),
            Padding::Two(x, y) => f.write_str(&int_tuple(&[x, y])),
            Padding::Four(..) => f.write_str(&int_tuple(&self.sides())),
        }
    }
}

impl From<isize> for Padding {
    fn from(n: isize) -> Self {
        Padding::All(n)
    }
}

impl From<[isize; 1]> for Padding {
    fn from([n]: [isize; 1]) -> Self {
        Padding::All(n)
    }
}

macro_rules! several {
    ($two:ty, $four:ty, $a:ident $b:ident $c:ident $d:ident, $p2:pat, $p4:pat) => {
        impl From<$two> for Padding {
            fn from($p2: $two) -> Self {
                Padding::Two($a, $b)
            }
        }
        impl From<$four> for Padding {
            fn from($p4: $four) -> Self {
                Padding::Four($a, $b, $c, $d)
            }
        }
    };
}
several!((isize, isize), (isize, isize, isize, isize), a b c d, (a, b), (a, b, c, d));
several!([isize; 2], [isize; 4], a b c d, [a, b], [a, b, c, d]);
