//! A key in the words of `decisions.json`: what an audit sees of it, and what the ledger remembers.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::ledger::{Actor, InactiveBecause, KeyRecord, MadeInactive, NoticeRecord};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedKey};
use serde::Deserialize;
use serde_json::Value;

use super::{copy, key_id, notice, now, unknown, used_at};

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    pub(crate) age: String,
    used: Option<String>,
    status: Option<String>,
    #[serde(default)]
    pub(crate) ledger: BTreeMap<String, Value>,
}

/// The moment that a span such as `20d` lies before now.
pub(crate) fn before(span: &str) -> Timestamp {
    let (number, unit) = span.split_at(span.len() - 1);
    let length = match unit {
        "d" => 86_400,
        "h" => 3_600,
        "m" => 60,
        "s" => 1,
        _ => panic!("{span:?} is no span"),
    };
    now() - SignedDuration::from_secs(number.parse::<i64>().unwrap() * length)
}

impl Key {
    pub(crate) fn observed(&self, name: &str) -> ObservedKey {
        let status = match self.status.as_deref() {
            None => KeyStatus::Active,
            Some("inactive") => KeyStatus::Inactive,
            Some(other) => panic!("{other:?} is no status"),
        };
        let last_used = match self.used.as_deref() {
            None => LastUsed::Never,
            Some("unknown") => unknown(),
            Some(span) => used_at(before(span)),
        };
        super::key(name, status, before(&self.age), last_used)
    }
}

/// What the ledger remembers of a key, in words.
pub(crate) fn remembered(ledger: &BTreeMap<String, Value>, record: &mut KeyRecord) {
    for (field, value) in ledger {
        let text = || value.as_str().unwrap();
        match field.as_str() {
            "created" => record.created = Some(before(text())),
            "supersedes" => record.supersedes = Some(key_id(text())),
            "retrieval_unproven" => record.retrieval_unproven = value.as_bool().unwrap(),
            "retrievable_since" => record.retrievable_since = Some(before(text())),
            "not_retrievable" => record.not_retrievable = value.as_bool().unwrap(),
            "parameter" => record.parameter = serde_json::from_value(value.clone()).unwrap(),
            "revived" => record.revived = Some(before(text())),
            "deletion_begun" => record.deletion_begun = Some(before(text())),
            "deleted" => record.deleted = Some(before(text())),
            "rolled_back" => record.rolled_back = Some(before(text())),
            "emergency" => record.emergency = Some(before(text())),
            "held_since" => record.held_since = Some(before(text())),
            "deactivation_begun" => record.deactivation_begun = Some(because(text())),
            "inactive" => record.made_inactive = Some(inactive(value)),
            "notices" => record.notices.extend(notices(value)),
            other => panic!("{other:?} is nothing that a ledger remembers"),
        }
    }
}

fn because(text: &str) -> InactiveBecause {
    serde_json::from_value(text.into()).unwrap()
}

fn inactive(value: &Value) -> MadeInactive {
    let word = |place: usize| value.get(place).and_then(Value::as_str);
    let by = if word(1) == Some("keywheel") { Actor::Keywheel } else { Actor::Person };
    MadeInactive { at: before(word(0).unwrap()), by, why: word(2).map(because) }
}

fn notices(value: &Value) -> impl Iterator<Item = (NoticeKind, NoticeRecord)> {
    value.as_object().unwrap().iter().map(|(kind, when)| {
        let when = when.as_str().unwrap();
        let told = |when| notice(before(when), Some(before(when)));
        let record = match when.split_once(' ') {
            Some(("asked", asked)) => notice(before(asked), None),
            Some(("copy-waits", told_at)) => NoticeRecord { copies: vec![copy()], ..told(told_at) },
            _ => told(when),
        };
        (NoticeKind::try_from(kind.clone()).unwrap(), record)
    })
}
