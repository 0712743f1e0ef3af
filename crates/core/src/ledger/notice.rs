//! What is remembered of one notice, and what a key's owners know by that.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::KeyRecord;
use crate::Timestamp;
use crate::contract::notice_record::NoticeState;
use crate::id::NoticeId;
use crate::notice::NoticeKind;
use crate::time::{Days, after, plus};

/// How long one run may ask for the same notice: twice the six hours for which Lambda keeps an event, see
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html>.
const RETRIED_FOR: SignedDuration = SignedDuration::from_hours(12);

/// For so long a mail that is not known to be sent, such as one that waits for the day's quota, keeps a notice from counting as sent
/// that others have.
const WAITED_FOR: Days = Days(7);

/// For so long a mail that was refused or came back is news.
const NEWS: Days = Days(7);

/// One notice that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRecord {
    /// When it was handed to notification first.
    pub asked: Timestamp,
    /// One id per recipient whose receipt counts.
    pub ids: Vec<NoticeId>,
    /// When the last of them was sent; none while none was, or while one waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Timestamp>,
    /// Those of the ids that were refused, came back (`Bounced`) or were given up (`Deferred`), until somebody is told of that.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub undelivered: BTreeMap<NoticeId, NoticeState>,
    /// The ids of those mails whose receipt does not count, such as the copy to `SECURITY_EMAIL`, while they wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<NoticeId>,
}

impl KeyRecord {
    /// When the owners were told this: the later of the first asking and the first record of a notice sent. None while no
    /// notice is recorded as sent.
    #[must_use]
    pub fn told(&self, kind: &NoticeKind) -> Option<Timestamp> {
        let notice = self.notices.get(kind)?;
        Some(notice.sent?.max(notice.asked))
    }

    /// Whether the owners were told this, and everybody else who reads along: nobody is to be told again.
    #[must_use]
    pub fn all_know(&self, kind: &NoticeKind) -> bool {
        self.notices.get(kind).is_some_and(|notice| notice.sent.is_some() && notice.copies.is_empty())
    }

    /// When a notice of this kind was first asked for, whatever became of it.
    #[must_use]
    pub fn asked(&self, kind: &NoticeKind) -> Option<Timestamp> {
        Some(self.notices.get(kind)?.asked)
    }

    /// Takes up what became of mails that are not known to be sent. A notice that starts a grace and was sent long before this
    /// ledger asked for it belongs to a past that the ledger has lost: who was told then may have undone what followed, so it is
    /// asked for again, in another episode.
    pub fn note_sent(&mut self, now: Timestamp, answer: impl Fn(&NoticeId) -> Option<(NoticeState, Timestamp)>) {
        let mut is_of_the_past = false;
        self.notices.retain(|kind, notice| {
            notice.note_copies(now, &answer);
            if notice.sent.is_some() {
                return true;
            }
            let first = notice.note_sent(now, &answer);
            if kind.is_about_mail() {
                // The news that a notice of this very thing did not arrive would go round in circles.
                notice.undelivered.clear();
            }
            if kind.starts_a_grace() {
                let is_past = first.is_some_and(|first| plus(first, RETRIED_FOR) < notice.asked);
                is_of_the_past |= is_past;
                return !is_past;
            }
            // Nothing waits for it: what nobody got within a week is news no more.
            !(notice.is_lost() && after(notice.asked, WAITED_FOR) <= now)
        });
        if is_of_the_past {
            self.episode = self.episode.saturating_add(1);
        }
    }
}

impl NoticeRecord {
    /// A notice that is asked for now.
    #[must_use]
    pub fn new(asked: Timestamp) -> Self {
        Self { asked, ids: Vec::new(), sent: None, undelivered: BTreeMap::new(), copies: Vec::new() }
    }

    /// Whether everybody was told, and nothing is to be said of those who could not be.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.sent.is_some() && self.undelivered.is_empty() && self.copies.is_empty()
    }

    /// Whether nobody has it, and that is not to be said of anybody any more.
    fn is_lost(&self) -> bool {
        self.sent.is_none() && self.undelivered.is_empty()
    }

    /// The mails of which it is not known whether they were sent.
    pub fn awaited(&self) -> impl Iterator<Item = &NoticeId> {
        let counted = self.ids.iter().filter(|_| self.sent.is_none());
        counted.chain(&self.copies)
    }

    /// Takes up which copies are waited for no longer: those that were sent or refused, and after a week all of them.
    fn note_copies(&mut self, now: Timestamp, answer: impl Fn(&NoticeId) -> Option<(NoticeState, Timestamp)>) {
        let is_given_up = after(self.asked, WAITED_FOR) <= now;
        let is_over = |id: &NoticeId| matches!(answer(id), Some((NoticeState::Sent | NoticeState::Bounced, _)));
        self.copies.retain(|id| !is_given_up && !is_over(id));
    }

    /// Takes up when it was sent, and returns when first. While nothing is known of a mail to one of the recipients, or it waits, the
    /// notice counts as not sent, so that it is asked for again: those who have it already get no second one. The grace counts from
    /// the last of them, who has read of no earlier day; where one is waited for no longer, from then on.
    fn note_sent(
        &mut self,
        now: Timestamp,
        answer: impl Fn(&NoticeId) -> Option<(NoticeState, Timestamp)>,
    ) -> Option<Timestamp> {
        let answers: Vec<_> = self.ids.iter().map(|id| (id, answer(id))).collect();
        let waits =
            answers.iter().any(|(_, answer)| !matches!(answer, Some((NoticeState::Sent | NoticeState::Bounced, _))));
        let sent = answers.iter().filter_map(|(_, answer)| *answer).filter(|(state, _)| *state == NoticeState::Sent);
        let sent = sent.map(|(_, at)| at);
        let given_up = after(self.asked, WAITED_FOR);
        if !waits || given_up <= now {
            self.sent = sent.clone().max().map(|at| if waits { at.max(given_up) } else { at });
        }
        let first = sent.min();
        let lost = |answer: Option<(NoticeState, Timestamp)>| match answer {
            Some((NoticeState::Sent, _)) => None,
            Some((NoticeState::Bounced, at)) => (now < after(at, NEWS)).then_some(NoticeState::Bounced),
            Some((NoticeState::Deferred, _)) | None => self.sent.is_some().then_some(NoticeState::Deferred),
        };
        self.undelivered = answers.iter().filter_map(|(id, answer)| Some(((*id).clone(), lost(*answer)?))).collect();
        first
    }
}
