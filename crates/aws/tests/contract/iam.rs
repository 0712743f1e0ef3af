use std::collections::BTreeSet;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use futures::{StreamExt, stream};
use keywheel_aws::AwsIam;
use keywheel_core::credential_report::{CredentialReport, KeySlot};
use keywheel_core::id::UserName;
use keywheel_core::observed::{KeyStatus, LastUsed};
use keywheel_engine::ports::{CreateFailed, ErrorKind, Iam, ReportFile, UserAudit};
use secrecy::ExposeSecret;

use crate::emulator::{Account, on_both, on_ministack};

on_both!(
    every_user_on_every_page_is_listed_with_id_arn_and_tags,
    a_user_is_found_with_its_tags,
    an_unknown_user_is_not_found,
    a_key_is_made_switched_off_and_deleted,
    a_third_key_is_refused,
    a_key_that_was_never_used_says_so,
    a_used_key_says_when_where_and_for_what,
    the_last_use_of_an_unknown_key_is_unknown,
    every_member_of_a_group_on_every_page_is_listed,
    a_missing_group_is_an_error,
    a_report_is_missing_until_it_was_asked_for,
    the_report_shows_each_users_keys,
);

// Moto does not have AWS's own policies unless it is told to load them all.
on_ministack!(a_quarantine_is_seen_in_the_list);

/// More than ministack's short pages hold at the size that is asked for (a third of 1,000).
const MANY: usize = 350;

fn name(text: &str) -> UserName {
    text.parse().unwrap()
}

async fn make_user(client: &Client, name: &str, path: &str) {
    let tag = Tag::builder().key("KeyRotation:EMAIL").value("owner@example.com").build().unwrap();
    client.create_user().user_name(name).path(path).tags(tag).send().await.unwrap();
}

async fn make_many_users(client: &Client) {
    let made = (0..MANY).map(|number| async move { make_user(client, &format!("user-{number}"), "/").await });
    stream::iter(made).buffer_unordered(16).collect::<Vec<()>>().await;
}

async fn every_user_on_every_page_is_listed_with_id_arn_and_tags(account: Account) {
    let client = Client::new(&account.config);
    make_many_users(&client).await;
    make_user(&client, "a,b", "/ops/").await;
    make_user(&client, "alice@example.com", "/").await;
    let users = AwsIam::new(&account.config).users().await.unwrap();
    assert_eq!(users.len(), MANY + 2);
    for user in &users {
        assert_eq!(user.tags.get("KeyRotation:EMAIL").map(String::as_str), Some("owner@example.com"), "{user:?}");
    }
    let ids: BTreeSet<_> = users.iter().map(|user| &user.user_id).collect();
    assert_eq!(ids.len(), users.len());
    let with_path = users.iter().find(|user| user.name == name("a,b")).unwrap();
    assert_eq!(with_path.arn, format!("arn:aws:iam::{}:user/ops/a,b", account.id));
}

async fn a_user_is_found_with_its_tags(account: Account) {
    make_user(&Client::new(&account.config), "alice", "/").await;
    let iam = AwsIam::new(&account.config);
    let user = iam.user(&name("alice")).await.unwrap();
    assert_eq!(Ok(vec![user]), iam.users().await);
}

async fn a_quarantine_is_seen_in_the_list(account: Account) {
    let client = Client::new(&account.config);
    make_user(&client, "alice", "/").await;
    make_user(&client, "bob", "/").await;
    let arn = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2";
    client.attach_user_policy().user_name("bob").policy_arn(arn).send().await.unwrap();
    let users = AwsIam::new(&account.config).users().await.unwrap();
    let seen: Vec<_> = users.iter().map(|user| (user.name.as_str(), user.quarantine.as_deref())).collect();
    assert_eq!(seen, [("alice", None), ("bob", Some("AWSCompromisedKeyQuarantineV2"))]);
}

async fn an_unknown_user_is_not_found(account: Account) {
    let iam = AwsIam::new(&account.config);
    assert_eq!(iam.user(&name("nobody")).await.unwrap_err().kind, ErrorKind::NotFound);
    // AWS answers NoSuchEntity to ListAccessKeys for an unknown user.
    assert_eq!(iam.access_keys(&name("nobody")).await.unwrap_err().kind, ErrorKind::NotFound);
}

async fn a_key_is_made_switched_off_and_deleted(account: Account) {
    make_user(&Client::new(&account.config), "alice", "/").await;
    let (iam, alice) = (AwsIam::new(&account.config), name("alice"));
    assert_eq!(iam.access_keys(&alice).await, Ok(Vec::new()));
    let pair = iam.create_access_key(&alice).await.unwrap();
    assert_eq!(pair.secret.expose_secret().len(), 40);
    let [key] = iam.access_keys(&alice).await.unwrap().try_into().unwrap();
    assert_eq!((&key.id, key.status), (&pair.id, KeyStatus::Active));
    assert!(pair.created.duration_since(key.created).abs().as_secs() <= 1, "{pair:?} {key:?}");

    iam.update_access_key(&alice, &key.id, KeyStatus::Inactive).await.unwrap();
    assert_eq!(iam.access_keys(&alice).await.unwrap()[0].status, KeyStatus::Inactive);
    iam.update_access_key(&alice, &key.id, KeyStatus::Active).await.unwrap();
    assert_eq!(iam.access_keys(&alice).await.unwrap()[0].status, KeyStatus::Active);
    iam.delete_access_key(&alice, &key.id).await.unwrap();
    assert_eq!(iam.access_keys(&alice).await, Ok(Vec::new()));
    assert_eq!(iam.delete_access_key(&alice, &key.id).await.unwrap_err().kind, ErrorKind::NotFound);
}

async fn a_third_key_is_refused(account: Account) {
    make_user(&Client::new(&account.config), "alice", "/").await;
    let (iam, alice) = (AwsIam::new(&account.config), name("alice"));
    iam.create_access_key(&alice).await.unwrap();
    iam.create_access_key(&alice).await.unwrap();
    match iam.create_access_key(&alice).await.unwrap_err() {
        CreateFailed::Refused(error) => assert_eq!(error.kind, ErrorKind::Conflict, "{error}"),
        CreateFailed::Unanswered(error) => panic!("{error}"),
    }
}

async fn a_key_that_was_never_used_says_so(account: Account) {
    make_user(&Client::new(&account.config), "alice", "/").await;
    let iam = AwsIam::new(&account.config);
    let pair = iam.create_access_key(&name("alice")).await.unwrap();
    assert_eq!(iam.last_used(&pair.id).await, LastUsed::Never);
}

async fn a_used_key_says_when_where_and_for_what(account: Account) {
    make_user(&Client::new(&account.config), "alice", "/").await;
    let iam = AwsIam::new(&account.config);
    let pair = iam.create_access_key(&name("alice")).await.unwrap();
    let theirs = account.as_somebody(pair.id.as_str(), pair.secret.expose_secret());
    aws_sdk_sts::Client::new(&theirs).get_caller_identity().send().await.unwrap();
    match iam.last_used(&pair.id).await {
        LastUsed::At(key_use) => {
            assert_eq!((key_use.service.as_str(), key_use.region.as_str()), ("sts", "eu-central-1"));
            assert!(key_use.at.duration_since(pair.created).as_secs() >= 0, "{key_use:?}");
        }
        other => panic!("{other:?}"),
    }
}

async fn the_last_use_of_an_unknown_key_is_unknown(account: Account) {
    let found = AwsIam::new(&account.config).last_used(&"AKIA0000000000000000".parse().unwrap()).await;
    assert!(matches!(found, LastUsed::Unknown { .. }), "{found:?}");
}

async fn every_member_of_a_group_on_every_page_is_listed(account: Account) {
    let client = Client::new(&account.config);
    make_many_users(&client).await;
    client.create_group().group_name("exempt").send().await.unwrap();
    let client = &client;
    let added = (0..MANY).map(|number| async move {
        let request = client.add_user_to_group().group_name("exempt").user_name(format!("user-{number}"));
        request.send().await.unwrap();
    });
    stream::iter(added).buffer_unordered(16).collect::<Vec<()>>().await;
    let members = AwsIam::new(&account.config).group_members("exempt").await.unwrap();
    assert_eq!(members.len(), MANY);
}

async fn a_missing_group_is_an_error(account: Account) {
    let error = AwsIam::new(&account.config).group_members("exempt").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

async fn a_report_is_missing_until_it_was_asked_for(account: Account) {
    let iam = AwsIam::new(&account.config);
    assert_eq!(iam.credential_report().await, Ok(ReportFile::Missing));
    iam.generate_credential_report().await.unwrap();
    assert!(matches!(iam.credential_report().await, Ok(ReportFile::Ready { .. })));
}

async fn the_report_shows_each_users_keys(account: Account) {
    let client = Client::new(&account.config);
    let iam = AwsIam::new(&account.config);
    for user in ["none", "one", "two"] {
        make_user(&client, user, "/").await;
    }
    for user in ["one", "two", "two"] {
        iam.create_access_key(&name(user)).await.unwrap();
    }
    let idle = iam.access_keys(&name("two")).await.unwrap().remove(0);
    iam.update_access_key(&name("two"), &idle.id, KeyStatus::Inactive).await.unwrap();
    iam.generate_credential_report().await.unwrap();
    let Ok(ReportFile::Ready { text, .. }) = iam.credential_report().await else { panic!("no report") };
    let report = CredentialReport::parse(&text).unwrap();
    let row = |user: &str| *report.row(&name(user)).unwrap();
    assert_eq!((row("none").keys(), row("one").keys(), row("two").keys()), (0, 1, 2));
    assert_eq!((row("one").active_keys(), row("two").active_keys()), (1, 1));
    let made = iam.access_keys(&name("one")).await.unwrap().remove(0).created;
    let KeySlot::Active { changed, last_used } = row("one").slots[0] else { panic!("{:?}", row("one")) };
    assert!(changed.duration_since(made).abs().as_secs() <= 1 && last_used.is_none(), "{changed} {made}");
}
