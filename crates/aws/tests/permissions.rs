//! The permissions that the code declares are those that it uses, and those that the Terraform layers give.
#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use keywheel_aws::permissions::{PERMISSIONS, Role, WITHOUT_PERMISSION, reference};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn the_page_is_fresh() {
    let file = root().join("docs/permissions.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, reference()).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(written, reference(), "run UPDATE_DOCS=1 cargo test -p keywheel-aws --test permissions");
}

/// The actions of a rendered policy.
fn given(role: Role) -> BTreeSet<String> {
    let file = root().join(format!("crates/stage/policies/{}.json", role.policy()));
    let policy: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|statement| match &statement["Action"] {
        Value::Array(actions) => actions.clone(),
        one => vec![one.clone()],
    });
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_role_is_given_what_the_code_declares_and_nothing_else() {
    for role in Role::ALL {
        let of_role = PERMISSIONS.iter().filter(|permission| permission.role == role);
        let declared: BTreeSet<_> = of_role.map(|permission| permission.action.to_owned()).collect();
        assert_eq!(given(role), declared, "{}", role.policy());
    }
}

/// The sources of the adapters, in one text, without white space, so that a chain of calls is one word.
fn adapters(folder: &Path) -> String {
    let mut texts = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.push_str(&adapters(&path));
        } else if path.file_name().is_some_and(|name| name != "permissions.rs") {
            let text = std::fs::read_to_string(path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            texts.extend(code.chars().filter(|character| !character.is_whitespace()));
        }
    }
    texts
}

/// Every operation that is begun on a client.
fn calls(code: &str) -> BTreeSet<&str> {
    let begun = code.split("client.").skip(1).filter_map(|rest| rest.split_once("()"));
    let is_name = |name: &str| name.chars().all(|character| character.is_ascii_lowercase() || character == '_');
    begun.map(|(name, _)| name).filter(|name| is_name(name)).collect()
}

#[test]
fn every_call_is_declared_and_every_declared_call_is_made() {
    let code = adapters(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    let declared: BTreeMap<_, _> = PERMISSIONS
        .iter()
        .filter_map(|permission| Some((permission.call?, permission.action)))
        .chain(WITHOUT_PERMISSION.iter().copied())
        .collect();
    let made = calls(&code);
    assert!(made.len() > 15, "the calls are found: {made:?}");
    let undeclared: Vec<_> = made.iter().filter(|call| !declared.contains_key(**call)).collect();
    assert!(undeclared.is_empty(), "calls that permissions.rs does not declare: {undeclared:?}");
    let unmade: Vec<_> = declared.keys().filter(|call| !code.contains(&format!(".{call}()"))).collect();
    assert!(unmade.is_empty(), "permissions.rs declares calls that nothing makes: {unmade:?}");
}

#[test]
fn an_action_is_named_after_its_call() {
    for permission in PERMISSIONS {
        let Some(call) = permission.call.filter(|call| *call != "invoke") else { continue };
        let (_, operation) = permission.action.split_once(':').unwrap();
        assert_eq!(operation.to_lowercase(), call.replace('_', ""), "{}", permission.action);
    }
}
