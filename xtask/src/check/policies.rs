//! No policy in the repository names a session or uses `NotPrincipal`.
//!
//! A session's ARN changes with every session name, and `NotPrincipal` with Deny shuts out everybody whose ARN is not
//! listed to the letter: both lock people out of their own secrets. Policies that Keywheel renders at run time are
//! tested where they are rendered.

use serde_json::Value;

use super::Problem;
use super::tree::Tree;

const FORBIDDEN: [&str; 2] = [":assumed-role/", "NotPrincipal"];

/// Files in which a policy is written in another language than JSON.
const TERRAFORM_ENDINGS: [&str; 3] = [".tf", ".tftpl", ".jinja"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let json = tree.with_ending(".json").map(|(path, text)| (path, policies(text)));
    let terraform = TERRAFORM_ENDINGS
        .iter()
        .flat_map(|ending| tree.with_ending(ending))
        .map(|(path, text)| (path, vec![text.to_owned()]));
    json.chain(terraform)
        .flat_map(|(path, policies)| {
            FORBIDDEN
                .iter()
                .filter(move |word| policies.iter().any(|policy| policy.contains(**word)))
                .map(move |word| format!("{path}: a policy with `{word}`"))
        })
        .collect()
}

/// Every policy in a JSON document, however deep. What cannot be read counts as one.
fn policies(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    match serde_json::from_str(text) {
        Ok(value) => collect(&value, &mut found),
        Err(_) => found.push(text.to_owned()),
    }
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if fields.contains_key("Statement") => found.push(value.to_string()),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, found)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::check::tree::Tree;

    #[test]
    fn sessions_and_not_principal_are_found_in_json_and_terraform() {
        let session = r#"{"roles":[{"Statement":[{"Principal":"arn:aws:sts::111122223333:assumed-role/a/b"}]}]}"#;
        let tree = Tree::of([
            ("policies/a.json", session),
            ("policies/b.tf", "not_actions = []\nNotPrincipal = \"*\"\n"),
            ("policies/c.json", "{ not json, NotPrincipal"),
        ]);
        assert_eq!(
            check(&tree),
            [
                "policies/a.json: a policy with `:assumed-role/`",
                "policies/c.json: a policy with `NotPrincipal`",
                "policies/b.tf: a policy with `NotPrincipal`",
            ]
        );
    }

    #[test]
    fn roles_and_events_pass() {
        let tree = Tree::of([
            ("a.json", r#"{"Statement":[{"Principal":{"AWS":"arn:aws:iam::111122223333:role/a"}}]}"#),
            ("event.json", r#"{"userIdentity":{"arn":"arn:aws:sts::111122223333:assumed-role/a/b"}}"#),
        ]);
        assert_eq!(check(&tree), [""; 0]);
    }
}
