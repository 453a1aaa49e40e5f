//! Fashion-MNIST: 70,000 grey pictures of garments in ten classes, by Zalando Research.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ondol_data::transforms::{ToTensor, Transform};
use ondol_tensor::{Error, Result};

use super::checksum::FASHION_MNIST;
use super::download::Downloader;
use super::idx::{self, Idx};
use super::labelled::{Labelled, PIXELS, SIDE, TargetTransform, labelled_dataset};

/// The names of the ten classes; a label is a place in this list.
pub const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// Pictures of garments in ten classes, `torchvision.datasets.FashionMNIST`.
///
/// A sample is the image after the transform, `[1, 28, 28]` `f32` in `0..=1` by default
/// ([`ToTensor`]), and its label, a 0-dim `i64`.
///
/// ```no_run
/// use ondol_data::{DataLoader, Dataset};
/// use ondol_vision::datasets::FashionMNIST;
/// # fn main() -> ondol_tensor::Result<()> {
/// let train = FashionMNIST::new("data").train(true).download(true).open()?;
/// assert_eq!(train.len(), 60_000);
/// for batch in &DataLoader::new(train).batch_size(64).shuffle(true) {
///     let (images, labels) = batch?; // [64, 1, 28, 28] and [64]
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FashionMNIST {
    set: Labelled,
}
labelled_dataset!(FashionMNIST);

impl FashionMNIST {
    /// Starts to describe the set in the folder `root`; [`open`](FashionMNISTBuilder::open) reads it.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(root: impl Into<PathBuf>) -> FashionMNISTBuilder {
        FashionMNISTBuilder {
            root: root.into(),
            train: true,
            download: false,
            downloader: None,
            transform: Arc::new(ToTensor),
            target_transform: None,
        }
    }
}

/// What to read and from where; made by [`FashionMNIST::new`].
#[derive(Clone)]
pub struct FashionMNISTBuilder {
    root: PathBuf,
    train: bool,
    download: bool,
    downloader: Option<Downloader>,
    transform: Arc<dyn Transform>,
    target_transform: Option<TargetTransform>,
}

impl FashionMNISTBuilder {
    /// The 60,000 pictures to train (the default) or the 10,000 to test.
    pub fn train(mut self, train: bool) -> Self {
        self.train = train;
        self
    }

    /// Whether to download what is missing, into torchvision's layout under the root; off by default.
    pub fn download(mut self, download: bool) -> Self {
        self.download = download;
        self
    }

    /// How to download: another mirror, other limits.
    pub fn downloader(mut self, downloader: Downloader) -> Self {
        self.downloader = Some(downloader);
        self
    }

    /// Another mirror, the address of the folder that holds the four files.
    pub fn mirror(self, mirror: impl Into<String>) -> Self {
        self.downloader(Downloader::new(mirror))
    }

    /// What is done to a picture as it is got, instead of [`ToTensor`]; it must end in a tensor.
    pub fn transform(mut self, transform: impl Transform + 'static) -> Self {
        self.transform = Arc::new(transform);
        self
    }

    /// What is done to a label as it is got.
    pub fn target_transform(
        mut self,
        transform: impl Fn(i64) -> i64 + Send + Sync + 'static,
    ) -> Self {
        self.target_transform = Some(Arc::new(transform));
        self
    }

    /// Reads the files.
    ///
    /// They are looked for in `root/FashionMNIST/raw`, torchvision's layout, and then in `root` itself,
    /// unpacked or gzip. With `download(true)` what is missing is downloaded first and verified.
    ///
    /// # Errors
    /// Files that are missing, broken, or do not belong together; a download that fails.
    pub fn open(self) -> Result<FashionMNIST> {
        let (images, labels) = self.locate()?;
        let (images, labels) = load(&images, &labels)?;
        let mut set = Labelled::new("FashionMNIST", images, labels);
        set.transform = self.transform;
        set.target_transform = self.target_transform;
        Ok(FashionMNIST { set })
    }

    fn locate(&self) -> Result<(PathBuf, PathBuf)> {
        let published = if self.train {
            &FASHION_MNIST[..2]
        } else {
            &FASHION_MNIST[2..]
        };
        let raw = self.root.join("FashionMNIST").join("raw");
        let in_folder = |folder: &Path| {
            let mut found = published.iter().filter_map(|r| find(folder, r.name));
            Some((found.next()?, found.next()?))
        };
        if let Some(found) = in_folder(&raw).or_else(|| in_folder(&self.root)) {
            return Ok(found);
        }
        if !self.download {
            return Err(Error::data(format!(
                "Dataset not found. You can use download(true) to download it\n  looked for {} and {}, with or without .gz, in {} and in {}",
                published[0].name.trim_end_matches(".gz"),
                published[1].name.trim_end_matches(".gz"),
                raw.display(),
                self.root.display()
            )));
        }
        let downloader = self
            .downloader
            .clone()
            .unwrap_or_else(Downloader::fashion_mnist);
        let mut paths = Vec::with_capacity(2);
        for resource in published {
            paths.push(match find(&raw, resource.name) {
                Some(path) => path,
                None => downloader.fetch(resource, &raw)?,
            });
        }
        let labels = paths.remove(1);
        Ok((paths.remove(0), labels))
    }
}

/// The file unpacked, which is quicker to read, or as it was downloaded.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    [name.trim_end_matches(".gz"), name]
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
}

/// All pixels and labels, checked against each other.
fn load(images: &Path, labels: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    let Idx { dims, data: pixels } = idx::read(images, 3)?;
    if dims[1..] != [SIDE, SIDE] {
        return Err(Error::file(
            images,
            format!(
                "images of {} × {} pixels, expected {SIDE} × {SIDE}",
                dims[1], dims[2]
            ),
        ));
    }
    let classes = idx::read(labels, 1)?.data;
    if classes.len() != dims[0] {
        return Err(Error::file(
            labels,
            format!(
                "{} labels, expected {}, one for each image of {}",
                classes.len(),
                dims[0],
                images.display()
            ),
        ));
    }
    if let Some(at) = classes
        .iter()
        .position(|&label| usize::from(label) >= CLASSES.len())
    {
        return Err(Error::file(
            labels,
            format!(
                "label {at} is {}, expected less than {}",
                classes[at],
                CLASSES.len()
            ),
        ));
    }
    debug_assert_eq!(pixels.len(), classes.len() * PIXELS);
    Ok((pixels, classes))
}
