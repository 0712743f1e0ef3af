//! Who is told what: one digest per recipient.

use std::collections::BTreeMap;

use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::digest::{
    AccountLabel, Digest, DigestEntry, DigestPeriods, MOST_ENTRIES, Recipient, RecipientRole,
};

use super::telling::{Teller, Telling};

/// Bytes of entries per digest event. An asynchronous invocation takes 1 MB (Lambda developer guide, "Lambda quotas"), and a user's
/// tags alone can hold 50 instructions of 256 characters, each of four bytes: one user must not keep the others' news from being sent.
const BYTES_PER_DIGEST: usize = 500_000;

/// An account's name has 50 characters at most (Organizations API, `AccountName`); an event that somebody sent by hand may have more.
const LONGEST_ACCOUNT_NAME: usize = 100;

impl Teller<'_> {
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
