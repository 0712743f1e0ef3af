//! Who is told, how often, and what nobody is ever told.

use keywheel_core::contract::digest::{DigestEntry, RecipientRole};
use keywheel_core::contract::notice_record::NoticeState;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after};
use keywheel_testkit::{Fault, Night, Operation, What, World};

use crate::support::{alice, empty_world, eve_of, next_night, night, row, world_with};

fn told(world: &World) -> Vec<(String, RecipientRole)> {
    world.account().mails.iter().map(|mail| (mail.to.email.clone(), mail.to.role)).collect()
}

#[test]
fn owners_and_security_are_told_each_once() {
    let world = world_with("alice", 90);
    {
        let mut account = world.account();
        let tags = &mut account.user_mut("alice").tags;
        tags.insert("KeyRotation:Email".to_owned(), "alice@example.com".to_owned());
        tags.insert("team".to_owned(), "team@EXAMPLE.com".to_owned());
    }
    let mut telling = night();
    telling.settings.audience.owner_tag = Some("team".to_owned());
    telling.settings.audience.security_email = Some("Alice@example.com".to_owned());
    telling.settings.audience.email_domains = vec!["example.com".to_owned()];
    let run = telling.on(&world).run();
    let owner = ("owner@example.com".to_owned(), RecipientRole::AccountOwner);
    let key_owner = ("alice@example.com".to_owned(), RecipientRole::KeyOwner);
    let team = ("team@EXAMPLE.com".to_owned(), RecipientRole::KeyOwner);
    let mut expected = vec![key_owner, owner, team];
    expected.sort();
    let mut found = told(&world);
    found.sort();
    assert_eq!(found, expected, "the security copy goes to an address that is told already");
    assert_eq!(run.digests.len(), 3);
}

#[test]
fn a_tag_directs_mail_to_no_address_outside_of_the_allowed_domains() {
    let outside = [
        "mallory@evil.com",
        "mallory@evil.com@example.com",
        "mallory@example.com.evil.com",
        "mallory",
        "@example.com",
        "mallory@evil.com,x@example.com",
        "mallory@evil.com x@example.com",
        "mallory@evil.com>x@example.com",
        "mallory@evil.com\r\nBcc: x@example.com",
        "",
    ];
    for address in outside {
        let world = world_with("alice", 90);
        let tags = [("KeyRotation:EMAIL".to_owned(), address.to_owned()), ("team".to_owned(), address.to_owned())];
        world.account().user_mut("alice").tags = tags.into();
        let mut telling = night();
        telling.settings.audience.owner_tag = Some("team".to_owned());
        telling.settings.audience.email_domains = vec!["example.com".to_owned()];
        let _ = telling.on(&world).run();
        assert_eq!(told(&world), [("owner@example.com".to_owned(), RecipientRole::AccountOwner)], "{address:?}");
    }
}

#[test]
fn one_digest_per_recipient_holds_everything() {
    let world = empty_world();
    for number in 0..30 {
        world.account().add_user_with_key(&format!("user{number:02}"), 95);
    }
    let run = night().on(&world).run();
    assert_eq!(run.digests.len(), 1);
    assert_eq!(run.digests[0].entries.len(), 30);
}

#[test]
fn a_notice_is_repeated_until_it_is_recorded_as_sent_and_the_grace_counts_from_then() {
    let world = alice();
    world.account().behaviour.mail_is_down = true;
    for _ in 0..20 {
        let begun = world.account().now;
        let run = night().on(&world).run();
        assert_eq!(run.digests.len(), 1, "the notice is asked for every night");
        next_night(&world, begun);
    }
    assert_eq!(world.account().user("alice").keys.len(), 2);
    world.account().behaviour.mail_is_down = false;
    let sent = world.account().now;
    night().nights(&world, 20);
    let account = world.account();
    let inactive = account.history.iter().find(|event| event.what == What::MadeInactive).unwrap();
    assert!(inactive.at >= after(sent, Days(10)) && inactive.at < after(sent, Days(12)), "{}", inactive.at);
}

#[test]
fn a_notice_that_was_recorded_is_not_asked_for_again() {
    let world = alice();
    let begun = world.account().now;
    let _ = night().on(&world).run();
    next_night(&world, begun);
    let run = night().on(&world).run();
    assert!(run.digests.is_empty(), "{:?}", run.digests);
}

#[test]
fn where_nobody_can_be_told_nothing_is_made_inactive() {
    let world = alice();
    let silent = Night { email: String::new(), ..night() };
    silent.nights(&world, 120);
    assert!(world.account().history.iter().all(|event| event.what == What::Made));
    assert_eq!(world.account().user("alice").keys.len(), 2);
}

#[test]
fn a_failure_is_told_once_a_week() {
    let world = world_with("alice", 90);
    world.fail_every(Operation::PutPolicy, Fault::Denied);
    let mut asked = 0;
    for _ in 0..14 {
        let begun = world.account().now;
        let run = night().on(&world).run();
        asked += run.digests.len();
        next_night(&world, begun);
    }
    assert!((2..=3).contains(&asked), "asked for {asked} times in two weeks");
    let account = world.account();
    assert!(account.mails.iter().all(|mail| mail.entry.status == StepStatus::Failed));
    assert!(account.mails[0].entry.detail.as_ref().unwrap().contains("PutResourcePolicy"));
}

#[test]
fn the_mail_of_a_replacement_names_keys_secret_and_the_day() {
    let world = world_with("alice", 90);
    let now = world.account().now;
    let _ = night().on(&world).run();
    let account = world.account();
    let entry = &account.mails[0].entry;
    let keys: Vec<_> = account.user("alice").keys.iter().map(|key| Some(key.id.clone())).collect();
    assert_eq!([&entry.access_key_id, &entry.replacement], [&keys[0], &keys[1]]);
    assert_eq!((entry.step, entry.status, entry.reason), (StepKind::Create, StepStatus::Done, Reason::RotationDue));
    assert_eq!(entry.secret_name.as_deref(), Some(account.secret_name("alice").as_str()));
    let due = entry.due.unwrap();
    assert!(due >= after(now, Days(10)) && due < after(now, Days(11)), "{due}");
}

#[test]
fn no_secret_half_is_in_anything_that_leaves_the_engine() {
    let world = empty_world();
    for (number, habit) in
        [keywheel_testkit::Habit::Installs, keywheel_testkit::Habit::NeverInstalls].iter().enumerate()
    {
        let name = format!("user{number}");
        world.account().add_user_with_key(&name, 90);
        world.account().user_mut(&name).habit = *habit;
    }
    world.fail(Operation::PutPending, 1, Fault::Denied);
    let mut texts = Vec::new();
    for _ in 0..60 {
        let begun = world.account().now;
        let run = night().on(&world).run();
        texts.push(format!("{run:?} {}", serde_json::to_string(&run.result).unwrap()));
        texts.push(serde_json::to_string(&run.digests).unwrap());
        texts.push(serde_json::to_string(&world.account().ledger()).unwrap());
        next_night(&world, begun);
    }
    texts.push(format!("{:?}", world.account()));
    texts.push(format!("{:?}", world.calls()));
    assert_eq!(world.issued().len(), 2 + 3);
    assert!(texts.iter().all(|text| !world.leaks(text)));
    let inactive = |account: &keywheel_testkit::Account| {
        account.users.values().any(|user| user.keys.iter().any(|key| key.status == KeyStatus::Inactive))
    };
    assert!(inactive(&world.account()), "the nights went by without anything to tell");
    // The search does find what is there.
    let secret = world.issued()[0].clone();
    assert!(world.leaks(&format!("x{}x", secrecy::ExposeSecret::expose_secret(&secret))));
}

#[test]
fn a_notice_that_came_back_or_went_to_security_alone_begins_no_grace() {
    let world = alice();
    let mut telling = night();
    telling.settings.audience.security_email = Some("security@example.com".to_owned());
    for _ in 0..30 {
        let begun = world.account().now;
        let _ = telling.on(&world).run();
        {
            let mut account = world.account();
            let owners = account.mails.iter().filter(|mail| mail.to.role != RecipientRole::Security);
            let owners: Vec<_> = owners.map(|mail| mail.entry.notice_id.clone()).collect();
            for id in owners {
                account.notices.get_mut(&id).unwrap().state = NoticeState::Bounced;
            }
        }
        next_night(&world, begun);
    }
    let account = world.account();
    assert!(account.mails.iter().any(|mail| mail.to.role == RecipientRole::Security));
    assert!(account.history.iter().all(|event| event.what == What::Made), "{:?}", account.history);
}

#[test]
fn who_was_not_told_of_a_key_made_inactive_because_the_run_died_is_told_the_next_night_and_once() {
    assert_told_once(StepKind::Deactivate, Operation::UpdateAccessKey, Reason::DeactivationUntold);
}

#[test]
fn who_was_not_told_of_a_deleted_key_because_the_run_died_is_told_the_next_night_and_once() {
    assert_told_once(StepKind::Delete, Operation::DeleteAccessKey, Reason::DeletionUntold);
}

fn assert_told_once(kind: StepKind, operation: Operation, untold: Reason) {
    let eve = eve_of(alice(), &night(), kind);
    let calm = eve.fork();
    let _ = night().on(&calm);
    let calls = calm.calls();
    let made = calls.iter().position(|call| call.operation == operation).unwrap();
    let told = |world: &World| {
        let is_news = |entry: &DigestEntry| entry.step == kind || entry.reason == untold;
        let account = world.account();
        let owners = account.mails.iter().filter(|mail| mail.to.role == RecipientRole::AccountOwner);
        owners.filter(|mail| is_news(&mail.entry)).count()
    };
    // The last death is that of a process whose digests were never taken.
    for nth in made + 1..=calls.len() {
        let world = eve.fork();
        let begun = world.account().now;
        let told_before = told(&world);
        world.fail_call(nth, Fault::Death);
        let _ = night().without_mail(&world);
        world.forget();
        next_night(&world, begun);
        night().nights(&world, 10);
        assert_eq!(told(&world) - told_before, 1, "{kind:?}: death at call {nth} of {}", calls.len());
    }
}

#[test]
fn a_key_published_after_its_ledger_was_lost_is_announced_again_when_it_is_replaced_itself() {
    let mut world = alice();
    world.fail(Operation::MoveCurrent, 0, Fault::Denied);
    night().nights(&world, 1);
    world.account().set_ledger_text(None);
    world = eve_of(world, &night(), StepKind::Create);
    let published = world.account().mails.len();
    let run = night().on(&world).run();
    let (made, mails) = (row(&run.result, StepKind::Create), &world.account().mails[published..]);
    assert_eq!((made.1, mails.len()), (StepStatus::Done, 1), "{:?}", run.result.steps);
    assert_eq!(mails[0].entry.reason, Reason::RotationDue);
}
