//! What notification needs of the world besides the notice store: templates, something that sends mail, and what is known of mails sent.

use keywheel_core::Timestamp;
use keywheel_core::contract::mailed::MailedNotices;
use keywheel_core::id::NoticeId;
use keywheel_engine::ports::PortError;

/// Where templates live.
pub trait TemplateStore: Send + Sync {
    /// The template of this name, such as `digest.html`, unless it is still the one with the ETag `known`.
    ///
    /// # Errors
    /// Fails when it is not known whether there is such a template or what it says.
    fn fetch(
        &self,
        name: &str,
        known: Option<&str>,
    ) -> impl Future<Output = Result<FetchedTemplate, TemplateUnreadable>> + Send;
}

/// What a look at a template brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchedTemplate {
    /// It is still the known one.
    Unchanged,
    /// It is another than the known one, or none was known.
    Fresh {
        /// Its bytes: not checked to be UTF-8, nor to be a template.
        bytes: Vec<u8>,
        /// What to hand to the next [`TemplateStore::fetch`]; none where the store gave none.
        etag: Option<String>,
    },
    /// The store has no such template.
    Missing,
}

/// A template that could not be fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("template {location} cannot be read: {why}")]
pub struct TemplateUnreadable {
    /// Where it was looked for, such as `s3://bucket/templates/digest.html`.
    pub location: String,
    /// What the store said.
    pub why: String,
}

/// Something that sends mail.
pub trait Mailer: Send + Sync {
    /// Hands over one mail to one recipient. Every ending is a value: the caller records it.
    fn send(&self, mail: &Mail<'_>) -> impl Future<Output = Delivery> + Send;
}

/// One mail, rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mail<'a> {
    /// The sender's address.
    pub from: &'a str,
    /// Where answers go, when not to the sender.
    pub reply_to: Option<&'a str>,
    /// The recipient's address.
    pub to: &'a str,
    /// The subject: one line.
    pub subject: &'a str,
    /// The HTML part.
    pub html: &'a str,
    /// The text part.
    pub text: &'a str,
    /// Further header fields as name and value, such as `Auto-Submitted`.
    pub headers: &'a [(&'a str, &'a str)],
    /// Files that come with it.
    pub attachments: &'a [Attachment<'a>],
    /// Whether it goes before others where not all can go.
    pub urgency: Urgency,
}

/// A file that comes with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment<'a> {
    /// Its name: letters, digits and dots.
    pub file_name: String,
    /// Its content: text, which is to arrive byte by byte as it is.
    pub content: &'a str,
}

/// How badly a mail is needed today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// A day later is soon enough.
    Routine,
    /// Something was done to a key, went wrong, or comes within days.
    Urgent,
}

/// What became of a mail that was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The mailer took it.
    Sent {
        /// The mailer's own id of the message.
        message_id: String,
    },
    /// The mailer did not take it now: rate, quota, or no answer. A later try may succeed.
    Deferred {
        /// The mailer's words.
        why: String,
    },
    /// The mailer refused it for good: somebody must mend something first.
    Rejected {
        /// The mailer's words.
        why: String,
    },
}

/// Which notices the mails had that were sent.
pub trait MailedStore: Send + Sync {
    /// The notices of the mail with this id; none where it is no mail of Keywheel's, or is not noted yet.
    ///
    /// # Errors
    /// When the store does not answer, or what it holds cannot be read.
    fn mailed(&self, message_id: &str) -> impl Future<Output = Result<Option<MailedNotices>, PortError>> + Send;

    /// Records that a notice came back with this mail: `false` where its record is of another mail by now, which stands.
    ///
    /// # Errors
    /// When the store does not answer, or does not take it.
    fn note_return(
        &self,
        mail: &MailedNotices,
        id: &NoticeId,
        why: &str,
        at: Timestamp,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}
