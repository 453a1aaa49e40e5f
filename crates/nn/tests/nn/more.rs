//! More layers: what they compute, what they begin as, what they refuse and what they say then.

use ondol_nn::functional::{self, ClassOptions};
use ondol_nn::{
    AdaptiveLogSoftmaxWithLoss, AlphaDropout, BatchNorm1d, Bilinear, Conv1d, Conv2d, Conv3d,
    ConvTranspose2d, Dropout2d, Embedding, EmbeddingBag, Error, Forward, GroupNorm, InstanceNorm1d,
    LayerNorm, MaxPool3d, Module, PReLU, Padding, PaddingMode, Reduction, ReflectionPad1d, Tensor,
    Unflatten, fork_rng_guard, manual_seed, no_grad, tensor,
};

use crate::{assert_close, error, refused};

#[test]
fn a_convolutions_border_is_of_four_kinds() {
    let x = tensor!([[1.0, 2.0, 3.0]]);
    let sums = |layer: Conv1d| {
        layer.weight.set_data(layer.weight.ones_like().value());
        layer.forward(&x).to_vec::<f32>()
    };
    let layer = || Conv1d::new(1, 1, 3).bias(false).padding(1);
    assert_eq!(sums(layer()), [3.0, 6.0, 5.0]);
    assert_eq!(
        sums(layer().padding_mode(PaddingMode::Reflect)),
        [5.0, 6.0, 7.0]
    );
    assert_eq!(
        sums(layer().padding_mode(PaddingMode::Replicate)),
        [4.0, 6.0, 8.0]
    );
    assert_eq!(
        sums(layer().padding_mode(PaddingMode::Circular)),
        [6.0, 6.0, 6.0]
    );
    // An even kernel has one zero more after than before.
    let even = Conv1d::new(1, 1, 2).bias(false).padding(Padding::Same);
    assert_eq!(sums(even), [3.0, 5.0, 3.0]);
    let circular = Conv1d::new(1, 1, 2).bias(false).padding(Padding::Same);
    assert_eq!(
        sums(circular.padding_mode(PaddingMode::Circular)),
        [3.0, 5.0, 4.0]
    );
}

#[test]
fn errors_name_the_layer_and_the_line() {
    let z = |shape: &[usize]| Tensor::zeros(shape);
    macro_rules! says {
        ($call:expr => $($text:literal),+) => {{
            let line = line!();
            let message = refused(|| $call);
            $(assert!(message.contains($text), "{message}");)+
            let places = [format!("more.rs:{line}:"), format!("more.rs:{}:", line + 1)];
            assert!(places.iter().any(|place| message.contains(place)), "{message}");
        }};
    }
    says!(Conv1d::new(3, 4, 3).forward(&z(&[1, 1, 8])) =>
        "conv1d", "in Conv1d(3 → 4, 3)", "expects an input of 3 channels, but got 1 channels instead");
    says!(Conv3d::new(3, 4, 3).forward(&z(&[1, 3, 2, 8, 8])) =>
        "in Conv3d(3 → 4)", "cannot be larger than the padded input");
    says!(Conv2d::new(3, 4, 3).stride(2).padding(Padding::Same).forward(&z(&[1, 3, 8, 8])) =>
        "padding='same' is not supported for strided convolutions");
    says!(ConvTranspose2d::new(3, 4, 3).output_padding(1).forward(&z(&[1, 3, 8, 8])) =>
        "in ConvTranspose2d(3 → 4, 3×3)", "output padding must be smaller than either stride or dilation");
    says!(ConvTranspose2d::new(3, 4, 3).stride(2).forward_to(&z(&[1, 3, 7, 7]), 14) =>
        "valid sizes range from 15 to 16");
    says!(MaxPool3d::new(2).padding(2).forward(&z(&[1, 3, 8, 8, 8])) =>
        "in MaxPool3d(2×2×2)", "pad should be at most half of effective kernel size");
    says!(BatchNorm1d::new(3).forward(&z(&[1, 3, 2, 2])) =>
        "in BatchNorm1d(3)", "expected 2D or 3D input (got 4D input)");
    says!(InstanceNorm1d::new(3).forward(&z(&[3, 2, 2, 2])) =>
        "in InstanceNorm1d(3)", "expected 2D or 3D input (got 4D input)");
    says!(LayerNorm::new((3, 4)).forward(&z(&[2, 4, 3])) =>
        "in LayerNorm(4)", "expected input with shape [*, 3, 4]");
    says!(GroupNorm::new(2, 3) => "num_channels (3) must be divisible by num_groups (2)");
    says!(Embedding::new(5, 2).forward(&tensor!([1, 7])) => "in Embedding(5, 2)");
    says!(Embedding::new(5, 2).forward(&tensor!([1.0])) => "got f32");
    says!(Embedding::new(5, 2).padding_idx(5) => "Padding_idx must be within num_embeddings");
    says!(EmbeddingBag::new(5, 2).forward(&tensor!([1])) => "offsets has to be a 1D Tensor");
    says!(PReLU::new().num_parameters(2).forward(&z(&[1, 3])) =>
        "in PReLU(2)", "Found parameter numbers = 2 and channel size = 3");
    says!(ReflectionPad1d::new(3).forward(&z(&[1, 3])) => "in ReflectionPad1d");
    says!(Dropout2d::new(0.5).forward(&z(&[3, 3])) =>
        "in Dropout2d", "Expected 3D or 4D input, but received a 2D input");
    says!(Unflatten::new(1, (2, 2)).forward(&z(&[3, 3])) => "in Unflatten");
    says!(Bilinear::new(2, 3, 4).forward(&z(&[5, 2]), &z(&[5, 2])) => "in Bilinear(2, 3 → 4)");
}

#[test]
fn first_values_are_pytorchs() {
    let _own = fork_rng_guard();
    manual_seed(5);
    let bounded = |t: &Tensor, bound: f64| {
        let most = t.abs().max().item();
        assert!(most <= bound && most > 0.8 * bound, "{most} beside {bound}");
    };
    let conv = Conv3d::new(4, 16, 3);
    bounded(&conv.weight, 1.0 / 108f64.sqrt());
    bounded(conv.bias.as_ref().unwrap(), 1.0 / 108f64.sqrt());
    // The fan of a transposed weight is counted in its second size.
    let transposed = ConvTranspose2d::new(4, 16, 3);
    bounded(&transposed.weight, 1.0 / 144f64.sqrt());
    bounded(transposed.bias.as_ref().unwrap(), 1.0 / 144f64.sqrt());
    let bilinear = Bilinear::new(16, 8, 32);
    bounded(&bilinear.weight, 0.25);
    let table = Embedding::new(100, 50).padding_idx(3);
    let (mean, std) = (
        table.weight.mean().item(),
        table.weight.std(.., 1.0, false).item(),
    );
    assert!(
        mean.abs() < 0.05 && (std - 1.0).abs() < 0.05,
        "{mean} {std}"
    );
    assert_eq!(table.weight.i(3).abs().max().item(), 0.0);
    assert_eq!(
        PReLU::new()
            .num_parameters(2)
            .init(0.5)
            .weight
            .to_vec::<f32>(),
        [0.5, 0.5]
    );
}

#[test]
fn a_table_shortens_the_rows_that_are_used() {
    let layer = Embedding::new(3, 2).max_norm(1.0);
    layer
        .weight
        .set_data(tensor!([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]]).value());
    let y = layer.forward(&tensor!([0, 1, 0]));
    assert_close(&y, &[0.6, 0.8, 0.3, 0.4, 0.6, 0.8], 1e-6);
    assert_close(&layer.weight, &[0.6, 0.8, 0.3, 0.4, 6.0, 8.0], 1e-6);
    y.sum().backward();
    assert_close(
        &layer.weight.grad().unwrap(),
        &[2.0, 2.0, 1.0, 1.0, 0.0, 0.0],
        0.0,
    );
    let frozen = Embedding::from_pretrained(&tensor!([[1.0], [2.0]]));
    assert!(!frozen.weight.requires_grad());
    assert_eq!(frozen.forward(&tensor!(1)).to_vec::<f32>(), [2.0]);
}

#[test]
fn running_statistics_of_instances_are_means_over_the_batch() {
    let layer = InstanceNorm1d::new(1)
        .track_running_stats(true)
        .momentum(0.5);
    let x = tensor!([[[1.0, 3.0]], [[5.0, 9.0]]]);
    layer.forward(&x);
    // Means 2 and 7, unbiased variances 2 and 8.
    assert_close(layer.running_mean.as_ref().unwrap(), &[2.25], 1e-6);
    assert_close(layer.running_var.as_ref().unwrap(), &[3.0], 1e-6);
    layer.eval();
    let y = layer.forward(&tensor!([[2.25, 2.25]]));
    assert_eq!(
        (y.shape(), y.to_vec::<f32>()),
        ([1, 2].into(), vec![0.0, 0.0])
    );
}

#[test]
fn dropouts_keep_what_they_promise() {
    let _own = fork_rng_guard();
    manual_seed(11);
    let y = Dropout2d::new(0.4).forward(&Tensor::ones([64, 32, 2, 2]));
    let channels = y.flatten(2, 3);
    let (least, most) = (channels.amin(-1, false), channels.amax(-1, false));
    assert_eq!(
        least.to_vec::<f32>(),
        most.to_vec::<f32>(),
        "a channel stays or falls as one"
    );
    let kept = most.gt(0.0).float().mean().item();
    assert!((kept - 0.6).abs() < 0.05, "{kept}");
    let y = AlphaDropout::new(0.3).forward(&Tensor::randn([40_000]));
    let (mean, std) = (y.mean().item(), y.std(.., 1.0, false).item());
    assert!(
        mean.abs() < 0.03 && (std - 1.0).abs() < 0.03,
        "{mean} {std}"
    );
}

#[test]
fn a_hard_sample_is_one_hot_with_a_soft_gradient() {
    let _own = fork_rng_guard();
    manual_seed(2);
    let logits = tensor!([[2.0, 0.0, -2.0]]).requires_grad_(true);
    let y = functional::gumbel_softmax(&logits, 0.7, true, -1);
    let mut values = y.to_vec::<f32>();
    values.sort_by(f32::total_cmp);
    assert_close(&tensor!(values), &[0.0, 0.0, 1.0], 1e-6);
    y.i((0, 0)).backward();
    let slopes = logits.grad().unwrap();
    assert!(slopes.sum().abs().item() < 1e-6 && slopes.abs().max().item() > 1e-4);
    // As often as the softmax says.
    let wide = tensor!([2.0, 0.0, -2.0]).expand((4000, 3));
    let shares = no_grad(|| functional::gumbel_softmax(&wide, 1.0, true, -1).mean_dim(0, false));
    assert_close(&shares, &[0.8668, 0.1173, 0.0159], 0.03);
}

#[test]
fn only_the_divergence_knows_the_batch_mean() {
    let x = tensor!([[0.5, 0.5]]);
    let wrong = error(|| functional::mse_loss(&x, &x, Reduction::BatchMean));
    assert!(matches!(wrong, Error::Value { .. }), "{wrong}");
    let options = ClassOptions {
        reduction: Reduction::BatchMean,
        ..ClassOptions::default()
    };
    assert!(
        refused(|| functional::cross_entropy(&x, &tensor!([0]), &options)).contains("batchmean")
    );
}

#[test]
fn rare_classes_are_asked_for_in_clusters() {
    let _own = fork_rng_guard();
    manual_seed(4);
    let layer = AdaptiveLogSoftmaxWithLoss::new(8, 20, &[4, 9]).div_value(2.0);
    let x = Tensor::randn([6, 8]).requires_grad_(true);
    let target = tensor!([0, 3, 4, 8, 9, 19]);
    let (output, loss) = layer.forward(&x, &target);
    let all = layer.log_prob(&x);
    assert_close(&all.exp().sum_dim(1, false), &[1.0; 6], 1e-5);
    let picked = all.gather(1, &target.unsqueeze(1)).squeeze_dim(1);
    assert_close(&output, &picked.double().to_vec::<f64>(), 1e-5);
    assert!((loss.item() + picked.mean().item()).abs() < 1e-5);
    loss.backward();
    let slopes = x.grad().unwrap().double().to_vec::<f64>();
    x.zero_grad();
    picked.mean().neg().backward();
    assert_close(&x.grad().unwrap(), &slopes, 1e-5);
    assert_eq!(layer.predict(&x).shape(), [6]);
    let message = refused(|| layer.forward(&x, &target.add(1)));
    assert!(
        message.contains("should be in [0, 19], but one is 20"),
        "{message}"
    );
}
