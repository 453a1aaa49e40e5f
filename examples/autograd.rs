//! Teaches autograd: `backward`, gradients that add up, second derivatives, `no_grad`, a backward of one's own.
//!
//! `cargo run --example autograd`

use ondol::prelude::*;
use ondol::{Function, FunctionContext, FunctionGrads, GradOptions, grad, gradcheck};

/// −1 or 1, with a gradient that passes where the input lies between: networks of bits train so.
struct Sign;

impl Function for Sign {
    type Output = Tensor;

    fn forward(&self, ctx: &mut FunctionContext, inputs: &[Tensor]) -> Tensor {
        ctx.save_for_backward(&[&inputs[0]]);
        inputs[0].sign()
    }

    fn backward(&self, ctx: &FunctionContext, grads: &FunctionGrads) -> Vec<Option<Tensor>> {
        let between = ctx.saved_tensors()[0].abs().lt(1.0).float();
        vec![Some(&grads[0] * between)]
    }
}

fn main() -> ondol::Result<()> {
    // l = (3w)², so dl/dw = 18w.
    let w = tensor!(1.0).requires_grad_(true);
    let l = (&w * 3.0).pow(2.0);
    l.backward();
    let gradient = |w: &Tensor| w.grad().map(|g| g.item());
    println!("l = {}, dl/dw = {:?}", l.item(), gradient(&w));

    // Gradients add up until they are set back.
    (&w * 2.0).backward();
    println!("after another backward: {:?}", gradient(&w));
    w.zero_grad();
    println!("after zero_grad: {:?}", gradient(&w));

    // A gradient of a gradient: x³ has 3x² and 6x.
    let x = tensor!(2.0).requires_grad_(true);
    let recorded = GradOptions {
        create_graph: true,
        ..GradOptions::default()
    };
    let first = grad(&[&x.pow(3.0)], &[&x], None, recorded).remove(0);
    let first = first.expect("x is used");
    first.backward();
    println!("of x³ at 2: {} and {:?}", first.item(), gradient(&x));

    // Nothing is recorded inside of `no_grad`, and what was computed there has no gradient.
    let y = no_grad(|| &x * 2.0);
    println!("recorded in no_grad: {}", y.requires_grad());

    // A backward of one's own.
    let bits = tensor!([-2.0, -0.5, 0.5, 2.0]).requires_grad_(true);
    Sign.apply(&[&bits]).sum().backward();
    println!("through Sign: {}", bits.grad().expect("a gradient"));

    // Every rule can be checked against finite differences, in f64.
    let at = Tensor::randn([4]).double().requires_grad_(true);
    gradcheck(|t| vec![t[0].sin().mul(&t[0]).sum()], &[at])?;
    println!("gradcheck: the rules of sin, mul and sum hold");
    Ok(())
}
