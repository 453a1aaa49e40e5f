//! The two ways of a step against each other.

use ondol_autograd::{DType, Generator, Tensor, without_fused};
use ondol_optim::{Adam, AdamW, Optimizer, SGD};

type Make = fn(Vec<Tensor>) -> Box<dyn Optimizer>;

#[test]
fn both_ways_of_a_step_agree_on_every_option() {
    let makers: [Make; 7] = [
        |p| Box::new(SGD::new(p, 0.1)),
        |p| Box::new(SGD::new(p, 0.1).weight_decay(0.1).maximize(true)),
        |p| {
            Box::new(
                SGD::new(p, 0.1)
                    .momentum(0.9)
                    .dampening(0.3)
                    .weight_decay(0.1),
            )
        },
        |p| Box::new(SGD::new(p, 0.1).momentum(0.9).nesterov(true).maximize(true)),
        |p| Box::new(Adam::new(p, 0.01).weight_decay(0.1).betas(0.7, 0.9)),
        |p| Box::new(Adam::new(p, 0.01).maximize(true).eps(1e-3)),
        |p| Box::new(AdamW::new(p, 0.01).weight_decay(0.3)),
    ];
    for (i, make) in makers.into_iter().enumerate() {
        for dtype in [DType::F32, DType::F64] {
            let fused = run(make, dtype);
            let composite = without_fused(|| run(make, dtype));
            let tolerance = if dtype == DType::F64 { 1e-12 } else { 3e-6 };
            for (a, b) in fused.iter().zip(&composite) {
                assert!(
                    (a - b).abs() <= tolerance * b.abs().max(1.0),
                    "{i} {dtype}: {a} and {b}"
                );
            }
        }
    }
}

/// Four steps on parameters of several shapes, one scalar, one whose gradient is a transposed view.
fn run(make: Make, dtype: DType) -> Vec<f64> {
    let generator = Generator::new(5);
    let normal = ondol_autograd::Distribution::Normal {
        mean: 0.0,
        std: 1.0,
    };
    let random = |shape: &[usize]| Tensor::random_with(normal, shape, dtype, &generator);
    let shapes: [&[usize]; 4] = [&[65, 33], &[7], &[], &[3, 5]];
    let params: Vec<Tensor> = shapes
        .iter()
        .map(|s| random(s).requires_grad_(true))
        .collect();
    let mut optimizer = make(params.clone());
    for step in 0..4 {
        for (i, (p, shape)) in params.iter().zip(shapes).enumerate() {
            let grad = if i == 3 {
                random(&[5, 3]).t()
            } else {
                random(shape)
            };
            // One comes late, so that its count of steps is another.
            p.set_grad((i != 1 || step > 1).then_some(grad));
        }
        optimizer.step();
    }
    let values = |p: &Tensor| p.to_dtype(DType::F64).to_vec::<f64>();
    params.iter().flat_map(values).collect()
}
