//! Letters of 8 × 8 pixels.

use font8x8::{
    BASIC_FONTS, BLOCK_FONTS, BOX_FONTS, GREEK_FONTS, HIRAGANA_FONTS, LATIN_FONTS, UnicodeFonts,
};

use super::canvas::{Canvas, Ink};

/// Width and height of a letter.
pub(super) const SIDE: i64 = 8;

/// How wide a text is.
pub(super) fn width(text: &str) -> i64 {
    text.chars().count() as i64 * SIDE
}

impl Canvas {
    /// Text from its upper left corner on. A letter that the font lacks is a box.
    pub(super) fn text(&mut self, left: i64, top: i64, text: &str, ink: Ink) {
        for (i, letter) in (0..).zip(text.chars()) {
            for (y, row) in (0..).zip(glyph(letter)) {
                for x in (0..SIDE).filter(|x| row >> x & 1 == 1) {
                    self.point(left + i * SIDE + x, top + y, ink);
                }
            }
        }
    }
}

fn glyph(letter: char) -> [u8; 8] {
    const UNKNOWN: [u8; 8] = [0x7f, 0x41, 0x41, 0x41, 0x41, 0x41, 0x7f, 0];
    BASIC_FONTS
        .get(letter)
        .or_else(|| LATIN_FONTS.get(letter))
        .or_else(|| GREEK_FONTS.get(letter))
        .or_else(|| HIRAGANA_FONTS.get(letter))
        .or_else(|| BOX_FONTS.get(letter))
        .or_else(|| BLOCK_FONTS.get(letter))
        .unwrap_or(UNKNOWN)
}
