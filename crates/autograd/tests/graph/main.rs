//! What can be done with a graph: hooks, functions, checkpoints, derivatives, pictures.

mod anomaly;
mod backward;
mod checkpoint;
mod checks;
mod derivative;
mod dot;
mod function;
mod hooks;
mod modes;
mod nodes;
mod report;

use std::sync::{Arc, Mutex};

use ondol_autograd::{Error, Tensor, catch, tensor};

/// The numbers of an `f32` tensor.
pub(crate) fn floats(t: &Tensor) -> Vec<f32> {
    t.to_vec()
}

/// The gradient of an `f32` tensor.
pub(crate) fn slope(t: &Tensor) -> Vec<f32> {
    floats(&t.grad().expect("there is a gradient"))
}

pub(crate) fn leaf() -> Tensor {
    tensor!([1.0, 2.0]).requires_grad_(true)
}

/// The first line of an error.
pub(crate) fn says<T>(f: impl FnOnce() -> T) -> String {
    let text = match catch(f) {
        Ok(_) => panic!("no error"),
        Err(error) => error.to_string(),
    };
    text.lines().next().unwrap_or_default().to_owned()
}

pub(crate) fn root<T>(f: impl FnOnce() -> T) -> Error {
    match catch(f) {
        Ok(_) => panic!("no error"),
        Err(error) => error.root().clone(),
    }
}

/// What hooks write down.
#[derive(Clone, Default)]
pub(crate) struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    pub(crate) fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}
