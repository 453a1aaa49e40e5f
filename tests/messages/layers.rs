//! Which line is the user's: through functions, closures and the library's layers.

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
    let shift = |x: &Tensor| (x.view(7), line!() - 0);
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
