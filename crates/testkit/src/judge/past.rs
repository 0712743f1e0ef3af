//! What became of a key, as far as the runs could know it: what people do and undo between two runs, no run sees.

use super::evidence::{Look, Watch};
use crate::{Account, Event, Key, What, Who};
use keywheel_core::Timestamp;
use keywheel_core::id::AccessKeyId;

impl Watch {
    /// When Keywheel made the key inactive, if no run had seen it active since when this one looked. What another run, begun at
    /// the same time, sees later, this one cannot know.
    pub(super) fn inactive_by_keywheel(&self, key: &AccessKeyId, look: &Look) -> Option<Timestamp> {
        let at = *self.deactivations.get(key)?;
        self.seen_active_until(key, look).is_none_or(|seen| seen <= at).then_some(at)
    }

    /// When a person made a key inactive that a run was about to, and which died, or whose calls failed. Nobody can tell which
    /// of the two it was.
    pub(super) fn inactive_by_either(&self, account: &Account, key: &AccessKeyId) -> Option<Timestamp> {
        let event = last(account, key, What::MadeInactive)?;
        self.muddles.contains(&event.at).then_some(event.at)
    }

    /// Since when the key was inactive at every look.
    pub(super) fn inactive_since(&self, account: &Account, key: &Key, look: &Look) -> Timestamp {
        let seen = self.seen_active_until(&key.id, look).unwrap_or(Timestamp::MIN);
        let is_first = |event: &&Event| event.key == key.id && event.what == What::MadeInactive && event.at > seen;
        account.history.iter().find(is_first).map_or(key.created, |event| event.at)
    }

    /// When a person undid what Keywheel had done, where a run could know.
    pub(super) fn revived(&self, account: &Account, key: &AccessKeyId) -> Option<Timestamp> {
        let at = last(account, key, What::MadeActive)?.at;
        let before = account
            .history
            .iter()
            .rfind(|event| event.key == *key && event.what == What::MadeInactive && event.at <= at);
        let is_known = before.is_some_and(|event| event.who == Who::Keywheel) && !self.muddles.contains(&at);
        is_known.then_some(at)
    }

    fn seen_active_until(&self, key: &AccessKeyId, look: &Look) -> Option<Timestamp> {
        let of_key = self.seen_active.iter().filter(|(id, seen)| id == key && *seen <= look.at);
        of_key.map(|(_, seen)| *seen).max()
    }
}

pub(super) fn is_ours(account: &Account, key: &AccessKeyId) -> bool {
    last(account, key, What::Made).is_some_and(|event| event.who == Who::Keywheel)
}

fn last<'a>(account: &'a Account, key: &AccessKeyId, what: What) -> Option<&'a Event> {
    account.history.iter().rfind(|event| event.key == *key && event.what == what)
}
