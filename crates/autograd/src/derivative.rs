//! Jacobians, Hessians, and their products with vectors, of functions.

use ondol_tensor::{Error, Result, Shape};

use crate::checkpoint::alias;
use crate::place::{Scope, ok};
use crate::{GradOptions, Tensor, Tensors, enable_grad, grad};

/// How [`jacobian`] and its relatives differentiate; the defaults are PyTorch's.
///
/// ```
/// use ondol_autograd::{Derivative, tensor};
/// let x = tensor!(2.0).requires_grad_(true);
/// let recorded = Derivative { create_graph: true, ..Default::default() };
/// let slope = recorded.jacobian(|x| x[0].pow(3), &[&x])[0].remove(0);
/// slope.backward();
/// assert_eq!((slope.item(), x.grad().unwrap().item()), (12.0, 12.0));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Derivative {
    /// Records the derivatives, so that they can be differentiated by the inputs again.
    pub create_graph: bool,
    /// Refuses an output that does not depend on an input, instead of giving zeros.
    pub strict: bool,
}

/// The derivatives of all elements of all outputs by all elements of all inputs,
/// `torch.autograd.functional.jacobian`: `[output][input]`, each of the output's shape followed by
/// the input's.
///
/// ```
/// use ondol_autograd::{jacobian, tensor};
/// let x = tensor!([1.0, 2.0]);
/// let j = jacobian(|x| x[0].square(), &[&x])[0].remove(0);
/// assert_eq!(j.to_vec::<f32>(), [2.0, 0.0, 0.0, 4.0]);
/// ```
#[track_caller]
pub fn jacobian<R: Tensors>(f: impl Fn(&[Tensor]) -> R, inputs: &[&Tensor]) -> Vec<Vec<Tensor>> {
    Derivative::default().jacobian(f, inputs)
}

/// The second derivatives of a function that gives one element,
/// `torch.autograd.functional.hessian`: `[input][input]`, each of the first input's shape followed
/// by the second's.
///
/// ```
/// use ondol_autograd::{hessian, tensor};
/// let x = tensor!([1.0, 2.0]);
/// let h = hessian(|x| x[0].pow(3).sum(), &[&x])[0].remove(0);
/// assert_eq!(h.to_vec::<f32>(), [6.0, 0.0, 0.0, 12.0]);
/// ```
///
/// # Panics
/// Where the function gives more than one element.
#[track_caller]
pub fn hessian(f: impl Fn(&[Tensor]) -> Tensor, inputs: &[&Tensor]) -> Vec<Vec<Tensor>> {
    Derivative::default().hessian(f, inputs)
}

/// The function's value, and the product of a vector with its Jacobian,
/// `torch.autograd.functional.vjp`: one tensor for each input. `v` has the outputs' shapes; it may
/// be left out where the output is one element.
///
/// ```
/// use ondol_autograd::{tensor, vjp};
/// let (y, product) = vjp(|x| x[0].square(), &[&tensor!([1.0, 2.0])], Some(&[&tensor!([1.0, 10.0])]));
/// assert_eq!(y.to_vec::<f32>(), [1.0, 4.0]);
/// assert_eq!(product[0].to_vec::<f32>(), [2.0, 40.0]);
/// ```
#[track_caller]
pub fn vjp<R: Tensors>(
    f: impl Fn(&[Tensor]) -> R,
    inputs: &[&Tensor],
    v: Option<&[&Tensor]>,
) -> (R, Vec<Tensor>) {
    Derivative::default().vjp(f, inputs, v)
}

/// The function's value, and the product of its Jacobian with a vector,
/// `torch.autograd.functional.jvp`: one tensor for each output. `v` has the inputs' shapes; it may
/// be left out where the input is one element. Computed by two backwards, as PyTorch does.
///
/// ```
/// use ondol_autograd::{jvp, tensor};
/// let (_, product) = jvp(|x| x[0].square().sum(), &[&tensor!([1.0, 2.0])], Some(&[&tensor!([1.0, 10.0])]));
/// assert_eq!(product[0].item(), 42.0);
/// ```
#[track_caller]
pub fn jvp<R: Tensors>(
    f: impl Fn(&[Tensor]) -> R,
    inputs: &[&Tensor],
    v: Option<&[&Tensor]>,
) -> (R, Vec<Tensor>) {
    Derivative::default().jvp(f, inputs, v)
}

/// The value of a function that gives one element, and the product of a vector with its Hessian,
/// `torch.autograd.functional.vhp`: one tensor for each input.
#[track_caller]
pub fn vhp(
    f: impl Fn(&[Tensor]) -> Tensor,
    inputs: &[&Tensor],
    v: Option<&[&Tensor]>,
) -> (Tensor, Vec<Tensor>) {
    Derivative::default().vhp(f, inputs, v)
}

/// The value of a function that gives one element, and the product of its Hessian with a vector,
/// `torch.autograd.functional.hvp`: one tensor for each input. [`vhp`] gives the same numbers, as a
/// Hessian is symmetric, with one backward less.
///
/// ```
/// use ondol_autograd::{hvp, tensor};
/// let (_, product) = hvp(|x| x[0].pow(3).sum(), &[&tensor!([1.0, 2.0])], Some(&[&tensor!([1.0, 10.0])]));
/// assert_eq!(product[0].to_vec::<f32>(), [6.0, 120.0]);
/// ```
#[track_caller]
pub fn hvp(
    f: impl Fn(&[Tensor]) -> Tensor,
    inputs: &[&Tensor],
    v: Option<&[&Tensor]>,
) -> (Tensor, Vec<Tensor>) {
    Derivative::default().hvp(f, inputs, v)
}

impl Derivative {
    /// [`jacobian`] with these choices.
    #[track_caller]
    pub fn jacobian<R: Tensors>(
        &self,
        f: impl Fn(&[Tensor]) -> R,
        inputs: &[&Tensor],
    ) -> Vec<Vec<Tensor>> {
        let _here = Scope::here();
        let inputs = self.inputs(inputs);
        let outputs = enable_grad(|| f(&inputs)).into_vec();
        ok(self.check_outputs("jacobian", &outputs));
        let rows = |(i, y)| ok(self.rows("jacobian", i, y, &inputs));
        outputs.iter().enumerate().map(rows).collect()
    }

    /// [`hessian`] with these choices.
    #[track_caller]
    pub fn hessian(&self, f: impl Fn(&[Tensor]) -> Tensor, inputs: &[&Tensor]) -> Vec<Vec<Tensor>> {
        let _here = Scope::here();
        let inputs = self.inputs(inputs);
        let (_, slopes) = ok(self.slopes("hessian", f, &inputs));
        let rows = |(i, slope)| ok(self.rows("hessian", i, slope, &inputs));
        slopes.iter().enumerate().map(rows).collect()
    }

    /// [`vjp`] with these choices.
    #[track_caller]
    pub fn vjp<R: Tensors>(
        &self,
        f: impl Fn(&[Tensor]) -> R,
        inputs: &[&Tensor],
        v: Option<&[&Tensor]>,
    ) -> (R, Vec<Tensor>) {
        const OP: &str = "vjp";
        let _here = Scope::here();
        let inputs = self.inputs(inputs);
        let outputs = enable_grad(|| f(&inputs)).into_vec();
        ok(self.check_outputs(OP, &outputs));
        let v = ok(vector(OP, v, &outputs));
        let found = by(&outputs, &inputs, &v, self.create_graph);
        let product = ok(self.filled(OP, found, &inputs, "output"));
        (self.results(outputs), product)
    }

    /// [`jvp`] with these choices.
    #[track_caller]
    pub fn jvp<R: Tensors>(
        &self,
        f: impl Fn(&[Tensor]) -> R,
        inputs: &[&Tensor],
        v: Option<&[&Tensor]>,
    ) -> (R, Vec<Tensor>) {
        const OP: &str = "jvp";
        let _here = Scope::here();
        let inputs = self.inputs(inputs);
        let v = ok(vector(OP, v, &inputs));
        let outputs = enable_grad(|| f(&inputs)).into_vec();
        ok(self.check_outputs(OP, &outputs));
        // vᵀ·J as a function of v is linear, and its own derivative is J·v.
        let seeds: Vec<Tensor> = outputs.iter().map(leaf_of_zeros).collect();
        let found = by(&outputs, &inputs, &seeds, true);
        let (found, v): (Vec<Tensor>, Vec<Tensor>) = found
            .into_iter()
            .zip(v)
            .filter_map(|(g, v)| Some((g?, v)))
            .unzip();
        let found = by(&found, &seeds, &v, self.create_graph);
        let product = ok(self.filled(OP, found, &outputs, "input"));
        (self.results(outputs), product)
    }

    /// [`vhp`] with these choices.
    #[track_caller]
    pub fn vhp(
        &self,
        f: impl Fn(&[Tensor]) -> Tensor,
        inputs: &[&Tensor],
        v: Option<&[&Tensor]>,
    ) -> (Tensor, Vec<Tensor>) {
        const OP: &str = "vhp";
        let _here = Scope::here();
        let inputs = self.inputs(inputs);
        let v = ok(vector(OP, v, &inputs));
        let (output, slopes) = ok(self.slopes(OP, f, &inputs));
        let found = by(&slopes, &inputs, &v, self.create_graph);
        let product = ok(self.filled(OP, found, &inputs, "slope"));
        (self.results(vec![output]), product)
    }

    /// [`hvp`] with these choices.
    #[track_caller]
    pub fn hvp(
        &self,
        f: impl Fn(&[Tensor]) -> Tensor,
        inputs: &[&Tensor],
        v: Option<&[&Tensor]>,
    ) -> (Tensor, Vec<Tensor>) {
        const OP: &str = "hvp";
        let _here = Scope::here();
        let inputs = self.inputs(inputs);
        let v = ok(vector(OP, v, &inputs));
        let (output, slopes) = ok(self.slopes(OP, f, &inputs));
        let seeds: Vec<Tensor> = inputs.iter().map(leaf_of_zeros).collect();
        let found = by(&slopes, &inputs, &seeds, true);
        let (found, v): (Vec<Tensor>, Vec<Tensor>) = found
            .into_iter()
            .zip(v)
            .filter_map(|(g, v)| Some((g?, v)))
            .unzip();
        let found = by(&found, &seeds, &v, self.create_graph);
        let product = ok(self.filled(OP, found, &inputs, "slope"));
        (self.results(vec![output]), product)
    }

    /// What the function gets: tensors of its own, which lead back to the caller's where the
    /// derivatives are to be differentiated again.
    #[track_caller]
    fn inputs(&self, inputs: &[&Tensor]) -> Vec<Tensor> {
        let own = |x: &Tensor| {
            if self.create_graph && x.requires_grad() {
                enable_grad(|| alias(x))
            } else {
                Tensor::from(x.value()).requires_grad_(true)
            }
        };
        inputs.iter().map(|&x| own(x)).collect()
    }

    fn results<R: Tensors>(&self, outputs: Vec<Tensor>) -> R {
        if self.create_graph {
            return R::from_vec(outputs);
        }
        R::from_vec(outputs.iter().map(|y| Tensor::from(y.value())).collect())
    }

    fn check_outputs(&self, op: &'static str, outputs: &[Tensor]) -> Result<()> {
        match outputs.iter().position(|y| !y.requires_grad()) {
            Some(i) if self.strict => Err(Error::Autograd {
                op,
                message: format!(
                    "output {i} of the function does not require gradients; \
                     strict mode wants outputs that are computed from the inputs"
                ),
            }),
            _ => Ok(()),
        }
    }

    /// The derivative of the one element that `f` gives, by each input; itself recorded.
    fn slopes(
        &self,
        op: &'static str,
        f: impl Fn(&[Tensor]) -> Tensor,
        inputs: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let output = enable_grad(|| f(inputs));
        if output.numel() != 1 {
            return Err(Error::Input {
                op,
                shape: output.shape().to_vec(),
                rule: "the function must give a tensor with a single element".into(),
            });
        }
        let outputs = [output];
        self.check_outputs(op, &outputs)?;
        let ones = [outputs[0].ones_like()];
        let slopes = self.filled(op, by(&outputs, inputs, &ones, true), inputs, "output")?;
        let [output] = outputs;
        Ok((output, slopes))
    }

    /// The derivative of each element of `y` by each input, stacked to `y`'s shape and the input's.
    fn rows(
        &self,
        op: &'static str,
        output: usize,
        y: &Tensor,
        inputs: &[Tensor],
    ) -> Result<Vec<Tensor>> {
        let (n, shape) = (y.numel(), y.shape());
        let mut rows: Vec<Vec<Tensor>> = inputs.iter().map(|_| Vec::with_capacity(n)).collect();
        let outputs = [y.clone()];
        for element in 0..n {
            let seed = Tensor::zeros_with(n, (y.dtype(), &y.device()));
            seed.set(element as i64, 1.0);
            let found = by(&outputs, inputs, &[seed.reshape(&shape)], self.create_graph);
            for (i, (found, rows)) in found.into_iter().zip(&mut rows).enumerate() {
                rows.push(match found {
                    Some(row) => row,
                    None if self.strict => return Err(independent(op, output, i)),
                    None => inputs[i].zeros_like(),
                });
            }
        }
        let stacked = inputs.iter().zip(rows).map(|(x, rows)| {
            let sizes: Vec<usize> = shape.iter().chain(x.shape().iter()).copied().collect();
            if rows.is_empty() {
                Tensor::zeros_with(sizes, (x.dtype(), &x.device()))
            } else {
                Tensor::stack(&rows, 0).reshape(sizes)
            }
        });
        Ok(stacked.collect())
    }

    /// Zeros in the place of what does not depend.
    fn filled(
        &self,
        op: &'static str,
        found: Vec<Option<Tensor>>,
        like: &[Tensor],
        what: &str,
    ) -> Result<Vec<Tensor>> {
        let each = found.into_iter().zip(like).enumerate();
        each.map(|(i, (found, like))| match found {
            Some(found) => Ok(found),
            None if self.strict => Err(Error::Autograd {
                op,
                message: format!(
                    "the {what} of the function is independent of number {i}; \
                     this is not allowed in strict mode"
                ),
            }),
            None => Ok(like.detach().zeros_like()),
        })
        .collect()
    }
}

fn independent(op: &'static str, output: usize, input: usize) -> Error {
    Error::Autograd {
        op,
        message: format!(
            "output {output} of the function is independent of input {input}; \
             this is not allowed in strict mode"
        ),
    }
}

fn leaf_of_zeros(like: &Tensor) -> Tensor {
    like.detach().zeros_like().requires_grad_(true)
}

/// The gradients of what depends on anything; the graph stays for the next call.
fn by(
    outputs: &[Tensor],
    inputs: &[Tensor],
    seeds: &[Tensor],
    create_graph: bool,
) -> Vec<Option<Tensor>> {
    let pairs = outputs.iter().zip(seeds);
    let (outputs, seeds): (Vec<&Tensor>, Vec<&Tensor>) =
        pairs.filter(|(y, _)| y.requires_grad()).unzip();
    if outputs.is_empty() {
        return vec![None; inputs.len()];
    }
    let options = GradOptions {
        create_graph,
        retain_graph: true,
        allow_unused: true,
        materialize_grads: false,
    };
    let inputs: Vec<&Tensor> = inputs.iter().collect();
    grad(&outputs, &inputs, Some(&seeds), options)
}

/// The vector of a product, checked against what it goes with.
fn vector(op: &'static str, v: Option<&[&Tensor]>, like: &[Tensor]) -> Result<Vec<Tensor>> {
    let Some(v) = v else {
        return match like {
            [one] if one.numel() == 1 => Ok(vec![one.detach().ones_like()]),
            _ => Err(Error::value(
                op,
                "the vector v can only be left out where it would have a single element",
            )),
        };
    };
    if v.len() != like.len() {
        return Err(Error::value(
            op,
            format!(
                "v has {} tensors, but there must be {}",
                v.len(),
                like.len()
            ),
        ));
    }
    let misfit = |v: &Shape, like: &Shape| Error::Shape {
        op,
        lhs: v.to_vec(),
        rhs: like.to_vec(),
        rule: "v has the shape of what it is multiplied with".into(),
    };
    match v
        .iter()
        .zip(like)
        .find(|(v, like)| v.shape() != like.shape())
    {
        Some((v, like)) => Err(misfit(&v.shape(), &like.shape())),
        None => Ok(v.iter().map(|&v| v.clone()).collect()),
    }
}
