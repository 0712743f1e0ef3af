//! Reads what SES tells of mails that came back, by way of an SNS topic (SES developer guide, "Contents of event data that Amazon SES
//! publishes to Amazon SNS").

use serde::Deserialize;
use serde_json::Value;

use crate::clean::line;

/// Longer than any message id of SES.
const LONGEST_ID: usize = 128;

/// A mail that came back for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// SES's id of the message.
    pub message_id: String,
    /// Why, in SES's words: the kind of bounce, such as `General` or `Suppressed`.
    pub why: String,
}

#[derive(Deserialize)]
struct SesEvent {
    #[serde(rename = "eventType")]
    event_type: String,
    mail: SesMail,
    bounce: Option<Bounce>,
}

#[derive(Deserialize)]
struct SesMail {
    #[serde(rename = "messageId")]
    message_id: String,
}

#[derive(Deserialize)]
struct Bounce {
    #[serde(rename = "bounceType")]
    bounce_type: String,
    #[serde(rename = "bounceSubType", default)]
    bounce_sub_type: String,
}

/// The mails that came back for good, where the event is of an SNS topic; none where it is another event. A bounce that passes, such as of
/// a full mailbox, and everything else that SES tells, is no such mail: SES goes on trying by itself, or nothing went wrong.
#[must_use]
pub fn parse(event: &Value) -> Option<Vec<Returned>> {
    let records = event.get("Records")?.as_array()?;
    Some(records.iter().filter_map(returned).collect())
}

fn returned(record: &Value) -> Option<Returned> {
    let text = record.get("Sns")?.get("Message")?.as_str()?;
    let event: SesEvent = serde_json::from_str(text).ok()?;
    let bounce = event.bounce.filter(|bounce| event.event_type == "Bounce" && bounce.bounce_type == "Permanent")?;
    let message_id = event.mail.message_id;
    // It becomes a part of a key in S3.
    let is_id = |c: char| c.is_ascii_alphanumeric() || "-@.".contains(c);
    let is_one = (1..=LONGEST_ID).contains(&message_id.len()) && message_id.chars().all(is_id);
    is_one.then(|| Returned { message_id, why: format!("it came back ({})", line(&bounce.bounce_sub_type, 60)) })
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
        let expected =
            Returned { message_id: "0102018f-0a1b-000000".to_owned(), why: "it came back (General)".to_owned() };
        assert_eq!(told, [expected]);
    }

    #[test]
    fn nothing_else_that_ses_tells_is_such_a_mail() {
        for (event_type, bounce_type, message_id) in [
            ("Bounce", "Transient", "0102018f"),
            ("Bounce", "Undetermined", "0102018f"),
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
