//! Teaches an LSTM that remembers. The adding problem: in a sequence of numbers two are marked; the network gives their sum. A guess
//! of 1 for every sum costs 0.167; an LSTM that remembers gets below 0.01.
//!
//! `cargo run --release --example lstm`

use ondol::prelude::*;

#[derive(Module)]
struct Adder {
    lstm: nn::LSTM,
    output: nn::Linear,
}

impl Adder {
    fn new(hidden: usize) -> Self {
        Self {
            lstm: nn::LSTM::new(2, hidden).batch_first(true),
            output: nn::Linear::new(hidden, 1),
        }
    }
}

impl Forward for Adder {
    /// Sequences `[N, T, 2]` to sums `[N]`.
    fn forward(&self, x: &Tensor) -> Tensor {
        let (_, (h, _)) = self.lstm.forward(x);
        self.output.forward(&h.select(0, -1)).squeeze_dim(-1)
    }
}

/// `n` sequences of `length` numbers on `[0, 1)` beside their marks, and the sums of the marked ones.
/// One mark lies in the first half, one in the second.
fn sequences(n: usize, length: usize) -> (Tensor, Tensor) {
    let half = (length / 2) as i64;
    let numbers = Tensor::rand([n, length]);
    let first = Tensor::randint(0, half, [n]).one_hot(length as isize);
    let second = Tensor::randint(half, length as i64, [n]).one_hot(length as isize);
    let marks = first.add(second).float();
    let sums = numbers.mul(&marks).sum_dim(1, false);
    (Tensor::stack(&[numbers, marks], 2), sums)
}

fn main() {
    ondol::manual_seed(0);
    let model = Adder::new(32);
    let criterion = nn::MSELoss::new();
    let mut optimizer = optim::Adam::new(model.parameters(), 0.01);
    for step in 1..=600 {
        let (x, y) = sequences(64, 16);
        optimizer.zero_grad();
        let loss = criterion.forward(&model.forward(&x), &y);
        loss.backward();
        optimizer.step();
        if step % 100 == 0 {
            println!("step {step}: {:.4}", loss.item());
        }
    }
    let (x, y) = sequences(1000, 16);
    let loss = no_grad(|| criterion.forward(&model.forward(&x), &y)).item();
    println!("on new sequences: {loss:.4}");
}
