//! Jacobians and Hessians: PyTorch's numbers, finite differences, and functions of little use.

use ondol_autograd::{
    DType, Derivative, Tensor, catch, gradcheck, hessian, hvp, jacobian, jvp, tensor, vhp, vjp,
};

use crate::says;

fn doubles(t: &Tensor) -> Vec<f64> {
    t.to_vec()
}

fn near(t: &Tensor, shape: &[usize], want: &[f64]) {
    assert_eq!(t.shape().to_vec(), shape);
    for (got, want) in doubles(t).iter().zip(want) {
        assert!((got - want).abs() < 1e-12, "{got} and {want}");
    }
}

fn w() -> Tensor {
    tensor!(vec![vec![0.5f64, -0.4, 1.1], vec![0.9, 0.2, -0.3]])
}

fn x() -> Tensor {
    tensor!(vec![0.3f64, -1.2, 0.7])
}

fn v() -> [Tensor; 2] {
    [
        tensor!(vec![vec![1.0f64, 2.0, 3.0], vec![-1.0, 0.5, 2.0]]),
        tensor!(vec![0.2f64, -0.4, 0.6]),
    ]
}

/// Two outputs of two inputs.
fn two(t: &[Tensor]) -> (Tensor, Tensor) {
    (t[0].matmul(&t[1]).tanh(), t[1].exp().mul(&t[0]).sum())
}

/// One number of two inputs.
fn one(t: &[Tensor]) -> Tensor {
    t[0].matmul(&t[1]).tanh().pow(2).sum().mul(t[1].sin().sum())
}

// torch.autograd.functional of PyTorch 2.15 on the same functions.
const J00: [f64; 12] = [
    0.06484573770766115,
    -0.2593829508306446,
    0.151306721317876,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.2904861613231734,
    -1.1619446452926936,
    0.6778010430874046,
];
const J01: [f64; 6] = [
    0.10807622951276859,
    -0.08646098361021487,
    0.2377677049280909,
    0.8714584839695202,
    0.19365744088211562,
    -0.2904861613231734,
];
const J10: [f64; 6] = [
    1.3498588075760032,
    0.30119421191220214,
    2.0137527074704766,
    1.3498588075760032,
    0.30119421191220214,
    2.0137527074704766,
];
const J11: [f64; 3] = [1.8898023306064042, -0.06023884238244043, 1.6110021659763814];
const H01: [f64; 18] = [
    0.1119661017307509,
    0.04214663532959303,
    0.0863367172184687,
    -0.4360777822916015,
    -0.16563988516052158,
    -0.3453468688738748,
    0.2543787063367675,
    0.09834214910238373,
    0.20439899633427747,
    -0.09785169600650455,
    -0.03668010143616572,
    -0.0803447931647462,
    0.3807865294068241,
    0.14406534208986435,
    0.3213791726589848,
    -0.2221254754873141,
    -0.08558690335105336,
    -0.190126247705873,
];
const H11: [f64; 9] = [
    -0.4585992410761792,
    -0.25194759998294336,
    0.4039113190252115,
    -0.25194759998294336,
    0.599016366229928,
    0.021369168712599196,
    0.4039113190252114,
    0.021369168712599168,
    0.27265582104004793,
];
const VJP: [&[f64]; 2] = [
    &[
        0.7397751414956627,
        -0.10878584487454354,
        1.1581830750531144,
        0.0939570811416548,
        2.4744863965414883,
        -0.34872573243957095,
    ],
    &[-0.6899395731230696, -0.5038952865656663, 1.6242411105626284],
];
const JVP: [&[f64]; 2] = [
    &[0.1988602623034941, 0.4066806258524428],
    &[12.190406369792974],
];
const VHP: [&[f64]; 2] = [
    &[
        0.057336596545394185,
        -0.22816772371843652,
        0.13417827942696647,
        -0.05108154458105709,
        0.20326415286230895,
        -0.11954427917643967,
    ],
    &[
        0.09834664908620712,
        -0.33374228716630816,
        0.1054499415000755,
    ],
];

#[test]
fn jacobians_are_pytorchs() {
    let j = jacobian(two, &[&w(), &x()]);
    assert_eq!((j.len(), j[0].len()), (2, 2));
    near(&j[0][0], &[2, 2, 3], &J00);
    near(&j[0][1], &[2, 3], &J01);
    near(&j[1][0], &[2, 3], &J10);
    near(&j[1][1], &[3], &J11);
}

#[test]
fn hessians_are_pytorchs() {
    let h = hessian(one, &[&w(), &x()]);
    near(&h[0][1], &[2, 3, 3], &H01);
    near(&h[1][1], &[3, 3], &H11);
    assert_eq!(h[0][0].shape(), [2, 3, 2, 3]);
    // Symmetric as a whole: [0][1] and [1][0] are each other's transpose.
    let turned = h[1][0].permute([1, 2, 0]);
    near(&turned, &[2, 3, 3], &H01);
    let flat = h[0][0].reshape([6, 6]);
    near(&flat, &[6, 6], &doubles(&flat.t()));
}

#[test]
fn products_are_pytorchs() {
    let (w, x, [vw, vx]) = (w(), x(), v());
    let (a, b) = (tensor!(vec![1.0f64, -2.0]), Tensor::from(0.5f64));
    let ((y, z), product) = vjp(two, &[&w, &x], Some(&[&a, &b]));
    near(&y, &[2], &doubles(&two(&[w.clone(), x.clone()]).0));
    assert_eq!(z.item(), two(&[w.clone(), x.clone()]).1.item());
    near(&product[0], &[2, 3], VJP[0]);
    near(&product[1], &[3], VJP[1]);
    let ((y, _), product) = jvp(two, &[&w, &x], Some(&[&vw, &vx]));
    assert!(!y.requires_grad() && !product[0].requires_grad());
    near(&product[0], &[2], JVP[0]);
    near(&product[1], &[], JVP[1]);
    let (value, product) = vhp(one, &[&w, &x], Some(&[&vw, &vx]));
    near(&value, &[], &[0.006278842388003045]);
    near(&product[0], &[2, 3], VHP[0]);
    near(&product[1], &[3], VHP[1]);
    let (_, product) = hvp(one, &[&w, &x], Some(&[&vw, &vx]));
    near(&product[0], &[2, 3], VHP[0]);
    near(&product[1], &[3], VHP[1]);
}

#[test]
fn jacobians_agree_with_differences() {
    let (eps, x) = (1e-6, x());
    let f = |t: &[Tensor]| t[0].sin().mul(t[0].sum());
    let j = &jacobian(f, &[&x])[0][0];
    for k in 0..3 {
        let moved = |by: f64| {
            let mut numbers = doubles(&x);
            numbers[k] += by;
            doubles(&f(&[tensor!(numbers)]))
        };
        for (i, (up, down)) in moved(eps).into_iter().zip(moved(-eps)).enumerate() {
            let want = (up - down) / (2.0 * eps);
            assert!((j.i((i, k)).item() - want).abs() < 1e-8);
        }
    }
}

#[test]
fn derivatives_can_be_differentiated_by_the_inputs() {
    let recorded = Derivative {
        create_graph: true,
        ..Default::default()
    };
    let x = x();
    let check = |f: &dyn Fn(&[Tensor]) -> Vec<Tensor>| {
        gradcheck(f, std::slice::from_ref(&x)).unwrap();
    };
    check(&|t| recorded.jacobian(|t| t[0].pow(3), &[&t[0]]).remove(0));
    check(&|t| recorded.hessian(|t| t[0].pow(4).sum(), &[&t[0]]).remove(0));
    let v = tensor!(vec![1.0f64, -2.0, 0.5]);
    check(&|t| recorded.vjp(|t| t[0].pow(3), &[&t[0]], Some(&[&v])).1);
    check(&|t| recorded.jvp(|t| t[0].pow(3), &[&t[0]], Some(&[&v])).1);
    check(&|t| recorded.hvp(|t| t[0].pow(4).sum(), &[&t[0]], Some(&[&v])).1);
    check(&|t| recorded.vhp(|t| t[0].pow(4).sum(), &[&t[0]], Some(&[&v])).1);
    // The inputs' own gradients are left alone.
    x.requires_grad_(true);
    recorded.jacobian(|t| t[0].exp(), &[&x]);
    assert!(x.grad().is_none());
}

#[test]
fn what_does_not_depend_is_zero_or_refused() {
    let x = x();
    let constant = |_: &[Tensor]| Tensor::ones_with(2, DType::F64);
    near(&jacobian(constant, &[&x])[0][0], &[2, 3], &[0.0; 6]);
    near(
        &vjp(constant, &[&x], Some(&[&constant(&[])])).1[0],
        &[3],
        &[0.0; 3],
    );
    near(&jvp(constant, &[&x], Some(&[&x])).1[0], &[2], &[0.0; 2]);
    let line = |t: &[Tensor]| t[0].mul(2.0).sum();
    near(&hessian(line, &[&x])[0][0], &[3, 3], &[0.0; 9]);
    near(&hvp(line, &[&x], Some(&[&x])).1[0], &[3], &[0.0; 3]);
    near(&vhp(line, &[&x], Some(&[&x])).1[0], &[3], &[0.0; 3]);
    let strict = Derivative {
        strict: true,
        ..Default::default()
    };
    assert_eq!(
        says(|| strict.jacobian(constant, &[&x])),
        "jacobian: output 0 of the function does not require gradients; strict mode wants outputs that are computed from the inputs"
    );
    assert_eq!(
        says(|| strict.jacobian(|t| t[0].mul(2.0), &[&x, &x])),
        "jacobian: output 0 of the function is independent of input 1; this is not allowed in strict mode"
    );
    assert!(
        says(|| strict.hessian(line, &[&x]))
            .starts_with("hessian: output 0 of the function is independent")
    );
    assert!(says(|| strict.hvp(line, &[&x], Some(&[&x]))).starts_with("hvp: "));
}

#[test]
fn nothing_and_one_element() {
    let x = x();
    assert_eq!(jacobian(|t| t[0].i(..0), &[&x])[0][0].shape(), [0, 3]);
    assert_eq!(
        jacobian(|t| t[0].sum(), &[&Tensor::zeros(0)])[0][0].shape(),
        [0]
    );
    let scalar = Tensor::from(2.0f64);
    near(&jacobian(|t| t[0].pow(3), &[&scalar])[0][0], &[], &[12.0]);
    // One element needs no vector.
    near(&vjp(|t| t[0].pow(3), &[&scalar], None).1[0], &[], &[12.0]);
    near(&hvp(|t| t[0].pow(3), &[&scalar], None).1[0], &[], &[12.0]);
    let half = tensor!([1.0, 2.0]).half();
    assert_eq!(
        jacobian(|t| t[0].square(), &[&half])[0][0].dtype(),
        DType::F16
    );
}

#[test]
fn what_they_refuse() {
    let x = x();
    let short = Tensor::ones_with(2, DType::F64);
    assert_eq!(
        says(|| hessian(|t| t[0].mul(2.0), &[&x])),
        "hessian: [3]: the function must give a tensor with a single element"
    );
    assert_eq!(
        says(|| vjp(|t| t[0].mul(2.0), &[&x], None)),
        "vjp: the vector v can only be left out where it would have a single element"
    );
    assert_eq!(
        says(|| jvp(|t| t[0].mul(2.0), &[&x], Some(&[&short]))),
        "jvp: [2] and [3]: v has the shape of what it is multiplied with"
    );
    assert_eq!(
        says(|| vhp(|t| t[0].sum(), &[&x], Some(&[]))),
        "vhp: v has 0 tensors, but there must be 1"
    );
    assert!(says(|| jacobian(|t| t[0].clone(), &[&tensor!([1, 2])])).contains("floating"));
}

#[test]
fn errors_name_the_callers_line() {
    let x = x();
    let line = |error: ondol_autograd::Error| error.location().map(|at| (at.file(), at.line()));
    let wrong = |r: Result<(), _>| line(r.unwrap_err());
    let here = |n| Some((file!(), n));
    let got = wrong(catch(|| drop(hessian(|t| t[0].mul(2.0), &[&x]))));
    assert_eq!(got, here(line!() - 1));
    let got = wrong(catch(|| drop(vjp(|t| t[0].mul(2.0), &[&x], None))));
    assert_eq!(got, here(line!() - 1));
    let got = wrong(catch(|| drop(jacobian(|t| t[0].mm(&t[0]), &[&x]))));
    assert_eq!(got, here(line!() - 1));
}

#[test]
fn a_no_grad_around_does_not_matter() {
    let x = x();
    let j = ondol_autograd::no_grad(|| jacobian(|t| t[0].square(), &[&x])[0].remove(0));
    assert_eq!(j.i((1, 1)).item(), -2.4);
}
