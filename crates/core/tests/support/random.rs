//! Random worlds: half of them follow a key's life, with something out of place; half are whatever can be written down.

use std::collections::BTreeMap;

use keywheel_core::Timestamp;
use keywheel_core::ledger::{CreateIntent, KeyRecord, UserRecord};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{
    AWSCURRENT, AWSPENDING, AWSPREVIOUS, KeyStatus, LastUsed, ObservedKey, ObservedSecret, SecretState,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::random_ledger::{key_record, told};
use super::random_policy::{exemptions, policy, tags};
use super::{
    World, ago, days_ago, former_user_id, key_id, secret, unknown, used_at, user, user_id, user_name, version,
};

const DAYS: [i64; 22] = [0, 1, 3, 5, 6, 7, 8, 10, 11, 20, 30, 35, 36, 40, 41, 60, 89, 90, 91, 100, 135, 400];
const NAMES: [&str; 4] = ["K1", "K2", "K3", "K4"];

/// A moment in the past: often on the edge of a period, now and then one that nobody can have written honestly.
pub(crate) fn date() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        24 => select(&DAYS[..]).prop_map(days_ago),
        8 => (select(&DAYS[..]), -3_600..3_600_i64).prop_map(|(days, seconds)| ago((days * 86_400 + seconds).max(0))),
        8 => (0..500 * 86_400_i64).prop_map(ago),
        1 => select(&[days_ago(-1), days_ago(-400), Timestamp::MIN, Timestamp::MAX][..]),
    ]
}

fn past() -> impl Strategy<Value = Timestamp> {
    date().prop_map(|date| date.min(ago(0)))
}

fn last_used() -> impl Strategy<Value = LastUsed> {
    prop_oneof![3 => Just(LastUsed::Never), 8 => past().prop_map(used_at), 1 => Just(unknown())]
}

fn keys() -> impl Strategy<Value = Vec<ObservedKey>> {
    let status = prop_oneof![3 => Just(KeyStatus::Active), 2 => Just(KeyStatus::Inactive)];
    let key = (status, date(), last_used());
    vec(key, prop_oneof![1 => Just(0), 6 => Just(1), 14 => Just(2), 4 => Just(3), 1 => Just(4)]).prop_map(|keys| {
        // K1 is the oldest, as it is in life.
        let mut keys = keys;
        keys.sort_by_key(|(_, created, _)| *created);
        let named = NAMES.into_iter().zip(keys);
        named.map(|(name, (status, created, used))| super::key(name, status, created, used)).collect()
    })
}

fn state() -> impl Strategy<Value = SecretState> {
    let label = || option::weighted(0.6, select(&NAMES[..]));
    let stored = btree_map(select(&NAMES[..]), past(), 0..4);
    (label(), option::weighted(0.2, select(&NAMES[..])), label(), stored, label(), proptest::bool::weighted(0.1))
        .prop_map(|(current, pending, previous, stored, witness, scheduled_for_deletion)| {
            let labels = [(current, AWSCURRENT), (pending, AWSPENDING), (previous, AWSPREVIOUS)];
            let stages =
                |key| labels.iter().filter(|(of, _)| *of == Some(key)).map(|(_, stage)| *stage).collect::<Vec<_>>();
            let versions = stored.into_iter().map(|(key, at)| version(&key_id(key), &stages(key), at)).collect();
            SecretState { scheduled_for_deletion, previous: witness.map(key_id), ..secret(versions) }
        })
}

fn observed_secret() -> impl Strategy<Value = ObservedSecret> {
    prop_oneof![
        2 => Just(ObservedSecret::NotLookedAt),
        3 => Just(ObservedSecret::Absent),
        1 => Just(ObservedSecret::Unknown { error: "denied".to_owned() }),
        6 => state().prop_map(ObservedSecret::Present),
    ]
}

fn record() -> impl Strategy<Value = UserRecord> {
    let records = btree_map(select(&NAMES[..]), key_record(), 0..5);
    let intent = option::weighted(0.15, (past(), -10..200_i64, select(&NAMES[..])));
    (proptest::bool::weighted(0.05), records, intent).prop_map(|(of_former_user, keys, intent)| {
        let mut record = UserRecord::new(if of_former_user { former_user_id() } else { user_id() });
        record.keys = keys.into_iter().map(|(name, record)| (key_id(name), record)).collect();
        record.intent = intent.map(|(at, seconds, supersedes)| CreateIntent {
            at,
            until: keywheel_core::time::plus(at, jiff::SignedDuration::from_secs(seconds)),
            supersedes: key_id(supersedes),
        });
        record
    })
}

/// Makes the second key the first one's replacement, as the engine would have left both.
fn replace_first(keys: &[ObservedKey], record: &mut UserRecord, told: Timestamp) -> Option<ObservedSecret> {
    let [old, new, ..] = keys else { return None };
    let at = Some(new.created);
    let replacement = record.keys.entry(new.id.clone()).or_default();
    let published = KeyRecord { created: at, proven: at, published: at, ..replacement.clone() };
    *replacement = KeyRecord { supersedes: Some(old.id.clone()), not_retrievable: false, ..published };
    let replaced = record.keys.entry(old.id.clone()).or_default();
    replaced.superseded_by = Some(new.id.clone());
    replaced.notices.insert(NoticeKind::Rotated, super::notice(told, Some(told)));
    let versions = vec![version(&new.id, &[AWSCURRENT], new.created), version(&old.id, &[AWSPREVIOUS], old.created)];
    Some(ObservedSecret::Present(SecretState { previous: Some(old.id.clone()), ..secret(versions) }))
}

/// One user's sight and memory, under any policy.
pub(crate) fn worlds() -> impl Strategy<Value = World> {
    let sight = (keys(), observed_secret(), tags());
    let forced = proptest::bool::weighted(0.1);
    (sight, record(), option::weighted(0.5, (told(), proptest::bool::weighted(0.9))), policy(), exemptions(), forced)
        .prop_map(|((keys, mut secret, tags), mut record, replaced, policy, exemptions, forced)| {
            if let Some((told, as_left)) = replaced
                && let Some(as_it_was) = replace_first(&keys, &mut record, told)
                && as_left
            {
                secret = as_it_was;
            }
            let mut user = user(keys, secret);
            user.tags = BTreeMap::from_iter(tags);
            let forced = if forced { [user_name("alice")].into() } else { std::collections::BTreeSet::new() };
            World { policy, exemptions, forced, ..World::new(user, record) }
        })
}
