//! The folders the CUDA libraries are looked for in.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Below a toolkit's folder.
const TOOLKIT: &[&str] = if cfg!(windows) {
    &["bin", "bin/x64"]
} else {
    &[
        "lib64",
        "lib",
        "targets/x86_64-linux/lib",
        "targets/sbsa-linux/lib",
    ]
};

/// Below a folder of a Python wheel.
const WHEEL: &[&str] = if cfg!(windows) {
    &["bin", "bin/x86_64"]
} else {
    &["lib"]
};

/// Where a system's own loader looks.
const SYSTEM: &[&str] = if cfg!(windows) {
    &["C:/Windows/System32"]
} else {
    &[
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib64",
        "/usr/lib",
        "/usr/lib/wsl/lib",
        "/run/opengl-driver/lib",
    ]
};

/// The folders [`libraries`](crate::libraries()) looks in, in order.
///
/// 1. `ONDOL_CUDA_PATH`: the folder itself, then its `lib64` and the like.
/// 2. `CUDA_HOME`, then `CUDA_PATH`: `lib64` and the like (`bin` on Windows).
/// 3. `VIRTUAL_ENV`, then `CONDA_PREFIX`: `nvidia/*/lib` of their site-packages, where the wheels
///    that come with PyTorch put them.
/// 4. `/usr/local/cuda/lib64`; on Windows the toolkits under `Program Files`, newest first.
/// 5. Where the system's loader looks: `LD_LIBRARY_PATH` (`PATH` on Windows) and its own folders.
pub fn search_path() -> Vec<PathBuf> {
    directories(&|name| std::env::var_os(name).filter(|value| !value.is_empty()))
}

fn directories(var: &dyn Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let mut all = Vec::new();
    if let Some(own) = var("ONDOL_CUDA_PATH") {
        all.push(PathBuf::from(&own));
        all.extend(below(Path::new(&own), TOOLKIT));
    }
    for name in ["CUDA_HOME", "CUDA_PATH"] {
        all.extend(
            var(name)
                .into_iter()
                .flat_map(|root| below(Path::new(&root), TOOLKIT)),
        );
    }
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        all.extend(
            var(name)
                .into_iter()
                .flat_map(|root| wheels(Path::new(&root))),
        );
    }
    if cfg!(windows) {
        if let Some(program_files) = var("ProgramFiles") {
            let toolkits = Path::new(&program_files).join("NVIDIA GPU Computing Toolkit/CUDA");
            all.extend(
                children(&toolkits)
                    .iter()
                    .rev()
                    .flat_map(|root| below(root, TOOLKIT)),
            );
        }
    } else {
        all.extend(below(Path::new("/usr/local/cuda"), TOOLKIT));
    }
    let loader = var(if cfg!(windows) {
        "PATH"
    } else {
        "LD_LIBRARY_PATH"
    });
    all.extend(loader.iter().flat_map(std::env::split_paths));
    all.extend(SYSTEM.iter().map(PathBuf::from));

    let mut seen = HashSet::new();
    all.retain(|folder| !folder.as_os_str().is_empty() && seen.insert(folder.clone()));
    all
}

fn below(root: &Path, names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| root.join(name)).collect()
}

/// The library folders of NVIDIA's wheels in a Python environment.
fn wheels(environment: &Path) -> Vec<PathBuf> {
    let site_packages: Vec<PathBuf> = if cfg!(windows) {
        vec![environment.join("Lib/site-packages")]
    } else {
        children(&environment.join("lib"))
            .into_iter()
            .filter(|path| {
                path.file_name()
                    .is_some_and(|n| n.to_string_lossy().starts_with("python"))
            })
            .map(|python| python.join("site-packages"))
            .collect()
    };
    site_packages
        .iter()
        .flat_map(|packages| children(&packages.join("nvidia")))
        .flat_map(|wheel| below(&wheel, WHEEL))
        .filter(|folder| folder.is_dir())
        .collect()
}

/// What a folder holds, sorted so that the answer does not depend on the file system.
fn children(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libraries::find;

    fn touch(folder: &Path, file: &str) -> PathBuf {
        std::fs::create_dir_all(folder).unwrap();
        let path = folder.join(file);
        std::fs::write(&path, b"").unwrap();
        path
    }

    /// The folders of an environment with these variables and no others.
    fn with(variables: &[(&str, &Path)]) -> Vec<PathBuf> {
        directories(&|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, path)| path.as_os_str().to_owned())
        })
    }

    fn path_of(name: &str, folders: &[PathBuf]) -> Option<PathBuf> {
        find(folders)
            .into_iter()
            .find(|library| library.name == name)
            .unwrap()
            .path
    }

    #[test]
    fn each_place_gives_way_to_the_one_before_it() {
        let temp = tempfile::tempdir().unwrap();
        let (own, home) = (temp.path().join("own"), temp.path().join("home"));
        let (cuda, venv) = (temp.path().join("cuda"), temp.path().join("venv"));
        let file = if cfg!(windows) {
            "cublas64_13.dll"
        } else {
            "libcublas.so.13"
        };
        let packages = if cfg!(windows) {
            "Lib/site-packages"
        } else {
            "lib/python3.12/site-packages"
        };
        let in_venv = touch(
            &venv.join(packages).join("nvidia/cublas").join(WHEEL[0]),
            file,
        );
        let variables = [
            ("VIRTUAL_ENV", venv.as_path()),
            ("CUDA_PATH", cuda.as_path()),
            ("CUDA_HOME", home.as_path()),
            ("ONDOL_CUDA_PATH", own.as_path()),
        ];
        assert_eq!(path_of("cublas", &with(&variables)), Some(in_venv));
        let in_cuda = touch(&cuda.join(TOOLKIT[0]), file);
        assert_eq!(path_of("cublas", &with(&variables)), Some(in_cuda));
        let in_home = touch(&home.join(TOOLKIT[0]), file);
        assert_eq!(path_of("cublas", &with(&variables)), Some(in_home));
        let in_own = touch(&own, file);
        assert_eq!(path_of("cublas", &with(&variables)), Some(in_own));
        // Each library by its own name: cublas is there four times, cublasLt not once.
        assert!(path_of("cublasLt", &with(&variables)[..2]).is_none());
    }

    #[test]
    fn a_folder_is_looked_in_once() {
        let temp = tempfile::tempdir().unwrap();
        let folders = with(&[("CUDA_HOME", temp.path()), ("CUDA_PATH", temp.path())]);
        let count = folders
            .iter()
            .filter(|f| **f == temp.path().join(TOOLKIT[0]))
            .count();
        assert_eq!(count, 1);
    }
}
