//! A profile names the layers that ran and the kernels in them, forward and backward.

use ondol_nn::profiler::{EventKind, SortBy, profile, record_function};
use ondol_nn::{Forward, Linear, MSELoss, ReLU, Tensor, sequential};

#[test]
fn a_step_is_told_by_layer_and_by_kernel() {
    let model = sequential![Linear::new(3, 4), ReLU::new(), Linear::new(4, 1)];
    let (x, y) = (Tensor::ones([5, 3]), Tensor::zeros([5, 1]));
    let (loss, profile) = profile(|| {
        record_function("step", || {
            let loss = MSELoss::new().forward(&model.forward(&x), &y);
            loss.backward();
            loss
        })
    });
    assert!(loss.item() >= 0.0);
    let averages = profile.key_averages();
    let modules = averages.only(EventKind::Module);
    let names: Vec<&str> = modules.all().iter().map(|a| &*a.name).collect();
    let expected = [
        "Sequential",
        "Linear(3 → 4)",
        "ReLU",
        "Linear(4 → 1)",
        "MSELoss",
    ];
    assert_eq!(names, expected);
    let kernels = averages.only(EventKind::Op);
    assert_eq!(kernels.get("linear").unwrap().calls, 2);
    assert_eq!(kernels.get("relu_grad").unwrap().calls, 1);
    // What a layer's kernels read and wrote: x, weight, bias and the result.
    let first = modules.get("Linear(3 → 4)").unwrap();
    assert_eq!(first.bytes, 4 * (15 + 12 + 4 + 20));
    let backward = averages.only(EventKind::Backward);
    let of_linear = backward.get("backward of linear").unwrap();
    assert_eq!(of_linear.calls, 2);
    // Everything ran in the range, and every event in one that began before it.
    let events = profile.events();
    assert!(events[0].name == "step" && events[0].time >= of_linear.time);
    for (place, event) in events.iter().enumerate().skip(1) {
        assert!(
            event.inside.is_some_and(|outer| outer < place),
            "{}",
            event.name
        );
    }
    let table = averages.table(SortBy::Time, 3);
    assert!(
        table.lines().nth(1).unwrap().starts_with("step "),
        "{table}"
    );
    assert_eq!(table.lines().count(), 1 + 3 + 1);
}
