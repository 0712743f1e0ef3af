//! Which notices outcomes call for, to whom, and what they say.

use keywheel_core::Timestamp;
use keywheel_core::contract::digest::{DigestEntry, Recipient, RecipientRole};
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::{AccessKeyId, NoticeId, UserId, UserName};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::notice::{NoticeKind, NoticeSubject};
use keywheel_core::observed::ObservedUser;
use keywheel_core::policy::UserTags;
use keywheel_core::reason::Reason;
use keywheel_core::secret::secret_name;
use keywheel_core::time::weeks_since;

use super::outcome::Outcome;
use super::{Account, Run, Settings};

/// One notice to everybody whom it concerns.
#[derive(Clone, Debug)]
pub(super) struct Telling {
    pub(super) user: UserName,
    pub(super) user_id: UserId,
    /// The key under which the ledger remembers the notice.
    pub(super) key: AccessKeyId,
    pub(super) kind: NoticeKind,
    pub(super) recipients: Vec<(Recipient, NoticeId)>,
    pub(super) entry: DigestEntry,
    /// The name for which a tag asks the new pair to be encrypted.
    pub(super) encrypt_to: Option<String>,
    /// The new pair, encrypted; it goes to key owners alone.
    pub(super) encrypted_pair: Option<String>,
    /// The owners have it already: it goes to the others, whose mail waited.
    pub(super) is_copy: bool,
    /// The key owner is told in a later run, when the pair can be attached.
    pub(super) is_kept_from_key_owner: bool,
}

impl Telling {
    /// The ids of those mails that must have been sent for this to count as told: the owners', or whoever else's when there is no owner,
    /// or none that mail reaches. Then those of the others, who read along.
    pub(super) fn ids(&self) -> (Vec<NoticeId>, Vec<NoticeId>) {
        let owner_is_lost = self.kind.is_about_mail();
        let counts = |to: &Recipient| owner_is_lost || to.role != RecipientRole::Security;
        let (counted, copies): (Vec<_>, Vec<_>) = self.recipients.iter().partition(|(to, _)| counts(to));
        let ids = |those: Vec<&(Recipient, NoticeId)>| those.into_iter().map(|(_, id)| id.clone()).collect();
        if counted.is_empty() { (ids(copies), Vec::new()) } else { (ids(counted), ids(copies)) }
    }

    /// The key that takes over, where one does.
    pub(super) fn new_key(&self) -> Option<&AccessKeyId> {
        self.entry.replacement.as_ref()
    }

    /// Whether somebody is told as the key's owner.
    pub(super) fn has_key_owner(&self) -> bool {
        self.recipients.iter().any(|(recipient, _)| recipient.role == RecipientRole::KeyOwner)
    }

    /// Why its step was taken.
    pub(super) fn reason(&self) -> Reason {
        self.entry.reason
    }

    /// Says something more of what went wrong.
    pub(super) fn add_detail(&mut self, text: &str) {
        let detail = &mut self.entry.detail;
        *detail = Some(detail.take().map_or_else(|| text.to_owned(), |first| format!("{first}; {text}")));
    }

    /// Whether there is nobody to tell.
    pub(super) fn is_unheard(&self) -> bool {
        self.recipients.is_empty()
    }
}

/// Turns outcomes into what the owners are told.
pub(super) struct Teller<'a> {
    pub(super) run: &'a Run,
    pub(super) account: &'a Account,
    pub(super) settings: &'a Settings,
    /// In the order of their names.
    pub(super) users: &'a [ObservedUser],
    pub(super) ledger: &'a AccountLedger,
    pub(super) now: Timestamp,
}

impl Teller<'_> {
    /// The notices that the outcomes call for.
    pub(super) fn tellings(&self, outcomes: &[Outcome]) -> Vec<Telling> {
        outcomes.iter().filter_map(|outcome| self.telling(outcome)).collect()
    }

    /// The user of this name, where it was seen.
    pub(super) fn user(&self, name: &UserName) -> Option<&ObservedUser> {
        let place = self.users.binary_search_by(|user| user.name.cmp(name)).ok()?;
        self.users.get(place)
    }

    fn telling(&self, outcome: &Outcome) -> Option<Telling> {
        let step = &outcome.step;
        let user = self.user(&step.user)?;
        let key = step.action.supersedes().or(step.key.as_ref())?.clone();
        let since = step.due.or_else(|| Some(user.key(&key)?.created));
        let kind = kind(outcome, weeks_since(since.unwrap_or(self.now), self.now))?;
        let record = self.ledger.users.get(&user.name).map(|user| user.key(&key)).unwrap_or_default();
        if matches!(kind, NoticeKind::Failed(..)) && record.told(&kind).is_some() {
            return None;
        }
        let subject = NoticeSubject {
            account: &self.account.id,
            user_id: &user.user_id,
            key: &key,
            episode: record.episode,
            kind: &kind,
        };
        let tags = UserTags::read(&user.tags, &self.settings.policy.tag_prefix);
        let is_copy = !step.action.is_change() && step.notice.as_ref().is_some_and(|kind| record.told(kind).is_some());
        let concerned = self.concerned(outcome, user, &tags, is_copy);
        if concerned.is_empty() && (is_copy || step.reason == Reason::OwnerUnreachable) {
            return None;
        }
        let recipients = concerned.into_iter().map(|to| (to.clone(), subject.notice_id(&to.email))).collect();
        // The owners have a copy's pair already.
        let encrypt_to = tags.encrypt_to.clone().filter(|_| !is_copy);
        let mut entry = self.entry(outcome, &key, tags, &subject.notice_id(""));
        entry.other_key = other_key(step.reason, &key, user);
        let (user, user_id) = (user.name.clone(), user.user_id.clone());
        Some(Telling {
            user,
            user_id,
            key,
            kind,
            recipients,
            entry,
            encrypt_to,
            encrypted_pair: None,
            is_copy,
            is_kept_from_key_owner: false,
        })
    }

    /// Whom it is news to: of a mail that does not reach a key owner the others hear, and of what the owners know whoever reads along.
    fn concerned(&self, outcome: &Outcome, user: &ObservedUser, tags: &UserTags, is_copy: bool) -> Vec<Recipient> {
        let is_lost = outcome.step.reason == Reason::OwnerUnreachable;
        let mut recipients: Vec<_> = self.addressees(user, tags).into_iter().map(|to| to.recipient).collect();
        recipients.retain(|to| !is_lost || to.role != RecipientRole::KeyOwner);
        recipients.retain(|to| !is_copy || to.role == RecipientRole::Security && outcome.status == StepStatus::Done);
        recipients
    }

    fn entry(&self, outcome: &Outcome, key: &AccessKeyId, tags: UserTags, id: &NoticeId) -> DigestEntry {
        let step = &outcome.step;
        let replacement = outcome.made.clone().or_else(|| step.replacement.clone());
        let malformed = tags.malformed.iter().map(|tag| {
            format!("tag {}{} is {:?}, not {}", self.settings.policy.tag_prefix, tag.suffix, tag.value, tag.expected)
        });
        let malformed = malformed.collect::<Vec<_>>().join("; ");
        let found = match step.reason {
            Reason::MalformedTag => Some(malformed),
            Reason::Quarantined => self.user(&step.user).and_then(|user| user.quarantine.clone()),
            _ => None,
        };
        DigestEntry {
            notice_id: id.clone(),
            user: step.user.clone(),
            access_key_id: Some(key.clone()),
            secret_name: replacement.is_some().then(|| secret_name(&self.account.id, &step.user)),
            secret_arn: replacement.is_some().then(|| self.secret_arn(outcome)).flatten(),
            replacement,
            other_key: None,
            step: step.kind,
            status: outcome.status,
            reason: outcome.because.unwrap_or(step.reason),
            due: outcome.next_due,
            last_used: step.last_used.clone(),
            instructions: tags.instructions,
            detail: outcome
                .error
                .clone()
                .or_else(|| outcome.undelivered_detail())
                .or_else(|| outcome.hosts_detail())
                .or(found),
            encrypted_pair: None,
        }
    }

    /// The ARN of the secret that hands out the replacement, where it is in the central store.
    fn secret_arn(&self, outcome: &Outcome) -> Option<String> {
        if outcome.made.is_some() {
            return outcome.secret_arn.clone();
        }
        let record = self.ledger.users.get(&outcome.step.user)?;
        record.secret_arn.clone().filter(|_| record.user_id == outcome.step.user_id)
    }
}

/// The user's other key, where a person must decide between just two.
fn other_key(reason: Reason, key: &AccessKeyId, user: &ObservedUser) -> Option<AccessKeyId> {
    let is_between_keys = matches!(reason, Reason::SlotBlocked | Reason::ConflictTwoActive | Reason::ReplacementGone);
    let mut others = user.keys.iter().filter(|other| other.id != *key);
    let other =
        others.next().filter(|other| is_between_keys && (reason != Reason::SlotBlocked || !other.is_active()))?;
    others.next().is_none().then(|| other.id.clone())
}

/// Which notice an outcome calls for: its own when done, a failure's when failed, a plan's in an audit.
fn kind(outcome: &Outcome, week: u32) -> Option<NoticeKind> {
    let reason = outcome.step.reason;
    match outcome.status {
        StepStatus::Done => outcome.step.notice.clone(),
        StepStatus::Failed => Some(NoticeKind::Failed(reason, week)),
        StepStatus::Planned => outcome.step.notice.as_ref().map(|_| NoticeKind::Planned(reason, week)),
        StepStatus::Deferred => None,
    }
}
