//! The summary of a model: text, figures, and what it leaves as it was.

use ondol_autograd::{Tensor, catch};
use ondol_nn::{
    Conv2d, Dropout, Flatten, Forward, Linear, MaxPool2d, Module, ReLU, Sequential, Training,
    TransformerEncoder, TransformerEncoderLayer, sequential,
};
use ondol_train::{summary, summary_with};

fn mlp() -> Sequential {
    sequential![
        Flatten::new(),
        Linear::new(784, 512),
        ReLU,
        Dropout::new(0.5),
        Linear::new(512, 10),
        ReLU
    ]
}

#[test]
fn an_mlp() {
    let model = mlp();
    model.train();
    let text = summary(&model, [64, 1, 28, 28]).to_string();
    assert_eq!(text, include_str!("fixtures/summary_mlp.txt").trim_end());
    assert!(model.is_training() && model.parameters().iter().all(|p| p.grad().is_none()));
}

/// A model of one's own: it opens no scope, and uses one layer twice.
#[derive(Module)]
struct Net {
    conv1: Conv2d,
    conv2: Conv2d,
    pool: MaxPool2d,
    relu: ReLU,
    head: Sequential,
    frozen: Linear,
}

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self
            .pool
            .forward(&self.relu.forward(&self.conv1.forward(x)));
        let x = self
            .pool
            .forward(&self.relu.forward(&self.conv2.forward(&x)));
        self.frozen.forward(&self.head.forward(&x.flatten(1, -1)))
    }
}

fn net() -> Net {
    Net {
        conv1: Conv2d::new(1, 6, 5).padding(2),
        conv2: Conv2d::new(6, 16, 5),
        pool: MaxPool2d::new(2),
        relu: ReLU,
        head: sequential![Linear::new(400, 120), ReLU, Linear::new(120, 84), ReLU],
        frozen: Linear::new(84, 10),
    }
}

#[test]
fn a_cnn_of_ones_own() {
    let model = net();
    model.frozen.requires_grad_(false);
    let summary = summary(&model, [2, 1, 28, 28]);
    assert_eq!(
        summary.to_string(),
        include_str!("fixtures/summary_cnn.txt").trim_end()
    );
    let layer = |path: &str| summary.layers.iter().find(|l| l.path == path).unwrap();
    assert_eq!(layer("conv1").multiply_adds, 2 * 28 * 28 * 6 * 25);
    assert_eq!(layer("conv2").multiply_adds, 2 * 10 * 10 * 16 * 150);
    assert_eq!(layer("head").multiply_adds, 2 * (400 * 120 + 120 * 84));
    assert_eq!((layer("pool").runs, layer("relu").runs), (2, 2));
    assert_eq!(
        layer("pool").output.as_ref().unwrap().to_vec(),
        [2, 16, 5, 5]
    );
    assert_eq!(summary.frozen_parameters(), 84 * 10 + 10);
    assert_eq!(summary.total_parameters, 61_706);
    let products = layer("conv1").multiply_adds + layer("conv2").multiply_adds;
    let linear = layer("head").multiply_adds + layer("frozen").multiply_adds;
    assert_eq!(summary.multiply_adds, products + linear);
}

#[test]
fn a_transformer() {
    let layer = TransformerEncoderLayer::new(8, 2)
        .dim_feedforward(16)
        .batch_first(true);
    let model = TransformerEncoder::new(&layer, 2);
    let summary = summary(&model, [3, 5, 8]);
    assert_eq!(
        summary.to_string(),
        include_str!("fixtures/summary_transformer.txt").trim_end()
    );
    // Projections in and out, scores and their sums, and the two linear layers.
    let one = 3 * (5 * 8 * 24 + 5 * 8 * 8 + 2 * 5 * 5 * 8 + 2 * 5 * 8 * 16);
    assert_eq!(summary.multiply_adds, 2 * one);
}

#[test]
fn flags_come_back_each_as_it_was_and_after_a_panic_too() {
    #[derive(Module)]
    struct Two {
        a: Training,
        b: Training,
        linear: Linear,
    }
    impl Forward for Two {
        fn forward(&self, x: &Tensor) -> Tensor {
            assert!(!self.a.get() && !self.b.get(), "it runs in evaluation");
            self.linear.forward(x)
        }
    }
    let model = Two {
        a: Training::new(),
        b: Training::new(),
        linear: Linear::new(3, 2),
    };
    model.b.set(false);
    assert_eq!(summary(&model, [4, 3]).multiply_adds, 4 * 3 * 2);
    assert!(model.a.get() && !model.b.get());
    assert!(catch(|| summary(&model, [4, 5])).is_err());
    assert!(model.a.get() && !model.b.get());
    // Nobody watches any more: a second one counts from 0.
    let again = summary_with(&model, &Tensor::zeros([1, 3]), |x| drop(model.forward(x)));
    assert_eq!(again.multiply_adds, 6);
}
