//! Gradients against finite differences.

use ondol_tensor::{DType, Distribution, Error, Generator, Result};

use crate::{GradOptions, Tensor, grad, no_grad};

/// Tolerances of [`gradcheck`]; the defaults are PyTorch's.
#[derive(Clone, Copy, Debug)]
pub struct GradCheck {
    /// The step of the differences.
    pub eps: f64,
    /// Allowed absolute error.
    pub atol: f64,
    /// Allowed error relative to the numerical gradient.
    pub rtol: f64,
    /// Allowed difference between the gradients of two runs.
    pub nondet_tol: f64,
}

impl Default for GradCheck {
    fn default() -> Self {
        GradCheck {
            eps: 1e-6,
            atol: 1e-5,
            rtol: 1e-3,
            nondet_tol: 0.0,
        }
    }
}

/// A fixed direction to project an output on; no two elements weigh the same.
fn weights(shape: &ondol_tensor::Shape, salt: u64) -> Tensor {
    let uniform = Distribution::Uniform {
        low: 0.5,
        high: 1.5,
    };
    Tensor::random_with(uniform, shape, DType::F64, &Generator::new(salt))
}

/// Every output against its weights, summed: one number to differentiate.
fn project(outputs: &[Tensor]) -> f64 {
    let parts = outputs.iter().enumerate();
    parts
        .map(|(i, y)| y.detach().mul(weights(&y.shape(), i as u64)).sum().item())
        .sum()
}

impl GradCheck {
    /// Compares the gradients of `f` at `inputs` (all `f64`) with central differences,
    /// `torch.autograd.gradcheck`, and with those of a second run. Where PyTorch's
    /// `raise_exception=False` gives `False`, this gives an error to look at.
    ///
    /// # Errors
    /// The first element that differs, with both numbers.
    pub fn check(&self, f: impl Fn(&[Tensor]) -> Vec<Tensor>, inputs: &[Tensor]) -> Result<()> {
        const OP: &str = "gradcheck";
        if let Some(bad) = inputs.iter().find(|t| t.dtype() != DType::F64) {
            return Err(Error::DType {
                op: OP,
                got: bad.dtype().to_string(),
                expected: "f64 inputs".into(),
            });
        }
        let analytic = analytic(&f, inputs)?;
        self.check_same(&analytic, &self::analytic(&f, inputs)?)?;
        let floating = |outputs: Vec<Tensor>| -> Vec<Tensor> {
            outputs
                .into_iter()
                .filter(|t| t.dtype().is_floating_point())
                .collect()
        };
        for (k, input) in inputs.iter().enumerate() {
            let base = input.to_vec::<f64>();
            let got = &analytic[k];
            for i in 0..base.len() {
                let at = |value: f64| {
                    let mut moved = base.clone();
                    moved[i] = value;
                    let mut all: Vec<Tensor> = inputs.iter().map(Tensor::detach).collect();
                    all[k] = Tensor::from_vec(moved, input.shape());
                    no_grad(|| project(&floating(f(&all))))
                };
                let want = (at(base[i] + self.eps) - at(base[i] - self.eps)) / (2.0 * self.eps);
                // A NaN on either side must not pass.
                if (got[i] - want).abs() > self.atol + self.rtol * want.abs()
                    || got[i].is_nan() != want.is_nan()
                {
                    return Err(Error::value(
                        OP,
                        format!(
                            "input {k}, element {i}: the rule gives {}, differences give {want}",
                            got[i]
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Compares the gradients of the gradients with central differences,
    /// `torch.autograd.gradgradcheck`.
    ///
    /// # Errors
    /// The first element that differs, with both numbers.
    pub fn check_twice(
        &self,
        f: impl Fn(&[Tensor]) -> Vec<Tensor>,
        inputs: &[Tensor],
    ) -> Result<()> {
        let outputs = differentiable(&f, &leaves(inputs));
        let seeds = outputs
            .iter()
            .enumerate()
            .map(|(i, y)| weights(&y.shape(), 100 + i as u64));
        let all: Vec<Tensor> = inputs.iter().cloned().chain(seeds).collect();
        self.check(|tensors| slopes(&f, tensors, inputs.len()), &all)
    }

    fn check_same(&self, first: &[Vec<f64>], second: &[Vec<f64>]) -> Result<()> {
        for (k, (first, second)) in first.iter().zip(second).enumerate() {
            for (i, (a, b)) in first.iter().zip(second).enumerate() {
                if (a - b).abs() > self.nondet_tol || a.is_nan() != b.is_nan() {
                    return Err(Error::value(
                        "gradcheck",
                        format!(
                            "input {k}, element {i}: backward is not deterministic; the rule gives {a}, then {b}"
                        ),
                    ));
                }
            }
        }
        Ok(())
    }
}

fn leaves(inputs: &[Tensor]) -> Vec<Tensor> {
    let leaf = |t: &Tensor| t.detach().clone_data().requires_grad_(true);
    inputs.iter().map(leaf).collect()
}

fn differentiable(f: &impl Fn(&[Tensor]) -> Vec<Tensor>, inputs: &[Tensor]) -> Vec<Tensor> {
    f(inputs)
        .into_iter()
        .filter(Tensor::requires_grad)
        .collect()
}

/// What the rules give: the gradient of the weighed sum of all outputs by each input.
fn analytic(f: &impl Fn(&[Tensor]) -> Vec<Tensor>, inputs: &[Tensor]) -> Result<Vec<Vec<f64>>> {
    let leaves = leaves(inputs);
    let outputs = differentiable(f, &leaves);
    if outputs.is_empty() {
        return Err(Error::value("gradcheck", "no output requires a gradient"));
    }
    let seeds: Vec<Tensor> = outputs
        .iter()
        .enumerate()
        .map(|(i, y)| weights(&y.shape(), i as u64))
        .collect();
    let found = grad(
        &outputs.iter().collect::<Vec<_>>(),
        &leaves.iter().collect::<Vec<_>>(),
        Some(&seeds.iter().collect::<Vec<_>>()),
        GradOptions {
            materialize_grads: true,
            ..GradOptions::default()
        },
    );
    let numbers = found.into_iter().flatten().map(|g| g.to_vec::<f64>());
    Ok(numbers.collect())
}

/// The first derivatives of `f`, as a function of its inputs and of what the outputs are weighed
/// with.
fn slopes(f: &impl Fn(&[Tensor]) -> Vec<Tensor>, tensors: &[Tensor], inputs: usize) -> Vec<Tensor> {
    let (inputs, seeds) = tensors.split_at(inputs);
    // Differences call without a graph; gradients need one all the same.
    crate::enable_grad(|| {
        let tracked: Vec<Tensor> = inputs
            .iter()
            .map(|t| {
                if t.requires_grad() {
                    t.clone()
                } else {
                    t.clone_data().requires_grad_(true)
                }
            })
            .collect();
        let outputs = differentiable(f, &tracked);
        let options = GradOptions {
            create_graph: true,
            allow_unused: true,
            ..GradOptions::default()
        };
        let outputs: Vec<&Tensor> = outputs.iter().collect();
        let seeds: Vec<&Tensor> = seeds.iter().collect();
        let tracked: Vec<&Tensor> = tracked.iter().collect();
        let found = grad(&outputs, &tracked, Some(&seeds), options);
        found.into_iter().flatten().collect()
    })
}

/// Checks the gradient rules of `f` at `inputs` (all `f64`) against finite differences.
///
/// ```
/// use ondol_autograd::{DType, Tensor, gradcheck};
/// let x = Tensor::linspace_with(0.1, 2.0, 4, DType::F64);
/// gradcheck(|t| vec![t[0].log().mul(&t[0])], &[x])?;
/// # Ok::<(), ondol_autograd::Error>(())
/// ```
///
/// # Errors
/// The first element that differs.
pub fn gradcheck(f: impl Fn(&[Tensor]) -> Vec<Tensor>, inputs: &[Tensor]) -> Result<()> {
    GradCheck::default().check(f, inputs)
}

/// Checks the gradients of the gradients of `f` against finite differences,
/// `torch.autograd.gradgradcheck`.
///
/// # Errors
/// The first element that differs.
pub fn gradgradcheck(f: impl Fn(&[Tensor]) -> Vec<Tensor>, inputs: &[Tensor]) -> Result<()> {
    GradCheck::default().check_twice(f, inputs)
}
