//! Acknowledgements in somebody else's name: the bucket's own policy refuses them, whatever the writer's policies allow.

use anyhow::Context;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_s3::Client as StorageClient;
use aws_sdk_sts::Client as StsClient;
use keywheel_core::id::AccountId;
use serde_json::json;

use super::{Bench, account, old_key, signed_in};
use crate::policies::ACK_BUCKET;
use crate::test_night::checks::Checks;

/// An account of no organization.
const OUTSIDE: &str = "777788889999";

pub(super) async fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let (payments, lab) = (account(bench.stage)?, bench.stage.account("lab")?.id.clone());
    allow_everything(bench, &payments, "other").await?;
    allow_everything(bench, &lab, "web2").await?;
    let writers = [("other", payments.clone()), ("web2", lab.clone())];
    let mut wrong = Vec::new();
    for (user, of) in writers {
        let storage = StorageClient::new(&signed_in(bench.stage, old_key(bench.stage, user)?));
        for (key, allowed) in [
            (format!("acks/{of}/{user}/host-1.json"), true),
            (format!("acks/{payments}/web/evil.json"), false),
            (format!("acks/{lab}/web/evil.json"), false),
            (format!("acks/{of}/evil.json"), false),
            ("elsewhere/evil.json".to_owned(), false),
        ] {
            let put = storage.put_object().bucket(ACK_BUCKET).key(&key).body(b"{}".to_vec().into()).send().await;
            wrong.extend(unexpected(&format!("{user} writes {key}"), put.is_ok(), allowed));
        }
        let own = format!("acks/{of}/{user}/host-1.json");
        let read = storage.get_object().bucket(ACK_BUCKET).key(&own).send().await;
        wrong.extend(unexpected(&format!("{user} reads"), read.is_ok(), false));
        let gone = storage.delete_object().bucket(ACK_BUCKET).key(&own).send().await;
        wrong.extend(unexpected(&format!("{user} deletes"), gone.is_ok(), false));
        let listed = storage.list_objects_v2().bucket(ACK_BUCKET).send().await;
        wrong.extend(unexpected(&format!("{user} lists"), listed.is_ok(), false));
    }
    checks.none(
        "a user who may do everything in its account acknowledges for itself alone, and reads and deletes nothing",
        wrong,
    );
    checks.none(
        "so does a user of the hub, whose bucket it is; its roles and strangers acknowledge for nobody",
        of_the_hub_and_outside(bench).await?,
    );
    Ok(())
}

fn unexpected(what: &str, is_allowed: bool, allowed: bool) -> Option<String> {
    (is_allowed != allowed).then(|| format!("{what}: {}", if is_allowed { "allowed" } else { "refused" }))
}

async fn allow_everything(bench: &Bench<'_>, account: &AccountId, user: &str) -> anyhow::Result<()> {
    let iam = IamClient::new(&bench.stage.clients.root_of(account));
    let put = iam.put_user_policy().user_name(user).policy_name("everything").policy_document(everything());
    put.send().await.with_context(|| format!("user {user} of {account}"))?;
    Ok(())
}

/// Those whom no other account's policy stops: a user and a role of the hub, whose bucket it is, and somebody outside of the organization.
async fn of_the_hub_and_outside(bench: &Bench<'_>) -> anyhow::Result<Vec<String>> {
    let (hub, payments) = (bench.stage.organization.hub().clone(), account(bench.stage)?);
    let outside: AccountId = OUTSIDE.parse()?;
    let writers = [
        ("a user of the hub", newcomer(bench, &hub).await?, &hub, true),
        ("a role of the hub", role(bench, &hub).await?, &hub, false),
        ("a user outside of the organization", newcomer(bench, &outside).await?, &outside, false),
    ];
    let mut wrong = Vec::new();
    for (who, config, of, may_for_itself) in writers {
        let storage = StorageClient::new(&config);
        for (key, allowed) in [
            (format!("acks/{of}/newcomer/host-1.json"), may_for_itself),
            (format!("acks/{of}/other/evil.json"), false),
            (format!("acks/{payments}/web/evil.json"), false),
            (format!("acks/{payments}/newcomer/evil.json"), false),
            ("elsewhere/evil.json".to_owned(), false),
        ] {
            let put = storage.put_object().bucket(ACK_BUCKET).key(&key).body(b"{}".to_vec().into()).send().await;
            wrong.extend(unexpected(&format!("{who} writes {key}"), put.is_ok(), allowed));
        }
    }
    Ok(wrong)
}

/// A session of a role that may do everything with buckets.
async fn role(bench: &Bench<'_>, account: &AccountId) -> anyhow::Result<SdkConfig> {
    let root = bench.stage.clients.root_of(account);
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
        }],
    });
    let iam = IamClient::new(&root);
    let made = iam.create_role().role_name("storage").assume_role_policy_document(trust.to_string()).send().await?;
    let put = iam.put_role_policy().role_name("storage").policy_name("everything");
    put.policy_document(everything()).send().await?;
    let arn = made.role.context("a role without answer")?.arn;
    let session = StsClient::new(&root).assume_role().role_arn(arn).role_session_name("stage").send().await?;
    let given = session.credentials.context("a session without credentials")?;
    let token = Some(given.session_token);
    Ok(bench.stage.clients.with(Credentials::new(given.access_key_id, given.secret_access_key, token, None, "stage")))
}

/// A user with a key of now: what the nights began with is deleted by then.
async fn newcomer(bench: &Bench<'_>, account: &AccountId) -> anyhow::Result<SdkConfig> {
    let iam = IamClient::new(&bench.stage.clients.root_of(account));
    iam.create_user().user_name("newcomer").send().await?;
    allow_everything(bench, account, "newcomer").await?;
    let key = iam.create_access_key().user_name("newcomer").send().await?.access_key.context("no key")?;
    Ok(bench.stage.clients.with(Credentials::new(key.access_key_id, key.secret_access_key, None, None, "stage")))
}

fn everything() -> String {
    let all = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }],
    });
    all.to_string()
}
