//! Tells an SNS topic of what was mailed.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sns::Client;
use aws_sdk_sns::error::BuildError;
use aws_sdk_sns::types::MessageAttributeValue;
use keywheel_engine::ports::{ErrorKind, PortError};
use keywheel_mail::topic::TopicMessage;

use crate::error::port_error;
use crate::patience::Patience;

const PUBLISH: &str = "sns:Publish";
/// How long a message is tried while SNS throttles.
const PATIENCE: Duration = Duration::from_mins(1);

/// A topic for chat and tickets.
#[derive(Clone, Debug)]
pub struct Topic {
    client: Client,
    arn: String,
    patience: Patience,
}

impl Topic {
    /// The topic of this ARN.
    #[must_use]
    pub fn new(config: &SdkConfig, arn: impl Into<String>) -> Self {
        Self { client: Client::new(config), arn: arn.into(), patience: Patience::new(config, PATIENCE) }
    }

    /// Publishes a message, and says its id. After a lost answer it is published again.
    ///
    /// # Errors
    /// Fails when SNS did not take it.
    pub async fn publish(&self, message: &TopicMessage) -> Result<String, PortError> {
        let text = serde_json::to_string(message).map_err(|error| invalid(&error))?;
        self.patience.with(|| self.once(message, &text)).await
    }

    async fn once(&self, message: &TopicMessage, text: &str) -> Result<String, PortError> {
        let request = self.client.publish().topic_arn(&self.arn).message(text);
        // What subscriptions filter by.
        let account = message.account["id"].as_str().unwrap_or_default();
        let request = request.message_attributes("account", attribute(account).map_err(|error| invalid(&error))?);
        let request = request.message_attributes("mail", attribute(message.mail).map_err(|error| invalid(&error))?);
        let recipient = message.recipient.as_str();
        let request = request.message_attributes("recipient", attribute(recipient).map_err(|error| invalid(&error))?);
        let answer = request.send().await.map_err(|error| port_error(PUBLISH, &error))?;
        Ok(answer.message_id.unwrap_or_default())
    }
}

fn attribute(text: &str) -> Result<MessageAttributeValue, BuildError> {
    MessageAttributeValue::builder().data_type("String").string_value(text).build()
}

fn invalid(error: &dyn std::error::Error) -> PortError {
    PortError { operation: PUBLISH, kind: ErrorKind::Invalid, message: error.to_string() }
}
