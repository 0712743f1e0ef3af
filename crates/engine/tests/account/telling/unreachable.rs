//! Owners whom no mail reaches, and who is told of that.

use keywheel_core::contract::digest::RecipientRole;
use keywheel_core::contract::notice_record::NoticeState;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_testkit::{Night, What, World};

use super::with_a_lost_key_owner;
use crate::support::{alice, next_night, night, row};

fn come_back(world: &World) {
    let mut account = world.account();
    let lost = account.mails.iter().filter(|mail| mail.to.email == "gone@example.com");
    let lost: Vec<_> = lost.map(|mail| mail.entry.notice_id.clone()).collect();
    for id in lost {
        account.notices.get_mut(&id).unwrap().state = NoticeState::Bounced;
    }
}

fn unreachable(world: &World) -> Vec<String> {
    let account = world.account();
    let mails = account.mails.iter().filter(|mail| mail.entry.reason == Reason::OwnerUnreachable);
    mails.map(|mail| mail.to.email.clone()).collect()
}

#[test]
fn a_key_owner_whose_mail_came_back_is_reported_to_the_account_owner_once_and_is_in_the_result() {
    let world = with_a_lost_key_owner();
    let mut nights = Vec::new();
    for _ in 0..4 {
        let begun = world.account().now;
        nights.push(night().on(&world).run().result);
        come_back(&world);
        next_night(&world, begun);
    }
    let rows = nights.iter().map(|night| {
        let rows = night.steps.iter().filter(|row| row.reason == Reason::OwnerUnreachable);
        rows.map(|row| (row.step, row.status)).collect::<Vec<_>>()
    });
    let said = vec![(StepKind::Skip, StepStatus::Done)];
    assert_eq!(rows.collect::<Vec<_>>(), [vec![], said, vec![], vec![]]);
    let why = nights[1].steps.iter().find_map(|row| row.error.as_deref());
    assert_eq!(
        why,
        Some("the mail about the new key to the address in the tag KeyRotation:EMAIL was refused or came back")
    );
    assert_eq!(unreachable(&world), ["owner@example.com"]);
    // The account owner had the notice itself in the first night.
    let account = world.account();
    let is_new_key = |mail: &&keywheel_testkit::Mail| mail.entry.reason == Reason::RotationDue;
    let told: Vec<_> = account.mails.iter().filter(is_new_key).map(|mail| mail.to.role).collect();
    assert_eq!(told, [RecipientRole::AccountOwner, RecipientRole::KeyOwner]);
}

#[test]
fn an_address_that_was_corrected_is_not_reported_any_more() {
    let world = with_a_lost_key_owner();
    let begun = world.account().now;
    let _ = night().on(&world).run();
    come_back(&world);
    next_night(&world, begun);
    let tag = ("KeyRotation:EMAIL".to_owned(), "alice@example.com".to_owned());
    world.account().user_mut("alice").tags = [tag].into();
    let run = night().on(&world).run();
    assert!(run.result.steps.is_empty(), "{:?}", run.result.steps);
}

#[test]
fn where_the_account_owners_mail_comes_back_the_result_and_security_say_so_and_no_news_of_that_is_made_of_it() {
    let world = alice();
    let mut telling = Night { email: "gone@example.com".to_owned(), ..night() };
    telling.settings.audience.security_email = Some("security@example.com".to_owned());
    for number in 0..6 {
        let begun = world.account().now;
        let run = telling.on(&world).run();
        let rows = run.result.steps.iter().filter(|row| row.reason == Reason::OwnerUnreachable);
        let errors: Vec<_> = rows.map(|row| row.error.clone().unwrap()).collect();
        let said = "the mail about the new key to the account's e-mail address was refused or came back";
        assert_eq!(errors, if number == 0 { Vec::new() } else { vec![said] }, "night {number}");
        come_back(&world);
        next_night(&world, begun);
    }
    assert_eq!(unreachable(&world), ["gone@example.com", "security@example.com"], "each once in a week");
    assert!(world.account().history.iter().all(|event| event.what == What::Made));
}

#[test]
fn an_audit_says_which_tags_direct_no_mail_before_anything_depends_on_it() {
    let world = with_a_lost_key_owner();
    let mut telling = Night { mode: Mode::Audit, ..night() };
    telling.settings.audience.email_domains = vec!["example.org".to_owned()];
    let run = telling.on(&world).run();
    assert_eq!(row(&run.result, StepKind::Skip), (Reason::OwnerUnreachable, StepStatus::Planned));
    assert_eq!(unreachable(&world), ["owner@example.com"]);
}

#[test]
fn a_tag_that_names_no_address_in_email_domains_is_reported_with_what_it_kept_back() {
    let world = with_a_lost_key_owner();
    let mut telling = night();
    telling.settings.audience.email_domains = vec!["example.org".to_owned()];
    let run = telling.on(&world).run();
    let row = run.result.steps.iter().find(|row| row.reason == Reason::OwnerUnreachable).unwrap();
    let why = "the tag KeyRotation:EMAIL names no plain address in EMAIL_DOMAINS, so no mail goes there";
    assert_eq!(row.error.as_deref(), Some(why));
    assert_eq!(unreachable(&world), ["owner@example.com"]);
    assert!(!serde_json::to_string(&run.result).unwrap().contains('@'));
}

#[test]
fn an_account_whose_address_is_not_plain_says_so_in_its_result_and_to_security() {
    let world = alice();
    let mut telling = Night { email: "The Owner <owner@example.com>".to_owned(), ..night() };
    telling.settings.audience.security_email = Some("security@example.com".to_owned());
    let run = telling.on(&world).run();
    let why = "the account's e-mail address in the event is no plain address, so its owner is told nothing";
    assert_eq!(run.result.error.as_deref(), Some(why));
    let row = run.result.steps.iter().find(|row| row.reason == Reason::OwnerUnreachable).unwrap();
    assert_eq!(row.error.as_deref(), Some(why));
    assert_eq!(unreachable(&world), ["security@example.com"]);
    let silent = Night { email: " ".to_owned(), ..telling };
    assert_eq!(silent.on(&world).run().result.error, None);
}

#[test]
fn a_team_in_the_owner_tag_is_no_address_and_no_fault() {
    for (value, rows) in [("payments", 0), ("pay@ments@example.com", 1)] {
        let world = alice();
        world.account().user_mut("alice").tags = [("team".to_owned(), value.to_owned())].into();
        let mut telling = night();
        telling.settings.audience.owner_tag = Some("team".to_owned());
        let _ = telling.on(&world).run();
        assert_eq!(unreachable(&world).len(), rows, "{value}");
    }
}
