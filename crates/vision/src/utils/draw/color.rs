//! Colours by name or by number.

use ondol_tensor::{Error, Result};

use super::color_names::NAMES;

/// A colour: `[255, 0, 0]`, `(255, 0, 0)`, `"#ff0000"`, `"#f00"` or a name such as `"red"`.
///
/// The names are those of the web and of Python's Pillow.
///
/// ```
/// use ondol_vision::utils::Color;
/// assert_eq!(Color::from("tomato").rgb()?, [255, 99, 71]);
/// assert_eq!(Color::from("#0f8").rgb()?, [0, 255, 136]);
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Color(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Rgb([u8; 3]),
    Named(String),
}

impl From<[u8; 3]> for Color {
    fn from(rgb: [u8; 3]) -> Self {
        Color(Kind::Rgb(rgb))
    }
}
impl From<(u8, u8, u8)> for Color {
    fn from((r, g, b): (u8, u8, u8)) -> Self {
        Color(Kind::Rgb([r, g, b]))
    }
}
impl From<&str> for Color {
    fn from(name: &str) -> Self {
        Color(Kind::Named(name.to_owned()))
    }
}

impl Color {
    /// Red, green and blue.
    ///
    /// # Errors
    /// A name that is none.
    pub fn rgb(&self) -> Result<[u8; 3]> {
        let name = match &self.0 {
            Kind::Rgb(rgb) => return Ok(*rgb),
            Kind::Named(name) => name,
        };
        let text = name.to_ascii_lowercase();
        let number = match text.strip_prefix('#') {
            Some(digits) => hexadecimal(digits),
            None => NAMES
                .binary_search_by_key(&text.as_str(), |&(name, _)| name)
                .ok()
                .map(|at| NAMES[at].1),
        };
        match number {
            Some(number) => {
                let [_, r, g, b] = number.to_be_bytes();
                Ok([r, g, b])
            }
            None => Err(Error::value(
                "Color",
                format!(
                    "unknown color specifier: {name:?}; expected a name such as \"red\", or \"#rrggbb\""
                ),
            )),
        }
    }
}

/// Three digits, each for two, or six.
fn hexadecimal(digits: &str) -> Option<u32> {
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let long = match digits.len() {
        3 => digits.chars().flat_map(|c| [c, c]).collect(),
        6 => digits.to_owned(),
        _ => return None,
    };
    u32::from_str_radix(&long, 16).ok()
}

/// One colour for all, one for each, or torchvision's palette.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Colors {
    #[default]
    Palette,
    All(Color),
    Each(Vec<Color>),
}

impl Colors {
    /// The colours of `count` things.
    pub(super) fn resolve(&self, op: &'static str, count: usize) -> Result<Vec<[u8; 3]>> {
        match self {
            Colors::Palette => {
                const STEPS: [usize; 3] = [(1 << 25) - 1, (1 << 15) - 1, (1 << 21) - 1];
                let color = |i| STEPS.map(|step| (i * step % 255) as u8);
                Ok((0..count).map(color).collect())
            }
            Colors::All(color) => Ok(vec![color.rgb()?; count]),
            Colors::Each(colors) if colors.len() < count => Err(Error::value(
                op,
                format!("{} colours for {count} things to draw", colors.len()),
            )),
            Colors::Each(colors) => colors.iter().take(count).map(Color::rgb).collect(),
        }
    }
}

/// `color` and `colors` of a builder, into the field of that name.
macro_rules! color_builders {
    ($one:ident, $each:ident, $field:ident, $what:literal) => {
        #[doc = concat!("One colour for all ", $what, ".")]
        pub fn $one(mut self, color: impl Into<Color>) -> Self {
            self.$field = Colors::All(color.into());
            self
        }

        #[doc = concat!("A colour for each of the ", $what, ".")]
        pub fn $each(mut self, colors: impl IntoIterator<Item = impl Into<Color>>) -> Self {
            self.$field = Colors::Each(colors.into_iter().map(Into::into).collect());
            self
        }
    };
}
pub(super) use color_builders;
