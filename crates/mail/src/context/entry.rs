use keywheel_core::contract::digest::{Digest, DigestEntry};
use keywheel_core::observed::KeyUse;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, plus};
use serde::{Deserialize, Serialize};

use crate::clean::{line, lines, without_secrets};
use crate::moment::Moment;
use crate::words::Section;

/// A tag's value has 256 characters at most (IAM API, `Tag`).
const LONGEST_LINE: usize = 256;
/// Lines of instructions that are shown; fewer in a long mail, so that nobody's tags can make it too long to be sent.
const MOST_LINES: usize = 20;
const MOST_LINES_COMPACT: usize = 5;
const LONGEST_DETAIL: usize = 500;

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryContext {
    /// The account's id, for the commands.
    #[serde(default)]
    pub account_id: String,
    /// The user's name.
    pub user: String,
    /// The key's whole id, to search for; null where the entry is about the user.
    pub access_key_id: Option<String>,
    /// The same shortened: `AKIA…7Q2X`.
    pub access_key_short: Option<String>,
    /// The whole id of the key that takes over; null where there is none.
    pub replacement: Option<String>,
    /// The same shortened.
    pub replacement_short: Option<String>,
    /// The whole id of the user's other key, where a person must decide between the two; null elsewhere.
    #[serde(default)]
    pub other_key: Option<String>,
    /// The commands that say when those keys were used last; empty elsewhere.
    #[serde(default)]
    pub last_used_commands: Vec<String>,
    /// The command that deletes the other key, where that is what a person must do if nobody needs it; null elsewhere.
    #[serde(default)]
    pub delete_command: Option<String>,
    /// `planned`, `done`, `failed` or `deferred`.
    pub status: String,
    /// The date; the section's `date_means` says of what. Null where there is none.
    pub due: Option<Moment>,
    /// The days on the key's way that are ahead, in order.
    pub dates: Vec<DateContext>,
    /// The name of the user's secret; null where it holds nothing for the reader.
    pub secret_name: Option<String>,
    /// The command that reads the secret; null likewise.
    pub secret_command: Option<String>,
    /// The command that makes the key active again; null where that is of no use.
    pub restore_command: Option<String>,
    /// What used the key last; null where that is not known.
    pub last_used: Option<UseContext>,
    /// The key owner's own instructions, a line each. Whoever may tag the user wrote them.
    pub instructions: Vec<String>,
    /// What went wrong, or which tag cannot be read; null where nothing.
    pub detail: Option<String>,
    /// The name of the attached file that holds the new pair, encrypted for the reader; null where there is none.
    #[serde(default)]
    pub attachment: Option<String>,
}

/// A day on a key's way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateContext {
    /// What happens then.
    pub what: String,
    /// When.
    pub at: Moment,
}

/// One use of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseContext {
    /// When.
    pub at: Moment,
    /// The service, such as `s3`.
    pub service: String,
    /// The region; empty where the service has none.
    pub region: String,
}

impl EntryContext {
    pub(super) fn new(digest: &Digest, section: Section, entry: &DigestEntry, compact: bool) -> Self {
        let restorable = section.can_be_undone() && digest.mode == Mode::Enforce;
        let key = entry.access_key_id.as_ref();
        let other = entry.other_key.as_ref().filter(|_| section == Section::Decide);
        // Of the key that works there is no doubt where the other one only takes up the place.
        let deletable = other.filter(|_| entry.reason == Reason::SlotBlocked);
        let doubtful = other.and(key).filter(|_| deletable.is_none()).into_iter().chain(other);
        Self {
            account_id: digest.account.id.to_string(),
            user: entry.user.to_string(),
            access_key_id: key.map(ToString::to_string),
            access_key_short: key.map(keywheel_core::id::AccessKeyId::shortened),
            replacement: entry.replacement.as_ref().map(ToString::to_string),
            replacement_short: entry.replacement.as_ref().map(keywheel_core::id::AccessKeyId::shortened),
            other_key: other.map(ToString::to_string),
            last_used_commands: doubtful
                .map(|key| format!("aws iam get-access-key-last-used --access-key-id {key}"))
                .collect(),
            delete_command: deletable.map(|key| {
                let user = &entry.user;
                format!("aws iam delete-access-key --user-name {user} --access-key-id {key}")
            }),
            status: entry.status.as_str().to_owned(),
            due: entry.due.map(|due| Moment::new(due, digest.at)),
            dates: dates(digest, section, entry),
            secret_name: entry.secret_name.clone(),
            secret_command: {
                let id = entry.secret_arn.as_ref().or(entry.secret_name.as_ref());
                id.map(|id| read_secret(id, &digest.region))
            },
            restore_command: key.filter(|_| restorable).map(|key| {
                let user = &entry.user;
                format!("aws iam update-access-key --user-name {user} --access-key-id {key} --status Active")
            }),
            last_used: entry.last_used.as_ref().map(|used| last_used(digest, used)),
            instructions: instructions(entry, if compact { MOST_LINES_COMPACT } else { MOST_LINES }),
            attachment: crate::deliver::attached_file(entry),
            detail: detail(entry),
        }
    }
}

/// What went wrong, or which tag cannot be read, made harmless.
pub(crate) fn detail(entry: &DigestEntry) -> Option<String> {
    let detail = entry.detail.as_deref().map(|text| without_secrets(&line(text, LONGEST_DETAIL)));
    detail.filter(|text| !text.is_empty())
}

fn instructions(entry: &DigestEntry, most: usize) -> Vec<String> {
    let mut shown: Vec<String> = entry.instructions.iter().flat_map(|text| lines(text, LONGEST_LINE)).collect();
    if shown.len() > most {
        let more = shown.len() - most;
        shown.truncate(most);
        shown.push(format!("({more} more lines, in the user's tags)"));
    }
    shown.iter().map(|text| without_secrets(text)).collect()
}

/// The days ahead. A key is deleted no earlier than a recovery grace after it was made inactive, whatever the user's tags say.
fn dates(digest: &Digest, section: Section, entry: &DigestEntry) -> Vec<DateContext> {
    let Some(due) = entry.due.filter(|due| *due > digest.at && digest.mode == Mode::Enforce) else { return Vec::new() };
    let date = |what: &str, then| DateContext { what: what.to_owned(), at: Moment::new(then, digest.at) };
    let deleted = "The inactive key is deleted, at the earliest";
    match section {
        Section::Install | Section::DeactivationAhead => {
            let recovered = plus(due, Days(digest.periods.recovery_grace).duration());
            vec![date("The old key stops working", due), date(deleted, recovered)]
        }
        Section::RetirementAhead => vec![date("The unused key stops working", due)],
        Section::RotationAhead => vec![date("A new key is made", due)],
        Section::Held => vec![date("The old key stops working, at the latest", due)],
        Section::DeletionAhead | Section::MadeInactive | Section::Retired | Section::Leaked => vec![date(deleted, due)],
        _ => Vec::new(),
    }
}

/// The command that prints the secret's value. Names are checked when the event is read, so nothing in it needs quoting.
/// By its name in the user's own account, by its ARN in another.
fn read_secret(id: &str, region: &str) -> String {
    format!("aws secretsmanager get-secret-value --secret-id {id} --region {region} --query SecretString --output text")
}

fn last_used(digest: &Digest, used: &KeyUse) -> UseContext {
    let region = without_secrets(&line(&used.region, 40));
    UseContext {
        at: Moment::new(used.at, digest.at),
        service: without_secrets(&line(&used.service, 60)),
        region: if region == "N/A" { String::new() } else { region },
    }
}
