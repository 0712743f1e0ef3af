//! Near misses: a sample in which something was changed.

use std::path::PathBuf;

use keywheel_hostile::Target;
use proptest::prelude::*;
use serde_json::Value;

use crate::odd;

/// One change: what kind of one, and the numbers that say where and with what.
pub(crate) type Change = (u8, u32, u32);

pub(crate) fn changes() -> impl Strategy<Value = (u32, Vec<Change>)> {
    (any::<u32>(), proptest::collection::vec((0_u8..9, any::<u32>(), any::<u32>()), 1..5))
}

pub(crate) fn folder(target: &Target) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target.name)
}

/// The samples of a target, in the order of their names.
pub(crate) fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let folder = folder(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// The sample with the changes.
pub(crate) fn changed(seed: &[u8], changes: &[Change]) -> Vec<u8> {
    changes.iter().fold(seed.to_vec(), |bytes, change| one_change(bytes, *change))
}

fn at(number: u32, end: usize) -> usize {
    usize::try_from(number).unwrap() % end.max(1)
}

fn one_change(mut bytes: Vec<u8>, (kind, place, with): Change) -> Vec<u8> {
    let start = at(place, bytes.len() + 1);
    let end = (start + at(with, 20)).min(bytes.len());
    let texts = odd::texts();
    match kind {
        0 if start < bytes.len() => bytes[start] = with.to_le_bytes()[0],
        1 => bytes.truncate(start),
        2 => drop(bytes.drain(start..end)),
        3 => {
            let part = bytes[start..end].to_vec();
            bytes.splice(start..start, part.iter().copied().cycle().take(part.len() * 50));
        }
        4 => drop(bytes.splice(start..end, texts[at(with, texts.len())].bytes())),
        5 => bytes = String::from_utf8_lossy(&bytes).replace('\n', "\r\n").into_bytes(),
        6 => drop(bytes.splice(0..0, "\u{feff}".bytes())),
        _ => return changed_json(&bytes, place, with).unwrap_or(bytes),
    }
    bytes
}

/// Another value in the place of one, in JSON as it is written; none where it is no JSON.
fn changed_json(bytes: &[u8], place: u32, with: u32) -> Option<Vec<u8>> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    let pointers = pointers(&value, String::new());
    let pointer = &pointers[at(place, pointers.len())];
    let instead = odd::json_values();
    let instead = &instead[at(with, instead.len())];
    let mark = "the place of another value";
    match value.pointer_mut(pointer)? {
        // A field more, or one that is there twice.
        Value::Object(fields) if with.is_multiple_of(2) => {
            let name =
                if with.is_multiple_of(4) { fields.keys().next()?.clone() } else { keywheel_hostile::HALF.to_owned() };
            fields.insert("zz".to_owned(), mark.into());
            let text = serde_json::to_string(&value).ok()?;
            return Some(
                text.replace(&format!("\"zz\":\"{mark}\""), &format!("{}:{instead}", Value::from(name))).into_bytes(),
            );
        }
        other => *other = mark.into(),
    }
    Some(serde_json::to_string(&value).ok()?.replace(&format!("\"{mark}\""), instead).into_bytes())
}

/// Every place in the value, the whole of it among them.
fn pointers(value: &Value, here: String) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(values) => values.iter().enumerate().map(|(place, value)| (place.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let below =
        inner.into_iter().flat_map(|(name, value)| pointers(value, format!("{here}/{name}"))).collect::<Vec<_>>();
    std::iter::once(here).chain(below).collect()
}
