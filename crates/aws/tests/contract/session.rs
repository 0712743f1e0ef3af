use aws_sdk_iam::Client;
use jiff::Timestamp;
use keywheel_aws::{AwsIam, Session, SessionFailed};
use keywheel_core::id::AccountId;
use keywheel_engine::deployment::{ExternalId, MemberRole};
use keywheel_engine::ports::UserAudit;

use crate::emulator::{Account, on_both, on_ministack};

on_both!(a_member_session_works_in_the_members_account, own_credentials_name_their_account_and_the_clock_of_the_answer,);
on_ministack!(
    a_role_that_does_not_exist_is_named,
    a_role_that_asks_for_another_external_id_refuses,
    a_session_writes_in_the_name_of_its_role,
);

const ROLE: &str = "path/keywheel-member";

/// A member account with a role that may be assumed from `account`, with the external id `ours`.
async fn member_of(account: &Account) -> (Account, MemberRole) {
    let member = if account.is_moto { Account::on_moto().await } else { Account::on_ministack().await };
    let client = Client::new(&member.config);
    let trust = serde_json::json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{}:root", account.id)},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "ours"}}
    }]});
    let role = client.create_role().role_name("keywheel-member").path("/path/");
    role.assume_role_policy_document(trust.to_string()).send().await.unwrap();
    let all = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let policy = client.put_role_policy().role_name("keywheel-member").policy_name("all").policy_document(all);
    policy.send().await.unwrap();
    client.create_user().user_name("alice").send().await.unwrap();
    (member, MemberRole { name: ROLE.to_owned(), external_id: Some(ExternalId::new("ours".to_owned())) })
}

async fn assume(account: &Account, member: &AccountId, role: &MemberRole) -> Result<Session, SessionFailed> {
    Session::of_member(&account.config, member, role, &"run-1".parse().unwrap()).await
}

fn is_now(time: Option<Timestamp>) -> bool {
    time.is_some_and(|time| Timestamp::now().duration_since(time).abs().as_secs() < 60)
}

async fn a_member_session_works_in_the_members_account(account: Account) {
    let (member, role) = member_of(&account).await;
    let session = assume(&account, &member.id, &role).await.unwrap();
    assert_eq!((&session.account, session.partition.as_str()), (&member.id, "aws"));
    assert_eq!(session.writers, [format!("arn:aws:iam::{}:role/{ROLE}", member.id)]);
    assert!(is_now(session.answered_at), "{:?}", session.answered_at);
    let users = AwsIam::new(&session.config).users().await.unwrap();
    assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["alice"]);
}

async fn own_credentials_name_their_account_and_the_clock_of_the_answer(account: Account) {
    let session = Session::own(&account.config).await.unwrap();
    assert_eq!((session.account, session.partition.as_str()), (account.id, "aws"));
    assert!(is_now(session.answered_at), "{:?}", session.answered_at);
}

async fn a_session_writes_in_the_name_of_its_role(account: Account) {
    let (member, role) = member_of(&account).await;
    let session = assume(&account, &member.id, &role).await.unwrap();
    let own = Session::own(&session.config).await.unwrap();
    let roles = format!("arn:aws:iam::{}:role", member.id);
    assert_eq!(own.writers, [format!("{roles}/keywheel-member"), format!("{roles}/*/keywheel-member")]);
}

async fn a_role_that_does_not_exist_is_named(account: Account) {
    let role = MemberRole { name: "keywheel-member".to_owned(), external_id: None };
    let member: AccountId = "111122223333".parse().unwrap();
    let error = assume(&account, &member, &role).await.unwrap_err();
    assert!(matches!(error, SessionFailed::Denied { .. } | SessionFailed::NotFound { .. }), "{error:?}");
    assert!(error.to_string().contains("arn:aws:iam::111122223333:role/keywheel-member"), "{error}");
}

async fn a_role_that_asks_for_another_external_id_refuses(account: Account) {
    let (member, role) = member_of(&account).await;
    let error = assume(&account, &member.id, &MemberRole { external_id: None, ..role }).await.unwrap_err();
    assert!(matches!(error, SessionFailed::Denied { .. }), "{error:?}");
    assert!(!error.is_transient());
}
