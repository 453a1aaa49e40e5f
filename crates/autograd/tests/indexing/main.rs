//! Indexing, placing, ordering and rearranging, seen from outside.

mod arrange;
mod dims;
mod errors;
mod gradients;
mod index;
mod order;
mod placing;

use ondol_autograd::{DType, Tensor};

/// `0, 1, …` as `i64` and `f32` in `[2, 3, 4]`, and as `f32` in `[2, 3]`.
fn inputs() -> (Tensor, Tensor, Tensor) {
    let x = Tensor::arange(0, 24, 1).view((2, 3, 4));
    let m = Tensor::arange(0.0, 6.0, 1.0).view((2, 3));
    (x.clone(), x.float(), m)
}

/// What gives tensors, as a vector of them.
trait Parts {
    fn parts(self) -> Vec<Tensor>;
}
impl Parts for Vec<Tensor> {
    fn parts(self) -> Vec<Tensor> {
        self
    }
}
impl Parts for (Tensor, Tensor) {
    fn parts(self) -> Vec<Tensor> {
        vec![self.0, self.1]
    }
}
impl Parts for (Tensor, Tensor, Tensor) {
    fn parts(self) -> Vec<Tensor> {
        vec![self.0, self.1, self.2]
    }
}

fn list(parts: impl Parts) -> Vec<Tensor> {
    parts.parts()
}

/// A copy that was written to.
fn written(x: &Tensor, write: impl FnOnce(&Tensor)) -> Tensor {
    let y = x.clone_data();
    write(&y);
    y
}

#[track_caller]
fn ints(t: &Tensor, shape: &[usize], values: &[i64]) {
    assert_eq!(
        (t.dtype(), t.shape().to_vec()),
        (DType::I64, shape.to_vec())
    );
    assert_eq!(t.to_vec::<i64>(), values);
}

#[track_caller]
fn bools(t: &Tensor, shape: &[usize], values: &[bool]) {
    assert_eq!(
        (t.dtype(), t.shape().to_vec()),
        (DType::Bool, shape.to_vec())
    );
    assert_eq!(t.to_vec::<bool>(), values);
}

/// `f32` numbers must be PyTorch's to the last bit but one; `f64` ones likewise.
#[track_caller]
fn floats(t: &Tensor, shape: &[usize], values: &[f64]) {
    assert!(t.dtype().is_floating_point(), "{}", t.dtype());
    assert_eq!(t.shape().to_vec(), shape);
    let tolerance = if t.dtype() == DType::F64 { 1e-15 } else { 1e-6 };
    let got = t.double().to_vec::<f64>();
    assert_eq!(got.len(), values.len());
    for (i, (&a, &b)) in got.iter().zip(values).enumerate() {
        let same = a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= tolerance * b.abs();
        assert!(same, "element {i} of {got:?}: {b} expected");
    }
}
