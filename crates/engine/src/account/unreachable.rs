//! Owners whom no mail reaches. The account owner, who gets every notice, is told of it, and so is the result.

use std::collections::BTreeSet;

use keywheel_core::contract::notice_record::NoticeState;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::AccessKeyId;
use keywheel_core::notice::{NoticeKind, NoticeSubject};
use keywheel_core::observed::ObservedUser;
use keywheel_core::plan::{Step, StepKind};
use keywheel_core::policy::{Mode, UserTags};
use keywheel_core::reason::Reason;
use keywheel_core::time::weeks_since;

use super::audience::Addressee;
use super::outcome::Outcome;
use super::telling::Teller;

/// What is said of an account whose owner gets no mail.
pub(super) const NO_PLAIN_OWNER: &str =
    "the account's e-mail address in the event is no plain address, so its owner is told nothing";

impl Teller<'_> {
    /// A step that says so for each user of whose keys an owner was not told, or cannot be.
    pub(super) fn unreachable(&self, outcomes: &[Outcome]) -> Vec<Outcome> {
        let refused = self.users.iter().flat_map(|user| self.undelivered(user));
        let told = outcomes.iter().filter(|outcome| outcome.tells_owners());
        let rejected = told.filter_map(|outcome| {
            let user = self.user(&outcome.step.user)?;
            Some((user, outcome.step.key.clone()?, self.rejected_address(user)?))
        });
        let mut seen = BTreeSet::new();
        let steps = refused.chain(rejected).filter_map(|(user, key, why)| self.unreachable_step(user, &key, why));
        steps.filter(|outcome| seen.insert(outcome.step.user.clone())).collect()
    }

    /// Which address of the user's owners is not followed.
    fn rejected_address(&self, user: &ObservedUser) -> Option<String> {
        let tag = |tag| format!("the tag {tag} names no plain address in EMAIL_DOMAINS, so no mail goes there");
        let owner = || self.rejects_account_owner().then(|| NO_PLAIN_OWNER.to_owned());
        self.rejected_tag(user).map(tag).or_else(owner)
    }

    /// The user's keys about which some owner did not get a notice, and which owner. An address that nobody names any more says nothing.
    fn undelivered<'u>(&self, user: &'u ObservedUser) -> Vec<(&'u ObservedUser, AccessKeyId, String)> {
        let Some(record) = self.ledger.users.get(&user.name) else { return Vec::new() };
        if record.keys.values().flat_map(|key| key.notices.values()).all(|notice| notice.undelivered.is_empty()) {
            return Vec::new();
        }
        let tags = UserTags::read(&user.tags, &self.settings.policy.tag_prefix);
        let addressees = self.addressees(user, &tags);
        let notices = record.keys.iter().flat_map(|(key, record)| {
            let lost = record.notices.iter().filter(|(_, notice)| !notice.undelivered.is_empty());
            lost.map(move |(kind, notice)| (key, record.episode, kind, notice))
        });
        let lost = notices.filter_map(|(key, episode, kind, notice)| {
            let subject = NoticeSubject { account: &self.account.id, user_id: &user.user_id, key, episode, kind };
            let state = |to: &Addressee| notice.undelivered.get(&subject.notice_id(&to.recipient.email));
            let (address, state) = addressees.iter().find_map(|to| Some((&to.address, state(to)?)))?;
            let fate = if *state == NoticeState::Bounced {
                "was refused or came back"
            } else {
                "was not sent within a week, and is given up"
            };
            Some((user, key.clone(), format!("the mail {} to {address} {fate}", about(kind))))
        });
        lost.collect()
    }

    fn unreachable_step(&self, user: &ObservedUser, key: &AccessKeyId, why: String) -> Option<Outcome> {
        // Who owns a key that is gone is no matter any more.
        let created = user.key(key)?.created;
        let kind = NoticeKind::Blocked(Reason::OwnerUnreachable, weeks_since(created, self.now));
        let record = self.ledger.users.get(&user.name).map(|user| user.key(key)).unwrap_or_default();
        let step = Step {
            key: Some(key.clone()),
            notice: record.told(&kind).is_none().then_some(kind),
            ..Step::about(&user.name, &user.user_id, StepKind::Skip, Reason::OwnerUnreachable)
        };
        let status = match self.run.mode {
            Mode::Audit => StepStatus::Planned,
            Mode::Enforce => StepStatus::Done,
        };
        Some(Outcome { error: Some(why), ..Outcome::of(step, status) })
    }
}

/// What a notice is about, for people.
fn about(kind: &NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Rotated | NoticeKind::Published => "about the new key",
        NoticeKind::RotationAhead(_) => "about the key's coming replacement",
        NoticeKind::DeactivationAhead(_) => "about the day on which the old key stops working",
        NoticeKind::DeletionAhead(_) | NoticeKind::ForeignDeletion => "about the inactive key's coming deletion",
        NoticeKind::Retiring | NoticeKind::RetirementAhead(_) => "about the unused key, which is to be made inactive",
        NoticeKind::Held(_) | NoticeKind::HoldEnds(_) => "about the old key that still works",
        NoticeKind::Deactivated => "about the key that was made inactive",
        NoticeKind::Emergency => "about the key that leaked",
        NoticeKind::Deleted => "about the key that was deleted",
        NoticeKind::RolledBack => "about the key that was made active again",
        NoticeKind::Blocked(..) => "about what a person must decide",
        NoticeKind::Failed(..) => "about a step that failed",
        NoticeKind::Planned(..) => "about what would change",
    }
}

impl Outcome {
    fn tells_owners(&self) -> bool {
        matches!(self.status, StepStatus::Done | StepStatus::Planned) && self.step.notice.is_some()
    }
}
