//! Nights with the credential report, and sweeps, which do without.

use jiff::SignedDuration;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::observed::KeyStatus;
use keywheel_core::policy::Mode;
use keywheel_testkit::{Account, Fault, Habit, Night, Operation, Reporting, What, Who, World};

use crate::support::{night, rows};

/// A Saturday: the model's account is swept on Fridays.
const SATURDAY: &str = "2026-11-21T02:00:00Z";

/// Users of whom one key each is ten days old.
fn quiet_world(users: u32) -> World {
    let world = World::new(SATURDAY);
    for number in 0..users {
        world.account().add_user_with_key(&format!("user{number:03}"), 10);
    }
    world
}

fn result_on(world: &World, night: &Night) -> AccountResult {
    world.forget();
    night.on(world).run().result
}

fn looks(world: &World) -> usize {
    world.count(Operation::ListAccessKeys)
}

#[test]
fn where_nothing_is_due_nobody_is_looked_at() {
    for mode in [Mode::Enforce, Mode::Audit] {
        let world = quiet_world(300);
        // The first night writes down that the account is looked after from then on.
        let _ = night().on(&world);
        let result = result_on(&world, &Night { mode, ..night() });
        assert_eq!((result.users, result.keys, result.complete, result.swept), (300, 300, true, false));
        let calls: Vec<_> = world.calls().into_iter().map(|call| call.operation).collect();
        let expected = [
            Operation::LoadLedger,
            Operation::GenerateCredentialReport,
            Operation::GetCredentialReport,
            Operation::ListUsers,
        ];
        assert_eq!(calls, expected, "{mode:?}");
    }
}

#[test]
fn candidates_are_looked_at_and_nobody_else() {
    let world = quiet_world(50);
    world.account().add_user_with_key("old", 95);
    world.account().add_user_with_key("forced", 10);
    world.account().add_user_with_key("malformed", 10);
    let tag = ("KeyRotation:ROTATE_AFTER_DAYS".to_owned(), "soon".to_owned());
    world.account().user_mut("malformed").tags = [tag].into();
    world.account().add_user_with_key("shorter", 10);
    let tag = ("KeyRotation:ROTATE_AFTER_DAYS".to_owned(), "12".to_owned());
    world.account().user_mut("shorter").tags = [tag].into();
    let idle = world.account().add_user_with_key("inactive", 10);
    world.account().set_status("inactive", &idle, KeyStatus::Inactive);
    world.account().add_user("without");
    let night = Night { forced: vec!["forced".to_owned()], mode: Mode::Audit, ..night() };
    let result = result_on(&world, &night);
    assert_eq!((result.users, result.keys), (56, 55));
    let of_users = world.calls().into_iter().filter(|call| call.operation == Operation::ListAccessKeys);
    let mut looked_at: Vec<_> = of_users.map(|call| call.subject).collect();
    looked_at.sort();
    assert_eq!(looked_at, ["forced", "inactive", "malformed", "old", "shorter"]);
    assert_eq!(rows(&result), rows(&result_on(&world, &Night { sweep: true, ..night })));
}

#[test]
fn whoever_is_left_alone_is_reported_without_a_look() {
    let world = quiet_world(3);
    world.account().add_user_with_key("exempt", 400);
    world.account().add_user("keyless");
    let members = ["exempt", "keyless"].map(|name| name.parse().unwrap()).into();
    world.account().groups.insert("exempt".to_owned(), members);
    let mut night = night();
    night.settings.exemption_group = Some("exempt".to_owned());
    let result = result_on(&world, &night);
    assert_eq!((looks(&world), rows(&result).len()), (0, 1));
    assert_eq!(rows(&result), rows(&result_on(&world, &Night { sweep: true, ..night })));
}

#[test]
fn a_report_in_the_making_is_waited_for_and_then_done_without() {
    for (seconds, waits) in [(1, true), (25, true), (60, false)] {
        let world = quiet_world(20);
        world.account().behaviour.report =
            Reporting { takes: SignedDuration::from_secs(seconds), ..Reporting::default() };
        let run = night().on(&world).run();
        assert_eq!((run.lacks_report, run.result.swept, looks(&world) > 0), (!waits, !waits, !waits), "{seconds}");
        assert!(run.result.complete && world.count(Operation::GetCredentialReport) < 10);
    }
}

#[test]
fn where_there_is_no_report_everybody_is_looked_at() {
    for operation in [Operation::GenerateCredentialReport, Operation::GetCredentialReport] {
        for fault in [Fault::Denied, Fault::Throttled, Fault::Refused, Fault::LostBefore, Fault::LostAfter] {
            let world = quiet_world(20);
            world.fail_every(operation, fault);
            let run = night().on(&world).run();
            assert!(run.lacks_report && run.result.swept && run.result.complete, "{operation:?} {fault:?}");
            assert_eq!(looks(&world), 20, "{operation:?} {fault:?}");
        }
    }
}

#[test]
fn a_report_of_another_time_is_not_believed() {
    for (hours, is_fresh) in [(4, true), (5, false), (-1, false)] {
        let world = quiet_world(20);
        world.account().behaviour.report =
            Reporting { late_by: SignedDuration::from_hours(hours), ..Reporting::default() };
        assert_eq!(result_on(&world, &night()).swept, !is_fresh, "{hours}");
    }
}

#[test]
fn an_account_is_swept_once_a_week_and_when_asked() {
    let world = quiet_world(20);
    let swept: Vec<bool> = (0..15)
        .map(|_| {
            let begun = world.account().now;
            let result = result_on(&world, &night());
            assert!(!result_on(&world, &night()).swept, "a second time in a night");
            world.at(begun);
            world.day();
            result.swept
        })
        .collect();
    let nights: Vec<usize> = (0..15).filter(|night| swept[*night]).collect();
    assert_eq!(nights, [6, 13], "Fridays");
    assert!(result_on(&world, &Night { sweep: true, ..night() }).swept);
}

/// The users who were looked at in a night.
fn looked_at(world: &World) -> Vec<String> {
    let of_users = world.calls().into_iter().filter(|call| call.operation == Operation::ListAccessKeys);
    let names: std::collections::BTreeSet<_> = of_users.map(|call| call.subject).collect();
    names.into_iter().collect()
}

#[test]
fn whoever_could_not_be_looked_at_in_a_sweep_is_looked_at_in_the_next_night() {
    let world = quiet_world(20);
    world.fail(Operation::ListAccessKeys, 7, Fault::Denied);
    let failed = Night { sweep: true, ..night() }.on(&world).run().result;
    assert!(failed.swept && !failed.complete);
    let unseen = failed.steps[0].user.to_string();
    assert!(result_on(&world, &night()).complete);
    assert_eq!(looked_at(&world), [unseen]);
    assert!(result_on(&world, &night()).complete && looked_at(&world).is_empty());
}

#[test]
fn what_a_sweep_found_and_left_undone_is_done_in_the_next_nights() {
    let world = quiet_world(5);
    for number in 0..3 {
        let name = format!("toggled{number}");
        let old = world.account().add_user_with_key(&name, 200);
        world.account().set_status(&name, &old, KeyStatus::Inactive);
        world.account().set_status(&name, &old, KeyStatus::Active);
    }
    let mut night = Night { sweep: true, ..night() };
    night.settings.policy.max_changes = 1;
    assert_eq!(result_on(&world, &night).counts["create.deferred"], 2);
    night.sweep = false;
    for left in [1, 0] {
        let begun = world.account().now;
        world.at(begun);
        world.day();
        let result = result_on(&world, &night);
        assert_eq!(result.counts.get("create.deferred").copied().unwrap_or(0), left, "{result:?}");
        assert!(!result.swept);
    }
    assert!((0..3).all(|number| world.account().user(&format!("toggled{number}")).keys.len() == 2));
}

#[test]
fn a_sweep_that_may_not_know_the_exempt_does_not_count() {
    let world = quiet_world(2);
    let mut night = Night { sweep: true, ..night() };
    night.settings.exemption_group = Some("gone".to_owned());
    let _ = night.on(&world);
    assert_eq!(world.account().ledger().swept, None);
}

#[test]
fn that_the_account_is_looked_after_is_no_news_worth_an_error() {
    let world = quiet_world(2);
    world.person(|call, account| {
        if call.operation == Operation::ListUsers {
            let mut ledger = account.ledger();
            ledger.sequence += 1;
            ledger.writer = "somebody".to_owned();
            account.set_ledger(&ledger);
        }
    });
    let run = night().on(&world).run();
    assert!(run.result.complete && !run.retry_helps, "{:?}", run.result);
}

#[test]
fn an_audit_and_a_clock_that_is_off_note_no_sweep() {
    for night in [Night { mode: Mode::Audit, ..night() }, Night { clock_is_off: true, ..night() }] {
        let world = quiet_world(5);
        assert!(result_on(&world, &Night { sweep: true, ..night }).swept);
        assert!(world.account().ledger_is_absent());
    }
}

/// What the report cannot show waits for the next sweep, and no longer.
#[test]
fn keys_that_the_report_hides_are_found_within_a_week() {
    let world = quiet_world(5);
    world.account().behaviour.report.hides_inactive = true;
    let toggled = world.account().add_user_with_key("toggled", 200);
    world.account().set_status("toggled", &toggled, KeyStatus::Inactive);
    world.account().set_status("toggled", &toggled, KeyStatus::Active);
    let hidden = world.account().add_user_with_key("hidden", 200);
    world.account().set_status("hidden", &hidden, KeyStatus::Inactive);
    let found = |night: &Night| {
        let names: Vec<String> = rows(&result_on(&world, night)).into_iter().map(|row| row.0).collect();
        (names.contains(&"toggled".to_owned()), names.contains(&"hidden".to_owned()))
    };
    assert_eq!(found(&night()), (false, false));
    night().nights(&world, 6);
    assert_eq!(found(&Night { mode: Mode::Audit, ..night() }), (true, true), "a Friday");
    assert_eq!(world.account().user("toggled").keys.len(), 1);
    night().nights(&world, 1);
    assert_eq!(world.account().user("toggled").keys.len(), 2);
}

/// Accounts of every age and habit, by the number.
fn lived_in(seed: u64) -> World {
    let world = World::new(SATURDAY);
    let mut random = fastrand::Rng::with_seed(seed);
    let habits = [Habit::None, Habit::Installs, Habit::Installs, Habit::NeverInstalls, Habit::Every(30)];
    for number in 0..12 {
        let name = format!("user{number:02}");
        let mut account = world.account();
        account.add_user_with_key(&name, random.u32(0..150));
        if random.u8(..) < 50 {
            account.add_key(&name, random.u32(0..150));
        }
        account.user_mut(&name).habit = habits[random.usize(..habits.len())];
    }
    world.account().behaviour.report.is_kept = random.bool();
    // Every run is over within a second: else a deed's date, in whole seconds, is a matter of how many calls came before it.
    world.account().behaviour.call_takes = SignedDuration::from_micros(100);
    world
}

fn deeds(account: &Account) -> Vec<(u32, String, What)> {
    let ours = account.history.iter().filter(|event| event.who == Who::Keywheel);
    let mut deeds: Vec<_> = ours.map(|event| (event.night, event.user.to_string(), event.what)).collect();
    deeds.sort_by_key(|deed| format!("{deed:?}"));
    deeds
}

#[test]
fn with_the_report_the_same_is_done_in_the_same_nights_as_in_sweeps() {
    let (mut looks_of_sweeps, mut looks_of_reports) = (0, 0);
    for seed in 0..3 {
        let (swept, reported) = (lived_in(seed), lived_in(seed));
        Night { sweep: true, ..night() }.nights(&swept, 160);
        night().nights(&reported, 160);
        assert_eq!(deeds(&reported.account()), deeds(&swept.account()), "seed {seed}");
        assert_eq!(reported.account().mails.len(), swept.account().mails.len(), "seed {seed}");
        looks_of_sweeps += looks(&swept);
        looks_of_reports += looks(&reported);
    }
    assert!(looks_of_reports * 4 < looks_of_sweeps * 3, "{looks_of_reports} of {looks_of_sweeps}");
}

/// The calls of half a year, per user and night, where every user's hosts follow and every key was young at first: what
/// `docs/scale.md` reckons with.
#[test]
fn a_user_whose_keys_are_rotated_costs_no_more_calls_than_are_reckoned_with() {
    let world = World::new(SATURDAY);
    for number in 0..30 {
        let name = format!("user{number:02}");
        world.account().add_user_with_key(&name, number * 3);
        world.account().user_mut(&name).habit = Habit::Installs;
    }
    // A whole period, after which users stand at every point of a key's life.
    night().nights(&world, 140);
    world.forget();
    night().nights(&world, 90);
    let calls = world.calls();
    let of = |operations: &[Operation]| calls.iter().filter(|call| operations.contains(&call.operation)).count();
    let iam = of(&[Operation::ListAccessKeys, Operation::GetAccessKeyLastUsed, Operation::GetUser]);
    let made = of(&[Operation::CreateAccessKey]);
    let per_user_and_night = iam * 100 / (30 * 90);
    assert_eq!((made, per_user_and_night), (29, 125), "hundredths of a call");
}
