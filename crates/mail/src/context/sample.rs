//! The names that templates of the AFT sample (`aws-samples`, centralized IAM key management) use.

use keywheel_core::contract::digest::{Digest, DigestEntry};
use serde::{Deserialize, Serialize};

use super::AccountContext;
use crate::moment::Moment;
use crate::words::{Section, happened, words};

/// What templates of the AFT sample see, under the sample's names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleContext {
    /// The account's id.
    pub account_id: String,
    /// The account's name; may be empty.
    pub account_name: String,
    /// The account's partition.
    pub partition_name: String,
    /// When the run was: `20 November 2026, 02:00 UTC`.
    pub timestamp: String,
    /// A sentence or two for each entry. Templates get them as one text: lines in the text part, a list in HTML.
    pub actions: Vec<String>,
    /// The age at which a key is replaced, in days.
    pub rotation_period: u32,
    /// How long old and new key work side by side, in days.
    pub installation_grace_period: u32,
    /// How long a key stays inactive before it is deleted, in days.
    pub recovery_grace_period: u32,
    /// The sender's address.
    pub sender_email: String,
}

impl SampleContext {
    pub(super) fn new(
        digest: &Digest,
        entries: &[(Section, &DigestEntry)],
        account: &AccountContext,
        sender: &str,
    ) -> Self {
        let at = Moment::new(digest.at, digest.at);
        Self {
            account_id: account.id.clone(),
            account_name: account.name.clone(),
            partition_name: account.partition.clone(),
            timestamp: format!("{}, {}", at.date, at.time),
            actions: entries.iter().map(|(section, entry)| action(digest, *section, entry)).collect(),
            rotation_period: digest.periods.rotation,
            installation_grace_period: digest.periods.install_grace,
            recovery_grace_period: digest.periods.recovery_grace,
            sender_email: sender.to_owned(),
        }
    }
}

/// What happened, to which key, until when and why.
fn action(digest: &Digest, section: Section, entry: &DigestEntry) -> String {
    let key = entry.access_key_id.as_ref().map(|key| match (&entry.replacement, &entry.other_key) {
        (Some(replacement), _) => format!("Key {key}, new key {replacement}."),
        (None, Some(other)) => format!("Key {key}, other key {other}."),
        (None, None) => format!("Key {key}."),
    });
    let due = entry.due.map(|due| Moment::new(due, digest.at)).map(|due| {
        let means = section.date_means(digest.mode, due.past);
        format!("{means}: {}, {} ({}).", due.date, due.time, due.distance)
    });
    let words = words(entry.step, entry.reason);
    let (why, todo) = (Some(words.why.to_owned()), words.todo.map(str::to_owned));
    let sentences = [Some(happened(section, digest.mode, entry)), key, due, why, todo];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
