//! Sends mail through SES.

mod standing;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::Builder;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{
    Attachment, AttachmentContentDisposition, AttachmentContentTransferEncoding, Body, Content, Destination,
    EmailContent, Message, MessageHeader,
};
use keywheel_engine::ports::{ErrorKind, PortError};
use keywheel_mail::ports::{Delivery, Mail, Mailer};

use crate::error::{code, port_error};
use crate::patience::{Patience, Throttled};
use standing::{Known, Standing};

const SEND: &str = "ses:SendEmail";
const GET_ACCOUNT: &str = "ses:GetAccount";
/// How long a mail is tried while SES throttles: far less than the 15 minutes that the function has.
const PATIENCE: Duration = Duration::from_mins(3);

/// SES, version 2 of its API.
#[derive(Debug)]
pub struct SesMailer {
    client: Client,
    configuration_set: Option<String>,
    patience: Patience,
    known: Known,
}

impl SesMailer {
    /// SES of the configuration's account and region; the configuration set is SES's, for events such as bounces.
    #[must_use]
    pub fn new(config: &SdkConfig, configuration_set: Option<String>) -> Self {
        let patience = Patience::new(config, PATIENCE);
        Self { client: Client::new(config), configuration_set, patience, known: Known::default() }
    }

    /// Asks SES what the account may send, unless it was asked a moment ago. Without an answer mails go out: SendEmail refuses
    /// by itself what may not be sent.
    async fn ask(&self) {
        if !self.known.is_stale() {
            return;
        }
        // Once: whoever waits for this call while SES throttles it could have sent the mail.
        let once = Builder::new().retry_config(RetryConfig::disabled());
        let answer = self.client.get_account().customize().config_override(once).send().await;
        let answer = answer.map_err(|error| port_error(GET_ACCOUNT, &error));
        if let Err(error) = &answer {
            tracing::warn!(%error, "what SES lets the account send today is not known");
        }
        self.known.keep(answer.ok().as_ref().map(Standing::of));
    }

    async fn once(&self, mail: &Mail<'_>, content: &EmailContent) -> Result<String, Refusal> {
        let sent = self
            .client
            .send_email()
            .from_email_address(mail.from)
            .set_reply_to_addresses(mail.reply_to.map(|address| vec![address.to_owned()]))
            .destination(Destination::builder().to_addresses(mail.to).build())
            .content(content.clone())
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await;
        match sent {
            Ok(answer) => Ok(answer.message_id.unwrap_or_default()),
            Err(error) => {
                let code = code(&error).unwrap_or_default().to_owned();
                Err(Refusal { code, error: port_error(SEND, &error) })
            }
        }
    }

    fn refused(&self, refusal: &Refusal) -> Delivery {
        let waits = refusal.is_a_matter_of_time();
        let why = if refusal.lacks_verification() && self.known.is_in_sandbox() {
            format!(
                "SES is in its sandbox, so the recipient's address has to be verified; ask for production access: {}",
                refusal.error
            )
        } else {
            refusal.error.to_string()
        };
        if waits { Delivery::Deferred { why } } else { Delivery::Rejected { why } }
    }
}

impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail<'_>) -> Delivery {
        let content = match content(mail) {
            Ok(content) => content,
            Err(error) => return Delivery::Rejected { why: error.to_string() },
        };
        self.ask().await;
        if let Some(why) = self.known.wait(mail.urgency) {
            return Delivery::Deferred { why };
        }
        match self.patience.with(|| self.once(mail, &content)).await {
            Ok(message_id) => {
                self.known.count();
                Delivery::Sent { message_id }
            }
            Err(refusal) => self.refused(&refusal),
        }
    }
}

/// Why SES did not take a mail.
struct Refusal {
    code: String,
    error: PortError,
}

impl Refusal {
    /// What passes by itself, or what somebody mends who is not the recipient: rate and quota, a pause, a permission, an identity, a
    /// configuration set that is not there.
    fn is_a_matter_of_time(&self) -> bool {
        let code = self.code.as_str();
        matches!(code, "LimitExceededException" | "SendingPausedException" | "AccountSuspendedException")
            || matches!(code, "MailFromDomainNotVerifiedException" | "NotFoundException")
            || self.error.is_transient()
            || self.error.kind == ErrorKind::Denied
            || self.lacks_verification()
    }

    /// An identity is not verified: the sender's, or in the sandbox the recipient's (SES, errors of SendEmail).
    fn lacks_verification(&self) -> bool {
        self.code == "MessageRejected" && self.error.message.contains("not verified")
    }
}

impl Throttled for Refusal {
    /// Throttled for the second, not for the day.
    fn is_throttled(&self) -> bool {
        self.error.is_throttled() && !self.error.message.contains("Daily message quota")
    }
}

fn content(mail: &Mail<'_>) -> Result<EmailContent, BuildError> {
    let text = |data: &str| Content::builder().data(data).charset("UTF-8").build();
    let body = Body::builder().html(text(mail.html)?).text(text(mail.text)?).build();
    let mut message = Message::builder().subject(text(mail.subject)?).body(body);
    for (name, value) in mail.headers {
        message = message.headers(MessageHeader::builder().name(*name).value(*value).build()?);
    }
    for file in mail.attachments {
        let attachment = Attachment::builder()
            .file_name(&file.file_name)
            .raw_content(Blob::new(file.content))
            .content_type("application/octet-stream")
            .content_disposition(AttachmentContentDisposition::Attachment)
            .content_transfer_encoding(AttachmentContentTransferEncoding::Base64);
        message = message.attachments(attachment.build()?);
    }
    Ok(EmailContent::builder().simple(message.build()).build())
}

#[cfg(test)]
mod tests;
