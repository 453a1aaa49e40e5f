//! What gradcheck sees.

use std::sync::atomic::{AtomicBool, Ordering};

use ondol_autograd::{DType, GradCheck, Op, Tensor, gradcheck, gradgradcheck, tensor};

fn x() -> Tensor {
    tensor!(vec![0.3f64, -1.2])
}

/// An operation of one input with any rule.
fn with_rule(x: &Tensor, rule: impl Fn(&Tensor) -> Tensor + Send + Sync + 'static) -> Tensor {
    Op::new("ruled", [x])
        .rule(0, rule)
        .output(x.detach().mul(2.0).value())
}

fn refused(f: impl Fn(&[Tensor]) -> Vec<Tensor>) -> String {
    gradcheck(f, &[x()]).unwrap_err().to_string()
}

#[test]
fn a_wrong_rule_is_seen() {
    gradcheck(|t| vec![with_rule(&t[0], |g| g.mul(2.0))], &[x()]).unwrap();
    let text = refused(|t| vec![with_rule(&t[0], |g| g.mul(2.1))]);
    assert!(
        text.starts_with("gradcheck: input 0, element 0: the rule gives"),
        "{text}"
    );
    let text = refused(|t| vec![with_rule(&t[0], |g| g.mul(f64::NAN))]);
    assert!(text.contains("gives NaN"), "{text}");
    // Looser ones let it pass.
    let loose = GradCheck {
        rtol: 0.1,
        ..GradCheck::default()
    };
    loose
        .check(|t| vec![with_rule(&t[0], |g| g.mul(2.1))], &[x()])
        .unwrap();
}

#[test]
fn a_wrong_second_rule_is_seen() {
    // The first derivative is right, and says nothing of its own.
    let square = |t: &[Tensor]| {
        let at = t[0].detach();
        vec![
            Op::new("square", [&t[0]])
                .rule(0, move |g| g.mul(&at).mul(2.0))
                .output(t[0].detach().square().value()),
        ]
    };
    gradcheck(square, &[x()]).unwrap();
    assert!(gradgradcheck(square, &[x()]).is_err());
    GradCheck::default()
        .check_twice(|t| vec![t[0].pow(3)], &[x()])
        .unwrap();
}

#[test]
fn what_is_not_the_same_twice_is_seen() {
    static RUNS: AtomicBool = AtomicBool::new(false);
    let unsteady = |t: &[Tensor]| {
        let more = if RUNS.fetch_xor(true, Ordering::Relaxed) {
            1e-7
        } else {
            0.0
        };
        vec![with_rule(&t[0], move |g| g.mul(2.0 + more))]
    };
    let text = refused(unsteady);
    assert!(text.contains("backward is not deterministic"), "{text}");
    let loose = GradCheck {
        nondet_tol: 1e-6,
        ..GradCheck::default()
    };
    loose.check(unsteady, &[x()]).unwrap();
}

#[test]
fn an_output_that_is_not_used_is_seen() {
    let two = |right: bool| {
        move |t: &[Tensor]| {
            let rule = move |grads: &[Option<Tensor>], _: &[Tensor], _: &[bool]| {
                let zero = Tensor::zeros_with(2, DType::F64);
                let part =
                    |i: usize, by: f64| grads[i].as_ref().map_or(zero.clone(), |g| g.mul(by));
                let sum = part(0, 2.0).add(part(1, 3.0));
                // The wrong one gives nothing unless both are there.
                let all = grads.iter().all(Option::is_some);
                vec![Some(if right || all { sum } else { zero.clone() })]
            };
            let x = t[0].detach();
            let values = [x.mul(2.0).value(), x.mul(3.0).value()];
            Op::new("two", [&t[0]]).joint(rule).outputs(values).into()
        }
    };
    gradcheck(two(true), &[x()]).unwrap();
    let text = refused(two(false));
    assert!(
        text.contains("a rule mistakes an output that nothing flows back to"),
        "{text}"
    );
    let other = GradCheck {
        check_undefined_grad: false,
        ..GradCheck::default()
    };
    other.check(two(false), &[x()]).unwrap();
}

#[test]
fn what_it_refuses_to_check() {
    let single = gradcheck(|t| vec![t[0].exp()], &[tensor!([1.0])]).unwrap_err();
    assert!(
        single.to_string().contains("expected f64 inputs"),
        "{single}"
    );
    let none = gradcheck(|t| vec![t[0].detach()], &[x()]).unwrap_err();
    assert!(
        none.to_string().contains("no output requires a gradient"),
        "{none}"
    );
}
