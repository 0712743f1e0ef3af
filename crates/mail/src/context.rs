//! What a digest's templates see. `templates/README.md` describes it for those who write templates.
//!
//! The context is made of cleaned text only, holds no secret and not the reader's address, so a template may show all of it.

mod entry;
mod sample;

use keywheel_core::contract::digest::{Digest, DigestEntry, RecipientRole};
use keywheel_core::policy::Mode;
use serde::{Deserialize, Serialize};

pub(crate) use entry::detail;
pub use entry::{DateContext, EntryContext, UseContext};
pub use sample::SampleContext;

use crate::Sender;
use crate::clean::{isolated, line, without_secrets};
use crate::kind::MailKind;
use crate::moment::Moment;
use crate::words::{Section, headline, words};

/// With more entries than this, HTML shows the command that reads a secret once and not at every entry: mail programs cut long mails.
const COMPACT_ABOVE: usize = 25;
const LONGEST_ACCOUNT_NAME: usize = 50;

/// Everything that a digest's templates can show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "templates ask for each by its name")]
pub struct DigestContext {
    /// Which mail it is.
    pub mail: MailKind,
    /// `audit` or `enforce`.
    pub mode: String,
    /// Whether the run only looked.
    pub audit: bool,
    /// The run's id.
    pub run_id: String,
    /// When the run was.
    pub at: Moment,
    /// The account.
    pub account: AccountContext,
    /// The region in which its secrets are.
    pub region: String,
    /// In which role the reader gets the mail.
    pub recipient: RecipientContext,
    /// Where answers go; null when nobody reads them.
    pub contact: Option<String>,
    /// The periods, in days.
    pub periods: PeriodsContext,
    /// The subject after the account.
    pub headline: String,
    /// What happened, what to do, by when.
    pub summary: SummaryContext,
    /// Whether there is just one entry.
    pub single: bool,
    /// Whether there are so many entries that HTML should be brief.
    pub compact: bool,
    /// Whether a new pair is attached to the mail, encrypted.
    #[serde(default)]
    pub attached: bool,
    /// The entries, in parts by what the reader must do.
    pub sections: Vec<SectionContext>,
    /// The same under the names of the AFT sample.
    #[serde(flatten)]
    pub sample: SampleContext,
}

/// An account, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountContext {
    /// Its id.
    pub id: String,
    /// Its name; may be empty.
    pub name: String,
    /// Name and id: `payments (111122223333)`.
    pub label: String,
    /// Its partition.
    pub partition: String,
}

/// Why the reader gets the mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientContext {
    /// `account-owner`, `key-owner` or `security`.
    pub role: String,
    /// The same in a sentence.
    pub because: String,
}

/// The periods, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodsContext {
    /// The age at which a key is replaced.
    pub rotation: u32,
    /// How long old and new key work side by side.
    pub install_grace: u32,
    /// How long a key stays inactive before it is deleted.
    pub recovery_grace: u32,
}

/// The first screen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SummaryContext {
    /// What happened.
    pub what: Vec<String>,
    /// What to do.
    pub todo: Vec<String>,
    /// By when; null when there is no such day.
    pub by: Option<Moment>,
}

/// A part of the mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionContext {
    /// Its stable name, such as `install`.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What the reader must do.
    pub todo: String,
    /// What the entries' `due` means, for a column's heading.
    pub date_means: String,
    /// How many entries it has.
    pub count: usize,
    /// The entries, by reason.
    pub groups: Vec<GroupContext>,
}

/// The entries of a section that have one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupContext {
    /// The step's name, as in results.
    pub step: String,
    /// The reason's code, as in results.
    pub reason: String,
    /// The reason in a sentence.
    pub why: String,
    /// What a person must do about it; null where the section's `todo` says it all.
    pub todo: Option<String>,
    /// The entries.
    pub entries: Vec<EntryContext>,
}

impl DigestContext {
    /// What the templates see of these entries of the digest.
    #[must_use]
    pub fn new(digest: &Digest, entries: &[&DigestEntry], sender: Sender<'_>) -> Self {
        let mut entries: Vec<_> = entries.iter().map(|entry| (Section::of(entry), *entry)).collect();
        entries.sort_by(|(a_section, a), (b_section, b)| {
            let order = |section, entry: &DigestEntry| (section, entry.reason, entry.step);
            order(*a_section, a).cmp(&order(*b_section, b)).then(a.due.cmp(&b.due)).then_with(|| a.user.cmp(&b.user))
        });
        let by = by_when(digest, &entries);
        let first = headline(digest.mode, &entries, by.as_ref());
        let periods = digest.periods;
        let compact = entries.len() > COMPACT_ABOVE;
        let account = account(digest);
        Self {
            mail: MailKind::of(digest.mode, entries.iter().map(|(section, _)| *section)),
            sample: SampleContext::new(digest, &entries, &account, sender.from),
            mode: digest.mode.as_str().to_owned(),
            audit: digest.mode == Mode::Audit,
            run_id: digest.run_id.to_string(),
            at: Moment::new(digest.at, digest.at),
            account,
            region: digest.region.clone(),
            recipient: recipient(digest.recipient.role),
            contact: sender.reply_to.map(str::to_owned),
            periods: PeriodsContext {
                rotation: periods.rotation,
                install_grace: periods.install_grace,
                recovery_grace: periods.recovery_grace,
            },
            headline: first.text,
            summary: SummaryContext { what: first.what, todo: first.todo, by },
            single: entries.len() == 1,
            compact,
            attached: entries.iter().any(|(_, entry)| crate::deliver::attached_file(entry).is_some()),
            sections: entries
                .chunk_by(|(a, _), (b, _)| a == b)
                .map(|entries| section(digest, entries, compact))
                .collect(),
        }
    }
}

/// The first day still ahead by which the reader must have done something.
fn by_when(digest: &Digest, entries: &[(Section, &DigestEntry)]) -> Option<Moment> {
    let can_wait = |section: Section| section.needs_action() && !section.is_for_at_once();
    let urgent = entries.iter().filter(|(section, _)| can_wait(*section));
    let days = urgent.filter_map(|(_, entry)| entry.due).filter(|due| *due > digest.at);
    let first = if digest.mode == Mode::Enforce { days.min() } else { None };
    first.map(|due| Moment::new(due, digest.at))
}

fn account(digest: &Digest) -> AccountContext {
    let account = &digest.account;
    let name = without_secrets(&line(&account.name, LONGEST_ACCOUNT_NAME));
    let label = if name.is_empty() { account.id.to_string() } else { format!("{} ({})", isolated(&name), account.id) };
    AccountContext { id: account.id.to_string(), name, label, partition: account.partition.to_string() }
}

fn recipient(role: RecipientRole) -> RecipientContext {
    let (role, because) = match role {
        RecipientRole::AccountOwner => ("account-owner", "this is the e-mail address of the AWS account"),
        RecipientRole::KeyOwner => ("key-owner", "a tag on the IAM user names you as the owner of its keys"),
        RecipientRole::Security => ("security", "your organization sends a copy of every notice to this address"),
    };
    RecipientContext { role: role.to_owned(), because: because.to_owned() }
}

fn is_past(digest: &Digest, entries: &[(Section, &DigestEntry)]) -> bool {
    entries.iter().filter_map(|(_, entry)| entry.due).all(|due| due <= digest.at)
}

fn section(digest: &Digest, entries: &[(Section, &DigestEntry)], compact: bool) -> SectionContext {
    let section = entries[0].0;
    let groups = entries.chunk_by(|(_, a), (_, b)| (a.reason, a.step) == (b.reason, b.step)).map(|entries| {
        let (_, first) = entries[0];
        let words = words(first.step, first.reason);
        GroupContext {
            step: first.step.as_str().to_owned(),
            reason: first.reason.code().to_owned(),
            why: words.why.to_owned(),
            todo: words.todo.map(str::to_owned),
            entries: entries
                .iter()
                .map(|(section, entry)| EntryContext::new(digest, *section, entry, compact))
                .collect(),
        }
    });
    SectionContext {
        id: section.id().to_owned(),
        title: section.title(digest.mode).to_owned(),
        todo: section.what_to_do(digest.mode, digest.periods, entries.len()),
        date_means: section.date_means(digest.mode, is_past(digest, entries)).to_owned(),
        count: entries.len(),
        groups: groups.collect(),
    }
}
