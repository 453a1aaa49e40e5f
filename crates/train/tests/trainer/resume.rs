//! Trainings that are stopped and gone on with.

use ondol_autograd::{DType, Tensor, fork_rng_guard, manual_seed};
use ondol_nn::{CrossEntropyLoss, Module, Sequential};
use ondol_optim::{OneCycleLR, Optimizer, SGD, Schedule, StepLR};
use ondol_tensor::{Error, Result};
use ondol_train::callbacks::{
    Callback, CsvLogger, EarlyStopping, JsonLogger, LearningRateScheduler, ModelCheckpoint,
    ReduceLROnPlateau,
};
use ondol_train::metrics::{AUROC, Average, F1Score, MeanSquaredError, Metric, R2Score};
use ondol_train::{Accuracy, Checkpoint, Interval, Loader, Run, Trainer};

use super::{bits, setting, trainer};

/// All callbacks that keep anything, as they are set up for a run in a folder.
fn kept(
    folder: &std::path::Path,
    model: &Sequential,
    epochs: usize,
) -> Trainer<Sequential, SGD, ondol_train::WithLoss<CrossEntropyLoss>> {
    let own = super::model();
    own.load_state_dict(&model.state_dict()).unwrap();
    let mut optimizer = SGD::new(own.parameters(), 0.1).momentum(0.9);
    let scheduler = StepLR::new(2).gamma(0.7).on(&mut optimizer);
    Trainer::new(own, optimizer, CrossEntropyLoss::new())
        .epochs(epochs)
        .scheduler(scheduler, Interval::Epoch)
        .metric("accuracy", Accuracy::new())
        .mixed_precision(DType::F16)
        .callback(ModelCheckpoint::new(folder).monitor("val_loss"))
        .callback(
            EarlyStopping::new("val_loss")
                .patience(50)
                .restore_best_weights(true),
        )
        .callback(ReduceLROnPlateau::new(
            "val_loss",
            ondol_optim::ReduceLROnPlateau::new().patience(0),
        ))
        .callback(CsvLogger::new(folder.join("log.csv")))
        .callback(JsonLogger::new(folder.join("log.jsonl")))
        .progress(false)
}

#[test]
fn a_run_that_goes_on_is_one_that_was_not_interrupted() {
    let _own = fork_rng_guard();
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (model, train, valid) = setting();
    let mut whole = kept(first.path(), &model, 6);
    let expected = whole.fit(&train, Some(&valid)).unwrap();

    // The same, killed after the third epoch.
    let (model, train, valid) = setting();
    let mut part = kept(second.path(), &model, 3);
    part.fit(&train, Some(&valid)).unwrap();
    drop((part, train, valid));

    // Another process: other weights, another state of the generator, fresh loaders.
    let (_, train, valid) = setting();
    manual_seed(99);
    let mut resumed = kept(second.path(), &super::model(), 6);
    resumed.resume(second.path().join("last.pt")).unwrap();
    assert_eq!((resumed.epoch(), resumed.history().len()), (3, 3));
    let history = resumed.fit(&train, Some(&valid)).unwrap();
    assert_eq!(bits(resumed.model()), bits(whole.model()));
    assert_eq!(history, expected);
    for file in ["log.csv", "log.jsonl", "last.pt", "best.pt"] {
        let read = |folder: &tempfile::TempDir| std::fs::read(folder.path().join(file)).unwrap();
        assert!(read(&first) == read(&second), "{file} differs");
    }
}

#[test]
fn a_state_that_does_not_fit_is_refused() {
    let _own = fork_rng_guard();
    let folder = tempfile::tempdir().unwrap();
    let (model, train, valid) = setting();
    let mut whole = kept(folder.path(), &model, 1);
    whole.fit(&train, Some(&valid)).unwrap();
    let path = folder.path().join("last.pt");
    let error = trainer(&model, 0.1).resume(&path).unwrap_err().to_string();
    assert!(
        error.contains("a trainer with 1 schedulers, this one has 0"),
        "{error}"
    );
    let weights = folder.path().join("weights.pt");
    ondol_serialize::save(&model.state_dict(), &weights).unwrap();
    let error = trainer(&model, 0.1)
        .resume(&weights)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("weights.pt: not a checkpoint: the file holds `0.weight`"),
        "{error}"
    );
}

/// Ends a training like a kill: with an error after so many batches.
struct Kill(usize);

impl Callback for Kill {
    fn on_batch_end(&mut self, _: &mut Run<'_>) -> Result<()> {
        self.0 -= 1;
        match self.0 {
            0 => Err(Error::data("killed")),
            _ => Ok(()),
        }
    }
}

/// A trainer whose state within an epoch has all that there is: gradients of three batches in a step,
/// clipping, a scaler, schedules by step and epoch, metrics, and files after each two steps.
fn within(
    folder: &std::path::Path,
    kill: usize,
) -> Trainer<Sequential, SGD, ondol_train::WithLoss<CrossEntropyLoss>> {
    let model = super::model();
    let mut optimizer = SGD::new(model.parameters(), 0.1).momentum(0.9);
    let by_step = OneCycleLR::new(0.2, 40).on(&mut optimizer);
    Trainer::new(model, optimizer, CrossEntropyLoss::new())
        .epochs(4)
        .accumulate_grad_batches(2)
        .clip_grad_norm(0.5)
        .mixed_precision(DType::F16)
        .scheduler(by_step, Interval::Step)
        .metric("accuracy", Accuracy::new())
        .metric("f1", F1Score::new(2).average(Average::Macro))
        .metric("auc", AUROC::new(2))
        .callback(LearningRateScheduler::new(|_, lr| lr * 0.9))
        .callback(
            ModelCheckpoint::new(folder)
                .monitor("val_loss")
                .every_n_train_steps(1),
        )
        .callback(CsvLogger::new(folder.join("log.csv")))
        .callback(Kill(kill))
        .progress(false)
}

/// Six batches an epoch; killed after each of these, of a life that begins where the last file is.
fn through_kills<L: Loader<Batch = (Tensor, Tensor)>>(loaders: impl Fn() -> (L, L)) {
    let first = tempfile::tempdir().unwrap();
    manual_seed(7);
    let (train, valid) = loaders();
    let mut whole = within(first.path(), usize::MAX);
    let expected = whole.fit(&train, Some(&valid)).unwrap();
    for kills in [[3, 4, 9], [5, 6, 1], [10, 2, 7]] {
        let folder = tempfile::tempdir().unwrap();
        manual_seed(7);
        let mut inside = false;
        for (life, kill) in kills.into_iter().chain([usize::MAX]).enumerate() {
            let (train, valid) = loaders();
            let mut part = within(folder.path(), kill);
            if life > 0 {
                manual_seed(1000 + life as u64);
                part.resume(folder.path()).unwrap();
                let last = Checkpoint::load(folder.path().join("last.pt")).unwrap();
                inside |= last.get("batch").unwrap().as_int().unwrap() > 0;
            }
            let done = part.fit(&train, Some(&valid));
            if kill != usize::MAX {
                assert!(done.unwrap_err().to_string().contains("killed"));
                continue;
            }
            assert_eq!(done.unwrap(), expected, "after {kills:?}");
            assert_eq!(bits(part.model()), bits(whole.model()), "after {kills:?}");
        }
        assert!(inside, "no life began within an epoch");
        for file in ["log.csv", "last.pt", "best.pt"] {
            let read =
                |folder: &tempfile::TempDir| std::fs::read(folder.path().join(file)).unwrap();
            assert!(read(&first) == read(&folder), "{file} differs");
        }
    }
}

#[test]
fn a_run_goes_on_in_the_middle_of_an_epoch() {
    let _own = fork_rng_guard();
    through_kills(|| {
        let before = ondol_tensor::get_rng_state();
        let (_, train, valid) = setting();
        ondol_tensor::set_rng_state(before);
        (train, valid)
    });
}

#[test]
fn so_with_batches_in_memory() {
    let _own = fork_rng_guard();
    through_kills(|| {
        let before = ondol_tensor::get_rng_state();
        let (_, train, valid) = setting();
        let all = |loader: super::Loader| loader.iter().map(|b| b.unwrap()).collect::<Vec<_>>();
        let both = (all(train), all(valid));
        ondol_tensor::set_rng_state(before);
        both
    });
}

#[test]
fn every_metric_is_read_back() {
    let _own = fork_rng_guard();
    manual_seed(3);
    let classes = Tensor::randn([20, 1]).gt(0.0).long().reshape([20]);
    let logits = Tensor::randn([20, 2]);
    let (x, y) = (Tensor::randn([20]), Tensor::randn([20]));
    let mut all: Vec<(Box<dyn Metric>, Box<dyn Metric>, &Tensor, &Tensor)> = vec![
        (
            Box::new(Accuracy::new()),
            Box::new(Accuracy::new()),
            &logits,
            &classes,
        ),
        (
            Box::new(F1Score::new(2)),
            Box::new(F1Score::new(2)),
            &logits,
            &classes,
        ),
        (
            Box::new(AUROC::new(2)),
            Box::new(AUROC::new(2)),
            &logits,
            &classes,
        ),
        (
            Box::new(MeanSquaredError::new()),
            Box::new(MeanSquaredError::new()),
            &x,
            &y,
        ),
        (Box::new(R2Score::new()), Box::new(R2Score::new()), &x, &y),
    ];
    for (metric, other, output, target) in &mut all {
        metric.update(output, target);
        other.load_state_dict(&metric.state_dict()).unwrap();
        assert_eq!(other.compute(), metric.compute());
        // It counts on from there.
        metric.update(&output.narrow(0, 0, 7), &target.narrow(0, 0, 7));
        other.update(&output.narrow(0, 0, 7), &target.narrow(0, 0, 7));
        assert_eq!(other.compute(), metric.compute());
    }
    let error = F1Score::new(3)
        .load_state_dict(&all[1].0.state_dict())
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("counts 4 pairs of classes, the metric 9"),
        "{error}"
    );
}

#[test]
fn a_state_that_does_not_fit_changes_nothing() {
    let _own = fork_rng_guard();
    let folder = tempfile::tempdir().unwrap();
    manual_seed(7);
    let (_, train, valid) = setting();
    within(folder.path(), usize::MAX)
        .fit(&train, Some(&valid))
        .unwrap();
    let other = ondol_nn::sequential![ondol_nn::Linear::new(4, 16), ondol_nn::Linear::new(16, 3)];
    let before = bits(&other);
    let mut other = trainer(&other, 0.1);
    let error = other.resume(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("a trainer with 1 schedulers, this one has 0"),
        "{error}"
    );
    assert_eq!((bits(other.model()), other.epoch()), (before, 0));
    let empty = tempfile::tempdir().unwrap();
    let error = other.resume(empty.path()).unwrap_err().to_string();
    assert!(
        error.contains("there is no checkpoint to resume from"),
        "{error}"
    );
}
