//! What scikit-learn gives, where no random number enters; and what is random, by its shape.

use ondol_autograd::{Tensor, manual_seed};
use ondol_data::{
    Dataset, KFold, MakeClassification, MakeRegression, MinMaxScaler, SplitSize, StandardScaler,
    TensorDataset, TrainTestSplit, make_circles, make_moons, train_test_split,
};
use ondol_tensor::fork_rng_guard;
use serde_json::Value;

fn cases(kind: &str) -> Vec<Value> {
    let text = include_str!("fixtures/sklearn/cases.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let cases = all[kind].as_array().unwrap().clone();
    assert!(cases.len() > 2);
    cases
}

/// Numbers that were recorded as text, to the last bit.
fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter()
        .map(|x| x.as_str().unwrap().parse().unwrap())
        .collect()
}

fn whole(value: &Value) -> Vec<i64> {
    let list = value.as_array().unwrap();
    list.iter().map(|x| x.as_i64().unwrap()).collect()
}

fn count(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

#[track_caller]
fn close(a: &[f64], b: &[f64], tolerance: f64, what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (a, b) in a.iter().zip(b) {
        let near = (a - b).abs() <= tolerance * b.abs().max(1.0);
        assert!(near || (a.is_nan() && b.is_nan()), "{what}: {a} and {b}");
    }
}

#[test]
fn moons_and_circles_lie_where_scikit_learns_lie() {
    for case in cases("moons") {
        let (x, y) = make_moons(count(&case["n"]), false, 0.0);
        close(
            &x.double().to_vec::<f64>(),
            &numbers(&case["x"]),
            1e-7,
            "moons",
        );
        assert_eq!(y.to_vec::<i64>(), whole(&case["y"]));
    }
    for case in cases("circles") {
        let factor = case["factor"].as_f64().unwrap();
        let (x, y) = make_circles(count(&case["n"]), false, 0.0, factor);
        close(
            &x.double().to_vec::<f64>(),
            &numbers(&case["x"]),
            1e-7,
            "circles",
        );
        assert_eq!(y.to_vec::<i64>(), whole(&case["y"]));
    }
}

#[test]
fn shuffled_points_keep_their_labels_and_noise_has_its_size() {
    let _own = fork_rng_guard();
    manual_seed(3);
    let (x, y) = make_circles(1000, true, 0.0, 0.5);
    let y = y.to_vec::<i64>();
    assert!(y.windows(2).any(|w| w[0] > w[1]));
    let radius = x.square().sum_dim(1, false).sqrt().to_vec::<f32>();
    for (r, y) in radius.iter().zip(&y) {
        assert!((r - if *y == 0 { 1.0 } else { 0.5 }).abs() < 1e-6);
    }
    let (plain, _) = make_moons(4000, false, 0.0);
    let (noisy, _) = make_moons(4000, false, 0.3);
    let std = (noisy - plain).square().mean().sqrt().item();
    assert!((std - 0.3).abs() < 0.02, "{std}");
    manual_seed(3);
    assert_eq!(make_circles(1000, true, 0.0, 0.5).1.to_vec::<i64>(), y);
}

#[test]
#[should_panic(expected = "noise must not be negative, but got -1")]
fn negative_noise_is_refused() {
    make_moons(4, true, -1.0);
}

#[test]
#[should_panic(expected = "factor must be on [0, 1), but got 1")]
fn circles_are_two() {
    make_circles(4, true, 0.0, 1.0);
}

#[test]
fn classes_have_their_shares() {
    for case in cases("classes") {
        let mut made = MakeClassification::new(count(&case["n"]), 6)
            .n_informative(3)
            .n_classes(count(&case["classes"]))
            .n_clusters_per_class(count(&case["clusters"]))
            .flip_y(0.0);
        if !case["weights"].is_null() {
            made = made.weights(numbers(&case["weights"]));
        }
        let (x, y) = made.make();
        assert_eq!(x.shape(), [count(&case["n"]), 6]);
        let counts = y.bincount(None, count(&case["classes"])).to_vec::<i64>();
        assert_eq!(counts, whole(&case["counts"]), "{case}");
    }
}

#[test]
fn features_are_informative_redundant_repeated_and_random() {
    let _own = fork_rng_guard();
    manual_seed(1);
    let (x, y) = MakeClassification::new(400, 7)
        .n_informative(2)
        .n_redundant(2)
        .n_repeated(1)
        .n_clusters_per_class(1)
        .class_sep(4.0)
        .flip_y(0.0)
        .shuffle(false)
        .make();
    // The classes lie around two corners of a square of side 8.
    let inside = x.narrow(1, 0, 2);
    let rows = inside.to_vec::<f32>();
    let y = y.to_vec::<i64>();
    let mean = |class: i64, f: usize| {
        let rows = rows.chunks(2).zip(&y).filter(|(_, y)| **y == class);
        let column: Vec<f32> = rows.map(|(row, _)| row[f]).collect();
        column.iter().sum::<f32>() / column.len() as f32
    };
    for f in 0..2 {
        assert!([0, 1].iter().all(|&c| (mean(c, f).abs() - 4.0).abs() < 0.5));
    }
    assert!((0..2).any(|f| mean(0, f) * mean(1, f) < 0.0));
    // The redundant features are linear in the informative ones.
    let redundant = x.narrow(1, 2, 2);
    let mix = inside.pinverse().matmul(&redundant);
    let error = inside.matmul(&mix).sub(&redundant).abs().max().item();
    assert!(error < 1e-3, "{error}");
    let repeated = x.select(1, 4);
    let same = |f| x.select(1, f).sub(&repeated).abs().max().item() == 0.0;
    assert!((0..4).any(same) && !same(5));
    manual_seed(1);
    let (_, flipped) = MakeClassification::new(1000, 4)
        .flip_y(0.5)
        .shuffle(false)
        .make();
    // Clusters 0 and 2 are of class 0: half of the flipped labels changed.
    let first = flipped
        .narrow(0, 0, 250)
        .to_vec::<i64>()
        .iter()
        .sum::<i64>();
    assert!((30..95).contains(&first), "{first}");
}

#[test]
#[should_panic(expected = "2) * n_clusters_per_class(3) must be positive and at most")]
fn clusters_need_corners() {
    MakeClassification::new(10, 4)
        .n_clusters_per_class(3)
        .make();
}

#[test]
fn targets_depend_on_the_informative_features() {
    let _own = fork_rng_guard();
    manual_seed(2);
    let made = MakeRegression::new(200, 6)
        .n_informative(2)
        .n_targets(3)
        .bias(5.0);
    let (x, y, coef) = made.make();
    assert_eq!(
        (y.shape().to_vec(), coef.shape().to_vec()),
        (vec![200, 3], vec![6, 3])
    );
    let error = (x.matmul(&coef) + 5.0 - y).abs().max().item();
    assert!(error < 1e-2, "{error}");
    let used = coef.abs().sum_dim(1, false).ne(0.0).sum().item();
    assert_eq!(used, 2.0);
    let (x, y, coef) = MakeRegression::new(2000, 3)
        .noise(2.0)
        .shuffle(false)
        .make();
    let std = x.matmul(&coef).sub(&y).square().mean().sqrt().item();
    assert!((std - 2.0).abs() < 0.15, "{std}");
    assert_eq!(
        MakeRegression::new(4, 0).bias(1.5).make().1.to_vec::<f32>(),
        [1.5; 4]
    );
}

/// A scaler's numbers: what was seen, and what it makes of the table and of new rows.
fn scaler_case(case: &Value, key: &str) -> (Tensor, Tensor, Value) {
    let x = numbers(&case["x"]);
    let rows = count(&case["rows"]);
    let width = x.len() / rows;
    let new = numbers(&case["new"]);
    let n = new.len() / width;
    (
        Tensor::from_vec(x, [rows, width]),
        Tensor::from_vec(new, [n, width]),
        case[key].clone(),
    )
}

fn state_is(state: &ondol_tensor::Value, expected: &Value, keys: &[&str], what: &str) {
    for key in keys {
        let found = state.get(*key).unwrap().as_tensor().unwrap();
        let found = found.to_vec::<f64>().unwrap();
        close(
            &found,
            &numbers(&expected[*key]),
            1e-12,
            &format!("{what}: {key}"),
        );
    }
}

#[test]
fn scalers_are_scikit_learns() {
    for case in cases("scalers") {
        let name = case["name"].as_str().unwrap();
        let vec = |x: Tensor| x.to_vec::<f64>();
        let (x, new, expected) = scaler_case(&case, "standard");
        let mut scaler = StandardScaler::new();
        // What lies far from 0 beside its spread loses digits, nine of them here.
        let tolerance = if name == "far" { 1e-6 } else { 1e-11 };
        close(
            &vec(scaler.fit_transform(&x)),
            &numbers(&expected["transform"]),
            tolerance,
            name,
        );
        close(
            &vec(scaler.transform(&new)),
            &numbers(&expected["new"]),
            tolerance,
            name,
        );
        close(
            &vec(scaler.inverse_transform(&new)),
            &numbers(&expected["inverse"]),
            tolerance,
            name,
        );
        let keys = ["mean", "var", "scale", "n_samples_seen"];
        state_is(&scaler.state_dict(), &expected, &keys, name);

        let plain = MinMaxScaler::new();
        let clipped = MinMaxScaler::new().feature_range(-2.0, 5.0).clip(true);
        for (key, mut scaler) in [("min_max", plain), ("min_max_clip", clipped)] {
            let (x, new, expected) = scaler_case(&case, key);
            close(
                &vec(scaler.fit_transform(&x)),
                &numbers(&expected["transform"]),
                tolerance,
                name,
            );
            close(
                &vec(scaler.transform(&new)),
                &numbers(&expected["new"]),
                tolerance,
                name,
            );
            close(
                &vec(scaler.inverse_transform(&new)),
                &numbers(&expected["inverse"]),
                tolerance,
                name,
            );
            let keys = ["data_min", "data_max", "scale", "min"];
            state_is(&scaler.state_dict(), &expected, &keys, name);
        }
    }
}

#[test]
fn folds_are_scikit_learns() {
    let tests = |case: &Value| -> Vec<Vec<usize>> {
        let folds = case["test"].as_array().unwrap();
        folds
            .iter()
            .map(|f| whole(f).iter().map(|&i| i as usize).collect())
            .collect()
    };
    for case in cases("folds") {
        let n = count(&case["n"]);
        let folds = KFold::new(count(&case["k"])).split(n).unwrap();
        for ((train, test), expected) in folds.iter().zip(tests(&case)) {
            assert_eq!(test, &expected);
            let rest: Vec<usize> = (0..n).filter(|i| !expected.contains(i)).collect();
            assert_eq!(train, &rest);
        }
    }
    for case in cases("stratified_folds") {
        let y = whole(&case["y"]);
        let n = y.len();
        let folds = KFold::new(count(&case["k"]))
            .split_stratified(&Tensor::from_vec(y, [n]))
            .unwrap();
        let found: Vec<Vec<usize>> = folds.into_iter().map(|(_, test)| test).collect();
        assert_eq!(found, tests(&case), "{case}");
    }
}

#[test]
fn shuffled_folds_hold_each_sample_once() {
    let data = TensorDataset::new(Tensor::range(11));
    let kfold = KFold::new(3).shuffle(true).seed(4);
    let parts = kfold.split_dataset(data).unwrap();
    let mut all = Vec::new();
    for (train, test) in &parts {
        assert_eq!(train.len() + test.len(), 11);
        assert!(test.indices().iter().all(|i| !train.indices().contains(i)));
        all.extend_from_slice(test.indices());
    }
    all.sort_unstable();
    assert_eq!(all, (0..11).collect::<Vec<_>>());
    assert_eq!(parts[0].1.indices(), kfold.split(11).unwrap()[0].1);
    assert_ne!(parts[0].1.indices(), [0, 1, 2, 3]);
    let y = Tensor::from_vec(vec![0i64, 1, 0, 1, 0, 1, 0, 1], [8]);
    for (_, test) in KFold::new(4)
        .shuffle(true)
        .seed(1)
        .split_stratified(&y)
        .unwrap()
    {
        assert_eq!(test.iter().map(|i| i % 2).sum::<usize>(), 1, "{test:?}");
    }
    let text = KFold::new(3).split(2).unwrap_err().to_string();
    assert!(text.contains("n_splits=3 greater than the number of samples: n_samples=2"));
    assert!(KFold::new(5).split_stratified(&y).is_err());
    assert!(KFold::new(2).split_stratified(&y.float()).is_err());
}

fn size(value: &Value) -> SplitSize {
    match value.as_u64() {
        Some(count) => SplitSize::Count(count as usize),
        None => SplitSize::Share(value.as_f64().unwrap()),
    }
}

#[test]
fn parts_have_scikit_learns_sizes() {
    for case in cases("sizes") {
        let mut split = TrainTestSplit::new(size(&case["test_size"])).shuffle(false);
        if !case["train_size"].is_null() {
            split = split.train_size(size(&case["train_size"]));
        }
        let x = Tensor::range(count(&case["n"]));
        let (train, test) = split.split(&x).unwrap();
        assert_eq!(train.to_vec::<i64>(), whole(&case["train"]), "{case}");
        assert_eq!(test.to_vec::<i64>(), whole(&case["test"]), "{case}");
        let (a, b) = split.shuffle(true).split(&x).unwrap();
        assert_eq!((a.size(0), b.size(0)), (train.size(0), test.size(0)));
    }
    for case in cases("stratified_sizes") {
        let counts = whole(&case["counts"]);
        let labels = counts
            .iter()
            .zip(0i64..)
            .flat_map(|(&n, c)| std::iter::repeat_n(c, n as usize));
        let y: Vec<i64> = labels.collect();
        let y = Tensor::from_vec(y.clone(), [y.len()]);
        let split = TrainTestSplit::new(size(&case["test_size"])).stratify(&y);
        let (train, test) = split.split(&y).unwrap();
        assert_eq!(
            train.bincount(None, 0).to_vec::<i64>(),
            whole(&case["train"]),
            "{case}"
        );
        assert_eq!(
            test.bincount(None, 0).to_vec::<i64>(),
            whole(&case["test"]),
            "{case}"
        );
    }
}

#[test]
fn parts_do_not_overlap_and_come_from_the_seed() {
    let _own = fork_rng_guard();
    manual_seed(9);
    let data = || (Tensor::range(20), Tensor::range(20) * 2);
    let ((x, y), (v, w)) = train_test_split(data(), 0.3).unwrap();
    assert_eq!(x.mul(2).to_vec::<i64>(), y.to_vec::<i64>());
    let mut all = [x.to_vec::<i64>(), v.to_vec::<i64>()].concat();
    assert!(!all.is_sorted());
    all.sort_unstable();
    assert_eq!(all, (0..20).collect::<Vec<_>>());
    manual_seed(9);
    let (_, (_, again)) = train_test_split(data(), 0.3).unwrap();
    assert_eq!(again.to_vec::<i64>(), w.to_vec::<i64>());
    let labels = Tensor::range(20).ge(10).long();
    let split = TrainTestSplit::new(4).stratify(&labels).seed(5);
    let (train, test) = split.indices(20).unwrap();
    assert_eq!(split.indices(20).unwrap(), (train.clone(), test.clone()));
    let mut all = [train, test].concat();
    all.sort_unstable();
    assert_eq!(all, (0..20).collect::<Vec<_>>());
}

#[test]
fn splits_that_cannot_be_are_refused() {
    let refused = |split: TrainTestSplit, n: usize, says: &str| {
        let text = split.indices(n).unwrap_err().to_string();
        assert!(text.contains(says), "{text}");
    };
    for wrong in [
        SplitSize::Share(1.0),
        SplitSize::Share(f64::NAN),
        SplitSize::Count(0),
    ] {
        refused(TrainTestSplit::new(wrong), 9, "test_size");
    }
    refused(
        TrainTestSplit::new(9),
        9,
        "smaller than the number of samples 9",
    );
    refused(
        TrainTestSplit::new(5).train_size(5),
        9,
        "= 10, should be smaller",
    );
    refused(
        TrainTestSplit::new(0.5).train_size(0.1),
        4,
        "train set will be empty",
    );
    refused(TrainTestSplit::new(0.5), 1, "train set will be empty");
    refused(TrainTestSplit::new(0.5), 0, "train set will be empty");
    let labels = |y: Vec<i64>| {
        let n = y.len();
        TrainTestSplit::new(2).stratify(&Tensor::from_vec(y, [n]))
    };
    let y = vec![0, 1, 1, 0, 0];
    refused(
        labels(y.clone()).shuffle(false),
        5,
        "not implemented for shuffle=false",
    );
    refused(labels(y.clone()), 6, "5 labels to stratify 6 samples by");
    refused(labels(vec![0, 1, 1, 1]), 4, "only 1 member");
    refused(
        labels(y).train_size(1),
        5,
        "The train_size = 1 should be greater",
    );
    let uneven = (Tensor::range(4), Tensor::range(5));
    assert!(train_test_split(uneven, 2).is_err());
}
