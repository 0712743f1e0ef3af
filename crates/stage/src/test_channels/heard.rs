//! What a topic or a bus passes on: a queue that listens to it.

use std::time::{Duration, Instant};

use anyhow::Context;
use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::{Value, json};

/// How long a message may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A queue.
pub(super) struct Queue {
    client: Client,
    url: String,
    /// Its ARN.
    pub(super) arn: String,
}

/// A message: its text, and the values of its attributes by name.
#[derive(Debug)]
pub(super) struct Heard {
    /// The text, which is JSON.
    pub(super) body: Value,
    /// The attribute `mail`, which a topic's message has.
    pub(super) mail: Option<String>,
}

impl Queue {
    /// Makes a queue that takes what topics and rules of its account send.
    pub(super) async fn make(config: &SdkConfig, name: &str) -> anyhow::Result<Self> {
        let client = Client::new(config);
        let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sqs:SendMessage",
            "Principal": { "Service": ["sns.amazonaws.com", "events.amazonaws.com"] }, "Resource": "*" }] });
        let create = client.create_queue().queue_name(name).attributes(QueueAttributeName::Policy, policy.to_string());
        let url = create.send().await?.queue_url.context("a queue without a URL")?;
        let attributes = client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::QueueArn);
        let attributes = attributes.send().await?.attributes.unwrap_or_default();
        let arn = attributes.get(&QueueAttributeName::QueueArn).context("a queue without an ARN")?.clone();
        Ok(Self { client, url, arn })
    }

    /// So many messages, or as many as come in time.
    pub(super) async fn take(&self, count: usize) -> anyhow::Result<Vec<Heard>> {
        let (began, mut heard) = (Instant::now(), Vec::new());
        while heard.len() < count && began.elapsed() < PATIENCE {
            heard.extend(self.next(1).await?);
        }
        heard.extend(self.next(0).await?);
        Ok(heard)
    }

    async fn next(&self, seconds: i32) -> anyhow::Result<Vec<Heard>> {
        let receive = self.client.receive_message().queue_url(&self.url).max_number_of_messages(10);
        let answer = receive.message_attribute_names("All").wait_time_seconds(seconds).send().await?;
        let mut heard = Vec::new();
        for message in answer.messages.unwrap_or_default() {
            let receipt = message.receipt_handle.unwrap_or_default();
            self.client.delete_message().queue_url(&self.url).receipt_handle(receipt).send().await?;
            let mail = message.message_attributes.unwrap_or_default().remove("mail");
            let body = serde_json::from_str(&message.body.unwrap_or_default())?;
            heard.push(Heard { body, mail: mail.and_then(|value| value.string_value) });
        }
        Ok(heard)
    }
}
