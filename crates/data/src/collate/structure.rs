//! Maps, arrays and structs of one's own, joined by their parts.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};

use ondol_tensor::Result;

use super::{Collate, differ};

/// Collects each key's values; an error where a sample has other keys than the first.
fn columns<K: Debug, T: Collate>(
    keys: Vec<K>,
    rows: usize,
    mut take: impl FnMut(usize, &K) -> Option<T>,
    counts: impl Fn(usize) -> usize,
) -> Result<Vec<(K, T::Batch)>> {
    for i in 0..rows {
        if counts(i) != keys.len() {
            let how = format!("{} keys are not {}", keys.len(), counts(i));
            return Err(differ(0, i, how));
        }
    }
    let column = |key: K| {
        let mut values = Vec::with_capacity(rows);
        for i in 0..rows {
            let missing = || differ(0, i, format!("the latter has no {key:?}"));
            values.push(take(i, &key).ok_or_else(missing)?);
        }
        Ok((key, T::collate(values)?))
    };
    keys.into_iter().map(column).collect()
}

impl<K: Ord + Clone + Debug + Send + 'static, T: Collate> Collate for BTreeMap<K, T> {
    type Batch = BTreeMap<K, T::Batch>;

    fn collate(mut items: Vec<Self>) -> Result<Self::Batch> {
        let keys = items
            .first()
            .map_or(vec![], |m| m.keys().cloned().collect());
        let counts: Vec<usize> = items.iter().map(BTreeMap::len).collect();
        let take = |i: usize, key: &K| items[i].remove(key);
        let all = columns(keys, counts.len(), take, |i| counts[i])?;
        Ok(all.into_iter().collect())
    }
}

impl<K, T, S> Collate for HashMap<K, T, S>
where
    K: Eq + Hash + Clone + Debug + Send + 'static,
    T: Collate,
    S: BuildHasher + Default + Send + 'static,
{
    type Batch = HashMap<K, T::Batch, S>;

    fn collate(mut items: Vec<Self>) -> Result<Self::Batch> {
        let keys = items
            .first()
            .map_or(vec![], |m| m.keys().cloned().collect());
        let counts: Vec<usize> = items.iter().map(HashMap::len).collect();
        let take = |i: usize, key: &K| items[i].remove(key);
        let all = columns(keys, counts.len(), take, |i| counts[i])?;
        Ok(all.into_iter().collect())
    }
}

impl<T: Collate, const N: usize> Collate for [T; N] {
    type Batch = [T::Batch; N];

    fn collate(items: Vec<Self>) -> Result<Self::Batch> {
        let mut columns: [Vec<T>; N] = std::array::from_fn(|_| Vec::with_capacity(items.len()));
        for item in items {
            for (column, element) in columns.iter_mut().zip(item) {
                column.push(element);
            }
        }
        let batches: Result<Vec<T::Batch>> = columns.into_iter().map(T::collate).collect();
        match batches?.try_into() {
            Ok(batches) => Ok(batches),
            Err(_) => unreachable!("there is a batch for each of {N} columns"),
        }
    }
}

/// Declares a struct of a sample's parts, the struct of their batches, and
/// [`Collate`](crate::Collate) between them, field by field.
///
/// ```
/// use ondol_autograd::Tensor;
/// use ondol_data::{Collate, collate_struct};
///
/// collate_struct! {
///     /// A picture with what is known of it.
///     #[derive(Clone, Debug)]
///     pub struct Sample => Batch {
///         pub image: Tensor,
///         pub label: i64,
///         pub name: String,
///     }
/// }
///
/// let sample = Sample { image: Tensor::zeros([1, 4, 4]), label: 3, name: "a".into() };
/// let batch: Batch = Collate::collate(vec![sample.clone(), sample])?;
/// assert_eq!(batch.image.shape(), [2, 1, 4, 4]);
/// assert_eq!(batch.label.to_vec::<i64>(), [3, 3]);
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
#[macro_export]
macro_rules! collate_struct {
    ($(#[$meta:meta])* $vis:vis struct $name:ident => $batch:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $t:ty),+ $(,)?
    }) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $t,)+
        }

        $(#[$meta])*
        $vis struct $batch {
            $($(#[$field_meta])* $field_vis $field: <$t as $crate::Collate>::Batch,)+
        }

        impl $crate::Collate for $name {
            type Batch = $batch;

            fn collate(items: Vec<Self>) -> $crate::Result<$batch> {
                $(let mut $field = Vec::with_capacity(items.len());)+
                for item in items {
                    $($field.push(item.$field);)+
                }
                Ok($batch {
                    $($field: <$t as $crate::Collate>::collate($field)?,)+
                })
            }
        }
    };
}
