use aws_sdk_iam::Client;
use aws_sdk_iam::config::Builder;
use aws_sdk_iam::config::retry::RetryConfig;
use aws_sdk_iam::types::{AccessKey, AccessKeyLastUsed, AccessKeyMetadata, StatusType};
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::observed::{KeyStatus, KeyUse, LastUsed, ObservedKey};
use keywheel_core::secret::KeyPair;
use keywheel_engine::ports::{CreateFailed, PortError};
use secrecy::SecretString;

use super::{AwsIam, PAGE};
use crate::error::{bad_answer, is_refusal, port_error};
use crate::pages::Pages;
use crate::quiet::Quietly;
use crate::time::timestamp;

const CREATE: &str = "iam:CreateAccessKey";
const DELETE: &str = "iam:DeleteAccessKey";
const LAST_USED: &str = "iam:GetAccessKeyLastUsed";
const LIST: &str = "iam:ListAccessKeys";
const UPDATE: &str = "iam:UpdateAccessKey";

pub(super) async fn every_key(iam: &AwsIam, user: &UserName) -> Result<Vec<ObservedKey>, PortError> {
    let mut keys = Vec::new();
    let mut pages = Pages::of(LIST);
    while pages.more() {
        let page = iam.pace.with(|| async {
            let request = iam.client.list_access_keys().user_name(user.as_str()).max_items(PAGE);
            request.set_marker(pages.token()).send().await.map_err(|error| port_error(LIST, &error))
        });
        let page = page.await?;
        pages.answered_where_truncated(page.is_truncated, page.marker)?;
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

pub(super) async fn last_used(iam: &AwsIam, key: &AccessKeyId) -> Result<LastUsed, PortError> {
    let answer = iam.pace.with(|| async {
        let request = iam.client.get_access_key_last_used().access_key_id(key.as_str());
        request.send().await.map_err(|error| port_error(LAST_USED, &error))
    });
    match answer.await?.access_key_last_used {
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
        .quietly()
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

#[cfg(test)]
mod tests {
    use keywheel_engine::ports::{ErrorKind, Iam};

    use super::*;
    use crate::wire::{Answer, Wire, xml, xml_error};

    const HALF: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";

    fn user() -> UserName {
        "alice".parse().unwrap()
    }

    async fn create_over(answer: fn() -> Answer) -> (Result<KeyPair, CreateFailed>, usize) {
        let wire = Wire::new(move |_, _| answer());
        let outcome = AwsIam::new(&wire.config()).create_access_key(&user()).await;
        (outcome, wire.sent().len())
    }

    #[tokio::test]
    async fn create_access_key_is_sent_once_when_the_outcome_is_unknown() {
        let unknown: [fn() -> Answer; 6] = [
            || Answer::Lost,
            || Answer::Silence,
            || xml_error(500, "ServiceFailure", "the request processing failed"),
            || xml_error(503, "Throttling", "later"),
            || Answer::Status(400, "a proxy's page".to_owned()),
            || Answer::Status(200, format!("<CreateAccessKeyResponse><Secret>{HALF}</Secret>")),
        ];
        for answer in unknown {
            let (outcome, sent) = create_over(answer).await;
            let error = outcome.unwrap_err();
            assert!(matches!(error, CreateFailed::Unanswered(_)), "{error:?}");
            assert_eq!(sent, 1, "{error:?}");
            assert!(!format!("{error} {error:?}").contains(HALF), "{error:?}");
        }
    }

    #[tokio::test]
    async fn create_access_key_is_refused_only_by_an_error_of_the_clients() {
        let refusals: [(fn() -> Answer, ErrorKind); 4] = [
            (|| xml_error(409, "LimitExceeded", "Cannot exceed quota"), ErrorKind::Conflict),
            (|| xml_error(400, "Throttling", "Rate exceeded"), ErrorKind::Throttled),
            (|| xml_error(403, "AccessDenied", "not authorized"), ErrorKind::Denied),
            (|| xml_error(404, "NoSuchEntity", "no such user"), ErrorKind::NotFound),
        ];
        for (answer, kind) in refusals {
            let (outcome, sent) = create_over(answer).await;
            match outcome.unwrap_err() {
                CreateFailed::Refused(error) => assert_eq!(error.kind, kind, "{error}"),
                CreateFailed::Unanswered(error) => panic!("{error}"),
            }
            assert_eq!(sent, 1);
        }
    }

    #[tokio::test]
    async fn a_pair_that_lacks_a_part_is_no_pair() {
        let (outcome, sent) = create_over(|| {
            xml(
                "CreateAccessKey",
                &format!(
                    "<AccessKey><UserName>alice</UserName><AccessKeyId>AKIA</AccessKeyId><Status>Active</Status>\
                     <SecretAccessKey>{HALF}</SecretAccessKey></AccessKey>"
                ),
            )
        })
        .await;
        let error = outcome.unwrap_err();
        assert!(matches!(error, CreateFailed::Unanswered(_)), "{error:?}");
        assert!(!format!("{error} {error:?}").contains(HALF), "{error:?}");
        assert_eq!(sent, 1);
    }

    #[tokio::test]
    async fn calls_that_may_be_repeated_are_repeated() {
        let wire = Wire::new(|number, _| match number {
            0 => Answer::Lost,
            1 => Answer::Silence,
            2 => xml_error(500, "ServiceFailure", "the request processing failed"),
            _ => xml("ListAccessKeys", "<AccessKeyMetadata/><IsTruncated>false</IsTruncated>"),
        });
        assert_eq!(AwsIam::new(&wire.config()).access_keys(&user()).await, Ok(Vec::new()));
        assert_eq!(wire.sent().len(), 4);
    }

    async fn last_used_over(answer: fn() -> Answer) -> LastUsed {
        let wire = Wire::new(move |_, _| answer());
        AwsIam::new(&wire.config()).last_used(&"AKIAIOSFODNN7EXAMPLE".parse().unwrap()).await
    }

    #[tokio::test]
    async fn a_failed_look_up_of_the_last_use_is_not_never() {
        let failures: [fn() -> Answer; 3] = [
            || Answer::Lost,
            || xml_error(403, "AccessDenied", "not authorized"),
            || xml("GetAccessKeyLastUsed", "<UserName>alice</UserName>"),
        ];
        for answer in failures {
            let found = last_used_over(answer).await;
            assert!(matches!(found, LastUsed::Unknown { .. }), "{found:?}");
        }
        let last_used = "<AccessKeyLastUsed><Region>N/A</Region><ServiceName>N/A</ServiceName></AccessKeyLastUsed>";
        let wire = Wire::new(move |_, _| xml("GetAccessKeyLastUsed", last_used));
        let found = AwsIam::new(&wire.config()).last_used(&"AKIAIOSFODNN7EXAMPLE".parse().unwrap()).await;
        assert_eq!(found, LastUsed::Never);
    }
}
