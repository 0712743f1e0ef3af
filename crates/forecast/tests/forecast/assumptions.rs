//! What a forecast assumes, one by one.

use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::UserName;
use keywheel_core::observed::LastUsed;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::ExemptionGroup;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, minus};
use keywheel_engine::account::Settings;
use keywheel_forecast::{AccountForecast, Beginning, DaySums, Hosts, UnseenUser, forecast, sums};
use keywheel_testkit::{Night, World};

use crate::support::{NOW, ended, foretold, look};

fn settings() -> Settings {
    Night::default().settings
}

/// An account with one user, whose key is so old and was used so long ago.
fn world(age: u32, unused_for: u32) -> World {
    let world = World::new(NOW);
    let mut account = world.account();
    account.add_user("alice");
    let key = account.add_key("alice", age);
    let used = minus(account.now, Days(unused_for).duration());
    account.use_key("alice", &key, used);
    drop(account);
    world
}

/// The nights with a step of this kind and reason, by number.
fn nights(forecast: &AccountForecast, kind: StepKind, reason: Reason) -> Vec<u32> {
    let has = |night: &&keywheel_forecast::ForecastNight| {
        night.steps.iter().any(|step| step.step == kind && step.reason == reason && step.status == StepStatus::Done)
    };
    forecast.nights.iter().filter(has).map(|night| night.number).collect()
}

fn edited(world: &World, edit: impl FnOnce(&mut Beginning)) -> Beginning {
    let mut beginning = look(world, &settings());
    edit(&mut beginning);
    beginning
}

#[test]
fn a_key_used_lately_stays_in_use_and_its_replacement_is_taken_up_or_not_as_assumed() {
    let world = world(90, 6);
    let installed = foretold(&world, &settings(), Hosts::Installed, 50);
    assert_eq!(nights(&installed, StepKind::Create, Reason::RotationDue), [1]);
    assert_eq!(nights(&installed, StepKind::Deactivate, Reason::InstallGraceOver), [11]);
    assert!(nights(&installed, StepKind::Hold, Reason::StillInUse).is_empty());
    let not_installed = foretold(&world, &settings(), Hosts::NotInstalled, 50);
    assert_eq!(nights(&not_installed, StepKind::Hold, Reason::StillInUse).len(), 30);
    assert_eq!(nights(&not_installed, StepKind::Deactivate, Reason::MaxHoldOver), [41]);
}

#[test]
fn hosts_that_lose_a_key_which_they_use_are_counted() {
    let world = world(90, 0);
    let cut_off = |hosts| {
        let forecast = foretold(&world, &settings(), hosts, 45);
        sums([&forecast]).values().map(|day| day.cut_off).sum::<usize>()
    };
    assert_eq!((cut_off(Hosts::Installed), cut_off(Hosts::NotInstalled)), (0, 1));
}

#[test]
fn a_key_not_used_lately_is_never_used_again() {
    let forecast = foretold(&world(85, 85), &settings(), Hosts::NotInstalled, 30);
    assert_eq!(nights(&forecast, StepKind::Retire, Reason::Unused), [16]);
}

#[test]
fn whoever_used_a_key_before_it_was_unused_tries_its_replacement_once() {
    // Used ten days ago: not in daily use, and not unused either.
    let forecast = foretold(&world(90, 10), &settings(), Hosts::Installed, 20);
    assert_eq!(nights(&forecast, StepKind::Deactivate, Reason::InstallGraceOver), [11]);
    let not_installed = foretold(&world(90, 10), &settings(), Hosts::NotInstalled, 20);
    assert!(nights(&not_installed, StepKind::Deactivate, Reason::InstallGraceOver).is_empty());
    assert!(!nights(&not_installed, StepKind::Hold, Reason::NotTakenUp).is_empty());
}

#[test]
fn the_proof_of_a_new_key_is_nobodys_use() {
    let world = world(90, 10);
    Night::default().nights(&world, 1);
    let forecast = foretold(&world, &settings(), Hosts::NotInstalled, 15);
    assert!(nights(&forecast, StepKind::Deactivate, Reason::InstallGraceOver).is_empty());
    assert!(!nights(&forecast, StepKind::Hold, Reason::NotTakenUp).is_empty());
}

#[test]
fn a_last_use_that_could_not_be_looked_up_counts_as_use() {
    let world = world(90, 0);
    let beginning = edited(&world, |beginning| {
        beginning.users[0].keys[0].last_used = LastUsed::Unknown { error: "AccessDenied".to_owned() };
    });
    let forecast = ended(forecast(&beginning, &settings(), Hosts::Installed, 50));
    assert_eq!(nights(&forecast, StepKind::Hold, Reason::LastUsedUnknown), (11..=50).collect::<Vec<_>>());
}

#[test]
fn nothing_is_done_to_users_who_could_not_be_seen_and_every_night_says_so() {
    let beginning = edited(&world(20, 0), |beginning| {
        let name: UserName = "bob".parse().unwrap();
        beginning.unseen.push(UnseenUser { name, error: "AccessDenied".to_owned() });
    });
    let forecast = ended(forecast(&beginning, &settings(), Hosts::Installed, 3));
    for night in &forecast.nights {
        let step = night.steps.iter().find(|step| step.user.as_str() == "bob").unwrap();
        assert_eq!((step.reason, step.status), (Reason::KeysUnknown, StepStatus::Failed));
    }
    assert_eq!(sums([&forecast])[&1].undone(), 1);
}

#[test]
fn where_exemptions_are_not_known_nothing_changes() {
    let beginning = edited(&world(200, 0), |beginning| {
        beginning.exemptions = ExemptionGroup::Unknown { error: "AccessDenied".to_owned() };
    });
    let settings = Settings { exemption_group: Some("exempt".to_owned()), ..settings() };
    let forecast = ended(forecast(&beginning, &settings, Hosts::Installed, 40));
    let days = sums([&forecast]);
    assert!(days.values().all(|day| day.users_changed == 0 && day.accounts_with_errors == 1), "{days:?}");
}

#[test]
fn a_new_key_has_no_id_and_is_told_by_the_one_that_it_replaces() {
    let world = world(90, 0);
    let old = world.account().user("alice").keys[0].id.clone();
    let forecast = foretold(&world, &settings(), Hosts::Installed, 100);
    let published = forecast.nights[0].steps.iter().find(|step| step.step == StepKind::Publish).unwrap();
    let told = (published.access_key_id.clone(), published.is_new_key, published.replaces.clone());
    assert_eq!(told, (None, true, Some(old.clone())));
    // The second in the line, too.
    let second = forecast.nights[80..].iter().flat_map(|night| &night.steps);
    let second = second.filter(|step| step.step == StepKind::Publish).map(|step| step.replaces.clone());
    assert_eq!(second.collect::<Vec<_>>(), [Some(old)]);
    assert!(!serde_json::to_string(&forecast).unwrap().contains("FORECAST"));
}

#[test]
fn a_day_is_summed_over_all_accounts() {
    let due = foretold(&world(90, 0), &settings(), Hosts::Installed, 2);
    let not_due = foretold(&world(10, 0), &settings(), Hosts::Installed, 2);
    let days = sums([&due, &not_due, &due]);
    assert_eq!((days[&1].done(StepKind::Create), days[&1].users_changed), (2, 2));
    assert_eq!(days[&2], DaySums::default());
}

#[test]
fn the_account_itself_is_left_as_it_is() {
    let world = world(90, 0);
    let before = (format!("{:?}", world.account().users), world.account().ledger_is_absent());
    foretold(&world, &settings(), Hosts::Installed, 50);
    assert_eq!((format!("{:?}", world.account().users), world.account().ledger_is_absent()), before);
    assert!(world.calls().is_empty());
}
