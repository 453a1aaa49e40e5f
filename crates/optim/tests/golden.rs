//! Steps against numbers worked out by hand, in both precisions and by both paths.

use ondol_autograd::{DType, Tensor, without_fused};
use ondol_optim::{Adam, AdamW, Optimizer, SGD};

const GRADS: [f64; 3] = [0.5, -0.2, 0.1];

/// Each gradient's step applied to a parameter of 1.
fn run(dtype: DType, make: &dyn Fn(Tensor) -> Box<dyn Optimizer>) -> Vec<f64> {
    // As many elements that the kernels' vector parts and their rests take part.
    let p = Tensor::ones_with([37], dtype).requires_grad_(true);
    let mut optimizer = make(p.clone());
    let step = |g: f64| {
        p.set_grad(Some(Tensor::full_with([37], g, dtype)));
        optimizer.step();
        let all = p.value().cast(DType::F64).unwrap().to_vec::<f64>().unwrap();
        assert!(all.iter().all(|x| x == &all[0]), "{all:?}");
        all[0]
    };
    GRADS.map(step).to_vec()
}

type Make = Box<dyn Fn(Tensor) -> Box<dyn Optimizer>>;

fn sgd(f: impl Fn(SGD) -> SGD + 'static) -> Make {
    Box::new(move |p| Box::new(f(SGD::new([p], 0.1))))
}

fn adam(f: impl Fn(Adam) -> Adam + 'static) -> Make {
    Box::new(move |p| Box::new(f(Adam::new([p], 0.1))))
}

fn adamw(f: impl Fn(AdamW) -> AdamW + 'static) -> Make {
    Box::new(move |p| Box::new(f(AdamW::new([p], 0.1))))
}

#[test]
fn every_variant_takes_its_golden_steps() {
    // name, optimizer, values after each step, tolerance: half a unit of the last digit written down
    let cases: Vec<(&str, Make, [f64; 3], f64)> = vec![
        ("sgd", sgd(|o| o), [0.95, 0.97, 0.96], 1e-12),
        (
            "momentum",
            sgd(|o| o.momentum(0.9)),
            [0.95, 0.925, 0.8925],
            1e-12,
        ),
        (
            "dampening",
            sgd(|o| o.momentum(0.9).dampening(0.5)),
            [0.95, 0.915, 0.8785],
            1e-12,
        ),
        (
            "dampening .1",
            sgd(|o| o.momentum(0.9).dampening(0.1)),
            [0.95, 0.923, 0.8897],
            1e-12,
        ),
        (
            "nesterov",
            sgd(|o| o.momentum(0.9).nesterov(true)),
            [0.905, 0.9025, 0.86325],
            1e-12,
        ),
        (
            "weight decay",
            sgd(|o| o.momentum(0.9).weight_decay(0.01)),
            [0.949, 0.922151, 0.887064749],
            1e-12,
        ),
        (
            "maximize",
            sgd(|o| o.momentum(0.9).maximize(true)),
            [1.05, 1.075, 1.1075],
            1e-12,
        ),
        (
            "adam",
            adam(|o| o),
            [0.900000002, 0.865439418, 0.827500241],
            5.1e-10,
        ),
        (
            "adamw",
            adamw(|o| o),
            [0.899000002, 0.863540418, 0.8247377],
            5.1e-8,
        ),
    ];
    for (name, make, expected, tolerance) in &cases {
        for dtype in [DType::F64, DType::F32] {
            let tolerance = if dtype == DType::F32 {
                4e-7
            } else {
                *tolerance
            };
            let fused = run(dtype, make);
            let composite = without_fused(|| run(dtype, make));
            for (path, values) in [("fused", fused), ("composite", composite)] {
                for (value, expected) in values.iter().zip(expected) {
                    let error = (value - expected).abs();
                    assert!(
                        error <= tolerance,
                        "{name} {dtype} {path}: {value} for {expected}"
                    );
                }
            }
        }
    }
}

/// The formulas of the documentation, one number at a time.
fn adam_by_hand(weight_decay: f64, decoupled: bool, amsgrad: bool, sign: f64) -> Vec<f64> {
    let (lr, b1, b2, eps) = (0.1, 0.9, 0.999, 1e-8);
    let (mut p, mut m, mut v, mut greatest) = (1.0, 0.0, 0.0, 0.0f64);
    let step = |(i, g): (usize, &f64)| {
        let mut g = sign * g;
        if decoupled {
            p -= lr * weight_decay * p;
        } else {
            g += weight_decay * p;
        }
        m = b1 * m + (1.0 - b1) * g;
        v = b2 * v + (1.0 - b2) * g * g;
        greatest = greatest.max(v);
        let t = i as i32 + 1;
        let second = if amsgrad { greatest } else { v } / (1.0 - f64::powi(b2, t));
        p -= lr * m / (1.0 - f64::powi(b1, t)) / (second.sqrt() + eps);
        p
    };
    GRADS.iter().enumerate().map(step).collect()
}

#[test]
fn adam_follows_its_formula() {
    let cases: Vec<(&str, Make, Vec<f64>)> = vec![
        (
            "decay",
            adam(|o| o.weight_decay(0.3)),
            adam_by_hand(0.3, false, false, 1.0),
        ),
        (
            "decoupled",
            adamw(|o| o.weight_decay(0.3)),
            adam_by_hand(0.3, true, false, 1.0),
        ),
        (
            "amsgrad",
            adam(|o| o.amsgrad(true)),
            adam_by_hand(0.0, false, true, 1.0),
        ),
        (
            "maximize",
            adam(|o| o.maximize(true)),
            adam_by_hand(0.0, false, false, -1.0),
        ),
        (
            "all",
            adamw(|o| o.amsgrad(true).maximize(true).weight_decay(0.2)),
            adam_by_hand(0.2, true, true, -1.0),
        ),
    ];
    for (name, make, expected) in &cases {
        for dtype in [DType::F64, DType::F32] {
            let tolerance = if dtype == DType::F32 { 5e-7 } else { 1e-12 };
            for values in [run(dtype, make), without_fused(|| run(dtype, make))] {
                for (value, expected) in values.iter().zip(expected) {
                    assert!(
                        (value - expected).abs() <= tolerance,
                        "{name} {dtype}: {value} for {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn amsgrad_is_not_adam_where_gradients_shrink() {
    let grads = [1.0, 0.0, 0.0];
    let last = |amsgrad| {
        let p = Tensor::ones_with([1], DType::F64).requires_grad_(true);
        let mut optimizer = Adam::new([p.clone()], 0.1).betas(0.9, 0.5).amsgrad(amsgrad);
        for g in grads {
            p.set_grad(Some(Tensor::full_with([1], g, DType::F64)));
            optimizer.step();
        }
        p.item()
    };
    assert!(last(true) > last(false));
}
