//! What each callback does, by losses that are told.

use std::cell::RefCell;

use ondol_autograd::{Tensor, no_grad, tensor};
use ondol_nn::{Linear, Module};
use ondol_optim::SGD;
use ondol_train::callbacks::{
    CsvLogger, EarlyStopping, JsonLogger, LearningRateScheduler, ModelCheckpoint,
    ReduceLROnPlateau, TerminateOnNaN,
};
use ondol_train::{History, Mode, StepOutput, Trainer};

/// A model of one weight, and batches whose loss is the number that an epoch is told to have.
fn told_losses(
    values: Vec<f64>,
    set_up: impl FnOnce(Plain) -> Plain,
) -> (History, Option<String>, Linear) {
    let model = Linear::new(1, 1);
    no_grad(|| {
        model.weight.fill_(0.0);
    });
    let optimizer = SGD::new(model.parameters().into_iter().take(1), 1.0);
    let count = RefCell::new(0);
    // The weight falls by one in each epoch, so that it tells the epoch.
    let step: Step = Box::new(move |model: &Linear, _: Tensor| {
        let i = count.replace_with(|i| *i + 1);
        let loss = model.weight.sum();
        StepOutput::new(&loss - &loss.detach() + values[i], 1)
    });
    let mut trainer = set_up(
        Trainer::with_step(model, optimizer, step)
            .epochs(100)
            .progress(false),
    );
    let history = trainer.fit(&vec![tensor!([0.0])], None).unwrap();
    let stopped = trainer.stopped().map(str::to_owned);
    (history, stopped, trainer.into_parts().0)
}

type Step = Box<dyn FnMut(&Linear, Tensor) -> StepOutput>;
type Plain = Trainer<Linear, SGD, ondol_train::WithStep<Step>>;

#[test]
fn early_stopping() {
    let values = || vec![5.0, 4.0, 4.5, 3.9, 4.2, 4.1, 4.0, 3.0];
    let stopping = || EarlyStopping::new("loss").patience(3);
    let (history, stopped, model) = told_losses(values(), |t| t.callback(stopping()));
    assert_eq!((history.len(), model.weight.item()), (7, -7.0));
    assert!(
        stopped
            .unwrap()
            .starts_with("loss was best in epoch 4 (3.9000) and not better for 3 epochs")
    );
    // The best epoch's weights.
    let (history, _, model) = told_losses(values(), |t| {
        t.callback(stopping().restore_best_weights(true))
    });
    assert_eq!((history.len(), model.weight.item()), (7, -4.0));
    // 3.9 is not better than 4.0 by enough.
    let (history, _, _) = told_losses(values(), |t| t.callback(stopping().min_delta(0.2)));
    assert_eq!(history.len(), 5);
    // More is better: the first is the best.
    let (history, _, _) = told_losses(values(), |t| t.callback(stopping().mode(Mode::Max)));
    assert_eq!(history.len(), 4);
    // Not a number is never better.
    let (history, _, _) = told_losses(vec![f64::NAN, 1.0, f64::NAN, 2.0], |t| {
        t.callback(EarlyStopping::new("loss").patience(2))
    });
    assert_eq!(history.len(), 4);
}

#[test]
fn a_loss_that_is_no_number_ends_it() {
    let (history, stopped, _) =
        told_losses(vec![1.0, f64::NAN, 1.0], |t| t.callback(TerminateOnNaN));
    assert_eq!(history.len(), 2);
    assert_eq!(
        stopped.as_deref(),
        Some("the loss of epoch 2, batch 1 is NaN")
    );
}

#[test]
fn learning_rates() {
    let halves = LearningRateScheduler::new(|epoch, lr| if epoch == 2 { lr / 2.0 } else { lr });
    let (history, _, model) = told_losses(vec![1.0; 4], |t| t.epochs(4).callback(halves));
    assert_eq!(history.get("lr"), Some(&[1.0, 1.0, 0.5, 0.5][..]));
    assert_eq!(model.weight.item(), -3.0);
    let plateau = ondol_optim::ReduceLROnPlateau::new()
        .factor(0.5)
        .patience(1);
    let plateau = ReduceLROnPlateau::new("loss", plateau);
    let (history, _, _) = told_losses(vec![3.0, 2.0, 2.0, 2.0, 2.0, 2.0], |t| {
        t.epochs(6).callback(plateau)
    });
    assert_eq!(history.get("lr"), Some(&[1.0, 1.0, 1.0, 1.0, 0.5, 0.5][..]));
}

#[test]
fn checkpoints_of_the_best_and_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = ModelCheckpoint::new(folder.path().join("run")).monitor("loss");
    let paths = [checkpoint.best_path(), checkpoint.last_path()];
    told_losses(vec![3.0, 1.0, 2.0, 1.5], |t| {
        t.epochs(4).callback(checkpoint)
    });
    let weights = paths.map(|path| {
        let state = ondol_serialize::load(path).unwrap();
        state
            .get("model")
            .unwrap()
            .get("weight")
            .unwrap()
            .as_tensor()
            .unwrap()
            .item()
            .unwrap()
    });
    assert_eq!(weights, [-2.0, -4.0]);
    let rare = ModelCheckpoint::new(folder.path().join("rare")).every_n_epochs(10);
    let path = rare.last_path();
    told_losses(vec![1.0; 3], |t| t.epochs(3).callback(rare));
    assert!(path.exists());
}

#[test]
fn tables_and_lines() {
    let folder = tempfile::tempdir().unwrap();
    let (table, lines) = (
        folder.path().join("a/log.csv"),
        folder.path().join("b/log.jsonl"),
    );
    told_losses(vec![3.0, f64::NAN], |t| {
        t.epochs(2)
            .callback(CsvLogger::new(&table))
            .callback(JsonLogger::new(&lines))
    });
    assert_eq!(
        std::fs::read_to_string(table).unwrap(),
        "epoch,loss,lr\n1,3,1\n2,,1\n"
    );
    let expected =
        "{\"epoch\":1,\"loss\":3.0,\"lr\":1.0}\n{\"epoch\":2,\"loss\":null,\"lr\":1.0}\n";
    assert_eq!(std::fs::read_to_string(lines).unwrap(), expected);
}
