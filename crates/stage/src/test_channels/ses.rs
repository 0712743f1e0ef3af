//! SES that refuses, throttles and does not answer, and a topic beside it.

use aws_sdk_sns::Client as TopicClient;
use serde_json::{Value, json};

use super::digest::{Told, digest, tell};
use super::heard::Queue;
use super::mailers::{OTHER_TOPIC, WITH_OTHER_TOPIC, WITH_TOPIC};
use crate::policies::TOPIC;
use crate::stage::Stage;

/// A check's name, and what is wrong.
pub(super) type Outcome = (String, Vec<String>);

/// An answer of SES, and what becomes of the mail.
struct Case {
    name: &'static str,
    fault: fn() -> Value,
    counts: [u64; 3],
    says: &'static str,
}

const CASES: &[Case] = &[
    Case {
        name: "a mail that SES throttles is sent in the end",
        fault: || json!({ "error": "TooManyRequestsException", "status": 429, "times": 4 }),
        counts: [1, 0, 0],
        says: "",
    },
    Case {
        name: "a mail for which the day's quota has no room waits",
        fault: || json!({ "error": "LimitExceededException", "status": 400, "times": -1 }),
        counts: [0, 1, 0],
        says: "LimitExceededException",
    },
    Case {
        name: "a mail that SES refuses is recorded as failed",
        fault: || json!({ "error": "MessageRejected", "status": 400, "times": -1 }),
        counts: [0, 0, 1],
        says: "MessageRejected",
    },
    Case {
        name: "a mail for which SES has no answer waits",
        fault: || json!({ "delay_ms": 60_000, "times": -1 }),
        counts: [0, 1, 0],
        says: "ses:SendEmail",
    },
];

/// Tries every answer, and the topic.
pub(super) async fn check(stage: &Stage, outcomes: &mut Vec<Outcome>) -> anyhow::Result<()> {
    topic(stage, outcomes).await?;
    for (number, case) in CASES.iter().enumerate() {
        let digest = digest(stage, "owner@example.com", 3_000 + u32::try_from(number)?);
        let function = crate::functions::NOTIFICATION;
        let mut fault = (case.fault)();
        fault["operation"] = json!("ses:SendEmail");
        stage.admin.add_fault(fault).await?;
        let told = tell(stage, function, &digest).await?;
        stage.admin.clear_faults().await?;
        let is_right = told.counts == Some(case.counts) && told.detail.contains(case.says);
        outcomes.push((format!("SES: {}", case.name), wrong(is_right, &told)));
        if case.counts[0] == 0 {
            let again = tell(stage, function, &digest).await?;
            let is_sent = again.counts == Some([1, 0, 0]) && again.state == "sent";
            outcomes.push((format!("SES: {}, and the next run sends it", case.name), wrong(is_sent, &again)));
        }
    }
    Ok(())
}

async fn topic(stage: &Stage, outcomes: &mut Vec<Outcome>) -> anyhow::Result<()> {
    let hub = stage.clients.root_of(stage.organization.hub());
    let (client, queue) = (TopicClient::new(&hub), Queue::make(&hub, "keywheel-topic").await?);
    for name in [TOPIC, OTHER_TOPIC] {
        let arn = client.create_topic().name(name).send().await?.topic_arn.unwrap_or_default();
        let subscribe = client.subscribe().topic_arn(arn).protocol("sqs").endpoint(&queue.arn);
        subscribe.attributes("RawMessageDelivery", "true").send().await?;
    }
    let first = tell(stage, WITH_TOPIC, &digest(stage, "owner@example.com", 4_000)).await?;
    let heard = queue.take(1).await?;
    let is_told = heard.len() == 1
        && heard.iter().all(|message| {
            let text = message.body.to_string();
            let is_whole = message.body["entries"][0]["user"] == "alice" && text.contains("rotation-due");
            is_whole && !text.contains('@') && message.mail.as_deref() == Some("sent")
        });
    let is_right = first.counts == Some([1, 0, 0]) && is_told;
    outcomes.push((
        "SNS: the topic gets one message per digest, with no address".to_owned(),
        if is_right { Vec::new() } else { vec![format!("{first:?}, {heard:?}")] },
    ));
    let other = tell(stage, WITH_OTHER_TOPIC, &digest(stage, "owner@example.com", 4_001)).await?;
    let heard = queue.take(0).await?;
    let logged = logged(stage, WITH_OTHER_TOPIC, "the topic was not told").await?;
    let counted = logged_count(stage, WITH_OTHER_TOPIC).await?;
    let is_right = other.counts == Some([1, 0, 0]) && heard.is_empty() && logged && counted;
    outcomes.push((
        "SNS: a topic that refuses loses no mail, and is reported".to_owned(),
        if is_right { Vec::new() } else { vec![format!("{other:?}, {heard:?}, logged {logged}, counted {counted}")] },
    ));
    Ok(())
}

/// Whether a function logged this, with what was not allowed.
pub(super) async fn logged(stage: &Stage, function: &str, words: &str) -> anyhow::Result<bool> {
    let lines = stage.admin.function_log().await?;
    let mut of_function = lines.iter().filter(|line| line.function == function);
    Ok(of_function.any(|line| line.line.contains(words) && line.line.contains("not authorized")))
}

async fn logged_count(stage: &Stage, function: &str) -> anyhow::Result<bool> {
    let lines = stage.admin.function_log().await?;
    let mut of_function = lines.iter().filter(|line| line.function == function);
    Ok(of_function.any(|line| line.line.contains("\"TopicMessagesFailed\":1")))
}

fn wrong(is_right: bool, told: &Told) -> Vec<String> {
    if is_right { Vec::new() } else { vec![format!("{told:?}")] }
}
