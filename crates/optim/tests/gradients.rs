//! Clipping, averaging and scaling, against numbers that PyTorch gave.

use ondol_autograd::{DType, Error, Tensor, bf16, catch, f16, no_grad, tensor};
use ondol_optim::{
    Adam, AveragedModel, GradScaler, Optimizer, SGD, clip_grad_norm_, clip_grad_value_,
    clip_grads_with_norm_, get_ema_avg_fn, get_swa_avg_fn, get_total_norm,
};

fn with_grads(grads: &[Tensor]) -> Vec<Tensor> {
    let with = |g: &Tensor| {
        let p = Tensor::zeros_with(g.shape(), g.dtype()).requires_grad_(true);
        p.set_grad(Some(g.clone_data()));
        p
    };
    grads.iter().map(with).collect()
}

fn two() -> [Tensor; 2] {
    [
        tensor!([3.0, -4.0, 0.0]),
        tensor!([[1.0, 2.0], [-2.0, 0.5]]),
    ]
}

fn grads(params: &[Tensor]) -> Vec<f32> {
    let all = params
        .iter()
        .flat_map(|p| p.grad().unwrap().to_vec::<f32>());
    all.collect()
}

fn near(got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len());
    for (a, b) in got.iter().zip(want) {
        assert!(
            (a - b).abs() <= 1e-6 * b.abs().max(1.0) || a.is_nan() && b.is_nan(),
            "{got:?} {want:?}"
        );
    }
}

#[test]
fn clipping_by_norm_is_pytorchs_for_every_order() {
    let inf = f64::INFINITY;
    // The order, the norm, the factor.
    let cases = [
        (2.0, 5.852_35, 0.256_307_27),
        (1.0, 12.5, 0.119_999_99),
        (3.0, 4.764_04, 0.314_858_73),
        (0.5, 68.352_959, 0.021_944_916),
        (0.0, 2.0, 0.749_999_64),
        (inf, 4.0, 0.374_999_91),
        (-inf, 0.0, 1.0),
    ];
    for (order, norm, factor) in cases {
        let params = with_grads(&two());
        let before = grads(&params);
        let got = clip_grad_norm_(&params, 1.5, order, true);
        assert_eq!((got.dtype(), got.ndim()), (DType::F32, 0));
        assert!((got.item() - norm).abs() <= 1e-5 * norm, "{order}: {got}");
        let want: Vec<f32> = before.iter().map(|g| g * factor as f32).collect();
        near(&grads(&params), &want);
    }
}

#[test]
fn parameters_without_a_gradient_do_not_count() {
    let none = Tensor::ones([5]).requires_grad_(true);
    assert_eq!(clip_grad_norm_([&none], 1.0, 2.0, true).item(), 0.0);
    let mut params = with_grads(&two());
    params.push(none);
    assert!((clip_grad_norm_(&params, 100.0, 2.0, true).item() - 5.852_35).abs() < 1e-4);
    near(&grads(&params[..2]), &[3.0, -4.0, 0.0, 1.0, 2.0, -2.0, 0.5]);
    assert_eq!(get_total_norm(&[] as &[Tensor], 2.0, false).item(), 0.0);
}

#[test]
fn norms_that_are_not_finite() {
    let nan = tensor!([f32::NAN, 1.0]);
    let params = with_grads(&[nan.clone(), tensor!([2.0])]);
    assert!(clip_grad_norm_(&params, 1.0, 2.0, false).item().is_nan());
    assert!(grads(&params).iter().all(|g| g.is_nan()));
    // By an infinite norm the finite ones become 0.
    let params = with_grads(&[tensor!([f32::INFINITY, 1.0]), tensor!([2.0])]);
    clip_grad_norm_(&params, 1.0, 2.0, false);
    near(&grads(&params), &[f32::NAN, 0.0, 0.0]);
    let params = with_grads(&[nan, tensor!([2.0])]);
    let error = catch(|| clip_grad_norm_(&params, 1.0, 2.0, true)).unwrap_err();
    assert!(matches!(error.root(), Error::Value { .. }));
    assert!(
        error
            .to_string()
            .contains("is non-finite, so it cannot be clipped"),
        "{error}"
    );
    assert_eq!(grads(&params)[1..], [1.0, 2.0], "nothing was changed");
}

#[test]
fn half_types_are_summed_in_f32() {
    // 300² does not fit in f16.
    let halves = Tensor::full_with([4], 300.0, DType::F16);
    let norm = get_total_norm([&halves], 2.0, true);
    assert_eq!((norm.item(), norm.dtype()), (600.0, DType::F32));
    let params = with_grads(&[halves]);
    clip_grad_norm_(&params, 60.0, 2.0, true);
    let grad = params[0].grad().unwrap();
    assert_eq!(grad.to_vec::<f16>(), [f16::from_f32(30.0); 4]);
    let many = Tensor::full_with([4096], 1.0, DType::BF16);
    assert_eq!(get_total_norm([many], 2.0, true).item(), 64.0);
    let params = with_grads(&[Tensor::full_with([1], 3.0, DType::BF16)]);
    clip_grad_value_(&params, 2.0);
    assert_eq!(
        params[0].grad().unwrap().to_vec::<bf16>(),
        [bf16::from_f32(2.0)]
    );
}

#[test]
fn a_known_norm_and_values_clip_too() {
    let params = with_grads(&two());
    clip_grads_with_norm_(&params, 1.0, &tensor!(2.0));
    near(&grads(&params), &[1.5, -2.0, 0.0, 0.5, 1.0, -1.0, 0.25]);
    clip_grad_value_(&params, 0.75);
    near(&grads(&params), &[0.75, -0.75, 0.0, 0.5, 0.75, -0.75, 0.25]);
    let params = with_grads(&[tensor!([f32::NAN, f32::INFINITY])]);
    clip_grad_value_(&params, 1.0);
    near(&grads(&params), &[f32::NAN, 1.0]);
}

#[test]
fn the_gradient_that_others_hold_is_clipped() {
    let params = with_grads(&two());
    let held = params[0].grad().unwrap();
    clip_grad_value_(&params, 1.0);
    near(&held.to_vec::<f32>(), &[1.0, -1.0, 0.0]);
}

#[test]
fn averages_are_pytorchs() {
    let cases = [
        (get_swa_avg_fn(), [1.0, 1.5, 2.333_333_3, 3.75]),
        (get_ema_avg_fn(0.9), [1.0, 1.1, 1.39, 2.051]),
    ];
    for (avg_fn, wanted) in cases {
        let (w, count) = (tensor!([1.0]).requires_grad_(true), tensor!([0]));
        let named = || [("w".to_owned(), &w), ("count".to_owned(), &count)];
        let mut model = AveragedModel::new(named()).avg_fn(avg_fn);
        for (i, (value, want)) in [1.0, 2.0, 4.0, 8.0].into_iter().zip(wanted).enumerate() {
            no_grad(|| w.fill_(value));
            no_grad(|| count.fill_(10.0 * value));
            model.update_parameters(named());
            let got = model.averages();
            assert!((got[0].1.item() - want).abs() < 1e-6, "{i}: {}", got[0].1);
            assert_eq!(got[1].1.dtype(), DType::I64);
            assert_eq!(model.n_averaged(), i as u64 + 1);
        }
        // What was written goes on in another object.
        let saved = model.state_dict();
        let mut other = AveragedModel::new(named());
        other.load_state_dict(&saved).unwrap();
        assert_eq!(other.n_averaged(), 4);
        let averaged = saved.get("module.w").unwrap().as_tensor().unwrap();
        assert!((averaged.item().unwrap() - wanted[3]).abs() < 1e-6);
        // Exchanged and back again; the model's parameter stays the leaf it is.
        other.swap(named());
        assert!((w.item() - wanted[3]).abs() < 1e-6 && w.is_leaf() && w.requires_grad());
        other.swap(named());
        assert_eq!(w.item(), 8.0);
        other.copy_to(named());
        assert!((w.item() - wanted[3]).abs() < 1e-6);
    }
}

#[test]
fn averages_refuse_other_tensors() {
    let named = |name: &str, size: usize| [(name.to_owned(), Tensor::zeros([size]))];
    let mut model = AveragedModel::new(named("w", 2));
    let error = catch(|| model.update_parameters(named("b", 2))).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("w is averaged in the place where b"),
        "{error}"
    );
    let error = catch(|| model.update_parameters(named("w", 3))).unwrap_err();
    assert!(
        error.to_string().contains("w must keep its shape"),
        "{error}"
    );
    let other = AveragedModel::new(named("w", 3)).state_dict();
    assert!(model.load_state_dict(&other).is_err());
    assert!(catch(|| get_ema_avg_fn(1.5)).is_err());
}

#[test]
fn the_scale_moves_as_pytorchs() {
    let w = Tensor::ones([2]).requires_grad_(true);
    let mut optimizer = SGD::new([w.clone()], 0.1);
    let mut scaler = GradScaler::new().init_scale(8.0).growth_interval(2);
    // Weight, scale and count of good steps after each iteration; the fourth loss is infinite.
    let rows = [
        (0.8, 8.0, 1),
        (0.64, 16.0, 0),
        (0.512, 16.0, 1),
        (0.512, 8.0, 0),
        (0.4096, 8.0, 1),
        (0.32768, 16.0, 0),
        (0.262144, 16.0, 1),
    ];
    for (i, (weight, scale, tracker)) in rows.into_iter().enumerate() {
        optimizer.zero_grad();
        let factor = if i == 3 { f64::INFINITY } else { 1.0 };
        let loss = w.square().sum() * factor;
        scaler.scale(&loss).backward();
        assert_eq!(scaler.step(&mut optimizer), i != 3);
        scaler.update();
        near(&w.to_vec::<f32>(), &[weight, weight]);
        assert_eq!(scaler.get_scale(), scale);
        let state = scaler.state_dict();
        assert_eq!(
            state.get("_growth_tracker").unwrap().as_int().unwrap(),
            tracker
        );
        let mut restored = GradScaler::new();
        restored.load_state_dict(&state).unwrap();
        // One that is restored must be used before it can step, as any.
        assert_eq!(restored.get_scale(), scale);
        assert_eq!(restored.get_growth_interval(), 2);
        restored.set_growth_interval(5);
        restored.set_growth_factor(4.0);
        restored.set_backoff_factor(0.25);
        assert_eq!(
            (restored.get_growth_factor(), restored.get_backoff_factor()),
            (4.0, 0.25)
        );
        assert_eq!(restored.get_growth_interval(), 5);
    }
}

#[test]
fn unscaled_gradients_are_those_of_the_loss() {
    let (a, b) = (
        tensor!([1.0]).requires_grad_(true),
        tensor!([1.0]).requires_grad_(true),
    );
    let mut optimizers: [Box<dyn Optimizer>; 2] = [
        Box::new(SGD::new([a.clone()], 0.1)),
        Box::new(Adam::new([b.clone()], 0.1)),
    ];
    let mut scaler = GradScaler::new();
    scaler
        .scale(&((&a * 3.0).sum() + (&b * f64::NAN).sum()))
        .backward();
    scaler.unscale_(&optimizers[0]);
    assert_eq!(a.grad().unwrap().item(), 3.0);
    clip_grad_norm_([&a], 1.0, 2.0, true);
    // One optimizer's step is left out, the other's is not.
    assert!(scaler.step(&mut optimizers[0]));
    assert!(!scaler.step(&mut optimizers[1]));
    assert!((a.item() - 0.9).abs() < 1e-5);
    assert_eq!(b.item(), 1.0);
    scaler.update();
    assert_eq!(scaler.get_scale(), 32768.0);
}

#[test]
fn the_scaler_refuses_what_pytorchs_does() {
    let made = || {
        let w = tensor!([1.0]).requires_grad_(true);
        let optimizer = SGD::new([w.clone()], 0.1);
        (w, optimizer, GradScaler::new())
    };
    let says = |f: &mut dyn FnMut(), text: &str| {
        let error = catch(f).unwrap_err().to_string();
        assert!(
            error.contains(text) && error.contains("gradients.rs"),
            "{error}"
        );
    };
    let (w, mut optimizer, mut scaler) = made();
    says(
        &mut || assert!(scaler.step(&mut optimizer)),
        "Attempted step but _scale is None",
    );
    scaler.scale(&w.sum());
    says(
        &mut || assert!(scaler.step(&mut optimizer)),
        "No inf checks were recorded for this optimizer",
    );
    says(
        &mut || scaler.update(),
        "No inf checks were recorded prior to update",
    );
    scaler.scale(&w.sum()).backward();
    scaler.unscale_(&optimizer);
    says(
        &mut || scaler.unscale_(&optimizer),
        "unscale_() has already been called",
    );
    scaler.step(&mut optimizer);
    says(
        &mut || scaler.unscale_(&optimizer),
        "unscale_() is being called after step()",
    );
    says(
        &mut || assert!(scaler.step(&mut optimizer)),
        "step() has already been called",
    );
    scaler.update();
    let half = Tensor::ones_with([1], DType::F16).requires_grad_(true);
    half.set_grad(Some(Tensor::ones_with([1], DType::F16)));
    let of_half = SGD::new([half], 0.1);
    says(
        &mut || scaler.unscale_(&of_half),
        "Attempting to unscale FP16 gradients",
    );
    says(
        &mut || drop(GradScaler::new().growth_factor(1.0)),
        "growth factor must be > 1.0",
    );
    says(
        &mut || drop(GradScaler::new().backoff_factor(1.0)),
        "backoff factor must be < 1.0",
    );
}

#[test]
fn a_scaler_that_is_off_does_nothing() {
    let w = tensor!([1.0]).requires_grad_(true);
    let mut optimizer = SGD::new([w.clone()], 0.1);
    let mut scaler = GradScaler::new().enabled(false);
    let loss = w.sum();
    assert!(scaler.scale(&loss).same(&loss));
    loss.backward();
    assert!(scaler.step(&mut optimizer));
    scaler.update();
    assert!((w.item() - 0.9).abs() < 1e-6);
    assert_eq!(scaler.get_scale(), 1.0);
    assert!(scaler.state_dict().as_dict().unwrap().is_empty());
    assert!(
        GradScaler::new()
            .load_state_dict(&scaler.state_dict())
            .is_err()
    );
    // A half-precision loss is scaled in f32.
    let half = Tensor::ones_with([], DType::F16);
    assert_eq!(GradScaler::new().scale(&half).item(), 65536.0);
}
