//! What the AFT sample leaves behind.

use aws_sdk_eventbridge::Client as BusClient;
use aws_sdk_secretsmanager::Client as SecretsClient;
use keywheel_core::id::AccountId;
use keywheel_core::secret::{KeyPair, secret_name};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::policies::make_role;
use crate::test_moving::ground::Ground;
use crate::test_moving::hosts::Follows;

/// The role that the sample's function assumes.
pub(super) const MEMBER_ROLE: &str = "asa-iam-key-rotation-lambda-assumed-role";
pub(super) const RULE: &str = "capture-aws-sign-in";
/// A role that reads secrets by its own policy, which the sample's resource policy lets it.
pub(super) const READER: &str = "pipeline";
/// The placeholders of the sample's file, one file for all mails.
pub(super) const TEMPLATE: &str = "<html><body><h1>IAM Access Key Security Violation</h1><p>Account {{account_id}} ({{account_name}}), {{timestamp}}</p>\
    <p>{{actions}}</p><p>{{rotation_period}} / {{installation_grace_period}} / {{recovery_grace_period}}; ask {{sender_email}}</p></body></html>";

/// The name of a user's secret, there and here.
pub(super) fn name_of(ground: &Ground<'_>, user: &str) -> anyhow::Result<String> {
    Ok(secret_name(&ground.account, &user.parse()?))
}

/// What the sample leaves: its secrets and policies, its roles, its rule; hosts that read the secrets, and one that was never told.
pub(super) async fn plant(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    leave_secret(ground, "build", ground.pair("build", "old")?).await?;
    leave_secret(ground, "alice", ground.pair("alice", "new")?).await?;
    leave_secret(ground, "tail", ground.pair("tail", "new")?).await?;
    // Its user was deleted, and nothing there deletes secrets.
    leave_secret(ground, "left-in-may", ground.pair("forced", "old")?).await?;
    for (host, user, label) in [("ci-1", "build", "old"), ("ci-2", "alice", "new"), ("ci-3", "tail", "new")] {
        let follows = ground.secret_of(user)?;
        ground.host(host, user, label, follows)?;
    }
    ground.host("forgotten", "alice", "old", Follows::Nothing)?;
    let follows = ground.secret_of("forced")?;
    ground.host("web", "forced", "old", follows)?;
    ground.host("vip-1", "vip", "old", Follows::Nothing)?;
    let trust = |account: &AccountId| {
        let principal = json!({ "AWS": format!("arn:aws:iam::{account}:root") });
        let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    };
    let may = |actions: &[&str]| {
        let statement = json!({ "Effect": "Allow", "Action": actions, "Resource": "*" });
        json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
    };
    let (hub, iam) = (ground.stage.organization.hub(), ground.iam());
    make_role(&iam, MEMBER_ROLE, &trust(hub), &may(&["iam:List*", "iam:CreateAccessKey", "secretsmanager:*"])).await?;
    make_role(&iam, READER, &trust(&ground.account), &may(&["secretsmanager:GetSecretValue"])).await?;
    ground.stage.state.put_template("code_sources/Template/iam-auto-key-rotation-enforcement.html", TEMPLATE).await?;
    rules(ground).put_rule().name(RULE).schedule_expression("rate(24 hours)").send().await?;
    Ok(())
}

/// EventBridge in the hub.
pub(super) fn rules(ground: &Ground<'_>) -> BusClient {
    BusClient::new(&ground.stage.clients.root_of(ground.stage.organization.hub()))
}

/// A secret as the sample's function writes it, and the inline policy that goes with it.
async fn leave_secret(ground: &Ground<'_>, user: &str, pair: &KeyPair) -> anyhow::Result<()> {
    let name = name_of(ground, user)?;
    let value = format!(
        "{{\n    \"AccessKeyId\": \"{}\",\n    \"CreateDate\": \"{}\",\n    \"SecretAccessKey\": \"{}\",\n    \"Status\": \"Active\",\n    \
         \"UserName\": \"{user}\"\n}}",
        pair.id,
        pair.created.strftime("%Y-%m-%d %H:%M:%S+00:00"),
        pair.secret.expose_secret()
    );
    let client = SecretsClient::new(&ground.stage.clients.root_of(&ground.account));
    client.create_secret().name(&name).description("Auto-created secret").secret_string(value).send().await?;
    let Ok(seeded) = ground.stage.user(user) else { return Ok(()) };
    let reads = ["GetSecretValue", "DescribeSecret", "ListSecretVersionIds", "ListSecrets"];
    let reads = reads.map(|action| format!("secretsmanager:{action}"));
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": seeded.arn },
        "Action": reads, "Resource": "*" }] });
    let put = client.put_resource_policy().secret_id(&name).block_public_policy(true);
    put.resource_policy(policy.to_string()).send().await?;
    let useless = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": &reads[..3], "Resource": format!("arn:aws:secretsmanager:eu-west-1:{}:secret:{name}", ground.account) },
        { "Effect": "Allow", "Action": &reads[3], "Resource": "*" }] });
    let put = ground.iam().put_user_policy().user_name(user).policy_name("SecretsAccessPolicy");
    put.policy_document(useless.to_string()).send().await?;
    Ok(())
}
