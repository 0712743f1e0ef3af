//! What was not told yet is told again, and begins no grace before.

use keywheel_core::contract::digest::{DigestEntry, RecipientRole};
use keywheel_core::contract::notice_record::NoticeState;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Periods;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after};
use keywheel_testkit::{Fault, Operation, What, World};

use super::with_a_lost_key_owner;
use crate::support::{alice, eve_of, next_night, night, row};

/// Mails to the key owner wait; or nothing is heard of them.
fn keep_waiting(world: &World, is_recorded: bool) {
    let mut account = world.account();
    let theirs = account.mails.iter().filter(|mail| mail.to.role == RecipientRole::KeyOwner);
    let theirs: Vec<_> = theirs.map(|mail| mail.entry.notice_id.clone()).collect();
    for id in theirs {
        if is_recorded {
            account.notices.get_mut(&id).unwrap().state = NoticeState::Deferred;
        } else {
            account.notices.remove(&id);
        }
    }
}

#[test]
fn a_mail_that_waits_or_was_lost_is_asked_for_again_though_others_have_the_notice_and_the_grace_counts_from_it() {
    for is_recorded in [true, false] {
        let world = with_a_lost_key_owner();
        for _ in 0..3 {
            let begun = world.account().now;
            let run = night().on(&world).run();
            assert_eq!(run.digests.len(), 2, "asked for every night");
            keep_waiting(&world, is_recorded);
            next_night(&world, begun);
        }
        let sent = world.account().now;
        night().nights(&world, 16);
        let account = world.account();
        let inactive = account.history.iter().find(|event| event.what == What::MadeInactive).unwrap();
        assert!(inactive.at >= after(sent, Days(10)) && inactive.at < after(sent, Days(12)), "{}", inactive.at);
        let owners = account.mails.iter().filter(|mail| mail.to.role == RecipientRole::AccountOwner);
        let news = [Reason::RotationDue, Reason::NoticeRepeated];
        let about_new_key = owners.filter(|mail| news.contains(&mail.entry.reason));
        assert_eq!(about_new_key.count(), 1, "who has it gets no second one");
    }
}

#[test]
fn a_mail_that_waits_for_ever_holds_a_key_up_for_a_week_and_the_whole_grace_comes_after_it() {
    for grace in [10, 5] {
        let mut telling = night();
        telling.settings.policy.periods = Periods::new(Days(90), Days(90 + grace), Days(125 + grace)).unwrap();
        let world = with_a_lost_key_owner();
        let first = world.account().now;
        for _ in 0..25 {
            let begun = world.account().now;
            let _ = telling.on(&world).run();
            keep_waiting(&world, true);
            next_night(&world, begun);
        }
        let account = world.account();
        let inactive = account.history.iter().find(|event| event.what == What::MadeInactive).unwrap();
        let (earliest, latest) = (after(first, Days(7 + grace)), after(first, Days(9 + grace)));
        assert!(inactive.at >= earliest && inactive.at < latest, "a grace of {grace} days: {}", inactive.at);
    }
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
