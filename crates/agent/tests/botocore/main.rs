//! The editor of the shared files against botocore's own reading of them, on odd files.
//!
//! `cargo xtask test --only "Shared files"` names the Python that has botocore. Without it the files are edited all the same, and held against
//! what this crate itself reads.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

mod odd;

use std::process::Command;

use keywheel_agent::Pair;
use keywheel_agent::file::{Broken, Kind, key, with_key};
use odd::{Chance, file};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

const FILES: u64 = 6_000;

/// The Python with botocore.
const PYTHON: &str = "KEYWHEEL_BOTOCORE_PYTHON";

/// The first file; others make others.
const SEED: &str = "KEYWHEEL_SEED";

fn new() -> Pair {
    Pair::of("AKIANEWNEWNEWNEWNEW0", "brand/new+half/of=the_key==").unwrap()
}

/// Id and secret half, which is nobody's.
fn halves(pair: &Pair) -> Value {
    json!([pair.id, pair.secret.expose_secret()])
}

/// What the editor makes of a file, for botocore to judge.
fn edited(text: &str, kind: Kind, profile: &str) -> Value {
    let (found, after) = (key(text, kind, profile), with_key(text, kind, profile, &new()));
    assert_eq!(found.is_ok(), after.is_ok(), "{text:?}");
    let refused = found.as_ref().err().map(|broken| match broken {
        Broken::NoProfile(_) => "no-profile",
        Broken::NoKey(_) => "no-key",
        Broken::Odd { .. } => "odd",
    });
    if let Ok(after) = &after {
        assert!(key(after, kind, profile).unwrap().pair.is(&new()), "{text:?}");
        let changed = text.lines().zip(after.lines()).filter(|(before, after)| before != after).count();
        assert!(changed <= 2 && text.lines().count() == after.lines().count(), "{text:?}");
    }
    json!({
        "kind": if kind == Kind::Config { "config" } else { "credentials" },
        "profile": profile,
        "before": text,
        "after": after.ok(),
        "key": found.ok().map(|key| halves(&key.pair)),
        "refused": refused,
    })
}

#[test]
fn what_the_editor_writes_botocore_reads_and_what_it_finds_botocore_finds() {
    let seed = std::env::var(SEED).ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let cases: Vec<Value> = (0..FILES)
        .map(|number| {
            let mut chance = Chance::new(seed * FILES + number);
            let kind = if chance.percent(40) { Kind::Config } else { Kind::Credentials };
            let profile = chance.pick(&["default", "work", "my web"]);
            edited(&file(&mut chance, kind, profile), kind, profile)
        })
        .collect();
    let accepted = cases.iter().filter(|case| case["after"].is_string()).count();
    assert!(accepted > cases.len() / 4, "{accepted} of {} are accepted", cases.len());
    let Some(python) = std::env::var_os(PYTHON) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.json");
    std::fs::write(&file, serde_json::to_vec(&json!({ "new": halves(&new()), "cases": cases })).unwrap()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/botocore/check.py");
    let ended = Command::new(python).arg(script).arg(&file).status().unwrap();
    assert!(ended.success(), "botocore reads some of them differently: see above");
}
