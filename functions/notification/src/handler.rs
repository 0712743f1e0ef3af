//! One event: from the digest to the result.

use keywheel_aws::{S3State, S3Templates, SdkConfig, SystemClock, Topic};
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::digest::{Digest, NotificationResult};
use keywheel_core::contract::mailed::MailedNotices;
use keywheel_engine::ports::{Clock, PortError};
use keywheel_mail::returned::{self, Returned};
use keywheel_mail::topic::message;
use keywheel_mail::{Delivered, DeliveryFailed, Post, Sender, Templates, address, deliver, event};
use keywheel_runtime::telemetry::{Metric, emit};
use keywheel_runtime::{ErrorName, Function, FunctionError, Handler, Invocation, NotificationConfig};
use serde_json::Value;
use tracing::Instrument;

use crate::mailer::AnyMailer;

/// The function, started.
pub(crate) struct Notification {
    config: NotificationConfig,
    notices: S3State,
    mailer: AnyMailer,
    templates: Templates<S3Templates>,
    topic: Option<Topic>,
}

impl Handler for Notification {
    type Response = NotificationResult;

    async fn handle(&self, event: Value, _: Invocation) -> Result<NotificationResult, FunctionError> {
        if let Some(returned) = returned::parse(&event) {
            return self.note_returned(&returned).await.inspect_err(FunctionError::log);
        }
        let digest = event::parse(event).map_err(|error| FunctionError::because(ErrorName::EventInvalid, &error));
        let digest = digest.inspect_err(FunctionError::log)?;
        let (run_id, account) = (digest.run_id.as_str(), digest.account.id.as_str());
        let span = tracing::info_span!("digest", run_id, account, template = digest.template.as_str());
        Box::pin(self.deliver(&digest)).instrument(span).await
    }
}

impl Notification {
    pub(crate) fn new(config: NotificationConfig, sdk: &SdkConfig) -> Result<Self, FunctionError> {
        let store = S3Templates::new(sdk, config.template_bucket.as_str(), config.template_prefix.as_str());
        let templates = Templates::new(Some(store));
        Ok(Self {
            notices: S3State::new(sdk, config.state.bucket.as_str(), config.state.prefix.as_str()),
            mailer: AnyMailer::new(&config.mailer, sdk),
            templates: templates.map_err(|error| FunctionError::because(ErrorName::Internal, &error))?,
            topic: config.topic.as_deref().map(|arn| Topic::new(sdk, arn)),
            config,
        })
    }

    async fn deliver(&self, digest: &Digest) -> Result<NotificationResult, FunctionError> {
        let sender = Sender { from: &self.config.sender_email, reply_to: self.config.reply_to.as_deref() };
        let (notices, mailer, templates) = (&self.notices, &self.mailer, &self.templates);
        let post = Post { notices, mailer, templates, clock: &SystemClock, sender };
        let delivered = Box::pin(deliver(&post, digest)).await;
        log(digest, &delivered);
        self.note_mail(digest, &delivered).await;
        let published = self.publish(digest, &delivered).await;
        count(digest, &delivered, usize::from(published.is_err()));
        delivered.outcome.map_err(|failed| failure(digest, &failed)).inspect_err(FunctionError::log)
    }
}

/// Mails that come back: SES takes nearly every mail, and tells later by way of a topic which did not arrive.
impl Notification {
    /// Notes the notices of a mail that SES took. Without that they stay recorded as sent if it comes back.
    async fn note_mail(&self, digest: &Digest, delivered: &Delivered) {
        let told = delivered.told.as_ref().filter(|told| told.is_sent && self.mailer.tells_of_returns());
        let Some((told, message_id)) = told.zip(delivered.message_id.as_ref()) else { return };
        let mail = MailedNotices {
            schema_version: SCHEMA,
            account: digest.account.id.clone(),
            message_id: message_id.clone(),
            notice_ids: told.notices.iter().cloned().collect(),
        };
        if let Err(error) = self.notices.note_mail(&mail).await {
            tracing::warn!(%error, message_id, "if this mail comes back, nobody will know its notices");
        }
    }

    async fn note_returned(&self, mails: &[Returned]) -> Result<NotificationResult, FunctionError> {
        let mut failed = 0;
        for mail in mails {
            let noted = self.note_one_returned(mail).await;
            failed += noted.map_err(|error| {
                let text = format!("message {}: what came back could not be recorded: {error}", mail.message_id);
                FunctionError::new(ErrorName::NotificationIncomplete, text)
            })?;
        }
        emit(Function::Notification, SystemClock.now(), &[(Metric::NoticesFailed, failed)], &[]);
        Ok(NotificationResult { failed, ..NotificationResult::default() })
    }

    /// How many notices came back with the mail.
    async fn note_one_returned(&self, returned: &Returned) -> Result<usize, PortError> {
        let Returned { message_id, why, .. } = returned;
        let Some((mail, notices)) = returned::note(&self.notices, &SystemClock, returned).await? else {
            tracing::info!(message_id, "a mail came back that is none of Keywheel's");
            return Ok(0);
        };
        let account = mail.account.as_str();
        tracing::error!(
            account,
            message_id,
            notices,
            why,
            "a mail did not arrive: the next run tells the account's owner"
        );
        Ok(notices)
    }
}

impl Notification {
    /// Tells the topic, after the mail: whatever becomes of it, the mail and its records stand.
    async fn publish(&self, digest: &Digest, delivered: &Delivered) -> Result<(), ()> {
        let Some((topic, message)) = self.topic.as_ref().zip(message(digest, delivered)) else { return Ok(()) };
        match topic.publish(&message).await {
            Ok(topic_message_id) => {
                tracing::info!(topic_message_id, "the topic was told");
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the topic was not told, and will not be: the mail was recorded before");
                Err(())
            }
        }
    }
}

/// Says what became of the digest. Never the whole address.
fn log(digest: &Digest, delivered: &Delivered) {
    if let Some(fallback) = &delivered.fallback {
        tracing::warn!("this release's own templates were used: {fallback}");
    }
    let recipient = address::masked(&digest.recipient.email);
    let message_id = delivered.message_id.as_deref();
    match &delivered.outcome {
        Ok(NotificationResult { sent: 0, deferred: 0, failed: 0 }) => {
            tracing::info!(
                recipient,
                sent_before = delivered.sent_before,
                "nothing to send: every notice was sent before"
            );
        }
        Ok(NotificationResult { deferred: 0, failed: 0, sent }) => {
            tracing::info!(recipient, message_id, sent, sent_before = delivered.sent_before, "the digest was sent");
        }
        Ok(NotificationResult { deferred, failed, .. }) => {
            let why = delivered.refusal.as_deref();
            tracing::error!(recipient, deferred, failed, why, "the digest was not sent: the mailer did not take it");
        }
        Err(_) => tracing::warn!(recipient, message_id, "the digest was not sent, or its sending was not recorded"),
    }
}

fn count(digest: &Digest, delivered: &Delivered, topic_messages_failed: usize) {
    let result = delivered.outcome.as_ref().copied().unwrap_or_default();
    let counts = [
        (Metric::NoticesSent, result.sent),
        (Metric::NoticesDeferred, result.deferred),
        (Metric::NoticesFailed, result.failed),
        (Metric::TemplatesEmbedded, usize::from(delivered.fallback.is_some())),
        (Metric::TopicMessagesFailed, topic_messages_failed),
    ];
    let fields = [("run_id", digest.run_id.as_str()), ("account", digest.account.id.as_str())];
    emit(Function::Notification, SystemClock.now(), &counts, &fields);
}

fn failure(digest: &Digest, failed: &DeliveryFailed) -> FunctionError {
    let name = match failed {
        DeliveryFailed::RecordsUnreadable(_) => ErrorName::StateUnavailable,
        DeliveryFailed::NotRecorded { .. } => ErrorName::NotificationIncomplete,
        DeliveryFailed::Unrenderable(_) => ErrorName::Internal,
    };
    FunctionError::new(name, format!("account {}, run {}: {failed}", digest.account.id, digest.run_id))
}
