use aws_sdk_iam::Client;
use aws_sdk_iam::config::Builder;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::types::{AccessKey, AccessKeyLastUsed, AccessKeyMetadata, StatusType};
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::observed::{KeyStatus, KeyUse, LastUsed, ObservedKey};
use keywheel_core::secret::KeyPair;
use keywheel_engine::ports::{CreateFailed, PortError};
use secrecy::SecretString;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::PAGE;
use crate::error::{bad_answer, is_refusal, port_error};
use crate::pages::Pages;
use crate::time::timestamp;

const CREATE: &str = "iam:CreateAccessKey";
const DELETE: &str = "iam:DeleteAccessKey";
const LAST_USED: &str = "iam:GetAccessKeyLastUsed";
const LIST: &str = "iam:ListAccessKeys";
const UPDATE: &str = "iam:UpdateAccessKey";

pub(super) async fn every_key(client: &Client, user: &UserName) -> Result<Vec<ObservedKey>, PortError> {
    let mut keys = Vec::new();
    let mut pages = Pages::of(LIST);
    while pages.more() {
        let request = client.list_access_keys().user_name(user.as_str()).max_items(PAGE).set_marker(pages.token());
        let page = request.send().await.map_err(|error| port_error(LIST, &error))?;
        pages.answered_by_iam(page.is_truncated, page.marker)?;
        for key in page.access_key_metadata {
            keys.push(observed(key).map_err(|what| bad_answer(LIST, format_args!("user {user}: {what}")))?);
        }
    }
    Ok(keys)
}

fn observed(key: AccessKeyMetadata) -> Result<ObservedKey, String> {
    let id = key.access_key_id.unwrap_or_default();
    let status = match key.status {
        Some(StatusType::Active) => KeyStatus::Active,
        Some(StatusType::Inactive) => KeyStatus::Inactive,
        other => {
            let status = other.as_ref().map_or("", StatusType::as_str);
            return Err(format!("key {id:?} has the status {status:?}, which this release does not know"));
        }
    };
    let created = key.create_date.as_ref().and_then(timestamp);
    Ok(ObservedKey {
        created: created.ok_or_else(|| format!("key {id:?} has no date of creation"))?,
        id: id.parse().map_err(|error| format!("{error}"))?,
        status,
        last_used: LastUsed::Unknown { error: "not looked up".to_owned() },
    })
}

pub(super) async fn last_used(client: &Client, key: &AccessKeyId) -> Result<LastUsed, PortError> {
    let request = client.get_access_key_last_used().access_key_id(key.as_str());
    let answer = request.send().await.map_err(|error| port_error(LAST_USED, &error))?;
    match answer.access_key_last_used {
        Some(last) => {
            key_use(last).ok_or_else(|| bad_answer(LAST_USED, format_args!("key {key}: the date is out of range")))
        }
        None => Err(bad_answer(LAST_USED, format_args!("nothing came for key {key}"))),
    }
}

/// No date means never used; service and region are "N/A" then (IAM API, `AccessKeyLastUsed`).
fn key_use(last: AccessKeyLastUsed) -> Option<LastUsed> {
    let Some(date) = last.last_used_date else {
        return Some(LastUsed::Never);
    };
    Some(LastUsed::At(KeyUse { at: timestamp(&date)?, service: last.service_name, region: last.region }))
}

/// Sent once, whatever happens: the SDK's retry of a lost answer would make a second key.
pub(super) async fn create(client: &Client, user: &UserName) -> Result<KeyPair, CreateFailed> {
    let answer = client
        .create_access_key()
        .user_name(user.as_str())
        .customize()
        .config_override(Builder::new().retry_config(RetryConfig::disabled()))
        .send()
        .with_subscriber(NoSubscriber::new())
        .await
        .map_err(|error| {
            let failed = if is_refusal(&error) { CreateFailed::Refused } else { CreateFailed::Unanswered };
            failed(port_error(CREATE, &error))
        })?;
    let unusable = || CreateFailed::Unanswered(bad_answer(CREATE, format_args!("user {user}: it holds no whole pair")));
    answer.access_key.and_then(pair).ok_or_else(unusable)
}

fn pair(key: AccessKey) -> Option<KeyPair> {
    let secret = SecretString::from(key.secret_access_key);
    Some(KeyPair { id: key.access_key_id.parse().ok()?, created: timestamp(&key.create_date?)?, secret })
}

pub(super) async fn update(
    client: &Client,
    user: &UserName,
    key: &AccessKeyId,
    status: KeyStatus,
) -> Result<(), PortError> {
    let status = match status {
        KeyStatus::Active => StatusType::Active,
        KeyStatus::Inactive => StatusType::Inactive,
    };
    let request = client.update_access_key().user_name(user.as_str()).access_key_id(key.as_str()).status(status);
    request.send().await.map(|_| ()).map_err(|error| port_error(UPDATE, &error))
}

pub(super) async fn delete(client: &Client, user: &UserName, key: &AccessKeyId) -> Result<(), PortError> {
    let request = client.delete_access_key().user_name(user.as_str()).access_key_id(key.as_str());
    request.send().await.map(|_| ()).map_err(|error| port_error(DELETE, &error))
}
