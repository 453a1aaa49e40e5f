//! The work list.

use ondol_autograd::{Tensor, no_grad};
use ondol_nn::{self as nn, Forward, Module};
use ondol_optim::{AdamW, Optimizer};
use ondol_tensor::{Array, Binary, DType, Device, Reduce, Unary};

/// Work to be timed.
pub(crate) struct Case {
    pub(crate) name: String,
    /// Bytes that must be read and written.
    pub(crate) bytes: f64,
    pub(crate) flops: f64,
    pub(crate) work: Box<dyn FnMut()>,
}

fn case(name: impl Into<String>, bytes: f64, flops: f64, work: impl FnMut() + 'static) -> Case {
    Case {
        name: name.into(),
        bytes,
        flops,
        work: Box::new(work),
    }
}

fn ones(shape: &[usize], device: &Device) -> Array {
    Array::full(shape, 0.5, DType::F32, device).expect("there is memory for the cases")
}

/// All of them.
pub(crate) fn all(device: &Device) -> Vec<Case> {
    let mut all = arrays(device);
    all.extend(products(device));
    all.extend(layers(device));
    all.push(training("mlp step, batch 64", mlp, device));
    all.push(training("cnn step, batch 64", cnn, device));
    all
}

/// What is bound by memory: the copy is the measure of the others.
fn arrays(device: &Device) -> Vec<Case> {
    const N: usize = 1 << 24;
    let (x, y) = (ones(&[N], device), ones(&[4096, 4096], device));
    let bytes = 4.0 * N as f64;
    let (a, b, c, d, e, f) = (x.clone(), x.clone(), x.clone(), x.clone(), y.clone(), y);
    vec![
        case("host cost of an operation: add of 1", 0.0, 0.0, {
            let one = ones(&[1], device);
            move || drop(one.binary(Binary::Add, &one))
        }),
        case("copy 16M", 2.0 * bytes, 0.0, move || drop(a.copy())),
        case("relu 16M", 2.0 * bytes, 0.0, move || {
            drop(b.unary(Unary::Relu))
        }),
        case("exp 16M", 2.0 * bytes, 0.0, move || {
            drop(c.unary(Unary::Exp))
        }),
        case("add 16M", 3.0 * bytes, 0.0, move || {
            drop(d.binary(Binary::Add, &d))
        }),
        case("transpose 4096", 2.0 * bytes, 0.0, move || {
            drop(e.transpose(0, 1).and_then(|t| t.copy()));
        }),
        case("sum 16M", bytes, 0.0, move || {
            drop(x.reduce(Reduce::Sum, &[], false))
        }),
        case("column sums 4096", bytes, 0.0, move || {
            drop(f.reduce(Reduce::Sum, &[0], false));
        }),
    ]
}

fn products(device: &Device) -> Vec<Case> {
    let sizes = [
        (64, 784, 512),
        (64, 512, 512),
        (512, 512, 512),
        (4096, 4096, 4096),
    ];
    let product = |(m, k, n): (usize, usize, usize)| {
        let (a, b) = (ones(&[m, k], device), ones(&[k, n], device));
        let flops = 2.0 * (m * k * n) as f64;
        case(format!("matmul {m}x{k}x{n}"), 0.0, flops, move || {
            drop(a.matmul(&b))
        })
    };
    sizes.map(product).into()
}

fn layers(device: &Device) -> Vec<Case> {
    let x = Tensor::rand([4096, 1024]).to(device);
    let bytes = 2.0 * 4.0 * (4096 * 1024) as f64;
    let (a, b) = (x.clone(), x);
    let norm = nn::LayerNorm::new([1024]);
    norm.to(device).expect("parameters fit the device");
    vec![
        case("softmax (4096, 1024)", bytes, 0.0, move || {
            drop(no_grad(|| a.softmax(-1)));
        }),
        case("layer norm (4096, 1024)", bytes, 0.0, move || {
            drop(no_grad(|| norm.forward(&b)));
        }),
    ]
}

fn mlp() -> nn::Sequential {
    nn::sequential![
        nn::Flatten::new(),
        nn::Linear::new(784, 512),
        nn::ReLU::new(),
        nn::Linear::new(512, 512),
        nn::ReLU::new(),
        nn::Linear::new(512, 10),
    ]
}

fn cnn() -> nn::Sequential {
    nn::sequential![
        nn::Conv2d::new(1, 32, 3).padding(1),
        nn::ReLU::new(),
        nn::MaxPool2d::new(2),
        nn::Conv2d::new(32, 64, 3).padding(1),
        nn::ReLU::new(),
        nn::MaxPool2d::new(2),
        nn::Flatten::new(),
        nn::Linear::new(64 * 7 * 7, 128),
        nn::ReLU::new(),
        nn::Linear::new(128, 10),
    ]
}

/// Forward, loss, backward and AdamW, operation by operation.
fn training(name: &str, build: fn() -> nn::Sequential, device: &Device) -> Case {
    let model = build();
    model.to(device).expect("parameters fit the device");
    let mut optimizer = AdamW::new(model.parameters(), 1e-3);
    let x = Tensor::rand([64, 1, 28, 28]).to(device);
    let y = Tensor::randint(0, 10, 64).to(device);
    let criterion = nn::CrossEntropyLoss::new();
    case(name, 0.0, 0.0, move || {
        optimizer.zero_grad();
        criterion.forward(&model.forward(&x), &y).backward();
        optimizer.step();
    })
}
