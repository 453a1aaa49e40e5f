//! Where the CUDA libraries lie: files are looked for, none is loaded.

use std::fmt;
use std::path::PathBuf;

use crate::search::search_path;

/// What the backend can use and the file names it goes by, newest first.
#[cfg(windows)]
const LIBRARIES: &[(&str, &[&str])] = &[
    ("libcuda", &["nvcuda.dll"]),
    (
        "cublas",
        &["cublas64_13.dll", "cublas64_12.dll", "cublas64_11.dll"],
    ),
    (
        "cublasLt",
        &[
            "cublasLt64_13.dll",
            "cublasLt64_12.dll",
            "cublasLt64_11.dll",
        ],
    ),
    (
        "nvrtc",
        &[
            "nvrtc64_130_0.dll",
            "nvrtc64_120_0.dll",
            "nvrtc64_112_0.dll",
        ],
    ),
    ("cudnn", &["cudnn64_9.dll", "cudnn64_8.dll"]),
];

/// What the backend can use and the file names it goes by, newest first.
#[cfg(not(windows))]
const LIBRARIES: &[(&str, &[&str])] = &[
    ("libcuda", &["libcuda.so.1", "libcuda.so"]),
    (
        "cublas",
        &[
            "libcublas.so.13",
            "libcublas.so.12",
            "libcublas.so.11",
            "libcublas.so",
        ],
    ),
    (
        "cublasLt",
        &[
            "libcublasLt.so.13",
            "libcublasLt.so.12",
            "libcublasLt.so.11",
            "libcublasLt.so",
        ],
    ),
    (
        "nvrtc",
        &[
            "libnvrtc.so.13",
            "libnvrtc.so.12",
            "libnvrtc.so.11.2",
            "libnvrtc.so",
        ],
    ),
    ("cudnn", &["libcudnn.so.9", "libcudnn.so.8", "libcudnn.so"]),
];

/// One CUDA library, found or not.
///
/// Displays as `cublas: /usr/local/cuda/lib64/libcublas.so.13` or `cublas: not found`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// `libcuda`, `cublas`, `cublasLt`, `nvrtc` or `cudnn`.
    pub name: &'static str,
    /// The file, if there is one.
    pub path: Option<PathBuf>,
}

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {}", self.name, path.display()),
            None => write!(f, "{}: not found", self.name),
        }
    }
}

/// The CUDA libraries of this machine, the first file of each along [`search_path`](crate::search_path).
///
/// Only the driver's, libcuda, is needed; without one of the others what it speeds up is done
/// another way. Nothing is loaded: some of them are hundreds of megabytes.
///
/// ```
/// for library in ondol_cuda::libraries() {
///     println!("{library}");
/// }
/// ```
pub fn libraries() -> Vec<Library> {
    find(&search_path())
}

pub(crate) fn find(directories: &[PathBuf]) -> Vec<Library> {
    LIBRARIES
        .iter()
        .map(|&(name, files)| {
            let mut candidates = directories
                .iter()
                .flat_map(|folder| files.iter().map(move |file| folder.join(file)));
            Library {
                name,
                path: candidates.find(|path| path.is_file()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn touch(folder: &Path, file: &str) -> PathBuf {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.join(file);
        std::fs::write(&path, b"").unwrap();
        path
    }

    fn path_of(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
        find(folders)
            .into_iter()
            .find(|library| library.name == name)
            .unwrap()
            .path
    }

    #[test]
    fn the_newest_of_a_folder_is_taken() {
        let temp = tempfile::tempdir().unwrap();
        let (_, files) = LIBRARIES[3];
        touch(temp.path(), files[1]);
        let newest = touch(temp.path(), files[0]);
        assert_eq!(path_of("nvrtc", &[temp.path().to_owned()]), Some(newest));
    }

    #[test]
    fn a_folder_of_that_name_is_no_library() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join(LIBRARIES[4].1[0])).unwrap();
        assert_eq!(path_of("cudnn", &[temp.path().to_owned()]), None);
    }
}
