//! Every call of a busy night fails in turn, in every way. No rule is broken, and the account gets where it would have got.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after};
use keywheel_testkit::{Account, Call, Ended, Event, Fault, Habit, Operation, What, Who, World};

use crate::support::{empty_world, next_night, night};

/// How old each user's key is at the start, so that everything comes due in the sixtieth night.
const USERS: [(&str, u32, Habit); 6] = [
    ("deleted", 77, Habit::Installs),
    ("inactive", 41, Habit::Installs),
    ("pending", 31, Habit::Installs),
    ("retired", 41, Habit::None),
    ("rotated", 30, Habit::Installs),
    ("with,comma", 30, Habit::NeverInstalls),
];

fn eve() -> World {
    let world = empty_world();
    for (name, age, habit) in USERS {
        let mut account = world.account();
        account.add_user_with_key(name, age);
        let user = account.user_mut(name);
        user.habit = habit;
        if habit == Habit::None {
            user.keys[0].uses.clear();
        }
    }
    night().nights(&world, 59);
    world.fail_every(Operation::Prove, Fault::Denied);
    night().nights(&world, 1);
    world.forget();
    world
}

/// What there is of a user, without ids and dates: of each key whether it works and what the secret says of it.
type Standing = BTreeMap<String, Vec<(bool, Option<Vec<String>>, bool)>>;

fn standing(world: &World) -> Standing {
    let account = world.account();
    let of_user = |user: &keywheel_testkit::User| {
        let offered = account.offered(user.name.as_str());
        let secret = account.secret(user.name.as_str());
        let key = |key: &keywheel_testkit::Key| {
            let labels = secret.and_then(|secret| secret.labels_of(&key.id));
            let labels = labels.map(|labels| labels.into_iter().map(str::to_owned).collect());
            (key.is_active(), labels, offered.as_ref() == Some(&key.id))
        };
        (user.name.to_string(), user.keys.iter().map(key).collect())
    };
    account.users.values().map(of_user).collect()
}

fn end_of(world: &World) -> (Standing, Vec<String>) {
    let account = world.account();
    let labelled = |(name, secret): (&String, &keywheel_testkit::Secret)| {
        let labels = secret.versions.values().flat_map(|version| version.stages.iter());
        format!("{name}: {:?}", labels.collect::<BTreeSet<_>>())
    };
    let mut labels: Vec<_> = account.secrets.iter().map(labelled).collect();
    let ledger = account.ledger();
    labels.push(format!("claim {:?}", ledger.claim));
    let intents = ledger.users.iter().filter(|(_, user)| user.intent.is_some()).map(|(name, _)| name.to_string());
    labels.extend(intents.map(|name| format!("intent for {name}")));
    drop(account);
    (standing(world), labels)
}

fn is_by_keywheel(event: &&Event, what: What) -> bool {
    event.who == Who::Keywheel && event.what == what
}

/// The rules of a key's life, as far as they can be seen from outside.
fn assert_rules(world: &World, context: &str) {
    let account = world.account();
    let mut made = BTreeMap::new();
    for event in account.history.iter().filter(|event| is_by_keywheel(event, What::Made)) {
        let keys = made.entry((event.user.clone(), event.night)).or_insert(0);
        *keys += 1;
        assert_eq!(*keys, 1, "{context}: a second key for {} in one run", event.user);
    }
    for event in account.history.iter().filter(|event| is_by_keywheel(event, What::DeletedActive)) {
        assert!(is_never_stored(&account, event), "{context}: an active key of {} was deleted", event.user);
    }
    for event in account.history.iter().filter(|event| is_by_keywheel(event, What::MadeInactive)) {
        let is_fair = is_never_stored(&account, event) || is_announced(&account, event);
        assert!(is_fair, "{context}: a key of {} was made inactive early", event.user);
    }
    for event in account.history.iter().filter(|event| is_by_keywheel(event, What::Deleted)) {
        let grace = if is_never_stored(&account, event) { Days(1) } else { Days(35) };
        let inactive =
            account.history.iter().find(|earlier| earlier.key == event.key && earlier.what == What::MadeInactive);
        assert!(event.at >= after(inactive.unwrap().at, grace), "{context}: {} lost a key early", event.user);
    }
}

fn is_never_stored(account: &Account, event: &Event) -> bool {
    let is_ours = account.history.iter().any(|made| made.key == event.key && is_by_keywheel(&made, What::Made));
    is_ours && account.secret(event.user.as_str()).is_none_or(|secret| secret.labels_of(&event.key).is_none())
}

/// Whether its owners were told of what would happen to the key ten days before, or longer ago.
fn is_announced(account: &Account, event: &Event) -> bool {
    let starts_a_grace = [
        Reason::RotationDue,
        Reason::ReplacementPending,
        Reason::NoticeRepeated,
        Reason::NoticeNotSent,
        Reason::RetirementAhead,
    ];
    let announces = |mail: &&keywheel_testkit::Mail| {
        mail.entry.access_key_id.as_ref() == Some(&event.key)
            && mail.entry.status == StepStatus::Done
            && starts_a_grace.contains(&mail.entry.reason)
    };
    let told = account.mails.iter().filter(announces).map(|mail| mail.at).min();
    told.is_some_and(|told| event.at >= after(told, Days(10)))
}

/// After this every active key of Keywheel's making can be had from its secret.
fn assert_nothing_lost(world: &World, context: &str) {
    let account = world.account();
    for event in account.history.iter().filter(|event| is_by_keywheel(event, What::Made)) {
        let user = account.user(event.user.as_str());
        let lives = user.key(&event.key).is_some_and(keywheel_testkit::Key::is_active);
        let secret = account.secret(event.user.as_str());
        let is_stored =
            secret.is_some_and(|secret| secret.labels_of(&event.key).is_some_and(|labels| !labels.is_empty()));
        assert!(!lives || is_stored, "{context}: the secret half of a key of {} is lost", event.user);
    }
}

/// A night; what it says holds no secret half.
fn a_night(world: &World, context: &str) {
    let begun = world.account().now;
    let ended = night().on(world);
    if let Ended::Run(run) = &ended {
        let digests = serde_json::to_string(&run.digests).unwrap();
        assert!(!world.leaks(&digests) && !world.leaks(&serde_json::to_string(&run.result).unwrap()), "{context}");
    }
    assert!(!world.leaks(&format!("{ended:?}")), "{context}");
    let ledger = serde_json::to_string(&world.account().ledger()).unwrap();
    assert!(!world.leaks(&ledger), "{context}");
    assert_rules(world, context);
    world.forget();
    next_night(world, begun);
}

/// The end state so many nights after the night of the fault.
fn nights_later(world: &World, nights: usize, context: &str) -> (Standing, Vec<String>) {
    for _ in 0..nights {
        a_night(world, context);
    }
    assert_nothing_lost(world, context);
    end_of(world)
}

fn has_orphan(world: &World) -> bool {
    let account = world.account();
    let mut inactive = account.history.iter().filter(|event| is_by_keywheel(event, What::MadeInactive));
    inactive.any(|event| is_never_stored(&account, event))
}

/// The calls of the busy night, each of which is to fail.
fn calls_of(eve: &World) -> Vec<Call> {
    let calm = eve.fork();
    let run = night().on(&calm).run();
    let done = run.result.steps.iter().filter(|step| step.status == StepStatus::Done);
    let done: BTreeSet<_> = done.map(|step| step.step).collect();
    for kind in [StepKind::Create, StepKind::Publish, StepKind::Deactivate, StepKind::Delete, StepKind::Retire] {
        assert!(done.contains(&kind), "{done:?}");
    }
    calm.calls()
}

fn assert_survives(fault: Fault) {
    let eve = eve();
    let calm = eve.fork();
    a_night(&calm, "calm");
    let two_later = nights_later(&calm, 2, "calm");
    let four_later = nights_later(&calm, 2, "calm");
    for (nth, call) in calls_of(&eve).iter().enumerate() {
        if fault == Fault::ConflictAfter && call.operation == Operation::CreateAccessKey {
            // It is sent once, so that no repetition of it is refused.
            continue;
        }
        let context = format!("{fault:?} at call {nth}, {:?} {}", call.operation, call.subject);
        let world = eve.fork();
        world.fail_call(nth, fault);
        a_night(&world, &context);
        let mut end = nights_later(&world, 2, &context);
        let mut expected = &two_later;
        // A key whose answer was lost stays for a day after it was made inactive, and fills the slot for so long.
        if has_orphan(&world) {
            expected = &four_later;
            end = nights_later(&world, 2, &context);
        }
        assert_eq!(end, *expected, "{context}");
    }
}

#[test]
fn every_call_of_a_busy_night_may_be_denied() {
    assert_survives(Fault::Denied);
}

#[test]
fn every_call_of_a_busy_night_may_be_throttled() {
    assert_survives(Fault::Throttled);
}

#[test]
fn every_call_of_a_busy_night_may_be_refused_for_the_state_of_things() {
    assert_survives(Fault::Refused);
}

#[test]
fn every_call_of_a_busy_night_may_never_arrive() {
    assert_survives(Fault::LostBefore);
}

#[test]
fn every_answer_of_a_busy_night_may_be_lost() {
    assert_survives(Fault::LostAfter);
}

#[test]
fn every_call_of_a_busy_night_may_be_repeated_and_then_refused() {
    assert_survives(Fault::ConflictAfter);
}

#[test]
fn a_busy_night_may_die_at_every_call() {
    assert_survives(Fault::Death);
}
