//! Folders of files, one folder for each class.

mod listing;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ondol_autograd::Tensor;
use ondol_data::transforms::{Image, Picture, ToTensor, Transform};
use ondol_data::{Collate, Dataset, check_index};
use ondol_tensor::Result;

use self::listing::{Listing, Wanted};
use super::labelled::{TargetTransform, label, transforms};
use crate::io::read_rgb;

/// What ends the name of a picture, as torchvision has it. PNG, JPEG, BMP, PPM and PGM are read; another
/// one is listed, so that indices are torchvision's, and is an error when it is got.
pub const IMG_EXTENSIONS: [&str; 9] = [
    ".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp",
];

/// What every folder of classes offers.
macro_rules! listed {
    ($(<$generic:ident>)? $name:ident) => {
        impl$(<$generic>)? $name$(<$generic>)? {
            /// The names of the classes; a label is a place in this list.
            pub fn classes(&self) -> &[String] {
                &self.listing.classes
            }

            /// Each class's label.
            pub fn class_to_idx(&self) -> &BTreeMap<String, usize> {
                &self.listing.class_to_idx
            }

            /// All files with their labels, in order.
            pub fn samples(&self) -> &[(PathBuf, usize)] {
                &self.listing.samples
            }

            /// The label of each file.
            pub fn targets(&self) -> Vec<usize> {
                self.listing.samples.iter().map(|&(_, class)| class).collect()
            }
        }

        impl$(<$generic>)? fmt::Debug for $name$(<$generic>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("classes", &self.listing.classes.len())
                    .field("len", &self.listing.samples.len())
                    .finish_non_exhaustive()
            }
        }
    };
}

/// What every builder of one offers.
macro_rules! wanted {
    () => {
        /// Which folders are classes, in the order of their labels, instead of all, sorted.
        pub fn classes(mut self, classes: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.wanted.classes = Some(classes.into_iter().map(Into::into).collect());
            self
        }

        /// What the names of files end in, capitals and small letters alike.
        pub fn extensions(mut self, extensions: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
            let small = extensions.into_iter().map(|e| e.as_ref().to_lowercase());
            self.wanted.extensions = small.collect();
            self
        }

        /// Which files belong to the set, instead of those with the right extensions.
        pub fn is_valid_file(
            mut self,
            is_valid: impl Fn(&Path) -> bool + Send + Sync + 'static,
        ) -> Self {
            self.wanted.is_valid = Some(Arc::new(is_valid));
            self
        }

        /// Whether a class may have no file; otherwise it is an error.
        pub fn allow_empty(mut self, allow: bool) -> Self {
            self.wanted.allow_empty = allow;
            self
        }
    };
}

fn wanted(root: PathBuf, extensions: &[&str]) -> Wanted {
    Wanted {
        root,
        classes: None,
        extensions: extensions.iter().map(|&e| e.to_owned()).collect(),
        is_valid: None,
        allow_empty: false,
    }
}

type Loader<T> = Arc<dyn Fn(&Path) -> Result<T> + Send + Sync>;

/// Files of any kind in a folder for each class, `torchvision.datasets.DatasetFolder`.
///
/// A sample is what the loader makes of the file, and the label, a 0-dim `i64`. Folders below a class's
/// belong to it. A file is read when it is got.
///
/// ```
/// use ondol_data::Dataset;
/// use ondol_tensor::Error;
/// use ondol_vision::datasets::DatasetFolder;
/// # fn main() -> ondol_tensor::Result<()> {
/// # let root = tempfile::tempdir().unwrap();
/// # let root = root.path();
/// std::fs::create_dir(root.join("good")).unwrap();
/// std::fs::write(root.join("good/1.txt"), "2.5").unwrap();
/// let number = |path: &std::path::Path| {
///     let text = std::fs::read_to_string(path).map_err(|e| Error::io(path, "read", e))?;
///     text.trim().parse::<f64>().map_err(|e| Error::file(path, e.to_string()))
/// };
/// let set = DatasetFolder::new(root, number).extensions([".txt"]).open()?;
/// assert_eq!(set.get(0)?.0, 2.5);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DatasetFolder<T> {
    listing: Arc<Listing>,
    loader: Loader<T>,
    target_transform: Option<TargetTransform>,
}
listed!(<T> DatasetFolder);

/// What to read and how; made by [`DatasetFolder::new`].
#[derive(Clone)]
pub struct FolderBuilder<T> {
    wanted: Wanted,
    loader: Loader<T>,
    target_transform: Option<TargetTransform>,
}

impl<T> DatasetFolder<T> {
    /// Starts to describe the set in the folder `root`; [`open`](FolderBuilder::open) lists it. Without
    /// [`extensions`](FolderBuilder::extensions) every file belongs to it.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(
        root: impl Into<PathBuf>,
        loader: impl Fn(&Path) -> Result<T> + Send + Sync + 'static,
    ) -> FolderBuilder<T> {
        FolderBuilder {
            wanted: wanted(root.into(), &[""]),
            loader: Arc::new(loader),
            target_transform: None,
        }
    }
}

impl<T> FolderBuilder<T> {
    wanted!();

    /// What is done to a label as it is got.
    pub fn target_transform(
        mut self,
        transform: impl Fn(i64) -> i64 + Send + Sync + 'static,
    ) -> Self {
        self.target_transform = Some(Arc::new(transform));
        self
    }

    /// Lists the files; none is opened.
    ///
    /// # Errors
    /// A root that cannot be read or holds no folder, a class without a file.
    pub fn open(self) -> Result<DatasetFolder<T>> {
        Ok(DatasetFolder {
            listing: Arc::new(self.wanted.list()?),
            loader: self.loader,
            target_transform: self.target_transform,
        })
    }
}

fn target(class: usize, transform: &Option<TargetTransform>) -> Result<Tensor> {
    let class = class as i64;
    label(transform.as_ref().map_or(class, |f| f(class)))
}

impl<T: Collate> Dataset for DatasetFolder<T> {
    type Item = (T, Tensor);

    fn len(&self) -> usize {
        self.listing.samples.len()
    }

    fn get(&self, index: usize) -> Result<(T, Tensor)> {
        check_index("DatasetFolder", index, self.len())?;
        let (path, class) = &self.listing.samples[index];
        let sample = (self.loader)(path)?;
        Ok((sample, target(*class, &self.target_transform)?))
    }
}

/// Pictures in a folder for each class, `torchvision.datasets.ImageFolder`.
///
/// ```text
/// root/cat/1.png      label 0
/// root/cat/old/2.jpg  label 0
/// root/dog/1.png      label 1
/// ```
///
/// A sample is the picture in red, green and blue after the transform, `[3, H, W]` `f32` in `0..=1` by
/// default ([`ToTensor`]), and its label, a 0-dim `i64`. A picture is read when it is got; a batch needs
/// pictures of one size, so a transform usually resizes or crops them.
///
/// ```no_run
/// use ondol_vision::datasets::ImageFolder;
/// # fn main() -> ondol_tensor::Result<()> {
/// let train = ImageFolder::new("photos/train").open()?;
/// println!("{:?}: {} pictures", train.classes(), train.samples().len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ImageFolder {
    listing: Arc<Listing>,
    loader: Loader<Image>,
    transform: Arc<dyn Transform>,
    target_transform: Option<TargetTransform>,
}
listed!(ImageFolder);

/// What to read and how; made by [`ImageFolder::new`].
#[derive(Clone)]
pub struct ImageFolderBuilder {
    wanted: Wanted,
    loader: Loader<Image>,
    transform: Arc<dyn Transform>,
    target_transform: Option<TargetTransform>,
}

impl ImageFolder {
    /// Starts to describe the set in the folder `root`; [`open`](ImageFolderBuilder::open) lists it.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(root: impl Into<PathBuf>) -> ImageFolderBuilder {
        ImageFolderBuilder {
            wanted: wanted(root.into(), &IMG_EXTENSIONS),
            loader: Arc::new(read_rgb),
            transform: Arc::new(ToTensor),
            target_transform: None,
        }
    }
}

impl ImageFolderBuilder {
    wanted!();

    transforms!();

    /// How a file becomes a picture, instead of as red, green and blue.
    pub fn loader(
        mut self,
        loader: impl Fn(&Path) -> Result<Image> + Send + Sync + 'static,
    ) -> Self {
        self.loader = Arc::new(loader);
        self
    }

    /// Lists the files; none is opened.
    ///
    /// # Errors
    /// A root that cannot be read or holds no folder, a class without a picture.
    pub fn open(self) -> Result<ImageFolder> {
        Ok(ImageFolder {
            listing: Arc::new(self.wanted.list()?),
            loader: self.loader,
            transform: self.transform,
            target_transform: self.target_transform,
        })
    }
}

impl Dataset for ImageFolder {
    type Item = (Tensor, Tensor);

    fn len(&self) -> usize {
        self.listing.samples.len()
    }

    fn get(&self, index: usize) -> Result<(Tensor, Tensor)> {
        check_index("ImageFolder", index, self.len())?;
        let (path, class) = &self.listing.samples[index];
        let image = Picture::Image((self.loader)(path)?);
        let image = self.transform.apply(image)?.into_tensor()?;
        Ok((image, target(*class, &self.target_transform)?))
    }
}
