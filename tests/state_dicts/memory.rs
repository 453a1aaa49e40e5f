//! How much memory this process takes at most, where the system says.

use std::fs;

/// Forgets the peak of before; the memory taken now, in bytes.
pub(crate) fn start() -> Option<u64> {
    fs::write("/proc/self/clear_refs", "5").ok()?;
    field("VmRSS:")
}

/// The most since then.
pub(crate) fn most() -> Option<u64> {
    field("VmHWM:")
}

fn field(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    let kilobytes = line.split_whitespace().nth(1)?.parse::<u64>().ok()?;
    Some(kilobytes << 10)
}

#[test]
fn a_peak_is_seen() {
    let Some(before) = start() else {
        println!("this system does not say how much memory is taken");
        return;
    };
    drop(std::hint::black_box(vec![1u8; 64 << 20]));
    assert!(most().unwrap_or(0) >= before + (48 << 20));
}
