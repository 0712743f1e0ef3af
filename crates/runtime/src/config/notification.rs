//! What notification is told.

use super::mailer::MailerConfig;
use super::reader::{InvalidConfiguration, Reader};
use super::{StateLocation, check_log_level, parse, variable};

/// What notification is told by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationConfig {
    /// The S3 bucket of the templates.
    pub template_bucket: String,
    /// The prefix of the templates; ends in `/`.
    pub template_prefix: String,
    /// The address that mails come from.
    pub sender_email: String,
    /// The address that answers go to; none means the sender.
    pub reply_to: Option<String>,
    /// What sends the mails.
    pub mailer: MailerConfig,
    /// The ARN of the topic that gets a message per digest.
    pub topic: Option<String>,
    /// Where records of notices live.
    pub state: StateLocation,
}

impl NotificationConfig {
    /// Reads the variables of notification.
    ///
    /// # Errors
    /// Names every variable that is missing or wrong.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, InvalidConfiguration> {
        let mut reader = Reader::new(&lookup);
        check_log_level(&mut reader);
        let template_bucket = reader.value(&variable::TEMPLATE_BUCKET, parse::bucket);
        let template_prefix = reader.value(&variable::TEMPLATE_PREFIX, parse::prefix);
        let sender_email = reader.value(&variable::SENDER_EMAIL, parse::email);
        let reply_to = reader.optional(&variable::REPLY_TO, parse::email);
        let mailer = MailerConfig::read(&mut reader);
        let topic = reader.optional(&variable::SNS_TOPIC_ARN, parse::topic_arn);
        let state = StateLocation::read(&mut reader);
        reader.finish(|| {
            Some(Self {
                template_bucket: template_bucket?,
                template_prefix: template_prefix?,
                sender_email: sender_email?,
                reply_to: reply_to?,
                mailer: mailer?,
                topic: topic?,
                state: state?,
            })
        })
    }
}
