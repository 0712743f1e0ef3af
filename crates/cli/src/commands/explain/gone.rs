//! A key that is gone: what the ledger remembers of it.

use jiff::Timestamp;
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::ledger::KeyRecord;
use keywheel_report::table::Line;
use serde_json::json;

use super::user::{made_inactive, told};
use super::{Found, fact, heading, moment};
use crate::look::Looked;
use crate::output;

/// The version of the JSON document's shape.
const SCHEMA: u32 = 1;

/// A key that no user has, and that the account's ledger knows.
pub(super) struct Gone<'a> {
    account: &'a AccountId,
    user: &'a UserName,
    key: &'a AccessKeyId,
    record: &'a KeyRecord,
}

impl<'a> Gone<'a> {
    /// Looks for the key that is asked about in what is remembered of the accounts.
    pub(super) fn find(looked: &'a Looked, found: &'a Found) -> Option<Self> {
        let key = found.key.as_ref()?;
        let users =
            looked.surveys().flat_map(|(_, survey)| survey.ledger.users.iter().map(|user| (&survey.account, user)));
        users.into_iter().find_map(|(account, (user, remembered))| {
            Some(Self { account, user, key, record: remembered.keys.get(key)? })
        })
    }

    /// For people.
    pub(super) fn lines(&self, now: Timestamp) -> Vec<Line> {
        let Self { account, user, key, record } = self;
        let mut lines = vec![heading(&format!("key {key} of user {user} in account {account} (gone)"))];
        let at = |name: &str, at: Option<Timestamp>| at.map(|at| fact(name, &moment(at, now)));
        lines.extend(at("made", record.created));
        lines.extend(record.supersedes.as_ref().map(|old| fact("took over from", old.as_str())));
        lines.extend(at("published", record.published));
        lines.extend(record.superseded_by.as_ref().map(|new| fact("gave way to", new.as_str())));
        lines.extend(told(record, now));
        lines.extend(record.made_inactive.as_ref().map(|made| made_inactive(made, now)));
        lines.push(match record.deleted {
            Some(deleted) => fact("deleted", &format!("{}, by Keywheel", moment(deleted, now))),
            None => {
                fact("deleted", "by a person, as far as is known: CloudTrail's DeleteAccessKey says when and by whom")
            }
        });
        lines
    }

    /// For programs.
    pub(super) fn json(&self, now: Timestamp) -> serde_json::Result<String> {
        let Self { account, user, key, record } = self;
        output::json(&json!({ "schema_version": SCHEMA, "generated": now, "account": account, "user": user,
            "access_key_id": key, "is_gone": true, "remembered": record }))
    }
}
