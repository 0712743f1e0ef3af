//! What Secrets Manager answers, on the wire, and what becomes of it.

use keywheel_core::id::{AccountId, UserName};
use keywheel_core::secret::{PreviousKey, SecretRecord};
use secrecy::SecretString;

use super::*;
use crate::wire::{Answer, Wire, json, json_error};

const NAME: &str = "Account_111122223333_User_alice_AccessKey";
const HALF: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";

pub(super) fn value() -> SecretValue {
    let pair = KeyPair {
        id: "AKIAIOSFODNN7EXAMPLE".parse().unwrap(),
        created: jiff::Timestamp::UNIX_EPOCH,
        secret: SecretString::from(HALF),
    };
    let (account, user): (AccountId, UserName) = ("111122223333".parse().unwrap(), "alice".parse().unwrap());
    SecretRecord::of_new_pair(&account, &user, &pair, None::<PreviousKey>).with_secret(&pair).unwrap()
}

async fn create_over(wire: &Wire, options: SecretOptions) -> Result<(), PortError> {
    let (version, value) = (VersionId("v".repeat(64)), value());
    let secret = NewSecret { name: NAME, description: "a key", version: &version, value: &value };
    AwsSecrets::new(&wire.config(), &wire.config(), options).create(secret).await
}

#[tokio::test]
async fn a_secret_is_made_in_one_region_with_the_key_that_is_named() {
    let wire = Wire::new(|_, _| json(200, "{}"));
    create_over(&wire, SecretOptions::default()).await.unwrap();
    let (kms_key_id, replica_regions) = (Some("alias/ours".to_owned()), vec!["eu-west-1".to_owned()]);
    let options = SecretOptions { kms_key_id, replica_regions, ..SecretOptions::default() };
    create_over(&wire, options).await.unwrap();
    let bodies: Vec<serde_json::Value> =
        wire.sent().iter().map(|sent| serde_json::from_str(&sent.body).unwrap()).collect();
    assert_eq!((bodies[0].get("AddReplicaRegions"), bodies[0].get("KmsKeyId")), (None, None));
    // A Region that refuses must not keep the secret from being made.
    assert_eq!(bodies[1].get("AddReplicaRegions"), None);
    assert_eq!(bodies[1]["KmsKeyId"], "alias/ours");
    assert_eq!(bodies[0]["ClientRequestToken"], "v".repeat(64));
}

#[tokio::test]
async fn a_refusal_names_the_key_that_must_be_there() {
    let wire = Wire::new(|_, _| json_error(400, "EncryptionFailure", "no such alias"));
    let options = |key: Option<&str>| SecretOptions { kms_key_id: key.map(str::to_owned), ..SecretOptions::default() };
    let error = create_over(&wire, options(Some("alias/ours"))).await.unwrap_err();
    assert!(error.message.contains("hint: the KMS key alias/ours must be in the account"), "{error}");
    assert!(!create_over(&wire, options(None)).await.unwrap_err().message.contains("hint"));
}

#[tokio::test]
async fn a_secret_that_is_said_to_exist_must_exist() {
    let wire = Wire::new(|number, _| match number {
        0 => json_error(400, "ResourceExistsException", "exists"),
        _ => json_error(400, "ResourceNotFoundException", "can't find it"),
    });
    let error = create_over(&wire, SecretOptions::default()).await.unwrap_err();
    assert_eq!((error.operation, error.kind), (CREATE, ErrorKind::Conflict));
}

#[tokio::test]
async fn a_refused_value_is_not_quoted() {
    for (status, code) in [(400, "ValidationException"), (500, "InternalServiceError"), (502, "BadGateway")] {
        let wire = Wire::new(move |_, sent| {
            json_error(status, code, &format!("Value '{}' at 'secretString' is too long", sent.body))
        });
        let secrets = AwsSecrets::new(&wire.config(), &wire.config(), SecretOptions::default());
        let error = secrets.put_pending(NAME, &VersionId("v".repeat(64)), &value()).await.unwrap_err();
        assert!(wire.sent()[0].body.contains(HALF));
        assert!(!format!("{error} {error:?}").contains(HALF), "{error}");
        assert!(error.message.contains(code), "{error}");
    }
}

#[tokio::test]
async fn a_move_whose_answer_was_lost_is_done() {
    const LABELS: &str = r#"{"Versions":[{"VersionId":"to","CreatedDate":1.5,"VersionStages":["AWSCURRENT"]},{"VersionId":"from","CreatedDate":1}]}"#;
    let wire = Wire::new(|number, sent| match sent.header("x-amz-target").unwrap_or_default() {
        "secretsmanager.UpdateSecretVersionStage" if number == 0 => Answer::Lost,
        "secretsmanager.UpdateSecretVersionStage" => json_error(400, "InvalidParameterException", "not attached"),
        "secretsmanager.ListSecretVersionIds" => json(200, LABELS),
        _ => json(200, "{}"),
    });
    let secrets = AwsSecrets::new(&wire.config(), &wire.config(), SecretOptions::default());
    let (to, from) = (VersionId("to".to_owned()), VersionId("from".to_owned()));
    assert_eq!(secrets.move_current(NAME, &to, Some(&from)).await, Ok(()));
    assert!(secrets.move_current(NAME, &from, Some(&to)).await.is_err());
    assert_eq!(secrets.remove_label(NAME, AWSPENDING, &to).await, Ok(()));
    assert!(secrets.remove_label(NAME, "AWSCURRENT", &to).await.is_err());
}
