//! A profile as a file for `chrome://tracing` and Perfetto.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::{EventKind, Profile};
use crate::{Error, Result};

impl Profile {
    /// Writes the events as a Chrome trace, `torch.profiler.profile.export_chrome_trace`.
    ///
    /// # Errors
    /// Where the file cannot be written; one that was there before is then as it was.
    pub fn export_chrome_trace(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let new = path.with_file_name(name);
        fs::write(&new, self.chrome_trace()).map_err(|e| Error::io(&new, "write", e))?;
        fs::rename(&new, path).map_err(|e| {
            // The name it should have had is what the user asked for; the other is of no use.
            let _ = fs::remove_file(&new);
            Error::io(path, "write", e)
        })
    }

    /// The text of [`Profile::export_chrome_trace`].
    pub fn chrome_trace(&self) -> String {
        let mut text = String::from("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[");
        for (place, event) in self.events().iter().enumerate() {
            let category = match event.kind {
                EventKind::Op => "cpu_op",
                EventKind::Module => "python_function",
                EventKind::Backward => "backward",
                EventKind::Function => "user_annotation",
            };
            let comma = if place > 0 { "," } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                "{comma}\n{{\"ph\":\"X\",\"cat\":\"{category}\",\"name\":\"{}\",\"pid\":{},\"tid\":1,\
                 \"ts\":{:.3},\"dur\":{:.3},\"args\":{{\"bytes\":{}}}}}",
                escaped(&event.name),
                std::process::id(),
                event.start.as_secs_f64() * 1e6,
                event.time.as_secs_f64() * 1e6,
                event.bytes
            );
        }
        text.push_str("\n]}\n");
        text
    }
}

/// A name inside of a JSON string.
fn escaped(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if u32::from(c) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{profile, record_function};
    use super::*;

    #[test]
    fn the_file_holds_every_event() {
        let (_, profile) = profile(|| {
            record_function("a \"quoted\"\nname", || record_function("inner", || ()));
        });
        let path = std::env::temp_dir().join(format!("ondol-trace-{}.json", std::process::id()));
        profile.export_chrome_trace(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(
            text.contains(r#""name":"a \"quoted\"\u000aname","pid""#),
            "{text}"
        );
        assert_eq!(text.matches(r#""ph":"X""#).count(), 2);
        assert!(text.starts_with('{') && text.ends_with("]}\n"));
        let nowhere = std::env::temp_dir()
            .join("no-such-folder")
            .join("trace.json");
        let error = profile.export_chrome_trace(nowhere).unwrap_err();
        assert!(error.to_string().contains("no-such-folder"), "{error}");
    }
}
