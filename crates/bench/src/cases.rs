//! The work list, with the names the peers' programs use.

use ondol_autograd::{Conv2dOptions, Pool2dOptions, Tensor, functional, no_grad};
use ondol_nn::{self as nn, Forward, Module, sequential};
use ondol_optim::{Optimizer, SGD};

/// One row of the list.
pub(crate) struct Case {
    pub(crate) name: String,
    /// Floating-point operations of one run, 0 where that is not the point.
    pub(crate) flops: f64,
    /// Bytes that must be read and written at least, 0 where that is not the point.
    pub(crate) bytes: f64,
    /// Makes the data, outside of the clock.
    pub(crate) prepare: Box<dyn Fn() -> Box<dyn FnMut()>>,
}

fn case(
    name: impl Into<String>,
    flops: f64,
    bytes: f64,
    prepare: impl Fn() -> Box<dyn FnMut()> + 'static,
) -> Case {
    Case {
        name: name.into(),
        flops,
        bytes,
        prepare: Box::new(prepare),
    }
}

/// Every case, in the order of the list.
pub(crate) fn all() -> Vec<Case> {
    let mut list = Vec::new();
    products(&mut list);
    elementwise(&mut list);
    layers(&mut list);
    steps(&mut list);
    list
}

fn products(list: &mut Vec<Case>) {
    for n in [64usize, 128, 256, 512, 1024] {
        let flops = 2.0 * (n as f64).powi(3);
        list.push(case(
            format!("A/gemm_nn/{n}x{n}x{n}"),
            flops,
            0.0,
            move || {
                let (a, b) = (Tensor::randn([n, n]), Tensor::randn([n, n]));
                Box::new(move || drop(a.mm(&b)))
            },
        ));
    }
    for [m, k, n] in [[64usize, 784, 512], [64, 512, 512], [1024, 784, 512]] {
        let flops = 2.0 * (m * k * n) as f64;
        list.push(case(
            format!("A/gemm_nt/{m}x{k}x{n}"),
            flops,
            0.0,
            move || {
                let (x, w) = (Tensor::randn([m, k]), Tensor::randn([n, k]));
                Box::new(move || drop(x.mm(&w.t())))
            },
        ));
    }
}

fn elementwise(list: &mut Vec<Case>) {
    const N: usize = 16_777_216;
    let pass = (4 * N) as f64;
    list.push(case("B/add/16777216", 0.0, 3.0 * pass, || {
        let (a, b) = (Tensor::randn(N), Tensor::randn(N));
        Box::new(move || drop(&a + &b))
    }));
    list.push(case("B/relu/16777216", 0.0, 2.0 * pass, || {
        let a = Tensor::randn(N);
        Box::new(move || drop(a.relu()))
    }));
    list.push(case("B/exp/16777216", 0.0, 2.0 * pass, || {
        let a = Tensor::randn(N);
        Box::new(move || drop(a.exp()))
    }));
    list.push(case("B/sum_all/16777216", 0.0, pass, || {
        let a = Tensor::randn(N);
        Box::new(move || drop(a.sum()))
    }));
    list.push(case("B/sum_cols/4096x4096", 0.0, pass, || {
        let a = Tensor::randn([4096, 4096]);
        Box::new(move || drop(a.sum_dim(0, false)))
    }));
    list.push(case("B/softmax/4096x1024", 0.0, pass / 2.0, || {
        let a = Tensor::randn([4096, 1024]);
        Box::new(move || drop(a.softmax(-1)))
    }));
}

fn layers(list: &mut Vec<Case>) {
    let options = Conv2dOptions {
        padding: [1, 1],
        ..Conv2dOptions::default()
    };
    for [n, c, hw, o] in [[64usize, 1, 28, 32], [64, 32, 14, 64]] {
        let flops = 2.0 * (n * o * hw * hw * c * 9) as f64;
        let data = move |needs: bool| {
            let x = Tensor::randn([n, c, hw, hw]).requires_grad_(needs && c > 1);
            let w = Tensor::randn([o, c, 3, 3]).requires_grad_(needs);
            (x, w)
        };
        list.push(case(
            format!("C/conv_f/{n}x{c}x{hw}x{o}"),
            flops,
            0.0,
            move || {
                let (x, w) = data(false);
                Box::new(move || drop(functional::conv2d(&x, &w, None, options)))
            },
        ));
        list.push(case(
            format!("C/conv_fb/{n}x{c}x{hw}x{o}"),
            3.0 * flops,
            0.0,
            move || {
                let (x, w) = data(true);
                let g = Tensor::ones([n, o, hw, hw]);
                Box::new(move || {
                    x.zero_grad();
                    w.zero_grad();
                    functional::conv2d(&x, &w, None, options).backward_with(&g);
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

fn mlp() -> nn::Sequential {
    sequential![
        nn::Linear::new(784, 512),
        nn::ReLU::new(),
        nn::Linear::new(512, 512),
        nn::ReLU::new(),
        nn::Linear::new(512, 10),
    ]
}

fn cnn() -> nn::Sequential {
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
fn step(
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

fn steps(list: &mut Vec<Case>) {
    let classes = || Tensor::randint(0, 10, 64);
    list.push(case("D/mlp_train/64", 0.0, 0.0, move || {
        let (y, criterion) = (classes(), nn::CrossEntropyLoss::new());
        step(
            mlp(),
            0.9,
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
    list.push(case("D/tiny_train/20", 0.0, 0.0, || {
        let model = sequential![
            nn::Linear::new(2, 16),
            nn::ReLU::new(),
            nn::Linear::new(16, 1),
            nn::Sigmoid::new()
        ];
        let y = Tensor::randint(0, 2, [20, 1]).float();
        let criterion = nn::BCELoss::new();
        step(
            model,
            0.9,
            move |out| criterion.forward(out, &y),
            Tensor::randn([20, 2]),
        )
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct() {
        let mut names: Vec<String> = all().into_iter().map(|c| c.name).collect();
        names.sort();
        let n = names.len();
        names.dedup();
        assert_eq!(names.len(), n);
        assert!(n >= 20);
    }

    #[test]
    fn the_tiny_step_runs() {
        let list = all();
        let tiny = list
            .iter()
            .find(|c| c.name.starts_with("D/tiny_train"))
            .expect("the case is listed");
        let mut work = (tiny.prepare)();
        work();
        work();
    }
}
