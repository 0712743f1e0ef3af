//! What is remembered of one key.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::contract::notice_record::NoticeState;
use crate::id::{AccessKeyId, NoticeId};
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

/// The real dates of one key. Every one is optional: absent means not happened, or not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyRecord {
    /// When Keywheel made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The key that it takes over from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<AccessKeyId>,
    /// When it was proven to work. Uses within 15 minutes of it are Keywheel's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven: Option<Timestamp>,
    /// The new key could not read its own secret when it was proven: it counts as taken up only when used.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retrieval_unproven: bool,
    /// When it became `AWSCURRENT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
    /// Since when it has been retrievable without a break, where a break was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrievable_since: Option<Timestamp>,
    /// Its secret was seen not to be retrievable, and has not been seen retrievable since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_retrievable: bool,
    /// Whether the user's parameter holds it, as far as that was looked into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<ParameterStanding>,
    /// The key that took over from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<AccessKeyId>,
    /// When a person made it active again: the install grace starts anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revived: Option<Timestamp>,
    /// Since when it has been held after its day had come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// Keywheel was about to make it inactive for this cause, and the end of that is not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deactivation_begun: Option<InactiveBecause>,
    /// When and by whom it was made inactive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_inactive: Option<MadeInactive>,
    /// When a rollback made it the user's key again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<Timestamp>,
    /// When an emergency made it inactive, where a person made it active again since. An emergency acts once per key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Timestamp>,
    /// Keywheel was about to delete it then, and the end of that is not recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_begun: Option<Timestamp>,
    /// When Keywheel deleted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
    /// How often its way through life began anew: a person made it active again, or an unused key was used. What owners
    /// were told before then no longer counts, so the episode is part of a notice's id.
    #[serde(skip_serializing_if = "is_zero")]
    pub episode: u32,
    /// What its owners were told in this episode.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub notices: BTreeMap<NoticeKind, NoticeRecord>,
}

/// When and by whom a key was made inactive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeInactive {
    /// When it was made, or first seen, inactive.
    pub at: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Why, where it was Keywheel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<InactiveBecause>,
}

/// What is known of the parameter of the user to whom a published key belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParameterStanding {
    /// The list gives the user none.
    None,
    /// It is to hold the pair, and is not known to.
    Behind,
    /// It was given the pair.
    InStep,
}

/// Who did something to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// Keywheel.
    Keywheel,
    /// Somebody else. What a person did stands.
    Person,
}

/// Why Keywheel made a key inactive; it decides how long the key can be called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InactiveBecause {
    /// Another key took over from it.
    Superseded,
    /// Nobody used it.
    Unused,
    /// It came from a CreateAccessKey whose answer was lost.
    Orphaned,
    /// A rollback made the key active again from which it had taken over.
    #[serde(rename = "rolled-back")]
    RolledBack,
    /// Somebody declared an emergency for it.
    Emergency,
}

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

    /// A rollback made it the user's key again: its way begins anew, and no other key takes over from it for now.
    pub fn roll_back(&mut self, at: Timestamp) {
        self.revive(at);
        self.superseded_by = None;
        self.rolled_back = Some(at);
    }

    /// It is active again: what its owners were told before counts for nothing.
    pub fn revive(&mut self, at: Timestamp) {
        self.begin_anew();
        self.made_inactive = None;
        self.revived = Some(at);
    }

    /// Begins the key's way anew.
    pub(crate) fn begin_anew(&mut self) {
        self.episode = self.episode.saturating_add(1);
        self.notices.clear();
        self.held_since = None;
        self.deactivation_begun = None;
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
