//! How much memory this process takes at most, where the system says.

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The peak belongs to the whole process, so one measures at a time.
static ONE: Mutex<()> = Mutex::new(());

/// A measurement under way.
pub(crate) struct Watch {
    before: Option<u64>,
    _one: MutexGuard<'static, ()>,
}

impl Watch {
    /// Forgets the peak of before.
    pub(crate) fn start() -> Watch {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let reset = fs::write("/proc/self/clear_refs", "5").ok();
        Watch {
            before: reset.and_then(|()| field("VmRSS:")),
            _one: one,
        }
    }

    /// How much more was taken since then, at most, in bytes.
    pub(crate) fn took(&self) -> Option<u64> {
        Some(field("VmHWM:")?.saturating_sub(self.before?))
    }
}

fn field(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kilobytes = line.split_whitespace().nth(1)?.parse::<u64>().ok()?;
    Some(kilobytes << 10)
}

#[test]
fn a_peak_is_seen() {
    let watch = Watch::start();
    if watch.took().is_none() {
        println!("NOT MEASURED: this system does not say how much memory is taken");
        return;
    }
    drop(std::hint::black_box(vec![1u8; 64 << 20]));
    assert!(watch.took() >= Some(48 << 20));
}
