//! What a trust policy says of one role. A reading of the usual shapes: what is not understood is not trusted.

use serde_json::Value;

/// A trust policy.
pub(super) struct Trust(Value);

/// Whether a trust policy lets a role in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trusted {
    Yes,
    /// It does, and would without the external id that is sent.
    WithoutExternalId,
    /// It would with another external id.
    OtherExternalId,
    No,
}

impl Trust {
    pub(super) fn of(policy: Value) -> Self {
        Self(policy)
    }

    /// Whether a service may assume the role.
    pub(super) fn names_service(&self, service: &str) -> bool {
        self.allowing().any(|statement| texts(&statement["Principal"]["Service"]).any(|name| name == service))
    }

    /// Whether the role of this ARN may assume it with this external id.
    pub(super) fn of_role(&self, arn: &str, external_id: Option<&str>) -> Trusted {
        let ours: Vec<&Value> = self.allowing().filter(|statement| names_role(statement, arn)).collect();
        let asks = |statement: &Value| conditions(statement, "sts:ExternalId");
        let takes = |statement: &&&Value| {
            let asked = asks(statement);
            asked.is_empty() || external_id.is_some_and(|id| asked.iter().any(|one| one == id))
        };
        match ours.iter().find(takes) {
            Some(statement) if asks(statement).is_empty() && external_id.is_some() => Trusted::WithoutExternalId,
            Some(_) => Trusted::Yes,
            None if ours.is_empty() => Trusted::No,
            None => Trusted::OtherExternalId,
        }
    }

    fn allowing(&self) -> impl Iterator<Item = &Value> {
        let statements = match &self.0["Statement"] {
            Value::Array(statements) => statements.as_slice(),
            one => std::slice::from_ref(one),
        };
        statements.iter().filter(|statement| {
            let assumes = |action: &str| matches!(action, "sts:AssumeRole" | "sts:*" | "*");
            statement["Effect"] == "Allow" && texts(&statement["Action"]).any(assumes)
        })
    }
}

/// Whether a statement's principal and its condition on the principal's ARN let the role in.
fn names_role(statement: &Value, arn: &str) -> bool {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let names = |principal: &str| {
        let is_account = principal == account || principal.ends_with(&format!("::{account}:root"));
        principal == arn || principal == "*" || is_account
    };
    let principal = &statement["Principal"];
    let is_named = texts(principal).any(names) || texts(&principal["AWS"]).any(names);
    let limits = conditions(statement, "aws:PrincipalArn");
    is_named && (limits.is_empty() || limits.iter().any(|limit| limit == arn || like(limit, arn)))
}

/// The values that a statement's conditions ask of a key, whatever the operator. The key's case does not matter.
fn conditions(statement: &Value, key: &str) -> Vec<String> {
    let operators = statement["Condition"].as_object().into_iter().flatten();
    let keys = operators.flat_map(|(_, keys)| keys.as_object().into_iter().flatten());
    let asked = keys.filter(|(name, _)| name.eq_ignore_ascii_case(key));
    asked.flat_map(|(_, values)| texts(values).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// A text, or the texts of a list.
pub(super) fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().into_iter().flatten();
    value.as_str().into_iter().chain(many.filter_map(Value::as_str))
}

/// Whether the text is of a pattern with `*`.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(place) = rest.find(part) else { return false };
        rest = &rest[place + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:iam::111122223333:role/key-rotation";

    fn trust(principal: &Value, condition: &Value) -> Trust {
        Trust::of(json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": principal, "Condition": condition }] }))
    }

    #[test]
    fn the_layers_trust_policy_is_understood() {
        let root = json!({ "AWS": "arn:aws:iam::111122223333:root" });
        let layers = |arn: &str, id: &str| json!({ "ArnEquals": { "aws:PrincipalArn": arn }, "StringEquals": { "sts:ExternalId": id, "aws:PrincipalOrgID": "o-1" } });
        let judged = |arn: &str, id: &str| trust(&root, &layers(arn, id)).of_role(ARN, Some("ours"));
        assert_eq!(judged(ARN, "ours"), Trusted::Yes);
        assert_eq!(judged("arn:aws:iam::111122223333:role/key-*", "ours"), Trusted::Yes);
        assert_eq!(judged("arn:aws:iam::111122223333:role/other", "ours"), Trusted::No);
        assert_eq!(judged(ARN, "theirs"), Trusted::OtherExternalId);
        assert_eq!(trust(&root, &layers(ARN, "ours")).of_role(ARN, None), Trusted::OtherExternalId);
    }

    #[test]
    fn other_principals_are_told_apart() {
        let none = json!({});
        assert_eq!(trust(&json!({ "AWS": [ARN] }), &none).of_role(ARN, None), Trusted::Yes);
        assert_eq!(trust(&json!({ "AWS": ARN }), &none).of_role(ARN, Some("ours")), Trusted::WithoutExternalId);
        let other = json!({ "AWS": "arn:aws:iam::444455556666:root" });
        assert_eq!(trust(&other, &none).of_role(ARN, Some("ours")), Trusted::No);
        assert_eq!(Trust::of(Value::Null).of_role(ARN, None), Trusted::No);
    }

    #[test]
    fn a_deny_or_another_action_lets_nobody_in() {
        let mut policy =
            json!({ "Statement": { "Effect": "Deny", "Action": "sts:AssumeRole", "Principal": { "AWS": ARN } } });
        assert_eq!(Trust::of(policy.clone()).of_role(ARN, None), Trusted::No);
        policy["Statement"]["Effect"] = json!("Allow");
        assert_eq!(Trust::of(policy.clone()).of_role(ARN, None), Trusted::Yes);
        policy["Statement"]["Action"] = json!(["sts:TagSession"]);
        assert_eq!(Trust::of(policy).of_role(ARN, None), Trusted::No);
    }

    #[test]
    fn a_service_is_named_or_not() {
        let lambda = trust(&json!({ "Service": ["lambda.amazonaws.com"] }), &Value::Null);
        assert!(lambda.names_service("lambda.amazonaws.com") && !lambda.names_service("scheduler.amazonaws.com"));
    }

    #[test]
    fn patterns_match_as_they_do_in_iam() {
        assert!(like("a*c", "abc") && like("*", "x") && like("a*b*c", "a1b2c") && like("abc", "abc"));
        assert!(!like("a*c", "abd") && !like("ab", "abc") && !like("a*b*c", "a1c"));
    }
}
