//! The rules of a key's life, as far as they can be seen from outside: from what became of keys, from mails and from secrets.

use std::collections::BTreeSet;

use keywheel_core::contract::result::StepStatus;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after};

use crate::account::{Account, Mail};
use crate::history::{Event, What, Who};
use crate::user::Key;

/// The default policy's graces, and how long a key of a lost answer waits.
const INSTALL_GRACE: Days = Days(10);
const RECOVERY_GRACE: Days = Days(35);
const ORPHANED_GRACE: Days = Days(1);

/// What a mail must say for a grace to begin.
const BEGINS_A_GRACE: &[Reason] = &[
    Reason::RotationDue,
    Reason::Forced,
    Reason::ReplacementPending,
    Reason::NoticeRepeated,
    Reason::NoticeNotSent,
    Reason::RetirementAhead,
];

impl Account {
    /// What Keywheel did to keys.
    pub fn deeds(&self, what: What) -> impl Iterator<Item = &Event> {
        self.history.iter().filter(move |event| event.who == Who::Keywheel && event.what == what)
    }

    /// Whether Keywheel made the key and its secret half never came into the user's secret.
    #[must_use]
    pub fn is_never_stored(&self, event: &Event) -> bool {
        let is_ours = self.deeds(What::Made).any(|made| made.key == event.key);
        is_ours && self.secret(event.user.as_str()).is_none_or(|secret| secret.labels_of(&event.key).is_none())
    }

    /// Every break of a rule by Keywheel, under the default policy, in words. Empty is well.
    #[must_use]
    pub fn broken_rules(&self) -> Vec<String> {
        let mut broken = Vec::new();
        let mut made = BTreeSet::new();
        for event in self.deeds(What::Made).filter(|event| !made.insert((&event.user, event.night))) {
            broken.push(format!("a second key was made for {} in one run", event.user));
        }
        for event in self.deeds(What::DeletedActive).filter(|event| !self.is_never_stored(event)) {
            broken.push(format!("an active key of {} was deleted", event.user));
        }
        for event in self.deeds(What::MadeInactive) {
            if !self.is_never_stored(event) && !self.is_announced(event) {
                broken
                    .push(format!("a key of {} was made inactive before its owners knew for long enough", event.user));
            }
        }
        for event in self.deeds(What::Deleted).filter(|event| !self.was_inactive_long_enough(event)) {
            broken.push(format!("a key of {} was deleted early", event.user));
        }
        broken
    }

    /// The users with an active key of Keywheel's making whose secret half nobody can get. Between a failure and the next
    /// run there may be one; two nights later there must be none.
    #[must_use]
    pub fn users_with_a_lost_half(&self) -> Vec<String> {
        let is_lost = |event: &&Event| {
            let lives = self.user(event.user.as_str()).key(&event.key).is_some_and(Key::is_active);
            let secret = self.secret(event.user.as_str());
            let labels = secret.and_then(|secret| secret.labels_of(&event.key));
            lives && labels.is_none_or(|labels| labels.is_empty())
        };
        self.deeds(What::Made).filter(is_lost).map(|event| event.user.to_string()).collect()
    }

    /// The users with an active key of Keywheel's making whose secret half was never stored.
    #[must_use]
    pub fn users_with_a_never_stored_key(&self) -> Vec<String> {
        let lives = |event: &&Event| {
            let user = self.users.get(&event.user);
            user.and_then(|user| user.key(&event.key)).is_some_and(Key::is_active) && self.is_never_stored(event)
        };
        self.deeds(What::Made).filter(lives).map(|event| event.user.to_string()).collect()
    }

    fn is_announced(&self, event: &Event) -> bool {
        let announces = |mail: &&Mail| {
            mail.entry.access_key_id.as_ref() == Some(&event.key)
                && mail.entry.status == StepStatus::Done
                && BEGINS_A_GRACE.contains(&mail.entry.reason)
        };
        let told = self.mails.iter().filter(announces).map(|mail| mail.at).min();
        told.is_some_and(|told| event.at >= after(told, INSTALL_GRACE))
    }

    fn was_inactive_long_enough(&self, event: &Event) -> bool {
        let grace = if self.is_never_stored(event) { ORPHANED_GRACE } else { RECOVERY_GRACE };
        let is_before = |earlier: &&Event| earlier.key == event.key && earlier.what == What::MadeInactive;
        self.history.iter().rfind(is_before).is_some_and(|inactive| event.at >= after(inactive.at, grace))
    }
}
