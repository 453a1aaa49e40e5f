//! Optimizers and schedulers from PyTorch's names and arguments.

use ondol_autograd::{Tensor, Value};
use ondol_optim::*;
use serde_json::Value as Json;

/// An argument as an option's value: lists are tuples.
pub(crate) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(b) => (*b).into(),
        Json::Number(n) => n
            .as_i64()
            .map_or_else(|| n.as_f64().unwrap().into(), Value::from),
        Json::String(s) => s.as_str().into(),
        Json::Array(list) => Value::Tuple(list.iter().map(value).collect()),
        Json::Object(_) => panic!("no option {json}"),
    }
}

/// The optimizer of PyTorch's name, all parameters in one group.
pub(crate) fn optimizer(op: &str, args: &Json, params: &[Tensor]) -> Box<dyn Optimizer> {
    let mut group = ParamGroup::new(params.to_vec());
    for (name, argument) in args.as_object().unwrap() {
        if name != "steps" {
            group = group.option(name, value(argument));
        }
    }
    macro_rules! named {
        ($($name:ident)*) => {
            match op {
                $(stringify!($name) => Box::new($name::with_groups([group], 1.0)),)*
                other => panic!("no optimizer {other}"),
            }
        };
    }
    named!(SGD Adam AdamW NAdam RAdam Adamax Adagrad Adadelta RMSprop ASGD Rprop Muon Adafactor)
}

/// A scheduler, and the one that looks at a number.
pub(crate) enum Made {
    Plain(Box<dyn LRScheduler>),
    Plateau(ReduceLROnPlateau),
}

struct Args<'a>(&'a Json);

impl Args<'_> {
    fn float(&self, name: &str, default: f64) -> f64 {
        self.0[name].as_f64().unwrap_or(default)
    }
    fn count(&self, name: &str, default: u64) -> usize {
        self.0[name].as_u64().unwrap_or(default) as usize
    }
    fn text(&self, name: &str, default: &'static str) -> String {
        self.0[name].as_str().unwrap_or(default).to_owned()
    }
    fn flag(&self, name: &str, default: bool) -> bool {
        self.0[name].as_bool().unwrap_or(default)
    }
    fn counts(&self, name: &str) -> Vec<usize> {
        let list = self.0[name].as_array().unwrap().iter();
        list.map(|n| n.as_u64().unwrap() as usize).collect()
    }
    fn function(&self) -> impl Fn(i64) -> f64 + Send + Sync + 'static {
        let text = self.text("lr_lambda", "");
        move |epoch| match text.as_str() {
            "0.95 ** epoch" => 0.95f64.powi(epoch as i32),
            "1 / (epoch + 1)" => 1.0 / (epoch + 1) as f64,
            "0.95" => 0.95,
            "epoch / (epoch + 1)" => epoch as f64 / (epoch + 1) as f64,
            other => panic!("no function {other}"),
        }
    }
}

/// The scheduler of PyTorch's name, at work on an optimizer.
pub(crate) fn scheduler(op: &str, args: &Json, o: &mut dyn Optimizer, base_lr: f64) -> Made {
    let a = Args(args);
    Made::Plain(match op {
        "StepLR" => StepLR::new(a.count("step_size", 0))
            .gamma(a.float("gamma", 0.1))
            .on(o)
            .into(),
        "MultiStepLR" => {
            let schedule = MultiStepLR::new(a.counts("milestones"));
            schedule.gamma(a.float("gamma", 0.1)).on(o).into()
        }
        "ConstantLR" => {
            let schedule = ConstantLR::new().factor(a.float("factor", 1.0 / 3.0));
            schedule.total_iters(a.count("total_iters", 5)).on(o).into()
        }
        "LinearLR" => {
            let schedule = LinearLR::new().start_factor(a.float("start_factor", 1.0 / 3.0));
            let schedule = schedule.end_factor(a.float("end_factor", 1.0));
            schedule.total_iters(a.count("total_iters", 5)).on(o).into()
        }
        "ExponentialLR" => ExponentialLR::new(a.float("gamma", f64::NAN)).on(o).into(),
        "PolynomialLR" => {
            let schedule = PolynomialLR::new().power(a.float("power", 1.0));
            schedule.total_iters(a.count("total_iters", 5)).on(o).into()
        }
        "CosineAnnealingLR" => {
            let schedule = CosineAnnealingLR::new(a.count("T_max", 0));
            schedule.eta_min(a.float("eta_min", 0.0)).on(o).into()
        }
        "CosineAnnealingWarmRestarts" => {
            let schedule = CosineAnnealingWarmRestarts::new(a.count("T_0", 0));
            let schedule = schedule.t_mult(a.count("T_mult", 1));
            schedule.eta_min(a.float("eta_min", 0.0)).on(o).into()
        }
        "CyclicLR" => {
            let mut schedule = CyclicLR::new(base_lr, a.float("max_lr", 0.0))
                .step_size_up(a.count("step_size_up", 2000))
                .mode(&a.text("mode", "triangular"))
                .gamma(a.float("gamma", 1.0))
                .cycle_momentum(a.flag("cycle_momentum", true))
                .base_momentum(a.float("base_momentum", 0.8))
                .max_momentum(a.float("max_momentum", 0.9));
            if !args["step_size_down"].is_null() {
                schedule = schedule.step_size_down(a.count("step_size_down", 0));
            }
            schedule.on(o).into()
        }
        "OneCycleLR" => {
            let steps = a.count("epochs", 0) * a.count("steps_per_epoch", 0);
            let schedule =
                OneCycleLR::new(a.float("max_lr", 0.0), a.count("total_steps", steps as u64))
                    .pct_start(a.float("pct_start", 0.3))
                    .anneal_strategy(&a.text("anneal_strategy", "cos"))
                    .cycle_momentum(a.flag("cycle_momentum", true))
                    .base_momentum(a.float("base_momentum", 0.85))
                    .max_momentum(a.float("max_momentum", 0.95))
                    .div_factor(a.float("div_factor", 25.0))
                    .final_div_factor(a.float("final_div_factor", 1e4))
                    .three_phase(a.flag("three_phase", false));
            schedule.on(o).into()
        }
        "LambdaLR" => LambdaLR::new(a.function()).on(o).into(),
        "MultiplicativeLR" => MultiplicativeLR::new(a.function()).on(o).into(),
        "SWALR" => {
            let schedule = SWALR::new(a.float("swa_lr", 0.0));
            let schedule = schedule.anneal_epochs(a.count("anneal_epochs", 10));
            schedule
                .anneal_strategy(&a.text("anneal_strategy", "cos"))
                .on(o)
                .into()
        }
        "SequentialLR" => {
            let parts = parts(args, o, base_lr);
            SequentialLR::new(o, parts, a.counts("milestones")).into()
        }
        "ChainedScheduler" => {
            let parts = parts(args, o, base_lr);
            ChainedScheduler::new(o, parts).into()
        }
        "ReduceLROnPlateau" => {
            let schedule = ReduceLROnPlateau::new()
                .mode(&a.text("mode", "min"))
                .factor(a.float("factor", 0.1))
                .patience(a.count("patience", 10))
                .threshold(a.float("threshold", 1e-4))
                .threshold_mode(&a.text("threshold_mode", "rel"))
                .cooldown(a.count("cooldown", 0))
                .min_lr(a.float("min_lr", 0.0))
                .eps(a.float("eps", 1e-8));
            return Made::Plateau(schedule.on(o));
        }
        other => panic!("no scheduler {other}"),
    })
}

fn parts(args: &Json, o: &mut dyn Optimizer, base_lr: f64) -> Vec<Box<dyn LRScheduler>> {
    let mut made = Vec::new();
    for part in args["schedulers"].as_array().unwrap() {
        match scheduler(part[0].as_str().unwrap(), &part[1], o, base_lr) {
            Made::Plain(scheduler) => made.push(scheduler),
            Made::Plateau(_) => panic!("not in a sequence"),
        }
    }
    made
}
