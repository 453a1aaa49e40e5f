//! EMNIST: handwritten letters and digits, six ways to split and label them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;
use ondol_tensor::{Error, Result};

use super::files::{find_both, missing, read_pair};
use crate::datasets::archive::{ZipArchive, write};
use crate::datasets::builder::{DatasetBuilder, Files, Source};
use crate::datasets::labelled::{Labelled, Size, labelled_dataset};
use crate::datasets::published;

/// Digits, capitals, small letters.
const BY_CLASS: [&str; 62] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F", "G", "H", "I",
    "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "a", "b",
    "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u",
    "v", "w", "x", "y", "z",
];
/// Without the small letters that look like their capitals.
const MERGED: [&str; 47] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A", "B", "C", "D", "E", "F", "G", "H", "I",
    "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "a", "b",
    "d", "e", "f", "g", "h", "n", "q", "r", "t",
];
/// The labels begin at 1.
const LETTERS: [&str; 27] = [
    "N/A", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q",
    "r", "s", "t", "u", "v", "w", "x", "y", "z",
];
const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// How [`EMNIST`] is split and labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EmnistSplit {
    /// 814,255 pictures in 62 classes: digits, capitals and small letters.
    ByClass,
    /// The same pictures in 47 classes: small letters that look like their capitals go with them.
    ByMerge,
    /// 131,600 pictures, each of the 47 classes as often as the others.
    Balanced,
    /// 145,600 letters in 26 classes, labelled from 1 on.
    Letters,
    /// 280,000 digits.
    Digits,
    /// 70,000 digits, as many as [`MNIST`](super::MNIST) has.
    Mnist,
}

impl EmnistSplit {
    /// All of them.
    pub const ALL: [EmnistSplit; 6] = [
        EmnistSplit::ByClass,
        EmnistSplit::ByMerge,
        EmnistSplit::Balanced,
        EmnistSplit::Letters,
        EmnistSplit::Digits,
        EmnistSplit::Mnist,
    ];

    /// torchvision's name of it, which the files bear.
    pub fn name(self) -> &'static str {
        match self {
            EmnistSplit::ByClass => "byclass",
            EmnistSplit::ByMerge => "bymerge",
            EmnistSplit::Balanced => "balanced",
            EmnistSplit::Letters => "letters",
            EmnistSplit::Digits => "digits",
            EmnistSplit::Mnist => "mnist",
        }
    }

    /// The names of its classes.
    pub fn classes(self) -> &'static [&'static str] {
        match self {
            EmnistSplit::ByClass => &BY_CLASS,
            EmnistSplit::ByMerge | EmnistSplit::Balanced => &MERGED,
            EmnistSplit::Letters => &LETTERS,
            EmnistSplit::Digits | EmnistSplit::Mnist => &DIGITS,
        }
    }
}

impl fmt::Display for EmnistSplit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Pictures of handwritten letters and digits, `torchvision.datasets.EMNIST`.
///
/// The pictures lie on their side, as they are published and as torchvision gives them;
/// [`upright`](DatasetBuilder::upright) turns them. The download is one archive of 562 MB for all splits;
/// what the asked one needs is taken out of it.
///
/// ```no_run
/// use ondol_vision::datasets::{EMNIST, EmnistSplit};
/// # fn main() -> ondol_tensor::Result<()> {
/// let train = EMNIST::new("data", EmnistSplit::Balanced).upright(true).download(true).open()?;
/// assert_eq!(train.classes().len(), 47);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct EMNIST {
    set: Labelled,
}
labelled_dataset!(EMNIST);

/// What there is to choose of EMNIST.
#[derive(Clone)]
pub struct EmnistChoice {
    split: EmnistSplit,
    upright: bool,
}

impl EMNIST {
    /// Starts to describe a split in the folder `root`; [`open`](DatasetBuilder::open) reads it.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(root: impl Into<PathBuf>, split: EmnistSplit) -> DatasetBuilder<EMNIST> {
        let choice = EmnistChoice {
            split,
            upright: false,
        };
        DatasetBuilder::new(&published::EMNIST, root, choice)
    }
}

impl DatasetBuilder<EMNIST> {
    /// Whether to swap rows and columns, so that letters stand as they are written; off by default, as
    /// torchvision gives them.
    pub fn upright(mut self, upright: bool) -> Self {
        self.choice.upright = upright;
        self
    }
}

impl Source for EMNIST {
    type Choice = EmnistChoice;

    fn read(files: &Files, choice: &EmnistChoice) -> Result<Labelled> {
        let part = if files.train { "train" } else { "test" };
        let name = |kind: &str| format!("emnist-{}-{part}-{kind}-ubyte", choice.split);
        let names = [name("images-idx3"), name("labels-idx1")];
        let names = [names[0].as_str(), names[1].as_str()];
        let [images, labels] = match find_both(files, names)? {
            Some(found) => found,
            None => from_archive(files, names)?,
        };
        let mut set = read_pair("EMNIST", choice.split.classes(), &images, &labels)?;
        if choice.upright {
            let pixels = Arc::make_mut(&mut set.images);
            pixels
                .chunks_exact_mut(Size::MNIST.bytes())
                .for_each(transpose);
        }
        Ok(set)
    }

    fn of(set: Labelled) -> Self {
        EMNIST { set }
    }
}

/// The two files, taken out of the archive, which is downloaded if need be.
fn from_archive(files: &Files, names: [&str; 2]) -> Result<[PathBuf; 2]> {
    let raw = files.folder();
    let published = &files.published.files[0];
    let there = [raw.join(published.name), files.root.join(published.name)]
        .into_iter()
        .find(|path| path.is_file());
    let archive = match there {
        Some(path) => path,
        None => files.fetch(published, &raw, || {
            format!("{}, nor {} there", missing(files, names), published.name)
        })?,
    };
    Ok([
        take_out(&archive, names[0], &raw)?,
        take_out(&archive, names[1], &raw)?,
    ])
}

fn take_out(archive: &Path, name: &str, to: &Path) -> Result<PathBuf> {
    let mut zip = ZipArchive::open(archive)?;
    let Some(member) = zip.find(&format!("{name}.gz")) else {
        return Err(Error::file(
            archive,
            format!("it has no member {name}.gz; expected the archive that EMNIST is published as"),
        ));
    };
    let packed = std::io::BufReader::new(zip.reader(member)?);
    write(archive, MultiGzDecoder::new(packed), &to.join(name))
}

fn transpose(picture: &mut [u8]) {
    let side = Size::MNIST.width;
    for row in 0..side {
        for column in 0..row {
            picture.swap(row * side + column, column * side + row);
        }
    }
}
