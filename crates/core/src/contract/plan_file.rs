//! The plan file: the steps that somebody reviewed, word for word, so that just those can be carried out later.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::LONGEST_REASON;
use crate::Timestamp;
use crate::clean::quoted;
use crate::id::{AccountId, hexadecimal};
use crate::plan::Step;
use crate::policy::Mode;

/// The version of the shape that this release writes.
const PLAN_FILE_SCHEMA: u32 = 1;

/// A saved plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// The version of this shape.
    pub schema_version: u32,
    /// The organization's id (`o-…`); none where the accounts are in none, or it was not asked for.
    pub organization_id: Option<String>,
    /// When the plan was made.
    pub made_at: Timestamp,
    /// `RUN_MODE` of the deployment that the plan was made for.
    pub mode: Mode,
    /// Every account for which there is a step, in the order of their ids.
    pub accounts: Vec<PlannedAccount>,
    /// The SHA-256 of all of the other fields, in lower-case hex, over their canonical JSON: see [`sha256`].
    pub sha256: String,
}

/// The steps of one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedAccount {
    /// The account.
    pub account_id: AccountId,
    /// Its name; empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its owner's e-mail address; empty where it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// The steps, most urgent first; those that only tell are among them.
    pub steps: Vec<Step>,
}

/// A file that is no plan, or not the one that was saved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanFileRefused {
    /// It cannot be read.
    #[error("it is no plan file: {0}")]
    Unreadable(String),
    /// Another release wrote it.
    #[error("it has schema version {0}, this release knows {PLAN_FILE_SCHEMA}: make the plan anew with this release")]
    OtherVersion(u64),
    /// It was changed since.
    #[error("it was changed since it was saved: its SHA-256 is {found}, and the file says {said}; make the plan anew")]
    Changed {
        /// What its content has.
        found: String,
        /// What the file says.
        said: String,
    },
}

impl PlanFile {
    /// A plan of these accounts, in the order of their ids.
    ///
    /// # Errors
    /// Only where serialisation itself fails, which for these types it does not.
    pub fn new(
        organization_id: Option<String>,
        made_at: Timestamp,
        mode: Mode,
        mut accounts: Vec<PlannedAccount>,
    ) -> Result<Self, serde_json::Error> {
        accounts.sort_by(|a, b| a.account_id.cmp(&b.account_id));
        let sha256 = String::new();
        let mut file = Self { schema_version: PLAN_FILE_SCHEMA, organization_id, made_at, mode, accounts, sha256 };
        file.sha256 = content_hash(serde_json::to_value(&file)?)?;
        Ok(file)
    }

    /// Reads a plan file, and makes sure that it is the one that was saved, with each account once.
    ///
    /// # Errors
    /// When it is no plan, another release's, or was changed.
    pub fn parse(text: &[u8]) -> Result<Self, PlanFileRefused> {
        let unreadable =
            |error: serde_json::Error| PlanFileRefused::Unreadable(quoted(&error.to_string(), LONGEST_REASON));
        let value: Value = serde_json::from_slice(text).map_err(unreadable)?;
        match value["schema_version"].as_u64() {
            Some(version) if version == u64::from(PLAN_FILE_SCHEMA) => {}
            Some(other) => return Err(PlanFileRefused::OtherVersion(other)),
            None => return Err(PlanFileRefused::Unreadable("it has no schema_version".to_owned())),
        }
        let found = content_hash(value.clone()).map_err(unreadable)?;
        let file: Self = serde_json::from_value(value).map_err(unreadable)?;
        if file.sha256 != found {
            return Err(PlanFileRefused::Changed { found, said: quoted(&file.sha256, 80) });
        }
        let mut seen = BTreeSet::new();
        match file.accounts.iter().find(|account| !seen.insert(&account.account_id)) {
            None => Ok(file),
            Some(twice) => Err(PlanFileRefused::Unreadable(format!("account {} is in it twice", twice.account_id))),
        }
    }

    /// The file's text: indented JSON with a line break at its end.
    ///
    /// # Errors
    /// Only where serialisation itself fails, which for these types it does not.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

/// The hash of everything but itself.
fn content_hash(mut file: Value) -> Result<String, serde_json::Error> {
    if let Some(fields) = file.as_object_mut() {
        fields.remove("sha256");
    }
    sha256(&file)
}

/// The SHA-256, in lower-case hex, over the value's canonical JSON: no white space, the fields of every object in the order of their
/// names. It depends on the content alone, whatever wrote it down.
///
/// # Errors
/// Only where the value cannot be serialised.
pub fn sha256(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    write(&serde_json::to_value(value)?, &mut text);
    Ok(hexadecimal(&Sha256::digest(text)))
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            list(text, ['{', '}'], fields, |(name, value), text| {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(value, text);
            });
        }
        Value::Array(values) => list(text, ['[', ']'], values, write),
        other => text.push_str(&other.to_string()),
    }
}

fn list<T>(text: &mut String, [open, close]: [char; 2], parts: impl IntoIterator<Item = T>, part: fn(T, &mut String)) {
    text.push(open);
    for (place, one) in parts.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        part(one, text);
    }
    text.push(close);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_hash_goes_by_content_alone() {
        // printf '{"a":[1,{"c":null,"d":"\xc3\xa9\\n"}],"b":true}' | sha256sum
        let one = json!({ "b": true, "a": [1, { "d": "é\n", "c": null }] });
        assert_eq!(sha256(&one).unwrap(), "6f48cf4181d96406d3cac377b1421006a667d729875bd7756736dc2ea5f112fd");
    }

    #[test]
    fn what_is_no_plan_or_another_releases_is_refused() {
        let refused = |text: &str| PlanFile::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(refused("[]").contains("no schema_version"));
        assert!(refused("{").contains("no plan file"));
        assert!(refused("{\"schema_version\":2}").contains("schema version 2"));
        assert!(refused("{\"schema_version\":1}").contains("no plan file"));
    }
}
