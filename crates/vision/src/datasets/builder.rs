//! What every dataset of files is asked with: where, which part, whether to download, what to do.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ondol_data::transforms::{ToTensor, Transform};
use ondol_tensor::{Error, Result};

use super::checksum::Resource;
use super::download::Downloader;
use super::labelled::{Labelled, TargetTransform, transforms};
use super::published::Published;

/// A dataset that is read from published files. Only this crate's own are.
pub trait Source: Sized {
    /// What there is to choose beside the split.
    type Choice: Clone + Send + Sync;

    /// Reads the files.
    ///
    /// # Errors
    /// Files that are missing or broken, a download that fails.
    fn read(files: &Files, choice: &Self::Choice) -> Result<Labelled>;

    /// The dataset of what was read.
    fn of(set: Labelled) -> Self;
}

/// Where the files of a dataset are, and whether they may be downloaded.
#[derive(Clone)]
pub struct Files {
    pub(super) published: &'static Published,
    pub(super) root: PathBuf,
    pub(super) train: bool,
    download: bool,
    downloader: Option<Downloader>,
}

impl Files {
    /// torchvision's folder.
    pub(super) fn folder(&self) -> PathBuf {
        let parts = self.published.folder.split('/').filter(|p| !p.is_empty());
        parts.fold(self.root.clone(), |path, part| path.join(part))
    }

    /// Downloads one of the published files into `folder`, where that was asked for.
    ///
    /// # Errors
    /// `missing`, which says what was looked for and where, if it was not; a download that fails.
    pub(super) fn fetch(
        &self,
        resource: &Resource,
        folder: &Path,
        missing: impl FnOnce() -> String,
    ) -> Result<PathBuf> {
        if !self.download {
            return Err(Error::data(format!(
                "Dataset not found. You can use download(true) to download it\n  {}",
                missing()
            )));
        }
        let downloader = match &self.downloader {
            Some(own) => own.clone().variable(self.published.variable),
            None => Downloader::published(self.published),
        };
        downloader.fetch(resource, folder)
    }
}

/// What to read and from where; made by [`FashionMNIST::new`](super::FashionMNIST::new) and its like.
///
/// ```no_run
/// use ondol_data::transforms::{Normalize, ToTensor, compose};
/// use ondol_vision::datasets::KMNIST;
/// # fn main() -> ondol_tensor::Result<()> {
/// let test = KMNIST::new("data")
///     .train(false)
///     .download(true)
///     .transform(compose![ToTensor, Normalize::new([0.19], [0.35])])
///     .target_transform(|y| y % 2)
///     .open()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DatasetBuilder<D: Source> {
    pub(super) files: Files,
    pub(super) choice: D::Choice,
    transform: Arc<dyn Transform>,
    target_transform: Option<TargetTransform>,
}

impl<D: Source> DatasetBuilder<D> {
    pub(super) fn new(
        published: &'static Published,
        root: impl Into<PathBuf>,
        choice: D::Choice,
    ) -> Self {
        DatasetBuilder {
            files: Files {
                published,
                root: root.into(),
                train: true,
                download: false,
                downloader: None,
            },
            choice,
            transform: Arc::new(ToTensor),
            target_transform: None,
        }
    }

    /// The part to train on (the default) or the one to test on.
    pub fn train(mut self, train: bool) -> Self {
        self.files.train = train;
        self
    }

    /// Whether to download what is missing, into torchvision's layout under the root; off by default.
    pub fn download(mut self, download: bool) -> Self {
        self.files.download = download;
        self
    }

    /// How to download: another mirror, other limits.
    pub fn downloader(mut self, downloader: Downloader) -> Self {
        self.files.downloader = Some(downloader);
        self
    }

    /// Another mirror, the address of the folder that holds the files.
    pub fn mirror(self, mirror: impl Into<String>) -> Self {
        self.downloader(Downloader::new(mirror))
    }

    transforms!();

    /// Reads the files.
    ///
    /// They are looked for in torchvision's folder below the root and then in the root itself. With
    /// `download(true)` what is missing is downloaded first and verified.
    ///
    /// # Errors
    /// Files that are missing, broken, or do not belong together; a download that fails.
    pub fn open(self) -> Result<D> {
        let mut set = D::read(&self.files, &self.choice)?;
        set.transform = self.transform;
        set.target_transform = self.target_transform;
        Ok(D::of(set))
    }
}
