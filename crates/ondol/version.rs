//! Which Ondol this is, and what it found.

use std::fmt;

/// The version of Ondol, `torch.__version__`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a bug report needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VersionInfo {
    /// [`VERSION`].
    pub version: &'static str,
    /// The commit it was built from, where known.
    pub git_hash: Option<&'static str>,
    /// The optional features built in.
    pub features: Vec<&'static str>,
    /// The instructions the CPU kernels use on this machine.
    pub simd: &'static str,
    /// How many threads the kernels use.
    pub threads: usize,
    /// The backends linked in, by name.
    pub backends: Vec<&'static str>,
    /// The CUDA driver's version and devices, or why there are none.
    pub cuda: String,
    /// The CUDA libraries that were found.
    pub cuda_libraries: Vec<String>,
}

/// Version, commit, features, instructions, devices and libraries of this program.
///
/// ```
/// let info = ondol::version_info();
/// assert_eq!(info.version, ondol::VERSION);
/// println!("{info}");
/// ```
pub fn version_info() -> VersionInfo {
    let hash = env!("ONDOL_GIT_HASH");
    let (cuda, cuda_libraries) = cuda();
    VersionInfo {
        version: VERSION,
        git_hash: (!hash.is_empty()).then_some(hash),
        features: [
            ("cuda", cfg!(feature = "cuda")),
            ("https", cfg!(feature = "https")),
        ]
        .into_iter()
        .filter_map(|(name, on)| on.then_some(name))
        .collect(),
        simd: ondol_tensor::simd_tier(),
        threads: ondol_tensor::num_threads(),
        backends: ondol_tensor::backends(),
        cuda,
        cuda_libraries,
    }
}

#[cfg(feature = "cuda")]
fn cuda() -> (String, Vec<String>) {
    let found = ondol_cuda::libraries()
        .into_iter()
        .filter_map(|l| {
            l.path
                .as_ref()
                .map(|p| format!("{} ({})", l.name, p.display()))
        })
        .collect();
    if let Some(reason) = ondol_cuda::why_unavailable() {
        return (format!("not available: {reason}"), found);
    }
    let driver = ondol_cuda::driver_version()
        .map_or_else(String::new, |(a, b)| format!("driver API {a}.{b}, "));
    let names: Vec<String> = (0..ondol_cuda::device_count())
        .map(|i| ondol_cuda::device_name(i).unwrap_or_else(|e| e.to_string()))
        .collect();
    (format!("{driver}{}", names.join(", ")), found)
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> (String, Vec<String>) {
    ("not built in (feature `cuda`)".to_owned(), Vec::new())
}

impl fmt::Display for VersionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |l: &[&str]| {
            if l.is_empty() {
                "none".to_owned()
            } else {
                l.join(", ")
            }
        };
        writeln!(
            f,
            "ondol {} ({})",
            self.version,
            self.git_hash.unwrap_or("commit unknown")
        )?;
        writeln!(f, "features: {}", list(&self.features))?;
        writeln!(f, "backends: {}", list(&self.backends))?;
        writeln!(
            f,
            "cpu: {} instructions, {} threads",
            self.simd, self.threads
        )?;
        write!(f, "cuda: {}", self.cuda)?;
        for library in &self.cuda_libraries {
            write!(f, "\n  {library}")?;
        }
        Ok(())
    }
}
