//! Activations.

use ondol::nn::functional as f;
use ondol::nn::functional::Gelu;
use ondol_autograd::Tensor;

use super::CONSTANT;
use crate::line::{Line, any, between, line};

macro_rules! activations {
    ($($name:ident($($arg:expr),*) $(as $case:literal)?;)*) => {
        vec![$(line(stringify!($name), [any([3, 4])], |t| f::$name(&t[0] $(, $arg)*))$(.case($case))?.elementwise()),*]
    };
}

pub(super) fn lines() -> Vec<Line> {
    let smooth = activations! {
        elu(1.5);
        celu(0.7);
        selu();
        gelu(Gelu::Exact) as "exact";
        gelu(Gelu::Tanh) as "tanh";
        silu();
        mish();
        softplus(2.0, 20.0) as "soft";
        softplus(1.0, 0.5) as "in two pieces";
        softsign();
        tanhshrink();
        logsigmoid();
        hardswish();
    };
    let straight = activations! {
        relu6();
        hardtanh(-0.55, 0.55);
        hardsigmoid();
        leaky_relu(0.2);
        threshold(0.55, -7.0);
        hardshrink(0.55);
        softshrink(0.55);
        rrelu(0.1, 0.3, false) as "evaluation";
    };
    let mut lines = smooth;
    lines.extend(straight.into_iter().map(|l| l.first_only(CONSTANT)));
    lines.push(
        line("rrelu", [between(0.5, 2.0, [3, 4])], |t| {
            seeded(|| f::rrelu(&t[0], 0.1, 0.3, true))
        })
        .case("training, above 0")
        .elementwise()
        .first_only(CONSTANT),
    );
    macro_rules! writes {
        ($($name:ident($($arg:expr),*);)*) => {$(
            // On the result of an operation: a leaf refuses it.
            lines.push(
                line(stringify!($name), [any([3, 4])], |t| f::$name(&t[0].mul(1.5) $(, $arg)*))
                    .elementwise()
                    .first_only("as the function that does not write"),
            );
        )*};
    }
    writes! {
        elu_(1.5);
        celu_(0.7);
        selu_();
        hardtanh_(-0.77, 0.77);
        leaky_relu_(0.2);
        rrelu_(0.1, 0.3, false);
        threshold_(0.77, -7.0);
    }
    lines.push(
        line("prelu", [any([2, 3, 4]), any([3])], |t| {
            f::prelu(&t[0], &t[1])
        })
        .empty([&[0, 3, 4], &[3]], &[0, 3, 4])
        .scalar([&[], &[]], &[]),
    );
    lines.push(
        line("glu", [any([2, 4, 3])], |t| f::glu(&t[0], 1))
            .empty([&[0, 4, 3]], &[0, 2, 3])
            .scalar_fails(),
    );
    lines.push(
        line("softmin", [any([2, 4])], |t| f::softmin(&t[0], 1))
            .case("a function")
            .empty([&[0, 4]], &[0, 4])
            .scalar_fails(),
    );
    lines.push(
        line("gumbel_softmax", [any([2, 3])], |t| {
            seeded(|| f::gumbel_softmax(&t[0], 0.8, false, -1))
        })
        .double_only("each precision draws noise of its own")
        .empty([&[0, 3]], &[0, 3])
        .scalar([&[]], &[]),
    );
    lines
}

/// With the same noise each time, whatever is drawn beside it.
fn seeded(f: impl FnOnce() -> Tensor) -> Tensor {
    let _own = ondol::fork_rng_guard();
    ondol::manual_seed(3);
    f()
}
