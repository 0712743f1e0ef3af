//! Owners whom no mail reaches. The account owner, who gets every notice, is told of it, and so is the result.

use std::collections::BTreeSet;

use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::{AccessKeyId, NoticeId, UserName};
use keywheel_core::notice::{NoticeKind, NoticeSubject};
use keywheel_core::observed::ObservedUser;
use keywheel_core::plan::{Action, Preconditions, Step, StepKind};
use keywheel_core::policy::{Mode, UserTags};
use keywheel_core::reason::Reason;
use keywheel_core::time::weeks_since;

use super::digests::Teller;
use super::outcome::Outcome;

/// A notice of which some mail was refused for good or came back, lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Undelivered {
    pub(super) user: UserName,
    pub(super) key: AccessKeyId,
    pub(super) kind: NoticeKind,
    /// The notice's ids that did not arrive.
    pub(super) ids: BTreeSet<NoticeId>,
}

impl Undelivered {
    /// The news that a notice of this very thing did not arrive would go round in circles.
    pub(super) fn is_about_this(&self) -> bool {
        matches!(self.kind, NoticeKind::Blocked(Reason::OwnerUnreachable, _))
    }
}

impl Teller<'_> {
    /// A step that says so for each user of whose keys an owner was not told, or cannot be.
    pub(super) fn unreachable(&self, undelivered: &[Undelivered], outcomes: &[Outcome]) -> Vec<Outcome> {
        let refused = undelivered.iter().filter_map(|notice| {
            let user = self.users.iter().find(|user| user.name == notice.user)?;
            Some((user, &notice.key, self.refusal(user, notice)?))
        });
        let told = outcomes.iter().filter(|outcome| outcome.tells_owners());
        let rejected = told.filter_map(|outcome| {
            let user = self.users.iter().find(|user| user.name == outcome.step.user)?;
            let tag = self.rejected_tag(user)?;
            let why = format!("the tag {tag} names no plain address in EMAIL_DOMAINS, so no mail goes there");
            Some((user, outcome.step.key.as_ref()?, why))
        });
        let mut seen = BTreeSet::new();
        let users = refused.chain(rejected).filter(|(user, ..)| seen.insert(&user.name));
        users.filter_map(|(user, key, why)| self.unreachable_step(user, key, why)).collect()
    }

    /// Which owner did not get the notice. An address that nobody names any more says nothing.
    fn refusal(&self, user: &ObservedUser, notice: &Undelivered) -> Option<String> {
        let Undelivered { key, kind, ids, user: _ } = notice;
        let episode = self.ledger.users.get(&user.name).map(|user| user.key(key).episode).unwrap_or_default();
        let account = &self.account.id;
        let subject = NoticeSubject { account, user_id: &user.user_id, key, episode, kind };
        let tags = UserTags::read(&user.tags, &self.settings.policy.tag_prefix);
        let addressees = self.addressees(user, &tags);
        let lost = addressees.iter().find(|to| ids.contains(&subject.notice_id(&to.recipient.email)))?;
        Some(format!("the notice {kind} to {} was refused or came back", lost.address))
    }

    fn unreachable_step(&self, user: &ObservedUser, key: &AccessKeyId, why: String) -> Option<Outcome> {
        // Who owns a key that is gone is no matter any more.
        let created = user.key(key)?.created;
        let kind = NoticeKind::Blocked(Reason::OwnerUnreachable, weeks_since(created, self.now));
        let record = self.ledger.users.get(&user.name).map(|user| user.key(key)).unwrap_or_default();
        let step = Step {
            user: user.name.clone(),
            user_id: user.user_id.clone(),
            key: Some(key.clone()),
            kind: StepKind::Skip,
            reason: Reason::OwnerUnreachable,
            due: None,
            action: Action::None,
            preconditions: Preconditions::default(),
            last_used: None,
            replacement: None,
            next_after: None,
            notice: record.told(&kind).is_none().then_some(kind),
            overridden: BTreeSet::new(),
        };
        let status = match self.run.mode {
            Mode::Audit => StepStatus::Planned,
            Mode::Enforce => StepStatus::Done,
        };
        Some(Outcome { error: Some(why), ..Outcome::of(step, status) })
    }
}

impl Outcome {
    fn tells_owners(&self) -> bool {
        matches!(self.status, StepStatus::Done | StepStatus::Planned) && self.step.notice.is_some()
    }
}
