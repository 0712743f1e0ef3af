//! The test of hosts that acknowledge: the compiled `keywheel agent` in home folders of its own, and the compiled functions, with roles enforced.

mod deaths;
mod forged;
mod home;
mod nights;
mod others;

use std::path::Path;

use anyhow::Context;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_s3::Client as StorageClient;
use aws_sdk_s3::types::CreateBucketConfiguration;
use keywheel_core::id::AccountId;
use keywheel_core::secret::KeyPair;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::clients::REGION;
use crate::command_line::CommandLine;
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::leaks::{Searched, everything_written};
use crate::organization::Organization;
use crate::policies::{ACK_BUCKET, Policies};
use crate::stage::Stage;
use crate::test_night::Place;
use crate::test_night::checks::Checks;
use home::Home;

const PARAMETERS: &str = "/keywheel/";

/// What the checks share.
struct Bench<'a> {
    stage: &'a Stage,
    /// Signed in as an administrator of the hub.
    hub: CommandLine<'a>,
    /// The hosts of the user `web`.
    hosts: Vec<Home<'a>>,
    keywheel: &'a Path,
}

/// Runs every check: `true` when all of them passed.
///
/// # Errors
/// When the stage cannot be set, or a night does not end.
pub async fn run(place: &Place, keywheel: &Path) -> anyhow::Result<bool> {
    std::fs::create_dir_all(&place.out)?;
    let log = place.out.join("emulator.log");
    let stage = Stage::set(Organization::hosts()?, &place.python, &place.functions, &log, &mut |_| {}).await?;
    prepare(&stage).await?;
    let old = old_key(&stage, "web")?;
    let hosts = ["web-1", "web-2", "web-3"].map(|name| Home::new(&stage, keywheel, name, old));
    let hosts = hosts.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
    let hub = CommandLine::new(&stage, keywheel)?;
    let bench = Bench { stage: &stage, hub, hosts, keywheel };
    let mut checks = Checks::new();
    nights::published(&bench, &mut checks).await?;
    deaths::check(&bench, &mut checks).await?;
    others::of_parameters(&bench, &mut checks).await?;
    nights::gone(&bench, &mut checks).await?;
    others::of_people(&bench, &mut checks).await?;
    Box::pin(forged::check(&bench, &mut checks)).await?;
    stage.write_function_log(&place.out).await?;
    for home in &bench.hosts {
        std::fs::write(place.out.join(format!("{}.txt", home.name)), home.said())?;
    }
    let searched = Searched::new(&stage.admin.credentials().await?);
    let written = everything_written(&stage, &place.out).await?;
    checks.none(
        "no secret half that was ever issued is in any text, those of the hosts among them",
        searched.find(&written),
    );
    Ok(checks.conclude())
}

/// The account of the users.
fn account(stage: &Stage) -> anyhow::Result<AccountId> {
    Ok(stage.account("payments")?.id.clone())
}

/// The key that a user has from before Keywheel.
fn old_key<'a>(stage: &'a Stage, user: &str) -> anyhow::Result<&'a KeyPair> {
    stage.user(user)?.keys.values().next().context("a user without a key")
}

/// Signed in with a user's key.
fn signed_in(stage: &Stage, key: &KeyPair) -> SdkConfig {
    stage.clients.with(Credentials::new(key.id.as_str(), key.secret.expose_secret(), None, None, "stage"))
}

/// The bucket with its policy, the host policy on every user, and the settings of key-rotation.
async fn prepare(stage: &Stage) -> anyhow::Result<()> {
    let policies = Policies::of(&stage.organization);
    let storage = StorageClient::new(&stage.clients.root_of(stage.organization.hub()));
    let place = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    storage.create_bucket().bucket(ACK_BUCKET).create_bucket_configuration(place).send().await?;
    storage.put_bucket_policy().bucket(ACK_BUCKET).policy(policies.text("acknowledgements", &[])?).send().await?;
    let account = account(stage)?;
    let iam = IamClient::new(&stage.clients.root_of(&account));
    let text = policies.text("host", &[("account", account.as_str())])?;
    let made = iam.create_policy().policy_name("keywheel-host").policy_document(text).send().await?;
    let arn = made.policy.and_then(|policy| policy.arn).context("a policy without ARN")?;
    for user in ["web", "param", "other"] {
        iam.attach_user_policy().user_name(user).policy_arn(&arn).send().await?;
    }
    let list =
        json!({ "schema_version": 1, "parameters": [{ "users": [format!("{account}/param")], "layout": "new-old" }] });
    stage.state.put("parameters.json", &list).await?;
    let mut variables = stage.functions.variables(KEY_ROTATION);
    let settings = [
        ("ACK_BUCKET", ACK_BUCKET),
        ("PARAMETER_PREFIX", PARAMETERS),
        // Hosts that lag ask for their key with the old one every day.
        ("LAST_USED_THRESHOLD", "0"),
    ];
    variables.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await
}
