//! In a program of its own: other tests draw from the same generator.

use ondol_nn::{Conv2d, Dropout, Forward, Linear, Module, Tensor, manual_seed, sequential};

#[test]
fn a_seed_repeats_a_model_and_its_dropout() {
    let run = || {
        manual_seed(7);
        let model = sequential![Conv2d::new(1, 4, 3), Linear::new(6, 2), Dropout::new(0.5)];
        let y = model.forward(&Tensor::ones([1, 1, 8, 8]));
        let state = model.state_dict();
        (
            state
                .iter()
                .map(|(_, a)| a.to_vec::<f32>().unwrap())
                .collect::<Vec<_>>(),
            y.to_vec::<f32>(),
        )
    };
    assert_eq!(run(), run());
}
