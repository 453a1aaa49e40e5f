//! The trainer beside loops written by hand, and what callbacks do.

mod callbacks;
mod resume;

use std::cell::RefCell;
use std::rc::Rc;

use ondol_autograd::{DType, Tensor, autocast, fork_rng_guard, manual_seed, no_grad, tensor};
use ondol_data::{DataLoader, TensorDataset};
use ondol_nn::{CrossEntropyLoss, Dropout, Forward, Linear, Module, ReLU, Sequential, sequential};
use ondol_optim::{
    Adam, GradScaler, LRScheduler, OneCycleLR, Optimizer, SGD, Schedule, StepLR, clip_grad_norm_,
};
use ondol_tensor::{Error, Result};
use ondol_train::callbacks::{
    Callback, CsvLogger, EarlyStopping, JsonLogger, ModelCheckpoint, ReduceLROnPlateau, TensorBoard,
};
use ondol_train::{Accuracy, History, Interval, Mode, Run, StepOutput, Trainer};

type Loader = DataLoader<TensorDataset<(Tensor, Tensor)>>;

fn data(n: usize, seed: u64) -> Loader {
    let x = Tensor::randn([n, 4]);
    let y = (x.select(1, 0) + x.select(1, 1)).gt(0.0).long();
    DataLoader::new(TensorDataset::new((x, y)))
        .batch_size(16)
        .shuffle(true)
        .seed(seed)
}

fn model() -> Sequential {
    sequential![
        Linear::new(4, 16),
        ReLU,
        Dropout::new(0.2),
        Linear::new(16, 2)
    ]
}

/// Model, training and validation set of a seed.
fn setting() -> (Sequential, Loader, Loader) {
    manual_seed(5);
    let (train, valid) = (data(90, 1), data(40, 2));
    (model(), train, valid)
}

fn bits(model: &impl Module) -> Vec<u32> {
    let bits = model
        .parameters()
        .into_iter()
        .flat_map(|p| p.to_vec::<f32>());
    bits.map(f32::to_bits).collect()
}

fn trainer(
    model: &Sequential,
    lr: f64,
) -> Trainer<&Sequential, SGD, ondol_train::WithLoss<CrossEntropyLoss>> {
    let optimizer = SGD::new(model.parameters(), lr).momentum(0.9);
    Trainer::new(model, optimizer, CrossEntropyLoss::new()).progress(false)
}

#[test]
fn it_gives_the_weights_of_a_loop_by_hand() {
    let _own = fork_rng_guard();
    let (model, train, valid) = setting();
    let mut optimizer = SGD::new(model.parameters(), 0.1).momentum(0.9);
    let mut scheduler = StepLR::new(2).gamma(0.5).on(&mut optimizer);
    let criterion = CrossEntropyLoss::new();
    let mut tested = Vec::new();
    for _ in 0..3 {
        model.train();
        for batch in &train {
            let (x, y) = batch.unwrap();
            optimizer.zero_grad();
            criterion.forward(&model.forward(&x), &y).backward();
            optimizer.step();
        }
        scheduler.step(&mut optimizer);
        model.eval();
        let mut accuracy = Accuracy::new();
        for batch in &valid {
            let (x, y) = batch.unwrap();
            accuracy.update(&no_grad(|| model.forward(&x)), &y);
        }
        tested.push(accuracy.compute());
    }
    let by_hand = bits(&model);

    let (model, train, valid) = setting();
    let mut optimizer = SGD::new(model.parameters(), 0.1).momentum(0.9);
    let scheduler = StepLR::new(2).gamma(0.5).on(&mut optimizer);
    let mut trainer = Trainer::new(&model, optimizer, CrossEntropyLoss::new())
        .epochs(3)
        .scheduler(scheduler, Interval::Epoch)
        .metric("accuracy", Accuracy::new())
        .progress(false);
    let history = trainer.fit(&train, Some(&valid)).unwrap();
    assert_eq!(bits(&model), by_hand);
    assert_eq!(history.get("val_accuracy"), Some(&tested[..]));
    assert_eq!(history.get("lr"), Some(&[0.1, 0.1, 0.05][..]));
    assert_eq!(
        history.names(),
        ["loss", "accuracy", "val_loss", "val_accuracy", "lr"]
    );
    assert!(history.last("loss").unwrap() < history.get("loss").unwrap()[0]);
}

#[test]
fn so_with_accumulation_clipping_mixed_precision_and_a_schedule_by_step() {
    let _own = fork_rng_guard();
    for dtype in [DType::BF16, DType::F16] {
        let (model, train, _) = setting();
        let mut optimizer = Adam::new(model.parameters(), 0.01);
        let mut scheduler = OneCycleLR::new(0.05, 7).on(&mut optimizer);
        let mut scaler = GradScaler::new().enabled(dtype == DType::F16);
        let criterion = CrossEntropyLoss::new();
        for _ in 0..2 {
            model.train();
            optimizer.zero_grad();
            for (i, batch) in train.iter().enumerate() {
                let (x, y) = batch.unwrap();
                let loss = autocast(dtype, || criterion.forward(&model.forward(&x), &y));
                scaler.scale(&(loss / 2.0)).backward();
                if i % 2 == 1 || i + 1 == train.len() {
                    scaler.unscale_(&optimizer);
                    clip_grad_norm_(model.parameters(), 0.5, 2.0, false);
                    if scaler.step(&mut optimizer) {
                        scheduler.step(&mut optimizer);
                    }
                    scaler.update();
                    optimizer.zero_grad();
                }
            }
        }
        let by_hand = bits(&model);

        let (model, train, _) = setting();
        let mut optimizer = Adam::new(model.parameters(), 0.01);
        let scheduler = OneCycleLR::new(0.05, 7).on(&mut optimizer);
        let mut trainer = Trainer::new(&model, optimizer, CrossEntropyLoss::new())
            .epochs(2)
            .accumulate_grad_batches(2)
            .clip_grad_norm(0.5)
            .mixed_precision(dtype)
            .scheduler(scheduler, Interval::Step)
            .progress(false);
        trainer.fit(&train, None).unwrap();
        assert_eq!(bits(&model), by_hand, "{dtype}");
    }
}

#[test]
fn clipping_by_value_bounds_a_step() {
    let _own = fork_rng_guard();
    let (model, train, _) = setting();
    let before = model
        .parameters()
        .iter()
        .map(Tensor::clone_data)
        .collect::<Vec<_>>();
    let optimizer = SGD::new(model.parameters(), 1.0);
    let batches: Vec<_> = train.iter().take(1).map(|b| b.unwrap()).collect();
    let mut trainer = Trainer::new(&model, optimizer, CrossEntropyLoss::new())
        .clip_grad_value(1e-3)
        .progress(false);
    trainer.fit(&batches, None).unwrap();
    let moved = model
        .parameters()
        .iter()
        .zip(&before)
        .map(|(a, b)| (a - b).abs().max().item())
        .fold(0.0, f64::max);
    assert!(moved > 9e-4 && moved < 1.01e-3, "{moved}");
}

#[test]
fn a_step_of_ones_own() {
    let _own = fork_rng_guard();
    let (model, train, _) = setting();
    let criterion = CrossEntropyLoss::new();
    let step = |model: &&Sequential, (x, y): (Tensor, Tensor)| {
        let output = model.forward(&x);
        StepOutput::new(criterion.forward(&output, &y), y.size(0)).outputs(output, y)
    };
    let optimizer = SGD::new(model.parameters(), 0.1).momentum(0.9);
    let mut own = Trainer::with_step(&model, optimizer, step)
        .epochs(2)
        .metric("accuracy", Accuracy::new())
        .progress(false);
    let first = own.fit(&train, None).unwrap();
    let own_bits = bits(&model);
    let (model, train, _) = setting();
    let second = trainer(&model, 0.1)
        .epochs(2)
        .metric("accuracy", Accuracy::new())
        .fit(&train, None)
        .unwrap();
    assert_eq!((own_bits, first), (bits(&model), second));
}

#[test]
fn evaluate_and_predict_leave_the_model_as_it_is() {
    let _own = fork_rng_guard();
    let (model, _, valid) = setting();
    model.train();
    let mut trainer = trainer(&model, 0.1).metric("accuracy", Accuracy::new());
    let first = trainer.evaluate(&valid).unwrap();
    assert_eq!(
        trainer.evaluate(&valid).unwrap().get("accuracy"),
        first.get("accuracy")
    );
    assert!(model.is_training());
    let batches = vec![Tensor::randn([3, 4]), Tensor::randn([2, 4])];
    let outputs = trainer.predict(&batches).unwrap();
    assert_eq!(outputs.shape(), [5, 2]);
    assert!(!outputs.requires_grad() && model.is_training());
    let error = trainer.predict(&Vec::<Tensor>::new()).unwrap_err();
    assert!(error.to_string().contains("no batches"), "{error}");
}

/// Gives the figures of a list as `val_loss`, and writes down what happened.
struct Told {
    values: Vec<f64>,
    calls: Rc<RefCell<Vec<String>>>,
}

impl Callback for Told {
    fn on_fit_start(&mut self, _: &mut Run<'_>) -> Result<()> {
        self.calls.borrow_mut().push("fit".into());
        Ok(())
    }

    fn on_epoch_start(&mut self, run: &mut Run<'_>) -> Result<()> {
        self.calls
            .borrow_mut()
            .push(format!("epoch {} of {}", run.epoch(), run.epochs()));
        Ok(())
    }

    fn on_batch_start(&mut self, _: &mut Run<'_>) -> Result<()> {
        self.calls.borrow_mut().push("batch".into());
        Ok(())
    }

    fn on_batch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        let (batch, batches) = (run.batch(), run.batches().unwrap());
        self.calls.borrow_mut().push(format!(
            "batch {batch} of {batches}, step {}",
            run.global_step()
        ));
        assert!(run.samples() > 0 && run.batch_loss() > 0.0 && run.logs().get("loss").is_some());
        Ok(())
    }

    fn on_validation_start(&mut self, _: &mut Run<'_>) -> Result<()> {
        self.calls.borrow_mut().push("validation".into());
        Ok(())
    }

    fn on_validation_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        assert!(run.figure("val_loss").is_ok());
        self.calls.borrow_mut().push("validated".into());
        Ok(())
    }

    fn on_epoch_end(&mut self, run: &mut Run<'_>) -> Result<()> {
        assert_eq!(run.history().len(), run.epoch());
        self.calls.borrow_mut().push("epoch end".into());
        Ok(())
    }

    fn on_fit_end(&mut self, _: &mut Run<'_>) -> Result<()> {
        self.calls.borrow_mut().push("fit end".into());
        Ok(())
    }
}

#[test]
fn callbacks_are_called_in_order() {
    let _own = fork_rng_guard();
    let (model, _, valid) = setting();
    let calls = Rc::default();
    let told = Told {
        values: Vec::new(),
        calls: Rc::clone(&calls),
    };
    assert!(told.values.is_empty());
    let batches: Vec<_> = data(32, 3).iter().map(|b| b.unwrap()).collect();
    let small: Vec<_> = valid.iter().take(1).map(|b| b.unwrap()).collect();
    trainer(&model, 0.1)
        .callback(told)
        .fit(&batches, Some(&small))
        .unwrap();
    let expected = [
        "fit",
        "epoch 1 of 1",
        "batch",
        "batch 1 of 2, step 1",
        "batch",
        "batch 2 of 2, step 2",
        "validation",
        "validated",
        "epoch end",
        "fit end",
    ];
    assert_eq!(*calls.borrow(), expected);
}

#[test]
fn an_event_file_for_training_and_validation() {
    let _own = fork_rng_guard();
    let folder = tempfile::tempdir().unwrap();
    let (model, train, valid) = setting();
    let board = TensorBoard::new(folder.path())
        .histogram_freq(1)
        .update_freq(2);
    trainer(&model, 0.1)
        .epochs(2)
        .callback(board)
        .fit(&train, Some(&valid))
        .unwrap();
    let read = |run: &str| {
        let file = std::fs::read_dir(folder.path().join(run))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()
    };
    let (training, validation) = (read("train"), read("validation"));
    for tag in ["epoch_loss", "epoch_lr", "batch_loss", "0/weight", "3/bias"] {
        assert!(training.contains(tag), "{tag}");
    }
    assert!(validation.contains("epoch_loss") && !validation.contains("epoch_lr"));
    // Six batches an epoch: three of each are written.
    assert_eq!(training.matches("batch_loss").count(), 6);
}

#[test]
fn errors_say_where() {
    let _own = fork_rng_guard();
    let (model, _, valid) = setting();
    let good = (Tensor::zeros([2, 4]), tensor!([0, 1]));
    let wrong = (Tensor::zeros([2, 5]), tensor!([0, 1]));
    let batches = vec![good.clone(), wrong.clone()];
    let error = trainer(&model, 0.1)
        .epochs(3)
        .fit(&batches, None)
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("in epoch 1/3 > batch 2 > "), "{text}");
    assert!(matches!(error.root(), Error::Shape { .. }), "{text}");
    let error = trainer(&model, 0.1)
        .fit(&vec![good.clone()], Some(&vec![good.clone(), wrong]))
        .unwrap_err();
    assert!(
        error.to_string().contains("epoch 1/1 > validation batch 2"),
        "{error}"
    );
    // A figure that there is none of.
    let error = trainer(&model, 0.1)
        .callback(EarlyStopping::new("val_loss"))
        .fit(&vec![good.clone()], None)
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("no figure \"val_loss\" to monitor; there are loss, lr"),
        "{text}"
    );
    assert!(
        text.contains("in epoch 1/1") && text.contains("main.rs"),
        "{text}"
    );
    // A broken sample.
    struct Broken;
    impl ondol_data::Dataset for Broken {
        type Item = (Tensor, Tensor);
        fn len(&self) -> usize {
            4
        }
        fn get(&self, index: usize) -> Result<Self::Item> {
            match index {
                3 => Err(Error::data("unreadable")),
                _ => Ok((Tensor::zeros([4]), tensor!(0))),
            }
        }
    }
    let error = trainer(&model, 0.1)
        .fit(&DataLoader::new(Broken).batch_size(2), Some(&valid))
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("unreadable") && text.contains("sample 3") && text.contains("batch 2"),
        "{text}"
    );
}

#[test]
fn a_history_is_read_back() {
    let mut history = History::new();
    history.push(&[("loss", 1.0)]);
    history.push(&[("loss", f64::NAN), ("accuracy", 0.5)]);
    assert!(history.get("accuracy").unwrap()[0].is_nan());
    let mut other = History::new();
    other.load_state_dict(&history.state_dict()).unwrap();
    assert_eq!(format!("{other:?}"), format!("{history:?}"));
    assert_eq!(history.best("loss", Mode::Min), Some((0, 1.0)));
    assert_eq!(history.best("lr", Mode::Min), None);
    assert_eq!(Mode::of("val_loss"), Mode::Min);
    assert_eq!(Mode::of("val_accuracy"), Mode::Max);
}
