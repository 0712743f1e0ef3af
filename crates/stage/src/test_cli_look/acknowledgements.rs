//! `keywheel doctor` on the bucket in which hosts acknowledge: not there, as it should be, and open to others.

use aws_sdk_s3::Client as StorageClient;
use aws_sdk_s3::types::{CreateBucketConfiguration, PublicAccessBlockConfiguration};
use serde_json::{Value, json};

use super::deployment::levels;
use crate::clients::REGION;
use crate::command_line::CommandLine;
use crate::functions::{KEY_ROTATION, TIMEOUT};
use crate::policies::{ACK_BUCKET, Policies};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// A bucket that key-rotation's role does not name.
const OTHER: &str = "keywheel-stage-other";

const GROUP: &str = "acknowledgements/";

pub(super) async fn check(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let variables = stage.functions.variables(KEY_ROTATION);
    let found = found(hub)?;
    let says = "doctor says nothing of acknowledgements where hosts do not acknowledge";
    checks.holds(says, found.is_empty(), || format!("{found:?}"));
    configure(stage, ACK_BUCKET).await?;
    expect(hub, ["fail", "fail", "fail", "ok"], "a bucket for acknowledgements that is not there", checks)?;
    let storage = StorageClient::new(&stage.clients.root_of(stage.organization.hub()));
    for bucket in [ACK_BUCKET, OTHER] {
        let place = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
        storage.create_bucket().bucket(bucket).create_bucket_configuration(place).send().await?;
    }
    // New buckets have one.
    storage.delete_public_access_block().bucket(ACK_BUCKET).send().await?;
    expect(hub, ["ok", "warn", "fail", "ok"], "a bucket for acknowledgements without a policy", checks)?;
    let policy = Policies::of(&stage.organization).text("acknowledgements", &[])?;
    storage.put_bucket_policy().bucket(ACK_BUCKET).policy(&policy).send().await?;
    let block = PublicAccessBlockConfiguration::builder().block_public_acls(true).block_public_policy(true);
    let block = block.ignore_public_acls(true).restrict_public_buckets(true).build();
    storage.put_public_access_block().bucket(ACK_BUCKET).public_access_block_configuration(block).send().await?;
    expect(hub, ["ok", "ok", "ok", "ok"], "a bucket for acknowledgements as it should be", checks)?;
    let mut wide: Value = serde_json::from_str(&policy)?;
    wide["Statement"][0]["Resource"] = json!(format!("arn:aws:s3:::{ACK_BUCKET}/*"));
    storage.put_bucket_policy().bucket(ACK_BUCKET).policy(wide.to_string()).send().await?;
    expect(hub, ["ok", "ok", "fail", "ok"], "a bucket in which anybody acknowledges for anybody", checks)?;
    configure(stage, OTHER).await?;
    expect(hub, ["ok", "ok", "fail", "fail"], "a bucket for acknowledgements that key-rotation may not read", checks)?;
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await
}

async fn configure(stage: &Stage, bucket: &str) -> anyhow::Result<()> {
    let mut variables = stage.functions.variables(KEY_ROTATION);
    variables.insert("ACK_BUCKET".to_owned(), bucket.to_owned());
    stage.functions.configure(KEY_ROTATION, TIMEOUT, variables).await
}

/// What doctor finds of acknowledgements.
fn found(hub: &CommandLine<'_>) -> anyhow::Result<Vec<(String, String)>> {
    let ended = hub.keywheel(&["doctor", "--function", "key-rotation", "--output", "json"])?;
    let levels = levels(&ended)?.into_iter();
    Ok(levels.filter_map(|(check, level)| Some((check.strip_prefix(GROUP)?.to_owned(), level))).collect())
}

fn expect(hub: &CommandLine<'_>, expected: [&str; 4], says: &str, checks: &mut Checks) -> anyhow::Result<()> {
    let mut found = found(hub)?;
    let order = ["there", "closed to the public", "who may write", "key-rotation reads"];
    found.sort_by_key(|(check, _)| order.iter().position(|name| name == check));
    let named: Vec<(&str, &str)> = found.iter().map(|(check, level)| (check.as_str(), level.as_str())).collect();
    let expected: Vec<(&str, &str)> = order.into_iter().zip(expected).collect();
    checks.holds(&format!("doctor sees {says}"), named == expected, || format!("{named:?}"));
    Ok(())
}
