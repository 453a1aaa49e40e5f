//! Downloads of published files, verified before anybody can use them.
//!
//! Most mirrors speak plain http, so nothing on the way can be trusted: a file is written under
//! a temporary name, its size, SHA-256 and MD5 are checked, and only then does it take its place.

use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use ondol_tensor::{Error, Result};
use ureq::Agent;

use super::checksum::{Hasher, Resource};
use super::published::Published;
use crate::temporary::temporary;

/// The environment variable that forbids every download when set to `1`.
pub const OFFLINE_VARIABLE: &str = "ONDOL_OFFLINE";

/// How to download: from where, how patiently, how visibly.
///
/// ```no_run
/// use ondol_vision::datasets::{download::Downloader, published::FASHION_MNIST};
/// # fn main() -> ondol_tensor::Result<()> {
/// let mirror = Downloader::new("http://mirror.example/fashion/");
/// let path = mirror.fetch(&FASHION_MNIST.files[3], "data")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Downloader {
    mirrors: Vec<String>,
    /// The environment variable that names another mirror, for errors.
    variable: Option<&'static str>,
    connect_timeout: Duration,
    read_timeout: Duration,
    total_timeout: Duration,
    tries: u32,
    pause: Duration,
    progress: bool,
    offline: bool,
}

impl Downloader {
    /// Downloads from `mirror`, the address of the folder the files lie in.
    ///
    /// 10 s to connect, 30 s without a byte and 30 min for one file are the limits; a failure that may
    /// pass is tried a second time after 2 s.
    pub fn new(mirror: impl Into<String>) -> Self {
        Downloader {
            mirrors: vec![mirror.into()],
            variable: None,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(30 * 60),
            tries: 2,
            pause: Duration::from_secs(2),
            progress: true,
            offline: env::var(OFFLINE_VARIABLE).is_ok_and(|v| is_set(&v)),
        }
    }

    /// Downloads from the mirror that the dataset's environment variable names, or from where it is
    /// published: one mirror after the other, until one gives the file.
    pub fn published(set: &Published) -> Self {
        let named = env::var(set.variable).ok();
        let mirrors = match named.filter(|m| !m.trim().is_empty()) {
            Some(named) => vec![named],
            None => set.mirrors.iter().map(|&m| m.to_owned()).collect(),
        };
        Self::new("").mirrors(mirrors).variable(set.variable)
    }

    /// Another mirror.
    pub fn mirror(self, mirror: impl Into<String>) -> Self {
        self.mirrors([mirror])
    }

    /// Other mirrors, the first to be asked first.
    pub fn mirrors(mut self, mirrors: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.mirrors = mirrors.into_iter().map(Into::into).collect();
        self
    }

    pub(super) fn variable(mut self, variable: &'static str) -> Self {
        self.variable = Some(variable);
        self
    }

    /// How long connecting may take.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long the server may be silent.
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.read_timeout = limit;
        self
    }

    /// How long one file may take in all, however lively the server dribbles.
    pub fn total_timeout(mut self, limit: Duration) -> Self {
        self.total_timeout = limit;
        self
    }

    /// How often to try, and how long to wait in between; only what may pass is tried again.
    pub fn tries(mut self, tries: u32, pause: Duration) -> Self {
        self.tries = tries.max(1);
        self.pause = pause;
        self
    }

    /// Whether to draw a progress bar; it goes to stderr, and only where that is a terminal.
    pub fn progress(mut self, on: bool) -> Self {
        self.progress = on;
        self
    }

    /// Whether to refuse every download; `ONDOL_OFFLINE=1` sets it.
    pub fn offline(mut self, on: bool) -> Self {
        self.offline = on;
        self
    }

    /// Downloads a file into `folder`, which is made if need be, and returns its path.
    ///
    /// A file of that name is replaced, in one step and only by a verified one.
    ///
    /// # Errors
    /// No connection, an answer other than 200, silence, a file that is cut off, too long or differs in
    /// any checksum, a folder that cannot be written, or `ONDOL_OFFLINE=1`. Nothing is left behind then.
    pub fn fetch(&self, resource: &Resource, folder: impl AsRef<Path>) -> Result<PathBuf> {
        let folder = folder.as_ref();
        let urls: Vec<String> = self
            .mirrors
            .iter()
            .map(|mirror| format!("{}/{}", mirror.trim().trim_end_matches('/'), resource.name))
            .collect();
        if self.offline {
            return Err(Error::data(format!(
                "{OFFLINE_VARIABLE} is set, so {} is not downloaded; unset it, or put {} into {} by hand",
                urls.join(" or "),
                resource.name,
                folder.display()
            )));
        }
        let mut failures = Vec::new();
        for url in &urls {
            if let Err(why) = check_scheme(url) {
                failures.push(why);
                continue;
            }
            fs::create_dir_all(folder).map_err(|e| Error::io(folder, "create", e))?;
            match self.one_mirror(url, resource, folder) {
                Ok(path) => return Ok(path),
                Err(Failure::Local(error)) => return Err(error),
                Err(Failure::Passing(why) | Failure::Lasting(why)) => {
                    failures.push(format!("cannot download {url}: {why}"));
                }
            }
        }
        let variable = match self.variable {
            Some(variable) => format!("set {variable} to another mirror"),
            None => "name another mirror".to_owned(),
        };
        Err(Error::data(format!(
            "{}; {variable}, or put {} into {} by hand",
            failures.join("\n  "),
            resource.name,
            folder.display()
        )))
    }

    /// From one mirror, tried again while what failed may pass.
    fn one_mirror(
        &self,
        url: &str,
        resource: &Resource,
        folder: &Path,
    ) -> Result<PathBuf, Failure> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.attempt(url, resource, folder) {
                Err(Failure::Passing(_)) if tried < self.tries => thread::sleep(self.pause),
                Err(Failure::Passing(why)) if tried > 1 => {
                    return Err(Failure::Passing(format!("{why} ({tried} tries)")));
                }
                done => return done,
            }
        }
    }

    fn attempt(&self, url: &str, resource: &Resource, folder: &Path) -> Result<PathBuf, Failure> {
        let deadline = Instant::now() + self.total_timeout;
        let mut response = self
            .agent(url)
            .get(url)
            .call()
            .map_err(Failure::from_ureq)?;
        let status = response.status();
        if status != 200 {
            let why = format!("the server answered {status}, expected 200 OK");
            let passing = status.is_server_error() || status == 429 || status == 408;
            return Err(if passing {
                Failure::Passing(why)
            } else {
                Failure::Lasting(why)
            });
        }
        let length = response.body().content_length();
        if let Some(length) = length.filter(|&n| n != resource.bytes) {
            return Err(Failure::Lasting(format!(
                "the server announces {length} bytes, the published file has {}",
                resource.bytes
            )));
        }

        let local =
            |action: &'static str| move |e: io::Error| Failure::Local(Error::io(folder, action, e));
        let mut file = temporary(folder, resource.name).map_err(local("create a file in"))?;
        let mut hasher = Hasher::default();
        let bar = self.bar(resource);
        // One byte more than the file has is enough to see that it is too long.
        let mut body = response.body_mut().as_reader().take(resource.bytes + 1);
        let mut buffer = vec![0; 1 << 16];
        let mut received = 0u64;
        loop {
            let n = match body.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    return Err(Failure::Passing(format!(
                        "broke off after {received} of {} bytes ({e})",
                        resource.bytes
                    )));
                }
            };
            received += n as u64;
            if received > resource.bytes {
                return Err(Failure::Lasting(format!(
                    "the server sends more than the {} bytes of the published file",
                    resource.bytes
                )));
            }
            hasher.update(&buffer[..n]);
            file.write_all(&buffer[..n])
                .map_err(local("write a file in"))?;
            bar.set_position(received);
            if Instant::now() > deadline && received < resource.bytes {
                return Err(Failure::Passing(format!(
                    "only {received} of {} bytes in {:?}",
                    resource.bytes, self.total_timeout
                )));
            }
        }
        bar.finish_and_clear();
        if received < resource.bytes {
            return Err(Failure::Passing(format!(
                "broke off after {received} of {} bytes",
                resource.bytes
            )));
        }
        if let Some(difference) = hasher.finish().differs_from(resource) {
            return Err(Failure::Lasting(format!(
                "not the published file; {difference}"
            )));
        }

        file.as_file()
            .sync_all()
            .map_err(local("write a file in"))?;
        let target = folder.join(resource.name);
        file.persist(&target)
            .map_err(|e| Failure::Local(Error::io(&target, "replace", e.error)))?;
        Ok(target)
    }

    fn agent(&self, url: &str) -> Agent {
        let mut config = Agent::config_builder()
            .timeout_connect(Some(self.connect_timeout))
            .timeout_recv_response(Some(self.read_timeout))
            .timeout_per_read(Some(self.read_timeout))
            .timeout_per_write(Some(self.read_timeout))
            .timeout_global(Some(self.total_timeout))
            .http_status_as_error(false)
            .max_redirects(5)
            .accept_encoding("identity")
            .user_agent(concat!("ondol/", env!("CARGO_PKG_VERSION")));
        // A proxy knows the world outside; this machine is not part of it.
        if is_loopback(url) {
            config = config.proxy(None);
        }
        config.build().into()
    }

    fn bar(&self, resource: &Resource) -> ProgressBar {
        if !self.progress {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template(
            "{msg} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        )
        .map_or_else(
            |_| ProgressStyle::default_bar(),
            |s| s.progress_chars("=> "),
        );
        ProgressBar::new(resource.bytes)
            .with_style(style)
            .with_message(resource.name.to_owned())
    }
}

/// Why an attempt failed, sorted by what to do about it.
enum Failure {
    /// May pass: try again.
    Passing(String),
    /// Will be the same the next time.
    Lasting(String),
    /// This machine's own fault.
    Local(Error),
}

impl Failure {
    fn from_ureq(e: ureq::Error) -> Self {
        match e {
            ureq::Error::Timeout(_)
            | ureq::Error::Io(_)
            | ureq::Error::ConnectionFailed
            | ureq::Error::HostNotFound
            | ureq::Error::Protocol(_) => Failure::Passing(e.to_string()),
            other => Failure::Lasting(other.to_string()),
        }
    }
}

fn check_scheme(url: &str) -> Result<(), String> {
    let scheme = url
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("http") => Ok(()),
        Some("https") if cfg!(feature = "https") => Ok(()),
        Some("https") => Err(format!(
            "{url}: this build speaks http only; build with the feature `https`"
        )),
        _ => Err(format!(
            "{url}: not an address; a mirror starts with http:// or https://"
        )),
    }
}

fn is_loopback(url: &str) -> bool {
    let host = url.split_once("://").map_or("", |(_, rest)| rest);
    ["127.", "localhost", "[::1]"]
        .iter()
        .any(|own| host.starts_with(own))
}

fn is_set(value: &str) -> bool {
    !matches!(
        value.trim().to_ascii_lowercase().as_str(),
        "" | "0" | "false" | "no" | "off"
    )
}
