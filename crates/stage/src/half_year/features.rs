//! What can be switched on: parameters, acknowledgements, encrypted delivery, replicas and the event bus; and what they left in the end.

use age::x25519::Identity;
use anyhow::Context;
use aws_sdk_eventbridge::Client as BusClient;
use aws_sdk_iam::Client as IamClient;
use aws_sdk_s3::Client as StorageClient;
use aws_sdk_s3::types::CreateBucketConfiguration;
use aws_sdk_secretsmanager::Client as SecretsClient;
use aws_sdk_secretsmanager::config::Region;
use aws_sdk_ssm::Client as ParameterClient;
use keywheel_core::id::AccountId;
use serde_json::json;

use super::PERIODS;
use super::people::STEADY;
use crate::clients::REGION;
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::policies::{ACK_BUCKET, EVENT_BUS, Policies};
use crate::stage::Stage;

const PARAMETERS: &str = "/keywheel/";
const FAR: &str = "us-east-1";

/// Switches everything on, in the hub and in these accounts.
pub(super) async fn prepare(stage: &Stage, accounts: &[AccountId]) -> anyhow::Result<()> {
    let policies = Policies::of(&stage.organization);
    let hub = stage.clients.root_of(stage.organization.hub());
    let storage = StorageClient::new(&hub);
    let place = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    storage.create_bucket().bucket(ACK_BUCKET).create_bucket_configuration(place).send().await?;
    storage.put_bucket_policy().bucket(ACK_BUCKET).policy(policies.text("acknowledgements", &[])?).send().await?;
    BusClient::new(&hub).create_event_bus().name(EVENT_BUS).send().await?;
    for account in accounts {
        let iam = IamClient::new(&stage.clients.root_of(account));
        let text = policies.text("host", &[("account", account.as_str())])?;
        let made = iam.create_policy().policy_name("keywheel-host").policy_document(text).send().await?;
        let arn = made.policy.and_then(|policy| policy.arn).context("a policy without ARN")?;
        for user in STEADY {
            iam.attach_user_policy().user_name(user).policy_arn(&arn).send().await?;
        }
    }
    let list = json!({ "schema_version": 1, "parameters": [{ "users": ["*/steady-1"], "layout": "new-old" }] });
    stage.state.put("parameters.json", &list).await?;
    let recipient = Identity::generate().to_public().to_string();
    let list = json!({ "schema_version": 1,
        "recipients": { "operations": { "recipient": recipient, "users": ["*/steady-2"] } } });
    stage.state.put("recipients.json", &list).await?;
    let mut variables = stage.functions.variables(KEY_ROTATION);
    variables.extend(PERIODS.map(|(name, days)| (name.to_owned(), days.to_string())));
    let settings = [
        ("ACK_BUCKET", ACK_BUCKET),
        ("PARAMETER_PREFIX", PARAMETERS),
        ("ENCRYPTED_DELIVERY", "on"),
        ("SECRET_REPLICA_REGIONS", FAR),
        ("EVENT_BUS", EVENT_BUS),
    ];
    variables.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await
}

/// How many parameters and replicas there are in these accounts, and how many hosts have acknowledged.
pub(super) async fn left(stage: &Stage, accounts: &[AccountId]) -> anyhow::Result<[(&'static str, u64); 3]> {
    let (mut parameters, mut replicas) = (0, 0);
    for account in accounts {
        let root = stage.clients.root_of(account);
        let found =
            ParameterClient::new(&root).get_parameters_by_path().path(PARAMETERS).recursive(true).send().await?;
        parameters += found.parameters().len() as u64;
        let far = SecretsClient::new(&root.to_builder().region(Region::new(FAR)).build());
        replicas += far.list_secrets().send().await?.secret_list().len() as u64;
    }
    let storage = StorageClient::new(&stage.clients.root_of(stage.organization.hub()));
    let acknowledged = storage.list_objects_v2().bucket(ACK_BUCKET).send().await?.contents().len() as u64;
    Ok([("parameters", parameters), ("replicas", replicas), ("hosts that acknowledge", acknowledged)])
}
