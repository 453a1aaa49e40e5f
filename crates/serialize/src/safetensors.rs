//! The `.safetensors` format: a header in JSON, then the arrays.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write};
use std::path::Path;

use ondol_tensor::{Array, DType, Dict, Error, Result, Value};
use safetensors::tensor::{Dtype, SafeTensors};
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::elements::{Integer, Kind};
use crate::limits::{MAX_DIMS, countable};
use crate::source::Source;
use crate::walk::flat;
use crate::{LoadOptions, atomic};

const WANTED: &str = "a safetensors file";
/// The header takes many times its size once it is read; real ones have some 100 bytes per array.
const MAX_HEADER: usize = 16 << 20;
const MAX_TENSORS: usize = 1 << 17;

/// Reads the arrays, in the order in which they lie in the file.
pub(crate) fn load(path: &Path, options: LoadOptions) -> Result<Value> {
    let source = Source::open(path)?;
    check_header(&source)?;
    let tensors = SafeTensors::deserialize(source.bytes()).map_err(|e| damaged(&source, e))?;
    let mut tensors = tensors.tensors();
    // Empty arrays lie nowhere, so the name decides between them.
    tensors.sort_by(|(a, x), (b, y)| (x.data().as_ptr(), a).cmp(&(y.data().as_ptr(), b)));
    let origin = source.bytes().as_ptr() as usize;
    let mut dict = Dict::new();
    for (name, tensor) in tensors {
        let named = |message: String| {
            let name: String = name.escape_debug().take(200).collect();
            source.bad(format!("`{name}`: {message}"))
        };
        let (shape, dtype) = (tensor.shape(), tensor.dtype());
        if shape.len() > MAX_DIMS {
            return Err(named(format!(
                "has {} dimensions, where {MAX_DIMS} are the most",
                shape.len()
            )));
        }
        if !countable(shape, 8) {
            return Err(named(format!(
                "has shape {shape:?}, which is too large for memory but for the 0 in it"
            )));
        }
        let kind = kind(dtype);
        let kind =
            kind.ok_or_else(|| named(format!("has dtype {dtype}, which Ondol does not have")))?;
        // The data may start anywhere, so it is read and not lent.
        let start = tensor.data().as_ptr() as usize - origin;
        let count = tensor.data().len() / kind.size();
        let array = source
            .array(start, count, kind, None, options)
            .and_then(|array| array.reshape(shape));
        let array = array.map_err(|e| match e {
            Error::File { message, .. } => named(message),
            other => other,
        })?;
        dict.insert(name, array);
    }
    Ok(Value::Dict(dict))
}

fn damaged(source: &Source, error: impl std::fmt::Display) -> Error {
    source.bad(format!("the header is damaged: {error}"))
}

/// Holds the header against the file, and sees what the format's library lets pass: a key that is
/// there twice, of which one would win.
fn check_header(source: &Source) -> Result<()> {
    let bytes = source.bytes();
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(source.foreign(WANTED));
    };
    if !rest.trim_ascii_start().starts_with(b"{") {
        return Err(source.foreign(WANTED));
    }
    let length = u64::from_le_bytes(*length);
    let header = usize::try_from(length).ok().and_then(|n| rest.get(..n));
    let header = header.ok_or_else(|| {
        source.bad(format!(
            "the file is cut short: {} bytes, but the header alone has {length}",
            bytes.len()
        ))
    })?;
    if header.len() > MAX_HEADER {
        return Err(source.bad(format!(
            "a header of {length} bytes, where {MAX_HEADER} are the most"
        )));
    }
    let mut json = serde_json::Deserializer::from_slice(header);
    json.deserialize_map(Keys).map_err(|e| damaged(source, e))
}

/// Goes through an object's keys.
struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if seen.len() == MAX_TENSORS {
                return Err(A::Error::custom(format!("more than {MAX_TENSORS} tensors")));
            }
            if seen.contains(&key) {
                return Err(A::Error::custom(format!("the key {key:?} is there twice")));
            }
            seen.insert(key);
        }
        Ok(())
    }
}

/// The elements of one of the format's types.
fn kind(dtype: Dtype) -> Option<Kind> {
    Some(match dtype {
        Dtype::BOOL => Kind::Own(DType::Bool),
        Dtype::U8 => Kind::Own(DType::U8),
        Dtype::I32 => Kind::Own(DType::I32),
        Dtype::I64 => Kind::Own(DType::I64),
        Dtype::F16 => Kind::Own(DType::F16),
        Dtype::BF16 => Kind::Own(DType::BF16),
        Dtype::F32 => Kind::Own(DType::F32),
        Dtype::F64 => Kind::Own(DType::F64),
        Dtype::I8 => Kind::Integer(Integer::I8),
        Dtype::I16 => Kind::Integer(Integer::I16),
        Dtype::U16 => Kind::Integer(Integer::U16),
        Dtype::U32 => Kind::Integer(Integer::U32),
        Dtype::U64 => Kind::Integer(Integer::U64),
        _ => return None,
    })
}

fn dtype_name(dtype: DType) -> String {
    dtype.name().to_uppercase()
}

/// The texts by key that a safetensors file holds besides its arrays, such as `format`: `pt`.
///
/// # Errors
/// A file that cannot be read or is of another format.
pub fn metadata(path: impl AsRef<Path>) -> Result<BTreeMap<String, String>> {
    let source = Source::open(path.as_ref())?;
    check_header(&source)?;
    let (_, metadata) =
        SafeTensors::read_metadata(source.bytes()).map_err(|e| damaged(&source, e))?;
    let texts = metadata.metadata().clone().unwrap_or_default();
    Ok(texts.into_iter().collect())
}

/// Writes arrays by key, with texts by key besides.
///
/// [`save`](crate::save) does this with `format`: `pt`, which Python's `transformers` asks for.
///
/// ```
/// use ondol_serialize::safetensors;
/// use ondol_tensor::{Array, Dict, Value};
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("model.safetensors");
/// let state: Dict = [("weight", Array::scalar(1.5f32))].into_iter().collect();
/// safetensors::save(&Value::Dict(state), &path, [("license", "MIT")])?;
/// assert_eq!(safetensors::metadata(&path)?["license"], "MIT");
/// # Ok::<(), ondol_tensor::Error>(())
/// ```
///
/// # Errors
/// A value that is no dictionary of arrays with texts as keys; what [`save`](crate::save) refuses.
pub fn save<K: Into<String>, V: Into<String>>(
    value: &Value,
    path: impl AsRef<Path>,
    metadata: impl IntoIterator<Item = (K, V)>,
) -> Result<()> {
    let metadata = metadata.into_iter().map(|(k, v)| (k.into(), v.into()));
    write(value, path.as_ref(), metadata.collect())
}

fn write(value: &Value, path: &Path, metadata: BTreeMap<String, String>) -> Result<()> {
    let bad = |message: String| Error::file(path, message);
    let mut arrays = flat(value, "`.safetensors`").map_err(bad)?;
    // Wide elements first, so that all are aligned; then by name, as the format's own library does.
    arrays.sort_by(|(a, x), (b, y)| (y.dtype().size(), a).cmp(&(x.dtype().size(), b)));
    let mut at = 0;
    let mut infos = serde_json::Map::new();
    if !metadata.is_empty() {
        infos.insert("__metadata__".to_owned(), serde_json::json!(metadata));
    }
    for (name, array) in &arrays {
        if *name == "__metadata__" {
            return Err(bad("the key `__metadata__` is the format's own".to_owned()));
        }
        let end = at + array.numel() * array.dtype().size();
        let info = serde_json::json!({
            "dtype": dtype_name(array.dtype()),
            "shape": array.shape().as_slice(),
            "data_offsets": [at, end],
        });
        infos.insert((*name).to_owned(), info);
        at = end;
    }
    let mut header = serde_json::to_vec(&infos).map_err(|e| bad(e.to_string()))?;
    header.resize(header.len().next_multiple_of(8), b' ');
    if header.len() > MAX_HEADER || arrays.len() > MAX_TENSORS {
        return Err(bad(format!(
            "{} tensors with a header of {} bytes; {MAX_TENSORS} and {MAX_HEADER} are the most",
            arrays.len(),
            header.len()
        )));
    }
    atomic::write(path, |file| {
        file.write_all(&(header.len() as u64).to_le_bytes())?;
        file.write_all(&header)?;
        for (_, array) in &arrays {
            write_array(file, array).map_err(io::Error::other)?;
        }
        Ok(())
    })
}

fn write_array(file: &mut impl Write, array: &Array) -> Result<()> {
    let array = array.contiguous()?;
    let start = if array.numel() == 0 {
        0
    } else {
        array.layout().offset()
    };
    let bytes = array.storage_bytes(start..start + array.numel())?;
    file.write_all(&bytes)
        .map_err(|e| Error::io("safetensors", "write", e))
}
