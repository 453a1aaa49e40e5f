//! Tables of comma-separated values.

mod columns;
mod dataset;

use std::path::{Path, PathBuf};

use csv::{ErrorKind, StringRecord};
use ondol_tensor::{Error, Result};

pub use dataset::{CsvDataset, Label};

/// How a file of comma-separated values is read.
///
/// | option | default | |
/// |---|---|---|
/// | `delimiter` | `,` | `;` and tabs are common too |
/// | `header` | true | false names the columns `0`, `1`, … |
/// | `comment` | none | lines that begin with it are left out |
/// | `missing` | none | the number that an empty cell is; without it, it is an error |
///
/// ```
/// use ondol_data::CsvReader;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("weather.csv");
/// std::fs::write(&path, "city;degrees\nOulu;-8,5\nBusan;\n").unwrap();
/// let table = CsvReader::new().delimiter(b';').missing(f32::NAN).read(&path)?;
/// assert_eq!(table.texts("city")?, ["Oulu", "Busan"]);
/// let text = table.numbers(&["degrees"]).unwrap_err().to_string();
/// assert!(text.ends_with(r#"weather.csv: line 2, column "degrees": "-8,5" is not a number"#));
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsvReader {
    delimiter: u8,
    header: bool,
    comment: Option<u8>,
    missing: Option<f32>,
}

impl Default for CsvReader {
    fn default() -> Self {
        CsvReader {
            delimiter: b',',
            header: true,
            comment: None,
            missing: None,
        }
    }
}

impl CsvReader {
    /// Commas, and names in the first line.
    pub fn new() -> Self {
        Self::default()
    }

    /// What stands between two cells.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Whether the first line names the columns.
    pub fn header(mut self, header: bool) -> Self {
        self.header = header;
        self
    }

    /// What a line that is to be left out begins with.
    pub fn comment(mut self, comment: u8) -> Self {
        self.comment = Some(comment);
        self
    }

    /// The number that an empty cell is.
    pub fn missing(mut self, missing: f32) -> Self {
        self.missing = Some(missing);
        self
    }

    /// Reads the whole file.
    ///
    /// # Errors
    /// A file that cannot be read or is no UTF-8; a line with more or fewer cells than the first;
    /// two columns of one name. The error names the line.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<CsvTable> {
        let path = path.as_ref();
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.delimiter)
            .has_headers(self.header)
            .comment(self.comment)
            .from_path(path)
            .map_err(|e| in_file(path, e))?;
        let header = match self.header {
            true => reader.headers().map_err(|e| in_file(path, e))?.clone(),
            false => StringRecord::new(),
        };
        let rows = reader
            .records()
            .collect::<csv::Result<Vec<_>>>()
            .map_err(|e| in_file(path, e))?;
        let names: Vec<String> = match self.header {
            true => header.iter().map(|name| name.trim().to_owned()).collect(),
            false => (0..rows.first().map_or(0, StringRecord::len))
                .map(|i| i.to_string())
                .collect(),
        };
        if let Some(i) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
            let message = format!("two columns are named {:?}", names[i]);
            return Err(Error::file(path, message));
        }
        Ok(CsvTable {
            path: path.to_owned(),
            names,
            rows,
            missing: self.missing,
        })
    }
}

/// The error, with the file and its line.
fn in_file(path: &Path, error: csv::Error) -> Error {
    let line = error.position().map(csv::Position::line);
    let message = match error.into_kind() {
        ErrorKind::Io(e) => return Error::io(path, "read", e),
        ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("has {len} cells, and the lines before it have {expected_len}"),
        ErrorKind::Utf8 { err, .. } => {
            format!("cell {} is no UTF-8 text", err.field() + 1)
        }
        other => format!("{other:?}"),
    };
    match line {
        Some(line) => Error::file(path, format!("line {line}: {message}")),
        None => Error::file(path, message),
    }
}

/// A file of comma-separated values: rows of cells under the names of their columns.
///
/// Cells stay text until a column is asked for as numbers or classes.
#[derive(Clone, Debug)]
pub struct CsvTable {
    path: PathBuf,
    names: Vec<String>,
    rows: Vec<StringRecord>,
    missing: Option<f32>,
}

impl CsvTable {
    /// Reads a file with names in its first line and commas between the cells; [`CsvReader`] has
    /// the other ways.
    ///
    /// # Errors
    /// As [`CsvReader::read`]'s.
    pub fn read(path: impl AsRef<Path>) -> Result<CsvTable> {
        CsvReader::new().read(path)
    }

    /// How many rows there are, the header aside.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The names of the columns, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names of all columns but `left_out`, in order.
    pub fn names_without(&self, left_out: &[&str]) -> Vec<&str> {
        let names = self.names.iter().map(String::as_str);
        names.filter(|name| !left_out.contains(name)).collect()
    }

    /// The place of a column.
    fn column(&self, name: &str) -> Result<usize> {
        let found = self.names.iter().position(|n| n == name);
        found.ok_or_else(|| {
            let names = self.names.join(", ");
            Error::file(
                &self.path,
                format!("there is no column {name:?}; there are {names}"),
            )
        })
    }

    /// An error about a cell.
    fn at(&self, row: usize, column: usize, message: &str) -> Error {
        let line = self.rows[row].position().map_or(0, csv::Position::line);
        let name = &self.names[column];
        Error::file(
            &self.path,
            format!("line {line}, column {name:?}: {message}"),
        )
    }
}
