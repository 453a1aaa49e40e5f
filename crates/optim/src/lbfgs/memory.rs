//! What is remembered from iteration to iteration.

use std::collections::VecDeque;

use ondol_tensor::{Array, Binary, Dict, Result, Unary, Value};

use super::dot;
use crate::math::add_scaled_;
use crate::options::number;
use crate::state::{State, broken};

/// A change of the gradient, `y`, and of the parameters, `s`, with `1 / yᵀs`.
struct Change {
    y: Array,
    s: Array,
    inverse: f64,
}

/// The state; PyTorch keeps it with the first parameter.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) func_evals: i64,
    pub(super) n_iter: i64,
    pub(super) t: f64,
    changes: VecDeque<Change>,
    /// The first guess of the inverse Hessian's diagonal.
    diagonal: f64,
    d: Option<Array>,
    gradient: Option<Array>,
    loss: f64,
}

impl Memory {
    /// Whether what was loaded belongs to so many elements.
    pub(super) fn check(&self, numel: usize) -> Result<()> {
        let changes = self.changes.iter().flat_map(|c| [&c.y, &c.s]);
        let mut arrays = changes.chain(&self.d).chain(&self.gradient);
        match arrays.find(|a| a.numel() != numel) {
            Some(other) => Err(broken(format!(
                "the state is of {} elements, the parameters have {numel}",
                other.numel()
            ))),
            None => Ok(()),
        }
    }

    /// The direction to go along from where the gradient is `g`.
    pub(super) fn direction(&mut self, g: &Array, history_size: usize) -> Result<Array> {
        let mut d = g.unary(Unary::Neg)?;
        let (Some(before), Some(last)) = (&self.gradient, &self.d) else {
            self.changes.clear();
            self.diagonal = 1.0;
            return Ok(d);
        };
        let y = g.binary(Binary::Sub, before)?;
        let s = last.binary_scalar(Binary::Mul, self.t)?;
        let along = dot(&y, &s)?;
        if along > 1e-10 {
            if self.changes.len() == history_size {
                self.changes.pop_front();
            }
            self.diagonal = along / dot(&y, &y)?;
            let inverse = 1.0 / along;
            self.changes.push_back(Change { y, s, inverse });
        }
        // The two-loop recursion.
        let mut weights = Vec::with_capacity(self.changes.len());
        for change in self.changes.iter().rev() {
            let weight = dot(&change.s, &d)? * change.inverse;
            add_scaled_(&mut d, -weight, &change.y)?;
            weights.push(weight);
        }
        d.binary_scalar_(Binary::Mul, self.diagonal)?;
        for (change, weight) in self.changes.iter().zip(weights.into_iter().rev()) {
            let back = dot(&change.y, &d)? * change.inverse;
            add_scaled_(&mut d, weight - back, &change.s)?;
        }
        Ok(d)
    }

    /// Keeps where an iteration began.
    pub(super) fn remember(&mut self, d: &Array, t: f64, g: &Array, loss: f64) {
        self.d = Some(d.clone());
        self.t = t;
        self.gradient = Some(g.clone());
        self.loss = loss;
    }
}

impl State for Memory {
    fn save(&self) -> Dict {
        let mut dict = Dict::new();
        dict.insert("func_evals", self.func_evals);
        dict.insert("n_iter", self.n_iter);
        let (Some(d), Some(gradient)) = (&self.d, &self.gradient) else {
            return dict;
        };
        // PyTorch keeps the products as tensors without dimensions.
        let scalar = |x: f64| match Array::scalar(x).cast(d.dtype()) {
            Ok(scalar) => Value::from(scalar),
            Err(_) => Value::from(x),
        };
        let list = |f: &dyn Fn(&Change) -> Value| Value::List(self.changes.iter().map(f).collect());
        dict.insert("d", d.clone());
        dict.insert("t", self.t);
        dict.insert("old_dirs", list(&|c| c.y.clone().into()));
        dict.insert("old_stps", list(&|c| c.s.clone().into()));
        dict.insert("ro", list(&|c| scalar(c.inverse)));
        dict.insert("H_diag", scalar(self.diagonal));
        dict.insert("prev_flat_grad", gradient.clone());
        dict.insert("prev_loss", self.loss);
        dict
    }

    fn load(saved: &Value, param: &Array) -> Result<Option<Self>> {
        let dict = saved.as_dict()?;
        if dict.is_empty() {
            return Ok(None);
        }
        let mut memory = Memory {
            func_evals: saved.get("func_evals")?.as_int()?,
            n_iter: saved.get("n_iter")?.as_int()?,
            ..Memory::default()
        };
        let vector = |value: &Value| {
            let array = value.as_tensor()?.cast(param.dtype())?;
            let array = array.to_device(param.device())?;
            array.reshape([array.numel()])?.contiguous()
        };
        if matches!(dict.get("d"), None | Some(Value::None)) {
            return Ok(Some(memory));
        }
        memory.d = Some(vector(saved.get("d")?)?);
        memory.t = number(saved.get("t")?)?;
        memory.gradient = Some(vector(saved.get("prev_flat_grad")?)?);
        memory.loss = number(saved.get("prev_loss")?)?;
        memory.diagonal = number(saved.get("H_diag")?)?;
        let lists = ["old_dirs", "old_stps", "ro"].map(|name| saved.get(name)?.as_list());
        let [ys, ss, inverses] = lists;
        let (ys, ss, inverses) = (ys?, ss?, inverses?);
        if ys.len() != ss.len() || ys.len() != inverses.len() {
            return Err(broken("old_dirs, old_stps and ro are of different lengths"));
        }
        for ((y, s), inverse) in ys.iter().zip(ss).zip(inverses) {
            let (y, s, inverse) = (vector(y)?, vector(s)?, number(inverse)?);
            memory.changes.push_back(Change { y, s, inverse });
        }
        Ok(Some(memory))
    }
}
