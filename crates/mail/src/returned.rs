//! Reads what SES tells of mails that came back, by way of an SNS topic (SES developer guide, "Contents of event data that Amazon SES
//! publishes to Amazon SNS").

mod note;

use keywheel_core::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::clean::quoted;

pub use note::note;

/// Longer than any message id of SES.
const LONGEST_ID: usize = 128;

/// A mail that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// SES's id of the message.
    pub message_id: String,
    /// When SES took it, where it says so.
    pub sent_at: Option<Timestamp>,
    /// Why, in SES's words: the kind of bounce, such as `General` or `Suppressed`.
    pub why: String,
}

#[derive(Deserialize)]
struct SesEvent {
    #[serde(rename = "eventType")]
    event_type: String,
    mail: SesMail,
    bounce: Option<Bounce>,
    reject: Option<Reject>,
}

#[derive(Deserialize)]
struct Reject {
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct SesMail {
    #[serde(rename = "messageId")]
    message_id: String,
    timestamp: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Bounce {
    #[serde(rename = "bounceType")]
    bounce_type: String,
    #[serde(rename = "bounceSubType", default)]
    bounce_sub_type: String,
}

/// The mails that did not arrive, where the event is of an SNS topic; none where it is another event. SES tells of a bounce when it has given
/// up, also of one that it calls transient, such as of a full mailbox; only `General` of these may be an answering machine's. What SES refuses
/// itself, for a virus, is a reject.
#[must_use]
pub fn parse(event: &Value) -> Option<Vec<Returned>> {
    let records = event.get("Records")?.as_array()?;
    Some(records.iter().filter_map(returned).collect())
}

fn returned(record: &Value) -> Option<Returned> {
    let text = record.get("Sns")?.get("Message")?.as_str()?;
    let event: SesEvent = serde_json::from_str(text).ok()?;
    let why = match (event.event_type.as_str(), event.bounce, event.reject) {
        ("Bounce", Some(bounce), _) if bounce.is_lost() => {
            format!("it came back ({})", quoted(&bounce.bounce_sub_type, 60))
        }
        ("Reject", _, Some(reject)) => format!("SES refused it ({})", quoted(&reject.reason, 60)),
        _ => return None,
    };
    let message_id = event.mail.message_id;
    // It becomes a part of a key in S3.
    let is_id = |c: char| c.is_ascii_alphanumeric() || "-@.".contains(c);
    let is_one = (1..=LONGEST_ID).contains(&message_id.len()) && message_id.chars().all(is_id);
    is_one.then_some(Returned { message_id, sent_at: event.mail.timestamp, why })
}

impl Bounce {
    fn is_lost(&self) -> bool {
        match self.bounce_type.as_str() {
            "Permanent" | "Undetermined" => true,
            "Transient" => self.bounce_sub_type != "General",
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(message: &Value) -> Value {
        json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Type": "Notification", "Message": message.to_string() } }] })
    }

    fn bounce(event_type: &str, bounce_type: &str, message_id: &str) -> Value {
        json!({
            "eventType": event_type,
            "bounce": {
                "bounceType": bounce_type, "bounceSubType": "General",
                "bouncedRecipients": [{ "emailAddress": "owner@example.com", "status": "5.1.1" }],
            },
            "mail": { "messageId": message_id, "tags": { "ses:configuration-set": ["keywheel"] } },
        })
    }

    #[test]
    fn a_mail_that_came_back_for_good_is_named_by_its_message() {
        let told = parse(&event(&bounce("Bounce", "Permanent", "0102018f-0a1b-000000"))).unwrap();
        let expected = Returned {
            message_id: "0102018f-0a1b-000000".to_owned(),
            sent_at: None,
            why: "it came back (General)".to_owned(),
        };
        assert_eq!(told, [expected]);
    }

    #[test]
    fn whatever_ses_gave_up_did_not_arrive() {
        let why = |event_type: &str, details: Value| {
            let mail = json!({ "messageId": "0102018f", "timestamp": "2026-11-20T02:00:07.000Z" });
            let mut message = json!({ "eventType": event_type, "mail": mail });
            message.as_object_mut().unwrap().extend(details.as_object().unwrap().clone());
            let told = parse(&event(&message)).unwrap().pop().unwrap();
            assert_eq!(told.sent_at, Some("2026-11-20T02:00:07Z".parse().unwrap()));
            told.why
        };
        let bounce =
            |kind: &str, sub_type: &str| json!({ "bounce": { "bounceType": kind, "bounceSubType": sub_type } });
        for sub_type in ["MailboxFull", "MessageTooLarge", "ContentRejected", "AttachmentRejected"] {
            assert_eq!(why("Bounce", bounce("Transient", sub_type)), format!("it came back ({sub_type})"));
        }
        assert_eq!(why("Bounce", bounce("Undetermined", "Undetermined")), "it came back (Undetermined)");
        assert_eq!(why("Reject", json!({ "reject": { "reason": "Bad content" } })), "SES refused it (Bad content)");
    }

    #[test]
    fn nothing_else_that_ses_tells_is_such_a_mail() {
        for (event_type, bounce_type, message_id) in [
            // An answering machine, perhaps.
            ("Bounce", "Transient", "0102018f"),
            ("Complaint", "Permanent", "0102018f"),
            ("Bounce", "Permanent", "../ledger/111122223333"),
            ("Bounce", "Permanent", ""),
        ] {
            let told = parse(&event(&bounce(event_type, bounce_type, message_id)));
            assert_eq!(told, Some(Vec::new()), "{event_type} {bounce_type} {message_id}");
        }
        assert_eq!(
            parse(&event(&json!("Successfully validated SNS topic for Amazon SES event publishing."))),
            Some(Vec::new())
        );
    }

    #[test]
    fn a_digest_is_no_event_of_a_topic() {
        assert_eq!(parse(&json!({ "schema_version": 1, "entries": [] })), None);
    }
}
