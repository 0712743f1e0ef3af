//! Sends mail through SES.

use aws_config::SdkConfig;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::BuildError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{
    Attachment, AttachmentContentDisposition, AttachmentContentTransferEncoding, Body, Content, Destination,
    EmailContent, Message, MessageHeader,
};
use keywheel_engine::ports::ErrorKind;
use keywheel_mail::ports::{Delivery, Mail, Mailer};

use crate::error::{code, port_error};

const SEND: &str = "ses:SendEmail";

/// SES, version 2 of its API.
#[derive(Clone, Debug)]
pub struct SesMailer {
    client: Client,
    configuration_set: Option<String>,
}

impl SesMailer {
    /// SES of the configuration's account and region; the configuration set is SES's, for events such as bounces.
    #[must_use]
    pub fn new(config: &SdkConfig, configuration_set: Option<String>) -> Self {
        Self { client: Client::new(config), configuration_set }
    }
}

impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail<'_>) -> Delivery {
        let content = match content(mail) {
            Ok(content) => content,
            Err(error) => return Delivery::Rejected { why: error.to_string() },
        };
        let sent = self
            .client
            .send_email()
            .from_email_address(mail.from)
            .set_reply_to_addresses(mail.reply_to.map(|address| vec![address.to_owned()]))
            .destination(Destination::builder().to_addresses(mail.to).build())
            .content(content)
            .set_configuration_set_name(self.configuration_set.clone())
            .send()
            .await;
        match sent {
            Ok(answer) => Delivery::Sent { message_id: answer.message_id.unwrap_or_default() },
            Err(error) => {
                let waits = code(&error).is_some_and(is_a_matter_of_time);
                let failure = port_error(SEND, &error);
                let why = failure.to_string();
                if waits || failure.is_transient() || failure.kind == ErrorKind::Denied {
                    Delivery::Deferred { why }
                } else {
                    Delivery::Rejected { why }
                }
            }
        }
    }
}

/// The quota, or a pause that AWS or the account's owner can lift (SESv2 API, errors of SendEmail).
fn is_a_matter_of_time(code: &str) -> bool {
    matches!(code, "LimitExceededException" | "SendingPausedException" | "AccountSuspendedException")
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
mod tests {
    use keywheel_mail::ports::Attachment;

    use super::*;
    use crate::wire::{Answer, Wire, json, json_error};

    const MAIL: Mail<'_> = Mail {
        from: "keys@example.com",
        reply_to: None,
        to: "owner@example.com",
        subject: "Access keys",
        html: "<p>hello</p>",
        text: "hello",
        headers: &[("Auto-Submitted", "auto-generated")],
        attachments: &[],
    };

    async fn send_over(answer: fn() -> Answer) -> (Delivery, serde_json::Value) {
        let wire = Wire::new(move |_, _| answer());
        let delivery = SesMailer::new(&wire.config(), None).send(&MAIL).await;
        (delivery, serde_json::from_str(&wire.sent()[0].body).unwrap())
    }

    #[tokio::test]
    async fn a_mail_goes_out_with_both_parts_and_its_headers() {
        let (delivery, body) = send_over(|| json(200, r#"{"MessageId":"m-1"}"#)).await;
        assert_eq!(delivery, Delivery::Sent { message_id: "m-1".to_owned() });
        let simple = &body["Content"]["Simple"];
        assert_eq!(simple["Body"]["Html"]["Data"], "<p>hello</p>");
        assert_eq!(simple["Body"]["Text"]["Data"], "hello");
        assert_eq!(simple["Headers"], serde_json::json!([{ "Name": "Auto-Submitted", "Value": "auto-generated" }]));
        assert_eq!((body.get("ReplyToAddresses"), body.get("ConfigurationSetName")), (None, None));
    }

    #[tokio::test]
    async fn an_attachment_goes_out_byte_by_byte() {
        let wire = Wire::new(|_, _| json(200, r#"{"MessageId":"m-1"}"#));
        let attachments = [Attachment { file_name: "AKIAIOSFODNN7EXAMPLE.age".to_owned(), content: "-----BEGIN\n" }];
        let mail = Mail { attachments: &attachments, ..MAIL };
        SesMailer::new(&wire.config(), None).send(&mail).await;
        let body: serde_json::Value = serde_json::from_str(&wire.sent()[0].body).unwrap();
        let attached = &body["Content"]["Simple"]["Attachments"];
        assert_eq!(attached[0]["FileName"], "AKIAIOSFODNN7EXAMPLE.age");
        assert_eq!(attached[0]["RawContent"], "LS0tLS1CRUdJTgo=");
        assert_eq!(attached[0]["ContentDisposition"], "ATTACHMENT");
        assert_eq!((attached.as_array().unwrap().len(), body["Content"].get("Raw")), (1, None));
    }

    #[tokio::test]
    async fn what_time_can_mend_is_deferred_and_the_rest_rejected() {
        let answers: [(fn() -> Answer, bool); 6] = [
            (|| Answer::Lost, true),
            (|| json_error(429, "TooManyRequestsException", "later"), true),
            (|| json_error(400, "LimitExceededException", "the day's quota"), true),
            (|| json_error(400, "SendingPausedException", "paused"), true),
            (|| json_error(400, "MessageRejected", "Email address is not verified."), false),
            (|| json_error(400, "BadRequestException", "Illegal address"), false),
        ];
        for (answer, deferred) in answers {
            let (delivery, _) = send_over(answer).await;
            assert_eq!(matches!(delivery, Delivery::Deferred { .. }), deferred, "{delivery:?}");
            assert_eq!(matches!(delivery, Delivery::Rejected { .. }), !deferred, "{delivery:?}");
        }
    }
}
