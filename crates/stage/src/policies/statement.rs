//! A statement of a rendered policy.

use anyhow::Context;
use serde_json::Value;

/// What one statement allows.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its name.
    pub sid: String,
    /// The actions that it allows.
    pub actions: Vec<String>,
    /// The resources on which it does, which may hold `*`.
    pub resources: Vec<String>,
}

impl Statement {
    /// Reads a statement; rendered policies have their actions in a list.
    pub(super) fn of(policy: &str, value: &Value) -> anyhow::Result<Self> {
        let sid = value["Sid"].as_str().with_context(|| format!("a statement of {policy} has no Sid: {value}"))?;
        let texts = |value: &Value| match value {
            Value::Array(values) => values.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
            value => value.as_str().map(str::to_owned).into_iter().collect(),
        };
        Ok(Self { sid: sid.to_owned(), actions: texts(&value["Action"]), resources: texts(&value["Resource"]) })
    }

    /// Whether it is about this resource.
    #[must_use]
    pub fn covers(&self, resource: &str) -> bool {
        self.resources.iter().any(|pattern| matches(pattern, resource))
    }
}

/// Whether a text is what a pattern says, in which `*` stands for anything.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let Some((beginning, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(beginning) else { return false };
    (0..=text.len()).filter_map(|at| text.get(at..)).any(|tail| matches(rest, tail))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("*", "arn:aws:s3:::one", true),
            ("arn:aws:iam::*:role/member", "arn:aws:iam::1:role/member", true),
            ("arn:aws:iam::*:role/member", "arn:aws:iam::1:role/member2", false),
            ("a*b*", "axxbyy", true),
            ("a*b", "axxbyy", false),
            ("one", "one", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
