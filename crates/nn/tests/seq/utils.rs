//! Parametrizations, vectors of parameters, a norm taken into its convolution.

use ondol_nn::utils::parametrizations::{Parametrized, Weighted, spectral_norm, weight_norm};
use ondol_nn::utils::{fuse_conv_bn_eval, parameters_to_vector, vector_to_parameters};
use ondol_nn::{
    BatchNorm2d, Conv2d, ConvTranspose2d, Forward, Linear, Module, StateDict, Tensor,
    fork_rng_guard, manual_seed,
};

use crate::cases::Case;
use crate::refused;
use crate::run::{Outputs, prepare};

type Run = (Vec<(String, Tensor)>, Outputs);

pub(crate) fn run(case: &Case) -> Run {
    let conv = case.id().contains("conv");
    match case.text("op") {
        "weight_norm" => {
            let dim = match (case.has_arg("dim"), case.size("dim")) {
                (true, dim) => dim.map(|dim| dim as isize),
                (false, _) => Some(0),
            };
            if conv {
                forward(case, weight_norm(Conv2d::new(2, 3, 2), dim))
            } else {
                forward(case, weight_norm(Linear::new(3, 4), dim))
            }
        }
        "spectral_norm" if conv => forward(case, spectral_norm(Conv2d::new(2, 3, 2), 1)),
        "spectral_norm" => forward(case, spectral_norm(Linear::new(3, 4), 1)),
        "fuse_conv_bn_eval" => fused(case),
        other => panic!("{}: no test runs {other}", case.id()),
    }
}

fn forward<M: Weighted>(case: &Case, layer: Parametrized<M>) -> Run {
    prepare(case, &layer);
    layer.set_training(case.arg("mode").as_str() != Some("eval"));
    let mut outputs = vec![("output", layer.forward(case.input("input")))];
    let buffer = |end: &str| {
        let buffers = layer.named_buffers().into_iter();
        buffers
            .map(|(_, b)| b)
            .zip(["_u", "_v"])
            .find(|(_, name)| *name == end)
    };
    outputs.extend(
        ["_u", "_v"]
            .into_iter()
            .filter_map(|name| Some((name, buffer(name)?.0))),
    );
    (layer.named_parameters(), outputs)
}

fn fused(case: &Case) -> Run {
    let (conv, norm) = (Conv2d::new(2, 3, 2), BatchNorm2d::new(3));
    let part = |prefix: &str| -> StateDict {
        let state = case.state();
        let own = state
            .iter()
            .filter_map(|(k, a)| Some((k.strip_prefix(prefix)?.to_owned(), a.clone())));
        own.collect()
    };
    conv.load_state_dict(&part("conv.")).unwrap();
    norm.load_state_dict(&part("norm.")).unwrap();
    let training = refused(|| fuse_conv_bn_eval(Conv2d::new(2, 3, 2), &norm));
    assert!(training.contains("Fusion only for eval!"), "{training}");
    norm.eval();
    let fused = fuse_conv_bn_eval(conv, &norm);
    let y = fused.forward(case.input("input"));
    let bias = fused.bias.as_ref().unwrap().detach();
    (
        Vec::new(),
        vec![
            ("weight", fused.weight.detach()),
            ("bias", bias),
            ("output", y),
        ],
    )
}

#[test]
fn a_wrapped_layer_begins_as_it_was_and_comes_back() {
    let _own = fork_rng_guard();
    manual_seed(9);
    let layer = Linear::new(3, 4);
    let (x, before) = (Tensor::randn([2, 3]), layer.weight.to_vec::<f32>());
    let y = layer.forward(&x);
    let wrapped = weight_norm(layer, 0);
    let near = |a: &Tensor, b: &Tensor| a.sub(b).abs().max().item() < 1e-6;
    assert!(near(&wrapped.forward(&x), &y));
    let back = wrapped.remove_parametrizations();
    assert!(near(&back.weight, &Tensor::from_vec(before, [4, 3])));
    assert!(refused(|| weight_norm(Linear::new(3, 4), 2)).contains("Dimension out of range"));
}

#[test]
fn a_spectral_norm_is_one() {
    let _own = fork_rng_guard();
    manual_seed(10);
    let wrapped = spectral_norm(ConvTranspose2d::new(3, 4, 2), 20);
    let weight = wrapped.weight().detach().transpose(0, 1).flatten(1, -1);
    // The power method on the result itself.
    let mut v = Tensor::ones([weight.size(1)]);
    for _ in 0..100 {
        v = weight.t().matmul(&weight.matmul(&v));
        v = v.div(v.square().sum().sqrt());
    }
    let sigma = weight.matmul(&v).square().sum().sqrt().item();
    assert!((sigma - 1.0).abs() < 1e-3, "{sigma}");
}

#[test]
fn parameters_go_into_a_vector_and_back() {
    let model = Linear::new(3, 2);
    let parameters = model.parameters();
    let vector = parameters_to_vector(&parameters);
    let double = vector.mul(2.0);
    vector_to_parameters(&double, &parameters);
    assert_eq!(
        parameters_to_vector(&parameters).to_vec::<f32>(),
        double.to_vec::<f32>()
    );
    parameters_to_vector(&parameters).square().sum().backward();
    let grad = model.weight.grad().unwrap().to_vec::<f32>();
    assert_eq!(grad, model.weight.mul(2.0).to_vec::<f32>());
    let message = refused(|| vector_to_parameters(&Tensor::zeros([7]), &parameters));
    assert!(
        message.contains("the parameters have 8 elements"),
        "{message}"
    );
}
