//! What hosts say of a key that is to go, and of the one that took over from it.

use crate::acknowledgement::{Acknowledgements, Host, Hosts};
use crate::id::AccessKeyId;
use crate::observed::{ObservedKey, ObservedUser};
use crate::planner::step::UserView;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::time::after;

/// Whether anything about this user's keys depends on what hosts acknowledge.
#[must_use]
pub fn needs_acknowledgements(policy: &Policy, user: &ObservedUser) -> bool {
    policy.ack_forget_after.is_some() && user.keys.iter().filter(|key| key.is_active()).count() > 1
}

impl UserView<'_> {
    /// That a host still has the old key, as far as it says, or that it is not known.
    pub(super) fn missing_acknowledgement(&self, old: &ObservedKey) -> Option<Reason> {
        match self.hosts() {
            None => Some(Reason::AcknowledgementsUnknown),
            Some(hosts) => hosts.iter().any(|host| may_have(host, &old.id)).then_some(Reason::NotAcknowledged),
        }
    }

    /// The hosts that may still have the old key.
    pub(super) fn hosts_with(&self, old: &ObservedKey) -> Hosts {
        let hosts = self.hosts().unwrap_or_default();
        Hosts::of(hosts.into_iter().filter(|host| may_have(host, &old.id)).map(|host| host.name.clone()))
    }

    /// Whether every host that acknowledges has the replacement, and there is one.
    pub(super) fn is_acknowledged(&self, replacement: &ObservedKey) -> bool {
        let has = |host: &&Host| host.said.as_ref().is_some_and(|said| said.key == replacement.id);
        self.hosts().is_some_and(|hosts| !hosts.is_empty() && hosts.iter().all(has))
    }

    /// The hosts that are not forgotten; none where they are not known. Where hosts do not acknowledge there are none.
    fn hosts(&self) -> Option<Vec<&Host>> {
        let Some(forget_after) = self.policy.ack_forget_after else { return Some(Vec::new()) };
        let Acknowledgements::Known(hosts) = &self.user.acknowledgements else { return None };
        let is_silent = |host: &&Host| host.said.as_ref().is_some_and(|said| after(said.at, forget_after) <= self.now);
        Some(hosts.iter().filter(|host| !is_silent(host)).collect())
    }
}

/// What a host says that is not believed may be anything.
fn may_have(host: &Host, key: &AccessKeyId) -> bool {
    host.said.as_ref().is_none_or(|said| said.key == *key)
}
