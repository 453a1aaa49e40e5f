//! A loaded value against what was recorded beside its file.

use std::collections::HashMap;

use ondol::tensor::{Array, DType, Key, Value};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

const NARROW: [&str; 5] = ["i8", "i16", "u16", "u32", "u64"];

pub(crate) fn tensors(sidecar: &Json) -> impl Iterator<Item = &Json> {
    sidecar["tensors"].as_array().into_iter().flatten()
}

/// Whether it has integers that Ondol can only hold as i64.
pub(crate) fn is_narrow(tensor: &Json) -> bool {
    tensor["dtype"]
        .as_str()
        .is_some_and(|dtype| NARROW.contains(&dtype))
}

/// The last step to it, as a message would name it.
pub(crate) fn last_key(tensor: &Json) -> String {
    match tensor["path"].as_array().and_then(|path| path.last()) {
        Some(Json::String(key)) => key.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// All that is not as recorded.
pub(crate) fn differences(value: &Value, sidecar: &Json) -> Vec<String> {
    let mut broken = Vec::new();
    let mut storages: HashMap<u64, (Array, String)> = HashMap::new();
    for record in tensors(sidecar) {
        let at = record["path"].to_string();
        let array = match find(value, &record["path"]) {
            Some(Value::Tensor(array)) => array,
            Some(other) => {
                broken.push(format!("{at}: a {} and no tensor", other.kind()));
                continue;
            }
            None => {
                broken.push(format!("{at}: not there"));
                continue;
            }
        };
        broken.extend(
            tensor(array, record)
                .into_iter()
                .map(|b| format!("{at}: {b}")),
        );
        // Equal numbers are one storage, others are not.
        let Some(number) = record["storage"].as_u64() else {
            continue;
        };
        if array.numel() == 0 {
            continue;
        }
        for (other, (first, first_at)) in &storages {
            if array.shares_buffer(first) != (*other == number) {
                broken.push(format!("{at}: shares memory with {first_at} where it should not, or not where it should"));
            }
        }
        storages
            .entry(number)
            .or_insert_with(|| (array.clone(), at));
    }
    for record in sidecar["values"].as_array().into_iter().flatten() {
        let at = record["path"].to_string();
        match find(value, &record["path"]) {
            Some(found) => broken.extend(plain(found, record).map(|b| format!("{at}: {b}"))),
            None => broken.push(format!("{at}: not there")),
        }
    }
    broken
}

/// The value at a path of keys and positions.
fn find<'a>(value: &'a Value, path: &Json) -> Option<&'a Value> {
    let mut here = value;
    for step in path.as_array()? {
        here = match (here, step) {
            (Value::Dict(dict), Json::String(key)) => dict.get(key.as_str())?,
            (Value::Dict(dict), Json::Number(key)) => dict.get(key.as_i64()?)?,
            (Value::List(items) | Value::Tuple(items), Json::Number(index)) => {
                items.get(usize::try_from(index.as_u64()?).ok()?)?
            }
            _ => return None,
        };
    }
    Some(here)
}

fn tensor(array: &Array, record: &Json) -> Vec<String> {
    let mut broken = Vec::new();
    let mut same = |what: &str, got: Json, wanted: &Json| {
        if got != *wanted {
            broken.push(format!("{what} {got}, recorded {wanted}"));
        }
    };
    let dtype = record["dtype"].as_str().unwrap_or("?");
    let narrow = is_narrow(record);
    let named = if narrow { "i64" } else { dtype };
    same("dtype", array.dtype().name().into(), &named.into());
    same("shape", array.shape().as_slice().into(), &record["shape"]);
    same(
        "strides",
        array.layout().strides().into(),
        &record["stride"],
    );
    same(
        "offset",
        array.layout().offset().into(),
        &record["storage_offset"],
    );
    let bytes = match array.to_bytes() {
        Ok(bytes) => bytes,
        Err(e) => return vec![e.to_string()],
    };
    let wide = if narrow {
        narrowed(&bytes, dtype)
    } else {
        bytes
    };
    let digest = Sha256::digest(&wide);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    same("sha256", hex.into(), &record["sha256_le_rowmajor"]);
    let Ok(numbers) = array
        .cast(DType::F64)
        .and_then(|array| array.to_vec::<f64>())
    else {
        broken.push("cannot be cast to f64".to_owned());
        return broken;
    };
    broken.extend(ends(&numbers, record));
    broken
}

/// The low bytes of i64s, as the file's own dtype has them.
fn narrowed(bytes: &[u8], dtype: &str) -> Vec<u8> {
    let size = match dtype {
        "i8" => 1,
        "i16" | "u16" => 2,
        "u32" => 4,
        _ => 8,
    };
    bytes
        .chunks_exact(8)
        .flat_map(|element| element[..size].to_vec())
        .collect()
}

/// The first and last elements and the sum.
fn ends(numbers: &[f64], record: &Json) -> Vec<String> {
    let mut broken = Vec::new();
    let recorded = |what: &str| record[what].as_array().cloned().unwrap_or_default();
    let (first, last) = (recorded("first"), recorded("last"));
    let tail = &numbers[numbers.len() - last.len().min(numbers.len())..];
    for (what, recorded, numbers) in [("first", first, numbers), ("last", last, tail)] {
        let agree = recorded
            .iter()
            .zip(numbers)
            .all(|(json, &number)| match json {
                Json::String(text) => match text.as_str() {
                    "nan" => number.is_nan(),
                    "inf" => number == f64::INFINITY,
                    "-inf" => number == f64::NEG_INFINITY,
                    _ => false,
                },
                Json::Bool(b) => number == f64::from(u8::from(*b)),
                // The checksum holds every bit; the parser of these may be off by the last one.
                other => other
                    .as_f64()
                    .is_some_and(|n| n == number || (n - number).abs() <= 1e-15 * n.abs()),
            });
        if !agree {
            broken.push(format!(
                "{what} elements {:?}, recorded {recorded:?}",
                &numbers[..numbers.len().min(8)]
            ));
        }
    }
    let finite = numbers.iter().filter(|number| number.is_finite());
    let (sum, size) = finite.fold((0.0, 0.0), |(sum, size), n| (sum + n, size + n.abs()));
    let recorded = record["sum_finite"].as_f64().unwrap_or(f64::NAN);
    let near = (sum - recorded).abs() <= 1e-9 * f64::max(size, 1.0);
    if !near {
        broken.push(format!("sum {sum}, recorded {recorded}"));
    }
    broken
}

/// Anything but a tensor.
fn plain(value: &Value, record: &Json) -> Option<String> {
    let length = |n: usize| record["len"].as_u64() == Some(n as u64);
    let recorded = &record["value"];
    let right = match (record["type"].as_str()?, value) {
        ("dict", Value::Dict(dict)) => {
            let keys = record["keys"].as_array()?;
            let agree = |(key, json): (&Key, &Json)| match key {
                Key::Str(key) => json.as_str() == Some(key),
                Key::Int(key) => json.as_i64() == Some(*key),
            };
            length(dict.len()) && dict.iter().map(|(key, _)| key).zip(keys).all(agree)
        }
        ("list", Value::List(items)) | ("tuple" | "size", Value::Tuple(items)) => {
            length(items.len())
        }
        ("none", Value::None) => true,
        ("bool", Value::Bool(v)) => recorded.as_bool() == Some(*v),
        ("int", Value::Int(v)) => recorded.as_str() == Some(&v.to_string()),
        ("float", Value::Float(v)) => {
            record["bits"].as_str() == Some(&format!("{:016x}", v.to_bits()))
        }
        ("str", Value::Str(v)) => recorded.as_str() == Some(v),
        _ => false,
    };
    (!right).then(|| format!("{value:?}, recorded {record}"))
}
