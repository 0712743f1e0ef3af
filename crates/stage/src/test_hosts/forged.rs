//! Acknowledgements in somebody else's name: the bucket's own policy refuses them, whatever the writer's policies allow.

use anyhow::Context;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_s3::Client as StorageClient;
use keywheel_core::id::AccountId;
use keywheel_core::secret::KeyPair;
use secrecy::ExposeSecret;
use serde_json::json;

use super::{Bench, account, old_key};
use crate::policies::ACK_BUCKET;
use crate::test_night::checks::Checks;

pub(super) async fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let (payments, lab) = (account(bench.stage)?, bench.stage.account("lab")?.id.clone());
    allow_everything(bench, &payments, "other").await?;
    allow_everything(bench, &lab, "web2").await?;
    let writers = [("other", payments.clone()), ("web2", lab.clone())];
    let mut wrong = Vec::new();
    for (user, of) in writers {
        let storage = StorageClient::new(&signed_in(bench, old_key(bench.stage, user)?));
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
    Ok(())
}

fn unexpected(what: &str, is_allowed: bool, allowed: bool) -> Option<String> {
    (is_allowed != allowed).then(|| format!("{what}: {}", if is_allowed { "allowed" } else { "refused" }))
}

async fn allow_everything(bench: &Bench<'_>, account: &AccountId, user: &str) -> anyhow::Result<()> {
    let iam = IamClient::new(&bench.stage.clients.root_of(account));
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }],
    });
    let put = iam.put_user_policy().user_name(user).policy_name("everything").policy_document(policy.to_string());
    put.send().await.with_context(|| format!("user {user} of {account}"))?;
    Ok(())
}

fn signed_in(bench: &Bench<'_>, key: &KeyPair) -> SdkConfig {
    bench.stage.clients.with(Credentials::new(key.id.as_str(), key.secret.expose_secret(), None, None, "stage"))
}
