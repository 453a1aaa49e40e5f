//! Layers, and whole steps of training and inference.

use ondol_autograd::{Pool2dOptions, Tensor, functional, no_grad};
use ondol_nn::{self as nn, Forward, Module, sequential};
use ondol_optim::{Optimizer, SGD};

use super::{Case, case};

pub(super) fn layers(list: &mut Vec<Case>) {
    for [n, c, hw, o] in [[64usize, 1, 28, 32], [64, 32, 14, 64]] {
        let flops = 2.0 * (n * o * hw * hw * c * 9) as f64;
        let data = move || {
            let x = Tensor::randn([n, c, hw, hw]);
            (x, nn::Conv2d::new(c, o, 3).padding(1))
        };
        list.push(case(
            format!("C/conv_f/{n}x{c}x{hw}x{o}"),
            flops,
            0.0,
            move || {
                let (x, conv) = data();
                Box::new(move || no_grad(|| drop(conv.forward(&x))))
            },
        ));
        // The first layer of a net needs no gradient of its input.
        let passes = if c > 1 { 3.0 } else { 2.0 };
        list.push(case(
            format!("C/conv_fb/{n}x{c}x{hw}x{o}"),
            passes * flops,
            0.0,
            move || {
                let (x, conv) = data();
                let x = x.requires_grad_(c > 1);
                let g = Tensor::ones([n, o, hw, hw]);
                Box::new(move || {
                    x.zero_grad();
                    conv.zero_grad();
                    conv.forward(&x).backward_with(&g);
                })
            },
        ));
    }
    list.push(case("C/maxpool_fb/64x32x28", 0.0, 0.0, || {
        let x = Tensor::randn([64, 32, 28, 28]).requires_grad_(true);
        let g = Tensor::ones([64, 32, 14, 14]);
        let pool = Pool2dOptions {
            kernel: [2, 2],
            stride: [2, 2],
            padding: [0, 0],
            dilation: [1, 1],
        };
        Box::new(move || {
            x.zero_grad();
            functional::max_pool2d(&x, pool).backward_with(&g);
        })
    }));
    list.push(case("C/batchnorm_fb/64x32x28", 0.0, 0.0, || {
        let x = Tensor::randn([64, 32, 28, 28]).requires_grad_(true);
        let norm = nn::BatchNorm2d::new(32);
        let g = Tensor::ones([64, 32, 28, 28]);
        Box::new(move || {
            x.zero_grad();
            norm.zero_grad();
            norm.forward(&x).backward_with(&g);
        })
    }));
}

pub(super) fn mlp() -> nn::Sequential {
    sequential![
        nn::Linear::new(784, 512),
        nn::ReLU::new(),
        nn::Linear::new(512, 512),
        nn::ReLU::new(),
        nn::Linear::new(512, 10),
    ]
}

pub(super) fn cnn() -> nn::Sequential {
    sequential![
        nn::Conv2d::new(1, 32, 3).padding(1),
        nn::ReLU::new(),
        nn::MaxPool2d::new(2),
        nn::Conv2d::new(32, 64, 3).padding(1),
        nn::ReLU::new(),
        nn::MaxPool2d::new(2),
        nn::Flatten::new(),
        nn::Linear::new(3136, 128),
        nn::ReLU::new(),
        nn::Linear::new(128, 10),
    ]
}

/// A training step: forward, loss, backward, optimizer.
pub(super) fn step(
    model: nn::Sequential,
    momentum: f64,
    loss: impl Fn(&Tensor) -> Tensor + 'static,
    x: Tensor,
) -> Box<dyn FnMut()> {
    let mut optimizer = SGD::new(model.parameters(), 0.01).momentum(momentum);
    Box::new(move || {
        let loss = loss(&model.forward(&x));
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
    })
}

pub(super) fn steps(list: &mut Vec<Case>) {
    let classes = || Tensor::randint(0, 10, 64);
    list.push(case("D/mlp_train/64", 0.0, 0.0, move || {
        let (y, criterion) = (classes(), nn::CrossEntropyLoss::new());
        step(
            mlp(),
            0.0,
            move |out| criterion.forward(out, &y),
            Tensor::randn([64, 784]),
        )
    }));
    list.push(case("D/cnn_train/64", 0.0, 0.0, move || {
        let (y, criterion) = (classes(), nn::CrossEntropyLoss::new());
        step(
            cnn(),
            0.9,
            move |out| criterion.forward(out, &y),
            Tensor::randn([64, 1, 28, 28]),
        )
    }));
    list.push(case("D/mlp_infer/1", 0.0, 0.0, || {
        let (model, x) = (mlp(), Tensor::randn([1, 784]));
        Box::new(move || no_grad(|| drop(model.forward(&x))))
    }));
    list.push(case("D/cnn_infer/1", 0.0, 0.0, || {
        let (model, x) = (cnn(), Tensor::randn([1, 1, 28, 28]));
        Box::new(move || no_grad(|| drop(model.forward(&x))))
    }));
    list.push(case("D/tiny_train/20", 0.0, 0.0, || tiny(20)));
}

/// A training step of a net as small as a first lesson's.
pub(super) fn tiny(batch: usize) -> Box<dyn FnMut()> {
    let model = sequential![
        nn::Linear::new(2, 16),
        nn::Sigmoid::new(),
        nn::Linear::new(16, 1),
        nn::Sigmoid::new()
    ];
    let y = Tensor::randint(0, 2, [batch, 1]).float();
    let criterion = nn::BCELoss::new();
    let loss = move |out: &Tensor| criterion.forward(out, &y);
    step(model, 0.0, loss, Tensor::randn([batch, 2]))
}
