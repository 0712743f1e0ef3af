//! What policies say of one call. A reading of the usual shapes: what is not understood allows and refuses nothing.

use serde_json::Value;

use super::trust::{like, texts};

/// The statements of one or more policies.
#[derive(Default)]
pub(super) struct Policies(Vec<Value>);

/// A statement that is about a call.
#[derive(Clone, Copy)]
pub(super) struct Statement<'a>(&'a Value);

impl Policies {
    /// Adds a policy; text that is none adds nothing.
    pub(super) fn add(&mut self, text: &str) {
        let policy = serde_json::from_str(text).unwrap_or(Value::Null);
        match &policy["Statement"] {
            Value::Array(statements) => self.0.extend(statements.iter().cloned()),
            one => self.0.push(one.clone()),
        }
    }

    /// The statements with this effect that name the action.
    pub(super) fn about<'a>(&'a self, effect: &str, action: &str) -> impl Iterator<Item = Statement<'a>> {
        let action = action.to_ascii_lowercase();
        let is_about = move |statement: &&Value| {
            let names = texts(&statement["Action"]).any(|pattern| like(&pattern.to_ascii_lowercase(), &action));
            statement["Effect"] == effect && names
        };
        self.0.iter().filter(is_about).map(Statement)
    }

    /// Whether the action is allowed there under no condition, and nothing refuses it.
    pub(super) fn allow(&self, action: &str, resource: &str) -> bool {
        let any = |effect| self.about(effect, action).any(|one| one.is_unconditional() && one.covers(resource));
        any("Allow") && !any("Deny")
    }
}

impl Statement<'_> {
    /// Whether its resources include this one, or all of this pattern.
    pub(super) fn covers(self, resource: &str) -> bool {
        texts(&self.0["Resource"]).any(|pattern| like(pattern, resource))
    }

    /// Whether this is the one resource that it names.
    pub(super) fn is_of(self, resource: &str) -> bool {
        texts(&self.0["Resource"]).eq([resource])
    }

    /// Whether this is the one resource that it leaves out.
    pub(super) fn is_of_all_but(self, resource: &str) -> bool {
        texts(&self.0["NotResource"]).eq([resource])
    }

    /// Whether its one condition asks this of the key.
    pub(super) fn asks(self, operator: &str, key: &str, value: &str) -> bool {
        let asked = self.0["Condition"][operator].as_object().filter(|keys| keys.len() == 1 && self.conditions() == 1);
        let mut asked = asked.into_iter().flatten();
        asked.any(|(name, values)| name.eq_ignore_ascii_case(key) && texts(values).eq([value]))
    }

    /// Whether its one condition asks something of the key, and nothing of others.
    pub(super) fn asks_for(self, operator: &str, key: &str) -> bool {
        let asked = self.0["Condition"][operator].as_object().into_iter().flatten();
        self.conditions() == 1 && asked.into_iter().any(|(name, _)| name.eq_ignore_ascii_case(key))
    }

    fn is_unconditional(self) -> bool {
        self.conditions() == 0
    }

    fn conditions(self) -> usize {
        self.0["Condition"].as_object().map_or(0, serde_json::Map::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policies(statement: &str) -> Policies {
        let mut policies = Policies::default();
        policies.add(&format!("{{\"Statement\":{statement}}}"));
        policies
    }

    #[test]
    fn what_no_condition_limits_and_nothing_refuses_is_allowed() {
        let allows = |statement: &str| policies(statement).allow("s3:GetObject", "arn:aws:s3:::b/acks/*");
        let allow = r#"{"Effect":"Allow","Action":["s3:Get*"],"Resource":"arn:aws:s3:::b/*"}"#;
        assert!(allows(allow) && allows(&format!("[{allow}]")));
        for other in [
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"*","Resource":["arn:aws:s3:::b/*"]}"#,
        ] {
            assert!(!allows(&format!("[{allow},{other}]")), "{other}");
        }
        for none in [
            r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"}"#,
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}"#,
            "null",
        ] {
            assert!(!allows(none), "{none}");
        }
    }
}
