//! Steps against PyTorch's own, and the two ways of a step against each other.

use std::collections::HashMap;

use ondol_autograd::{DType, Generator, Tensor, without_fused};
use ondol_optim::{Adam, AdamW, Optimizer, ParamGroup, SGD};

const CASES: &str = include_str!("fixtures/pytorch.txt");

#[test]
fn steps_are_pytorchs() {
    let cases: Vec<&str> = CASES.split("case ").skip(1).collect();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let (header, body) = case.split_once('\n').unwrap();
        let line = |line: &str| {
            let (name, numbers) = line.split_once(' ').unwrap();
            let numbers = numbers.split(' ').map(|x| x.parse().unwrap()).collect();
            (name.to_owned(), numbers)
        };
        let arrays: HashMap<String, Vec<f32>> = body.lines().map(line).collect();
        let tensor = |name: &str| Tensor::from_vec(arrays[name].clone(), [arrays[name].len()]);
        for fused in [true, false] {
            let params: Vec<Tensor> = ["p0", "p1"]
                .iter()
                .map(|name| tensor(name).requires_grad_(true))
                .collect();
            let mut optimizer = parse(header, &params);
            for step in 0..5 {
                for (i, p) in params.iter().enumerate() {
                    p.set_grad(Some(tensor(&format!("g{step}_{i}"))));
                }
                if fused {
                    optimizer.step();
                } else {
                    without_fused(|| optimizer.step());
                }
                for (i, p) in params.iter().enumerate() {
                    let wanted = &arrays[&format!("p{i}_after{}", step + 1)];
                    for (got, want) in p.to_vec::<f32>().iter().zip(wanted) {
                        let error = (got - want).abs();
                        assert!(
                            error <= 2e-6 + 1e-4 * want.abs(),
                            "{header}: {got} for {want}"
                        );
                    }
                }
            }
        }
    }
}

/// The optimizer that a case's first line describes.
fn parse(header: &str, params: &[Tensor]) -> Box<dyn Optimizer> {
    let mut words = header.split(' ');
    let name = words.next().unwrap();
    let mut group = ParamGroup::new(params.to_vec());
    for word in words {
        let (option, value) = word.split_once('=').unwrap();
        group = group.option(option, value.parse::<f64>().unwrap());
    }
    match name {
        "SGD" => Box::new(SGD::with_groups([group], 1.0)),
        "Adam" => Box::new(Adam::with_groups([group], 1.0)),
        "AdamW" => Box::new(AdamW::with_groups([group], 1.0)),
        other => panic!("no optimizer {other}"),
    }
}

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
