//! `keywheel doctor` on what hands keys over: the list of parameters, the policy of hosts, KMS keys, and events that wait.

use aws_sdk_lambda::types::{DestinationConfig, OnFailure};
use serde_json::json;

use super::deployment::levels;
use crate::command_line::CommandLine;
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

const LIST: &str = "handing over/list of parameters";

pub(super) async fn check(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let variables = stage.functions.variables(KEY_ROTATION);
    let mut with_parameters = variables.clone();
    with_parameters.insert("PARAMETER_PREFIX".to_owned(), "/keywheel/".to_owned());
    with_parameters.insert("SECRET_KMS_KEY_ID".to_owned(), "alias/not-there".to_owned());
    stage.functions.configure(KEY_ROTATION, TIMEOUT, with_parameters).await?;
    let account = stage.organization.hub().to_string();
    let host = format!("handing over/keywheel-host in {account}");
    let key = format!("handing over/SECRET_KMS_KEY_ID in {account}");
    stage.state.put_template("keywheel/parameters.json", "{\"schema_version\": 9}").await?;
    let nothing = [(LIST, "fail"), (host.as_str(), "fail"), (key.as_str(), "fail")];
    found(hub, &account, &nothing, "a list that nobody can use, and neither a policy nor a key", checks)?;
    let list = json!({ "schema_version": 1, "parameters": [{ "users": ["*/*"], "layout": "json" }] });
    stage.state.put_template("keywheel/parameters.json", &list.to_string()).await?;
    let iam = aws_sdk_iam::Client::new(&stage.clients.root_of(stage.organization.hub()));
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*" }] });
    iam.create_policy().policy_name("keywheel-host").policy_document(policy.to_string()).send().await?;
    waiting(stage).await?;
    let waits = [(LIST, "ok"), (host.as_str(), "warn"), ("functions/key-rotation failed events", "warn")];
    found(hub, &account, &waits, "a policy that nobody has, and an event that waits", checks)?;
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await
}

/// An event that key-rotation gave up waits in a queue.
async fn waiting(stage: &Stage) -> anyhow::Result<()> {
    let account = stage.organization.hub();
    let config = stage.clients.root_of(account);
    let queues = aws_sdk_sqs::Client::new(&config);
    let url = queues.create_queue().queue_name("failed-events").send().await?.queue_url;
    queues.send_message().set_queue_url(url).message_body("{}").send().await?;
    let arn = format!("arn:aws:sqs:{}:{account}:failed-events", crate::clients::REGION);
    let to = DestinationConfig::builder().on_failure(OnFailure::builder().destination(arn).build()).build();
    let put = aws_sdk_lambda::Client::new(&config).put_function_event_invoke_config();
    put.function_name(KEY_ROTATION).destination_config(to).send().await?;
    Ok(())
}

fn found(
    hub: &CommandLine<'_>,
    account: &str,
    expected: &[(&str, &str)],
    says: &str,
    checks: &mut Checks,
) -> anyhow::Result<()> {
    let ended = hub.keywheel(&["doctor", "--function", "key-rotation", "--output", "json", "--account", account])?;
    let levels = levels(&ended)?;
    let wrong = expected.iter().filter(|(check, level)| levels.get(*check).map(String::as_str) != Some(*level));
    let wrong = wrong.map(|(check, level)| format!("{check} is not {level} but {:?}", levels.get(*check)));
    checks.none(&format!("doctor sees {says}"), wrong.collect());
    Ok(())
}
