//! The stage's policies as parliament can read them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::files;

/// What stands for a placeholder; all others are a name.
const SAMPLES: [(&str, &str); 6] = [
    ("account", "111122223333"),
    ("hub", "222233334444"),
    ("management", "333344445555"),
    ("region", "eu-central-1"),
    ("user_arn", "arn:aws:iam::111122223333:user/alice"),
    ("sender", "keys@example.com"),
];

const NAME: &str = "sample";

/// Writes every policy with sample values into a folder that is made anew, and says how many there are.
pub(super) fn make(policies: &Path, out: &Path) -> Result<usize> {
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("cannot remove {}", out.display()))?;
    }
    fs::create_dir_all(out).with_context(|| format!("cannot make {}", out.display()))?;
    let names = files::list(policies, files::is_source)?;
    ensure!(!names.is_empty(), "{} holds no policy", policies.display());
    for name in &names {
        let from = policies.join(name);
        let text = fs::read_to_string(&from).with_context(|| format!("cannot read {}", from.display()))?;
        let policy = readable(&text).with_context(|| format!("{} is no policy", from.display()))?;
        fs::write(out.join(name), policy).with_context(|| format!("cannot write to {}", out.display()))?;
    }
    Ok(names.len())
}

/// A policy with sample values. A role's trust policy has no resource, which parliament would not take for a policy: it
/// gets any role.
fn readable(text: &str) -> Result<String> {
    let mut policy: Value = serde_json::from_str(&filled(text)?)?;
    let statements = policy["Statement"].as_array_mut().context("no list of statements")?;
    let names_none = |statement: &&mut Value| statement.get("Resource").or(statement.get("NotResource")).is_none();
    for statement in statements.iter_mut().filter(names_none) {
        statement["Resource"] = json!("arn:aws:iam::111122223333:role/*");
    }
    Ok(serde_json::to_string_pretty(&policy)?)
}

fn filled(text: &str) -> Result<String> {
    let mut parts = text.split("${");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').context("a placeholder that does not end")?;
        filled += SAMPLES.iter().find(|(sample, _)| *sample == name).map_or(NAME, |(_, value)| value);
        filled += rest;
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn placeholders_get_values_and_a_trust_policy_a_resource() {
        let text =
            r#"{"Statement":[{"Principal":"arn:aws:iam::${hub}:root"},{"Resource":"arn:aws:s3:::${bucket}/x"}]}"#;
        let policy: serde_json::Value = serde_json::from_str(&readable(text).unwrap()).unwrap();
        assert_eq!(policy["Statement"][0]["Principal"], "arn:aws:iam::222233334444:root");
        assert!(policy["Statement"][0]["Resource"].as_str().unwrap().contains(":role/"));
        assert_eq!(policy["Statement"][1]["Resource"], "arn:aws:s3:::sample/x");
    }

    #[test]
    fn what_is_no_policy_is_an_error() {
        assert!(readable("{}").is_err() && readable("{\"Statement\":[]").is_err() && readable("${open").is_err());
    }
}
