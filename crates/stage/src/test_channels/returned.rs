//! Mails that SES took and that came back, as SES tells of them by way of a topic.

use anyhow::Context;
use serde_json::{Value, json};

use super::digest::{digest, tell};
use super::ses::Outcome;
use crate::functions::NOTIFICATION;
use crate::stage::Stage;

/// A notice of its own.
const NOTICE: u32 = 3_900;

/// Tries what SES tells.
pub(super) async fn check(stage: &Stage, outcomes: &mut Vec<Outcome>) -> anyhow::Result<()> {
    let digest = digest(stage, "owner@example.com", NOTICE);
    let sent = tell(stage, NOTIFICATION, &digest).await?;
    let message_id = record(stage).await?["message_id"].as_str().context("a mail without an id")?.to_owned();
    let mut told = |name: &str, expected: &Value, found: &Value| {
        let wrong = if expected == found { Vec::new() } else { vec![format!("{found}, not {expected}; {sent:?}")] };
        outcomes.push((format!("SES: {name}"), wrong));
    };
    for (name, kind, id, state, failed) in [
        ("a bounce that passes changes nothing", "Transient", message_id.as_str(), "sent", 0),
        ("a bounce of a mail that is not ours changes nothing", "Permanent", "0102018f-0000-000000", "sent", 0),
        ("a mail that came back did not arrive", "Permanent", message_id.as_str(), "bounced", 1),
        ("a mail that came back is told of once", "Permanent", message_id.as_str(), "bounced", 0),
    ] {
        let answer = stage.functions.invoke(NOTIFICATION, &event(kind, id)).await?;
        let found = json!([record(stage).await?["state"], answer.payload["failed"]]);
        told(name, &json!([state, failed]), &found);
    }
    let again = tell(stage, NOTIFICATION, &digest).await?;
    told("what came back is sent again when it is asked for", &json!("sent"), &json!(again.state));
    Ok(())
}

async fn record(stage: &Stage) -> anyhow::Result<Value> {
    let records = stage.state.values(&format!("notices/{}/{NOTICE:032x}", stage.organization.hub())).await?;
    records.into_values().next().context("the notice has no record")
}

/// What SNS hands to a function (Lambda developer guide, "Invoking Lambda functions with Amazon SNS notifications").
fn event(kind: &str, message_id: &str) -> Value {
    let message = json!({
        "eventType": "Bounce",
        "bounce": { "bounceType": kind, "bounceSubType": "General" },
        "mail": { "messageId": message_id },
    });
    json!({ "Records": [{ "EventSource": "aws:sns", "Sns": { "Type": "Notification", "Message": message.to_string() } }] })
}
