//! The fields that the shipped sources log are those of docs/logs.md, and no others.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use keywheel_runtime::telemetry::LogField;

/// What is in the functions.
const SHIPPED: [&str; 8] = [
    "crates/aws/src",
    "crates/channels/src",
    "crates/engine/src",
    "crates/mail/src",
    "crates/runtime/src",
    "functions/account-inventory/src",
    "functions/key-rotation/src",
    "functions/notification/src",
];
const MACROS: [&str; 7] = ["error", "warn", "info", "debug", "trace", "info_span", "error_span"];

#[test]
fn every_field_that_is_logged_is_documented_and_every_documented_one_is_logged() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut logged = BTreeSet::new();
    for folder in SHIPPED {
        sources(&root.join(folder), &mut |text| logged.extend(fields(text)));
    }
    let documented: BTreeSet<String> = LogField::ALL.iter().map(|field| field.name.to_owned()).collect();
    let differ: Vec<_> = logged.symmetric_difference(&documented).collect();
    assert!(
        differ.is_empty(),
        "logged or documented, but not both (crates/runtime/src/telemetry/fields.rs): {differ:?}"
    );
}

/// Every source below the folder, without its tests.
fn sources(folder: &Path, read: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            sources(&path, read);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !name.starts_with("tests") {
            let text = std::fs::read_to_string(&path).unwrap();
            read(text.split("#[cfg(test)]\nmod tests {").next().unwrap());
        }
    }
}

/// The names in each call of a macro of `tracing`.
fn fields(source: &str) -> Vec<String> {
    let calls = source.split("tracing::").skip(1).filter_map(|rest| {
        let (name, arguments) = rest.split_once("!(")?;
        MACROS.contains(&name).then_some(arguments)
    });
    calls.flat_map(arguments).filter_map(|argument| name(&argument)).collect()
}

/// The arguments up to the bracket that ends the call, without what stands between quotes.
fn arguments(text: &str) -> Vec<String> {
    let (mut depth, mut is_quoted, mut is_escaped) = (1, false, false);
    let mut all = vec![String::new()];
    for c in text.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => {
                is_quoted = !is_quoted;
                all.last_mut().unwrap().push('"');
            }
            _ if is_quoted => {}
            ',' if depth == 1 => all.push(String::new()),
            ')' | ']' | '}' if depth == 1 => break,
            _ => {
                depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
                all.last_mut().unwrap().push(c);
            }
        }
    }
    all
}

/// `user` of `user`, `%user`, `?user` and `user = …`; none of a text and of what comes after it, and of `target: …`.
fn name(argument: &str) -> Option<String> {
    let name = argument.split('=').next()?.trim().trim_start_matches(['%', '?']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}

#[test]
fn a_call_is_taken_apart() {
    let source = "tracing::warn!(user = a.b(c, d), %error, ?why, steps, \"text, {not} (this = one\", x.y); other(z)\n\
                  tracing::info!(target: \"keywheel\", users = 3, \"looked\"); tracing::Span::none()";
    assert_eq!(fields(source), ["user", "error", "why", "steps", "users"]);
}
