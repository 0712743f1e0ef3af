//! Looks at one user: the keys, when each was last used, and the secret where anything depends on it.

use std::collections::BTreeSet;

use keywheel_core::id::{AccountId, UserId, UserName};
use keywheel_core::ledger::UserRecord;
use keywheel_core::observed::{ObservedKey, ObservedSecret, ObservedUser};
use keywheel_core::planner::needs_secret;
use keywheel_core::secret::secret_name;

use crate::ports::{ErrorKind, Iam, PortError, Ports, Secrets};

/// A user whose keys could not be listed.
pub(super) struct UnseenUser {
    pub(super) name: UserName,
    /// The user's id; none where the user was not even found.
    pub(super) user_id: Option<UserId>,
    pub(super) error: PortError,
}

impl UnseenUser {
    /// Name and id of a user who is there, as far as anybody knows.
    pub(super) fn known(&self) -> Option<(&UserName, &UserId)> {
        let is_gone = self.error.kind == ErrorKind::NotFound;
        Some((&self.name, self.user_id.as_ref().filter(|_| !is_gone)?))
    }
}

/// Nothing depends on an exempt user's last use or secret, so those are not looked at.
pub(super) async fn see_user<P: Ports>(
    ports: &P,
    account: &AccountId,
    listed: ObservedUser,
    record: Option<&UserRecord>,
    exempt: bool,
) -> Result<ObservedUser, UnseenUser> {
    let mut keys = match ports.iam().access_keys(&listed.name).await {
        Ok(keys) => keys,
        Err(error) => return Err(UnseenUser { name: listed.name, user_id: Some(listed.user_id), error }),
    };
    keys.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    let seen = ObservedUser { keys, ..listed };
    Ok(if exempt { seen } else { see_wholly(ports, account, seen, record).await })
}

/// Adds to a user with keys when each was last used, and the secret where anything depends on it.
pub(super) async fn see_wholly<P: Ports>(
    ports: &P,
    account: &AccountId,
    mut seen: ObservedUser,
    record: Option<&UserRecord>,
) -> ObservedUser {
    for key in &mut seen.keys {
        key.last_used = ports.iam().last_used(&key.id).await;
    }
    if needs_secret(&seen, record) {
        seen.secret = see_secret(ports, &secret_name(account, &seen.name), &seen.keys, record).await;
    }
    seen
}

async fn see_secret<P: Ports>(
    ports: &P,
    name: &str,
    keys: &[ObservedKey],
    record: Option<&UserRecord>,
) -> ObservedSecret {
    let state = match ports.secrets().describe(name).await {
        Ok(state) => state,
        Err(error) => return ObservedSecret::Unknown { error: error.to_string() },
    };
    let Some(mut state) = state else { return absent(ports, record) };
    if state.scheduled_for_deletion || ledger_tells(keys, record) {
        return ObservedSecret::Present(state);
    }
    match ports.secrets().previous_key(name).await {
        Ok(previous) => state.previous = previous,
        Err(error) => return ObservedSecret::Unknown { error: error.to_string() },
    }
    ObservedSecret::Present(state)
}

/// What is not found may be where this deployment does not look.
fn absent<P: Ports>(ports: &P, record: Option<&UserRecord>) -> ObservedSecret {
    match record.and_then(|record| record.secret_arn.as_ref()) {
        Some(arn) if !ports.secrets().knows_central() => {
            let error = format!("secret {arn} is in the central store; set SECRET_STORE_BEFORE=central");
            tracing::error!(error, "nothing is done for the secret's user");
            ObservedSecret::Unknown { error }
        }
        _ => ObservedSecret::Absent,
    }
}

/// Whether the ledger says which key took over from which, so that the secret need not be read for it.
fn ledger_tells(keys: &[ObservedKey], record: Option<&UserRecord>) -> bool {
    let Some(record) = record else { return false };
    let superseded: BTreeSet<_> = record.keys.values().filter_map(|key| key.supersedes.as_ref()).collect();
    keys.iter().any(|key| superseded.contains(&key.id))
}
