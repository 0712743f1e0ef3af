//! Owners whom a mail did not reach: they are reported, whatever else the run that found out was about.

use keywheel_core::contract::action::ActionKind;
use keywheel_core::contract::notice_record::NoticeState;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_testkit::World;

use crate::handing_on::{drive, short_night, slow_world};
use crate::support::{alice, asked, asking, eve_of, next_night, night, world_with};

const GONE: &str = "gone@example.com";

fn tag(world: &World, user: &str) {
    let tag = ("KeyRotation:EMAIL".to_owned(), GONE.to_owned());
    world.account().user_mut(user).tags = [tag].into();
}

/// What was sent to the address that is gone becomes this.
fn becomes(world: &World, state: NoticeState) {
    let mut account = world.account();
    let theirs: Vec<_> = account.mails.iter().filter(|mail| mail.to.email == GONE).collect();
    let theirs: Vec<_> = theirs.iter().map(|mail| mail.entry.notice_id.clone()).collect();
    for id in theirs {
        account.notices.get_mut(&id).unwrap().state = state;
    }
}

/// Users who are reported, with the reason.
fn reported(result: &AccountResult) -> Vec<(String, String)> {
    let rows = result.steps.iter().filter(|row| row.reason == Reason::OwnerUnreachable);
    rows.map(|row| (row.user.to_string(), row.error.clone().unwrap())).collect()
}

fn mails(world: &World) -> usize {
    world.account().mails.iter().filter(|mail| mail.entry.reason == Reason::OwnerUnreachable).count()
}

#[test]
fn an_owner_whose_mail_waited_for_a_week_is_reported_once_when_it_is_given_up() {
    let world = alice();
    tag(&world, "alice");
    let mut nights = Vec::new();
    for _ in 0..10 {
        let begun = world.account().now;
        nights.push(reported(&night().on(&world).run().result));
        becomes(&world, NoticeState::Deferred);
        next_night(&world, begun);
    }
    let why = "the mail about the new key to the address in the tag KeyRotation:EMAIL was not sent within a week, and is given up";
    let mut expected = vec![Vec::new(); 10];
    expected[7] = vec![("alice".to_owned(), why.to_owned())];
    assert_eq!(nights, expected);
    assert_eq!(mails(&world), 1);
}

#[test]
fn the_owner_of_a_user_about_whom_nothing_else_is_left_to_do_is_reported() {
    let world = eve_of(alice(), &night(), StepKind::Deactivate);
    tag(&world, "alice");
    let begun = world.account().now;
    let _ = night().on(&world).run();
    becomes(&world, NoticeState::Bounced);
    next_night(&world, begun);
    assert_eq!(reported(&night().on(&world).run().result).len(), 1);
    assert_eq!(mails(&world), 1);
    next_night(&world, begun);
    assert_eq!(reported(&night().on(&world).run().result), [], "told");
}

#[test]
fn an_action_for_one_user_does_not_hide_that_anothers_owner_was_not_reached() {
    let world = world_with("bob", 95);
    world.account().add_user_with_key("alice", 20);
    tag(&world, "bob");
    let begun = world.account().now;
    let _ = night().on(&world).run();
    becomes(&world, NoticeState::Bounced);
    next_night(&world, begun);
    let action = asking(asked(ActionKind::Create, &[])).on(&world).run();
    assert_eq!(reported(&action.result), []);
    assert_eq!(reported(&night().on(&world).run().result).len(), 1);
}

#[test]
fn an_owner_who_was_not_reached_is_reported_once_also_where_the_run_hands_itself_on() {
    let world = slow_world(40, 95, 0);
    tag(&world, "user000");
    tag(&world, "user039");
    let begun = world.account().now;
    let _ = night().on(&world).run();
    becomes(&world, NoticeState::Bounced);
    next_night(&world, begun);
    world.account().behaviour.call_takes = jiff::SignedDuration::from_secs(10);
    let runs = drive(&world, &short_night(300), |_| {});
    assert!(runs.len() > 1, "the run had time for everything");
    let rows: Vec<_> = runs.iter().flat_map(|run| reported(&run.result)).collect();
    let users: Vec<_> = rows.iter().map(|(user, _)| user.as_str()).collect();
    assert_eq!((users, mails(&world)), (vec!["user000", "user039"], 2), "{rows:?}");
}

#[test]
fn a_report_that_died_before_it_was_mailed_is_made_again() {
    let world = alice();
    tag(&world, "alice");
    for number in 0..4 {
        let begun = world.account().now;
        let run = if number == 1 { night().without_mail(&world) } else { night().on(&world) }.run();
        assert_eq!(reported(&run.result).len(), usize::from((1..=2).contains(&number)), "night {number}");
        becomes(&world, NoticeState::Bounced);
        next_night(&world, begun);
    }
    assert_eq!(mails(&world), 1);
}
