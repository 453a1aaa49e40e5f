//! Reads `tests/fixtures/torch_cases_seq`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use ondol_nn::{StateDict, Tensor};
use serde_json::Value;

/// A recorded case.
pub(crate) struct Case {
    json: Value,
    tensors: HashMap<String, Tensor>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/torch_cases_seq")
}

/// All tensors of a `.safetensors` file.
fn tensors() -> HashMap<String, Tensor> {
    let bytes = std::fs::read(folder().join("cases.safetensors")).expect("the tensors are there");
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + length]).expect("a JSON header");
    let data = &bytes[8 + length..];
    let numbers = |value: &Value| -> Vec<usize> {
        let list = value.as_array().unwrap().iter();
        list.map(|n| n.as_u64().unwrap() as usize).collect()
    };
    let entries = header.as_object().unwrap().iter();
    let tensor = |(key, entry): (&String, &Value)| {
        let (shape, range) = (numbers(&entry["shape"]), numbers(&entry["data_offsets"]));
        let bytes = &data[range[0]..range[1]];
        let tensor = match entry["dtype"].as_str().unwrap() {
            "F32" => {
                let words = bytes
                    .chunks_exact(4)
                    .map(|b| f32::from_le_bytes(b.try_into().unwrap()));
                Tensor::from_vec(words.collect(), shape)
            }
            "I64" => {
                let words = bytes
                    .chunks_exact(8)
                    .map(|b| i64::from_le_bytes(b.try_into().unwrap()));
                Tensor::from_vec(words.collect(), shape)
            }
            "BOOL" => Tensor::from_vec(bytes.iter().map(|b| *b != 0).collect(), shape),
            other => panic!("{key}: a dtype {other}"),
        };
        (key.clone(), tensor)
    };
    entries.map(tensor).collect()
}

/// Fresh copies of all cases.
pub(crate) fn cases() -> Vec<Case> {
    static READ: OnceLock<(Value, HashMap<String, Tensor>)> = OnceLock::new();
    let (json, tensors) = READ.get_or_init(|| {
        let text =
            std::fs::read_to_string(folder().join("cases.json")).expect("the cases are there");
        (serde_json::from_str(&text).expect("JSON"), tensors())
    });
    let cases = json["cases"].as_array().unwrap().iter();
    cases
        .map(|json| {
            let prefix = format!("{}/", json["id"].as_str().unwrap());
            let own = tensors.iter().filter_map(|(key, tensor)| {
                let name = key.strip_prefix(&prefix)?;
                Some((name.to_owned(), Tensor::from(tensor.value())))
            });
            Case {
                json: json.clone(),
                tensors: own.collect(),
            }
        })
        .collect()
}

/// The case of this name.
pub(crate) fn case(id: &str) -> Case {
    let found = cases().into_iter().find(|case| case.id() == id);
    found.unwrap_or_else(|| panic!("no case {id}"))
}

impl Case {
    pub(crate) fn id(&self) -> &str {
        self.text("id")
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.json[field]
            .as_str()
            .unwrap_or_else(|| panic!("no {field}"))
    }

    pub(crate) fn tolerance(&self) -> (f64, f64) {
        let number = |name: &str| self.json["tol"][name].as_f64().unwrap();
        (number("rtol"), number("atol"))
    }

    /// An argument, or a further argument of the call.
    pub(crate) fn arg(&self, name: &str) -> &Value {
        let call = &self.json["call"][name];
        if call.is_null() {
            &self.json["args"][name]
        } else {
            call
        }
    }

    pub(crate) fn has_arg(&self, name: &str) -> bool {
        self.json["args"].get(name).is_some()
    }

    pub(crate) fn size(&self, name: &str) -> Option<usize> {
        self.arg(name).as_u64().map(|n| n as usize)
    }

    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.arg(name).as_bool().unwrap_or(default)
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.arg(name).as_f64()
    }

    /// The lengths of a packed batch.
    pub(crate) fn lengths(&self) -> Option<(Vec<usize>, bool)> {
        let lengths = self.json["lengths"].as_array()?.iter();
        let lengths = lengths.map(|n| n.as_u64().unwrap() as usize).collect();
        Some((lengths, self.json["enforce_sorted"].as_bool().unwrap()))
    }

    /// The names of one list: `inputs`, `outputs`, `grads`, `cotangents`, `state`.
    pub(crate) fn names(&self, list: &str) -> Vec<&str> {
        let entries = self.json[list]
            .as_array()
            .map_or(&[][..], |l| &l[..])
            .iter();
        entries.map(|e| e["name"].as_str().unwrap()).collect()
    }

    /// A tensor: `in.query`.
    pub(crate) fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    pub(crate) fn input(&self, name: &str) -> &Tensor {
        self.get(&format!("in.{name}"))
            .unwrap_or_else(|| panic!("{}: no input {name}", self.id()))
    }

    pub(crate) fn optional(&self, name: &str) -> Option<&Tensor> {
        self.get(&format!("in.{name}"))
    }

    /// The recorded state dict, in order.
    pub(crate) fn state(&self) -> StateDict {
        let names = self.names("state").into_iter();
        names
            .map(|n| (n.to_owned(), self.tensors[&format!("state.{n}")].value()))
            .collect()
    }
}
