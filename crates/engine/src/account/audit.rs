//! Looks at every user of an account.

use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;

use futures::StreamExt;
use futures::stream;
use keywheel_core::Timestamp;
use keywheel_core::id::UserName;
use keywheel_core::ledger::{AccountLedger, UserRecord};
use keywheel_core::observed::{ObservedKey, ObservedSecret, ObservedUser};
use keywheel_core::planner::needs_secret;
use keywheel_core::policy::{ExemptionGroup, UserTags};
use keywheel_core::secret::secret_name;

use super::{Account, Settings};
use crate::ports::{Clock, Iam, IamUser, PortError, Ports, Secrets, UserAudit};

/// How many users of an account are looked at, or changed, at a time. IAM throttles per account.
pub(super) const USERS_AT_ONCE: usize = 8;

/// What was seen of an account.
pub(super) struct Sight {
    pub(super) users: Vec<ObservedUser>,
    /// Users whose keys could not be listed: nothing about them is decided.
    pub(super) unseen: Vec<UnseenUser>,
    /// Users who are there and were not looked at by this invocation: before its first, or when its time was nearly up.
    pub(super) others: Vec<UserName>,
    /// The first user, by name, whom there was no time to look at.
    pub(super) next: Option<UserName>,
    pub(super) exemptions: ExemptionGroup,
    /// The exemption group may be readable in a minute.
    pub(super) exemptions_retry_helps: bool,
}

/// A user whose keys could not be listed.
pub(super) struct UnseenUser {
    pub(super) name: UserName,
    pub(super) error: PortError,
}

/// Which users are looked at, and until when.
#[derive(Clone, Copy)]
pub(super) struct Share<'a> {
    /// The first user, by name; none for all of them.
    pub(super) from: Option<&'a UserName>,
    /// From then on no further user is begun with.
    pub(super) until: Timestamp,
}

/// Sees every user of the share, in the order of their names. Fails as a whole only when the users cannot be listed. `seen` is
/// called after each user.
pub(super) async fn see<P: Ports>(
    ports: &P,
    account: &Account,
    settings: &Settings,
    ledger: &AccountLedger,
    share: Share<'_>,
    seen: impl AsyncFn(),
) -> Result<Sight, PortError> {
    let now = ports.clock().now();
    let (exemptions, exemptions_retry_helps) = exemption_group(ports, settings.exemption_group.as_deref()).await;
    let mut users = ports.iam().users().await?;
    users.sort_by(|a, b| a.name.cmp(&b.name));
    let is_before = |user: &IamUser| share.from.is_some_and(|from| user.name < *from);
    let (before, users): (Vec<_>, Vec<_>) = users.into_iter().partition(is_before);
    let mut others: Vec<UserName> = before.into_iter().map(|user| user.name).collect();
    let names: Vec<UserName> = users.iter().map(|user| user.name.clone()).collect();
    let (exempting, seen) = (&exemptions, &seen);
    // Some are looked at however late it is: a run that looks at nobody gets nowhere.
    let in_time = |place: usize| place < USERS_AT_ONCE || ports.clock().now() < share.until;
    let begun = stream::iter(users.into_iter().enumerate()).take_while(|(place, _)| ready(in_time(*place)));
    let sights = begun.map(|(_, user)| async move {
        let exempt = is_exempt(&user, exempting, settings, now);
        let record = ledger.users.get(&user.name);
        let sight = see_user(ports, account, user, record, exempt).await;
        seen().await;
        sight
    });
    let (mut users, mut unseen) = (Vec::new(), Vec::new());
    for sight in sights.buffer_unordered(USERS_AT_ONCE).collect::<Vec<_>>().await {
        match sight {
            Ok(user) => users.push(user),
            Err(user) => unseen.push(user),
        }
    }
    users.sort_by(|a, b| a.name.cmp(&b.name));
    unseen.sort_by(|a, b| a.name.cmp(&b.name));
    let left = names.get(users.len() + unseen.len()..).unwrap_or_default();
    let next = left.first().cloned();
    others.extend_from_slice(left);
    Ok(Sight { users, unseen, others, next, exemptions, exemptions_retry_helps })
}

/// Sees the one user whom an explicit action names. A user who is not there is unseen.
pub(super) async fn see_one<P: Ports>(
    ports: &P,
    account: &Account,
    settings: &Settings,
    ledger: &AccountLedger,
    name: &UserName,
) -> Sight {
    let now = ports.clock().now();
    let (exemptions, exemptions_retry_helps) = exemption_group(ports, settings.exemption_group.as_deref()).await;
    let seen = match ports.iam().user(name).await {
        Ok(user) => {
            let exempt = is_exempt(&user, &exemptions, settings, now);
            let record = ledger.users.get(&user.name);
            see_user(ports, account, user, record, exempt).await
        }
        Err(error) => Err(UnseenUser { name: name.clone(), error }),
    };
    let (users, unseen) = match seen {
        Ok(user) => (vec![user], Vec::new()),
        Err(unseen) => (Vec::new(), vec![unseen]),
    };
    Sight { users, unseen, others: Vec::new(), next: None, exemptions, exemptions_retry_helps }
}

async fn exemption_group<P: Ports>(ports: &P, group: Option<&str>) -> (ExemptionGroup, bool) {
    let Some(group) = group else { return (ExemptionGroup::NotConfigured, false) };
    match ports.iam().group_members(group).await {
        Ok(members) => (ExemptionGroup::Members(members), false),
        Err(error) => {
            let text = format!(
                "the exemption group {group:?} is missing or cannot be read ({error}), so nothing in this account is \
                 changed; create the group, allow iam:GetGroup, or clear EXEMPTION_GROUP"
            );
            (ExemptionGroup::Unknown { error: text }, error.is_transient())
        }
    }
}

fn is_exempt(user: &IamUser, exemptions: &ExemptionGroup, settings: &Settings, now: Timestamp) -> bool {
    let in_group = matches!(exemptions, ExemptionGroup::Members(members) if members.contains(&user.name));
    in_group || UserTags::read(&user.tags, &settings.policy.tag_prefix).exempts(now)
}

/// Nothing depends on an exempt user's last use or secret, so those are not looked at.
async fn see_user<P: Ports>(
    ports: &P,
    account: &Account,
    user: IamUser,
    record: Option<&UserRecord>,
    exempt: bool,
) -> Result<ObservedUser, UnseenUser> {
    let mut keys = match ports.iam().access_keys(&user.name).await {
        Ok(keys) => keys,
        Err(error) => return Err(UnseenUser { name: user.name, error }),
    };
    keys.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    let IamUser { name, user_id, arn, tags } = user;
    let mut seen = ObservedUser { name, user_id, arn, tags, keys, secret: ObservedSecret::NotLookedAt };
    if exempt {
        return Ok(seen);
    }
    for key in &mut seen.keys {
        key.last_used = ports.iam().last_used(&key.id).await;
    }
    if needs_secret(&seen, record) {
        seen.secret = see_secret(ports, &secret_name(&account.id, &seen.name), &seen.keys, record).await;
    }
    Ok(seen)
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
    let Some(mut state) = state else { return ObservedSecret::Absent };
    if state.scheduled_for_deletion || ledger_tells(keys, record) {
        return ObservedSecret::Present(state);
    }
    match ports.secrets().previous_key(name).await {
        Ok(previous) => state.previous = previous,
        Err(error) => return ObservedSecret::Unknown { error: error.to_string() },
    }
    ObservedSecret::Present(state)
}

/// Whether the ledger says which key took over from which, so that the secret need not be read for it.
fn ledger_tells(keys: &[ObservedKey], record: Option<&UserRecord>) -> bool {
    let Some(record) = record else { return false };
    let superseded: BTreeSet<_> = record.keys.values().filter_map(|key| key.supersedes.as_ref()).collect();
    let known: BTreeMap<_, _> = keys.iter().map(|key| (&key.id, superseded.contains(&key.id))).collect();
    known.values().any(|superseded| *superseded)
}
