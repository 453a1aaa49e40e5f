//! Which tensors got no gradient, and why.

use ondol_autograd::{NoGrad, Tensor, check_grads, no_grad, tensor};

use crate::leaf;

#[test]
fn each_reason() {
    let [good, frozen, unused, detached, unrecorded] = [0; 5].map(|_| leaf());
    frozen.requires_grad_(false);
    let middle = good.mul(2.0);
    let lost = detached.square().detach();
    no_grad(|| unrecorded.square());
    middle.add(&frozen).add(&lost).sum().backward();
    let named: [(&str, &Tensor); 6] = [
        ("good", &good),
        ("frozen", &frozen),
        ("unused", &unused),
        ("detached", &detached),
        ("unrecorded", &unrecorded),
        ("middle", &middle),
    ];
    let report = check_grads(named);
    let want = [
        ("frozen", NoGrad::Frozen),
        ("unused", NoGrad::Unused),
        ("detached", NoGrad::NotReached),
        ("unrecorded", NoGrad::Unused),
        ("middle", NoGrad::NotLeaf),
    ];
    assert_eq!(report.missing, want.map(|(n, why)| (n.to_owned(), why)));
    assert_eq!(
        report.lost(),
        ["unused", "detached", "unrecorded", "middle"]
    );
    assert!(!report.is_complete());
    assert_eq!(
        report.to_string(),
        "no gradient:\
         \n  frozen      frozen: requires_grad is false\
         \n  unused      unused: no recorded operation has taken it\
         \n  detached    not reached: it was used, but no backward came to it\
         \n  unrecorded  unused: no recorded operation has taken it\
         \n  middle      not a leaf: call retain_grad() before backward"
    );
}

#[test]
fn nothing_is_missing() {
    let x = leaf();
    let y = x.mul(2.0);
    y.retain_grad();
    y.sum().backward();
    let report = check_grads([("x", &x), ("y", &y)]);
    assert!(report.is_complete());
    assert_eq!(report.to_string(), "every tensor has a gradient");
    // A gradient of zeros is one.
    let z = leaf();
    z.mul(0.0).sum().backward();
    assert!(check_grads([("z", &z)]).is_complete());
    z.zero_grad();
    assert_eq!(check_grads([("z", &z)]).missing[0].1, NoGrad::NotReached);
    assert!(check_grads(Vec::<(String, &Tensor)>::new()).is_complete());
    let _ = tensor!(1.0);
}
