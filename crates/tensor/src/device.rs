//! Devices: handles on a backend, found by name.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use crate::cpu::Cpu;
use crate::profiler::{self, Watched};
use crate::{Backend, Error, MemoryStats, Result};

/// Where an array lives and is computed, `torch.device`.
///
/// Two devices are equal when they are the same instance.
///
/// ```
/// use ondol_tensor::Device;
/// assert_eq!("cpu".parse::<Device>()?, Device::cpu());
/// assert!("tpu".parse::<Device>().is_err());
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
#[derive(Clone)]
pub struct Device(Handle);

/// The CPU is always there: its handles, one in every array, need not be counted.
#[derive(Clone)]
enum Handle {
    Cpu,
    Counted(Arc<Counted>),
}

/// A backend, and the one that notes its calls.
struct Counted {
    plain: Arc<dyn Backend>,
    watched: Watched<Arc<dyn Backend>>,
}

static CPU: LazyLock<Cpu> = LazyLock::new(Cpu::default);
static WATCHED_CPU: LazyLock<Watched<&'static Cpu>> = LazyLock::new(|| Watched(&*CPU));

/// A backend that other crates register at link time, by name.
///
/// ```ignore
/// ondol_tensor::inventory::submit! { Provider { name: "cuda", open: open_device } }
/// ```
pub struct Provider {
    /// The name before the colon: `cuda` of `cuda:1`.
    pub name: &'static str,
    /// Opens the device of that ordinal; the same one each time.
    pub open: fn(usize) -> Result<Device>,
}

inventory::collect!(Provider);

/// The names of the backends linked into this program, `cpu` first.
pub fn backends() -> Vec<&'static str> {
    let mut names = vec!["cpu"];
    names.extend(inventory::iter::<Provider>.into_iter().map(|p| p.name));
    names
}

impl Device {
    /// A device over a backend. A provider makes one per ordinal and hands out clones.
    pub fn new(backend: Arc<dyn Backend>) -> Self {
        Device(Handle::Counted(Arc::new(Counted {
            watched: Watched(backend.clone()),
            plain: backend,
        })))
    }

    /// The CPU.
    pub fn cpu() -> Self {
        Device(Handle::Cpu)
    }

    /// `cpu`, `cuda:0` …
    pub fn name(&self) -> &str {
        self.backend().name()
    }

    /// Whether it is the CPU.
    pub fn is_cpu(&self) -> bool {
        match &self.0 {
            Handle::Cpu => true,
            Handle::Counted(counted) => counted.plain.is_cpu(),
        }
    }

    /// The backend behind it.
    #[inline]
    pub fn backend(&self) -> &dyn Backend {
        match (&self.0, profiler::is_on()) {
            (Handle::Cpu, false) => &*CPU,
            (Handle::Cpu, true) => &*WATCHED_CPU,
            (Handle::Counted(counted), false) => &*counted.plain,
            (Handle::Counted(counted), true) => &counted.watched,
        }
    }

    /// Waits for all work given to it so far, `torch.cuda.synchronize`.
    pub fn synchronize(&self) -> Result<()> {
        self.backend().synchronize()
    }

    /// Counters of its memory pool.
    pub fn memory(&self) -> MemoryStats {
        self.backend().memory()
    }

    /// Gives the pool's unused memory back to the system, `torch.cuda.empty_cache`.
    pub fn empty_cache(&self) {
        self.backend().empty_cache();
    }
}

impl Default for Device {
    fn default() -> Self {
        Device::cpu()
    }
}

impl PartialEq for Device {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Handle::Cpu, Handle::Cpu) => true,
            (Handle::Counted(a), Handle::Counted(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}
impl Eq for Device {}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({})", self.name())
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Device {
    type Err = Error;

    /// Opens `cpu`, `cuda` (ordinal 0) or `cuda:1`.
    fn from_str(s: &str) -> Result<Self> {
        let (name, ordinal) = s.split_once(':').unwrap_or((s, "0"));
        let ordinal: usize = ordinal.parse().map_err(|_| Error::Device {
            device: s.to_owned(),
            message: "the part after the colon must be the device's number, as in `cuda:1`".into(),
        })?;
        if name == "cpu" {
            return Ok(Device::cpu());
        }
        match inventory::iter::<Provider>
            .into_iter()
            .find(|p| p.name == name)
        {
            Some(provider) => (provider.open)(ordinal),
            None => Err(Error::Device {
                device: s.to_owned(),
                message: format!("no such device; this program has {}", backends().join(", ")),
            }),
        }
    }
}

impl From<&Device> for Device {
    fn from(device: &Device) -> Self {
        device.clone()
    }
}
