//! The rules of `docs/safety.md`, for explicit actions: against random sights, ledgers and policies, with any guards lifted.

#![allow(clippy::unwrap_used, reason = "in tests a panic is the message")]

mod support;

use std::collections::BTreeMap;

use keywheel_core::contract::action::{ActionKind, ExplicitAction, Guard};
use keywheel_core::ledger::{Actor, InactiveBecause};
use keywheel_core::observed::LastUsed;
use keywheel_core::plan::{Action, Step};
use keywheel_core::policy::ExemptionGroup;
use keywheel_core::reason::Reason;
use keywheel_core::time::Days;
use proptest::prelude::*;
use support::asked::{actions, asked};
use support::dice::freeze;
use support::evidence::{Evidence, taken_away};
use support::random::{world, worlds};
use support::{World, user_name};

fn changes(steps: &[Step]) -> Vec<&Step> {
    steps.iter().filter(|step| step.action.is_change()).collect()
}

/// What an action changes besides what a night without a freeze would, as it stands in the two plans.
fn beyond_the_night(world: &World, action: &ExplicitAction) -> Vec<Step> {
    let mut thawed = world.clone();
    thawed.policy.freeze = keywheel_core::policy::Freeze::default();
    let nightly = thawed.plan().steps;
    let done_nightly = |step: &Step| nightly.iter().any(|other| other.action == step.action);
    world.asked(action).into_iter().filter(|step| step.action.is_change() && !done_nightly(step)).collect()
}

proptest! {
    #![proptest_config(support::cases::usual(2_000))]

    #[test]
    fn rule_1_no_action_deletes_a_key_before_its_whole_recovery_grace(world in worlds(), action in actions()) {
        let seen = Evidence::of(&world);
        for step in world.asked(&action) {
            let Action::Delete { key: id } = &step.action else { continue };
            let (key, inactive) = (seen.key(id), seen.record(id).made_inactive.unwrap());
            let is_orphan = inactive.by == Actor::Keywheel && inactive.why == Some(InactiveBecause::Orphaned);
            let grace = if is_orphan { Days(1) } else { seen.periods.recovery_grace };
            let moment = step.preconditions.not_before.unwrap();
            let past = |at| keywheel_core::time::after(at, grace) <= moment;
            prop_assert!(!key.is_active() && past(inactive.at) && (moment <= world.now || is_orphan), "{step:?}");
            let known = !matches!(key.last_used, LastUsed::Unknown { .. });
            prop_assert!(known && key.last_used.at().is_none_or(past));
        }
        let first = World { is_first_sight: true, ..world };
        let deletes = first.asked(&action).iter().any(|step| matches!(step.action, Action::Delete { .. }));
        prop_assert!(!deletes);
    }

    #[test]
    fn rule_2_an_action_makes_a_key_inactive_only_as_its_overrides_say(world in worlds(), action in actions()) {
        let (seen, policy) = (Evidence::of(&world), &world.policy);
        for step in beyond_the_night(&world, &action) {
            let Action::Deactivate { key, because: InactiveBecause::Superseded } = &step.action else { continue };
            prop_assert_eq!(action.action, ActionKind::Deactivate);
            let (old, new) = (seen.key(key), seen.key(step.preconditions.published.as_ref().unwrap()));
            // No override lifts this: somebody can fetch the replacement, and it works.
            prop_assert!(old.is_active() && new.is_active() && seen.is_published(&new.id));
            let lifts = |guard| step.overridden.contains(&guard);
            let grace = seen.periods.install_grace;
            let rotated = keywheel_core::notice::NoticeKind::Rotated;
            let told = seen.told(&old.id, &rotated, grace, policy.require_notice);
            prop_assert!(lifts(Guard::InstallGrace) || (told && seen.past(new.created, grace)));
            let known = !matches!(old.last_used, LastUsed::Unknown { .. });
            let at_rest = known && old.last_used.at().is_none_or(|used| seen.past(used, policy.last_used_threshold));
            prop_assert!(lifts(Guard::LastUsed) || (at_rest && step.preconditions.last_used.is_some()));
            // A record with a date that cannot be is void as a whole.
            let unproven = world.record().key(&new.id).retrieval_unproven;
            let needless = seen.unused_for(old, policy.unused_after) && !unproven;
            prop_assert!(lifts(Guard::TakeUp) || needless || seen.is_taken_up(new) || seen.is_on_every_host(&new.id));
            prop_assert!(lifts(Guard::Acknowledgement) || seen.is_on_no_host(&old.id));
            prop_assert!(step.overridden.is_subset(&action.overrides) && !step.overridden.is_empty());
        }
    }

    #[test]
    fn rule_4_an_action_makes_one_key_at_most_and_only_into_a_free_slot(world in worlds(), action in actions()) {
        let steps = world.asked(&action);
        let made: Vec<_> = steps.iter().filter(|step| matches!(step.action, Action::Replace { .. })).collect();
        prop_assert!(made.len() <= 1);
        for step in made {
            prop_assert!(matches!(action.action, ActionKind::Create | ActionKind::Emergency));
            prop_assert!(action.action == ActionKind::Create || action.replace);
            prop_assert_eq!(step.preconditions.keys_at_most, Some(1));
        }
    }

    #[test]
    fn rule_5_no_action_revives_what_a_person_made_inactive(world in worlds(), action in actions()) {
        let seen = Evidence::of(&world);
        for step in world.asked(&action) {
            let Action::Rollback { old, .. } = &step.action else { continue };
            let inactive = seen.record(old).made_inactive;
            let by_keywheel = inactive.is_some_and(|inactive| inactive.by == Actor::Keywheel
                && matches!(inactive.why, Some(InactiveBecause::Superseded | InactiveBecause::Unused)));
            let begun = seen.record(old).deactivation_begun.is_some();
            prop_assert!(seen.key(old).is_active() || by_keywheel || begun, "{step:?}");
        }
    }

    #[test]
    fn rule_8_no_action_changes_an_exempt_user_and_a_freeze_is_lifted_only_by_name(world in worlds(), action in actions()) {
        let in_group = ExemptionGroup::Members([user_name("alice")].into());
        let unreadable = ExemptionGroup::Unknown { error: "denied".to_owned() };
        for exemptions in [in_group, unreadable] {
            let world = World { exemptions, ..world.clone() };
            prop_assert!(changes(&world.asked(&action)).is_empty());
        }
        let mut tagged = world.clone();
        tagged.users[0].tags.insert("KeyRotation:EXEMPT_UNTIL".to_owned(), "2026-11-20".to_owned());
        prop_assert!(changes(&tagged.asked(&action)).is_empty());
        let mut frozen = world;
        frozen.policy.freeze = freeze();
        for step in changes(&frozen.asked(&action)) {
            prop_assert!(action.lifts(Guard::Freeze) && step.overridden.contains(&Guard::Freeze));
        }
    }

    #[test]
    fn exception_c_an_emergency_makes_the_named_key_inactive_and_no_other(world in worlds(), action in actions()) {
        let seen = Evidence::of(&world);
        for step in world.asked(&action) {
            let Action::Deactivate { key, because: InactiveBecause::Emergency } = &step.action else { continue };
            prop_assert_eq!(action.action, ActionKind::Emergency);
            prop_assert_eq!(Some(key), action.access_key_id.as_ref());
            // A record with a date that cannot be is void as a whole.
            let credible = world.record().key(key);
            prop_assert!(credible.emergency.is_none() || !seen.key(key).is_active());
        }
    }

    #[test]
    fn a_rollback_takes_no_key_in_use_and_leaves_the_old_one_active(world in worlds(), action in actions()) {
        let seen = Evidence::of(&world);
        for step in world.asked(&action) {
            let Action::Rollback { old, new, new_stays } = &step.action else { continue };
            prop_assert_eq!(action.action, ActionKind::Rollback);
            let Some(new) = new.as_ref().filter(|_| !new_stays) else { continue };
            prop_assert!(old != new);
            let Some(new) = seen.user.key(new) else { continue };
            let known = !matches!(new.last_used, LastUsed::Unknown { .. });
            prop_assert!(action.lifts(Guard::LastUsed) || !new.is_active() || (known && !seen.is_taken_up(new)));
            let looked_at_again = step.preconditions.last_used.as_ref().is_some_and(|(key, _)| *key == new.id);
            prop_assert!(looked_at_again || step.overridden.contains(&Guard::LastUsed));
        }
    }

    #[test]
    fn without_overrides_an_action_takes_away_only_what_a_night_would(world in worlds(), action in actions()) {
        let plain = ExplicitAction { overrides: [].into(), ..action };
        for step in beyond_the_night(&world, &plain).iter().filter(|step| taken_away(step).is_some()) {
            prop_assert!(matches!(plain.action, ActionKind::Emergency | ActionKind::Rollback), "{step:?}");
        }
    }

    #[test]
    fn an_action_always_has_an_answer_and_says_what_refuses(world in worlds(), action in actions()) {
        let steps = world.asked(&action);
        prop_assert!(!steps.is_empty());
        for step in &steps {
            if let Action::Refuse { why } = &step.action {
                prop_assert!(step.notice.is_none() && why.starts_with(step.reason.meaning()), "{why}");
            } else {
                prop_assert!(step.action.is_change() || step.reason == Reason::NothingToDo, "{step:?}");
            }
        }
    }
}

/// A rule that nothing tries is not tested: how often the sample's plans hold each of the steps that actions are about.
#[test]
fn the_random_actions_try_every_rule() {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let sample = 20_000;
    for seed in 0..sample {
        let action = asked(seed);
        for step in world(seed).asked(&action) {
            let is_change = if step.action.is_change() { "does" } else { "is" };
            let overridden: Vec<_> = step.overridden.iter().map(|guard| guard.as_str()).collect();
            let said = format!("{} {is_change} {} {}", action.action.as_str(), step.reason, overridden.join("+"));
            *found.entry(said.trim().to_owned()).or_default() += 1;
        }
    }
    let tried = [
        ("create does forced", 200),
        ("create does rotation-due", 100),
        ("create is slot-in-use", 100),
        ("create is conflict-two-active", 100),
        ("deactivate does install-grace-over", 50),
        ("deactivate does asked-for install-grace", 5),
        ("deactivate does asked-for last-used", 5),
        ("deactivate does asked-for take-up", 5),
        ("deactivate is still-in-use", 20),
        ("deactivate is not-taken-up", 10),
        ("deactivate is not-yet-due", 10),
        ("deactivate is replacement-not-retrievable", 50),
        ("delete does recovery-grace-over", 15),
        ("delete does asked-for person-inactive", 30),
        ("delete is not-yet-due", 50),
        ("delete is person-inactive", 50),
        ("rollback does rolled-back", 80),
        ("rollback does rolled-back last-used", 5),
        ("rollback is still-in-use", 15),
        ("rollback is emergency", 5),
        ("emergency does emergency", 500),
        ("emergency is emergency-past", 10),
    ];
    let too_few: Vec<_> = tried.iter().filter(|(said, least)| found.get(*said).unwrap_or(&0) < least).collect();
    assert!(too_few.is_empty(), "of {sample} actions too few try {too_few:?}: {found:#?}");
}
