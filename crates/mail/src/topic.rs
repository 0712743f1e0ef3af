//! What a topic for chat and tickets gets of a digest: a short text, and the same as fields.

use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::digest::{Digest, DigestEntry, RecipientRole};
use keywheel_core::contract::result::StepStatus;
use serde::Serialize;
use serde_json::Value;

use crate::clean::{line, without_secrets};
use crate::deliver::Delivered;

const LONGEST_NAME: usize = 60;
/// A message of SNS has 256 KiB at most (Publish API); an entry has about 300 bytes.
const MOST_ENTRIES: usize = 200;
/// Entries that the text names; chat cuts what is longer.
const MOST_NAMED: usize = 5;

/// A message about one digest. Holds no address and no secret.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TopicMessage {
    /// The version of this shape.
    pub schema_version: u32,
    /// A line for chat and the title of a ticket.
    pub text: String,
    /// The account, its name cleaned.
    pub account: Value,
    /// The run.
    pub run_id: String,
    /// `audit` or `enforce`.
    pub mode: Value,
    /// Who is told, as a role and not as an address.
    pub recipient: RecipientRole,
    /// Whether the mail went: `sent` or `failed`.
    pub mail: &'static str,
    /// Users, keys, steps and reasons, at most 200 of them.
    pub entries: Vec<Value>,
    /// How many there are.
    pub count: usize,
}

/// The message of a digest that was just mailed, or that can be mailed to nobody; none where nothing new was to be told, or the mail
/// waits and a later run comes with it again.
#[must_use]
pub fn message(digest: &Digest, delivered: &Delivered) -> Option<TopicMessage> {
    let result = delivered.outcome.as_ref().ok()?;
    let mail = match (result.sent, result.failed) {
        (0, 0) => return None,
        (0, _) => "failed",
        _ => "sent",
    };
    let name = without_secrets(&line(&digest.account.name, LONGEST_NAME));
    Some(TopicMessage {
        schema_version: SCHEMA,
        text: text(digest, &name),
        account: serde_json::json!({ "id": digest.account.id, "name": name, "partition": digest.account.partition }),
        run_id: digest.run_id.to_string(),
        mode: serde_json::to_value(digest.mode).unwrap_or_default(),
        recipient: digest.recipient.role,
        mail,
        entries: digest.entries.iter().take(MOST_ENTRIES).map(fields).collect(),
        count: digest.entries.len(),
    })
}

fn fields(entry: &DigestEntry) -> Value {
    serde_json::json!({
        "user": entry.user, "access_key_id": entry.access_key_id, "replacement": entry.replacement, "step": entry.step,
        "status": entry.status, "reason": entry.reason, "due": entry.due,
    })
}

fn text(digest: &Digest, name: &str) -> String {
    let named = digest.entries.iter().take(MOST_NAMED).map(|entry| {
        let what = match entry.status {
            StepStatus::Done => entry.step.as_str().to_owned(),
            other => format!("{} {}", entry.step.as_str(), other.as_str()),
        };
        format!("{} {what} ({})", entry.user, entry.reason.code())
    });
    let named: Vec<_> = named.collect();
    let more = digest.entries.len().saturating_sub(named.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("Keywheel, account {name} ({}): {}{more}", digest.account.id, named.join(", "))
}

#[cfg(test)]
mod tests {
    use keywheel_core::contract::digest::NotificationResult;
    use serde_json::json;

    use super::*;

    fn digest(count: usize) -> Digest {
        let entry = |number| {
            json!({ "notice_id": format!("{number:032x}"), "user": format!("user-{number}"), "step": "create", "status": "done",
                "reason": "rotation-due", "instructions": ["ask bob@example.com"], "detail": "mail to bob@example.com" })
        };
        let digest = json!({
            "schema_version": 1, "run_id": "r", "mode": "enforce", "at": "2026-11-20T02:00:00Z", "region": "eu-central-1",
            "account": { "id": "111122223333", "name": "pay\r\nments", "partition": "aws" }, "template": "digest",
            "recipient": { "email": "owner@example.com", "role": "account-owner" },
            "periods": { "rotation": 90, "install_grace": 10, "recovery_grace": 35 },
            "entries": (0..count).map(entry).collect::<Vec<_>>(),
        });
        serde_json::from_value(digest).unwrap()
    }

    fn delivered(sent: usize, deferred: usize, failed: usize) -> Delivered {
        let outcome = Ok(NotificationResult { sent, deferred, failed });
        Delivered { outcome, sent_before: 0, message_id: None, refusal: None, fallback: None }
    }

    #[test]
    fn a_message_has_no_address_and_names_five() {
        let message = message(&digest(7), &delivered(7, 0, 0)).unwrap();
        assert!(message.text.starts_with("Keywheel, account pay ments (111122223333): user-0 create (rotation-due), "));
        assert!(message.text.ends_with("user-4 create (rotation-due) and 2 more"), "{}", message.text);
        let whole = serde_json::to_string(&message).unwrap();
        assert!(!whole.contains('@') && whole.contains("user-6") && whole.contains(r#""mail":"sent""#), "{whole}");
    }

    #[test]
    fn nothing_is_said_of_what_waits_or_was_said_before() {
        assert!(message(&digest(1), &delivered(0, 1, 0)).is_none());
        assert!(message(&digest(1), &delivered(0, 0, 0)).is_none());
        assert_eq!(message(&digest(1), &delivered(0, 0, 1)).unwrap().mail, "failed");
    }

    #[test]
    fn the_longest_message_fits_into_sns() {
        let message = message(&digest(5_000), &delivered(5_000, 0, 0)).unwrap();
        assert_eq!((message.entries.len(), message.count), (MOST_ENTRIES, 5_000));
        assert!(serde_json::to_string(&message).unwrap().len() < 250_000);
    }
}
