//! Random worlds: most follow a key's life, with something out of place; the rest are whatever can be written down.

use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::{Acknowledgements, Host, Installed};
use keywheel_core::ledger::{
    Actor, CreateIntent, InactiveBecause, KeyRecord, MadeInactive, ParameterStanding, RollbackIntent, UserRecord,
};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{
    AWSCURRENT, AWSPENDING, AWSPREVIOUS, KeyStatus, LastUsed, ObservedKey, ObservedSecret, SecretState,
};
use keywheel_core::time::{Days, plus};
use proptest::prelude::*;

use super::dice::Dice;
use super::{World, days_ago, former_user_id, key_id, secret, unknown, used_at, user, user_id, user_name, version};

const NAMES: [&str; 4] = ["K1", "K2", "K3", "K4"];

/// One user's sight and memory, under any policy.
pub(crate) fn worlds() -> impl Strategy<Value = World> {
    any::<u64>().prop_map(world)
}

pub(crate) fn world(seed: u64) -> World {
    let mut dice = Dice(seed);
    let mut keys = dice.keys();
    let mut record = dice.user_record(&keys);
    match dice.below(10) {
        0 => dice.lose_answer(&mut keys, &mut record),
        1 | 2 => dice.leave_inactive(&mut keys, &mut record),
        3..6 => keys.iter_mut().take(1).for_each(|key| key.last_used = used_at(days_ago(1).max(key.created))),
        _ => {}
    }
    let mut secret = dice.secret(&keys);
    if dice.percent(60)
        && let [old, new, ..] = keys.as_slice()
    {
        let as_left = dice.replace(old, new, &mut record);
        secret = if dice.percent(90) { as_left } else { secret };
    }
    let mut user = user(keys, secret);
    user.tags = dice.maybe(20, |dice| [dice.tag(), dice.tag()].into()).unwrap_or_default();
    let forced = dice.maybe(10, |_| [user_name("alice")].into()).unwrap_or_default();
    let mut policy = dice.policy();
    let exemptions = dice.exemptions();
    policy.parameters = dice.percent(25);
    for memory in record.keys.values_mut() {
        memory.parameter = dice.parameter();
    }
    // Of a chance of its own, so that what hosts say changes nothing else of a world.
    let mut hosts = Dice(!seed);
    policy.ack_forget_after = hosts.maybe(40, |dice| dice.pick(&[Days(1), Days(90), Days(90)]));
    user.acknowledgements = hosts.acknowledgements(&user.keys);
    World { policy, exemptions, forced, ..World::new(user, record) }
}

impl Dice {
    fn acknowledgements(&mut self, keys: &[ObservedKey]) -> Acknowledgements {
        match self.below(20) {
            0 => return Acknowledgements::NotLookedAt,
            1 => return Acknowledgements::Unknown { error: "denied".to_owned() },
            _ => {}
        }
        let newest = keys.last().map_or_else(|| key_id("K9"), |key| key.id.clone());
        let names = ["web-1", "web-2", "web-3"].into_iter().take(usize::try_from(self.below(4)).unwrap());
        let hosts = names.map(|name| {
            let any = keys.iter().map(|key| key.id.clone()).chain([key_id("K9")]).collect::<Vec<_>>();
            let key = if self.percent(70) { newest.clone() } else { self.pick(&any) };
            let said = self.maybe(95, |dice| Installed { key, at: dice.since(days_ago(200)) });
            Host { name: name.parse().unwrap(), said }
        });
        Acknowledgements::Known(hosts.collect())
    }

    fn keys(&mut self) -> Vec<ObservedKey> {
        let count = self.pick(&[0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 4]);
        let mut created: Vec<_> = (0..count).map(|_| self.created().min(super::now())).collect();
        // K1 is the oldest, as it is in life.
        created.sort();
        NAMES.into_iter().zip(created).map(|(name, created)| self.key(name, created)).collect()
    }

    fn created(&mut self) -> Timestamp {
        let days = [1, 5, 10, 11, 20, 40, 45, 60, 90, 95, 100, 135, 200, 300, 400];
        if self.percent(50) { days_ago(self.pick(&days)) } else { self.since(days_ago(400)) }
    }

    fn key(&mut self, name: &str, created: Timestamp) -> ObservedKey {
        let status = self.pick(&[KeyStatus::Active, KeyStatus::Active, KeyStatus::Active, KeyStatus::Inactive]);
        let last_used = match self.below(20) {
            0 => unknown(),
            1..7 => LastUsed::Never,
            _ => used_at(self.since(created).min(super::now())),
        };
        super::key(name, status, created, last_used)
    }

    fn user_record(&mut self, keys: &[ObservedKey]) -> UserRecord {
        let mut record = UserRecord::new(if self.percent(4) { former_user_id() } else { user_id() });
        for key in keys {
            if let Some(memory) = self.maybe(80, |dice| dice.key_record(key)) {
                record.keys.insert(key.id.clone(), memory);
            }
        }
        if self.percent(5) {
            let gone = super::key("K4", KeyStatus::Active, days_ago(300), LastUsed::Never);
            record.keys.insert(gone.id.clone(), self.key_record(&gone));
        }
        let newest = keys.last().filter(|_| self.percent(15));
        record.intent = newest.map(|newest| self.intent(newest));
        record.rollback = self.maybe(4, Self::rollback);
        record
    }

    fn intent(&mut self, newest: &ObservedKey) -> CreateIntent {
        let at = if self.percent(80) { newest.created } else { self.since(days_ago(2)) };
        let until = plus(at, jiff::SignedDuration::from_secs(self.pick(&[60, 60, -5, 1_000_000_000])));
        CreateIntent { at, until, supersedes: key_id(self.pick(&["K1", "K1", "K2", "K4"])) }
    }

    fn rollback(&mut self) -> RollbackIntent {
        let new = self.maybe(80, |dice| key_id(dice.pick(&NAMES)));
        RollbackIntent { at: self.since(days_ago(40)), old: key_id(self.pick(&NAMES)), new }
    }

    fn key_record(&mut self, key: &ObservedKey) -> KeyRecord {
        let from = key.created;
        let mut record = KeyRecord {
            created: self.maybe(15, |dice| if dice.percent(80) { from } else { dice.since(from) }),
            supersedes: self.maybe(8, |dice| key_id(dice.pick(&NAMES))),
            proven: self.maybe(4, |dice| dice.since(from)),
            retrieval_unproven: self.percent(5),
            published: self.maybe(5, |dice| dice.since(from)),
            retrievable_since: self.maybe(4, |dice| dice.since(from)),
            not_retrievable: self.percent(4),
            superseded_by: self.maybe(8, |dice| key_id(dice.pick(&NAMES))),
            revived: self.maybe(4, |dice| dice.since(from)),
            rolled_back: self.maybe(4, |dice| dice.since(from)),
            emergency: self.maybe(4, |dice| dice.since(from)),
            held_since: self.maybe(30, |dice| dice.since(from)),
            deactivation_begun: self.maybe(4, Self::because),
            made_inactive: self.maybe(if key.is_active() { 3 } else { 85 }, |dice| dice.inactive(from)),
            deleted: self.maybe(2, |dice| dice.since(from)),
            episode: self.pick(&[0, 0, 1, u32::MAX]),
            ..KeyRecord::default()
        };
        let kinds = [NoticeKind::Rotated, NoticeKind::Retiring, NoticeKind::ForeignDeletion, NoticeKind::Held(0)];
        for kind in kinds {
            if self.percent(40) {
                record.notices.insert(kind, self.told(from));
            }
        }
        record
    }

    /// The newest key came from a CreateAccessKey whose answer was lost within the last day.
    fn lose_answer(&mut self, keys: &mut [ObservedKey], record: &mut UserRecord) {
        let Some(newest) = keys.last_mut() else { return };
        let at = super::ago(self.below(86_000) + 61);
        let created = plus(at, jiff::SignedDuration::from_secs(self.below(80) - 5));
        *newest = ObservedKey { created, last_used: LastUsed::Never, status: KeyStatus::Active, ..newest.clone() };
        record.keys.remove(&newest.id);
        record.intent = Some(CreateIntent { at, ..self.intent(newest) });
    }

    /// The newest key was made inactive long ago, by a person or because nobody used it, and the owner was told.
    fn leave_inactive(&mut self, keys: &mut [ObservedKey], record: &mut UserRecord) {
        let Some(newest) = keys.last_mut() else { return };
        let created = newest.created.min(days_ago(self.pick(&[20, 89, 90, 200])));
        *newest = ObservedKey { created, last_used: LastUsed::Never, status: KeyStatus::Inactive, ..newest.clone() };
        let (by, why) = self.pick(&[(Actor::Person, None), (Actor::Keywheel, Some(InactiveBecause::Unused))]);
        let told = [(NoticeKind::ForeignDeletion, self.told(created))].into();
        let made_inactive = Some(MadeInactive { at: created, by, why });
        record.keys.insert(newest.id.clone(), KeyRecord { made_inactive, notices: told, ..KeyRecord::default() });
    }

    fn parameter(&mut self) -> Option<ParameterStanding> {
        use ParameterStanding::{Behind, InStep, None as NoParameter};
        self.pick(&[None, Some(NoParameter), Some(InStep), Some(InStep), Some(InStep), Some(Behind)])
    }

    fn because(&mut self) -> InactiveBecause {
        use InactiveBecause::{Emergency, Orphaned, RolledBack, Superseded, Unused};
        self.pick(&[Superseded, Superseded, Unused, Unused, Unused, Orphaned, RolledBack, Emergency])
    }

    fn inactive(&mut self, from: Timestamp) -> MadeInactive {
        let by = self.pick(&[Actor::Keywheel, Actor::Keywheel, Actor::Person]);
        MadeInactive { at: self.since(from), by, why: self.maybe(90, Self::because) }
    }

    fn secret(&mut self, keys: &[ObservedKey]) -> ObservedSecret {
        match self.below(12) {
            0 => ObservedSecret::NotLookedAt,
            1..4 => ObservedSecret::Absent,
            4 => ObservedSecret::Unknown { error: "denied".to_owned() },
            _ => ObservedSecret::Present(self.state(keys)),
        }
    }

    fn state(&mut self, keys: &[ObservedKey]) -> SecretState {
        let mut label = |chance| self.maybe(chance, |dice| key_id(dice.pick(&NAMES)));
        let labels = [(label(60), AWSCURRENT), (label(25), AWSPENDING), (label(50), AWSPREVIOUS)];
        let (previous, stored) = (label(60), keys.iter().filter(|_| label(70).is_some()).collect::<Vec<_>>());
        let versions = stored.into_iter().map(|key| {
            let stages: Vec<_> =
                labels.iter().filter(|(of, _)| of.as_ref() == Some(&key.id)).map(|(_, stage)| *stage).collect();
            version(&key.id, &stages, self.since(key.created))
        });
        let state = secret(versions.collect());
        SecretState { scheduled_for_deletion: self.percent(8), previous, ..state }
    }

    /// Makes one key the other's replacement, as the engine would have left both, but for what is already remembered.
    fn replace(&mut self, old: &ObservedKey, new: &ObservedKey, record: &mut UserRecord) -> ObservedSecret {
        let at = Some(new.created);
        let replacement = record.keys.entry(new.id.clone()).or_default();
        (replacement.created, replacement.proven, replacement.published) = (at, at, at);
        replacement.supersedes = Some(old.id.clone());
        let replaced = record.keys.entry(old.id.clone()).or_default();
        replaced.superseded_by = Some(new.id.clone());
        replaced.notices.insert(NoticeKind::Rotated, self.told(new.created));
        if let Some(inactive) = replaced.made_inactive.as_mut().filter(|_| self.percent(80)) {
            let at = self.since(new.created);
            *inactive = MadeInactive { at, by: Actor::Keywheel, why: Some(InactiveBecause::Superseded) };
        }
        let versions =
            vec![version(&new.id, &[AWSCURRENT], new.created), version(&old.id, &[AWSPREVIOUS], old.created)];
        ObservedSecret::Present(SecretState { previous: Some(old.id.clone()), ..secret(versions) })
    }
}
