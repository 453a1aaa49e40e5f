//! The default dtype and the default generator belong to the whole process: a program of its own.

use ondol_autograd::{
    DType, Tensor, default_dtype, fork_rng, get_rng_state, initial_seed, manual_seed, result_type,
    seed, set_default_dtype, set_rng_state, tensor,
};

#[test]
fn everything_in_turn() {
    floats_follow_the_default();
    the_default_generator_can_be_put_back();
    a_seed_repeats_what_is_drawn_without_a_generator();
}

fn floats_follow_the_default() {
    assert_eq!(default_dtype(), DType::F32);
    set_default_dtype(DType::F64).unwrap();
    assert_eq!(default_dtype(), DType::F64);
    for x in [
        tensor!([1.0, 2.0]),
        tensor!(1.5),
        Tensor::zeros(2),
        Tensor::rand(2),
        Tensor::arange(0.0, 1.0, 0.5),
        Tensor::linspace(0.0, 1.0, 3),
        Tensor::full(2, 0.5),
        tensor!([1, 2]).div(2),
        tensor!([1, 2]).add(0.5),
        tensor!([1, 2]).exp(),
        tensor!([1, 2]).softmax(0),
    ] {
        assert_eq!(x.dtype(), DType::F64, "{x}");
    }
    assert_eq!(result_type(1, 1.5), DType::F64);
    // What has a dtype keeps it.
    assert_eq!(tensor!([1, 2]).dtype(), DType::I64);
    assert_eq!(
        Tensor::from_vec(vec![1.0f32], 1).add(0.5).dtype(),
        DType::F32
    );
    assert!(set_default_dtype(DType::I64).is_err());
    set_default_dtype(DType::F32).unwrap();
    assert_eq!(tensor!([1.0]).dtype(), DType::F32);
}

fn the_default_generator_can_be_put_back() {
    manual_seed(3);
    assert_eq!(initial_seed(), 3);
    let state = get_rng_state();
    let first = Tensor::rand(5);
    let inside = fork_rng(|| Tensor::rand(5));
    assert!(Tensor::rand(5).equal(&inside) && !inside.equal(&first));
    set_rng_state(state);
    assert!(Tensor::rand(5).equal(&first));
    let chosen = seed();
    assert_eq!(initial_seed(), chosen);
    let drawn = Tensor::rand(5);
    manual_seed(chosen);
    assert!(Tensor::rand(5).equal(&drawn));
}

fn a_seed_repeats_what_is_drawn_without_a_generator() {
    let draws = || {
        manual_seed(9);
        let p = Tensor::full(50, 0.4);
        let z = Tensor::zeros(50);
        [
            Tensor::normal(0.0, 1.0, 50),
            p.rand_like(),
            p.randn_like(),
            p.randint_like(0, 9),
            p.bernoulli(),
            p.poisson(),
            Tensor::full(50, 9.0).binomial(&p),
            p.multinomial(20, false),
            p.multinomial(200, true),
            z.uniform_(0.0, 1.0).clone_data(),
            z.normal_(0.0, 1.0).clone_data(),
            z.random_(None, None).clone_data(),
            z.bernoulli_(0.5).clone_data(),
            z.exponential_(1.0).clone_data(),
            z.cauchy_(0.0, 1.0).clone_data(),
            z.log_normal_(0.0, 1.0).clone_data(),
            z.geometric_(0.5).clone_data(),
        ]
        .map(|t| t.double().to_vec::<f64>())
    };
    let first = draws();
    assert_eq!(draws(), first);
    let last = Tensor::rand(50).double().to_vec::<f64>();
    assert!(first.iter().all(|x| *x != last), "draws go on");
}
