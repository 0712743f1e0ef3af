//! The rules of `docs/safety.md` that show in a plan, against random sights, ledgers and policies. How often
//! each of them is tried is counted in `sample.rs`.

#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

mod support;

use keywheel_core::ledger::{Actor, InactiveBecause, ParameterStanding};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::{LastUsed, ObservedSecret};
use keywheel_core::plan::{Action, StepKind};
use keywheel_core::policy::{ExemptionGroup, ForeignInactiveKeys, UnusedKeys};
use keywheel_core::reason::Reason;
use keywheel_core::time::Days;
use proptest::prelude::*;
use support::World;
use support::dice::freeze;
use support::evidence::{Evidence, taken_away};
use support::random::worlds;

use support::user_name;

fn deletions(world: &World) -> Vec<(keywheel_core::id::AccessKeyId, Reason)> {
    let steps = world.plan().steps.into_iter();
    steps
        .filter_map(|step| if let Action::Delete { key } = step.action { Some((key, step.reason)) } else { None })
        .collect()
}

proptest! {
    #![proptest_config(support::cases::usual(1_000))]

    #[test]
    fn rule_1_only_long_inactive_keys_are_deleted(world in worlds()) {
        let seen = Evidence::of(&world);
        let steps = world.plan().steps;
        for (id, reason) in deletions(&world) {
            let key = seen.key(&id);
            let step = steps.iter().find(|step| step.action == Action::Delete { key: id.clone() }).unwrap();
            // The executor makes no deletion before this moment.
            let moment = step.preconditions.not_before.unwrap();
            let ahead = moment.duration_since(world.now);
            let awaited = if reason == Reason::OrphanedKey { 10 } else { 0 };
            prop_assert!(ahead <= jiff::SignedDuration::from_mins(awaited));
            let inactive = seen.record(&id).made_inactive.unwrap();
            let grace = match inactive.why {
                _ if reason == Reason::ForeignInactive => world.policy.unused_after.max(seen.periods.recovery_grace),
                Some(InactiveBecause::Superseded | InactiveBecause::RolledBack | InactiveBecause::Emergency) => {
                    seen.periods.recovery_grace
                }
                Some(InactiveBecause::Unused) => seen.periods.recovery_grace.max(Days(90)),
                Some(InactiveBecause::Orphaned) => Days(1),
                None => Days(u32::MAX),
            };
            let past = |at, grace| keywheel_core::time::after(at, grace) <= moment;
            prop_assert!(!key.is_active() && past(inactive.at, grace) && keywheel_core::time::plus(inactive.at, support::HOUR) >= key.created);
            match &key.last_used {
                LastUsed::Unknown { .. } => prop_assert!(false, "nobody knows whether {id} is used"),
                LastUsed::At(key_use) => prop_assert!(past(key_use.at, grace)),
                LastUsed::Never => {}
            }
            if inactive.why == Some(InactiveBecause::Orphaned) && inactive.by == Actor::Keywheel {
                prop_assert_eq!(&key.last_used, &LastUsed::Never);
            }
        }
    }

    #[test]
    fn rule_1_nothing_is_deleted_in_the_first_run_of_an_account(world in worlds()) {
        let first = World { is_first_sight: true, ..world.clone() };
        prop_assert_eq!(deletions(&first), Vec::new());
        // What is held back is said, and nothing else changes by it.
        let frozen = world.policy.freeze.until(world.now).is_some();
        let said = first.plan().steps.iter().filter(|step| step.reason == Reason::FirstSight).count();
        prop_assert_eq!(said, if frozen { 0 } else { deletions(&world).len() });
        let others = |world: &World| {
            let change = |action: &Action| action.is_change() && !matches!(action, Action::Delete { .. });
            world.plan().steps.into_iter().filter(|step| change(&step.action)).collect::<Vec<_>>()
        };
        prop_assert_eq!(others(&first), others(&world));
    }

    #[test]
    fn rule_1_a_superseded_key_is_deleted_only_while_its_replacement_works(world in worlds()) {
        let seen = Evidence::of(&world);
        let superseded = |id: &keywheel_core::id::AccessKeyId| {
            seen.record(id).made_inactive.is_some_and(|inactive| inactive.why == Some(InactiveBecause::Superseded))
        };
        for (id, _) in deletions(&world).into_iter().filter(|(id, reason)| superseded(id) && *reason == Reason::RecoveryGraceOver) {
            // AWS's own dates: no ledger can have it inactive before its replacement was there.
            let replacement = |other: &&keywheel_core::observed::ObservedKey| {
                other.id != id && other.is_active() && seen.past(other.created, seen.periods.recovery_grace)
            };
            prop_assert!(seen.user.keys.iter().any(|key| replacement(&key)));
        }
    }

    #[test]
    fn rule_2_a_used_key_is_made_inactive_only_when_its_replacement_has_taken_over(world in worlds()) {
        let (seen, policy) = (Evidence::of(&world), &world.policy);
        let grace = seen.periods.install_grace;
        for step in world.plan().steps {
            let Action::Deactivate { key, because: InactiveBecause::Superseded } = &step.action else { continue };
            let (old, new) = (seen.key(key), seen.key(step.preconditions.published.as_ref().unwrap()));
            let (old_record, new_record) = (seen.record(&old.id), seen.record(&new.id));
            prop_assert!(old.is_active() && new.is_active() && new.created >= old.created);
            prop_assert!(seen.is_published(&new.id) && !new_record.not_retrievable);
            let is_delivered = matches!(new_record.parameter, Some(ParameterStanding::None | ParameterStanding::InStep));
            prop_assert!(is_delivered || !policy.parameters);
            let stored = seen.version(&new.id).unwrap().created;
            let since = [Some(new.created), Some(stored), new_record.retrievable_since, new_record.revived, old_record.revived];
            prop_assert!(since.into_iter().flatten().all(|since| seen.past(since, grace)));
            prop_assert!(new_record.published.is_some_and(|published| seen.past(published, grace)));
            prop_assert!(seen.told(&old.id, &NoticeKind::Rotated, grace, policy.require_notice));
            let known = !matches!(old.last_used, LastUsed::Unknown { .. });
            prop_assert!(known);
            let at_rest = old.last_used.at().is_none_or(|used| seen.past(used, policy.last_used_threshold));
            let needless = seen.unused_for(old, policy.unused_after) && !new_record.retrieval_unproven;
            let taken_up = needless || seen.is_taken_up(new) || seen.is_on_every_host(&new.id);
            let taken_over = at_rest && taken_up && seen.is_on_no_host(&old.id);
            let held = old_record.held_since.zip(policy.max_hold);
            prop_assert!(taken_over || held.is_some_and(|(since, max_hold)| seen.past(since, max_hold)));
        }
    }

    #[test]
    fn rule_2_a_key_is_retired_only_when_unused_and_after_a_warned_grace(world in worlds()) {
        let (seen, policy) = (Evidence::of(&world), &world.policy);
        for step in world.plan().steps {
            let Action::Deactivate { key, because: InactiveBecause::Unused } = &step.action else { continue };
            prop_assert!(policy.unused_keys == UnusedKeys::Retire && world.forced.is_empty());
            prop_assert!(seen.key(key).is_active() && seen.unused_for(seen.key(key), policy.unused_after));
            prop_assert!(seen.told(key, &NoticeKind::Retiring, seen.periods.install_grace, policy.require_notice));
        }
    }

    #[test]
    fn rule_3_only_a_key_that_nobody_can_have_is_taken_back(world in worlds()) {
        let seen = Evidence::of(&world);
        for step in world.plan().steps {
            let (Action::DeleteNeverStored { key: id } | Action::Deactivate { key: id, because: InactiveBecause::Orphaned }) =
                &step.action
            else {
                continue;
            };
            let (key, record) = (seen.key(id), seen.record(id));
            prop_assert!(key.is_active() && key.last_used == LastUsed::Never && seen.version(id).is_none());
            let looked = matches!(seen.user.secret, ObservedSecret::Absent | ObservedSecret::Present(_));
            prop_assert!(looked);
            if step.reason == Reason::NeverStored {
                let made = record.created.unwrap();
                prop_assert!(made.duration_since(key.created).abs() <= support::HOUR);
            } else {
                let intent = seen.user_record().unwrap().intent.clone().unwrap();
                let after = key.created.duration_since(intent.at).as_secs();
                prop_assert!((-1..=60).contains(&after), "{after} s after the intent");
            }
        }
    }

    #[test]
    fn rule_4_at_most_one_key_is_made_and_only_into_a_free_slot(world in worlds()) {
        let plan = world.plan();
        let makes = |action: &Action| matches!(action, Action::Replace { .. });
        let made = plan.steps.iter().filter(|step| makes(&step.action)).count();
        prop_assert!(made <= 1);
        if made == 1 {
            // Nothing else changes, but that the keys of lost answers leave first.
            let changes: Vec<_> = plan.steps.iter().filter(|step| step.action.is_change()).collect();
            let (last, others) = changes.split_last().unwrap();
            prop_assert!(makes(&last.action) && last.preconditions.keys_at_most == Some(1));
            let leaves = |action: &Action| matches!(action, Action::Delete { .. });
            prop_assert!(others.iter().all(|step| leaves(&step.action) && step.reason == Reason::OrphanedKey));
            prop_assert_eq!(world.users[0].keys.len() - others.len(), 1);
        }
    }

    #[test]
    fn rule_5_what_a_person_did_stands(world in worlds()) {
        let seen = Evidence::of(&world);
        let plan = world.plan();
        // Of a key that is to give way, and is inactive already, nothing is taken away.
        let steps = plan.steps.iter().filter(|step| step.kind != StepKind::Rollback);
        for id in steps.filter_map(taken_away).filter(|id| !seen.key(id).is_active()) {
            let by_keywheel =
                seen.record(id).made_inactive.is_some_and(|inactive| inactive.by == Actor::Keywheel && inactive.why.is_some());
            let may_go = world.policy.foreign_inactive_keys == ForeignInactiveKeys::Delete
                && seen.told(id, &NoticeKind::ForeignDeletion, seen.periods.install_grace, true);
            prop_assert!(by_keywheel || may_go, "{id}");
        }
        if seen.user.keys.iter().all(|key| !key.is_active()) {
            let gives_a_key = |action: &Action| matches!(action, Action::Replace { .. } | Action::Publish { .. });
            prop_assert!(!plan.steps.iter().any(|step| gives_a_key(&step.action)));
        }
    }

    #[test]
    fn rule_6_of_two_active_keys_of_unknown_descent_only_an_unused_one_goes(world in worlds()) {
        let mut world = world;
        world.users[0].secret = ObservedSecret::Absent;
        for record in world.ledger.users.values_mut() {
            record.intent = None;
            for key in record.keys.values_mut() {
                (key.created, key.supersedes, key.published) = (None, None, None);
            }
        }
        let seen = Evidence::of(&world);
        let active = seen.user.keys.iter().filter(|key| key.is_active()).count();
        for step in world.plan().steps.iter().filter(|step| active > 1 && step.action.is_change()) {
            let gives_back = step.kind == StepKind::Rollback && taken_away(step).is_none();
            let delivers = matches!(step.action, Action::Deliver { .. } | Action::Replicate { .. });
            let takes_an_unused_key = matches!(step.kind, StepKind::Retire | StepKind::Delete);
            prop_assert!(gives_back || delivers || takes_an_unused_key, "{step:?}");
            if let Action::Deactivate { key, .. } = &step.action {
                prop_assert!(seen.unused_for(seen.key(key), world.policy.unused_after));
            }
        }
    }

    #[test]
    fn rule_7_however_many_keys_there_are_a_superseded_one_goes_only_while_its_replacement_stays(world in worlds()) {
        let plan = world.plan();
        let gone: Vec<_> = plan.steps.iter().filter_map(taken_away).collect();
        for step in &plan.steps {
            if let Some(replacement) = step.preconditions.published.as_ref().filter(|_| step.action.is_change()) {
                prop_assert!(!gone.contains(&replacement));
            }
            if let Some(key) = taken_away(step) {
                prop_assert!(step.preconditions.statuses.iter().any(|(id, _)| id == key), "no precondition: {step:?}");
                prop_assert_eq!(gone.iter().filter(|other| **other == key).count(), 1);
            }
        }
    }

    #[test]
    fn rule_8_exempt_users_unreadable_groups_and_freezes_stop_every_change(world in worlds()) {
        let changes = |world: &World| world.plan().steps.iter().filter(|step| step.action.is_change()).count();
        let in_group = ExemptionGroup::Members([user_name("alice")].into());
        prop_assert_eq!(changes(&World { exemptions: in_group, ..world.clone() }), 0);
        let unreadable = World { exemptions: ExemptionGroup::Unknown { error: "denied".to_owned() }, ..world.clone() };
        prop_assert_eq!(changes(&unreadable), 0);
        prop_assert!(unreadable.plan().steps.iter().all(|step| step.notice.is_none() && step.action == Action::None));
        let mut frozen = world.clone();
        frozen.policy.freeze = freeze();
        prop_assert_eq!(changes(&frozen), 0);
        let mut tagged = world;
        tagged.users[0].tags.insert("KeyRotation:EXEMPT_UNTIL".to_owned(), "2026-11-20".to_owned());
        prop_assert_eq!(changes(&tagged), 0);
    }

    #[test]
    fn rule_8_a_failed_look_up_counts_as_in_use(world in worlds()) {
        let seen = Evidence::of(&world);
        for id in world.plan().steps.iter().filter_map(taken_away) {
            let known = !matches!(seen.key(id).last_used, LastUsed::Unknown { .. });
            prop_assert!(known, "{id}");
        }
        let mut blind = world.clone();
        blind.users[0].secret = ObservedSecret::Unknown { error: "denied".to_owned() };
        prop_assert!(blind.plan().steps.iter().all(|step| !step.action.is_change()));
    }
}
