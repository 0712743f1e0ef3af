//! New pairs that are attached, encrypted, to the mails of key owners who asked for it.

use keywheel_core::contract::digest::RecipientRole;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_engine::account::AccountRun;
use keywheel_testkit::{Fault, Night, Operation, World};

use crate::support::{next_night, night, row, world_with};

/// Alice's key is due; her tag names an entry of the list, and her owner an address.
fn tagged(to: &str) -> World {
    let world = world_with("alice", 90);
    {
        let mut account = world.account();
        account.recipients.insert("team".to_owned());
        let tags = &mut account.user_mut("alice").tags;
        tags.insert("KeyRotation:EMAIL".to_owned(), "alice@example.com".to_owned());
        tags.insert("keyrotation:encrypt_to".to_owned(), to.to_owned());
    }
    world
}

fn delivering() -> Night {
    let mut night = night();
    night.settings.audience.encrypted_delivery = true;
    night.settings.audience.security_email = Some("security@example.com".to_owned());
    night
}

/// What each recipient's digest has attached.
fn attached(run: &AccountRun) -> Vec<(RecipientRole, Option<String>)> {
    let entries =
        run.digests.iter().flat_map(|digest| digest.entries.iter().map(|entry| (digest.recipient.role, entry)));
    let mut found: Vec<_> = entries.map(|(role, entry)| (role, entry.encrypted_pair.clone())).collect();
    found.sort();
    found
}

fn to_the_key_owner(text: Option<String>) -> Vec<(RecipientRole, Option<String>)> {
    vec![(RecipientRole::AccountOwner, None), (RecipientRole::KeyOwner, text), (RecipientRole::Security, None)]
}

fn made(world: &World) -> String {
    world.account().user("alice").keys.iter().map(|key| key.id.to_string()).next_back().unwrap()
}

#[test]
fn the_new_pair_goes_encrypted_to_the_key_owner_alone() {
    let world = tagged("team");
    let run = delivering().on(&world).run();
    assert_eq!(attached(&run), to_the_key_owner(Some(format!("pair of {} for team", made(&world)))));
    assert_eq!((run.result.complete, run.result.error.as_deref()), (true, None));
    let written = serde_json::to_string(&run.result).unwrap();
    assert!(!written.contains("pair of") && !world.leaks(&written));
}

#[test]
fn nothing_is_attached_unless_it_is_switched_on_and_asked_for() {
    let off = night().on(&tagged("team")).run();
    assert!(attached(&off).iter().all(|(_, pair)| pair.is_none()));
    let world = tagged("team");
    world.account().user_mut("alice").tags.remove("keyrotation:encrypt_to");
    let run = delivering().on(&world).run();
    assert!(attached(&run).iter().all(|(_, pair)| pair.is_none()));
    assert_eq!(run.result.error, None);
    let audit = Night { mode: Mode::Audit, ..delivering() }.on(&tagged("team")).run();
    assert!(attached(&audit).iter().all(|(_, pair)| pair.is_none()));
}

#[test]
fn a_name_that_is_not_in_the_list_is_said_to_the_owners_and_in_the_result_and_the_key_is_rotated() {
    let world = tagged("mallory");
    let run = delivering().on(&world).run();
    assert_eq!(attached(&run), to_the_key_owner(None));
    assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Done);
    let error = run.result.error.as_deref().unwrap();
    assert!(error.contains("user alice: the list of recipients has no entry \"mallory\""), "{error}");
    assert!(run.result.complete && !run.retry_helps);
    let details = run.digests.iter().flat_map(|digest| &digest.entries).map(|entry| entry.detail.clone().unwrap());
    assert!(details.into_iter().all(|detail| detail.contains("not attached") && detail.contains("mallory")));
}

#[test]
fn a_pair_that_may_not_be_read_is_not_attached_and_the_notice_goes_out() {
    let world = tagged("team");
    world.fail_every(Operation::ReadPair, Fault::Denied);
    let run = delivering().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Done);
    assert_eq!(attached(&run), to_the_key_owner(None));
    assert!(run.result.error.as_deref().unwrap().contains("user alice: secretsmanager:GetSecretValue"));
    assert!(run.result.complete);
}

#[test]
fn a_moments_fault_keeps_the_key_owners_mail_back_until_it_brings_the_pair() {
    for fault in [Fault::Throttled, Fault::LostBefore, Fault::LostAfter] {
        let world = tagged("team");
        let begun = world.account().now;
        world.fail(Operation::ReadPair, 0, fault);
        let run = delivering().on(&world).run();
        assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Done);
        assert_eq!(attached(&run), [(RecipientRole::AccountOwner, None), (RecipientRole::Security, None)], "{fault:?}");
        assert!(run.result.error.as_deref().unwrap().contains("the key owner's mail waits for the next run"));
        next_night(&world, begun);
        let run = delivering().on(&world).run();
        let pair = to_the_key_owner(Some(format!("pair of {} for team", made(&world))));
        assert_eq!((attached(&run), run.result.error), (pair, None), "{fault:?}");
        // The time for installing it starts with the day on which its owner was told.
        let key_owners = world.account().mails.iter().filter(|mail| mail.to.role == RecipientRole::KeyOwner).count();
        assert_eq!(key_owners, 1);
    }
}

#[test]
fn a_key_owner_is_told_without_the_pair_before_the_notice_counts_as_told() {
    let world = tagged("team");
    world.fail_every(Operation::ReadPair, Fault::Throttled);
    let mut told = Vec::new();
    for _ in 0..9 {
        let begun = world.account().now;
        let run = delivering().on(&world).run();
        let to_key_owner = run.digests.iter().filter(|digest| digest.recipient.role == RecipientRole::KeyOwner);
        let entries = to_key_owner.flat_map(|digest| &digest.entries);
        told.push(entries.filter(|entry| entry.reason != Reason::DeactivationAhead).count());
        next_night(&world, begun);
    }
    assert_eq!(told, [0, 0, 0, 0, 0, 1, 0, 0, 0]);
}

#[test]
fn nobody_is_kept_waiting_for_a_pair_where_the_notice_is_not_asked_for_again() {
    let world = tagged("team");
    world.fail_every(Operation::ReadPair, Fault::Throttled);
    let mut night = delivering();
    night.settings.policy.require_notice = false;
    assert_eq!(attached(&night.on(&world).run()), to_the_key_owner(None));
}

#[test]
fn without_a_key_owner_nothing_is_attached_and_that_is_said() {
    let world = tagged("team");
    world.account().user_mut("alice").tags.remove("KeyRotation:EMAIL");
    let run = delivering().on(&world).run();
    assert!(attached(&run).iter().all(|(_, pair)| pair.is_none()));
    assert!(run.result.error.unwrap().contains("no tag of the user names a key owner"));
}

#[test]
fn a_notice_that_is_sent_again_carries_the_pair_again() {
    let world = tagged("team");
    world.account().behaviour.mail_is_down = true;
    for night in 0..3 {
        let begun = world.account().now;
        let run = delivering().on(&world).run();
        let expected = to_the_key_owner(Some(format!("pair of {} for team", made(&world))));
        assert_eq!(attached(&run), expected, "night {night}");
        next_night(&world, begun);
    }
    world.account().behaviour.mail_is_down = false;
    let _ = delivering().on(&world).run();
    let begun = world.account().now;
    next_night(&world, begun);
    let after = delivering().on(&world).run();
    assert!(attached(&after).iter().all(|(_, pair)| pair.is_none()), "it was sent, so it is not sent again");
}
