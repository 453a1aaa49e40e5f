//! The colours of all figures.

use plotters::style::RGBAColor;

/// Red, green, blue and how opaque.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Color(pub(super) [u8; 3], pub(super) f64);

pub(super) const INK: Color = Color([36, 41, 47], 1.0);
pub(super) const MUTED: Color = Color([107, 114, 128], 1.0);
pub(super) const GRID: Color = Color([229, 231, 235], 1.0);
pub(super) const WHITE: Color = Color([255, 255, 255], 1.0);
pub(super) const BLUE: Color = Color([47, 111, 219], 1.0);
pub(super) const ORANGE: Color = Color([232, 113, 10], 1.0);
pub(super) const GREEN: Color = Color([36, 148, 78], 1.0);
pub(super) const RED: Color = Color([210, 50, 50], 1.0);

/// Colours of classes and lines, told apart by the colour-blind too.
const CYCLE: [Color; 10] = [
    BLUE,
    ORANGE,
    GREEN,
    RED,
    Color([130, 80, 200], 1.0),
    Color([140, 90, 60], 1.0),
    Color([220, 90, 170], 1.0),
    Color([100, 110, 120], 1.0),
    Color([170, 160, 20], 1.0),
    Color([20, 170, 190], 1.0),
];

pub(super) fn cycle(i: usize) -> Color {
    CYCLE[i % CYCLE.len()]
}

impl Color {
    pub(super) fn alpha(self, alpha: f64) -> Color {
        Color(self.0, alpha)
    }

    /// On the way from this colour, at 0, to another, at 1.
    pub(super) fn towards(self, other: Color, share: f64) -> Color {
        let share = share.clamp(0.0, 1.0);
        let mix = |i: usize| {
            let (a, b) = (f64::from(self.0[i]), f64::from(other.0[i]));
            (a + (b - a) * share).round() as u8
        };
        Color([mix(0), mix(1), mix(2)], self.1)
    }

    pub(super) fn rgba(self) -> RGBAColor {
        let [r, g, b] = self.0;
        RGBAColor(r, g, b, self.1)
    }
}
