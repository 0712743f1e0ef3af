use std::collections::BTreeMap;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{ReplicaRegionType, ReplicationStatusType, StatusType};
use keywheel_engine::deployment::SecretOptions;
use keywheel_engine::ports::{ErrorKind, PortError};

use crate::error::port_error;

const REPLICATE: &str = "secretsmanager:ReplicateSecretToRegions";
const REMOVE: &str = "secretsmanager:RemoveRegionsFromReplication";

/// The further Regions of secrets.
#[derive(Clone, Debug)]
pub(super) struct Replicas {
    regions: Vec<String>,
    kms_key_id: Option<String>,
}

impl Replicas {
    pub(super) fn new(options: &SecretOptions) -> Self {
        Self { regions: options.replica_regions.clone(), kms_key_id: options.kms_key_id.clone() }
    }

    /// Whether there are none.
    pub(super) fn are_none(&self) -> bool {
        self.regions.is_empty()
    }

    /// The Regions without a sound replica, by what DescribeSecret says of them. One that is being made is on its way.
    pub(super) fn behind(&self, told: &[ReplicationStatusType]) -> BTreeMap<String, String> {
        let standing = |region: &String| {
            let told = told.iter().find(|one| one.region.as_ref() == Some(region));
            match told.map(|one| (&one.status, &one.status_message)) {
                None => Some("there is no replica".to_owned()),
                Some((Some(StatusType::InSync | StatusType::InProgress), _)) => None,
                Some((_, why)) => Some(why.clone().unwrap_or_else(|| "the replica failed".to_owned())),
            }
        };
        self.regions.iter().filter_map(|region| Some((region.clone(), standing(region)?))).collect()
    }

    /// One Region after the other: AWS refuses the whole list for one of them. What is of that name there already is not written over.
    pub(super) async fn make(
        &self,
        client: &Client,
        name: &str,
        behind: &BTreeMap<String, String>,
    ) -> Result<(), PortError> {
        let mut failed = Vec::new();
        for region in behind.keys() {
            if let Err(error) = self.make_one(client, name, region).await {
                failed.push((region, error));
            }
        }
        let Some((_, first)) = failed.first() else { return Ok(()) };
        let kind = first.kind;
        let texts: Vec<_> =
            failed.iter().map(|(region, error)| format!("Region {region}: {}", error.message)).collect();
        Err(PortError { operation: REPLICATE, kind, message: texts.join("; ") })
    }

    async fn make_one(&self, client: &Client, name: &str, region: &str) -> Result<(), PortError> {
        let replica = ReplicaRegionType::builder().region(region).set_kms_key_id(self.kms_key_id.clone()).build();
        let request = client.replicate_secret_to_regions().secret_id(name).add_replica_regions(replica);
        let answer = request.send().await.map_err(|error| port_error(REPLICATE, &error))?;
        let told = answer.replication_status.unwrap_or_default();
        let told = told.iter().find(|one| one.region.as_deref() == Some(region));
        match told.filter(|one| one.status == Some(StatusType::Failed)) {
            None => Ok(()),
            Some(failed) => {
                let message = failed.status_message.clone().unwrap_or_else(|| "the replica failed".to_owned());
                Err(PortError { operation: REPLICATE, kind: ErrorKind::Invalid, message })
            }
        }
    }
}

/// Takes the replicas of a secret away, in whatever Regions they are: AWS schedules no secret for deletion that has any. The secret itself keeps
/// all that they held.
pub(super) async fn remove(client: &Client, name: &str, regions: Vec<String>) -> Result<(), PortError> {
    if regions.is_empty() {
        return Ok(());
    }
    let request = client.remove_regions_from_replication().secret_id(name).set_remove_replica_regions(Some(regions));
    request.send().await.map(drop).map_err(|error| port_error(REMOVE, &error))
}

#[cfg(test)]
mod tests {
    use keywheel_engine::deployment::SecretOptions;
    use keywheel_engine::ports::Secrets;

    use crate::AwsSecrets;
    use crate::wire::{Wire, json, json_error};

    const NAME: &str = "Account_111122223333_User_alice_AccessKey";
    const DESCRIBED: &str = r#"{"Name":"x","ReplicationStatus":[{"Region":"eu-west-1","Status":"InSync"},
        {"Region":"eu-west-2","Status":"Failed","StatusMessage":"a secret of that name is there"},{"Region":"eu-west-3","Status":"InProgress"}]}"#;

    fn secrets(wire: &Wire, regions: &[&str]) -> AwsSecrets {
        let replica_regions = regions.iter().map(|region| (*region).to_owned()).collect();
        let kms_key_id = Some("alias/ours".to_owned());
        let options = SecretOptions { kms_key_id, replica_regions, ..SecretOptions::default() };
        AwsSecrets::new(&wire.config(), &wire.config(), options)
    }

    fn wire() -> Wire {
        Wire::new(|_, sent| match sent.header("x-amz-target").unwrap_or_default() {
            "secretsmanager.DescribeSecret" => json(200, DESCRIBED),
            "secretsmanager.ListSecretVersionIds" => json(200, r#"{"Versions":[]}"#),
            _ if sent.body.contains("us-west-1") => json_error(400, "InvalidParameterException", "not enabled"),
            _ if sent.body.contains("us-west-2") => json(
                200,
                r#"{"ReplicationStatus":[{"Region":"us-west-2","Status":"Failed","StatusMessage":"no key"}]}"#,
            ),
            _ => json(200, "{}"),
        })
    }

    #[tokio::test]
    async fn a_region_is_behind_unless_its_replica_is_sound_or_on_its_way() {
        let regions = ["eu-west-1", "eu-west-2", "eu-west-3", "eu-west-4"];
        let state = secrets(&wire(), &regions).describe(NAME).await.unwrap().unwrap();
        let behind: Vec<_> = state.regions_behind.into_iter().collect();
        let expected = [("eu-west-2", "a secret of that name is there"), ("eu-west-4", "there is no replica")];
        assert_eq!(behind, expected.map(|(region, why)| (region.to_owned(), why.to_owned())));
    }

    #[tokio::test]
    async fn every_region_is_tried_and_those_that_fail_are_named() {
        let wire = wire();
        let error = secrets(&wire, &["us-west-1", "us-west-2", "us-west-4"]).replicate(NAME).await.unwrap_err();
        let text = error.to_string();
        for part in ["Region us-west-1", "not enabled", "Region us-west-2: no key"] {
            assert!(text.contains(part), "{text}");
        }
        let asked: Vec<serde_json::Value> = wire
            .sent()
            .iter()
            .filter(|sent| sent.header("x-amz-target") == Some("secretsmanager.ReplicateSecretToRegions"))
            .map(|sent| serde_json::from_str(&sent.body).unwrap())
            .collect();
        assert_eq!(asked.len(), 3);
        assert_eq!(
            asked[2]["AddReplicaRegions"],
            serde_json::json!([{ "Region": "us-west-4", "KmsKeyId": "alias/ours" }])
        );
        assert!(asked.iter().all(|one| one.get("ForceOverwriteReplicaSecret").is_none()), "{asked:?}");
    }

    fn bodies_of(wire: &Wire, operation: &str) -> Vec<serde_json::Value> {
        let target = format!("secretsmanager.{operation}");
        let sent = wire.sent();
        let sent = sent.iter().filter(|sent| sent.header("x-amz-target") == Some(target.as_str()));
        sent.map(|sent| serde_json::from_str(&sent.body).unwrap()).collect()
    }

    #[tokio::test]
    async fn whatever_replicas_there_are_are_taken_away_before_a_secret_is_scheduled() {
        let wire = wire();
        secrets(&wire, &[]).schedule_deletion(NAME).await.unwrap();
        let all = serde_json::json!(["eu-west-1", "eu-west-2", "eu-west-3"]);
        let [removed] = bodies_of(&wire, "RemoveRegionsFromReplication").try_into().unwrap();
        assert_eq!((&removed["SecretId"], &removed["RemoveReplicaRegions"]), (&NAME.into(), &all));
        let [deleted] = bodies_of(&wire, "DeleteSecret").try_into().unwrap();
        assert_eq!(deleted, serde_json::json!({ "SecretId": NAME, "RecoveryWindowInDays": 30 }));
        assert_eq!(wire.sent().last().unwrap().header("x-amz-target"), Some("secretsmanager.DeleteSecret"));
    }

    #[tokio::test]
    async fn a_replica_that_stays_keeps_its_secret() {
        let wire = Wire::new(|_, sent| match sent.header("x-amz-target").unwrap_or_default() {
            "secretsmanager.DescribeSecret" => json(200, DESCRIBED),
            "secretsmanager.ListSecretVersionIds" => json(200, r#"{"Versions":[]}"#),
            "secretsmanager.RemoveRegionsFromReplication" => json_error(400, "AccessDeniedException", "not authorized"),
            _ => json(200, "{}"),
        });
        let error = secrets(&wire, &[]).schedule_deletion(NAME).await.unwrap_err();
        assert!(error.to_string().contains("secretsmanager:RemoveRegionsFromReplication"), "{error}");
        assert!(bodies_of(&wire, "DeleteSecret").is_empty());
    }

    #[tokio::test]
    async fn without_regions_nothing_is_sent() {
        let wire = wire();
        let secrets = secrets(&wire, &[]);
        assert!(!secrets.has_replicas());
        secrets.replicate(NAME).await.unwrap();
        assert!(!wire.sent().iter().any(|sent| sent.body.contains("AddReplicaRegions")), "{:?}", wire.sent());
    }
}
