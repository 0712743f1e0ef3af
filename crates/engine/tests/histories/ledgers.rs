//! What becomes of the ledger between runs.

use keywheel_testkit::Account;
use proptest::prelude::*;
use serde_json::Value;

/// A way in which a ledger is damaged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Damage {
    Lost,
    /// Cut off after so many hundredths of its length; it stays so until somebody puts the whole one back.
    CutOff(usize),
    OfAnotherAccount,
    OfANewerVersion,
    /// Every date of every key lies in the future.
    DatesInTheFuture,
    /// Every date of every key lies before the key was made.
    DatesBeforeTheKey,
    /// A copy from so many acts ago.
    FromBefore(usize),
}

impl Damage {
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            Just(Damage::Lost),
            (0..100_usize).prop_map(Damage::CutOff),
            Just(Damage::OfAnotherAccount),
            Just(Damage::OfANewerVersion),
            Just(Damage::DatesInTheFuture),
            Just(Damage::DatesBeforeTheKey),
            (1..10_usize).prop_map(Damage::FromBefore),
        ]
    }

    /// Whether no run may use the ledger that this leaves.
    pub(crate) fn must_be_refused(self) -> bool {
        matches!(self, Damage::CutOff(_) | Damage::OfAnotherAccount | Damage::OfANewerVersion)
    }

    /// Damages the ledger. `copies` are the texts after each act so far.
    pub(crate) fn done_to(self, account: &mut Account, copies: &[String]) {
        let text = serde_json::to_string(&account.ledger()).unwrap();
        let damaged = match self {
            Damage::Lost => return account.set_ledger_text(None),
            Damage::CutOff(share) => text[..text.len() * share / 100].to_owned(),
            Damage::OfAnotherAccount => text.replacen("111122223333", "444455556666", 1),
            Damage::OfANewerVersion => text.replacen("\"schema_version\":1", "\"schema_version\":99", 1),
            Damage::DatesInTheFuture => with_dates(&text, "2031-01-01T00:00:00Z"),
            Damage::DatesBeforeTheKey => with_dates(&text, "2001-01-01T00:00:00Z"),
            Damage::FromBefore(acts) => copies.iter().rev().nth(acts).cloned().unwrap_or(text),
        };
        account.set_ledger_text(Some(&damaged));
    }
}

fn with_dates(text: &str, date: &str) -> String {
    let mut ledger: Value = serde_json::from_str(text).unwrap();
    if let Some(users) = ledger["users"].as_object_mut() {
        users.values_mut().for_each(|user| forge(&mut user["keys"], date));
    }
    ledger.to_string()
}

fn forge(value: &mut Value, date: &str) {
    match value {
        Value::String(text) if text.ends_with('Z') && text.contains('T') && text.contains(':') => date.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| forge(item, date)),
        Value::Object(fields) => fields.values_mut().for_each(|field| forge(field, date)),
        _ => {}
    }
}
