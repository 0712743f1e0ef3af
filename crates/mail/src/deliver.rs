//! Sends a digest once.
//!
//! *Once* is at least once: what was sent is looked up before and recorded after, and nothing stands between. Two invocations with
//! the same event at the same time may both send, and so may the retry after a record that could not be written. A mail too many
//! harms nobody; a mail too few lets a key stop working unannounced.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use keywheel_core::contract::digest::{Digest, DigestEntry, NotificationResult};
use keywheel_core::contract::notice_record::{NoticeState, SentNotice};
use keywheel_core::id::NoticeId;
use keywheel_engine::ports::{Clock, NoticeStore, PortError};

use crate::DigestContext;
use crate::address::mask_all;
use crate::clean::{line, without_secrets};
use crate::ports::{Attachment, Delivery, Mail, Mailer, TemplateStore};
use crate::templates::{Fallback, RenderFailed, Templates};
use crate::urgency;

/// How many records are written at the same time.
const RECORDS_AT_ONCE: usize = 16;
const LONGEST_DETAIL: usize = 300;
/// Keeps answering machines quiet (RFC 3834, 5.1).
const AUTOMATIC: (&str, &str) = ("Auto-Submitted", "auto-generated");

/// Everything that sending needs of the world.
pub struct Post<'a, N, M, T, C> {
    /// What was sent before.
    pub notices: &'a N,
    /// Sends.
    pub mailer: &'a M,
    /// Renders.
    pub templates: &'a Templates<T>,
    /// Time.
    pub clock: &'a C,
    /// Whose name the mail bears.
    pub sender: Sender<'a>,
}

/// Whose name the mail bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sender<'a> {
    /// The address that it comes from.
    pub from: &'a str,
    /// The address that answers go to, where there is one of its own.
    pub reply_to: Option<&'a str>,
}

/// What became of a digest.
#[derive(Debug)]
pub struct Delivered {
    /// The notices by what became of them; or why the invocation failed.
    pub outcome: Result<NotificationResult, DeliveryFailed>,
    /// Notices that had been sent before.
    pub sent_before: usize,
    /// The mailer's id of the message, where one was taken.
    pub message_id: Option<String>,
    /// What the mailer took or refused for good just now; none where nothing was new, or the mail waits.
    pub told: Option<Told>,
    /// Why the mailer did not take it; without addresses.
    pub refusal: Option<String>,
    /// Why the embedded templates were used in place of the store's.
    pub fallback: Option<Fallback>,
}

/// Notices with which it is over, for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which.
    pub notices: BTreeSet<NoticeId>,
    /// Whether the mailer took them; else it refused them for good.
    pub is_sent: bool,
}

/// A failure after which the same event should be tried again.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryFailed {
    /// It is not known what was sent before.
    #[error("nothing was sent: what was sent before cannot be read: {0}")]
    RecordsUnreadable(PortError),
    /// The embedded templates cannot render this digest.
    #[error("nothing was sent: this release's own templates cannot render the digest: {0}")]
    Unrenderable(#[from] RenderFailed),
    /// The mailer answered, and that could not be written down for every notice.
    #[error("{missing} of {all} notices could not be recorded as {state}, so a retry may send them again: {first}")]
    NotRecorded {
        /// As what.
        state: &'static str,
        /// How many are not recorded.
        missing: usize,
        /// Of how many.
        all: usize,
        /// What went wrong first.
        first: PortError,
    },
}

/// Sends what of the digest was not sent before, and records what became of it.
pub async fn deliver<N, M, T, C>(post: &Post<'_, N, M, T, C>, digest: &Digest) -> Delivered
where
    N: NoticeStore,
    M: Mailer,
    T: TemplateStore,
    C: Clock,
{
    let mut report = Delivered {
        outcome: Ok(NotificationResult::default()),
        sent_before: 0,
        message_id: None,
        told: None,
        refusal: None,
        fallback: None,
    };
    report.outcome = send(post, digest, &mut report).await;
    report
}

async fn send<N, M, T, C>(
    post: &Post<'_, N, M, T, C>,
    digest: &Digest,
    report: &mut Delivered,
) -> Result<NotificationResult, DeliveryFailed>
where
    N: NoticeStore,
    M: Mailer,
    T: TemplateStore,
    C: Clock,
{
    let entries = unsent(post.notices, digest).await?;
    report.sent_before = distinct(&digest.entries).len() - entries.len();
    if entries.is_empty() {
        return Ok(NotificationResult::default());
    }
    let context = DigestContext::new(digest, &entries, post.sender);
    let (rendered, fallback) = post.templates.render(&context).await?;
    report.fallback = fallback;
    let attachments = attachments(&entries);
    let mail = Mail {
        from: post.sender.from,
        reply_to: post.sender.reply_to,
        to: &digest.recipient.email,
        subject: &rendered.subject,
        html: &rendered.html,
        text: &rendered.text,
        headers: &[AUTOMATIC],
        attachments: &attachments,
        urgency: urgency::of(digest, &entries),
    };
    let delivery = post.mailer.send(&mail).await;
    let (state, result) = counted(&delivery, entries.len());
    if state != NoticeState::Deferred {
        let notices = entries.iter().map(|entry| entry.notice_id.clone()).collect();
        report.told = Some(Told { notices, is_sent: state == NoticeState::Sent });
    }
    match delivery {
        Delivery::Sent { message_id } => report.message_id = Some(message_id),
        Delivery::Deferred { why } | Delivery::Rejected { why } => report.refusal = Some(fit_to_keep(&why)),
    }
    record(post, digest, &entries, state, report).await?;
    Ok(result)
}

/// The encrypted pairs, each named for its key.
fn attachments<'a>(entries: &[&'a DigestEntry]) -> Vec<Attachment<'a>> {
    let attachment = |entry: &&'a DigestEntry| {
        Some(Attachment { file_name: attached_file(entry)?, content: entry.encrypted_pair.as_deref()? })
    };
    entries.iter().filter_map(attachment).collect()
}

/// The name of the file in which an entry's new pair comes; none where it comes with none.
pub(crate) fn attached_file(entry: &DigestEntry) -> Option<String> {
    entry.encrypted_pair.as_ref()?;
    Some(format!("{}.age", entry.replacement.as_ref()?))
}

/// The entries whose notices are not recorded as sent; of those with one notice, the first.
async fn unsent<'a>(notices: &impl NoticeStore, digest: &'a Digest) -> Result<Vec<&'a DigestEntry>, DeliveryFailed> {
    let entries = distinct(&digest.entries);
    let ids: Vec<NoticeId> = entries.keys().map(|id| (*id).clone()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let known = notices.find(&digest.account.id, &ids).await.map_err(DeliveryFailed::RecordsUnreadable)?;
    let is_sent = |id: &NoticeId| known.get(id).is_some_and(|notice| notice.state == NoticeState::Sent);
    Ok(entries.into_iter().filter(|(id, _)| !is_sent(id)).map(|(_, entry)| entry).collect())
}

fn distinct(entries: &[DigestEntry]) -> BTreeMap<&NoticeId, &DigestEntry> {
    entries.iter().rev().map(|entry| (&entry.notice_id, entry)).collect()
}

fn counted(delivery: &Delivery, count: usize) -> (NoticeState, NotificationResult) {
    let none = NotificationResult::default();
    match delivery {
        Delivery::Sent { .. } => (NoticeState::Sent, NotificationResult { sent: count, ..none }),
        Delivery::Deferred { .. } => (NoticeState::Deferred, NotificationResult { deferred: count, ..none }),
        Delivery::Rejected { .. } => (NoticeState::Bounced, NotificationResult { failed: count, ..none }),
    }
}

/// The mailer's words as a record and a log may hold them.
fn fit_to_keep(why: &str) -> String {
    without_secrets(&mask_all(&line(why, LONGEST_DETAIL)))
}

async fn record<N: NoticeStore, M, T, C: Clock>(
    post: &Post<'_, N, M, T, C>,
    digest: &Digest,
    entries: &[&DigestEntry],
    state: NoticeState,
    report: &Delivered,
) -> Result<(), DeliveryFailed> {
    let notices: Vec<_> = entries
        .iter()
        .map(|entry| SentNotice {
            message_id: report.message_id.clone(),
            detail: report.refusal.clone(),
            ..SentNotice::new(digest, entry.notice_id.clone(), state, post.clock.now())
        })
        .collect();
    let written = futures::stream::iter(notices.iter().map(|notice| post.notices.record(notice)));
    let failures: Vec<PortError> =
        written.buffer_unordered(RECORDS_AT_ONCE).filter_map(async |ended| ended.err()).collect().await;
    let missing = failures.len();
    match failures.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(DeliveryFailed::NotRecorded { state: name(state), missing, all: notices.len(), first }),
    }
}

fn name(state: NoticeState) -> &'static str {
    match state {
        NoticeState::Sent => "sent",
        NoticeState::Deferred => "deferred",
        NoticeState::Bounced => "bounced",
    }
}
