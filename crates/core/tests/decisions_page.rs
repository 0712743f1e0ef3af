//! `docs/decisions.md` is rendered from `decisions.json`, which the planner never wrote; and that file leaves no single key out.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

fn file() -> Value {
    serde_json::from_str(include_str!("decisions.json")).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// A key in words: `K1: 95d old, inactive, used 1d ago; remembered: …`.
fn key(name: &str, key: &Value) -> String {
    let mut words = format!("{name}: {} old", text(key, "age"));
    if text(key, "status") == "inactive" {
        words.push_str(", inactive");
    }
    match text(key, "used") {
        "" => words.push_str(", never used"),
        "unknown" => words.push_str(", last use unknown"),
        used => write!(words, ", used {used} ago").unwrap(),
    }
    if let Some(ledger) = key.get("ledger") {
        write!(words, "; ledger `{ledger}`").unwrap();
    }
    words
}

/// What is seen besides the keys, as it stands in the file.
fn circumstances(case: &Value) -> Vec<String> {
    let told = ["group", "name", "keys", "steps", "replaced"];
    let others = case.as_object().unwrap().iter().filter(|(name, _)| !told.contains(&name.as_str()));
    let replaced = case["replaced"].as_array().into_iter().flatten();
    let replaced = replaced.map(|r| {
        let part = |n: usize| r[n].as_str().unwrap_or_default();
        format!("{} replaced by {} {} ago", part(0), part(1), part(2))
    });
    replaced.chain(others.map(|(name, value)| format!("{name} `{value}`"))).collect()
}

fn step(step: &Value) -> String {
    let key = step.get("key").and_then(Value::as_str).map_or(String::new(), |key| format!(" {key}"));
    let mut words = format!("**{}**{key}: `{}`", text(step, "step"), text(step, "reason"));
    if let Some(due) = step.get("due").and_then(Value::as_str) {
        write!(words, ", due {due}").unwrap();
    }
    if let Some(told) = step.get("tells").and_then(Value::as_str) {
        write!(words, ", tells `{told}`").unwrap();
    }
    let list = |name: &str| {
        let guards: Vec<_> = step[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        guards.join("`, `")
    };
    if step.get("refused").is_some() {
        words.push_str(", refused");
        let guards = list("refused");
        if !guards.is_empty() {
            write!(words, "; `{guards}` lifted would do it").unwrap();
        }
    }
    if step.get("overrides").is_some() {
        write!(words, ", with `{}` lifted", list("overrides")).unwrap();
    }
    if step.get("hosts").is_some() {
        write!(words, ", names `{}`", list("hosts")).unwrap();
    }
    words
}

fn page(file: &Value) -> String {
    let mut page = String::from(
        "# Decisions\n\n\
         <!-- Rendered from crates/core/tests/decisions.json; UPDATE_DOCS=1 cargo test -p keywheel-core writes it anew. -->\n\n\
         What the planner decides, case by case. The cases are written by hand from the rules; a test compares each with the\n\
         planner's decision. The [reasons](reasons.md) have a page of their own.\n\n",
    );
    for line in file["about"].as_array().unwrap() {
        writeln!(page, "- {}", line.as_str().unwrap()).unwrap();
    }
    let mut group = "";
    for case in file["cases"].as_array().unwrap() {
        if text(case, "group") != group {
            group = text(case, "group");
            write!(page, "\n## {group}\n\n| case | what is seen | what is done |\n|---|---|---|\n").unwrap();
        }
        let keys = case["keys"].as_object().unwrap().iter().map(|(name, seen)| key(name, seen));
        let seen: Vec<String> = keys.chain(circumstances(case)).collect();
        let steps: Vec<String> = case["steps"].as_array().unwrap().iter().map(step).collect();
        let steps = if steps.is_empty() { "nothing".to_owned() } else { steps.join("<br>") };
        writeln!(page, "| {} | {} | {steps} |", text(case, "name"), seen.join("<br>").replace('|', "\\|")).unwrap();
    }
    page
}

#[test]
fn the_page_shows_the_cases_as_they_are() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/decisions.md");
    let rendered = page(&file());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &rendered).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap();
    assert!(stored == rendered, "docs/decisions.md is stale; write it with: UPDATE_DOCS=1 cargo test -p keywheel-core");
}

fn minutes(span: &str) -> u64 {
    let (number, unit) = span.split_at(span.len() - 1);
    let number: u64 = number.parse().unwrap();
    match unit {
        "d" => number * 24 * 60,
        "h" => number * 60,
        _ => number,
    }
}

/// In which of the states that make a difference a single key is, by the default policy.
fn state(key: &Value) -> (&'static str, &'static str, &'static str) {
    let age = match minutes(text(key, "age")) / (24 * 60) {
        90.. => "due",
        83..90 => "warned of",
        _ => "young",
    };
    let used = match text(key, "used") {
        "" => "never",
        "unknown" => "unknown",
        used if minutes(used) >= 90 * 24 * 60 => "long ago",
        _ => "lately",
    };
    let status = if text(key, "status") == "inactive" { "inactive" } else { "active" };
    (status, age, used)
}

#[test]
fn no_single_key_is_left_out() {
    let file = file();
    let plain = |case: &&Value| case["keys"].as_object().unwrap().len() == 1 && circumstances(case).is_empty();
    let cases = file["cases"].as_array().unwrap().iter().filter(plain);
    let seen: BTreeSet<_> = cases.flat_map(|case| case["keys"].as_object().unwrap().values().map(state)).collect();
    let mut missing = Vec::new();
    for status in ["active", "inactive"] {
        for age in ["young", "warned of", "due"] {
            for used in ["lately", "long ago", "never", "unknown"] {
                // A key that is younger than its last use is not there.
                let possible = used != "long ago" || age == "due";
                if possible && !seen.contains(&(status, age, used)) {
                    missing.push((status, age, used));
                }
            }
        }
    }
    assert!(missing.is_empty(), "no case shows a single key that is {missing:?}");
}
