//! Layers: what they compute, what they refuse and what they say then.

use ondol_autograd::gradcheck;
use ondol_nn::functional::{self, RunningStats};
use ondol_nn::{
    BatchNorm2d, Conv2d, DType, Dropout, Error, Flatten, Forward, Identity, Linear, LogSoftmax,
    MaxPool2d, Module, ReLU, Sequential, Sigmoid, Softmax, Tanh, Tensor, fork_rng_guard,
    manual_seed, sequential, tensor,
};

use crate::{assert_close, error, refused};

#[test]
fn linear_is_an_affine_map() {
    let layer = Linear::new(2, 3).dtype(DType::F64);
    layer.weight.set_data(
        tensor!([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
            .double()
            .value(),
    );
    layer
        .bias
        .as_ref()
        .unwrap()
        .set_data(tensor!([0.5, 0.0, -1.0]).double().value());
    let y = layer.forward(&tensor!([[3.0, 4.0]]).double());
    assert_eq!(y.to_vec::<f64>(), [3.5, 8.0, 6.0]);
    assert_eq!(
        layer.forward(&Tensor::zeros_with([2], DType::F64)).shape(),
        [3]
    );
    assert_eq!(
        layer
            .forward(&Tensor::zeros_with([4, 5, 2], DType::F64))
            .shape(),
        [4, 5, 3]
    );
    assert!(
        Linear::new(2, 2)
            .bias(false)
            .bias(true)
            .bias
            .unwrap()
            .requires_grad()
    );
}

#[test]
fn an_error_names_the_layer_and_the_line_that_called_it() {
    let model = sequential![Linear::new(784, 512), ReLU, Linear::new(500, 10)];
    let line = line!() + 1;
    let message = refused(|| model.forward(&Tensor::zeros([64, 784])));
    assert!(
        message.contains("linear: [64, 512] and [10, 500]"),
        "{message}"
    );
    assert!(
        message.contains("in Sequential > Linear(500 → 10)"),
        "{message}"
    );
    assert!(message.contains(&format!("layers.rs:{line}:")), "{message}");
}

#[test]
fn a_convolution_of_ones_counts() {
    let layer = Conv2d::new(2, 2, 3).padding(1).groups(2).bias(false);
    layer.weight.set_data(Tensor::ones([2, 1, 3, 3]).value());
    let y = layer.forward(&Tensor::ones([1, 2, 3, 3]));
    let corner_edge = [4.0, 6.0, 4.0, 6.0, 9.0, 6.0, 4.0, 6.0, 4.0];
    assert_close(&y, &[corner_edge, corner_edge].concat(), 0.0);
    let sized = Conv2d::new(1, 4, [5, 3]).stride((2, 1)).dilation([1, 2]);
    assert_eq!(
        sized.forward(&Tensor::zeros([2, 1, 28, 28])).shape(),
        [2, 4, 12, 24]
    );
    let message = refused(|| Conv2d::new(3, 4, 3).groups(2));
    assert!(
        message.contains("in_channels must be divisible by groups: 3 by 2"),
        "{message}"
    );
    let message = refused(|| Conv2d::new(3, 4, 3).forward(&Tensor::zeros([1, 1, 8, 8])));
    assert!(message.contains("in Conv2d(3 → 4, 3×3)"), "{message}");
}

#[test]
fn pooling_takes_the_greatest() {
    let x = Tensor::arange(0.0, 16.0, 1.0).view((1, 1, 4, 4));
    assert_eq!(
        MaxPool2d::new(2).forward(&x).to_vec::<f32>(),
        [5.0, 7.0, 13.0, 15.0]
    );
    assert_eq!(
        MaxPool2d::new(3).stride(1).padding(1).forward(&x).shape(),
        [1, 1, 4, 4]
    );
    assert_eq!(
        MaxPool2d::new(2).stride(1).dilation(2).forward(&x).shape(),
        [1, 1, 2, 2]
    );
}

#[test]
fn dropout_scales_what_it_keeps() {
    let _own = fork_rng_guard();
    manual_seed(3);
    let layer = Dropout::new(0.25);
    let x = Tensor::ones([10_000]).requires_grad_(true);
    let y = layer.forward(&x);
    let kept = y.to_vec::<f32>().iter().filter(|&&y| y != 0.0).count();
    assert!((7300..7700).contains(&kept), "{kept}");
    assert!(
        y.to_vec::<f32>()
            .iter()
            .all(|&y| y == 0.0 || y == 4.0 / 3.0)
    );
    y.sum().backward();
    assert_eq!(x.grad().unwrap().to_vec::<f32>(), y.to_vec::<f32>());
    assert_ne!(
        layer.forward(&x).to_vec::<f32>(),
        y.to_vec::<f32>(),
        "a new mask each time"
    );
    layer.eval();
    assert!(layer.forward(&x).same(&x));
}

#[test]
fn dropout_at_the_ends_and_beyond() {
    let x = tensor!([1.0, -2.0]).requires_grad_(true);
    let y = Dropout::new(1.0).forward(&x);
    assert_close(&y, &[0.0, 0.0], 0.0);
    y.sum().backward();
    assert_close(&x.grad().unwrap(), &[0.0, 0.0], 0.0);
    assert!(Dropout::new(0.0).forward(&x).same(&x));
    for p in [-0.1, 1.5, f64::NAN] {
        let message = refused(|| Dropout::new(p));
        assert!(
            message.contains("dropout probability has to be between 0 and 1, but got"),
            "{message}"
        );
    }
}

#[test]
fn batch_norm_normalises_and_tracks() {
    let x = tensor!([[[[1.0], [2.0]]], [[[3.0], [6.0]]]]);
    let layer = BatchNorm2d::new(1);
    let y = layer.forward(&x);
    // Mean 3, biased variance 3.5, unbiased 14/3.
    let std = (3.5f64 + 1e-5).sqrt();
    assert_close(&y, &[-2.0 / std, -1.0 / std, 0.0, 3.0 / std], 1e-6);
    assert_close(layer.running_mean.as_ref().unwrap(), &[0.3], 1e-6);
    assert_close(
        layer.running_var.as_ref().unwrap(),
        &[0.9 + 1.4 / 3.0],
        1e-6,
    );
    assert_eq!(
        layer.num_batches_tracked.as_ref().unwrap().item_as::<i64>(),
        1
    );
    layer.eval();
    let y = layer.forward(&x);
    let var = 0.9 + 1.4 / 3.0 + 1e-5;
    let want: Vec<f64> = [1.0, 2.0, 3.0, 6.0]
        .iter()
        .map(|x| (x - 0.3) / f64::sqrt(var))
        .collect();
    assert_close(&y, &want, 1e-6);
    assert_eq!(
        layer.num_batches_tracked.as_ref().unwrap().item_as::<i64>(),
        1
    );
    assert!(layer.running_mean.as_ref().unwrap().is_leaf());
}

#[test]
fn batch_norm_without_momentum_averages_evenly() {
    let layer = BatchNorm2d::new(1).momentum(None);
    for start in [0.0, 10.0, 50.0] {
        layer.forward(&Tensor::arange(start, start + 4.0, 1.0).view((1, 1, 2, 2)));
    }
    assert_close(layer.running_mean.as_ref().unwrap(), &[1.5 + 20.0], 1e-6);
    let bare = BatchNorm2d::new(1).affine(false).track_running_stats(false);
    assert!(bare.state_dict().is_empty());
    bare.eval();
    // Without running statistics evaluation takes the batch's.
    assert!(
        bare.forward(&Tensor::arange(0.0, 4.0, 1.0).view((1, 1, 2, 2)))
            .sum()
            .item()
            .abs()
            < 1e-6
    );
}

#[test]
fn batch_norm_refuses_a_single_value_and_other_ranks() {
    let layer = BatchNorm2d::new(3);
    let message = refused(|| layer.forward(&Tensor::zeros([1, 3, 1, 1])));
    assert!(
        message.contains("Expected more than 1 value per channel when training, got input size torch.Size([1, 3, 1, 1])"),
        "{message}"
    );
    assert_eq!(
        layer.num_batches_tracked.as_ref().unwrap().item_as::<i64>(),
        0
    );
    assert!(
        refused(|| layer.forward(&Tensor::zeros([2, 3])))
            .contains("expected 4D input (got 2D input)")
    );
    assert!(matches!(
        error(|| layer.forward(&Tensor::zeros([2, 4, 2, 2]))),
        Error::Input { .. }
    ));
    layer.eval();
    assert_eq!(
        layer.forward(&Tensor::zeros([1, 3, 1, 1])).shape(),
        [1, 3, 1, 1]
    );
}

#[test]
fn batch_norm_gradients_agree_with_finite_differences() {
    let x = Tensor::randn_with([3, 2, 2, 2], DType::F64);
    let (w, b) = (tensor!([0.7, -1.2]).double(), tensor!([0.1, 0.4]).double());
    let inputs = [x, w, b];
    let in_training = |t: &[Tensor]| {
        vec![functional::batch_norm(
            &t[0],
            None,
            Some(&t[1]),
            Some(&t[2]),
            true,
            1e-5,
        )]
    };
    gradcheck(in_training, &inputs).unwrap();
    let (mean, var) = (tensor!([0.1, -0.2]).double(), tensor!([1.5, 0.6]).double());
    let running = Some(RunningStats {
        mean: &mean,
        var: &var,
        momentum: 0.1,
    });
    let in_evaluation = |t: &[Tensor]| {
        vec![functional::batch_norm(
            &t[0],
            running,
            Some(&t[1]),
            Some(&t[2]),
            false,
            1e-5,
        )]
    };
    gradcheck(in_evaluation, &inputs).unwrap();
}

#[test]
fn layers_without_parameters() {
    let x = tensor!([[-1.0, 0.0, 2.0]]);
    assert!(Identity.forward(&x).same(&x));
    assert_eq!(ReLU::new().forward(&x).to_vec::<f32>(), [0.0, 0.0, 2.0]);
    assert_close(&Tanh.forward(&x), &[(-1f64).tanh(), 0.0, 2f64.tanh()], 1e-6);
    assert_close(&Sigmoid.forward(&x).narrow(1, 1, 1), &[0.5], 1e-7);
    assert!((Softmax::new(1).forward(&x).sum().item() - 1.0).abs() < 1e-6);
    let log = LogSoftmax::new(-1).forward(&x);
    assert_close(
        &log.exp(),
        &Softmax::new(-1).forward(&x).double().to_vec::<f64>(),
        1e-6,
    );
    assert_eq!(
        Flatten::new()
            .start_dim(0)
            .end_dim(1)
            .forward(&Tensor::zeros([2, 3, 4]))
            .shape(),
        [6, 4]
    );
    assert_eq!(
        Flatten::new().to_string(),
        "Flatten(start_dim=1, end_dim=-1)"
    );
    assert_eq!(
        (Softmax::new(1).to_string(), Tanh.to_string()),
        ("Softmax(dim=1)".into(), "Tanh()".into())
    );
}

#[test]
fn a_sequence_runs_in_order_under_its_names() {
    let empty = Sequential::new();
    let x = tensor!([-1.0]);
    assert!(empty.is_empty() && empty.forward(&x).same(&x));
    let model = sequential![Tanh, ReLU].named("last", Linear::new(1, 1));
    assert_eq!(model.forward(&x).shape(), [1]);
    assert_eq!(
        model.state_dict().keys().collect::<Vec<_>>(),
        ["last.weight", "last.bias"]
    );
    assert_eq!(model.get(1).unwrap().type_name(), "ReLU");
    let again: Sequential = vec![Box::new(ReLU) as ondol_nn::Layer, Box::new(Tanh)]
        .into_iter()
        .collect();
    assert_eq!(
        again
            .iter()
            .map(|layer| layer.type_name())
            .collect::<Vec<_>>(),
        ["ReLU", "Tanh"]
    );
}
