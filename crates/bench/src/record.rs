//! The lines of a run: printed, saved, and set beside those of an earlier run.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Where lines go.
pub(crate) struct Record {
    save: Option<PathBuf>,
    lines: Vec<String>,
    /// Seconds of an earlier run's cases.
    before: HashMap<String, f64>,
}

impl Record {
    /// # Errors
    /// Where the earlier run's file cannot be read.
    pub(crate) fn new(save: Option<&Path>, compare: Option<&Path>) -> io::Result<Record> {
        let before = match compare {
            None => HashMap::new(),
            Some(path) => {
                let text = fs::read_to_string(path).map_err(|e| {
                    io::Error::new(e.kind(), format!("reading {}: {e}", path.display()))
                })?;
                medians(&text)
            }
        };
        Ok(Record {
            save: save.map(Path::to_owned),
            lines: vec![],
            before,
        })
    }

    /// Prints a line, and saves it with those before.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub(crate) fn write(&mut self, mut line: Value) -> io::Result<()> {
        let (name, now) = (line["case"].as_str(), line["median_s"].as_f64());
        if let (Some(name), Some(now)) = (name, now)
            && let Some(before) = self.before.get(name)
        {
            line["ratio_to_before"] = json!(now / before);
        }
        println!("{line}");
        self.lines.push(line.to_string());
        let Some(path) = &self.save else {
            return Ok(());
        };
        // All of them under another name first, so that a run that is cut short leaves a whole file.
        let new = path.with_extension("new");
        fs::write(&new, self.lines.join("\n") + "\n")?;
        fs::rename(&new, path)
    }
}

/// The medians of a run's lines by case; what is no such line is passed over.
fn medians(text: &str) -> HashMap<String, f64> {
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|line| {
            Some((
                line["case"].as_str()?.to_owned(),
                line["median_s"].as_f64()?,
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_run_is_compared_with() {
        let path = std::env::temp_dir().join(format!("ondol-bench-{}.json", std::process::id()));
        let mut record = Record::new(Some(&path), None).unwrap();
        record
            .write(json!({ "case": "a/t1", "median_s": 2.0 }))
            .unwrap();
        record
            .write(json!({ "case": "b/t1", "median_s": 3.0 }))
            .unwrap();
        let again = Record::new(None, Some(&path)).unwrap();
        assert_eq!(again.before.len(), 2);
        assert_eq!(again.before["b/t1"], 3.0);
        fs::remove_file(&path).unwrap();
        assert!(Record::new(None, Some(&path)).is_err());
        assert!(medians("no json\n{\"case\": 1}\n").is_empty());
    }
}
