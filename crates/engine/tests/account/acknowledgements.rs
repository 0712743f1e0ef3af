//! Hosts that acknowledge the keys they have installed, and hold the old key while they do not.

use keywheel_core::acknowledgement::Acknowledgements;
use keywheel_core::contract::action::{ActionKind, Guard};
use keywheel_core::contract::result::{AccountResult, StepStatus};
use keywheel_core::id::AccessKeyId;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Account, Fault, Habit, Night, Operation, World};

use crate::faults::assert_night_survives;
use crate::handing_on::{first_hop, slow_world};
use crate::support::{alice, asked, eve_of, next_night, night, row, world_with};

fn acknowledging() -> Night {
    Night::with_acknowledgements()
}

/// Alice, whose three hosts acknowledge what they have installed.
fn with_hosts() -> World {
    let world = alice();
    world.account().user_mut("alice").hosts = ["web-1", "web-2", "web-3"].map(str::to_owned).into();
    world
}

/// The eve of the night in which alice's old key is made inactive, where no host lags.
fn eve() -> World {
    let eve = eve_of(with_hosts(), &acknowledging(), StepKind::Deactivate);
    eve.forget();
    eve
}

fn keys(world: &World) -> [AccessKeyId; 2] {
    let keys: Vec<_> = world.account().user("alice").keys.iter().map(|key| key.id.clone()).collect();
    keys.try_into().unwrap()
}

/// What a night says of the key whose day has come, and which hosts it names.
fn said(result: &AccountResult, kind: StepKind) -> (Reason, StepStatus, Vec<String>) {
    let (reason, status) = row(result, kind);
    let row = result.steps.iter().find(|row| row.step == kind).unwrap();
    (reason, status, row.hosts.names.iter().map(ToString::to_string).collect())
}

fn lags(account: &mut Account, host: &str) {
    let old = account.user("alice").keys[0].id.clone();
    account.acknowledge("alice", host, &old);
}

#[test]
fn a_night_with_one_key_each_asks_no_host_and_an_old_key_costs_one_listing() {
    let world = with_hosts();
    let called =
        |world: &World| [Operation::ListAcknowledgements, Operation::ReadAcknowledgement].map(|it| world.count(it));
    let _ = acknowledging().on(&world).run();
    assert_eq!(called(&world), [0, 0]);
    let eve = eve();
    eve.account().add_user_with_key("bob", 20);
    let _ = acknowledging().on(&eve).run();
    assert_eq!(called(&eve), [1, 3]);
    let off = self::eve();
    let _ = night().on(&off).run();
    assert_eq!(called(&off), [0, 0], "hosts do not acknowledge here");
}

#[test]
fn asking_hosts_is_part_of_a_look_for_which_there_is_time_or_not() {
    let world = slow_world(100, 120, 1_000);
    for number in 0..100 {
        world.account().add_key(&format!("user{number:03}"), 100);
    }
    let _ = first_hop(&world, &Night { seconds: 400, ..acknowledging() });
    let at = |wanted: Operation| {
        let calls = world.calls();
        calls.iter().filter(|call| call.operation == wanted).map(|call| call.at).collect::<Vec<_>>()
    };
    let (looked_at, asked) = (at(Operation::ListAccessKeys), at(Operation::ListAcknowledgements));
    assert!(asked.len() == looked_at.len() && asked.len() < 100, "{} of {}", asked.len(), looked_at.len());
    assert!(asked.first() < looked_at.last(), "they are asked when there may be no time any more");
}

#[test]
fn an_old_key_is_held_until_the_last_host_has_the_new_one_and_every_mail_names_who_has_not() {
    let world = eve();
    lags(&mut world.account(), "web-2");
    let begun = world.account().now;
    let run = acknowledging().on(&world).run();
    let held = (Reason::NotAcknowledged, StepStatus::Done, vec!["web-2".to_owned()]);
    assert_eq!(said(&run.result, StepKind::Hold), held);
    let details: Vec<_> = run.digests.iter().flat_map(|digest| &digest.entries).map(|entry| &entry.detail).collect();
    let named = |detail: &&Option<String>| detail.as_deref().is_some_and(|text| text.ends_with("new key: web-2"));
    assert!(!details.is_empty() && details.iter().all(named), "{details:?}");
    next_night(&world, begun);
    let [_, new] = keys(&world);
    world.account().acknowledge("alice", "web-2", &new);
    let run = acknowledging().on(&world).run();
    assert_eq!(said(&run.result, StepKind::Deactivate), (Reason::InstallGraceOver, StepStatus::Done, Vec::new()));
}

#[test]
fn max_hold_ends_a_hold_for_a_silent_host_and_for_a_look_up_that_fails() {
    for is_denied in [false, true] {
        let world = eve();
        world.account().user_mut("alice").hosts.clear();
        lags(&mut world.account(), "web-3");
        let mut nights = 0;
        let result = loop {
            if is_denied {
                world.fail_every(Operation::ListAcknowledgements, Fault::Denied);
            }
            let begun = world.account().now;
            let result = acknowledging().on(&world).run().result;
            if result.steps.iter().any(|row| row.step == StepKind::Deactivate) {
                break result;
            }
            let (reason, _, hosts) = said(&result, StepKind::Hold);
            let expected = if is_denied { Reason::AcknowledgementsUnknown } else { Reason::NotAcknowledged };
            assert_eq!((reason, hosts.is_empty()), (expected, is_denied));
            nights += 1;
            world.forget();
            next_night(&world, begun);
        };
        assert_eq!((nights, row(&result, StepKind::Deactivate).0), (30, Reason::MaxHoldOver));
        assert_eq!(world.account().broken_rules(), Vec::<String>::new());
    }
}

#[test]
fn a_host_that_was_silent_for_ninety_days_or_is_forgotten_by_command_holds_nothing() {
    let silent = eve();
    silent.account().user_mut("alice").hosts.clear();
    lags(&mut silent.account(), "web-3");
    let by_command = silent.fork();
    let place = by_command.account().place("alice", "web-3").key();
    by_command.account().acknowledgements.remove(&place);
    assert_eq!(row(&acknowledging().on(&by_command).run().result, StepKind::Deactivate).0, Reason::InstallGraceOver);
    let mut short = acknowledging();
    short.settings.policy.ack_forget_after = Some(keywheel_core::time::Days(1));
    let later = silent.account().now;
    silent.at(later + jiff::SignedDuration::from_hours(24));
    assert_eq!(row(&short.on(&silent).run().result, StepKind::Deactivate).0, Reason::InstallGraceOver);
}

/// What a look finds of alice's hosts.
fn survey_of_alice(world: &World) -> Acknowledgements {
    let survey = acknowledging().survey(&world.fork()).unwrap();
    survey.users.into_iter().find(|user| user.name.as_str() == "alice").unwrap().acknowledgements
}

#[test]
fn what_is_not_believed_or_says_a_time_to_come_is_forgotten_by_when_it_was_written() {
    let eve = eve();
    eve.account().user_mut("alice").hosts.clear();
    lags(&mut eve.account(), "web-3");
    let place = eve.account().place("alice", "web-3").key();
    let now = eve.account().now;
    let said = String::from_utf8(eve.account().acknowledgements[&place].clone()).unwrap();
    let time = serde_json::from_str::<serde_json::Value>(&said).unwrap()["time"].as_str().unwrap().to_owned();
    let to_come = said.replace(&time, "9999-01-01T00:00:00Z");
    assert_ne!(said, to_come);
    for bytes in [b"{}".to_vec(), to_come.into_bytes()] {
        for (days, expected) in [(89, StepKind::Hold), (91, StepKind::Deactivate)] {
            let world = eve.fork();
            world.account().acknowledgements.insert(place.clone(), bytes.clone());
            let written = now - jiff::SignedDuration::from_hours(24 * days);
            world.account().acknowledgements_written.insert(place.clone(), written);
            let Acknowledgements::Known(hosts) = survey_of_alice(&world) else { panic!("not looked up") };
            let said = hosts.iter().filter(|host| host.name.as_str() == "web-3").filter_map(|host| host.said.as_ref());
            assert!(said.into_iter().all(|said| said.at == written), "{hosts:?}");
            let result = acknowledging().on(&world).run().result;
            assert!(result.steps.iter().any(|row| row.step == expected), "{days} days: {:?}", result.steps);
        }
    }
}

#[test]
fn hosts_that_are_forgotten_count_neither_as_hosts_nor_towards_how_many_there_may_be() {
    let world = eve();
    let [_, new] = keys(&world);
    let long_ago = world.account().now - jiff::SignedDuration::from_hours(24 * 91);
    for number in 0..201 {
        let host = format!("gone-{number}");
        let place = world.account().place("alice", &host).key();
        let mut account = world.account();
        account.acknowledge("alice", &host, &new);
        account.acknowledgements_written.insert(place, long_ago);
    }
    assert_eq!(row(&acknowledging().on(&world).run().result, StepKind::Deactivate).0, Reason::InstallGraceOver);
    assert_eq!(world.count(Operation::ReadAcknowledgement), 3);
}

#[test]
fn what_one_user_writes_holds_nobody_elses_key() {
    // One name begins as the other does, and has every character that a name may have.
    let (user, flooded) = ("alice", "alice+=,.@_-2");
    let world = with_hosts();
    world.account().add_user_with_key(flooded, 90);
    world.account().user_mut(flooded).habit = Habit::Installs;
    let world = eve_of(world, &acknowledging(), StepKind::Deactivate);
    for number in 0..201 {
        let old = world.account().user(flooded).keys[0].id.clone();
        world.account().acknowledge(flooded, &format!("flood-{number}"), &old);
    }
    world.forget();
    let result = acknowledging().on(&world).run().result;
    let rows = |kind| result.steps.iter().find(|row| row.step == kind).map(|row| (row.user.as_str(), row.reason));
    assert_eq!(rows(StepKind::Deactivate), Some((user, Reason::InstallGraceOver)));
    assert_eq!(rows(StepKind::Hold), Some((flooded, Reason::AcknowledgementsUnknown)));
    assert_eq!(world.count(Operation::ListAcknowledgements), 2);
}

#[test]
fn a_new_key_that_every_host_has_acknowledged_is_taken_up_without_a_use() {
    let world = eve();
    let [_, new] = keys(&world);
    // The hosts have it, and their work is monthly.
    world.account().user_mut("alice").keys[1].uses.clear();
    assert_eq!(row(&night().on(&world.fork()).run().result, StepKind::Hold).0, Reason::NotTakenUp);
    for host in ["web-1", "web-2", "web-3"] {
        world.account().acknowledge("alice", host, &new);
    }
    assert_eq!(row(&acknowledging().on(&world).run().result, StepKind::Deactivate).0, Reason::InstallGraceOver);
}

#[test]
fn forged_acknowledgements_count_for_nothing() {
    let world = eve();
    let ([_, new], place) = (keys(&world), world.account().place("alice", "web-2"));
    lags(&mut world.account(), "web-2");
    let other = world.account().place("alice", "web-9");
    world.account().acknowledge("alice", "web-9", &new);
    let of_another_place = world.account().acknowledgements.remove(&other.key()).unwrap();
    let large = [vec![b' '; 5_000], of_another_place.clone()].concat();
    let forged = [of_another_place, large, b"{}".to_vec(), Vec::new(), br#"{"schema_version":2}"#.to_vec()];
    for bytes in forged {
        let world = world.fork();
        world.account().acknowledgements.insert(place.key(), bytes);
        let run = acknowledging().on(&world).run();
        let held = (Reason::NotAcknowledged, StepStatus::Done, vec!["web-2".to_owned()]);
        assert_eq!(said(&run.result, StepKind::Hold), held);
    }
    // What lies elsewhere is nobody's, whatever it says.
    let genuine = self::eve();
    for key in ["acks/111122223333/alice/a/b.json", "acks/111122223333/alice/x", "acks/999900001111/alice/web-2.json"] {
        genuine.account().acknowledgements.insert(key.to_owned(), b"{}".to_vec());
    }
    assert_eq!(row(&acknowledging().on(&genuine).run().result, StepKind::Deactivate).1, StepStatus::Done);
}

#[test]
fn too_many_hosts_of_one_user_count_as_not_known() {
    let world = eve();
    let [_, new] = keys(&world);
    for number in 0..201 {
        world.account().acknowledge("alice", &format!("flood-{number}"), &new);
    }
    let run = acknowledging().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Hold).0, Reason::AcknowledgementsUnknown);
    assert_eq!(world.count(Operation::ReadAcknowledgement), 0);
}

#[test]
fn an_explicit_deactivation_names_the_guard_and_goes_when_it_is_lifted() {
    let world = eve();
    lags(&mut world.account(), "web-2");
    let explicit = |overrides: &[Guard]| Night {
        explicit: Some(asked(ActionKind::Deactivate, overrides)),
        run_id: Some("action-1".to_owned()),
        ..acknowledging()
    };
    let refused = explicit(&[]).on(&world.fork()).run().result;
    assert_eq!(row(&refused, StepKind::Deactivate), (Reason::NotAcknowledged, StepStatus::Deferred));
    let lifted = explicit(&[Guard::Acknowledgement]).on(&world).run().result;
    assert_eq!(said(&lifted, StepKind::Deactivate), (Reason::AskedFor, StepStatus::Done, vec!["web-2".to_owned()]));
}

#[test]
fn a_year_of_hosts_that_acknowledge_is_one_of_hosts_that_do_not() {
    let lives = |night: &Night, habit: Habit| {
        let world = world_with("alice", 90);
        {
            let mut account = world.account();
            let user = account.user_mut("alice");
            (user.habit, user.hosts) = (habit, vec!["web-1".to_owned(), "web-2".to_owned()]);
        }
        night.nights(&world, 370);
        assert_eq!(world.account().broken_rules(), Vec::<String>::new());
        let account = world.account();
        account.history.iter().map(|event| (event.night, event.what)).collect::<Vec<_>>()
    };
    assert_eq!(lives(&acknowledging(), Habit::Installs), lives(&night(), Habit::Installs));
}

/// The busy night, where one user's hosts acknowledge.
fn busy_eve() -> World {
    let world = World::busy_eve();
    {
        let mut account = world.account();
        for user in ["inactive", "deleted"] {
            account.user_mut(user).hosts = vec!["web-1".to_owned()];
            let installed = account.user(user).installed.clone().unwrap();
            account.acknowledge(user, "web-1", &installed);
        }
    }
    world
}

#[test]
fn every_call_of_a_night_in_which_hosts_acknowledge_may_fail_or_be_its_last() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::LostBefore, Fault::LostAfter, Fault::Death] {
        assert_night_survives(&acknowledging(), &busy_eve(), fault, [0, 0]);
    }
}
