//! Which line is the user's: through functions, closures and the library's layers.

use ondol::prelude::*;
use ondol_autograd::{Error, Scope, Tensor, catch, no_grad, tensor};

use crate::says;

/// What a user writes: no attribute, so that its own line is named.
struct Net {
    weight: Tensor,
}

impl Net {
    fn forward(&self, x: &Tensor) -> (Tensor, u32) {
        (x.mm(&self.weight), line!())
    }
}

#[test]
fn a_users_function_is_named_where_it_fails() {
    let net = Net {
        weight: Tensor::zeros([3, 2]),
    };
    let (_, line) = net.forward(&Tensor::zeros([1, 3]));
    let error = catch(|| net.forward(&Tensor::zeros([1, 2]))).unwrap_err();
    let at = error.location().unwrap();
    assert_eq!((at.file(), at.line()), (file!(), line));
}

#[test]
fn closures_are_named_where_they_fail() {
    let shift = |x: &Tensor| (x.view(7), line!());
    let error = catch(|| shift(&tensor!(1.0))).unwrap_err();
    let line = error.location().unwrap().line();
    assert_eq!(line, line!() - 3);
    says!(no_grad(|| tensor!([1.0, 2.0]).view(3)) => "view: [2]: shape '[3]' is invalid for input of size 2");
    says!([1usize, 2].map(|n| Tensor::zeros(n).view(1)) => "view: [2]: shape '[1]' is invalid for input of size 2");
}

#[test]
fn scopes_name_their_layers() {
    let error = catch(|| {
        let _outer = Scope::enter("Net", &[]);
        let _inner = Scope::enter("Linear({} → {})", &[3, 2]);
        tensor!([1.0]).view(3)
    })
    .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("\n  in Net > Linear(3 → 2)\n  at "), "{text}");
    assert!(matches!(&error, Error::At { layers, .. } if layers == &["Net", "Linear(3 → 2)"]));
    // The layer that was left is not named.
    let error = catch(|| {
        drop(Scope::enter("Gone", &[]));
        tensor!([1.0]).view(3)
    })
    .unwrap_err();
    assert!(!error.to_string().contains("Gone"), "{error}");
}

#[test]
fn a_writes_line_is_no_layer() {
    says!(tensor!([1.0]).set(3, 1.0) =>
        "index: index 3 is out of bounds for dimension 0 with size 1");
}

#[derive(Module)]
struct TwoLayers {
    first: nn::Linear,
    second: nn::Linear,
}

impl Forward for TwoLayers {
    fn forward(&self, x: &Tensor) -> Tensor {
        let h = self.first.forward(x);
        self.second.forward(&h.relu())
    }
}

const FIRST: &str =
    "linear: [1, 4] and [2, 3]: the input's last size 4 must be the weight's in_features 3";

#[test]
fn a_layer_names_itself_and_the_users_line() {
    let layer = nn::Linear::new(3, 2);
    says!(layer.forward(&Tensor::zeros([1, 4])) =>
        &format!("{FIRST}\n  in Linear(3 → 2)"));
    let by_reference = &&layer;
    says!(by_reference.forward(&Tensor::zeros([1, 4])) =>
        &format!("{FIRST}\n  in Linear(3 → 2)"));
}

#[test]
fn a_container_names_the_path_and_the_users_line() {
    let inner = nn::sequential![nn::Linear::new(3, 2), nn::ReLU];
    let model = nn::sequential![nn::ReLU, inner];
    says!(model.forward(&Tensor::zeros([1, 4])) =>
        &format!("{FIRST}\n  in Sequential > Sequential > Linear(3 → 2)"));
    // A layer that is fine leaves nothing behind for the next error.
    assert_eq!(model.forward(&Tensor::zeros([1, 3])).shape(), [1, 2]);
    says!(Tensor::zeros([1]).view(2) =>
        "view: [1]: shape '[2]' is invalid for input of size 1");
}

#[test]
fn a_users_model_is_named_by_its_own_lines() {
    let model = TwoLayers {
        first: nn::Linear::new(3, 2),
        second: nn::Linear::new(5, 1),
    };
    let error = catch(|| model.forward(&Tensor::zeros([1, 4]))).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("{FIRST}\n  in Linear(3 → 2)\n  at ")),
        "{text}"
    );
    let first = error.location().unwrap().line();
    let error = catch(|| model.forward(&Tensor::zeros([1, 3]))).unwrap_err();
    let at = error.location().unwrap();
    assert_eq!((at.file(), at.line()), (file!(), first + 1));
    assert!(error.to_string().contains("in Linear(5 → 1)"), "{error}");
}

#[test]
fn a_boxed_layer_names_the_users_line() {
    let layers: Vec<Box<dyn Forward>> = vec![Box::new(nn::Linear::new(3, 2))];
    says!(layers[0].forward(&Tensor::zeros([1, 4])) =>
        &format!("{FIRST}\n  in Linear(3 → 2)"));
}

#[test]
fn a_loss_names_the_users_line() {
    let (p, y) = (Tensor::full([4, 1], 0.5), Tensor::ones([4]));
    let line = line!() + 1;
    let error = catch(|| nn::BCELoss::new().forward(&p, &y)).unwrap_err();
    let at = error.location().unwrap();
    assert_eq!((at.file(), at.line()), (file!(), line));
    assert!(error.to_string().contains("[4, 1] and [4]"), "{error}");
}

#[test]
fn backward_through_a_container_names_the_line_of_its_forward() {
    let model = nn::sequential![nn::Linear::new(3, 2), nn::ReLU];
    let line = line!() + 1;
    let y = model.forward(&Tensor::zeros([1, 3])).sum();
    y.backward();
    let error = catch(|| y.backward()).unwrap_err();
    assert_eq!(
        error.location().map(|at| (at.file(), at.line())),
        Some((file!(), line))
    );
}
