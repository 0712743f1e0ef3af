//! Secrets in the hub, and deployments that move from one store to the other.

use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Account, Fault, Night, Operation, Store, World, central_arn};

use crate::support::{alice, eve_of, next_night, night, old_and_new, row, working};

pub(crate) const NAME: &str = "Account_111122223333_User_alice_AccessKey";

pub(crate) fn move_to(world: &World, store: Store) {
    let mut account = world.account();
    (account.store, account.knows_other_store) = (store, true);
}

/// Nights until one in which a step of this kind is done, with that night.
pub(crate) fn until(world: &World, kind: StepKind) -> AccountResult {
    for _ in 0..200 {
        let begun = world.account().now;
        let run = night().on(world).run();
        next_night(world, begun);
        if run.result.steps.iter().any(|step| step.step == kind && step.status == StepStatus::Done) {
            return run.result;
        }
    }
    panic!("no {kind:?} in 200 nights")
}

fn store_of_secret(world: &World) -> Store {
    world.account().secrets[NAME].store
}

/// The last mail entry about a secret.
fn told(world: &World) -> (Option<String>, Option<String>) {
    let account = world.account();
    let mail = account.mails.iter().rev().find(|mail| mail.entry.secret_name.is_some()).unwrap();
    (mail.entry.secret_name.clone(), mail.entry.secret_arn.clone())
}

#[test]
fn a_pair_in_the_hub_is_proven_and_mailed_by_its_arn() {
    let world = alice();
    move_to(&world, Store::Central);
    assert_eq!(row(&until(&world, StepKind::Publish), StepKind::Publish).1, StepStatus::Done);
    assert_eq!(store_of_secret(&world), Store::Central);
    assert_eq!(told(&world), (Some(NAME.to_owned()), Some(central_arn(NAME))));
    // Later mails go by what the ledger remembers.
    until(&world, StepKind::Deactivate);
    assert_eq!(told(&world).1, Some(central_arn(NAME)));
    until(&world, StepKind::Delete);
    assert_eq!(world.account().broken_rules(), Vec::<String>::new());
}

#[test]
fn in_the_users_account_the_name_is_enough() {
    let world = alice();
    until(&world, StepKind::Publish);
    assert_eq!(told(&world), (Some(NAME.to_owned()), None));
    assert!(!world.account().ledger_text().contains("secret_arn"));
}

/// From one store to the other and on to the next key: what was begun ends where it was begun, the next key goes to the other store, and the
/// former secret stays.
fn moved(from: Store, to: Store) {
    let world = alice();
    move_to(&world, from);
    until(&world, StepKind::Publish);
    let [old, new] = old_and_new(&world);
    move_to(&world, to);
    until(&world, StepKind::Deactivate);
    assert_eq!((store_of_secret(&world), working(&world)), (from, vec![false, true]));
    until(&world, StepKind::Delete);
    assert!(!world.account().user("alice").keys.iter().any(|key| key.id == old));
    until(&world, StepKind::Publish);
    assert_eq!(store_of_secret(&world), to);
    let arn = (to == Store::Central).then(|| central_arn(NAME));
    assert_eq!(told(&world).1, arn);
    let left = world.account().left_secrets[NAME].clone();
    assert_eq!((left.store, left.labels_of(&new)), (from, Some(vec!["AWSCURRENT"])));
    until(&world, StepKind::Delete);
    assert_eq!(world.account().broken_rules(), Vec::<String>::new());
}

#[test]
fn what_was_begun_in_the_accounts_ends_there_after_a_move_to_the_hub() {
    moved(Store::Member, Store::Central);
}

#[test]
fn what_was_begun_in_the_hub_ends_there_after_a_move_back() {
    moved(Store::Central, Store::Member);
}

#[test]
fn a_pair_that_waits_for_its_proof_is_published_where_it_waits() {
    let world = alice();
    world.account().behaviour.works_after = jiff::SignedDuration::from_mins(5);
    let begun = world.account().now;
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Publish), (Reason::ReplacementUnproven, StepStatus::Deferred));
    next_night(&world, begun);
    move_to(&world, Store::Central);
    until(&world, StepKind::Publish);
    let [_, new] = old_and_new(&world);
    assert_eq!(store_of_secret(&world), Store::Member);
    assert!(world.account().secrets[NAME].labels_of(&new).unwrap().contains(&"AWSCURRENT"));
    assert_eq!(told(&world).1, None);
}

#[test]
fn who_moves_back_and_does_not_say_so_changes_nothing() {
    let world = alice();
    move_to(&world, Store::Central);
    let world = eve_of(world, &night(), StepKind::Deactivate);
    {
        let mut account = world.account();
        (account.store, account.knows_other_store) = (Store::Member, false);
    }
    world.forget();
    let result = night().on(&world).run().result;
    assert_eq!(row(&result, StepKind::Skip), (Reason::SecretUnknown, StepStatus::Done));
    assert_eq!(working(&world), [true, true]);
    assert_eq!(world.count(Operation::CreateSecret), 0);
}

/// Alice's keys are in the hub now, and the last key of her former secret was deleted.
pub(crate) fn all_moved() -> World {
    let world = alice();
    move_to(&world, Store::Member);
    until(&world, StepKind::Publish);
    move_to(&world, Store::Central);
    until(&world, StepKind::Delete);
    until(&world, StepKind::Publish);
    until(&world, StepKind::Delete);
    assert!(world.account().left_secrets.contains_key(NAME));
    world
}

pub(crate) fn is_put_away(world: &World) -> bool {
    world.account().left_secrets[NAME].is_scheduled_for_deletion
}

/// Nights until the former secret is put away, if that is in so many.
fn nights_until_put_away(world: &World, night: &Night, most: usize) -> Option<usize> {
    (0..most).find(|_| {
        let begun = world.account().now;
        let _ = night.on(world);
        next_night(world, begun);
        is_put_away(world)
    })
}

#[test]
fn a_former_secret_is_put_away_a_grace_after_its_last_key_was_deleted_and_once() {
    let world = all_moved();
    let nights = nights_until_put_away(&world, &night(), 60).unwrap();
    assert!((29..=44).contains(&nights), "{nights}");
    assert!(!world.account().secrets[NAME].is_scheduled_for_deletion);
    assert!(!world.account().ledger_text().contains("secret_left"));
    world.forget();
    until(&world, StepKind::Publish);
    assert_eq!(world.count(Operation::ScheduleFormerDeletion), 0);
    assert_eq!(world.account().broken_rules(), Vec::<String>::new());
}

#[test]
fn a_former_secret_stays_in_an_audit_without_the_setting_while_its_store_is_unknown_and_if_it_is_somebody_elses() {
    let audit = Night { mode: Mode::Audit, ..night() };
    let mut never = night();
    never.settings.policy.housekeeping_after = None;
    let unknown: fn(&mut Account) = |account| account.knows_other_store = false;
    let foreign: fn(&mut Account) = |account| account.left_secrets.get_mut(NAME).unwrap().versions.clear();
    let restored: fn(&mut Account) = |account| account.secrets.get_mut(NAME).unwrap().is_scheduled_for_deletion = true;
    for (night, act) in
        [(audit, None), (never, None), (night(), Some(unknown)), (night(), Some(foreign)), (night(), Some(restored))]
    {
        let world = all_moved();
        if let Some(act) = act {
            act(&mut world.account());
        }
        assert_eq!(nights_until_put_away(&world, &night, 45), None);
        assert_eq!(world.count(Operation::ScheduleFormerDeletion), 0);
    }
}

#[test]
fn whatever_call_fails_the_former_secret_is_put_away_by_a_later_sweep() {
    let mut eve = all_moved();
    loop {
        let tomorrow = eve.fork();
        nights_until_put_away(&tomorrow, &night(), 1);
        if is_put_away(&tomorrow) {
            break;
        }
        eve = tomorrow;
    }
    eve.forget();
    let calm = eve.fork();
    nights_until_put_away(&calm, &night(), 1).unwrap();
    for fault in [Fault::Denied, Fault::Throttled, Fault::LostBefore, Fault::Death] {
        for (nth, call) in calm.calls().iter().enumerate() {
            let world = eve.fork();
            world.fail_call(nth, fault);
            nights_until_put_away(&world, &night(), 1);
            let is_look = matches!(call.operation, Operation::GetUser | Operation::DescribeSecret);
            assert!(!is_look || !is_put_away(&world), "{fault:?} at {call:?}");
            let done = is_put_away(&world) || nights_until_put_away(&world, &night(), 16).is_some();
            assert!(done, "{fault:?} at {call:?}");
        }
    }
}

#[test]
fn of_a_user_who_is_gone_both_secrets_are_put_away() {
    let world = all_moved();
    world.account().users.clear();
    nights_until_put_away(&world, &night(), 60).unwrap();
    assert!(world.account().secrets[NAME].is_scheduled_for_deletion);
}
