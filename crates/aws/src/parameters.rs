//! The store of one account's parameters.

mod list;

use aws_config::SdkConfig;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::types::{Parameter, ParameterType};
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::parameter::{ParameterContent, ParameterValue, parameter_name};
use keywheel_engine::deployment::ParameterOptions;
use keywheel_engine::ports::{ErrorKind, Parameters, PortError, StoredParameter, WantedParameter};
use secrecy::{ExposeSecret, SecretString};

use crate::error::{bad_answer, port_error, port_error_of_secret};
use crate::quiet::Quietly;
use crate::state::S3State;
use list::KeptList;

const GET: &str = "ssm:GetParameter";
const PUT: &str = "ssm:PutParameter";
const DELETE: &str = "ssm:DeleteParameter";
const DESCRIPTION: &str = "Access key of an IAM user, rotated by Keywheel.";

/// Parameter Store in one account and region, and the hub's list of who gets one. The list is kept once it was read: make one of these per run.
#[derive(Debug)]
pub struct AwsParameters {
    client: Client,
    options: Option<ParameterOptions>,
    list: KeptList,
}

impl AwsParameters {
    /// Parameter Store of the account whose credentials the configuration has, in its region; the list is beside the state. Without options,
    /// nobody gets a parameter.
    #[must_use]
    pub fn new(config: &SdkConfig, options: Option<ParameterOptions>, state: S3State) -> Self {
        Self { client: Client::new(config), options, list: KeptList::new(state) }
    }

    /// How many entries the list has: whether it can be read and used, for whoever checks a deployment.
    ///
    /// # Errors
    /// When there is no list, or it cannot be read or used.
    pub async fn entries(&self) -> Result<usize, PortError> {
        self.list.get().await.map(|list| list.parameters.len())
    }

    async fn put(&self, name: &str, value: &ParameterValue, overwrite: bool) -> Result<(), PortError> {
        let kms_key_id = self.options.as_ref().and_then(|options| options.kms_key_id.clone());
        let request = self.client.put_parameter().name(name).description(DESCRIPTION).value(value.expose());
        let request = request.r#type(ParameterType::SecureString).set_key_id(kms_key_id).overwrite(overwrite);
        let put = request.send().quietly().await;
        put.map(|_| ()).map_err(|error| port_error_of_secret(PUT, &error))
    }
}

impl Parameters for AwsParameters {
    async fn wanted(
        &self,
        account: &AccountId,
        user: &UserName,
        opted_in: bool,
    ) -> Result<Option<WantedParameter>, PortError> {
        let Some(options) = &self.options else { return Ok(None) };
        let entry = self.list.get().await?.find(account, user, opted_in);
        Ok(entry.map(|entry| WantedParameter {
            name: entry.name.clone().unwrap_or_else(|| parameter_name(&options.prefix, account, user)),
            layout: entry.layout,
            adopt: entry.adopt,
        }))
    }

    async fn find(&self, name: &str) -> Result<Option<StoredParameter>, PortError> {
        let answer = self.client.get_parameter().name(name).with_decryption(true).send().quietly().await;
        match answer.map_err(|error| port_error_of_secret(GET, &error)) {
            Ok(answer) => {
                let parameter = answer.parameter.ok_or_else(|| bad_answer(GET, "there is no parameter in it"))?;
                Ok(Some(stored(parameter)))
            }
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn create(&self, name: &str, value: &ParameterValue) -> Result<(), PortError> {
        self.put(name, value, false).await
    }

    async fn overwrite(&self, name: &str, value: &ParameterValue) -> Result<(), PortError> {
        self.put(name, value, true).await
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        let deleted = self.client.delete_parameter().name(name).send().await;
        match deleted.map_err(|error| port_error(DELETE, &error)) {
            Err(error) if error.kind != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn stored(parameter: Parameter) -> StoredParameter {
    let is_secure = parameter.r#type == Some(ParameterType::SecureString);
    let text = parameter.value.map(SecretString::from);
    StoredParameter { is_secure, content: text.and_then(|text| ParameterContent::parse(text.expose_secret())) }
}

#[cfg(test)]
mod tests {
    use keywheel_core::parameter::ParameterLayout;
    use keywheel_core::secret::KeyPair;
    use serde_json::Value;

    use super::*;
    use crate::wire::{Answer, Wire, json, json_error};

    const HALF: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";
    const LISTED: &str = r#"{"schema_version":1,"parameters":[{"users":["111122223333/alice@example.com"],"layout":"new-old"},
        {"users":["111122223333/backup"],"layout":"json","name":"param-test","adopt":true}]}"#;

    fn value() -> ParameterValue {
        let created = jiff::Timestamp::UNIX_EPOCH;
        let pair = KeyPair { id: "AKIAIOSFODNN7EXAMPLE".parse().unwrap(), created, secret: HALF.to_owned().into() };
        let (account, user) = ("111122223333".parse().unwrap(), "alice".parse().unwrap());
        ParameterValue::of(ParameterLayout::NewOld, &account, &user, &pair, None).unwrap()
    }

    fn of(wire: &Wire, kms_key_id: Option<&str>) -> AwsParameters {
        let state = S3State::new(&wire.config(), "state", "keywheel/");
        let options = ParameterOptions { prefix: "/keys/".to_owned(), kms_key_id: kms_key_id.map(str::to_owned) };
        AwsParameters::new(&wire.config(), Some(options), state)
    }

    async fn wanted(parameters: &AwsParameters, user: &str) -> Result<Option<WantedParameter>, PortError> {
        parameters.wanted(&"111122223333".parse().unwrap(), &user.parse().unwrap(), false).await
    }

    #[tokio::test]
    async fn the_list_is_read_once_and_not_at_all_where_parameters_are_off() {
        let wire = Wire::new(|_, _| Answer::WithHeaders(200, vec![("etag", "\"one\"")], LISTED.to_owned()));
        let parameters = of(&wire, None);
        let alice = wanted(&parameters, "alice@example.com").await.unwrap().unwrap();
        assert_eq!((alice.name.as_str(), alice.adopt), ("/keys/111122223333/alice_.aexample.com", false));
        let backup = wanted(&parameters, "backup").await.unwrap().unwrap();
        assert_eq!((backup.name.as_str(), backup.adopt, backup.layout), ("param-test", true, ParameterLayout::Json));
        assert_eq!((wanted(&parameters, "bob").await, wire.sent().len()), (Ok(None), 1));
        let off = AwsParameters { options: None, ..of(&wire, None) };
        assert_eq!((wanted(&off, "backup").await, wire.sent().len()), (Ok(None), 1));
    }

    #[tokio::test]
    async fn a_list_that_is_missing_forbidden_or_broken_is_said_once_and_a_moments_fault_is_tried_again() {
        for (status, body, says) in [
            (404, "<Error><Code>NoSuchKey</Code></Error>", "no list of parameters keywheel/parameters.json"),
            (403, "<Error><Code>AccessDenied</Code></Error>", "AccessDenied"),
            (200, "[", "cannot be read"),
        ] {
            let wire = Wire::new(move |_, _| Answer::WithHeaders(status, vec![("etag", "\"one\"")], body.to_owned()));
            let parameters = of(&wire, None);
            let error = wanted(&parameters, "backup").await.unwrap_err();
            assert!(!error.is_transient() && error.to_string().contains(says), "{error}");
            assert_eq!((wanted(&parameters, "backup").await, wire.sent().len()), (Err(error), 1));
        }
        let slow = Wire::new(|_, _| Answer::Status(503, "<Error><Code>SlowDown</Code></Error>".to_owned()));
        let parameters = of(&slow, None);
        assert!(wanted(&parameters, "backup").await.unwrap_err().is_transient());
        let asked = slow.sent().len();
        assert!(wanted(&parameters, "backup").await.is_err() && slow.sent().len() > asked);
    }

    #[tokio::test]
    async fn a_parameter_is_made_encrypted_and_never_over_another() {
        let wire = Wire::new(|_, _| json(200, "{}"));
        of(&wire, None).create("/keys/a", &value()).await.unwrap();
        of(&wire, Some("alias/ours")).overwrite("/keys/a", &value()).await.unwrap();
        let bodies: Vec<Value> = wire.sent().iter().map(|sent| serde_json::from_str(&sent.body).unwrap()).collect();
        assert_eq!((&bodies[0]["Type"], &bodies[0]["Overwrite"]), (&"SecureString".into(), &false.into()));
        assert_eq!((bodies[0].get("KeyId"), &bodies[1]["KeyId"]), (None, &"alias/ours".into()));
        assert_eq!((&bodies[1]["Type"], &bodies[1]["Overwrite"]), (&"SecureString".into(), &true.into()));
        let exists = Wire::new(|_, _| json_error(400, "ParameterAlreadyExists", "exists"));
        assert_eq!(of(&exists, None).create("/keys/a", &value()).await.unwrap_err().kind, ErrorKind::Conflict);
    }

    #[tokio::test]
    async fn what_is_there_is_read_decrypted() {
        let body = |kind: &str| {
            let value = value();
            serde_json::json!({ "Parameter": { "Name": "a", "Type": kind, "Value": value.expose() } }).to_string()
        };
        let (secure, plain) = (body("SecureString"), body("String"));
        let wire = Wire::new(move |number, _| match number {
            0 => json(200, &secure),
            1 => json(200, &plain),
            2 => json(200, r#"{"Parameter":{"Name":"a","Type":"SecureString","Value":"else"}}"#),
            _ => json_error(400, "ParameterNotFound", ""),
        });
        let parameters = of(&wire, None);
        let found = parameters.find("a").await.unwrap().unwrap();
        assert!(
            found.is_secure && found.content.is_some_and(|content| content.new.id.as_str() == "AKIAIOSFODNN7EXAMPLE")
        );
        assert!(!parameters.find("a").await.unwrap().unwrap().is_secure);
        assert!(parameters.find("a").await.unwrap().unwrap().content.is_none());
        assert!(parameters.find("a").await.unwrap().is_none());
        assert!(wire.sent()[0].body.contains(r#""WithDecryption":true"#));
    }

    #[tokio::test]
    async fn one_that_is_gone_already_is_deleted_and_a_refusal_is_an_error() {
        let wire = Wire::new(|number, _| match number {
            0 => json(200, "{}"),
            _ => json_error(400, "ParameterNotFound", ""),
        });
        for nth in 0..2 {
            assert_eq!(of(&wire, None).delete("/keys/a").await, Ok(()));
            assert_eq!(wire.sent()[nth].header("x-amz-target"), Some("AmazonSSM.DeleteParameter"));
            assert_eq!(wire.sent()[nth].body, r#"{"Name":"/keys/a"}"#);
        }
        let denied = Wire::new(|_, _| json_error(400, "AccessDeniedException", "not authorized"));
        assert_eq!(of(&denied, None).delete("/keys/a").await.unwrap_err().kind, ErrorKind::Denied);
    }

    #[tokio::test]
    async fn a_refused_value_is_not_quoted() {
        for (status, code) in [(400, "ValidationException"), (500, "InternalServerError")] {
            let wire =
                Wire::new(move |_, sent| json_error(status, code, &format!("Value '{}' is too long", sent.body)));
            let error = of(&wire, None).create("/keys/a", &value()).await.unwrap_err();
            assert!(wire.sent()[0].body.contains(HALF));
            assert!(!format!("{error} {error:?}").contains(HALF) && error.message.contains(code), "{error}");
        }
    }
}
