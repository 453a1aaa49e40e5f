//! A table as a dataset.

use std::path::Path;

use ondol_autograd::Tensor;
use ondol_tensor::{Error, Result};

use super::CsvTable;
use crate::{Dataset, TensorDataset};

/// Which column of a table is what is to be learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label<'a> {
    /// A column of classes' names: labels are `i64`.
    Class(&'a str),
    /// A column of numbers: labels are `f32`.
    Number(&'a str),
}

/// Rows of a table: samples `(features [F], label)`, the features `f32`.
///
/// Everything is read at once into two tensors, so that batches are picked out of memory. Texts
/// come from [`CsvTable::texts`] and go into a [`TextDataset`](crate::text::TextDataset).
///
/// ```
/// use ondol_data::{CsvDataset, DataLoader, Label};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("iris.csv");
/// std::fs::write(&path, "length,width,species\n1.4,0.2,setosa\n4.7,1.4,versicolor\n").unwrap();
/// let data = CsvDataset::read(&path, Label::Class("species"))?;
/// assert_eq!(data.features().to_vec::<f32>(), [1.4, 0.2, 4.7, 1.4]);
/// assert_eq!(data.feature_names(), ["length", "width"]);
/// assert_eq!(data.classes(), ["setosa", "versicolor"]);
/// for batch in &DataLoader::new(data).batch_size(2) {
///     let (x, y) = batch?;
///     assert_eq!((x.shape().to_vec(), y.to_vec::<i64>()), (vec![2, 2], vec![0, 1]));
/// }
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CsvDataset {
    data: TensorDataset<(Tensor, Tensor)>,
    feature_names: Vec<String>,
    classes: Vec<String>,
}

impl CsvDataset {
    /// Reads a file whose columns are all features but for the label.
    ///
    /// # Errors
    /// As [`CsvReader::read`](super::CsvReader::read)'s and [`of`](CsvDataset::of)'s.
    pub fn read(path: impl AsRef<Path>, label: Label<'_>) -> Result<Self> {
        let table = CsvTable::read(path)?;
        let (Label::Class(name) | Label::Number(name)) = label;
        Self::of(&table, &table.names_without(&[name]), label)
    }

    /// Some columns of a table and its label.
    ///
    /// # Errors
    /// A column that is not there, or a cell that is not what its column is to be.
    pub fn of(table: &CsvTable, features: &[&str], label: Label<'_>) -> Result<Self> {
        let (labels, classes) = match label {
            Label::Class(name) => table.classes(name)?,
            Label::Number(name) => (table.number(name)?, Vec::new()),
        };
        Ok(CsvDataset {
            data: TensorDataset::new((table.numbers(features)?, labels)),
            feature_names: features.iter().map(|&name| name.to_owned()).collect(),
            classes,
        })
    }

    /// All features, `[N, F]`.
    pub fn features(&self) -> &Tensor {
        &self.data.tensors().0
    }

    /// All labels, `[N]`: `i64` for classes, `f32` for numbers.
    pub fn labels(&self) -> &Tensor {
        &self.data.tensors().1
    }

    /// The names of the features, in order.
    pub fn feature_names(&self) -> &[String] {
        &self.feature_names
    }

    /// The names of the classes; none where the label is a number.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The place of a class's name.
    ///
    /// # Errors
    /// A name that no row has.
    pub fn class(&self, name: &str) -> Result<i64> {
        let place = self.classes.iter().position(|class| class == name);
        place.map(|i| i as i64).ok_or_else(|| {
            let classes = self.classes.join(", ");
            Error::value(
                "CsvDataset",
                format!("there is no class {name:?}; there are {classes}"),
            )
        })
    }
}

impl Dataset for CsvDataset {
    type Item = (Tensor, Tensor);

    fn len(&self) -> usize {
        self.data.len()
    }

    fn get(&self, index: usize) -> Result<(Tensor, Tensor)> {
        self.data.get(index)
    }

    fn get_batch(&self, indices: &[usize]) -> Result<(Tensor, Tensor)> {
        self.data.get_batch(indices)
    }
}
