//! The state bucket, and the KMS key that encrypts it.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::BucketVersioningStatus;
use keywheel_aws::port_error;
use keywheel_runtime::config::variable::{STATE_BUCKET, Variable};

use super::finding::{Finding, Verdict};
use super::ground::Ground;
use super::kms;

const GROUP: &str = "state bucket";

pub(super) async fn findings(ground: &Ground) -> Vec<Finding> {
    let Some((bucket, _)) = ground.state_location() else {
        return vec![Verdict::not_checked("no function names one", "see the functions").of(GROUP, "there")];
    };
    let client = client(ground);
    let mut findings = vec![
        there(&client, bucket, &STATE_BUCKET).await.of(GROUP, "there"),
        versions(&client, bucket).await.of(GROUP, "versions"),
        closed(&client, bucket).await.of(GROUP, "closed to the public"),
    ];
    let (encrypted, key) = encrypted(&client, bucket).await;
    findings.push(encrypted.of(GROUP, "encryption"));
    if let Some(key) = key {
        let to_do = "enable the key, or cancel its deletion: without it no ledger can be read";
        let verdict = kms::key(&ground.hub.config, &ground.hub.own.account, &key, to_do).await;
        findings.push(verdict.of(GROUP, "KMS key"));
    }
    findings
}

pub(super) fn client(ground: &Ground) -> Client {
    let config = aws_sdk_s3::config::Builder::from(&ground.hub.config);
    Client::from_conf(config.force_path_style(ground.hub.config.endpoint_url().is_some()).build())
}

/// Whether there is a bucket that this variable names.
pub(super) async fn there(client: &Client, bucket: &str, variable: &Variable) -> Verdict {
    let to_do = format!("create it, or correct {}", variable.name);
    let answer = client.list_objects_v2().bucket(bucket).max_keys(1).send().await;
    match answer.map_err(|error| port_error("s3:ListBucket", &error)) {
        Ok(_) => Verdict::ok(bucket),
        Err(error) if error.message.contains("NoSuchBucket") => {
            Verdict::fail(format!("there is no bucket {bucket}"), to_do)
        }
        Err(error) => Verdict::of_error(&error, &to_do),
    }
}

/// A ledger that was damaged is mended with its earlier version.
async fn versions(client: &Client, bucket: &str) -> Verdict {
    let answer = client.get_bucket_versioning().bucket(bucket).send().await;
    match answer.map_err(|error| port_error("s3:GetBucketVersioning", &error)) {
        Ok(answer) if answer.status == Some(BucketVersioningStatus::Enabled) => Verdict::ok("kept"),
        Ok(_) => Verdict::warn(
            "not kept: a ledger that somebody damages is lost, and every grace starts anew",
            "turn on the bucket's versioning",
        ),
        Err(error) => Verdict::of_error(&error, "see whether the bucket is there"),
    }
}

pub(super) async fn closed(client: &Client, bucket: &str) -> Verdict {
    let to_do = "turn on all four settings of the bucket's public access block";
    let answer = client.get_public_access_block().bucket(bucket).send().await;
    match answer.map_err(|error| port_error("s3:GetBucketPublicAccessBlock", &error)) {
        Ok(answer) => {
            let block = answer.public_access_block_configuration;
            let is_closed = block.is_some_and(|block| {
                [
                    block.block_public_acls,
                    block.block_public_policy,
                    block.ignore_public_acls,
                    block.restrict_public_buckets,
                ]
                .iter()
                .all(|setting| *setting == Some(true))
            });
            if is_closed { Verdict::ok("public access is blocked") } else { Verdict::warn("not wholly", to_do) }
        }
        // The account's own block may stand in for it, and new buckets have one.
        Err(error) if error.message.contains("NoSuchPublicAccessBlockConfiguration") => {
            Verdict::warn("the bucket has no public access block of its own", to_do)
        }
        Err(error) => Verdict::of_error(&error, to_do),
    }
}

/// How the bucket encrypts, and the KMS key with which it does. S3 encrypts everything; a key of one's own says who may read.
async fn encrypted(client: &Client, bucket: &str) -> (Verdict, Option<String>) {
    let to_do = "encrypt the bucket by default with a KMS key whose policy names the three functions";
    let answer = client.get_bucket_encryption().bucket(bucket).send().await;
    let answer = answer.map_err(|error| port_error("s3:GetEncryptionConfiguration", &error));
    let rules = match answer {
        Ok(answer) => answer.server_side_encryption_configuration.map(|encryption| encryption.rules),
        Err(error) if error.message.contains("ServerSideEncryptionConfigurationNotFoundError") => None,
        Err(error) => return (Verdict::of_error(&error, to_do), None),
    };
    let default = rules.into_iter().flatten().find_map(|rule| rule.apply_server_side_encryption_by_default);
    match default.and_then(|default| default.kms_master_key_id) {
        Some(key) => (Verdict::ok(format!("with {key}")), Some(key)),
        None => (Verdict::warn("with S3's own key: whoever may read the bucket reads it", to_do), None),
    }
}
