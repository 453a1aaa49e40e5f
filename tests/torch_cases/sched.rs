//! Kind `sched`: the learning rates of a scheduler over SGD with momentum 0.9.

use ondol::Tensor;
use ondol::optim::{
    ConstantLR, CosineAnnealingLR, CosineAnnealingWarmRestarts, CyclicLR, ExponentialLR,
    LRScheduler, LinearLR, MultiStepLR, OneCycleLR, Optimizer, PolynomialLR, ReduceLROnPlateau,
    SGD, SWALR, Schedule, StepLR,
};

use super::call::Call;
use super::case::Case;
use super::compare::numbers;

/// What steps.
enum Steps {
    Alone(Box<dyn LRScheduler>),
    ByMetric(Box<ReduceLROnPlateau>),
}

/// The scheduler of PyTorch's name, at work on an optimizer.
fn make(op: &str, call: &Call<'_>, optimizer: &mut dyn Optimizer) -> Option<Steps> {
    let float = |name: &str| {
        call.float(name)
            .unwrap_or_else(|| panic!("{name} is not given"))
    };
    let size = |name: &str| {
        call.size(name)
            .unwrap_or_else(|| panic!("{name} is not given"))
    };
    let or = |name: &str, default: f64| call.float_or(name, default);
    let steps: Box<dyn LRScheduler> = match op {
        "StepLR" => StepLR::new(size("step_size"))
            .gamma(or("gamma", 0.1))
            .on(optimizer)
            .into(),
        "MultiStepLR" => {
            let milestones = call.ints("milestones").expect("milestones");
            MultiStepLR::new(milestones.iter().map(|&m| m as usize))
                .gamma(or("gamma", 0.1))
                .on(optimizer)
                .into()
        }
        "ConstantLR" => ConstantLR::new()
            .factor(or("factor", 1.0 / 3.0))
            .total_iters(call.size_or("total_iters", 5))
            .on(optimizer)
            .into(),
        "LinearLR" => LinearLR::new()
            .start_factor(or("start_factor", 1.0 / 3.0))
            .end_factor(or("end_factor", 1.0))
            .total_iters(call.size_or("total_iters", 5))
            .on(optimizer)
            .into(),
        "ExponentialLR" => ExponentialLR::new(float("gamma")).on(optimizer).into(),
        "PolynomialLR" => PolynomialLR::new()
            .total_iters(call.size_or("total_iters", 5))
            .power(or("power", 1.0))
            .on(optimizer)
            .into(),
        "CosineAnnealingLR" => CosineAnnealingLR::new(size("T_max"))
            .eta_min(or("eta_min", 0.0))
            .on(optimizer)
            .into(),
        "CosineAnnealingWarmRestarts" => CosineAnnealingWarmRestarts::new(size("T_0"))
            .t_mult(call.size_or("T_mult", 1))
            .eta_min(or("eta_min", 0.0))
            .on(optimizer)
            .into(),
        "CyclicLR" => {
            let up = call.size_or("step_size_up", 2000);
            CyclicLR::new(float("base_lr"), float("max_lr"))
                .step_size_up(up)
                .step_size_down(call.size_or("step_size_down", up))
                .mode(call.text("mode").unwrap_or("triangular"))
                .gamma(or("gamma", 1.0))
                .cycle_momentum(call.bool_or("cycle_momentum", true))
                .base_momentum(or("base_momentum", 0.8))
                .max_momentum(or("max_momentum", 0.9))
                .on(optimizer)
                .into()
        }
        "OneCycleLR" => {
            let total = call
                .size("total_steps")
                .unwrap_or_else(|| size("epochs") * size("steps_per_epoch"));
            OneCycleLR::new(float("max_lr"), total)
                .pct_start(or("pct_start", 0.3))
                .anneal_strategy(call.text("anneal_strategy").unwrap_or("cos"))
                .cycle_momentum(call.bool_or("cycle_momentum", true))
                .base_momentum(or("base_momentum", 0.85))
                .max_momentum(or("max_momentum", 0.95))
                .div_factor(or("div_factor", 25.0))
                .final_div_factor(or("final_div_factor", 1e4))
                .three_phase(call.bool_or("three_phase", false))
                .on(optimizer)
                .into()
        }
        "SWALR" => SWALR::new(float("swa_lr"))
            .anneal_epochs(call.size_or("anneal_epochs", 10))
            .anneal_strategy(call.text("anneal_strategy").unwrap_or("cos"))
            .on(optimizer)
            .into(),
        "ReduceLROnPlateau" => {
            let plateau = ReduceLROnPlateau::new()
                .mode(call.text("mode").unwrap_or("min"))
                .factor(or("factor", 0.1))
                .patience(call.size_or("patience", 10))
                .threshold(or("threshold", 1e-4))
                .threshold_mode(call.text("threshold_mode").unwrap_or("rel"))
                .cooldown(call.size_or("cooldown", 0))
                .min_lr(or("min_lr", 0.0))
                .eps(or("eps", 1e-8))
                .on(optimizer);
            return Some(Steps::ByMetric(Box::new(plateau)));
        }
        _ => return None,
    };
    Some(Steps::Alone(steps))
}

pub(super) fn run(case: &Case) -> Result<(), String> {
    let call = Call::new(Vec::new(), &case.args);
    let base_lr = call.float("base_lr").ok_or("the case says no base_lr")?;
    let steps = call.size("steps").ok_or("the case says no steps")?;
    // PyTorch's default: a fresh start.
    if call.int_or("last_epoch", -1) != -1 {
        return Err("schedulers begin at their beginning here".into());
    }
    let parameter = Tensor::zeros([1]).requires_grad_(true);
    let mut optimizer = SGD::new([parameter], base_lr).momentum(0.9);
    let mut scheduler = make(&case.op, &call, &mut optimizer)
        .ok_or_else(|| format!("unknown scheduler {}", case.op))?;
    let unread = call.unread();
    if !unread.is_empty() {
        return Err(format!("nobody reads {}", unread.join(", ")));
    }
    let momentum = |optimizer: &SGD| {
        let group = &optimizer.param_groups()[0];
        let momentum = group.get("momentum").and_then(|m| m.as_float().ok());
        momentum.expect("SGD has a momentum")
    };
    let (mut lrs, mut momenta) = (vec![optimizer.lr()], vec![momentum(&optimizer)]);
    for k in 0..steps {
        optimizer.step();
        match &mut scheduler {
            Steps::Alone(scheduler) => scheduler.step(&mut optimizer),
            Steps::ByMetric(plateau) => {
                let metrics = case
                    .values
                    .get("metrics")
                    .ok_or("the case has no metrics")?;
                plateau.step(metrics[k], &mut optimizer);
            }
        }
        lrs.push(optimizer.lr());
        momenta.push(momentum(&optimizer));
    }
    let want = case
        .values
        .get("lr")
        .ok_or("the case has no learning rates")?;
    numbers(&lrs, want, case.tol).map_err(|why| format!("lr: {why}"))?;
    if let Some(want) = case.values.get("momentum") {
        numbers(&momenta, want, case.tol).map_err(|why| format!("momentum: {why}"))?;
    }
    Ok(())
}
