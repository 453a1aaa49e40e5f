//! The same bits for any number of threads, at sizes that are split between them.

use ondol_tensor::{
    ArgReduce, Array, Binary, Conv2dOptions, DType, Device, Distribution, Fused, FusedStep,
    Generator, Pool2dOptions, Reduce, Reduced, Result, Scan, Scatter, Unary, set_num_threads,
};

fn normal(shape: &[usize], dtype: DType, seed: u64) -> Result<Array> {
    let distribution = Distribution::Normal {
        mean: 0.0,
        std: 1.0,
    };
    Array::random(
        distribution,
        shape.to_vec(),
        dtype,
        &Device::cpu(),
        &Generator::new(seed),
    )
}

fn fused(op: Fused, inputs: &[&Array]) -> Result<Vec<Array>> {
    let made = Array::fused(&op, inputs).expect("the CPU has its own way");
    made.map(|made| made.into_vec())
}

/// Results of everything that is split, by name.
fn results() -> Result<Vec<(&'static str, Array)>> {
    let mut out = vec![];
    let table = normal(&[1000, 1100], DType::F32, 1)?;
    let turned = table.transpose(0, 1)?;
    out.push(("random", table.clone()));
    out.push(("sum", table.reduce(Reduce::Sum, &[], false)?));
    out.push(("sum of rows", table.reduce(Reduce::Sum, &[1], false)?));
    out.push(("sum of columns", table.reduce(Reduce::Sum, &[0], false)?));
    out.push(("sum, transposed", turned.reduce(Reduce::Sum, &[0], false)?));
    out.push((
        "sum of halves",
        table.cast(DType::BF16)?.reduce(Reduce::Sum, &[0], false)?,
    ));
    out.push(("prod", table.reduce(Reduce::Prod, &[0], false)?));
    out.push(("argmax", table.arg_reduce(ArgReduce::Max, 0, false)?));
    out.push(("cumsum", table.scan(Scan::Sum, 1)?));
    out.push(("cummax", table.scan(Scan::Max, 1)?));
    out.push(("logcumsumexp", table.scan(Scan::LogSumExp, 1)?));
    out.push(("lgamma", table.unary(Unary::Lgamma)?));
    out.push(("zeta", table.scalar_binary(Binary::Zeta, 3.0)?));
    out.push(("sort", table.sort(1, true)?.1));
    let narrow = normal(&[100_003, 10], DType::F32, 2)?;
    out.push((
        "sum of narrow columns",
        narrow.reduce(Reduce::Sum, &[0], false)?,
    ));

    for (name, m, k, n) in [
        ("square", 300, 310, 320),
        ("linear", 64, 784, 512),
        ("row", 1, 2048, 2048),
        ("column", 2048, 2048, 1),
    ] {
        let (a, b) = (
            normal(&[m, k], DType::F32, 3)?,
            normal(&[n, k], DType::F32, 4)?.transpose(0, 1)?,
        );
        out.push((name, a.matmul(&b)?));
        out.push((name, a.matmul(&b.contiguous()?)?));
        let (weight, bias) = (b.transpose(0, 1)?, normal(&[n], DType::F32, 12)?);
        out.push((
            "linear",
            fused(Fused::Linear, &[&a, &weight, &bias])?.remove(0),
        ));
    }
    let batch = normal(&[24, 80, 90], DType::F64, 5)?;
    out.push(("matmul of a batch", batch.matmul(&batch.transpose(1, 2)?)?));
    out.push((
        "matmul of halves",
        batch
            .cast(DType::F16)?
            .matmul(&normal(&[90, 70], DType::F16, 6)?)?,
    ));
    let whole = table.slice(0, 0, 250, 1)?.cast(DType::I64)?;
    out.push(("matmul of i64", whole.matmul(&whole.transpose(0, 1)?)?));

    let index = Array::from_vec((0..4000).map(|i| i * i % 97).collect::<Vec<i64>>(), [4000])?;
    let rows = normal(&[4000, 600], DType::F32, 7)?;
    let zeros = Array::zeros([97, 600], DType::F32, &Device::cpu())?;
    out.push(("index_add", zeros.index_add(0, &index, &rows)?));
    out.push((
        "index_select",
        zeros.index_add(0, &index, &rows)?.index_select(0, &index)?,
    ));
    let each = index
        .view([40, 100])?
        .unsqueeze(2)?
        .expand([40, 100, 60])?
        .contiguous()?;
    let parts = rows
        .view([40, 100, 600])?
        .slice(2, 0, 60, 1)?
        .contiguous()?;
    let wide = Array::zeros([40, 97, 60], DType::F32, &Device::cpu())?;
    out.push(("scatter_add", wide.scatter(Scatter::Add, 1, &each, &parts)?));

    for (x, w, options) in [
        (
            [2, 4, 150, 120],
            [9, 4, 3, 3],
            Conv2dOptions {
                padding: [1, 2],
                dilation: [2, 1],
                ..Default::default()
            },
        ),
        (
            [33, 8, 28, 28],
            [16, 8, 3, 3],
            Conv2dOptions {
                padding: [1, 1],
                ..Default::default()
            },
        ),
        (
            [1, 16, 60, 60],
            [32, 16, 3, 3],
            Conv2dOptions {
                stride: [2, 2],
                ..Default::default()
            },
        ),
        (
            [20, 8, 30, 30],
            [8, 2, 5, 5],
            Conv2dOptions {
                padding: [2, 2],
                groups: 4,
                ..Default::default()
            },
        ),
    ] {
        let (input, kernel) = ([x[2], x[3]], [w[2], w[3]]);
        let (x, w) = (normal(&x, DType::F32, 8)?, normal(&w, DType::F32, 9)?);
        let y = fused(Fused::Conv2d(options), &[&x, &w])?.remove(0);
        let g = normal(y.shape(), DType::F32, 10)?;
        out.push(("conv2d", y));
        let bias = normal(&[w.shape()[0]], DType::F32, 13)?;
        out.push((
            "conv2d with bias",
            fused(Fused::Conv2dBias(options), &[&x, &w, &bias])?.remove(0),
        ));
        let op = Fused::Conv2dParameterGrads { options, kernel };
        let both = fused(op, &[&x, &g])?;
        out.extend(both.into_iter().map(|a| ("conv2d by its parameters", a)));
        out.push((
            "conv2d by its input",
            fused(Fused::Conv2dInputGrad { options, input }, &[&g, &w])?.remove(0),
        ));
        out.push((
            "conv2d by its weight",
            fused(Fused::Conv2dWeightGrad { options, kernel }, &[&x, &g])?.remove(0),
        ));
        for (kernel, padding) in [([2, 2], [0, 0]), ([3, 3], [1, 1])] {
            let options = Pool2dOptions {
                kernel,
                stride: [2, 2],
                padding,
                dilation: [1, 1],
            };
            let y = fused(Fused::MaxPool2dValues(options), &[&x])?.remove(0);
            let dx = fused(Fused::MaxPool2dGrad(options), &[&y, &x])?.remove(0);
            let back = fused(Fused::UnaryGrad(Unary::Relu), &[&dx, &x])?.remove(0);
            out.extend([
                ("values of max_pool2d", y),
                ("max_pool2d by its input", dx),
                ("relu by its input", back),
            ]);
            out.extend(
                fused(Fused::MaxPool2d(options), &[&x])?
                    .into_iter()
                    .map(|a| ("max_pool2d", a)),
            );
        }
    }

    composites(&mut out)?;

    let (mut p, g) = (
        normal(&[300_001], DType::F32, 11)?,
        normal(&[300_001], DType::F32, 12)?,
    );
    let [mut m, mut v] = [(); 2].map(|()| Array::zeros([300_001], DType::F32, &Device::cpu()));
    let (lr, beta1, beta2, eps) = (0.1, 0.9, 0.99, 1e-8);
    let op = FusedStep::Adam {
        lr,
        beta1,
        beta2,
        eps,
        weight_decay: 0.1,
        decoupled: true,
        maximize: false,
        step: 3,
    };
    let (Ok(m), Ok(v)) = (&mut m, &mut v) else {
        panic!("zeros")
    };
    Array::fused_step(&op, &mut [&mut p, m, v], &[&g]).expect("the CPU has its own way")?;
    out.push(("adam", p));
    Ok(out)
}

/// Softmax, losses and normalisations.
fn composites(out: &mut Vec<(&'static str, Array)>) -> Result<()> {
    let (x, g) = (
        normal(&[300, 1001], DType::F32, 20)?,
        normal(&[300, 1001], DType::F32, 21)?,
    );
    let classes = Array::range(0i64, 3i64, 300, DType::I64, &Device::cpu())?;
    for (dim, log) in [(1, false), (1, true), (0, false), (0, true)] {
        let y = fused(Fused::Softmax { dim, log }, &[&x])?.remove(0);
        let back = fused(Fused::SoftmaxGrad { dim, log }, &[&g, &y])?.remove(0);
        out.extend([("softmax", y), ("gradient of softmax", back)]);
    }
    for reduced in [Reduced::Each, Reduced::Mean] {
        let op = Fused::CrossEntropy { reduced, ignore: 6 };
        let made = fused(op, &[&x, &classes])?;
        let op = Fused::CrossEntropyGrad { reduced, ignore: 6 };
        let back = fused(op, &[&made[0], &x, &made[1], &made[2], &classes])?;
        let all = made.into_iter().chain(back);
        out.extend(all.map(|a| ("cross_entropy", a)));
        let p = x.unary(Unary::Sigmoid)?;
        let made = fused(Fused::BinaryCrossEntropy(reduced), &[&p, &p])?;
        let op = Fused::BinaryCrossEntropyGrad(reduced);
        let back = fused(op, &[&made[0], &p, &p])?;
        let all = made.into_iter().chain(back);
        out.extend(all.map(|a| ("binary_cross_entropy", a)));
    }
    let weight = normal(&[1001], DType::F32, 22)?;
    let eps = 1e-5;
    let made = fused(Fused::LayerNorm { eps }, &[&x, &weight])?;
    let inputs = [&g, &x, &made[1], &made[2], &weight];
    let back = fused(Fused::LayerNormGrad { eps }, &inputs)?;
    out.extend(made.into_iter().chain(back).map(|a| ("layer_norm", a)));
    for (shape, channels) in [([300, 1001, 1], 1001), ([100, 7, 429], 7)] {
        let (x, g) = (x.view(shape)?, g.view(shape)?);
        let weight = weight.slice(0, 0, channels, 1)?;
        let made = fused(Fused::BatchNorm { eps }, &[&x, &weight])?;
        let inputs = [&g, &x, &made[1], &made[2], &weight];
        let back = fused(Fused::BatchNormGrad { eps }, &inputs)?;
        out.extend(made.into_iter().chain(back).map(|a| ("batch_norm", a)));
    }
    out.push((
        "unary_grad",
        fused(Fused::UnaryGrad(Unary::Tanh), &[&g, &x])?.remove(0),
    ));
    Ok(())
}

#[test]
fn threads_do_not_change_a_bit() -> Result<()> {
    set_num_threads(1);
    let expected = results()?;
    for threads in [2, 3] {
        set_num_threads(threads);
        for ((name, a), (_, b)) in expected.iter().zip(results()?) {
            assert_eq!(a.shape(), b.shape(), "{name}");
            assert!(
                a.to_bytes()? == b.to_bytes()?,
                "{name} {:?} is another with {threads} threads",
                a.shape()
            );
        }
    }
    Ok(())
}
