//! Events of one name together, and their table.

use std::collections::HashMap;
use std::fmt::Write;
use std::time::Duration;

use super::{Event, EventKind};

/// All events of one name and kind.
#[derive(Clone, Debug)]
pub struct Average {
    /// Their name.
    pub name: String,
    /// What they are.
    pub kind: EventKind,
    /// How many there were.
    pub calls: usize,
    /// How long they took, with what ran within.
    pub time: Duration,
    /// How long they took, without what ran within.
    pub own: Duration,
    /// Bytes of operands and results.
    pub bytes: u64,
}

/// By what [`KeyAverages::table`] sorts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// `self_cpu_time_total`.
    #[default]
    Own,
    /// `cpu_time_total`.
    Time,
    /// `count`.
    Calls,
    /// The bytes of operands and results.
    Bytes,
}

/// What [`super::Profile::key_averages`] gives.
#[derive(Clone, Debug)]
pub struct KeyAverages {
    all: Vec<Average>,
}

impl KeyAverages {
    pub(super) fn of(events: &[Event]) -> KeyAverages {
        let mut places = HashMap::new();
        let mut all: Vec<Average> = Vec::new();
        for event in events {
            let place = *places
                .entry((&*event.name, event.kind))
                .or_insert(all.len());
            if place == all.len() {
                all.push(Average {
                    name: event.name.clone(),
                    kind: event.kind,
                    calls: 0,
                    time: Duration::ZERO,
                    own: Duration::ZERO,
                    bytes: 0,
                });
            }
            let average = &mut all[place];
            average.calls += 1;
            average.time += event.time;
            average.own += event.own;
            average.bytes += event.bytes;
        }
        KeyAverages { all }
    }

    /// One entry for each name and kind, in the order in which the first of each began.
    pub fn all(&self) -> &[Average] {
        &self.all
    }

    /// The entry of a name, the first where a kernel and a layer share it.
    pub fn get(&self, name: &str) -> Option<&Average> {
        self.all.iter().find(|average| average.name == name)
    }

    /// Only the entries of one kind: kernels, or modules.
    pub fn only(&self, kind: EventKind) -> KeyAverages {
        let all = self.all.iter().filter(|average| average.kind == kind);
        KeyAverages {
            all: all.cloned().collect(),
        }
    }

    /// A table of at most `rows` entries, the greatest first,
    /// `torch.autograd.profiler_util.EventList.table`.
    pub fn table(&self, sort_by: SortBy, rows: usize) -> String {
        let mut sorted: Vec<&Average> = self.all.iter().collect();
        sorted.sort_by_key(|a| {
            std::cmp::Reverse(match sort_by {
                SortBy::Own => a.own.as_nanos(),
                SortBy::Time => a.time.as_nanos(),
                SortBy::Calls => a.calls as u128,
                SortBy::Bytes => u128::from(a.bytes),
            })
        });
        sorted.truncate(rows);
        let total: Duration = self.all.iter().map(|a| a.own).sum();
        let width = sorted.iter().map(|a| a.name.chars().count()).max();
        let width = width.unwrap_or(0).max(4);
        let mut text = format!(
            "{:width$}  {:>8}  {:>7}  {:>10}  {:>10}  {:>10}  {:>8}  {:>10}\n",
            "Name", "Kind", "Self %", "Self", "Total", "Mean", "Calls", "Bytes"
        );
        for a in sorted {
            let share = a.own.as_secs_f64() / total.as_secs_f64().max(f64::MIN_POSITIVE) * 100.0;
            let mean = a.time / u32::try_from(a.calls).unwrap_or(u32::MAX).max(1);
            let kind = match a.kind {
                EventKind::Op => "op",
                EventKind::Module => "module",
                EventKind::Backward => "backward",
                EventKind::Function => "function",
            };
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "{:width$}  {kind:>8}  {share:>6.2}%  {:>10}  {:>10}  {:>10}  {:>8}  {:>10}",
                a.name,
                time(a.own),
                time(a.time),
                time(mean),
                a.calls,
                size(a.bytes),
            );
        }
        let _ = writeln!(text, "Self time total: {}", time(total));
        text
    }
}

/// A time as PyTorch's table writes it.
fn time(time: Duration) -> String {
    let us = time.as_secs_f64() * 1e6;
    if us >= 1e6 {
        format!("{:.3}s", us / 1e6)
    } else if us >= 1e3 {
        format!("{:.3}ms", us / 1e3)
    } else {
        format!("{us:.3}us")
    }
}

fn size(bytes: u64) -> String {
    let bytes_ = bytes as f64;
    if bytes >= 1 << 30 {
        format!("{:.2} GB", bytes_ / f64::from(1 << 30))
    } else if bytes >= 1 << 20 {
        format!("{:.2} MB", bytes_ / f64::from(1 << 20))
    } else if bytes >= 1 << 10 {
        format!("{:.2} KB", bytes_ / f64::from(1 << 10))
    } else {
        format!("{bytes} B")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, us: u64, bytes: u64) -> Event {
        Event {
            name: name.into(),
            kind: EventKind::Op,
            start: Duration::ZERO,
            time: Duration::from_micros(us),
            own: Duration::from_micros(us),
            bytes,
            inside: None,
        }
    }

    #[test]
    fn names_are_put_together_and_sorted() {
        let events = [
            event("add", 10, 4096),
            event("exp", 30, 8),
            event("add", 15, 4096),
        ];
        let averages = KeyAverages::of(&events);
        let add = averages.get("add").unwrap();
        assert_eq!((add.calls, add.time.as_micros(), add.bytes), (2, 25, 8192));
        let table = averages.table(SortBy::Own, 10);
        let lines: Vec<&str> = table.lines().collect();
        assert!(
            lines[1].starts_with("exp ") && lines[2].starts_with("add "),
            "{table}"
        );
        assert!(
            lines[1].contains("54.55%") && lines[2].contains("8.00 KB"),
            "{table}"
        );
        assert_eq!(lines[3], "Self time total: 55.000us");
        let by_calls = averages.table(SortBy::Calls, 1);
        assert!(by_calls.contains("add") && !by_calls.contains("exp"));
        assert!(averages.only(EventKind::Module).all().is_empty());
        assert_eq!(
            (time(Duration::from_millis(1500)), size(3 << 20)),
            ("1.500s".into(), "3.00 MB".into())
        );
    }
}
