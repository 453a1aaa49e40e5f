//! A table's columns as numbers, classes and texts.

use std::collections::HashMap;

use ondol_autograd::Tensor;
use ondol_tensor::{Array, Result};

use super::CsvTable;

impl CsvTable {
    /// Columns of numbers as a tensor `[N, columns]` of `f32`.
    ///
    /// # Errors
    /// A column that is not there; a cell that is no number, is empty where no
    /// [`missing`](super::CsvReader::missing) is set, or is too large for an `f32`.
    pub fn numbers(&self, columns: &[&str]) -> Result<Tensor> {
        let places = columns
            .iter()
            .map(|name| self.column(name))
            .collect::<Result<Vec<_>>>()?;
        let mut numbers = Vec::with_capacity(self.len() * places.len());
        for row in 0..self.len() {
            for &column in &places {
                numbers.push(self.number_at(row, column)?);
            }
        }
        Ok(Array::from_vec(numbers, [self.len(), places.len()])?.into())
    }

    /// A column of numbers as a tensor `[N]` of `f32`.
    ///
    /// # Errors
    /// As [`numbers`](CsvTable::numbers)'.
    pub fn number(&self, column: &str) -> Result<Tensor> {
        let numbers = self.numbers(&[column])?;
        Ok(numbers.value().squeeze(&[1])?.into())
    }

    /// A column of classes: the place of each row's name among all names `[N]` of `i64`, and the
    /// names, in order. Where all are numbers they are ordered as numbers.
    ///
    /// ```
    /// use ondol_data::CsvTable;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("iris.csv");
    /// std::fs::write(&path, "petal,species\n1.4,setosa\n4.7,iris\n1.3,setosa\n").unwrap();
    /// let (y, classes) = CsvTable::read(&path)?.classes("species")?;
    /// assert_eq!(y.to_vec::<i64>(), [1, 0, 1]);
    /// assert_eq!(classes, ["iris", "setosa"]);
    /// # Ok::<(), ondol_autograd::Error>(())
    /// ```
    ///
    /// # Errors
    /// A column that is not there; an empty cell.
    pub fn classes(&self, column: &str) -> Result<(Tensor, Vec<String>)> {
        let place = self.column(column)?;
        let mut names = Vec::with_capacity(self.len());
        for row in 0..self.len() {
            let name = self.rows[row][place].trim();
            if name.is_empty() {
                return Err(self.at(row, place, "is empty; every row needs a class"));
            }
            names.push(name);
        }
        let mut classes = names.clone();
        classes.sort_unstable();
        classes.dedup();
        if let Ok(mut numbers) = classes
            .iter()
            .map(|name| name.parse::<f64>().map(|number| (number, *name)))
            .collect::<Result<Vec<_>, _>>()
        {
            numbers.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            classes = numbers.into_iter().map(|(_, name)| name).collect();
        }
        let places: HashMap<&str, i64> = classes.iter().copied().zip(0..).collect();
        let y: Vec<i64> = names.iter().map(|name| places[name]).collect();
        let classes = classes.into_iter().map(str::to_owned).collect();
        Ok((Array::from_vec(y, [self.len()])?.into(), classes))
    }

    /// A column as it stands.
    ///
    /// # Errors
    /// A column that is not there.
    pub fn texts(&self, column: &str) -> Result<Vec<String>> {
        let place = self.column(column)?;
        let texts = self.rows.iter().map(|row| row[place].to_owned());
        Ok(texts.collect())
    }

    fn number_at(&self, row: usize, column: usize) -> Result<f32> {
        let text = self.rows[row][column].trim();
        if text.is_empty() {
            return self.missing.ok_or_else(|| {
                self.at(row, column, "is empty; `missing` says which number that is")
            });
        }
        let number: f32 = text
            .parse()
            .map_err(|_| self.at(row, column, &format!("{text:?} is not a number")))?;
        // `parse` makes infinity of what is too large.
        if number.is_infinite() && text.contains(|c: char| c.is_ascii_digit()) {
            return Err(self.at(row, column, &format!("{text} is too large for an f32")));
        }
        Ok(number)
    }
}
