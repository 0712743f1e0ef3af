//! Who is told what: one digest per recipient.

use std::collections::BTreeMap;

use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::digest::{
    AccountLabel, Digest, DigestEntry, DigestPeriods, MOST_ENTRIES, Recipient, RecipientRole,
};
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

/// Bytes of entries per digest event. An asynchronous invocation takes 1 MB (Lambda developer guide, "Lambda quotas"), and a user's
/// tags alone can hold 50 instructions of 256 characters, each of four bytes: one user must not keep the others' news from being sent.
const BYTES_PER_DIGEST: usize = 500_000;

/// An account's name has 50 characters at most (Organizations API, `AccountName`); an event that somebody sent by hand may have more.
const LONGEST_ACCOUNT_NAME: usize = 100;

/// One notice to everybody whom it concerns.
#[derive(Clone, Debug)]
pub(super) struct Telling {
    pub(super) user: UserName,
    pub(super) user_id: UserId,
    /// The key under which the ledger remembers the notice.
    pub(super) key: AccessKeyId,
    pub(super) kind: NoticeKind,
    recipients: Vec<(Recipient, NoticeId)>,
    entry: DigestEntry,
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
        let mut recipients: Vec<_> = self.addressees(user, &tags).into_iter().map(|to| to.recipient).collect();
        if step.reason == Reason::OwnerUnreachable {
            recipients.retain(|recipient| recipient.role != RecipientRole::KeyOwner);
            if recipients.is_empty() {
                return None;
            }
        }
        let mut recipients: Vec<_> =
            recipients.into_iter().map(|recipient| (recipient.clone(), subject.notice_id(&recipient.email))).collect();
        let mut encrypt_to = tags.encrypt_to.clone();
        let is_copy = !step.action.is_change() && step.notice.as_ref().is_some_and(|kind| record.told(kind).is_some());
        if is_copy {
            // The owners have it, and with it the pair.
            recipients.retain(|(to, _)| to.role == RecipientRole::Security && outcome.status == StepStatus::Done);
            encrypt_to = None;
            if recipients.is_empty() {
                return None;
            }
        }
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

    fn entry(&self, outcome: &Outcome, key: &AccessKeyId, tags: UserTags, id: &NoticeId) -> DigestEntry {
        let step = &outcome.step;
        let replacement = outcome.made.clone().or_else(|| step.replacement.clone());
        let malformed = tags.malformed.iter().map(|tag| {
            format!("tag {}{} is {:?}, not {}", self.settings.policy.tag_prefix, tag.suffix, tag.value, tag.expected)
        });
        let malformed = malformed.collect::<Vec<_>>().join("; ");
        let is_about_tags = step.reason == Reason::MalformedTag;
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
                .or(is_about_tags.then_some(malformed)),
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

    /// One digest per recipient, or several where there is much to tell. Whoever gets some notices by a tag and others as `SECURITY_EMAIL`
    /// gets them together, as `SECURITY_EMAIL`: no tag moves its mail. Tags can name thousands of recipients, so those whom no tag names come
    /// first, and the others in an order that no tag decides.
    pub(super) fn digests(&self, tellings: &[Telling]) -> Vec<Digest> {
        let mut by_recipient: BTreeMap<(String, bool), (Recipient, Vec<DigestEntry>)> = BTreeMap::new();
        for telling in tellings {
            for (recipient, id) in &telling.recipients {
                let is_key_owner = recipient.role == RecipientRole::KeyOwner;
                if is_key_owner && telling.is_kept_from_key_owner {
                    continue;
                }
                let encrypted_pair = telling.encrypted_pair.clone().filter(|_| is_key_owner);
                // Only a key owner's digest may carry a pair, so what carries one stays apart from what reaches the same address otherwise.
                let theirs = by_recipient.entry((recipient.email.to_lowercase(), encrypted_pair.is_some()));
                let (known, entries) = theirs.or_insert_with(|| (recipient.clone(), Vec::new()));
                if known.role == RecipientRole::KeyOwner {
                    known.clone_from(recipient);
                }
                entries.push(DigestEntry { notice_id: id.clone(), encrypted_pair, ..telling.entry.clone() });
            }
        }
        let mut all: Vec<_> = by_recipient.into_values().collect();
        all.sort_by_cached_key(|(recipient, entries)| {
            let is_tagged = recipient.role == RecipientRole::KeyOwner;
            (is_tagged, recipient.role, entries.iter().map(|entry| entry.notice_id.clone()).min())
        });
        let each = all.into_iter().flat_map(|(recipient, entries)| {
            parts(entries).into_iter().map(move |entries| self.digest(recipient.clone(), entries))
        });
        each.collect()
    }

    fn digest(&self, recipient: Recipient, entries: Vec<DigestEntry>) -> Digest {
        let periods = self.settings.policy.periods;
        Digest {
            schema_version: SCHEMA,
            run_id: self.run.id.clone(),
            mode: self.run.mode,
            at: self.now,
            account: AccountLabel {
                id: self.account.id.clone(),
                name: self.account.name.chars().take(LONGEST_ACCOUNT_NAME).collect(),
                partition: self.account.partition.clone(),
            },
            region: self.account.region.clone(),
            recipient,
            template: "digest".to_owned(),
            periods: DigestPeriods {
                rotation: periods.rotation().0,
                install_grace: periods.install_grace().0,
                recovery_grace: periods.recovery_grace().0,
            },
            entries,
        }
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

/// The entries in parts, each of which fits into one event.
fn parts(entries: Vec<DigestEntry>) -> Vec<Vec<DigestEntry>> {
    let mut parts: Vec<Vec<DigestEntry>> = Vec::new();
    let mut room = 0;
    for entry in entries {
        let size = serde_json::to_vec(&entry).map_or(BYTES_PER_DIGEST, |json| json.len());
        if let Some(part) = parts.last_mut().filter(|part| part.len() < MOST_ENTRIES && size <= room) {
            part.push(entry);
        } else {
            parts.push(vec![entry]);
            room = BYTES_PER_DIGEST;
        }
        room = room.saturating_sub(size);
    }
    parts
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
