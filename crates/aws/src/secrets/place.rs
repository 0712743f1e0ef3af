use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use keywheel_core::observed::SecretState;
use keywheel_engine::deployment::{SecretOptions, SecretStore};
use keywheel_engine::ports::{ErrorKind, PortError};

use super::labels::{self, Described};
use super::replicas::Replicas;

/// The stores, the configured one first, and where each secret was found.
#[derive(Clone, Debug)]
pub(super) struct Places {
    configured: Place,
    before: Option<Place>,
    found: Arc<Mutex<BTreeMap<String, Found>>>,
    replicas: Replicas,
}

#[derive(Clone, Debug)]
struct Place {
    client: Client,
    is_central: bool,
}

#[derive(Clone, Debug)]
struct Found {
    left_behind: bool,
    arn: Option<String>,
    /// The Regions with a replica.
    regions: Vec<String>,
}

impl Places {
    pub(super) fn new(member: &SdkConfig, hub: &SdkConfig, options: &SecretOptions) -> Self {
        let own = || Place { client: Client::new(member), is_central: false };
        let central = || Place { client: Client::new(hub), is_central: true };
        let (configured, before) = match options.store {
            SecretStore::Member => (own(), None),
            SecretStore::Central => (central(), Some(own())),
            SecretStore::MemberAfterCentral => (own(), Some(central())),
        };
        Self { configured, before, found: Arc::default(), replicas: Replicas::new(options) }
    }

    pub(super) fn know_central(&self) -> bool {
        self.configured.is_central || self.before.is_some()
    }

    pub(super) fn know_former(&self) -> bool {
        self.before.is_some()
    }

    /// The store in which new secrets are made.
    pub(super) fn configured(&self) -> &Client {
        &self.configured.client
    }

    /// The secret, wherever it is.
    pub(super) async fn describe(&self, name: &str) -> Result<Option<SecretState>, PortError> {
        if let Some(described) = labels::describe(&self.configured.client, name).await? {
            return Ok(Some(self.note(name, described, false)));
        }
        let Some(before) = &self.before else { return Ok(None) };
        let described = labels::describe(&before.client, name).await?;
        Ok(described.map(|described| self.note(name, described, true)))
    }

    /// The store in which the secret is; the configured one where it is nowhere.
    pub(super) async fn of(&self, name: &str) -> Result<&Client, PortError> {
        let Some(before) = &self.before else { return Ok(&self.configured.client) };
        if self.found().get(name).is_none() {
            self.describe(name).await?;
        }
        let left_behind = self.found().get(name).is_some_and(|found| found.left_behind);
        Ok(if left_behind { &before.client } else { &self.configured.client })
    }

    /// The store in which the secret is, and the Regions in which it has replicas.
    pub(super) async fn with_replicas(&self, name: &str) -> Result<(&Client, Vec<String>), PortError> {
        if self.found().get(name).is_none() {
            self.describe(name).await?;
        }
        let regions = self.found().get(name).map(|found| found.regions.clone()).unwrap_or_default();
        Ok((self.of(name).await?, regions))
    }

    /// The store from which the deployment moved, and the secret there.
    pub(super) async fn former(&self, name: &str) -> Result<(&Client, Option<Described>), PortError> {
        let Some(before) = &self.before else {
            let message = format!(
                "whether secret {name} is still in the store from which the deployment moved cannot be told; hint: set SECRET_STORE_BEFORE=central"
            );
            return Err(PortError { operation: "secretsmanager:DescribeSecret", kind: ErrorKind::Denied, message });
        };
        Ok((&before.client, labels::describe(&before.client, name).await?))
    }

    /// The ARN of a secret that is in the central store.
    pub(super) async fn central_arn(&self, name: &str) -> Result<Option<String>, PortError> {
        if !self.know_central() {
            return Ok(None);
        }
        if self.found().get(name).is_none() {
            self.describe(name).await?;
        }
        let found = self.found().get(name).cloned();
        let is_central = |left_behind| self.configured.is_central != left_behind;
        Ok(found.filter(|found| is_central(found.left_behind)).and_then(|found| found.arn))
    }

    pub(super) fn have_replicas(&self) -> bool {
        !self.replicas.are_none()
    }

    /// Replicates the secret to the Regions that are behind. What was left in the store before stays where it is.
    pub(super) async fn replicate(&self, name: &str) -> Result<(), PortError> {
        match self.describe(name).await? {
            Some(state) if !state.left_behind => {
                self.replicas.make(&self.configured.client, name, &state.regions_behind).await
            }
            _ => Ok(()),
        }
    }

    /// What was known of the secret no longer holds: one was made.
    pub(super) fn forget(&self, name: &str) {
        self.found().remove(name);
    }

    fn note(&self, name: &str, described: Described, left_behind: bool) -> SecretState {
        let regions = described.regions();
        let Described { state, arn, replicas } = described;
        self.found().insert(name.to_owned(), Found { left_behind, arn, regions });
        SecretState { left_behind, regions_behind: self.replicas.behind(&replicas), ..state }
    }

    fn found(&self) -> MutexGuard<'_, BTreeMap<String, Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use keywheel_core::secret::VersionId;
    use keywheel_engine::ports::{NewSecret, Secrets};

    use super::*;
    use crate::AwsSecrets;
    use crate::wire::{Wire, json, json_error};

    const NAME: &str = "Account_111122223333_User_alice_AccessKey";
    const ARN: &str =
        "arn:aws:secretsmanager:eu-central-1:999988887777:secret:Account_111122223333_User_alice_AccessKey-AbCdEf";

    fn with() -> Wire {
        Wire::new(|_, sent| match sent.header("x-amz-target").unwrap_or_default() {
            "secretsmanager.DescribeSecret" => json(200, &format!(r#"{{"ARN":"{ARN}","Name":"{NAME}"}}"#)),
            "secretsmanager.ListSecretVersionIds" => json(200, r#"{"Versions":[]}"#),
            _ => json(200, "{}"),
        })
    }

    /// Has no secret until one is made.
    fn without() -> Wire {
        let is_made = std::sync::atomic::AtomicBool::new(false);
        Wire::new(move |_, sent| {
            let target = sent.header("x-amz-target").unwrap_or_default();
            if target == "secretsmanager.CreateSecret" {
                is_made.store(true, std::sync::atomic::Ordering::SeqCst);
            } else if !is_made.load(std::sync::atomic::Ordering::SeqCst) {
                return json_error(400, "ResourceNotFoundException", "can't find the secret");
            }
            match target {
                "secretsmanager.DescribeSecret" => json(200, &format!(r#"{{"ARN":"{ARN}","Name":"{NAME}"}}"#)),
                "secretsmanager.ListSecretVersionIds" => json(200, r#"{"Versions":[]}"#),
                _ => json(200, "{}"),
            }
        })
    }

    fn kept(store: SecretStore) -> SecretOptions {
        SecretOptions { store, ..SecretOptions::default() }
    }

    fn called(wire: &Wire) -> Vec<String> {
        let target = |target: &str| target.trim_start_matches("secretsmanager.").to_owned();
        wire.sent().iter().map(|sent| target(sent.header("x-amz-target").unwrap_or_default())).collect()
    }

    #[tokio::test]
    async fn a_secret_that_stayed_in_the_account_is_changed_there_and_a_new_one_is_made_in_the_hub() {
        let (hub, member) = (without(), with());
        let secrets = AwsSecrets::new(&member.config(), &hub.config(), kept(SecretStore::Central));
        assert!(secrets.knows_central() && secrets.describe(NAME).await.unwrap().unwrap().left_behind);
        assert_eq!(secrets.central_arn(NAME).await.unwrap(), None);
        secrets.put_policy(NAME, "{}").await.unwrap();
        assert_eq!(called(&member).last().unwrap(), "PutResourcePolicy");
        let (version, value) = (VersionId("v".repeat(64)), crate::secrets::tests::value());
        let secret = NewSecret { name: NAME, description: "a key", version: &version, value: &value };
        secrets.create(secret).await.unwrap();
        secrets.put_policy(NAME, "{}").await.unwrap();
        assert_eq!(called(&hub).last().unwrap(), "PutResourcePolicy");
        assert_eq!(secrets.central_arn(NAME).await.unwrap().as_deref(), Some(ARN));
        assert_eq!(called(&member), ["DescribeSecret", "ListSecretVersionIds", "PutResourcePolicy"]);
    }

    #[tokio::test]
    async fn a_secret_in_the_hub_is_looked_for_nowhere_else() {
        let (hub, member) = (with(), with());
        let secrets = AwsSecrets::new(&member.config(), &hub.config(), kept(SecretStore::Central));
        assert!(!secrets.describe(NAME).await.unwrap().unwrap().left_behind);
        secrets.put_policy(NAME, "{}").await.unwrap();
        assert_eq!(called(&member), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_look_into_the_hub_that_fails_is_no_absence() {
        let hub = Wire::new(|_, _| json_error(400, "AccessDeniedException", "not authorized"));
        for store in [SecretStore::Central, SecretStore::MemberAfterCentral] {
            let own = if store == SecretStore::Central { with() } else { without() };
            let secrets = AwsSecrets::new(&own.config(), &hub.config(), kept(store));
            assert!(secrets.describe(NAME).await.is_err());
            assert!(secrets.put_policy(NAME, "{}").await.is_err());
            assert!(!called(&own).contains(&"PutResourcePolicy".to_owned()));
        }
    }

    #[tokio::test]
    async fn in_the_users_own_account_nothing_is_asked_for_an_arn() {
        let (hub, member) = (with(), with());
        let secrets = AwsSecrets::new(&member.config(), &hub.config(), kept(SecretStore::Member));
        assert_eq!(secrets.central_arn(NAME).await.unwrap(), None);
        secrets.put_policy(NAME, "{}").await.unwrap();
        assert!(!secrets.knows_central());
        assert_eq!((called(&member), called(&hub)), (vec!["PutResourcePolicy".to_owned()], Vec::new()));
    }
}
