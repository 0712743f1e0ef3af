use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{ReplicationStatusType, SecretVersionsListEntry};
use keywheel_core::observed::{AWSCURRENT, SecretState, SecretVersion};
use keywheel_core::secret::VersionId;
use keywheel_engine::ports::{ErrorKind, PortError};

use super::refused_for_the_state;
use crate::error::{bad_answer, port_error};
use crate::pages::Pages;
use crate::time::timestamp;

const DESCRIBE: &str = "secretsmanager:DescribeSecret";
const LIST: &str = "secretsmanager:ListSecretVersionIds";
const UPDATE: &str = "secretsmanager:UpdateSecretVersionStage";
/// The largest page (ListSecretVersionIds API, `MaxResults`).
const PAGE: i32 = 100;

/// A secret's outside, and its ARN.
#[derive(Clone, Debug)]
pub(super) struct Described {
    pub(super) state: SecretState,
    pub(super) arn: Option<String>,
    pub(super) replicas: Vec<ReplicationStatusType>,
}

impl Described {
    /// The Regions with a replica, sound or not.
    pub(super) fn regions(&self) -> Vec<String> {
        self.replicas.iter().filter_map(|replica| replica.region.clone()).collect()
    }
}

/// The versions of a secret that is scheduled for deletion are not listed: nothing can be done with them.
pub(super) async fn describe(client: &Client, name: &str) -> Result<Option<Described>, PortError> {
    let described = client.describe_secret().secret_id(name).send().await;
    let described = match described.map_err(|error| port_error(DESCRIBE, &error)) {
        Ok(described) => described,
        Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let (arn, replicas) = (described.arn, described.replication_status.unwrap_or_default());
    if described.deleted_date.is_some() {
        let state = SecretState { scheduled_for_deletion: true, ..SecretState::default() };
        return Ok(Some(Described { state, arn, replicas }));
    }
    match every_version(client, name).await {
        Ok(versions) => {
            Ok(Some(Described { state: SecretState { versions, ..SecretState::default() }, arn, replicas }))
        }
        Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Versions without a label are included: one of them may hold a pair that was never published.
async fn every_version(client: &Client, name: &str) -> Result<Vec<SecretVersion>, PortError> {
    let mut versions = Vec::new();
    let mut pages = Pages::of(LIST);
    while pages.more() {
        let request = client.list_secret_version_ids().secret_id(name).include_deprecated(true).max_results(PAGE);
        let page = request.set_next_token(pages.token()).send().await.map_err(|error| port_error(LIST, &error))?;
        pages.answered(page.next_token)?;
        for entry in page.versions.unwrap_or_default() {
            versions.push(version(entry).ok_or_else(|| bad_answer(LIST, "a version has no id or no date"))?);
        }
    }
    Ok(versions)
}

fn version(entry: SecretVersionsListEntry) -> Option<SecretVersion> {
    Some(SecretVersion {
        id: VersionId(entry.version_id?),
        stages: entry.version_stages.unwrap_or_default().into_iter().collect(),
        created: timestamp(&entry.created_date?)?,
    })
}

/// A repeated move is refused by AWS, and the SDK repeats when an answer is lost; so a refusal counts only if the label is elsewhere.
pub(super) async fn move_current(
    client: &Client,
    name: &str,
    to: &VersionId,
    from: Option<&VersionId>,
) -> Result<(), PortError> {
    let request = client.update_secret_version_stage().secret_id(name).version_stage(AWSCURRENT);
    let request = request.move_to_version_id(to.as_str());
    let moved = request.set_remove_from_version_id(from.map(|version| version.as_str().to_owned())).send().await;
    let Err(error) = moved.map_err(|error| port_error(UPDATE, &error)) else {
        return Ok(());
    };
    if refused_for_the_state(&error) && has_label(client, name, to, AWSCURRENT).await == Some(true) {
        return Ok(());
    }
    Err(error)
}

pub(super) async fn remove(client: &Client, name: &str, label: &str, version: &VersionId) -> Result<(), PortError> {
    let request = client.update_secret_version_stage().secret_id(name).version_stage(label);
    let removed = request.remove_from_version_id(version.as_str()).send().await;
    let Err(error) = removed.map_err(|error| port_error(UPDATE, &error)) else {
        return Ok(());
    };
    if refused_for_the_state(&error) && has_label(client, name, version, label).await == Some(false) {
        return Ok(());
    }
    Err(error)
}

/// Whether the version has the label; none when the look-up failed or there is no such secret.
async fn has_label(client: &Client, name: &str, version: &VersionId, label: &str) -> Option<bool> {
    let state = describe(client, name).await.ok()??.state;
    if state.scheduled_for_deletion {
        return None;
    }
    Some(state.version(version).is_some_and(|version| version.has(label)))
}
