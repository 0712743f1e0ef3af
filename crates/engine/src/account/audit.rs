//! Looks at every user of an account.

use std::future::ready;

use futures::{StreamExt, stream};
use keywheel_core::Timestamp;
use keywheel_core::id::{AccountId, UserId, UserName};
use keywheel_core::ledger::AccountLedger;
use keywheel_core::observed::ObservedUser;
use keywheel_core::planner::{AccountView, QuietUser, needs_acknowledgements};
use keywheel_core::policy::{ExemptionGroup, UserTags};

use super::acknowledgements::{Scope, look_up};
use super::listing::{Listing, Share, list};
use super::see_user::{UnseenUser, see_user};
use super::{Account, Settings};
use crate::ports::{Clock, Iam, PortError, Ports};

/// How many users of an account are changed at a time.
pub(super) const USERS_AT_ONCE: usize = 8;

/// How many users of an account are looked at at a time. IAM throttles per account; a client that is throttled slows itself down.
pub(super) const LOOKS_AT_ONCE: usize = 32;

/// What was seen of an account.
pub(super) struct Sight {
    pub(super) users: Vec<ObservedUser>,
    /// Users whose keys could not be listed: nothing about them is decided.
    pub(super) unseen: Vec<UnseenUser>,
    /// Users who were passed over, because nothing can be due for them.
    pub(super) quiet: Vec<QuietUser>,
    /// Users who are there and were not looked at by this invocation: before its first, or when its time was nearly up.
    pub(super) others: Vec<(UserName, UserId)>,
    /// The first user, by name, whom there was no time to look at.
    pub(super) next: Option<UserName>,
    pub(super) exemptions: ExemptionGroup,
    /// The exemption group may be readable in a minute.
    pub(super) exemptions_retry_helps: bool,
    /// Nobody was passed over.
    pub(super) is_sweep: bool,
    /// There was no credential report, though one was wanted.
    pub(super) lacks_report: bool,
}

impl Sight {
    /// Everybody who is there, with the id where it is known.
    pub(super) fn present(&self) -> impl Iterator<Item = (&UserName, Option<&UserId>)> {
        let users = self.users.iter().map(|user| (&user.name, &user.user_id));
        let quiet = self.quiet.iter().map(|user| (&user.name, &user.user_id));
        let known = users.chain(quiet).chain(self.others.iter().map(|(name, id)| (name, id)));
        let unseen = self.unseen.iter().map(|user| (&user.name, user.user_id.as_ref()));
        known.map(|(name, id)| (name, Some(id))).chain(unseen)
    }

    /// Whether everybody was looked at, by this invocation or those before it: who could not be is marked in the ledger.
    pub(super) fn is_whole_sweep(&self) -> bool {
        self.is_sweep && self.next.is_none()
    }
}

/// Sees every user of the share, in the order of their names, and passes over those for whom nothing can be due. Fails as a whole only
/// when the users cannot be listed. `seen` is called after each user.
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
    let view = AccountView {
        account: &account.id,
        users: &[],
        quiet: &[],
        ledger,
        policy: &settings.policy,
        exemptions: &exemptions,
        forced: share.forced,
        is_first_sight: ledger.sequence == 0,
        now,
    };
    let Listing { candidates, quiet, before, is_sweep, lacks_report } = list(ports, &view, share).await?;
    let looked = look_at(ports, &view, settings, candidates, share.until, &seen).await;
    let Looked { users, unseen, left } = looked;
    let next = left.first().map(|(name, _)| name.clone());
    let others = before.into_iter().chain(left).collect();
    Ok(Sight { users, unseen, quiet, others, next, exemptions, exemptions_retry_helps, is_sweep, lacks_report })
}

/// What was seen of the candidates, each list in the order of names.
struct Looked {
    users: Vec<ObservedUser>,
    unseen: Vec<UnseenUser>,
    left: Vec<(UserName, UserId)>,
}

async fn look_at<P: Ports>(
    ports: &P,
    view: &AccountView<'_>,
    settings: &Settings,
    candidates: Vec<ObservedUser>,
    until: Timestamp,
    seen: &impl AsyncFn(),
) -> Looked {
    let listed: Vec<_> = candidates.iter().map(|user| (user.name.clone(), user.user_id.clone())).collect();
    // Some are looked at however late it is: a run that looks at nobody gets nowhere.
    let in_time = |place: usize| place < LOOKS_AT_ONCE || ports.clock().now() < until;
    let begun = stream::iter(candidates.into_iter().enumerate()).take_while(|(place, _)| ready(in_time(*place)));
    let sights = begun.map(|(_, user)| async move {
        let exempt = is_exempt(&user, view.exemptions, settings, view.now);
        let record = view.ledger.users.get(&user.name);
        let mut sight = see_user(ports, view.account, user, record, exempt).await;
        if let Ok(user) = &mut sight {
            acknowledged(ports, view.account, settings, view.now, exempt, user).await;
        }
        seen().await;
        sight
    });
    let (mut users, mut unseen) = (Vec::new(), Vec::new());
    for sight in sights.buffer_unordered(LOOKS_AT_ONCE).collect::<Vec<_>>().await {
        match sight {
            Ok(user) => users.push(user),
            Err(user) => unseen.push(user),
        }
    }
    users.sort_by(|a, b| a.name.cmp(&b.name));
    unseen.sort_by(|a, b| a.name.cmp(&b.name));
    let left = listed.get(users.len() + unseen.len()..).unwrap_or_default().to_vec();
    Looked { users, unseen, left }
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
            let user = user.without_keys();
            let exempt = is_exempt(&user, &exemptions, settings, now);
            let record = ledger.users.get(&user.name);
            let mut sight = see_user(ports, &account.id, user, record, exempt).await;
            if let Ok(user) = &mut sight {
                acknowledged(ports, &account.id, settings, now, exempt, user).await;
            }
            sight
        }
        Err(error) => Err(UnseenUser { name: name.clone(), user_id: None, error }),
    };
    let (users, unseen) = match seen {
        Ok(user) => (vec![user], Vec::new()),
        Err(unseen) => (Vec::new(), vec![unseen]),
    };
    let (quiet, others, next, is_sweep, lacks_report) = (Vec::new(), Vec::new(), None, false, false);
    Sight { users, unseen, quiet, others, next, exemptions, exemptions_retry_helps, is_sweep, lacks_report }
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

pub(super) fn is_exempt(user: &ObservedUser, exemptions: &ExemptionGroup, settings: &Settings, now: Timestamp) -> bool {
    let in_group = matches!(exemptions, ExemptionGroup::Members(members) if members.contains(&user.name));
    in_group || UserTags::read(&user.tags, &settings.policy.tag_prefix).exempts(now)
}

/// Adds what the user's hosts acknowledge, where something depends on it.
async fn acknowledged<P: Ports>(
    ports: &P,
    account: &AccountId,
    settings: &Settings,
    now: Timestamp,
    is_exempt: bool,
    user: &mut ObservedUser,
) {
    let Some(forget_after) = settings.policy.ack_forget_after else { return };
    if is_exempt || !needs_acknowledgements(&settings.policy, user) {
        return;
    }
    user.acknowledgements = look_up(ports, &Scope { account, forget_after, now }, &user.name).await;
}
