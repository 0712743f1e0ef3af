//! The copies to `SECURITY_EMAIL`: nobody waits for them, and what the mailer did not take is sent again.

use keywheel_core::contract::digest::RecipientRole;
use keywheel_core::contract::notice_record::NoticeState;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::time::Days;
use keywheel_testkit::{Night, World};

use crate::support::{alice, eve_of, next_night, night};

fn with_copies() -> Night {
    let mut night = night();
    night.settings.audience.security_email = Some("security@example.com".to_owned());
    night.settings.policy.warn_days.clear();
    night
}

/// What was sent to `SECURITY_EMAIL` so far becomes this.
fn copies_become(world: &World, state: NoticeState) {
    let mut account = world.account();
    let copies = account.mails.iter().filter(|mail| mail.to.role == RecipientRole::Security);
    let copies: Vec<_> = copies.map(|mail| mail.entry.notice_id.clone()).collect();
    for id in copies {
        account.notices.get_mut(&id).unwrap().state = state;
    }
}

/// What was handed to notification in this many nights, each as night, reader and reason; `state` is what becomes of the copies.
fn told(world: &World, nights: usize, state: impl Fn(usize) -> NoticeState) -> Vec<(usize, RecipientRole, Reason)> {
    let mut told = Vec::new();
    for number in 0..nights {
        let begun = world.account().now;
        let run = with_copies().on(world).run();
        let entries = run.digests.iter().flat_map(|digest| {
            digest.entries.iter().map(|entry| (number, digest.recipient.role, entry.reason)).collect::<Vec<_>>()
        });
        told.extend(entries);
        copies_become(world, state(number));
        next_night(world, begun);
    }
    told
}

#[test]
fn a_copy_that_waits_is_sent_again_to_its_reader_alone() {
    use RecipientRole::{AccountOwner, Security};
    let told = told(&alice(), 5, |night| if night < 2 { NoticeState::Deferred } else { NoticeState::Sent });
    let expected = [
        (0, AccountOwner, Reason::RotationDue),
        (0, Security, Reason::RotationDue),
        (1, Security, Reason::NoticeRepeated),
        (2, Security, Reason::NoticeRepeated),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_copy_that_was_refused_is_not_sent_again() {
    let told = told(&alice(), 3, |_| NoticeState::Bounced);
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn a_copy_is_given_up_after_a_week_and_no_step_waits_for_it() {
    let always = told(&alice(), 40, |_| NoticeState::Deferred);
    let owners = |told: &[(usize, RecipientRole, Reason)]| {
        told.iter().filter(|(_, role, _)| *role == RecipientRole::AccountOwner).copied().collect::<Vec<_>>()
    };
    assert_eq!(owners(&always), owners(&told(&alice(), 40, |_| NoticeState::Sent)));
    let repeated = always.iter().filter(|(.., reason)| *reason == Reason::NoticeRepeated);
    assert_eq!(repeated.map(|(night, ..)| *night).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn the_news_of_what_was_taken_away_reaches_every_reader_in_the_end() {
    for step in [StepKind::Deactivate, StepKind::Delete] {
        let world = eve_of(alice(), &with_copies(), step);
        let told = told(&world, 3, |night| if night == 0 { NoticeState::Deferred } else { NoticeState::Sent });
        let copies = told.iter().filter(|(_, role, _)| *role == RecipientRole::Security).map(|(night, ..)| *night);
        assert_eq!(copies.collect::<Vec<_>>(), [0, 1], "{step:?}: {told:?}");
        let owners = told.iter().filter(|(_, role, _)| *role == RecipientRole::AccountOwner).count();
        assert_eq!(owners, 1, "{step:?}: {told:?}");
    }
}

#[test]
fn a_copy_that_waits_hides_no_warning_from_the_owners() {
    let warned = |state: NoticeState| {
        let world = eve_of(alice(), &with_copies(), StepKind::Deactivate);
        let mut told = Vec::new();
        for _ in 0..9 {
            let begun = world.account().now;
            let mut telling = with_copies();
            telling.settings.policy.warn_days = vec![Days(33), Days(31)];
            told.extend(telling.on(&world).run().digests);
            copies_become(&world, state);
            next_night(&world, begun);
        }
        let owners = told.iter().filter(|digest| digest.recipient.role == RecipientRole::AccountOwner);
        owners.flat_map(|digest| &digest.entries).map(|entry| entry.reason).collect::<Vec<_>>()
    };
    let expected = [Reason::InstallGraceOver, Reason::DeletionAhead, Reason::DeletionAhead];
    assert_eq!(
        (warned(NoticeState::Sent).as_slice(), warned(NoticeState::Deferred).as_slice()),
        (&expected[..], &expected[..])
    );
}

#[test]
fn nobody_waits_for_copies_that_nobody_reads_any_more() {
    let world = alice();
    let begun = world.account().now;
    let _ = with_copies().on(&world);
    copies_become(&world, NoticeState::Deferred);
    next_night(&world, begun);
    let mut telling = with_copies();
    telling.settings.audience.security_email = None;
    let run = telling.on(&world).run();
    assert!(run.result.steps.is_empty() && run.digests.is_empty(), "{:?}", run.result.steps);
}

#[test]
fn a_copy_goes_to_whoever_reads_along_now() {
    let world = alice();
    let begun = world.account().now;
    let _ = with_copies().on(&world);
    copies_become(&world, NoticeState::Deferred);
    for expected in [1, 0] {
        next_night(&world, begun);
        let mut telling = with_copies();
        telling.settings.audience.security_email = Some("other@example.com".to_owned());
        let run = telling.on(&world).run();
        let to: Vec<_> = run.digests.iter().map(|digest| digest.recipient.email.as_str()).collect();
        assert_eq!(to, vec!["other@example.com"; expected]);
    }
}
