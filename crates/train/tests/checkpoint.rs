//! What a checkpoint holds, and that it is restored whole or not at all.

use ondol_autograd::{Tensor, catch, fork_rng_guard, no_grad};
use ondol_data::{DataLoader, TensorDataset};
use ondol_nn::{BatchNorm1d, Dropout, Forward, Linear, Module, ReLU, Sequential, sequential};
use ondol_optim::{
    Adam, AveragedModel, GradScaler, LRScheduler, Optimizer, ReduceLROnPlateau, SGD, Schedule,
    Scheduler, StepLR, get_ema_avg_fn,
};
use ondol_serialize::save;
use ondol_tensor::{Error, Generator, ToValue, Value, default_generator, manual_seed};
use ondol_train::{Checkpoint, Restore};

/// A run with one of everything.
struct Run {
    model: Sequential,
    optimizer: Adam,
    scheduler: Scheduler<StepLR>,
    plateau: ReduceLROnPlateau,
    scaler: GradScaler,
    ema: AveragedModel,
    loader: DataLoader<TensorDataset<Tensor>>,
    noise: Generator,
    step: i64,
}

impl Run {
    fn new(seed: u64) -> Run {
        manual_seed(seed);
        let model = sequential![
            Linear::new(6, 8),
            BatchNorm1d::new(8),
            ReLU,
            Dropout::new(0.3),
            Linear::new(8, 1)
        ];
        model.train();
        let mut optimizer = Adam::new(model.parameters(), 0.05);
        let mut plateau = ReduceLROnPlateau::new().patience(1);
        plateau.step(1.0, &mut optimizer);
        Run {
            scheduler: StepLR::new(3).gamma(0.5).on(&mut optimizer),
            plateau,
            scaler: GradScaler::new().init_scale(1024.0).growth_interval(2),
            ema: AveragedModel::new(model.named_parameters()).avg_fn(get_ema_avg_fn(0.9)),
            loader: DataLoader::new(TensorDataset::new(
                Tensor::range(72)
                    .reshape([12, 6])
                    .to_dtype(ondol_tensor::DType::F32)
                    / 72.0,
            ))
            .batch_size(3)
            .shuffle(true),
            noise: Generator::new(5),
            model,
            optimizer,
            step: 0,
        }
    }

    /// So many steps; an epoch has four.
    fn train(&mut self, steps: usize) {
        self.train_and_note(steps, 0);
    }

    /// The same, with the checkpoint after the step `at` of them, in the middle of its epoch.
    fn train_and_note(&mut self, steps: usize, at: usize) -> Option<Checkpoint> {
        let mut noted = None;
        let mut batches = self.loader.iter();
        for i in 1..=steps {
            let batch = match batches.next() {
                Some(batch) => batch.unwrap(),
                None => {
                    batches = self.loader.iter();
                    batches.next().unwrap().unwrap()
                }
            };
            let jitter = (self.noise.next_u64() % 100) as f64 / 1000.0;
            self.optimizer.zero_grad();
            let loss = (self.model.forward(&(batch + jitter)) - 0.5)
                .square()
                .mean();
            self.scaler.scale(&loss).backward();
            self.scaler.step(&mut self.optimizer);
            self.scaler.update();
            self.scheduler.step(&mut self.optimizer);
            self.ema.update_parameters(self.model.named_parameters());
            self.step += 1;
            if self.step % 3 == 0 {
                self.plateau.step(self.step as f64, &mut self.optimizer);
            }
            if i == at {
                noted = Some(self.checkpoint());
            }
        }
        noted
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new()
            .model(&self.model)
            .optimizer(&self.optimizer)
            .scheduler(&self.scheduler)
            .part("plateau", &self.plateau)
            .scaler(&self.scaler)
            .ema(&self.ema)
            .loader(&self.loader)
            .generator("noise", &self.noise)
            .set("step", self.step)
            .set("note", "as it was")
    }

    /// Everything but the scheduler.
    fn most<'a>(&'a mut self, checkpoint: &'a Checkpoint) -> Restore<'a> {
        checkpoint
            .restore()
            .model(&self.model)
            .optimizer(&mut self.optimizer)
            .part("plateau", &mut self.plateau)
            .scaler(&mut self.scaler)
            .ema(&mut self.ema)
            .loader(&self.loader)
            .generator("noise", &self.noise)
    }

    fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        checkpoint
            .restore()
            .scheduler(&mut self.scheduler)
            .model(&self.model)
            .optimizer(&mut self.optimizer)
            .part("plateau", &mut self.plateau)
            .scaler(&mut self.scaler)
            .ema(&mut self.ema)
            .loader(&self.loader)
            .generator("noise", &self.noise)
            .apply()
    }

    /// All of its state, byte by byte.
    fn bytes(&self) -> Vec<u8> {
        bytes(&self.checkpoint())
    }
}

fn bytes(value: &impl ToValue) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.ond");
    save(value, &path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn a_run_goes_on_from_either_format_as_if_nothing_had_been() {
    let _own = fork_rng_guard();
    let folder = tempfile::tempdir().unwrap();
    let mut straight = Run::new(3);
    // In the middle of the second epoch.
    let middle = straight.train_and_note(13, 7).unwrap();
    for name in ["middle.pt", "middle.ond", "middle.pth"] {
        middle.save(folder.path().join(name)).unwrap();
    }
    let wanted = straight.bytes();
    for name in ["middle.pt", "middle.ond", "middle.pth"] {
        let mut resumed = Run::new(99);
        resumed.train(1);
        let path = folder.path().join(name);
        let checkpoint = Checkpoint::load(&path).unwrap();
        resumed.step = checkpoint.get("step").unwrap().as_int().unwrap();
        assert_eq!(resumed.step, 7);
        assert_eq!(checkpoint.path(), Some(&*path));
        resumed.restore(&checkpoint).unwrap();
        resumed.train(6);
        assert!(resumed.bytes() == wanted, "{name}");
    }
}

#[test]
fn a_snapshot_stays_as_it_was() {
    let _own = fork_rng_guard();
    let mut run = Run::new(1);
    run.train(2);
    let checkpoint = run.checkpoint();
    let before = bytes(&checkpoint);
    run.train(3);
    assert!(bytes(&checkpoint) == before);
    assert!(run.bytes() != before);
}

/// Nothing may change where one part does not fit, wherever it stands in the order.
#[test]
fn all_or_nothing() {
    let _own = fork_rng_guard();
    let mut run = Run::new(1);
    run.train(5);
    let good = run.checkpoint();
    let state = |name: &str| good.state(name).unwrap().clone();
    let other = sequential![Linear::new(6, 9)];
    let wrong = [
        Checkpoint::new().model(&other),
        Checkpoint::new()
            .model(&run.model)
            .optimizer(&SGD::new(other.parameters(), 0.1)),
    ];
    run.train(2);
    for part in [
        "model",
        "optimizer",
        "scheduler",
        "plateau",
        "scaler",
        "ema",
        "loader",
    ] {
        // A checkpoint with all parts of the good one but this.
        let broken = match part {
            "model" | "ema" => wrong[0].state("model").unwrap().clone(),
            "optimizer" => wrong[1].state("optimizer").unwrap().clone(),
            _ => Value::Int(3),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrong.ond");
        let mut value = good.to_value().as_dict().unwrap().clone();
        value.insert(part, broken);
        save(&value, &path).unwrap();
        let checkpoint = Checkpoint::load(&path).unwrap();
        let before = run.bytes();
        let weights: Vec<Tensor> = run.model.parameters();
        let error = run.restore(&checkpoint).unwrap_err();
        assert!(matches!(error, Error::StateDict { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains(&format!("`{part}`")) && text.contains("wrong.ond"),
            "{text}"
        );
        assert!(run.bytes() == before, "{part}");
        // The handles that the optimizer has are still the model's.
        assert!(
            weights
                .iter()
                .zip(run.model.parameters())
                .all(|(a, b)| a.same(&b))
        );
        assert!(state(part).kind() == "dict");
    }
    run.restore(&good).unwrap();
    assert_eq!(run.optimizer.step_count(), 7, "steps of this object");
}

#[test]
fn what_is_forgotten_or_not_there_is_named() {
    let _own = fork_rng_guard();
    let mut run = Run::new(1);
    run.train(1);
    let checkpoint = run.checkpoint();
    let before = run.bytes();
    let text = run.most(&checkpoint).apply().unwrap_err().to_string();
    assert!(
        text.contains("`scheduler`") && text.contains(".skip(\"scheduler\")"),
        "{text}"
    );
    // Left out on purpose, it is fine.
    run.most(&checkpoint).skip("scheduler").apply().unwrap();

    let few = Checkpoint::new().model(&run.model).set("epoch", 1);
    let text = run.most(&few).apply().unwrap_err().to_string();
    for name in ["optimizer", "scaler", "plateau", "ema", "loader", "noise"] {
        assert!(text.contains(&format!("`{name}`")), "{name}: {text}");
    }
    let text = checkpoint
        .restore()
        .skip("model")
        .apply()
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("`loader`") && text.contains("generator `noise`"),
        "{text}"
    );
    assert!(!text.contains("`model`"), "{text}");
    assert!(run.bytes() == before);

    let text = few.get("step").unwrap_err().to_string();
    assert!(
        text.contains("`step`") && text.contains("`epoch`"),
        "{text}"
    );
    let text = few.state("ema").unwrap_err().to_string();
    assert!(text.contains("`ema`") && text.contains("`model`"), "{text}");
    assert_eq!(few.parts(), ["model"]);
}

#[test]
fn the_default_generator_is_restored_of_itself_unless_skipped() {
    let _own = fork_rng_guard();
    manual_seed(4);
    default_generator().next_u64();
    let checkpoint = Checkpoint::default();
    let next = default_generator().next_u64();
    checkpoint.restore().apply().unwrap();
    assert_eq!(default_generator().next_u64(), next);
    manual_seed(8);
    checkpoint.restore().skip("rng").apply().unwrap();
    assert_eq!(default_generator().state().seed, 8);
}

#[test]
fn names_are_taken_once() {
    let model = Linear::new(2, 1);
    let twice = || Checkpoint::new().model(&model).model(&model);
    assert!(
        catch(twice)
            .unwrap_err()
            .to_string()
            .contains("a part `model`")
    );
    for name in ["rng", "meta", "checkpoint"] {
        let error = catch(|| Checkpoint::new().model_as(name, &model)).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    let g = Generator::new(1);
    assert!(catch(|| Checkpoint::new().generator("default", &g)).is_err());
    let checkpoint = Checkpoint::new()
        .model(&model)
        .model_as("critic", &model)
        .set("a", 1)
        .set("a", 2);
    let twice = || checkpoint.restore().model(&model).model(&model);
    assert!(catch(|| twice().apply()).is_err());
    assert_eq!(checkpoint.parts(), ["model", "critic"]);
    assert_eq!(checkpoint.get("a").unwrap().as_int().unwrap(), 2);
    no_grad(|| model.weight.fill_(7.0));
    checkpoint
        .restore()
        .skip("model")
        .model_as("critic", &model)
        .apply()
        .unwrap();
    assert_ne!(model.weight.to_vec::<f32>(), [7.0; 2]);
}

#[test]
fn other_files_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let model = Linear::new(2, 1);
    let text = |path: &std::path::Path| Checkpoint::load(path).unwrap_err().to_string();
    save(&model.state_dict(), at("weights.pt")).unwrap();
    assert!(text(&at("weights.pt")).contains("not a checkpoint: the file holds `weight`, `bias`"));
    save(&Value::Int(3), at("three.ond")).unwrap();
    assert!(text(&at("three.ond")).contains("holds a int"));
    let checkpoint = Checkpoint::new().model(&model);
    for name in ["a.safetensors", "a.npz", "a", "a.ckpt"] {
        let error = checkpoint.save(at(name)).unwrap_err();
        assert!(matches!(error, Error::File { .. }), "{error}");
        assert!(error.to_string().contains("`.pt`"), "{error}");
        assert!(!at(name).exists() && Checkpoint::load(at(name)).is_err());
    }
    let mut value = checkpoint.to_value().as_dict().unwrap().clone();
    value.insert(
        "checkpoint",
        [("version", Value::Int(2))]
            .into_iter()
            .collect::<ondol_tensor::Dict>(),
    );
    save(&value, at("later.pt")).unwrap();
    assert!(text(&at("later.pt")).contains("layout 2"));
    value.insert("checkpoint", Value::Bool(true));
    save(&value, at("odd.pt")).unwrap();
    assert!(text(&at("odd.pt")).contains("odd.pt: no good checkpoint"));
}
