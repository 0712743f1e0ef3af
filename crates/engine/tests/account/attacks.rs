//! What somebody who owns one user, or writes one event, cannot do to the others.

use keywheel_core::contract::digest::RecipientRole;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::observed::{AWSCURRENT, AWSPENDING, KeyStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use keywheel_core::secret::VersionId;
use keywheel_testkit::{Fault, Night, Operation, Secret, What, World};

use crate::support::{empty_world, next_night, night, row, world_with};

/// The most that an asynchronous invocation takes (Lambda developer guide, "Lambda quotas").
const LONGEST_EVENT: usize = 1_000_000;

fn told(world: &World) -> Vec<(String, RecipientRole)> {
    world.account().mails.iter().map(|mail| (mail.to.email.clone(), mail.to.role)).collect()
}

#[test]
fn huge_tags_do_not_keep_the_others_news_from_being_sent() {
    let world = empty_world();
    for number in 0..45 {
        let name = format!("user{number:02}");
        world.account().add_user_with_key(&name, 95);
        let tag = |line| (format!("KeyRotation:INSTRUCTION_{line}"), "𝔸".repeat(256));
        world.account().user_mut(&name).tags = (0..50).map(tag).collect();
    }
    let run = night().on(&world).run();
    let sizes: Vec<usize> = run.digests.iter().map(|digest| serde_json::to_vec(digest).unwrap().len()).collect();
    assert!(sizes.iter().sum::<usize>() > LONGEST_EVENT, "in one event this would have fitted: {sizes:?}");
    assert!(sizes.iter().all(|size| *size < LONGEST_EVENT), "{sizes:?}");
    assert_eq!(run.digests.iter().map(|digest| digest.entries.len()).sum::<usize>(), 45);
}

#[test]
fn an_events_endless_account_name_is_cut() {
    let world = world_with("alice", 95);
    let run = Night { account_name: "x".repeat(LONGEST_EVENT), ..night() }.on(&world).run();
    assert!(serde_json::to_vec(&run.digests[0]).unwrap().len() < 10_000);
}

#[test]
fn a_key_owners_digest_holds_that_users_entries_alone() {
    let world = empty_world();
    for (name, email) in [("alice", "alice@example.com"), ("mallory", "mallory@evil.com"), ("bob", "")] {
        world.account().add_user_with_key(name, 95);
        world.account().user_mut(name).tags = [("KeyRotation:EMAIL".to_owned(), email.to_owned())].into();
    }
    let run = night().on(&world).run();
    for digest in run.digests.iter().filter(|digest| digest.recipient.role == RecipientRole::KeyOwner) {
        let users: Vec<_> = digest.entries.iter().map(|entry| entry.user.as_str()).collect();
        assert_eq!(users, [digest.recipient.email.split('@').next().unwrap()]);
    }
    assert_eq!(run.digests.len(), 3);
}

#[test]
fn a_tag_that_names_the_owner_or_security_gets_nobody_told_more_than_before() {
    for (email, role) in
        [("Owner@example.com", RecipientRole::AccountOwner), ("security@example.com", RecipientRole::Security)]
    {
        let world = empty_world();
        for name in ["alice", "mallory"] {
            world.account().add_user_with_key(name, 95);
        }
        world.account().user_mut("mallory").tags = [("KeyRotation:EMAIL".to_owned(), email.to_owned())].into();
        let mut telling = night();
        telling.settings.audience.security_email = Some("security@example.com".to_owned());
        let run = telling.on(&world).run();
        let of_alice = |digest: &&keywheel_core::contract::digest::Digest| {
            digest.entries.iter().any(|entry| entry.user.as_str() == "alice")
        };
        let mut roles: Vec<_> = run.digests.iter().filter(of_alice).map(|digest| digest.recipient.role).collect();
        roles.sort();
        assert_eq!(roles, [RecipientRole::AccountOwner, RecipientRole::Security], "{email}");
        let of_mallory: Vec<_> = world
            .account()
            .mails
            .iter()
            .filter(|mail| mail.entry.user.as_str() == "mallory" && mail.to.email.eq_ignore_ascii_case(email))
            .map(|mail| mail.to.role)
            .collect();
        assert_eq!(of_mallory, [role], "{email}: each address once");
        let digests = run.digests.iter().filter(|digest| digest.recipient.email.eq_ignore_ascii_case(email));
        assert_eq!(digests.count(), 1, "{email}: one mail");
    }
}

#[test]
fn that_nobody_can_be_told_is_said() {
    for email in
        ["", "owner@example.com,x@evil.com", "owner@example.com\r\nBcc: x@evil.com", "Owner <owner@example.com>"]
    {
        let world = world_with("alice", 95);
        let run = Night { email: email.to_owned(), ..night() }.on(&world).run();
        assert_eq!(told(&world), [], "{email:?}");
        let error = run.result.error.unwrap();
        assert!(error.contains("nobody can be told") && error.contains("user alice"), "{email:?}: {error}");
    }
    assert_eq!(night().on(&world_with("alice", 95)).run().result.error, None);
}

#[test]
fn a_secret_that_holds_another_key_than_its_version_says_is_not_used() {
    let world = world_with("mallory", 30);
    let (old, own) = {
        let mut account = world.account();
        let own = account.add_key("mallory", 1);
        let (old, now) = (account.user("mallory").keys[0].id.clone(), account.now);
        let user_id = account.user("mallory").user_id.clone();
        let value =
            |key| format!(r#"{{"AccessKeyId":"{key}","SecretAccessKey":"half","CreateDate":"2026-11-01T00:00:00Z"}}"#);
        let mut secret = Secret::default();
        secret.put(VersionId("first".to_owned()), "{}", AWSCURRENT, now);
        secret.put(VersionId::of(&account.id, &user_id, &own), &value(&old), AWSPENDING, now);
        let name = account.secret_name("mallory");
        account.secrets.insert(name, secret);
        (old, own)
    };
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Publish).1, StepStatus::Failed);
    let error = run.result.steps.iter().find_map(|step| step.error.clone()).unwrap();
    assert!(error.contains(old.as_str()) && error.contains(own.as_str()) && !error.contains("half\""), "{error}");
    assert_eq!(world.count(Operation::Prove), 0, "nobody else's key is tried out");
}

#[test]
fn whoever_may_write_the_secret_makes_no_key_in_use_pass_for_superseded() {
    let world = world_with("alice", 200);
    let (old, other) = {
        let mut account = world.account();
        let other = account.add_key("alice", 150);
        let (old, now) = (account.user("alice").keys[0].id.clone(), account.now);
        let user_id = account.user("alice").user_id.clone();
        let value = format!(
            r#"{{"AccessKeyId":"{other}","SecretAccessKey":"half","CreateDate":"2026-01-01T00:00:00Z",
                "Previous":{{"AccessKeyId":"{old}","CreateDate":"2026-01-01T00:00:00Z"}}}}"#
        );
        let mut secret = Secret::default();
        secret.put(VersionId::of(&account.id, &user_id, &other), &value, AWSCURRENT, now);
        let name = account.secret_name("alice");
        account.secrets.insert(name, secret);
        (old, other)
    };
    for _ in 0..60 {
        let begun = world.account().now;
        for key in [&old, &other] {
            world.account().use_key("alice", key, begun);
        }
        let steps = night().on(&world).run().result.steps;
        assert!(steps.iter().all(|step| step.reason == Reason::ConflictTwoActive), "{steps:?}");
        next_night(&world, begun);
    }
    assert!(world.account().user("alice").keys.iter().all(|key| key.status == KeyStatus::Active));
}

#[test]
fn the_ledger_does_not_grow_with_the_weeks() {
    let world = world_with("alice", 95);
    world.account().add_key("alice", 93);
    let mut lengths = Vec::new();
    for _ in 0..300 {
        let begun = world.account().now;
        let keys = world.account().user("alice").keys.clone();
        for key in keys {
            world.account().use_key("alice", &key.id, begun);
        }
        let _ = night().on(&world);
        lengths.push(serde_json::to_vec(&world.account().ledger()).unwrap().len());
        next_night(&world, begun);
    }
    let notices: usize =
        world.account().ledger().users.values().flat_map(|user| user.keys.values()).map(|key| key.notices.len()).sum();
    assert!(notices > 0 && notices <= 2 * 10, "{notices} notices are remembered");
    let longest = |nights: std::ops::Range<usize>| lengths[nights].iter().max().copied();
    assert!(longest(200..300) <= longest(100..200), "{:?} and then {:?}", longest(100..200), longest(200..300));
}

#[test]
fn users_who_are_long_gone_are_forgotten_and_others_are_not() {
    let world = world_with("alice", 90);
    let begun = world.account().now;
    let _ = night().on(&world);
    let alice = world.account().users.pop_first().unwrap();
    let remembers = |world: &World| world.account().ledger().users.contains_key(&alice.0);
    next_night(&world, begun);
    world.account().add_user_with_key("bob", 90);
    let _ = night().on(&world);
    assert!(remembers(&world), "who was there yesterday is remembered");
    // A sweep finds the user gone, the next puts the secret away, and the time counts from then.
    for is_remembered in [true, true, false] {
        let later = world.account().in_days(100);
        world.at(later);
        let _ = night().on(&world);
        assert_eq!(remembers(&world), is_remembered);
    }
    assert!(world.account().history.iter().all(|event| event.what != What::DeletedActive));
}

#[test]
fn where_the_secrets_kms_key_is_closed_no_key_is_made_to_be_taken_back() {
    let world = world_with("mallory", 95);
    {
        let mut account = world.account();
        let (name, now) = (account.secret_name("mallory"), account.now);
        let mut secret = Secret::default();
        secret.put(VersionId("first".to_owned()), "{}", AWSCURRENT, now);
        account.secrets.insert(name, secret);
    }
    world.fail_every(Operation::ReadPreviousKey, Fault::Denied);
    world.fail_every(Operation::PutPending, Fault::Denied);
    let run = night().on(&world).run();
    assert_eq!(row(&run.result, StepKind::Create).1, StepStatus::Failed);
    assert_eq!((world.count(Operation::CreateAccessKey), world.count(Operation::DeleteAccessKey)), (0, 0));
    assert!(world.account().ledger().users.values().all(|user| user.intent.is_none()));
}
