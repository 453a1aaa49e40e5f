//! Mixed precision.

use ondol_autograd::functional::{conv2d, linear};
use ondol_autograd::{
    ConvOptions, DType, Tensor, autocast, autocast_dtype, autocast_guard, autocast_to_single,
    catch, checkpoint, is_autocast_enabled,
};

fn numbers(shape: &[usize]) -> Tensor {
    let n: usize = shape.iter().product();
    let values = (0..n).map(|i| ((i * 7 + 3) % 11) as f32 / 4.0 - 1.3);
    Tensor::from_vec(values.collect(), shape)
}

#[test]
fn products_are_of_the_lower_dtype_and_the_rest_is_not() {
    let (a, b) = (numbers(&[3, 4]), numbers(&[4, 2]));
    autocast(DType::BF16, || {
        for y in [
            a.mm(&b),
            a.matmul(&b),
            numbers(&[2, 3, 4]).bmm(&numbers(&[2, 4, 2])),
            Tensor::einsum("ij,jk->ik", &[&a, &b]),
            linear(&a, &b.t(), Some(&numbers(&[2]))),
            numbers(&[2]).addmm(&a, &b),
            conv2d(
                &numbers(&[1, 2, 4, 4]),
                &numbers(&[3, 2, 2, 2]),
                Some(&numbers(&[3])),
                ConvOptions::new(),
            ),
        ] {
            assert_eq!(y.dtype(), DType::BF16);
        }
        assert_eq!(a.add(&a).dtype(), DType::F32);
        assert_eq!(a.double().mm(&b.double()).dtype(), DType::F64);
        assert_eq!(a.long().mm(&b.long()).dtype(), DType::I64);
        assert_eq!(autocast_to_single(&a.half()).dtype(), DType::F32);
    });
    assert_eq!(a.mm(&b).dtype(), DType::F32);
    assert_eq!(autocast_to_single(&a.half()).dtype(), DType::F16);
}

#[test]
fn a_product_is_that_of_the_rounded_operands() {
    let (a, b) = (numbers(&[3, 5]), numbers(&[5, 2]));
    let got = autocast(DType::BF16, || a.mm(&b));
    let want = a.bfloat16().mm(&b.bfloat16());
    assert_eq!(got.float().to_vec::<f32>(), want.float().to_vec::<f32>());
}

#[test]
fn gradients_keep_their_parameters_dtype() {
    let w = numbers(&[4, 2]).requires_grad_(true);
    let x = numbers(&[3, 4]);
    let loss = autocast(DType::F16, || x.mm(&w).float().square().sum());
    loss.backward();
    let got = w.grad().expect("a gradient");
    assert_eq!(got.dtype(), DType::F32);
    let plain = numbers(&[4, 2]).requires_grad_(true);
    x.mm(&plain).square().sum().backward();
    let want = plain.grad().expect("a gradient");
    assert!(got.allclose(&want, 1e-2, 1e-2, false), "{got} {want}");
}

#[test]
fn the_mode_nests_and_ends_with_its_guard() {
    assert!(!is_autocast_enabled());
    {
        let _half = autocast_guard(DType::F16);
        assert_eq!(autocast_dtype(), Some(DType::F16));
        autocast(DType::BF16, || {
            assert_eq!(autocast_dtype(), Some(DType::BF16))
        });
        {
            let _off = autocast_guard(None);
            assert!(!is_autocast_enabled());
        }
        assert_eq!(autocast_dtype(), Some(DType::F16));
        let other = std::thread::spawn(is_autocast_enabled)
            .join()
            .expect("a thread");
        assert!(!other, "the mode belongs to its thread");
    }
    assert!(!is_autocast_enabled());
    let _ = std::panic::catch_unwind(|| autocast(DType::F16, || panic!("within")));
    assert!(!is_autocast_enabled());
}

#[test]
fn other_dtypes_are_refused() {
    let error = catch(|| autocast(DType::F32, || ()))
        .unwrap_err()
        .to_string();
    assert!(error.contains("f16 or bf16"), "{error}");
}

#[test]
fn a_backward_inside_goes_in_the_dtypes_of_its_forward() {
    let w = numbers(&[2, 2]).requires_grad_(true);
    autocast(DType::BF16, || {
        let y = w.double().mm(&numbers(&[2, 2]).double());
        y.sum().backward();
    });
    let plain = numbers(&[2, 2]).requires_grad_(true);
    plain
        .double()
        .mm(&numbers(&[2, 2]).double())
        .sum()
        .backward();
    assert_eq!(
        w.grad().expect("a gradient").to_vec::<f32>(),
        plain.grad().expect("a gradient").to_vec::<f32>()
    );
}

#[test]
fn a_checkpoint_runs_again_in_the_precision_it_first_ran_in() {
    let gradient = |saved: bool| {
        let w = numbers(&[4, 4]).requires_grad_(true);
        let x = numbers(&[2, 4]);
        let (held, input) = (w.clone(), x.clone());
        let f = move |t: &[Tensor]| t[0].mm(&held).float().tanh();
        let y = autocast(DType::BF16, || match saved {
            true => checkpoint(f, &[&input]),
            false => f(std::slice::from_ref(&input)),
        });
        y.square().sum().backward();
        w.grad().expect("a gradient").to_vec::<f32>()
    };
    assert_eq!(gradient(true), gradient(false));
}
