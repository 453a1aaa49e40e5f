//! Training of sequence models, as the examples do it, in small.

use ondol::prelude::*;

/// Both were watched to get well below these losses: an LSTM that keeps a symbol in mind, a
/// transformer that copies its input backwards.
#[test]
fn an_lstm_remembers_the_first_symbol() {
    let _own = ondol::fork_rng_guard();
    ondol::manual_seed(1);
    let (symbols, length) = (4, 5);
    let lstm = nn::LSTM::new(symbols, 16).batch_first(true);
    let output = nn::Linear::new(16, symbols);
    let criterion = nn::CrossEntropyLoss::new();
    let parameters: Vec<Tensor> = [lstm.parameters(), output.parameters()].concat();
    let mut optimizer = optim::Adam::new(parameters, 0.02);
    let mut last = f64::NAN;
    for _ in 0..300 {
        let x = Tensor::randint(0, symbols as i64, [32, length]);
        optimizer.zero_grad();
        let (_, (h, _)) = lstm.forward(&x.one_hot(symbols as isize).float());
        let loss = criterion.forward(&output.forward(&h.select(0, 0)), &x.select(1, 0));
        loss.backward();
        optimizer.step();
        last = loss.item();
    }
    assert!(
        last < 0.2,
        "a guess costs 1.39, and training ended at {last}"
    );
}

#[test]
fn a_transformer_turns_sequences_round() {
    let _own = ondol::fork_rng_guard();
    ondol::manual_seed(2);
    let (symbols, length, features) = (5, 5, 16);
    let layer = nn::TransformerEncoderLayer::new(features, 2)
        .dim_feedforward(32)
        .dropout(0.0)
        .batch_first(true)
        .norm_first(true);
    let encoder = nn::TransformerEncoder::new(&layer, 1);
    let embedding = nn::Embedding::new(symbols, features);
    let places = nn::Parameter::new(Tensor::randn([length, features]));
    let output = nn::Linear::new(features, symbols);
    let criterion = nn::CrossEntropyLoss::new();
    let models: [&dyn Module; 4] = [&encoder, &embedding, &places, &output];
    let parameters: Vec<Tensor> = models.iter().flat_map(|m| m.parameters()).collect();
    let mut optimizer = optim::Adam::new(parameters, 0.01);
    let mut last = f64::NAN;
    for _ in 0..150 {
        let x = Tensor::randint(0, symbols as i64, [32, length]);
        optimizer.zero_grad();
        let y = output.forward(&encoder.forward(&embedding.forward(&x).add(&places)));
        let loss = criterion.forward(&y.flatten(0, 1), &x.flip([1]).flatten(0, 1));
        loss.backward();
        optimizer.step();
        last = loss.item();
    }
    assert!(
        last < 0.2,
        "a guess costs 1.61, and training ended at {last}"
    );
}
