//! Micro-benchmarks of kernels, called on arrays, without a graph.
//!
//! `cargo bench -p ondol-bench --bench kernels -- conv2d`; criterion compares with the run before.

// The macro that makes the group gives it no comment.
#![allow(missing_docs)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ondol_tensor::{
    Array, Binary, Conv2dOptions, DType, Device, Distribution, Fused, Generator, Pool2dOptions,
    Unary,
};

fn normal(shape: &[usize]) -> Array {
    let distribution = Distribution::Normal {
        mean: 0.0,
        std: 1.0,
    };
    let generator = Generator::new(shape.iter().sum::<usize>() as u64);
    let made = Array::random(
        distribution,
        shape.to_vec(),
        DType::F32,
        &Device::cpu(),
        &generator,
    );
    made.expect("memory for an operand")
}

fn fused(op: &Fused, inputs: &[&Array]) -> Vec<Array> {
    let made = Array::fused(op, inputs).expect("the CPU has its own way");
    made.expect("operands that go together").into_vec()
}

/// Products of Linear's shapes, forward and both gradients, and squares.
fn products(c: &mut Criterion) {
    let mut group = c.benchmark_group("product");
    for [m, k, n] in [
        [64, 784, 512],
        [64, 512, 512],
        [64, 512, 10],
        [64, 3136, 128],
    ] {
        let (x, w, g) = (normal(&[m, k]), normal(&[n, k]), normal(&[m, n]));
        group.throughput(Throughput::Elements((2 * m * k * n) as u64));
        let shape = format!("{m}x{k}x{n}");
        group.bench_function(BenchmarkId::new("forward", &shape), |b| {
            b.iter(|| black_box(w.transpose(0, 1).and_then(|w| x.matmul(&w))));
        });
        group.bench_function(BenchmarkId::new("by weight", &shape), |b| {
            b.iter(|| black_box(g.transpose(0, 1).and_then(|g| g.matmul(&x))));
        });
        group.bench_function(BenchmarkId::new("by input", &shape), |b| {
            b.iter(|| black_box(g.matmul(&w)));
        });
    }
    for n in [128usize, 256, 512, 1024] {
        let (a, b) = (normal(&[n, n]), normal(&[n, n]));
        group.throughput(Throughput::Elements(2 * (n as u64).pow(3)));
        group.bench_function(BenchmarkId::new("square", n), |bench| {
            bench.iter(|| black_box(a.matmul(&b)));
        });
    }
    group.finish();
}

/// Convolutions, batch 64: the two layers of a small net, and kinds that gather patches.
fn convolutions(c: &mut Criterion) {
    let mut group = c.benchmark_group("conv2d");
    for (name, [channels, size, filters, kernel], step) in [
        (
            "1x28 to 32, 3x3",
            [1usize, 28usize, 32usize, 3usize],
            1usize,
        ),
        ("32x14 to 64, 3x3", [32, 14, 64, 3], 1),
        ("32x14 to 64, 5x5", [32, 14, 64, 5], 1),
        ("64x14 to 64, 1x1", [64, 14, 64, 1], 1),
        ("32x14 to 64, 3x3, step 2", [32, 14, 64, 3], 2),
    ] {
        let options = Conv2dOptions {
            stride: [step; 2],
            padding: [kernel / 2; 2],
            ..Default::default()
        };
        let x = normal(&[64, channels, size, size]);
        let (w, bias) = (
            normal(&[filters, channels, kernel, kernel]),
            normal(&[filters]),
        );
        let forward = Fused::Conv2dBias(options);
        let y = fused(&forward, &[&x, &w, &bias]).remove(0);
        group.throughput(Throughput::Elements(
            (2 * y.numel() * channels * kernel * kernel) as u64,
        ));
        group.bench_function(BenchmarkId::new("forward", name), |b| {
            b.iter(|| black_box(fused(&forward, &[&x, &w, &bias])));
        });
        let op = Fused::Conv2dInputGrad {
            options,
            input: [size; 2],
        };
        group.bench_function(BenchmarkId::new("by input", name), |b| {
            b.iter(|| black_box(fused(&op, &[&y, &w])));
        });
        let op = Fused::Conv2dParameterGrads {
            options,
            kernel: [kernel; 2],
        };
        group.bench_function(BenchmarkId::new("by parameters", name), |b| {
            b.iter(|| black_box(fused(&op, &[&x, &y])));
        });
    }
    group.finish();
}

/// Maxima of windows, (64, 32, 28, 28).
fn pooling(c: &mut Criterion) {
    let mut group = c.benchmark_group("max_pool2d");
    let x = normal(&[64, 32, 28, 28]);
    for (name, kernel, padding) in [("2x2", 2, 0), ("3x3, step 2", 3, 1)] {
        let options = Pool2dOptions {
            kernel: [kernel; 2],
            stride: [2; 2],
            padding: [padding; 2],
            dilation: [1; 2],
        };
        let (values, places) = (Fused::MaxPool2dValues(options), Fused::MaxPool2d(options));
        let y = fused(&values, &[&x]).remove(0);
        group.throughput(Throughput::Bytes(4 * x.numel() as u64));
        group.bench_function(BenchmarkId::new("values", name), |b| {
            b.iter(|| black_box(fused(&values, &[&x])));
        });
        group.bench_function(BenchmarkId::new("values and places", name), |b| {
            b.iter(|| black_box(fused(&places, &[&x])));
        });
        let back = Fused::MaxPool2dGrad(options);
        group.bench_function(BenchmarkId::new("by input", name), |b| {
            b.iter(|| black_box(fused(&back, &[&y, &x])));
        });
    }
    group.finish();
}

/// Element by element, within the cache and beyond it; the pool lends the result's memory.
fn elementwise(c: &mut Criterion) {
    let mut group = c.benchmark_group("elementwise");
    for n in [64 * 1024, 4 * 1024 * 1024] {
        let (a, b) = (normal(&[n]), normal(&[n]));
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("add", n), |bench| {
            bench.iter(|| black_box(a.binary(Binary::Add, &b)));
        });
        for op in [Unary::Relu, Unary::Exp, Unary::Tanh] {
            group.bench_function(BenchmarkId::new(op.name(), n), |bench| {
                bench.iter(|| black_box(a.unary(op)));
            });
        }
        group.bench_function(BenchmarkId::new("relu_grad", n), |bench| {
            bench.iter(|| black_box(fused(&Fused::UnaryGrad(Unary::Relu), &[&a, &b])));
        });
    }
    group.finish();
}

criterion_group! {
    name = kernels;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20);
    targets = products, convolutions, pooling, elementwise
}
criterion_main!(kernels);
