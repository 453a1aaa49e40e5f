//! Single kernels: products, element by element, along rows and columns.

use ondol_autograd::{Tensor, no_grad};
use ondol_nn::{self as nn, Forward};

use super::{Case, case};

/// Of one operand.
type Function = fn(&Tensor) -> Tensor;

pub(super) fn products(list: &mut Vec<Case>) {
    for n in [64usize, 128, 256, 512, 1024, 2048] {
        let flops = 2.0 * (n as f64).powi(3);
        list.push(case(
            format!("A/gemm_nn/{n}x{n}x{n}"),
            flops,
            0.0,
            move || {
                let (a, b) = (Tensor::randn([n, n]), Tensor::randn([n, n]));
                Box::new(move || drop(a.mm(&b)))
            },
        ));
    }
    for [m, k, n] in [[64usize, 784, 512], [64, 512, 512], [1024, 784, 512]] {
        let flops = 2.0 * (m * k * n) as f64;
        list.push(case(
            format!("A/gemm_nt/{m}x{k}x{n}"),
            flops,
            0.0,
            move || {
                let (x, w) = (Tensor::randn([m, k]), Tensor::randn([n, k]));
                Box::new(move || drop(x.mm(&w.t())))
            },
        ));
        // The gradients of the weight and of the input.
        list.push(case(
            format!("A/gemm_dw/{m}x{k}x{n}"),
            flops,
            0.0,
            move || {
                let (x, g) = (Tensor::randn([m, k]), Tensor::randn([m, n]));
                Box::new(move || drop(g.t().mm(&x)))
            },
        ));
        list.push(case(
            format!("A/gemm_dx/{m}x{k}x{n}"),
            flops,
            0.0,
            move || {
                let (g, w) = (Tensor::randn([m, n]), Tensor::randn([n, k]));
                Box::new(move || drop(g.mm(&w)))
            },
        ));
    }
}

pub(super) fn elementwise(list: &mut Vec<Case>) {
    const N: usize = 16_777_216;
    let pass = (4 * N) as f64;
    // Beside PyTorch's fresh result each time, and, as `_out`, beside its writing into one that exists:
    // Ondol's pool lends the same memory each time.
    for out in ["", "_out"] {
        list.push(case(format!("B/add{out}/{N}"), 0.0, 3.0 * pass, || {
            let (a, b) = (Tensor::randn(N), Tensor::randn(N));
            Box::new(move || drop(&a + &b))
        }));
        let functions: [(&str, Function); 3] = [
            ("relu", Tensor::relu),
            ("exp", Tensor::exp),
            ("tanh", Tensor::tanh),
        ];
        for (name, function) in functions {
            list.push(case(
                format!("B/{name}{out}/{N}"),
                0.0,
                2.0 * pass,
                move || {
                    let a = Tensor::randn(N);
                    Box::new(move || drop(function(&a)))
                },
            ));
        }
    }
    list.push(case("B/sum_all/16777216", 0.0, pass, || {
        let a = Tensor::randn(N);
        Box::new(move || drop(a.sum()))
    }));
}

/// What goes along rows or columns of a matrix.
pub(super) fn rows(list: &mut Vec<Case>) {
    const PASS: f64 = (4 * 4096 * 4096) as f64;
    let square = || Tensor::randn([4096, 4096]);
    list.push(case("B/add_row/4096x4096", 0.0, 2.0 * PASS, move || {
        let (a, row) = (square(), Tensor::randn(4096));
        Box::new(move || drop(&a + &row))
    }));
    list.push(case("B/sum_rows/4096x4096", 0.0, PASS, move || {
        let a = square();
        Box::new(move || drop(a.sum_dim(1, false)))
    }));
    list.push(case("B/sum_cols/4096x4096", 0.0, PASS, move || {
        let a = square();
        Box::new(move || drop(a.sum_dim(0, false)))
    }));
    list.push(case("B/softmax/4096x1024", 0.0, PASS / 2.0, || {
        let a = Tensor::randn([4096, 1024]);
        Box::new(move || drop(a.softmax(-1)))
    }));
    list.push(case("B/layer_norm/4096x1024", 0.0, PASS / 2.0, || {
        let (a, norm) = (Tensor::randn([4096, 1024]), nn::LayerNorm::new([1024]));
        Box::new(move || no_grad(|| drop(norm.forward(&a))))
    }));
    for [n, c] in [[4096usize, 1024], [64, 10]] {
        list.push(case(format!("B/lsm_nll_fb/{n}x{c}"), 0.0, 0.0, move || {
            let x = Tensor::randn([n, c]).requires_grad_(true);
            let y = Tensor::randint(0, c as i64, n);
            let criterion = nn::CrossEntropyLoss::new();
            Box::new(move || {
                x.zero_grad();
                criterion.forward(&x, &y).backward();
            })
        }));
    }
}
