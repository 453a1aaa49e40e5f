//! A checkpoint as the value that a file holds.

use std::path::Path;

use ondol_tensor::{Dict, Error, Key, Result, Value};

use super::{About, Best, Checkpoint};

/// The layout of the file.
const VERSION: i64 = 1;
const ABOUT: &str = "checkpoint";
const RNG: &str = "rng";
const META: &str = "meta";
/// The entries that are no parts.
pub(super) const OWN: [&str; 3] = [ABOUT, RNG, META];

/// The extensions of the formats that hold any value.
pub(super) fn check_extension(path: &Path) -> Result<()> {
    let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    if matches!(extension.as_deref(), Some("pt" | "pth" | "ond")) {
        return Ok(());
    }
    let message =
        "a checkpoint holds more than arrays, which `.pt`, `.pth` and `.ond` files can hold";
    Err(Error::file(path, message))
}

pub(super) fn value(checkpoint: &Checkpoint) -> Value {
    let About { step, best } = &checkpoint.about;
    let mut about = Dict::new();
    about.insert("version", VERSION);
    about.insert("ondol", env!("CARGO_PKG_VERSION"));
    if let Some(step) = step {
        about.insert("step", *step as i64);
    }
    if let Some(Best { name, value, step }) = best {
        let mut best = Dict::new();
        best.insert("name", name.as_str());
        best.insert("value", *value);
        best.insert("step", *step as i64);
        about.insert("best", best);
    }
    let mut dict = checkpoint.parts.clone();
    dict.insert(RNG, checkpoint.generators.clone());
    dict.insert(META, checkpoint.meta.clone());
    dict.insert(ABOUT, about);
    Value::Dict(dict)
}

pub(super) fn load(path: &Path) -> Result<Checkpoint> {
    check_extension(path)?;
    let value = ondol_serialize::load(path)?;
    let Value::Dict(dict) = value else {
        return Err(foreign(path, &format!("the file holds a {}", value.kind())));
    };
    if dict.get(ABOUT).is_none() {
        return Err(foreign(path, &format!("the file holds {}", listed(&dict))));
    }
    read(dict, path).map_err(|e| match e {
        Error::Value { message, .. } => Error::file(path, format!("no good checkpoint: {message}")),
        other => other,
    })
}

fn foreign(path: &Path, what: &str) -> Error {
    let message = format!(
        "not a checkpoint: {what}, and nothing by the name of `{ABOUT}`; \
         `ondol::load` reads other files, such as a model's state dict"
    );
    Error::file(path, message)
}

fn read(dict: Dict, path: &Path) -> Result<Checkpoint> {
    let mut checkpoint = Checkpoint {
        parts: Dict::new(),
        generators: Dict::new(),
        meta: Dict::new(),
        about: About::default(),
        path: Some(path.to_owned()),
    };
    for (key, value) in dict {
        match (&key, value) {
            (Key::Str(name), value) if name == ABOUT => checkpoint.about = about(&value, path)?,
            (Key::Str(name), value) if name == RNG => {
                checkpoint.generators = value.as_dict()?.clone();
            }
            (Key::Str(name), Value::Dict(meta)) if name == META => checkpoint.meta = meta,
            (_, value) => drop(checkpoint.parts.insert(key, value)),
        }
    }
    Ok(checkpoint)
}

fn about(value: &Value, path: &Path) -> Result<About> {
    let version = value.get("version")?.as_int()?;
    if version != VERSION {
        let message =
            format!("the checkpoint has layout {version}; this Ondol reads layout {VERSION}");
        return Err(Error::file(path, message));
    }
    let dict = value.as_dict()?;
    let step = |value: &Value| Ok(value.as_int()? as u64);
    let best = |value: &Value| {
        Ok(Best {
            name: value.get("name")?.as_str()?.to_owned(),
            value: value.get("value")?.as_float()?,
            step: step(value.get("step")?)?,
        })
    };
    Ok(About {
        step: dict.get("step").map(step).transpose()?,
        best: dict.get("best").map(best).transpose()?,
    })
}

/// The keys, as they are.
pub(super) fn names(dict: &Dict) -> Vec<String> {
    let name = |key: &Key| match key {
        Key::Str(name) => name.clone(),
        Key::Int(n) => n.to_string(),
    };
    dict.iter().map(|(key, _)| name(key)).collect()
}

/// The keys in a sentence.
pub(super) fn listed(dict: &Dict) -> String {
    let names = names(dict);
    match names.len() {
        0 => "nothing".to_owned(),
        n => {
            let few: Vec<String> = names.iter().take(12).map(|n| format!("`{n}`")).collect();
            let more = if n > few.len() { ", …" } else { "" };
            format!("{}{more}", few.join(", "))
        }
    }
}
