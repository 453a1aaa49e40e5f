//! Ondol's data pipeline, the counterpart of `torch.utils.data`.
//!
//! A [`Dataset`] gives samples by index, [`Collate`] joins samples into a batch, a [`Sampler`]
//! says in which order, and a [`DataLoader`] puts them together on as many threads as asked for:
//! the same batches in the same order, to the bit, for any number of workers. An
//! [`IterableDataset`] gives samples one after the other, for what has no indices.
//! [`transforms`] turns pictures into tensors, [`text`] makes indices of words, [`CsvTable`] reads
//! tables. What scikit-learn has for small data is here too: [`make_moons`] and its like,
//! [`train_test_split`], [`KFold`], [`StandardScaler`].
//!
//! ```
//! use ondol_autograd::Tensor;
//! use ondol_data::{DataLoader, TensorDataset};
//! let x = Tensor::from_vec((0..10).map(|i| i as f32).collect(), [5, 2]);
//! let y = Tensor::from_vec(vec![0i64, 1, 0, 1, 0], [5]);
//! let loader = DataLoader::new(TensorDataset::new((x, y))).batch_size(2).shuffle(true).seed(0);
//! assert_eq!(loader.len(), 3);
//! for batch in &loader {
//!     let (x, y) = batch?;
//!     assert_eq!(x.size(0), y.size(0));
//! }
//! # Ok::<(), ondol_autograd::Error>(())
//! ```
#![forbid(unsafe_code)]

mod adapters;
mod blobs;
mod collate;
mod context;
mod dataset;
mod folds;
mod iterable;
mod loader;
mod make;
mod sampler;
mod scaler;
mod split;
mod stack;
mod subset;
mod table;
mod temporary;
mod tensor_dataset;
pub mod text;
mod train_test;
pub mod transforms;

pub use adapters::Cached;
pub use blobs::{label_map, make_blobs};
pub use collate::{Collate, Convert, default_collate, default_convert};
pub use context::{sample_generator, sample_name, with_batch, with_sample};
pub use dataset::{BatchOf, Dataset, Map};
pub use folds::{Fold, KFold};
pub use iterable::{
    ChainDataset, FilteredStream, IterableDataset, IterableWrapper, MappedStream, Samples,
    ShuffledStream, TakenStream,
};
pub use loader::{
    Collated, DataLoader, DefaultCollate, Indexed, Join, LoaderIter, Source, Streamed, WorkerInfo,
    get_worker_info,
};
pub use make::{MakeClassification, MakeRegression, make_circles, make_moons};
#[doc(hidden)]
pub use ondol_tensor::Result;
pub use sampler::{
    BatchSampler, Batches, DistributedSampler, Epoch, RandomSampler, Sampler, SequentialSampler,
    SubsetRandomSampler, WeightedRandomSampler,
};
pub use scaler::{MinMaxScaler, StandardScaler};
pub use split::{SplitLengths, random_split};
pub use stack::{Stack, StackDataset};
pub use subset::{ConcatDataset, Subset};
pub use table::{CsvDataset, CsvReader, CsvTable, Label};
pub use tensor_dataset::{TensorDataset, Tensors, check_index};
pub use train_test::{SplitSize, TrainTestSplit, train_test_split};
