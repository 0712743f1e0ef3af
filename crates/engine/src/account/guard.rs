//! Reads again, right before a change, what the change was planned on. IAM has no conditional calls, so this is as close as one gets.

use keywheel_core::observed::{LastUsed, ObservedKey};
use keywheel_core::plan::{Preconditions, Step};
use keywheel_core::policy::{Policy, UserTags};
use keywheel_core::secret::{VersionId, secret_name};

use super::Account;
use super::outcome::Stopped;
use crate::ports::{Clock, ErrorKind, Iam, IamUser, Ports, Secrets};

/// The user as it is now, if everything that the step was planned on still holds.
pub(super) async fn check<P: Ports>(
    ports: &P,
    account: &Account,
    policy: &Policy,
    step: &Step,
) -> Result<IamUser, Stopped> {
    if let Some(moment) = step.preconditions.not_before.filter(|moment| ports.clock().now() < *moment) {
        return Err(Stopped::changed(format!("it must not be done before {moment}")));
    }
    let user = check_user(ports, policy, step).await?;
    let keys = ports.iam().access_keys(&step.user).await?;
    check_keys(&step.preconditions, &keys)?;
    check_last_used(ports, &step.preconditions).await?;
    check_published(ports, account, step).await?;
    Ok(user)
}

async fn check_user<P: Ports>(ports: &P, policy: &Policy, step: &Step) -> Result<IamUser, Stopped> {
    let user = match ports.iam().user(&step.user).await {
        Ok(user) => user,
        Err(error) if error.kind == ErrorKind::NotFound => return Err(Stopped::changed("the user is gone")),
        Err(error) => return Err(error.into()),
    };
    if !user.is(&step.user_id) {
        return Err(Stopped::changed("the user was deleted and made again"));
    }
    if UserTags::read(&user.tags, &policy.tag_prefix).exempts(ports.clock().now()) {
        return Err(Stopped::changed("a tag exempts the user now"));
    }
    Ok(user)
}

fn check_keys(expected: &Preconditions, keys: &[ObservedKey]) -> Result<(), Stopped> {
    for (id, status) in &expected.statuses {
        match keys.iter().find(|key| key.id == *id) {
            None => return Err(Stopped::changed(format!("key {id} is gone"))),
            Some(key) if key.status != *status => {
                return Err(Stopped::changed(format!("key {id} is {:?} now", key.status)));
            }
            Some(_) => {}
        }
    }
    match expected.keys_at_most {
        Some(most) if keys.len() > most => Err(Stopped::changed(format!("the user has {} keys now", keys.len()))),
        _ => Ok(()),
    }
}

async fn check_last_used<P: Ports>(ports: &P, expected: &Preconditions) -> Result<(), Stopped> {
    let Some((key, seen)) = &expected.last_used else { return Ok(()) };
    match ports.iam().last_used(key).await {
        LastUsed::Unknown { error } => {
            Err(Stopped::changed(format!("the last use of key {key} is not known now: {error}")))
        }
        now if now.at() > seen.at() => Err(Stopped::changed(format!("key {key} was used in the meantime"))),
        _ => Ok(()),
    }
}

async fn check_published<P: Ports>(ports: &P, account: &Account, step: &Step) -> Result<(), Stopped> {
    let Some(key) = &step.preconditions.published else { return Ok(()) };
    let state = ports.secrets().describe(&secret_name(&account.id, &step.user)).await?;
    let version = VersionId::of(&account.id, &step.user_id, key);
    let readable = state.filter(|state| !state.scheduled_for_deletion);
    let is_published = readable
        .is_some_and(|state| state.version(&version).is_some_and(keywheel_core::observed::SecretVersion::is_published));
    if is_published { Ok(()) } else { Err(Stopped::changed(format!("the secret no longer hands out key {key}"))) }
}
