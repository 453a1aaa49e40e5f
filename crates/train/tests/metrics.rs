//! The figures beside those that scikit-learn gave, and what is refused.

use ondol_autograd::{DType, Tensor, catch, tensor};
use ondol_train::metrics::{
    AUROC, Average, ConfusionMatrix, F1Score, MeanAbsoluteError, MeanSquaredError, Metric,
    Precision, R2Score, Recall, TopKAccuracy, roc_auc_score, roc_curve, top_k_accuracy,
};
use ondol_train::{Accuracy, Mean, accuracy};
use serde_json::Value;

fn recorded(kind: &str) -> Vec<Value> {
    let text = include_str!("fixtures/metrics/metrics.json");
    let all: Value = serde_json::from_str(text).unwrap();
    let cases = all[kind].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap(),
    }
}

/// All numbers of a list, or of a list of lists.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        other => vec![number(other)],
    }
}

fn classes(value: &Value) -> Vec<i64> {
    numbers(value).into_iter().map(|x| x as i64).collect()
}

#[track_caller]
fn same(got: f64, expected: &Value, what: &str) {
    let expected = number(expected);
    let close = (got - expected).abs() <= 1e-11 * (1.0 + expected.abs());
    assert!(
        close || got == expected || (got.is_nan() && expected.is_nan()),
        "{what}: {got}, expected {expected}"
    );
}

#[track_caller]
fn all_same(got: &[f64], expected: &Value, what: &str) {
    let list = expected.as_array().unwrap();
    assert_eq!(
        got.len(),
        list.len(),
        "{what}: {got:?}, expected {expected}"
    );
    for (got, expected) in got.iter().zip(list) {
        same(*got, expected, what);
    }
}

/// Counts a metric in in two unequal batches, after one that is forgotten.
fn streamed(metric: &mut dyn Metric, output: &Tensor, target: &Tensor) -> f64 {
    let n = target.size(0);
    let cut = n / 3;
    let part = |t: &Tensor, from: usize, to: usize| t.narrow(0, from, to - from);
    metric.update(&part(output, 0, 1), &part(target, 0, 1));
    metric.reset();
    if cut > 0 {
        metric.update(&part(output, 0, cut), &part(target, 0, cut));
    }
    metric.update(&part(output, cut, n), &part(target, cut, n));
    metric.compute()
}

fn one_hot(guess: &[i64], classes: usize) -> Tensor {
    let mut logits = vec![0f32; guess.len() * classes];
    for (row, &class) in guess.iter().enumerate() {
        logits[row * classes + class as usize] = 2.0;
    }
    Tensor::from_vec(logits, [guess.len(), classes])
}

#[test]
fn precision_recall_and_f1_are_those_of_scikit_learn() {
    for case in recorded("classification") {
        let name = case["name"].as_str().unwrap();
        let count = case["classes"].as_u64().unwrap() as usize;
        let (truth, guess) = (classes(&case["truth"]), classes(&case["guess"]));
        let n = truth.len();
        let (target, logits) = (Tensor::from_vec(truth, [n]), one_hot(&guess, count));
        let zero = number(&case["zero_division"]);
        for (key, average) in [
            ("micro", Average::Micro),
            ("macro", Average::Macro),
            ("weighted", Average::Weighted),
        ] {
            let mut precision = Precision::new(count).average(average).zero_division(zero);
            let mut recall = Recall::new(count).average(average).zero_division(zero);
            let mut f1 = F1Score::new(count).average(average).zero_division(zero);
            let what = format!("{name}, {key}");
            same(
                streamed(&mut precision, &logits, &target),
                &case["precision"][key],
                &what,
            );
            same(
                streamed(&mut recall, &logits, &target),
                &case["recall"][key],
                &what,
            );
            same(streamed(&mut f1, &logits, &target), &case["f1"][key], &what);
            all_same(&precision.per_class(), &case["precision"]["classes"], &what);
            all_same(&recall.per_class(), &case["recall"]["classes"], &what);
            all_same(&f1.per_class(), &case["f1"]["classes"], &what);
        }
        let mut right = Accuracy::new();
        same(
            streamed(&mut right, &logits, &target),
            &case["accuracy"],
            name,
        );
        same(accuracy(&logits, &target), &case["accuracy"], name);
    }
}

#[test]
fn the_report_is_scikit_learns_to_the_letter() {
    for case in recorded("classification") {
        let zero = number(&case["zero_division"]);
        // Where nothing at all is right, scikit-learn writes whole numbers of samples as "1.0".
        if zero != 0.0 || case["accuracy"] == 0.0 {
            continue;
        }
        let names = case["names"].as_array().unwrap();
        let names = names.iter().map(|name| name.as_str().unwrap());
        let mut confusion = ConfusionMatrix::new(names.len()).class_names(names);
        let (truth, guess) = (classes(&case["truth"]), classes(&case["guess"]));
        let n = truth.len();
        // Guessed classes as they are.
        confusion.update(&Tensor::from_vec(guess, [n]), &Tensor::from_vec(truth, [n]));
        let counts: Vec<f64> = confusion
            .compute()
            .to_vec::<i64>()
            .iter()
            .map(|&x| x as f64)
            .collect();
        assert_eq!(counts, numbers(&case["confusion"]), "{}", case["name"]);
        let report = confusion.report();
        assert_eq!(report.to_string(), case["report"].as_str().unwrap());
        assert_eq!(
            report.digits(4).to_string(),
            case["report4"].as_str().unwrap()
        );
        same(confusion.f1(Average::Macro), &case["f1"]["macro"], "f1");
        same(
            confusion.precision(Average::Weighted),
            &case["precision"]["weighted"],
            "precision",
        );
        same(
            confusion.recall(Average::Micro),
            &case["recall"]["micro"],
            "recall",
        );
        assert_eq!(confusion.total(), n as u64);
    }
}

#[test]
fn the_confusion_matrix_is_a_table() {
    let mut confusion = ConfusionMatrix::new(3).class_names(["t-shirt", "coat", "bag"]);
    confusion.update(&tensor!([0, 1, 1, 2, 0]), &tensor!([0, 0, 1, 2, 2]));
    let expected = "true \\ guessed  t-shirt  coat  bag\n\
                    t-shirt               1     1    0\n\
                    coat                  0     1    0\n\
                    bag                   1     0    1";
    assert_eq!(confusion.to_string(), expected);
    assert_eq!((confusion.count(0, 1), confusion.count(1, 0)), (1, 0));
    assert_eq!(confusion.support(), [2, 1, 2]);
    assert_eq!(confusion.guessed(), [2, 2, 1]);
    assert_eq!(confusion.hits(), [1, 1, 1]);
    assert_eq!(confusion.num_classes(), 3);
    confusion.reset();
    assert_eq!(confusion.total(), 0);
    assert!(confusion.accuracy().is_nan());
}

#[test]
fn the_k_greatest() {
    for case in recorded("top_k") {
        let truth = classes(&case["truth"]);
        let n = truth.len();
        let scores: Vec<f32> = numbers(&case["scores"]).iter().map(|&x| x as f32).collect();
        let width = scores.len() / n;
        let (scores, target) = (
            Tensor::from_vec(scores, [n, width]),
            Tensor::from_vec(truth, [n]),
        );
        let k = case["k"].as_u64().unwrap() as usize;
        let name = case["name"].as_str().unwrap();
        same(top_k_accuracy(&scores, &target, k), &case["value"], name);
        same(
            streamed(&mut TopKAccuracy::new(k), &scores, &target),
            &case["value"],
            name,
        );
    }
    let refused = catch(|| top_k_accuracy(&tensor!([[1.0, 2.0]]), &tensor!([0]), 0)).unwrap_err();
    assert!(
        refused.to_string().contains("k must be at least 1"),
        "{refused}"
    );
}

#[test]
fn curves_and_areas_are_those_of_scikit_learn() {
    for case in recorded("roc") {
        let name = case["name"].as_str().unwrap();
        let scores: Vec<f32> = numbers(&case["scores"]).iter().map(|&x| x as f32).collect();
        let n = scores.len();
        let (scores, target) = (
            Tensor::from_vec(scores, [n]),
            Tensor::from_vec(classes(&case["truth"]), [n]),
        );
        let curve = roc_curve(&scores, &target);
        all_same(&curve.fpr, &case["fpr"], name);
        all_same(&curve.tpr, &case["tpr"], name);
        all_same(&curve.thresholds, &case["thresholds"], name);
        same(curve.auc(), &case["auc"], name);
        same(roc_auc_score(&scores, &target), &case["auc"], name);
        // One output per sample comes with a dimension of its own, and targets may be floats.
        let mut auroc = AUROC::binary();
        let column = scores.reshape([n, 1]);
        same(
            streamed(&mut auroc, &column, &target.float()),
            &case["auc"],
            name,
        );
        assert_eq!(format!("{:?}", auroc.curve(0)), format!("{curve:?}"));
    }
}

#[test]
fn one_class_against_the_rest() {
    for case in recorded("rest") {
        let name = case["name"].as_str().unwrap();
        let truth = classes(&case["truth"]);
        let n = truth.len();
        let target = Tensor::from_vec(truth, [n]);
        let logits = Tensor::from_vec(numbers(&case["logits"]), [n, 4]);
        let shares = Tensor::from_vec(numbers(&case["probabilities"]), [n, 4]);
        for (key, average) in [("macro", Average::Macro), ("weighted", Average::Weighted)] {
            let mut auroc = AUROC::multiclass(4).average(average);
            same(streamed(&mut auroc, &logits, &target), &case[key], name);
            all_same(&auroc.per_class(), &case["classes"], name);
            let mut auroc = AUROC::multiclass(4).average(average).probabilities();
            same(streamed(&mut auroc, &shares, &target), &case[key], name);
        }
    }
}

#[test]
fn regression_is_that_of_scikit_learn() {
    for case in recorded("regression") {
        let name = case["name"].as_str().unwrap();
        let (output, target) = (numbers(&case["output"]), numbers(&case["target"]));
        let rows = case["target"].as_array().unwrap().len();
        let shape = if output.len() == rows {
            vec![rows]
        } else {
            vec![rows, output.len() / rows]
        };
        let output = Tensor::from_vec(output, shape.clone());
        let target = Tensor::from_vec(target, shape);
        same(
            streamed(&mut MeanSquaredError::new(), &output, &target),
            &case["mse"],
            name,
        );
        same(
            streamed(&mut MeanAbsoluteError::new(), &output, &target),
            &case["mae"],
            name,
        );
        same(
            streamed(&mut R2Score::new(), &output, &target),
            &case["r2"],
            name,
        );
        let mut root = MeanSquaredError::root();
        let value = streamed(&mut root, &output, &target);
        // scikit-learn takes the root of each column, then the mean.
        if output.ndim() == 1 {
            same(value, &case["rmse"], name);
        }
    }
    let refused =
        catch(|| R2Score::new().update(&tensor!([1.0, 2.0]), &tensor!([[1.0, 2.0]]))).unwrap_err();
    assert!(
        refused.to_string().starts_with("R2Score: [2] and [1, 2]"),
        "{refused}"
    );
    let mut beside = MeanAbsoluteError::new();
    beside.update(&tensor!([[1.0], [2.0]]), &tensor!([1.5, 2.0]));
    assert_eq!(beside.compute(), 0.25);
}

#[test]
fn one_output_is_set_beside_a_threshold() {
    let mut right = Accuracy::binary(0.0);
    right.update(
        &tensor!([[2.0], [-1.0], [0.5]]),
        &tensor!([[1.0], [0.0], [0.0]]),
    );
    assert_eq!(right.compute(), 2.0 / 3.0);
    let mut f1 = F1Score::new(2).threshold(0.0).average(Average::Weighted);
    f1.update(&tensor!([2.0, -1.0, 0.5]), &tensor!([1.0, 0.0, 0.0]));
    assert!((f1.compute() - 2.0 / 3.0).abs() < 1e-12);
    let mut confusion = ConfusionMatrix::new(2).threshold(0.0);
    confusion.update(&tensor!([[2.0], [-1.0]]), &tensor!([1, 1]));
    assert_eq!((confusion.count(1, 1), confusion.count(1, 0)), (1, 1));
}

#[test]
fn pixels_are_samples_too() {
    // [N, C, H, W] beside [N, H, W].
    let logits = tensor!([[[[1.0, 0.0]], [[0.0, 2.0]]]]);
    assert_eq!(accuracy(&logits, &tensor!([[[0, 0]]])), 0.5);
    let mut confusion = ConfusionMatrix::new(2);
    confusion.update(&logits, &tensor!([[[0, 0]]]));
    assert_eq!((confusion.count(0, 0), confusion.count(0, 1)), (1, 1));
}

#[test]
fn what_does_not_fit_is_named() {
    let mut confusion = ConfusionMatrix::new(2);
    let error = catch(|| confusion.update(&tensor!([0, 1]), &tensor!([0, 2]))).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("class 2 is out of bounds: there are 2 classes"),
        "{error}"
    );
    assert_eq!(confusion.total(), 0);
    let error = catch(|| confusion.update(&tensor!([[1.0, 2.0]]), &tensor!([0, 1]))).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("ConfusionMatrix: [1, 2] and [2]"),
        "{error}"
    );
    let error = catch(|| ConfusionMatrix::new(2).class_names(["one"])).unwrap_err();
    assert!(
        error.to_string().contains("1 names for 2 classes"),
        "{error}"
    );
    let error = catch(|| roc_auc_score(&tensor!([0.5, f32::NAN]), &tensor!([0, 1]))).unwrap_err();
    assert!(error.to_string().contains("a score is NaN"), "{error}");
    let error = catch(|| roc_auc_score(&tensor!([0.5, 0.1]), &tensor!([0, 2]))).unwrap_err();
    assert!(
        error.to_string().contains("target 2; expected 0 or 1"),
        "{error}"
    );
    assert!(catch(|| AUROC::multiclass(3).average(Average::Micro)).is_err());
    assert!(catch(|| AUROC::multiclass(3).update(&tensor!([[1.0, 2.0]]), &tensor!([0]))).is_err());
}

#[test]
fn half_precision_and_the_mean() {
    let logits = tensor!([[2.0, 1.0], [0.0, 1.0]]).to_dtype(DType::BF16);
    assert_eq!(accuracy(&logits, &tensor!([0, 0])), 0.5);
    let mut mean = Mean::new();
    assert!(mean.compute().is_nan());
    mean.update(1.0, 3);
    mean.update(5.0, 1);
    assert_eq!(mean.compute(), 2.0);
    mean.reset();
    assert_eq!(mean, Mean::new());
}
