//! How samples become batches, with functions and structs of one's own.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use ondol_autograd::{Error, Result, Tensor, catch};
use ondol_data::{
    Cached, Collate, DataLoader, Dataset, StackDataset, TensorDataset, collate_struct,
    default_collate, default_convert, with_batch,
};

use super::datasets::{drawn, numbers};

/// Sequences of different lengths, which do not stack.
struct Uneven;

impl Dataset for Uneven {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        5
    }

    fn get(&self, index: usize) -> Result<(Tensor, i64)> {
        Ok((Tensor::range(index + 1), index as i64))
    }
}

#[test]
fn collate_fn_takes_the_place_of_collate() {
    for workers in [0, 1, 2, 4] {
        let usual = DataLoader::new(Uneven).batch_size(2).num_workers(workers);
        let text = usual.iter().next().unwrap().unwrap_err().to_string();
        assert!(text.contains("sample 0 and sample 1"), "{text}");
        // Before or after the other options.
        let loader = DataLoader::new(Uneven)
            .batch_size(2)
            .collate_fn(|rows| {
                let (x, y): (Vec<Tensor>, Vec<i64>) = rows.into_iter().unzip();
                let sizes: Vec<usize> = x.iter().map(|x| x.size(0)).collect();
                Ok((Tensor::cat(&x, 0), sizes, y))
            })
            .drop_last(true)
            .num_workers(workers);
        assert_eq!((loader.len(), loader.dataset().dataset().len()), (2, 5));
        let batches: Vec<_> = loader.iter().map(Result::unwrap).collect();
        assert_eq!(batches[0].0.to_vec::<i64>(), [0, 0, 1]);
        assert_eq!(batches[1].1, [3, 4]);
        assert_eq!(batches[1].2, [2, 3]);
    }
}

#[test]
fn an_error_of_collate_fn_is_the_batchs() {
    let loader =
        DataLoader::new(numbers(4))
            .batch_size(2)
            .collate_fn(|rows: Vec<Tensor>| match rows[0].item() as i64 {
                0 => Err(Error::data("will not go together")),
                _ => Ok(rows.len()),
            });
    let batches: Vec<_> = loader.iter().collect();
    assert!(batches[0].is_err());
    assert_eq!(*batches[1].as_ref().unwrap(), 2);
}

#[test]
fn samples_come_alone_where_there_are_no_batches() {
    for workers in [0, 2] {
        let loader = DataLoader::new(Uneven)
            .shuffle(true)
            .seed(1)
            .unbatched()
            .num_workers(workers);
        let mut seen: Vec<i64> = loader
            .iter()
            .map(|sample| {
                let (x, y) = sample.unwrap();
                assert_eq!(y.ndim(), 0);
                assert_eq!(x.numel() as i64, y.item() as i64 + 1);
                y.item() as i64
            })
            .collect();
        assert_eq!(loader.len(), 5);
        seen.sort_unstable();
        assert_eq!(seen, [0, 1, 2, 3, 4]);
    }
}

collate_struct! {
    /// A sample of parts that are structs themselves.
    #[derive(Clone, Debug)]
    struct Outer => Outers {
        inner: Inner,
        tags: Vec<String>,
    }
}

collate_struct! {
    #[derive(Clone, Debug)]
    struct Inner => Inners {
        x: Tensor,
        box_: [f32; 4],
    }
}

#[test]
fn structures_are_joined_by_their_parts() {
    let sample = |i: i64| {
        (
            BTreeMap::from([("a", (i, i as f32)), ("b", (10 * i, 0.5))]),
            HashMap::from([("k".to_owned(), vec![Some(i), Some(2 * i)])]),
            Outer {
                inner: Inner {
                    x: Tensor::range(3) * i,
                    box_: [i as f32, 1.0, 2.0, 3.0],
                },
                tags: vec![format!("t{i}")],
            },
            PathBuf::from(format!("{i}.png")),
            "text",
            true,
        )
    };
    let (ordered, hashed, outer, paths, texts, flags) =
        default_collate(vec![sample(1), sample(2)]).unwrap();
    assert_eq!(ordered["a"].0.to_vec::<i64>(), [1, 2]);
    assert_eq!(ordered["b"].1.to_vec::<f32>(), [0.5, 0.5]);
    let column = hashed["k"][1].as_ref().unwrap();
    assert_eq!(column.to_vec::<i64>(), [2, 4]);
    assert_eq!(outer.inner.x.to_vec::<i64>(), [0, 1, 2, 0, 2, 4]);
    assert_eq!(outer.inner.box_[0].to_vec::<f32>(), [1.0, 2.0]);
    assert_eq!(outer.tags, [["t1", "t2"]]);
    assert_eq!(paths, [PathBuf::from("1.png"), PathBuf::from("2.png")]);
    assert_eq!(texts, ["text", "text"]);
    assert_eq!(flags.to_vec::<bool>(), [true, true]);
}

#[test]
fn what_does_not_go_together_names_both_samples() {
    let refused = |what: &str, error: Error, says: &str| {
        let text = error.to_string();
        let named = text.contains("sample 30 and sample 20") || text.contains("sample 20 and");
        assert!(named && text.contains(says), "{what}: {text}");
    };
    fn join<T: Collate>(items: Vec<T>) -> Error {
        let done = with_batch(&[30, 20], || default_collate(items));
        done.err().expect("an error")
    }
    let other = join(vec![
        BTreeMap::from([("a", 1i64)]),
        BTreeMap::from([("b", 1)]),
    ]);
    refused("keys", other, "has no \"a\"");
    let more = join(vec![
        HashMap::from([("a", 1i64)]),
        HashMap::from([("a", 1), ("b", 2)]),
    ]);
    refused("count of keys", more, "1 keys are not 2");
    let shapes = join(vec![("x", Tensor::zeros([2])), ("y", Tensor::zeros([3]))]);
    refused("shapes in a tuple", shapes, "[2] and [3]");
    let lengths = join(vec![vec![1i64], vec![1, 2]]);
    refused("lengths", lengths, "1 elements are not 2");
    refused("options", join(vec![Some(1i64), None]), "one is None");
}

#[test]
fn numbers_become_tensors_without_dimensions() {
    let ((a, b), map, list, none) = default_convert((
        (2.5f32, 7usize),
        BTreeMap::from([("k", true)]),
        vec![[1i64, 2]],
        None::<u8>,
    ));
    assert_eq!((a.ndim(), a.item()), (0, 2.5));
    assert_eq!(b.item_as::<i64>(), 7);
    assert!(map["k"].to_vec::<bool>()[0] && none.is_none());
    assert_eq!(list[0][1].item(), 2.0);
    let x = Tensor::zeros([2]);
    assert!(default_convert(x.clone()).equal(&x));
}

#[test]
fn datasets_side_by_side() {
    let stacked = StackDataset::new((
        numbers(4),
        Uneven.map(|(_, y)| y).filter(|y| *y < 4).unwrap(),
    ));
    let (x, y) = stacked.get_batch(&[3, 1]).unwrap();
    assert_eq!(
        (x.to_vec::<i64>(), y.to_vec::<i64>()),
        (vec![3, 1], vec![3, 1])
    );
    assert!(stacked.get(4).is_err());
    let many = StackDataset::new(vec![numbers(2), numbers(2), numbers(2)]);
    assert_eq!(many.get_batch(&[1]).unwrap().len(), 3);
    let says = |error: Error, text: &str| assert!(error.to_string().contains(text), "{error}");
    let uneven = catch(|| StackDataset::new((numbers(4), numbers(5))));
    says(
        uneven.err().unwrap(),
        "Size mismatch between datasets: [4, 5]",
    );
    let none = catch(|| StackDataset::new(Vec::<TensorDataset<Tensor>>::new()));
    says(none.err().unwrap(), "At least one dataset");
}

#[test]
fn a_cached_sample_is_got_once_and_an_error_again() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    struct Counted(AtomicUsize);
    impl Dataset for Counted {
        type Item = i64;
        fn len(&self) -> usize {
            4
        }
        fn get(&self, index: usize) -> Result<i64> {
            let n = self.0.fetch_add(1, Ordering::SeqCst);
            match (index, n) {
                (2, 0) => Err(Error::data("not yet")),
                _ => Ok(drawn()),
            }
        }
    }
    let cached: Cached<Counted> = Counted(AtomicUsize::new(0)).cache();
    assert!(cached.get(2).is_err());
    assert_eq!(cached.kept(), 0);
    let first = cached.get(2).unwrap();
    assert_eq!(cached.get(2).unwrap(), first, "drawn once");
    assert_eq!(cached.kept(), 1);
    let all = cached.get_batch(&[0, 1, 2, 2]).unwrap();
    assert_eq!(all.to_vec::<i64>()[2..], [first, first]);
    assert_eq!((cached.kept(), cached.len()), (3, 4));
    assert!(cached.get(4).is_err());
}

#[test]
fn a_filter_that_meets_an_error_names_the_sample() {
    struct Bad;
    impl Dataset for Bad {
        type Item = i64;
        fn len(&self) -> usize {
            9
        }
        fn get(&self, index: usize) -> Result<i64> {
            match index {
                7 => Err(Error::data("unreadable")),
                i => Ok(i as i64),
            }
        }
    }
    let text = Bad.filter(|_| true).err().expect("an error").to_string();
    assert!(text.contains("sample 7: unreadable"), "{text}");
}
