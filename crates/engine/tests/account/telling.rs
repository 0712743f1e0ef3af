//! Who is told, how often, and what nobody is ever told.

mod again;
mod unreachable;

use keywheel_core::contract::digest::RecipientRole;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after};
use keywheel_testkit::{Fault, Habit, Night, Operation, What, World};

use crate::support::{alice, empty_world, next_night, night, world_with};

fn told(world: &World) -> Vec<(String, RecipientRole)> {
    world.account().mails.iter().map(|mail| (mail.to.email.clone(), mail.to.role)).collect()
}

/// Alice's key owner has an address at which every mail comes back.
fn with_a_lost_key_owner() -> World {
    let world = alice();
    let tag = ("KeyRotation:EMAIL".to_owned(), "gone@example.com".to_owned());
    world.account().user_mut("alice").tags = [tag].into();
    world
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
        let told = told(&world);
        let owner = ("owner@example.com".to_owned(), RecipientRole::AccountOwner);
        assert!(!told.is_empty() && told.iter().all(|to| *to == owner), "{address:?}: {told:?}");
    }
}

#[test]
fn who_is_named_by_no_tag_is_told_before_all_whom_tags_name_and_capitals_make_no_other_recipient() {
    let world = empty_world();
    for number in 0..30 {
        let user = format!("user{number:02}");
        world.account().add_user_with_key(&user, 95);
        let address = if number < 20 { format!("a{number:02}@example.com") } else { format!("{number}@example.com") };
        let address = if number < 29 { address } else { "A00@Example.com".to_owned() };
        let tag = ("KeyRotation:EMAIL".to_owned(), address);
        world.account().user_mut(&user).tags = [tag].into();
    }
    let mut telling = night();
    telling.settings.audience.security_email = Some("security@example.com".to_owned());
    let digests = telling.on(&world).run().digests;
    let told: Vec<_> = digests.iter().map(|digest| digest.recipient.email.as_str()).collect();
    assert_eq!((told.len(), &told[..2]), (31, &["owner@example.com", "security@example.com"][..]));
    assert!(!told[2..].is_sorted(), "the addresses decide who comes first");
    let twice = digests.iter().filter(|digest| digest.recipient.email.eq_ignore_ascii_case("a00@example.com"));
    assert_eq!(twice.map(|digest| digest.entries.len()).collect::<Vec<_>>(), [2]);
}

#[test]
fn owners_of_a_held_key_are_told_when_the_hold_ends_and_warned_of_it() {
    let world = world_with("alice", 90);
    world.account().user_mut("alice").habit = Habit::NeverInstalls;
    let mut overdue = 0;
    for _ in 0..45 {
        let begun = world.account().now;
        overdue += night().on(&world).run().result.overdue_keys();
        next_night(&world, begun);
    }
    let account = world.account();
    let inactive = account.history.iter().find(|event| event.what == What::MadeInactive).unwrap().at;
    let held: Vec<_> = account.mails.iter().filter(|mail| mail.entry.step == StepKind::Hold).collect();
    let announced = held.iter().map(|mail| mail.entry.due.unwrap().duration_since(inactive).as_mins().abs());
    assert!(announced.max().unwrap() < 60, "the day that the mails name");
    let days: Vec<_> = held.iter().map(|mail| inactive.duration_since(mail.at).as_hours() / 24).collect();
    assert_eq!(days, [29, 22, 15, 8, 6, 2, 1, 0]);
    assert!(overdue > 20, "a held key is overdue from its own day on: {overdue} nights");
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
