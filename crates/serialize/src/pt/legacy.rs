//! Files from before PyTorch 1.6, and of `_use_new_zipfile_serialization=False`: five pickles, then
//! for each storage its number of elements and its bytes.

use std::collections::HashMap;

use ondol_tensor::{Result, Value};

use super::build::build;
use super::pickle::{Item, Object, Unpickled, unpickle};
use super::read::WANTED;
use super::storages::{Place, Storages};
use crate::elements::Kind;
use crate::source::Source;
use crate::trail::Fault;
use crate::{Checked, LoadOptions};

/// 0x1950a86a20f9469cfc6c
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
const VERSION: i64 = 1001;

/// Reads a value.
pub(super) fn load(source: &Source, options: LoadOptions) -> Result<Value> {
    let parts = parts(source.bytes()).map_err(|message| match message {
        Some(message) => source.bad(message),
        None => source.foreign(WANTED),
    })?;
    let Unpickled { objects, root, .. } = &parts.object;
    let storages = Storages::new(source, options, |key: &str| parts.places.get(key).copied());
    build(objects, *root, storages).map_err(Fault::named)
}

struct Parts<'a> {
    object: Unpickled<'a>,
    places: HashMap<&'a str, Place>,
}

/// The object and where the storages lie; no message where it is no such file at all.
fn parts(bytes: &[u8]) -> std::result::Result<Parts<'_>, Option<String>> {
    let mut at = 0;
    let mut next = |what: &str| {
        let part = unpickle(&bytes[at..]);
        let part = part.map_err(|message| format!("{what}, from byte {at} on: {message}"))?;
        at += part.used;
        Checked::Ok(part)
    };
    let magic = next("the magic number").map_err(|_| None)?;
    if !matches!(magic.objects.as_slice(), [Object::Long(bytes)] if **bytes == MAGIC) {
        return Err(None);
    }
    let version = next("the version")?;
    if !matches!(version.root, Item::Int(VERSION)) {
        return Err(Some(format!(
            "the legacy format of another version than {VERSION}"
        )));
    }
    let system = next("what is said of the system")?;
    if big_endian(&system) {
        let message = "was written on a big-endian machine; save it again on another";
        return Err(Some(message.to_owned()));
    }
    let object = next("the object")?;
    let keys = next("the list of storages")?;
    let places = places(bytes, at, &object, &keys)?;
    Ok(Parts { object, places })
}

fn big_endian(system: &Unpickled<'_>) -> bool {
    system.objects.iter().any(|object| match object {
        Object::Dict(entries) => entries.iter().any(|&(key, value)| {
            let Item::Object(key) = key else { return false };
            let named = matches!(system.objects[key as usize], Object::Str("little_endian"));
            named && matches!(value, Item::Bool(false))
        }),
        _ => false,
    })
}

/// The storages follow in the order of the keys, each after its number of elements.
fn places<'a>(
    bytes: &[u8],
    mut at: usize,
    object: &Unpickled<'a>,
    keys: &Unpickled<'_>,
) -> Checked<HashMap<&'a str, Place>> {
    let mut units = HashMap::new();
    for object in &object.objects {
        if let Object::Storage(storage) = object {
            units.insert(storage.key, storage.kind.map_or(1, Kind::size));
        }
    }
    let wrong = || "the list of storages is none".to_owned();
    let Item::Object(list) = keys.root else {
        return Err(wrong());
    };
    let Object::List(list) = &keys.objects[list as usize] else {
        return Err(wrong());
    };
    let mut places = HashMap::new();
    for &key in list {
        let Item::Object(key) = key else {
            return Err(wrong());
        };
        let Object::Str(key) = keys.objects[key as usize] else {
            return Err(wrong());
        };
        let shown = || key.escape_debug().take(100).collect::<String>();
        let Some((&name, &unit)) = units.get_key_value(key) else {
            return Err(format!("the storage \"{}\" belongs to no tensor", shown()));
        };
        let cut = || {
            format!(
                "the file is cut short: the storage \"{}\" from byte {at} on leaves its {} bytes",
                shown(),
                bytes.len()
            )
        };
        let count = bytes.get(at..at + 8).ok_or_else(cut)?;
        let count = u64::from_le_bytes(std::array::from_fn(|i| count[i]));
        let start = at + 8;
        let size = usize::try_from(count)
            .ok()
            .and_then(|n| n.checked_mul(unit))
            .filter(|&size| size <= bytes.len() - start)
            .ok_or_else(cut)?;
        at = start + size;
        let place = Place {
            start,
            size,
            crc32: None,
        };
        if places.insert(name, place).is_some() {
            return Err(format!("the storage \"{}\" is there twice", shown()));
        }
    }
    Ok(places)
}
