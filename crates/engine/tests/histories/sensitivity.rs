//! The judge speaks up when a rule is broken: histories made by hand, judged right before a call that must not be made.

use keywheel_core::observed::KeyStatus;
use keywheel_core::policy::Policy;
use keywheel_core::time::Days;
use keywheel_testkit::judge::{Look, Watch};
use keywheel_testkit::{Account, Call, Habit, Night, Operation, Parameter, World};

/// Alice's key of 90 days was replaced tonight.
fn rotated() -> World {
    let world = World::new("2026-11-20T02:00:00Z");
    world.account().add_user_with_key("alice", 90);
    world.account().user_mut("alice").habit = Habit::Installs;
    world.account().groups.entry("exempt".to_owned()).or_default();
    let _ = Night::default().on(&world);
    world
}

fn watch(account: &Account) -> Watch {
    let mut watch = Watch::new(Policy::default());
    watch.is_first_sight = false;
    watch.groups.push(account.groups.get("exempt").cloned());
    watch.looks.extend(Look::of(account, "alice").map(|look| ("alice".to_owned(), look)));
    watch
}

/// What the judge says of this call on alice's n-th key.
fn said(watch: &mut Watch, account: &Account, operation: Operation, key: usize) -> String {
    let key = account.user("alice").keys.get(key).map(|key| key.id.to_string()).unwrap_or_default();
    let subject = match operation {
        Operation::UpdateAccessKey => format!("alice {key} Inactive"),
        Operation::DeleteAccessKey => format!("alice {key}"),
        _ => "alice".to_owned(),
    };
    watch.judge(&Call { at: account.now, operation, subject }, account);
    watch.broken.join("; ")
}

fn verdict(account: &Account, operation: Operation, key: usize) -> String {
    said(&mut watch(account), account, operation, key)
}

fn days_later(world: &World, days: u32) {
    (0..days).for_each(|_| world.day());
}

#[test]
fn rule_1_an_active_key_and_one_that_can_be_called_back_must_not_be_deleted() {
    let world = rotated();
    assert!(verdict(&world.account(), Operation::DeleteAccessKey, 0).contains("rule 1"));
    Night::default().nights(&world, 15);
    let account = world.account();
    assert_eq!(account.user("alice").keys[0].status, KeyStatus::Inactive);
    let mut watch = watch(&account);
    watch.deactivations.insert(account.user("alice").keys[0].id.clone(), account.now);
    assert!(said(&mut watch, &account, Operation::DeleteAccessKey, 0).contains("can be called back"));
}

#[test]
fn rule_2_a_key_must_not_be_made_inactive_before_its_grace_or_while_it_is_used() {
    let world = rotated();
    assert!(verdict(&world.account(), Operation::UpdateAccessKey, 0).contains("the install grace ends"));
    days_later(&world, 12);
    assert_eq!(verdict(&world.account(), Operation::UpdateAccessKey, 0), "");
    let mut account = world.account();
    let (used, now) = (account.user("alice").keys[0].id.clone(), account.now);
    account.use_key("alice", &used, now);
    drop(account);
    assert!(verdict(&world.account(), Operation::UpdateAccessKey, 0).contains("in use"));
}

#[test]
fn rule_2_the_replacement_must_be_taken_up_and_be_in_its_secret() {
    let world = rotated();
    world.account().user_mut("alice").habit = Habit::None;
    days_later(&world, 12);
    assert!(verdict(&world.account(), Operation::UpdateAccessKey, 0).contains("not taken up"));
    world.account().secrets.clear();
    assert!(verdict(&world.account(), Operation::UpdateAccessKey, 0).contains("no replacement is published"));
}

#[test]
fn rule_2_a_host_that_acknowledges_holds_its_key_and_takes_the_replacement_up() {
    let world = rotated();
    world.account().user_mut("alice").habit = Habit::None;
    days_later(&world, 12);
    let mut account = world.account();
    let [old, new] = [0, 1].map(|key| account.user("alice").keys[key].id.clone());
    let judged = |account: &Account| {
        let mut watch = watch(account);
        watch.policy.ack_forget_after = Some(Days(90));
        said(&mut watch, account, Operation::UpdateAccessKey, 0)
    };
    account.acknowledge("alice", "web-1", &new);
    assert_eq!(judged(&account), "");
    account.acknowledge("alice", "web-2", &old);
    assert!(judged(&account).contains("may still have the old key"));
    account.acknowledge("alice", "web-2", &"AKIA9999999999999999".parse().unwrap());
    assert!(judged(&account).contains("not taken up"));
    let forged = account.place("alice", "web-2").key();
    account.acknowledgements.insert(forged.clone(), Vec::new());
    assert!(judged(&account).contains("may still have the old key"));
    let long_ago = keywheel_core::time::minus(account.now, Days(90).duration());
    account.acknowledgements_written.insert(forged, long_ago);
    assert_eq!(judged(&account), "");
}

#[test]
fn rule_5_and_7_no_key_is_made_without_a_slot_or_for_inactive_keys() {
    let world = rotated();
    assert!(verdict(&world.account(), Operation::CreateAccessKey, 0).contains("rule 7"));
    let mut account = world.account();
    let (old, new) = (account.user("alice").keys[0].id.clone(), account.user("alice").keys[1].id.clone());
    account.delete_key("alice", &new);
    account.set_status("alice", &old, KeyStatus::Inactive);
    assert!(verdict(&account, Operation::CreateAccessKey, 0).contains("rule 5"));
    account.now = account.in_days(Days(400).0);
    assert!(verdict(&account, Operation::DeleteAccessKey, 0).contains("rule 5"));
}

#[test]
fn rule_8_and_9_nothing_changes_for_the_exempt_and_in_audits() {
    let world = rotated();
    let mut account = world.account();
    let mut audit = watch(&account);
    audit.may_change = false;
    assert!(said(&mut audit, &account, Operation::CreateAccessKey, 0).contains("rule 9"));
    account.groups.entry("exempt".to_owned()).or_default().insert("alice".parse().unwrap());
    assert!(verdict(&account, Operation::UpdateAccessKey, 0).contains("rule 8"));
    account.groups.clear();
    assert!(verdict(&account, Operation::UpdateAccessKey, 0).contains("rule 8"));
}

#[test]
fn rule_2_and_8_a_users_own_tags_and_what_its_hosts_acknowledge_are_known() {
    let world = rotated();
    days_later(&world, 12);
    let mut account = world.account();
    account.user_mut("alice").tags.insert("KeyRotation:DEACTIVATE_AFTER_DAYS".to_owned(), "20".to_owned());
    assert!(verdict(&account, Operation::UpdateAccessKey, 0).contains("the install grace ends"));
    account.user_mut("alice").tags = [("KeyRotation:EXEMPT_UNTIL".to_owned(), "2026-12-31".to_owned())].into();
    assert!(verdict(&account, Operation::UpdateAccessKey, 0).contains("rule 8: a tag"));
    let user = account.user_mut("alice");
    (user.tags, user.habit, user.keys[1].uses) = ([].into(), Habit::None, Vec::new());
    assert!(verdict(&account, Operation::UpdateAccessKey, 0).contains("not taken up"));
    let new = account.user("alice").keys[1].id.clone();
    account.acknowledge("alice", "ci-1", &new);
    let mut acknowledging = watch(&account);
    acknowledging.policy.ack_forget_after = Some(Days(90));
    assert_eq!(said(&mut acknowledging, &account, Operation::UpdateAccessKey, 0), "");
}

/// Alice, of whom everything was made, has gone; the run that looks now saw her last so many days ago.
fn gone_for(days: u32) -> (World, Watch) {
    let world = rotated();
    let mut watch = watch(&world.account());
    see(&mut watch, &world.account(), Operation::ListUsers, "");
    days_later(&world, days);
    world.account().users.clear();
    see(&mut watch, &world.account(), Operation::GetUser, "alice");
    (world, watch)
}

fn see(watch: &mut Watch, account: &Account, operation: Operation, subject: &str) {
    watch.note(&Call { at: account.now, operation, subject: subject.to_owned() }, account, "exempt", true);
}

/// What the judge says of a call that puts away what is left.
fn said_of(watch: &mut Watch, account: &Account, operation: Operation) -> String {
    let subject = match operation {
        Operation::DeleteParameter => PARAMETER.to_owned(),
        Operation::ForgetHosts => format!("acks/{}/alice/", account.id),
        _ => account.secret_name("alice"),
    };
    watch.broken.clear();
    watch.judge(&Call { at: account.now, operation, subject }, account);
    watch.broken.join("; ")
}

const PARAMETER: &str = "/keywheel/111122223333/alice";
const PUT_AWAY: [Operation; 3] = [Operation::ScheduleDeletion, Operation::ForgetHosts, Operation::DeleteParameter];

#[test]
fn what_is_left_of_a_user_must_not_be_put_away_before_its_grace() {
    for operation in PUT_AWAY {
        let (world, mut early) = gone_for(29);
        assert!(said_of(&mut early, &world.account(), operation).contains("not gone for long enough"), "{operation:?}");
        let (world, mut late) = gone_for(31);
        assert_eq!(said_of(&mut late, &world.account(), operation), "", "{operation:?}");
    }
}

#[test]
fn what_is_left_must_not_be_put_away_of_a_user_who_is_there_under_any_name() {
    for operation in PUT_AWAY {
        let (world, mut watch) = gone_for(31);
        let former = rotated().account().user("alice").clone();
        let mut account = world.account();
        account.users.insert(former.name.clone(), former);
        account.rename_user("alice", "bob");
        see(&mut watch, &account, Operation::GetUser, "alice");
        assert!(said_of(&mut watch, &account, operation).contains("the user is there"), "{operation:?}");
        account.users.clear();
        account.add_user("alice");
        see(&mut watch, &account, Operation::GetUser, "alice");
        assert!(said_of(&mut watch, &account, operation).contains("the user is there"), "{operation:?}");
    }
}

#[test]
fn a_secret_must_not_be_put_away_while_it_hands_out_a_key_that_there_is() {
    let world = rotated();
    let mut account = world.account();
    let mut watch = watch(&account);
    account.rename_user("alice", "bob");
    // Another user had the name since, and is gone.
    watch.absent.insert("alice".to_owned());
    assert!(said_of(&mut watch, &account, Operation::ScheduleDeletion).contains("hands out a key that exists"));
}

#[test]
fn a_parameter_must_not_be_deleted_while_it_is_of_use() {
    let (world, mut watch) = gone_for(31);
    let mut account = world.account();
    let secret = account.secret_name("alice");
    see(&mut watch, &account, Operation::DescribeSecret, &secret);
    assert!(said_of(&mut watch, &account, Operation::DeleteParameter).contains("is not scheduled for deletion"));
    assert_eq!(said_of(&mut watch, &account, Operation::ScheduleDeletion), "");
    account.secrets.get_mut(&secret).unwrap().is_scheduled_for_deletion = true;
    see(&mut watch, &account, Operation::DescribeSecret, &secret);
    assert!(said_of(&mut watch, &account, Operation::DeleteParameter).contains("can be restored"));
    account.now = account.in_days(31);
    assert_eq!(said_of(&mut watch, &account, Operation::DeleteParameter), "");
    account.add_user_with_key("bob", 1);
    let value = account.value_of("bob", account.user("bob").keys[0].id.as_str());
    account.parameters.insert(PARAMETER.to_owned(), Parameter::by_a_person(&value));
    assert!(said_of(&mut watch, &account, Operation::DeleteParameter).contains("a key that exists"));
}

#[test]
fn the_former_secret_must_not_be_put_away_with_the_only_half_of_a_key() {
    let world = rotated();
    let mut account = world.account();
    let name = account.secret_name("alice");
    let held = account.secrets[&name].clone();
    account.left_secrets.insert(name.clone(), held);
    assert_eq!(said_of(&mut watch(&account), &account, Operation::ScheduleFormerDeletion), "");
    account.secrets.remove(&name);
    let said = said_of(&mut watch(&account), &account, Operation::ScheduleFormerDeletion);
    assert!(said.contains("the only stored half"), "{said}");
}
