//! Losses beside numbers worked out by hand, at the edges, and beside finite differences.

use ondol_autograd::{autocast, gradcheck, gradgradcheck};
use ondol_nn::functional::{self, ClassOptions};
use ondol_nn::{
    BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, DType, Error, L1Loss, Loss, MSELoss, Module,
    NLLLoss, Reduction, Tensor, tensor,
};

use crate::{assert_close, error, refused};

#[test]
fn binary_cross_entropy_costs_at_most_100_and_its_gradient_is_finite() {
    let each = BCELoss::new().reduction(Reduction::None);
    let loss = each.forward(
        &tensor!([0.0, 0.5, 0.9, 1.0]),
        &tensor!([1.0, 1.0, 0.3, 1.0]),
    );
    assert_eq!(loss.to_vec::<f32>()[0], 100.0);
    assert_close(
        &loss,
        &[100.0, std::f64::consts::LN_2, 1.6434177, 0.0],
        1e-6,
    );
    let p = tensor!([0.0, 1.0, 0.0, 1.0, 0.25]).requires_grad_(true);
    BCELoss::new()
        .reduction(Reduction::Sum)
        .forward(&p, &tensor!([1.0, 0.0, 0.0, 1.0, 1.0]))
        .backward();
    // (p − y) / max(p(1−p), 1e-12), as PyTorch's.
    assert_close(&p.grad().unwrap(), &[-1e12, 1e12, 0.0, 0.0, -4.0], 1e-6);
}

#[test]
fn binary_cross_entropy_refuses_what_is_no_probability_and_other_sizes() {
    let criterion = BCELoss::new();
    for wrong in [-0.1, 1.5, f32::NAN, -1e-9] {
        let message = refused(|| criterion.forward(&tensor!([0.5, wrong]), &tensor!([1.0, 1.0])));
        assert!(
            message.contains("all elements of input should be between 0 and 1, but element 1 is"),
            "{message}"
        );
        assert!(message.contains("in BCELoss"), "{message}");
    }
    let message = refused(|| criterion.forward(&Tensor::full([80, 1], 0.5), &Tensor::ones([80])));
    assert!(
        message.contains("[80, 1] and [80]") && message.contains("call .squeeze() on the input"),
        "{message}"
    );
    let message = refused(|| criterion.forward(&Tensor::full([80], 0.5), &Tensor::ones([8])));
    assert!(!message.contains("squeeze"), "{message}");
}

#[test]
fn binary_targets_may_be_integers_and_weights_broadcast() {
    let p = tensor!([[0.5, 0.25], [0.5, 0.75]]);
    let loss = BCELoss::new()
        .weight(tensor!([2.0, 0.0]))
        .forward(&p, &tensor!([[1, 0], [0, 1]]));
    assert!((loss.item() - std::f64::consts::LN_2).abs() < 1e-6);
}

#[test]
fn logits_agree_with_probabilities_and_stay_exact_far_out() {
    let (x, y) = (
        tensor!([-2.0, 0.0, 0.5, 3.0]),
        tensor!([1.0, 0.0, 0.3, 1.0]),
    );
    let logits = BCEWithLogitsLoss::new().forward(&x, &y).item();
    assert!((logits - BCELoss::new().forward(&x.sigmoid(), &y).item()).abs() < 1e-6);
    let far = BCEWithLogitsLoss::new()
        .reduction(Reduction::None)
        .pos_weight(tensor!(3.0));
    let loss = far.forward(
        &tensor!([1000.0, -1000.0, -1000.0]),
        &tensor!([0.0, 1.0, 0.0]),
    );
    assert_eq!(loss.to_vec::<f32>(), [1000.0, 3000.0, 0.0]);
    // At 0 the slope is σ(0) − y, although |x| and max have a corner there.
    let x = tensor!(0.0).requires_grad_(true);
    BCEWithLogitsLoss::new()
        .forward(&x, &tensor!(1.0))
        .backward();
    assert_eq!(x.grad().unwrap().item(), -0.5);
}

#[test]
fn cross_entropy_has_the_golden_numbers() {
    let x = tensor!([[2.0, 1.0, 0.1]]);
    let criterion = CrossEntropyLoss::new();
    assert_close(&criterion.forward(&x, &tensor!([0])), &[0.4170300], 1e-7);
    assert_close(
        &criterion.forward(&x.squeeze(), &tensor!(0)),
        &[0.4170300],
        1e-7,
    );
    let smooth = CrossEntropyLoss::new().label_smoothing(0.1);
    assert_close(&smooth.forward(&x, &tensor!([0])), &[0.5136967], 1e-7);
    assert_close(
        &smooth.forward(&x, &tensor!([[1.0, 0.0, 0.0]])),
        &[0.5136967],
        1e-7,
    );
    let log = x.log_softmax(1);
    assert_close(
        &NLLLoss::new().forward(&log, &tensor!([0])),
        &[0.4170300],
        1e-7,
    );
}

#[test]
fn the_mean_divides_by_the_weights_that_counted() {
    let x = Tensor::zeros([4, 2]).requires_grad_(true);
    let ln2 = std::f64::consts::LN_2;
    let weighted = CrossEntropyLoss::new()
        .weight(tensor!([1.0, 3.0]))
        .ignore_index(7);
    assert_close(&weighted.forward(&x, &tensor!([0, 1, 7, 7])), &[ln2], 1e-6);
    let sum = CrossEntropyLoss::new()
        .weight(tensor!([1.0, 3.0]))
        .ignore_index(7)
        .reduction(Reduction::Sum);
    assert_close(&sum.forward(&x, &tensor!([0, 1, 7, 7])), &[4.0 * ln2], 1e-6);
    let each = CrossEntropyLoss::new().reduction(Reduction::None);
    let loss = each.forward(&x, &tensor!([0, -100, 1, -100]));
    assert_close(&loss, &[ln2, 0.0, ln2, 0.0], 1e-6);
    loss.sum().backward();
    assert_close(
        &x.grad().unwrap(),
        &[-0.5, 0.5, 0.0, 0.0, 0.5, -0.5, 0.0, 0.0],
        1e-6,
    );
    let nothing = CrossEntropyLoss::new().forward(&x, &tensor!([-100, -100, -100, -100]));
    assert!(
        nothing.item().is_nan(),
        "every target ignored: 0/0, as PyTorch's"
    );
    // Probabilities: the batch counts, not the weights.
    let probabilities = Tensor::full([4, 2], 0.5);
    let criterion = CrossEntropyLoss::new().weight(tensor!([1.0, 3.0]));
    assert_close(&criterion.forward(&x, &probabilities), &[2.0 * ln2], 1e-6);
}

#[test]
fn an_ignored_target_does_not_see_infinities() {
    let x = tensor!([[f32::NEG_INFINITY, 0.0], [0.0, 0.0]]);
    let loss = NLLLoss::new().ignore_index(0).forward(&x, &tensor!([0, 1]));
    assert_eq!(loss.item(), 0.0);
}

#[test]
fn dense_targets_have_classes_second() {
    let x = Tensor::arange(0.0, 12.0, 1.0).view((1, 3, 2, 2)).mul(0.1);
    let target = tensor!([[[0, 1], [2, 0]]]);
    let loss = CrossEntropyLoss::new()
        .reduction(Reduction::None)
        .forward(&x, &target);
    assert_eq!(loss.shape(), [1, 2, 2]);
    let rows = x.permute([0, 2, 3, 1]).reshape((4, 3));
    let flat = CrossEntropyLoss::new()
        .reduction(Reduction::None)
        .forward(&rows, &target.reshape(4));
    assert_close(&loss, &flat.double().to_vec::<f64>(), 1e-6);
}

#[test]
fn targets_that_are_no_class_are_named() {
    let criterion = CrossEntropyLoss::new();
    let x = Tensor::zeros([3, 10]);
    let message = refused(|| criterion.forward(&x, &tensor!([0, 1, 10])));
    assert!(
        message.contains("Target 10 is out of bounds: it is element 2, and there are 10 classes"),
        "{message}"
    );
    assert!(
        refused(|| criterion.forward(&x, &tensor!([0, -1, 2])))
            .contains("Target -1 is out of bounds")
    );
    let message = refused(|| criterion.forward(&x, &tensor!([0, 1])));
    assert!(
        message.contains("Expected input batch_size (3) to match target batch_size (2)"),
        "{message}"
    );
    let floats = error(|| criterion.forward(&x, &tensor!([0.0, 1.0, 2.0])));
    assert!(
        matches!(
            floats,
            Error::DType {
                op: "cross_entropy",
                ..
            }
        ),
        "{floats}"
    );
    let message = refused(|| {
        CrossEntropyLoss::new()
            .weight(tensor!([1.0]))
            .forward(&x, &tensor!([0, 1, 2]))
    });
    assert!(
        message.contains("either for all 10 classes or no classes"),
        "{message}"
    );
    let message = refused(|| {
        CrossEntropyLoss::new()
            .label_smoothing(1.5)
            .forward(&x, &tensor!([0, 1, 2]))
    });
    assert!(
        message.contains("label_smoothing must be between 0.0 and 1.0. Got: 1.5"),
        "{message}"
    );
}

#[test]
fn differences_need_the_same_size() {
    let (x, y) = (tensor!([1.0, -2.0]), tensor!([0.0, 1.0]));
    assert_eq!(MSELoss::new().forward(&x, &y).item(), 5.0);
    assert_eq!(
        L1Loss::new()
            .reduction(Reduction::Sum)
            .forward(&x, &y)
            .item(),
        4.0
    );
    let message = refused(|| MSELoss::new().forward(&x.unsqueeze(1), &y));
    assert!(
        message.contains("mse_loss: [2, 1] and [2]: input and target must have the same size"),
        "{message}"
    );
    let as_argument: [Box<dyn Loss>; 2] =
        [Box::new(MSELoss::new()), Box::new(CrossEntropyLoss::new())];
    assert_eq!(as_argument[0].loss(&x, &y).item(), 5.0);
    assert_eq!(as_argument[1].repr(), "CrossEntropyLoss()");
}

#[test]
fn a_loss_moves_with_its_weight() {
    let criterion = CrossEntropyLoss::new().weight(tensor!([1.0, 2.0]));
    criterion.to_dtype(DType::F64).unwrap();
    assert_eq!(criterion.named_buffers()[0].1.dtype(), DType::F64);
}

#[test]
fn gradients_agree_with_finite_differences() {
    let x = Tensor::linspace_with(-1.5, 1.7, 12, DType::F64).view((4, 3));
    let p = x.sigmoid();
    let y = Tensor::linspace_with(0.1, 0.9, 12, DType::F64).view((4, 3));
    let (weight, index) = (tensor!([1.0, 0.5, 2.0]).double(), tensor!([2, 0, -100, 1]));
    gradcheck(
        |t| {
            vec![functional::binary_cross_entropy(
                &t[0],
                &t[1],
                None,
                Reduction::Mean,
            )]
        },
        &[p.clone(), y.clone()],
    )
    .unwrap();
    gradgradcheck(
        |t| {
            vec![functional::binary_cross_entropy(
                &t[0],
                &t[1],
                None,
                Reduction::Sum,
            )]
        },
        &[p, y.clone()],
    )
    .unwrap();
    let logits = |t: &[Tensor]| {
        vec![functional::binary_cross_entropy_with_logits(
            &t[0],
            &t[1],
            None,
            Some(&t[2]),
            Reduction::Mean,
        )]
    };
    gradcheck(logits, &[x.clone(), y.clone(), weight.clone()]).unwrap();
    let options = ClassOptions {
        weight: Some(&weight),
        label_smoothing: 0.2,
        ..ClassOptions::default()
    };
    gradcheck(
        |t| vec![functional::cross_entropy(&t[0], &index, &options)],
        std::slice::from_ref(&x),
    )
    .unwrap();
    gradcheck(
        |t| vec![functional::cross_entropy(&t[0], &t[1], &options)],
        &[x.clone(), y],
    )
    .unwrap();
    gradgradcheck(|t| vec![functional::logsigmoid(&t[0])], &[x]).unwrap();
}

#[test]
fn losses_compute_in_single_precision_under_autocast() {
    let (logits, classes) = (tensor!([[2.0, 1.0, 0.1]]), tensor!([0]));
    let loss = autocast(DType::F16, || {
        CrossEntropyLoss::new().forward(&logits.half(), &classes)
    });
    assert_eq!(loss.dtype(), DType::F32);
    let plain = CrossEntropyLoss::new().forward(&logits, &classes);
    assert!((loss.item() - plain.item()).abs() < 1e-3);
    let halves = CrossEntropyLoss::new().forward(&logits.half(), &classes);
    assert_eq!(halves.dtype(), DType::F16);
}
