//! Sessions: in whose name and in which account the calls are made.

mod answer_date;
mod failure;
mod identity;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::config::IdentityCache;
use aws_sdk_sts::types::Credentials as StsCredentials;
use jiff::Timestamp;
use keywheel_core::id::{AccountId, Partition, RunId};
use keywheel_engine::deployment::{ExternalId, MemberRole};

use crate::error::{bad_answer, port_error};
use crate::quiet::Quietly;
use answer_date::AnswerDate;
pub use failure::SessionFailed;
use identity::{Caller, account_of_role, partition_of_region, writers};

const ASSUME_ROLE: &str = "sts:AssumeRole";
const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";
/// The longest session that role chaining allows (AssumeRole API, `DurationSeconds`); Lambda functions end sooner.
const SESSION_SECONDS: i32 = 3600;

/// In whose name calls are made, and in which account.
#[derive(Clone, Debug)]
pub struct Session {
    /// The configuration for this session's clients. It shares the connections of the one it came from.
    pub config: SdkConfig,
    /// The account.
    pub account: AccountId,
    /// The account's partition.
    pub partition: Partition,
    /// ARN patterns of whoever this session acts as, for resource policies: the role's, never the session's.
    pub writers: Vec<String>,
    /// What AWS's clock said when it answered; none when the answer had no readable `Date`.
    pub answered_at: Option<Timestamp>,
}

/// The role session name that names the run: `keywheel-<run id>`, at most 64 characters (AssumeRole API, `RoleSessionName`).
#[must_use]
pub fn session_name(run: &RunId) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) { c } else { '-' };
    "keywheel-".chars().chain(run.as_str().chars()).map(allowed).take(64).collect()
}

impl Session {
    /// Assumes the member role of an account, in the partition of the configured region. One call to STS.
    pub async fn of_member(
        config: &SdkConfig,
        account: &AccountId,
        role: &MemberRole,
        run: &RunId,
    ) -> Result<Self, SessionFailed> {
        let arn = role.arn(partition_of_region(config.region().map_or("", AsRef::as_ref)), account);
        Self::of_role(config, &arn, role.external_id.as_ref().map(ExternalId::as_str), &session_name(run)).await
    }

    /// Assumes a role by its ARN. One call to STS, in the configured region.
    pub async fn of_role(
        config: &SdkConfig,
        role_arn: &str,
        external_id: Option<&str>,
        session_name: &str,
    ) -> Result<Self, SessionFailed> {
        let (partition, account) =
            account_of_role(role_arn).ok_or_else(|| SessionFailed::NotARole { role_arn: role_arn.to_owned() })?;
        let date = AnswerDate::default();
        let answer = aws_sdk_sts::Client::new(config)
            .assume_role()
            .role_arn(role_arn)
            .set_external_id(external_id.map(str::to_owned))
            .role_session_name(session_name)
            .duration_seconds(SESSION_SECONDS)
            .customize()
            .interceptor(date.clone())
            .send()
            .quietly()
            .await
            .map_err(|error| SessionFailed::of_role(role_arn, &account, port_error(ASSUME_ROLE, &error)))?;
        let unusable =
            || SessionFailed::of_role(role_arn, &account, bad_answer(ASSUME_ROLE, "it holds no credentials"));
        let config = with_credentials(config, credentials(answer.credentials.ok_or_else(unusable)?));
        Ok(Self { config, account, partition, writers: vec![role_arn.to_owned()], answered_at: date.get() })
    }

    /// The own credentials, in their own account. One call to STS, in the configured region.
    pub async fn own(config: &SdkConfig) -> Result<Self, SessionFailed> {
        let date = AnswerDate::default();
        let answer = aws_sdk_sts::Client::new(config)
            .get_caller_identity()
            .customize()
            .interceptor(date.clone())
            .send()
            .await
            .map_err(|error| SessionFailed::Own(port_error(GET_CALLER_IDENTITY, &error)))?;
        let arn = answer.arn.unwrap_or_default();
        let caller = Caller::of(&arn).ok_or_else(|| {
            SessionFailed::Own(bad_answer(GET_CALLER_IDENTITY, format_args!("{arn:?} is not an identity's ARN")))
        })?;
        let writers = writers(&caller);
        let Caller { partition, account, .. } = caller;
        Ok(Self { config: config.clone(), account, partition, writers, answered_at: date.get() })
    }
}

fn credentials(given: StsCredentials) -> Credentials {
    let expires = given.expiration.try_into().ok();
    Credentials::new(given.access_key_id, given.secret_access_key, Some(given.session_token), expires, "keywheel")
}

/// The configuration with other credentials; they are fixed, so nothing is gained by caching them.
pub(crate) fn with_credentials(config: &SdkConfig, credentials: Credentials) -> SdkConfig {
    config
        .to_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .identity_cache(IdentityCache::no_cache())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Answer, Wire, xml_error};

    const ASSUMED: &str = "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>\
        <SecretAccessKey>half</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2026-11-20T03:00:00Z</Expiration>\
        </Credentials></AssumeRoleResult></AssumeRoleResponse>";

    fn role() -> MemberRole {
        MemberRole { name: "keywheel-member".to_owned(), external_id: Some(ExternalId::new("ours".to_owned())) }
    }

    async fn assume_over(wire: &Wire) -> Result<Session, SessionFailed> {
        Session::of_member(&wire.config(), &"111122223333".parse().unwrap(), &role(), &"run-1".parse().unwrap()).await
    }

    #[tokio::test]
    async fn a_member_session_costs_one_call_and_brings_the_answers_date() {
        let wire = Wire::new(|_, _| {
            Answer::WithHeaders(200, vec![("date", "Fri, 20 Nov 2026 02:00:07 GMT")], ASSUMED.to_owned())
        });
        let session = assume_over(&wire).await.unwrap();
        assert_eq!(session.answered_at, Some("2026-11-20T02:00:07Z".parse().unwrap()));
        assert_eq!(session.writers, ["arn:aws:iam::111122223333:role/keywheel-member"]);
        let [sent] = wire.sent().try_into().unwrap();
        for part in ["ExternalId=ours", "RoleSessionName=keywheel-run-1", "DurationSeconds=3600"] {
            assert!(sent.body.contains(part), "{}", sent.body);
        }
        assert!(sent.header("authorization").unwrap().contains("/eu-central-1/sts/"), "{sent:?}");
    }

    #[tokio::test]
    async fn no_debug_output_shows_a_sessions_credentials() {
        let wire = Wire::new(|_, _| {
            Answer::Status(200, ASSUMED.replace(">half<", ">SECRETHALF<").replace(">token<", ">TOKEN<"))
        });
        let session = assume_over(&wire).await.unwrap();
        let prover = crate::AwsProver::new(&session.config);
        let (iam, state) = (crate::AwsIam::new(&session.config), crate::S3State::new(&session.config, "b", ""));
        let text = format!("{session:#?} {session:?} {prover:?} {iam:?} {state:?}");
        assert!(!text.contains("SECRETHALF") && !text.contains("TOKEN"), "{text}");
        let given = session.config.credentials_provider().unwrap();
        let given = aws_credential_types::provider::ProvideCredentials::provide_credentials(&given).await.unwrap();
        assert_eq!((given.secret_access_key(), given.session_token()), ("SECRETHALF", Some("TOKEN")));
    }

    #[tokio::test]
    async fn a_role_that_refuses_is_named_with_its_account_and_the_way_out() {
        let wire = Wire::new(|_, _| xml_error(403, "AccessDenied", "not authorized to perform: sts:AssumeRole"));
        let error = assume_over(&wire).await.unwrap_err();
        assert!(matches!(error, SessionFailed::Denied { .. }) && !error.is_transient(), "{error:?}");
        let text = error.to_string();
        for part in ["account 111122223333", "arn:aws:iam::111122223333:role/keywheel-member", "EXCLUDE_ACCOUNTS"] {
            assert!(text.contains(part), "{text}");
        }
        let wire = Wire::new(|_, _| xml_error(400, "Throttling", "Rate exceeded"));
        assert!(assume_over(&wire).await.unwrap_err().is_transient());
    }

    #[test]
    fn session_names_are_what_sts_accepts() {
        assert_eq!(session_name(&"2026-11-20.a_b".parse().unwrap()), "keywheel-2026-11-20.a_b");
        assert_eq!(session_name(&"x".repeat(64).parse().unwrap()).len(), 64);
    }
}
