//! Reading the recorded cases.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ondol_tensor::{Array, DType};
use serde_json::Value as Json;

/// All cases and their tensors.
pub(crate) struct Cases {
    pub(crate) cases: Vec<Json>,
    tensors: HashMap<String, Array>,
}

impl Cases {
    pub(crate) fn read() -> Cases {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/torch_cases_optim");
        let text = std::fs::read_to_string(folder.join("cases.json")).unwrap();
        let json: Json = serde_json::from_str(&text).unwrap();
        Cases {
            cases: json["cases"].as_array().unwrap().clone(),
            tensors: tensors(folder.join("cases.safetensors")),
        }
    }

    pub(crate) fn of_kind(&self, kind: &str) -> Vec<&Json> {
        let of_kind = self.cases.iter().filter(|case| case["kind"] == kind);
        of_kind.collect()
    }

    pub(crate) fn tensor(&self, key: &Json) -> Array {
        self.tensors[key.as_str().unwrap()].clone()
    }
}

/// The tensors of a safetensors file.
fn tensors(path: PathBuf) -> HashMap<String, Array> {
    let bytes = std::fs::read(path).unwrap();
    let size = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: Json = serde_json::from_slice(&bytes[8..8 + size]).unwrap();
    let data = &bytes[8 + size..];
    let read = |(key, info): (&String, &Json)| {
        let number = |x: &Json| x.as_u64().unwrap() as usize;
        let shape: Vec<usize> = info["shape"]
            .as_array()
            .unwrap()
            .iter()
            .map(number)
            .collect();
        let range = number(&info["data_offsets"][0])..number(&info["data_offsets"][1]);
        let dtype = match info["dtype"].as_str().unwrap() {
            "F32" => DType::F32,
            "F64" => DType::F64,
            other => panic!("no dtype {other}"),
        };
        let values: Vec<f64> = match dtype {
            DType::F32 => numbers(&data[range], |b| f32::from_le_bytes(b).into()),
            _ => numbers(&data[range], f64::from_le_bytes),
        };
        let array = Array::from_vec(values, shape).unwrap();
        (key.clone(), array.cast(dtype).unwrap())
    };
    header.as_object().unwrap().iter().map(read).collect()
}

fn numbers<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    let chunks = bytes.chunks_exact(N);
    chunks
        .map(|chunk| read(chunk.try_into().unwrap()))
        .collect()
}

/// How far apart numbers may be.
#[derive(Clone, Copy)]
pub(crate) struct Tolerance {
    rtol: f64,
    atol: f64,
}

impl Tolerance {
    pub(crate) fn of(case: &Json) -> Tolerance {
        Tolerance {
            rtol: case["tol"]["rtol"].as_f64().unwrap(),
            atol: case["tol"]["atol"].as_f64().unwrap(),
        }
    }

    pub(crate) fn check(self, got: f64, want: f64, what: &str) {
        let near = (got - want).abs() <= self.atol + self.rtol * want.abs();
        assert!(
            near || got == want || (got.is_nan() && want.is_nan()),
            "{what}: {got} for {want}"
        );
    }

    pub(crate) fn check_arrays(self, got: &Array, want: &Array, what: &str) {
        assert_eq!(got.shape(), want.shape(), "{what}");
        assert_eq!(got.dtype(), want.dtype(), "{what}");
        let values = |a: &Array| a.cast(DType::F64).unwrap().to_vec::<f64>().unwrap();
        for (got, want) in values(got).into_iter().zip(values(want)) {
            self.check(got, want, what);
        }
    }
}
