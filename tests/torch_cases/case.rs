//! A folder of cases.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use ondol::{Array, DType, Tensor};
use safetensors::SafeTensors;
use serde::Deserialize;
use serde_json::{Map, Value};

/// `cases.json`.
#[derive(Deserialize)]
pub(super) struct Cases {
    pub(super) schema: u64,
    pub(super) torch: String,
    pub(super) tensors_file: String,
    pub(super) cases: Vec<Case>,
}

/// One call and what came of it.
#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) op: String,
    #[serde(default)]
    pub(super) args: Map<String, Value>,
    #[serde(default)]
    pub(super) inputs: Vec<Named>,
    #[serde(default)]
    pub(super) outputs: Vec<Named>,
    #[serde(default)]
    pub(super) cotangents: Vec<Named>,
    #[serde(default)]
    pub(super) grads: Vec<Named>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, Vec<f64>>,
    pub(super) tol: Tolerance,
}

/// A tensor's name in the call and its key in the tensors' file.
#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) key: String,
}

/// `|got − want| ≤ atol + rtol · |want|`.
#[derive(Clone, Copy, Deserialize)]
pub(super) struct Tolerance {
    pub(super) rtol: f64,
    pub(super) atol: f64,
}

/// The cases of a folder with their tensors.
pub(super) struct Folder {
    pub(super) cases: Cases,
    tensors: HashMap<String, Array>,
}

impl Folder {
    /// Reads a folder, whole.
    pub(super) fn read(folder: &Path) -> Folder {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let cases: Cases = serde_json::from_slice(&read("cases.json"))
            .unwrap_or_else(|e| panic!("{}/cases.json: {e}", folder.display()));
        assert_eq!(cases.schema, 1, "{}: schema", folder.display());
        let bytes = read(&cases.tensors_file);
        let file = SafeTensors::deserialize(&bytes)
            .unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let tensors = file.iter().map(|(key, view)| {
            let dtype = match view.dtype() {
                safetensors::Dtype::F64 => DType::F64,
                safetensors::Dtype::F32 => DType::F32,
                safetensors::Dtype::F16 => DType::F16,
                safetensors::Dtype::BF16 => DType::BF16,
                safetensors::Dtype::I64 => DType::I64,
                safetensors::Dtype::I32 => DType::I32,
                safetensors::Dtype::U8 => DType::U8,
                safetensors::Dtype::BOOL => DType::Bool,
                other => panic!("{key}: {other:?} is no dtype of Ondol"),
            };
            let array = Array::from_bytes(view.data(), view.shape(), dtype);
            (
                key.to_owned(),
                array.unwrap_or_else(|e| panic!("{key}: {e}")),
            )
        });
        let tensors = tensors.collect();
        Folder { cases, tensors }
    }

    /// A tensor of its own for each call.
    pub(super) fn tensor(&self, named: &Named) -> Tensor {
        match self.tensors.get(&named.key) {
            Some(array) => Tensor::from(array.copy().expect("a copy on the CPU")),
            None => panic!("{}: there is no such tensor", named.key),
        }
    }
}
