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

/// The message of what was just mailed of a digest, or can be mailed to nobody; none where nothing new was to be told, or the mail waits
/// and a later run comes with it again.
#[must_use]
pub fn message(digest: &Digest, delivered: &Delivered) -> Option<TopicMessage> {
    let told = delivered.told.as_ref()?;
    let mut new = told.notices.clone();
    let entries: Vec<_> = digest.entries.iter().filter(|entry| new.remove(&entry.notice_id)).collect();
    let name = without_secrets(&line(&digest.account.name, LONGEST_NAME));
    Some(TopicMessage {
        schema_version: SCHEMA,
        text: text(digest, &entries, &name),
        account: serde_json::json!({ "id": digest.account.id, "name": name, "partition": digest.account.partition }),
        run_id: digest.run_id.to_string(),
        mode: serde_json::to_value(digest.mode).unwrap_or_default(),
        recipient: digest.recipient.role,
        mail: if told.is_sent { "sent" } else { "failed" },
        entries: entries.iter().take(MOST_ENTRIES).map(|entry| fields(entry)).collect(),
        count: entries.len(),
    })
}

fn fields(entry: &DigestEntry) -> Value {
    serde_json::json!({
        "user": entry.user, "access_key_id": entry.access_key_id, "replacement": entry.replacement, "step": entry.step,
        "status": entry.status, "reason": entry.reason, "due": entry.due,
    })
}

fn text(digest: &Digest, entries: &[&DigestEntry], name: &str) -> String {
    let named = entries.iter().take(MOST_NAMED).map(|entry| {
        let what = match entry.status {
            StepStatus::Done => entry.step.as_str().to_owned(),
            other => format!("{} {}", entry.step.as_str(), other.as_str()),
        };
        format!("{} {what} ({})", inert(entry.user.as_str()), entry.reason.code())
    });
    let named: Vec<_> = named.collect();
    let more = entries.len().saturating_sub(named.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let id = &digest.account.id;
    let account = if name.is_empty() { id.to_string() } else { format!("{} ({id})", inert(name)) };
    format!("Keywheel, account {account}: {}{more}", named.join(", "))
}

/// A name that is none of what chats make of text: a link, a mention, a call of everybody.
fn inert(name: &str) -> String {
    let mut inert = String::with_capacity(name.len());
    let mut before = ' ';
    for c in name.replace("://", ": //").chars() {
        inert.push(match c {
            '<' => '\u{2039}',
            '>' => '\u{203a}',
            '[' => '(',
            ']' => ')',
            '|' => '/',
            '*' => '\u{b7}',
            // Of a word's beginning: an address in the middle of a name stays one.
            '@' if !before.is_alphanumeric() => '\u{ff20}',
            other => other,
        });
        before = c;
    }
    inert
}

#[cfg(test)]
mod tests {
    use keywheel_core::contract::digest::NotificationResult;
    use serde_json::json;

    use super::*;
    use crate::deliver::Told;

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

    /// The first notices of the digest were told just now.
    fn told(digest: &Digest, count: usize, is_sent: bool) -> Delivered {
        let notices = digest.entries.iter().take(count).map(|entry| entry.notice_id.clone()).collect();
        Delivered { told: Some(Told { notices, is_sent }), ..nothing() }
    }

    fn nothing() -> Delivered {
        let outcome = Ok(NotificationResult::default());
        Delivered { outcome, sent_before: 0, message_id: None, told: None, refusal: None, fallback: None }
    }

    #[test]
    fn a_message_has_no_address_and_names_five() {
        let digest = digest(7);
        let message = message(&digest, &told(&digest, 7, true)).unwrap();
        assert!(message.text.starts_with("Keywheel, account pay ments (111122223333): user-0 create (rotation-due), "));
        assert!(message.text.ends_with("user-4 create (rotation-due) and 2 more"), "{}", message.text);
        let whole = serde_json::to_string(&message).unwrap();
        assert!(!whole.contains('@') && whole.contains("user-6") && whole.contains(r#""mail":"sent""#), "{whole}");
    }

    #[test]
    fn nothing_is_said_of_what_waits_or_was_said_before() {
        assert!(message(&digest(1), &nothing()).is_none());
        let digest = digest(7);
        let sent = message(&digest, &told(&digest, 2, true)).unwrap();
        assert_eq!((sent.entries.len(), sent.count, sent.mail), (2, 2, "sent"));
        assert!(!sent.text.contains("more") && !sent.text.contains("user-2"), "{}", sent.text);
        assert_eq!(message(&digest, &told(&digest, 1, false)).unwrap().mail, "failed");
    }

    #[test]
    fn a_name_is_no_mention_no_link_and_may_be_empty() {
        let mut digest = digest(1);
        digest.entries[0].user = "@here".parse().unwrap();
        digest.account.name = "<!all> [x](https://x.example) *now* <y|z> @all a@b".to_owned();
        let text = |digest: &Digest| message(digest, &told(digest, 1, true)).unwrap().text;
        let inert = text(&digest);
        assert!(!inert.contains(['<', '>', '[', ']', '|', '*']) && !inert.contains("://"), "{inert}");
        assert!(!inert.contains(" @") && inert.contains("a@b") && inert.contains("\u{ff20}here create"), "{inert}");
        digest.account.name = String::new();
        assert!(text(&digest).starts_with("Keywheel, account 111122223333: "), "{}", text(&digest));
    }

    #[test]
    fn the_longest_message_fits_into_sns() {
        let digest = digest(5_000);
        let message = message(&digest, &told(&digest, 5_000, true)).unwrap();
        assert_eq!((message.entries.len(), message.count), (MOST_ENTRIES, 5_000));
        assert!(serde_json::to_string(&message).unwrap().len() < 250_000);
    }
}
