//! Hosts of those who behave: each visit takes the pair that the secret hands out, signed with the key that the host holds, and uses it.

use std::collections::BTreeMap;

use aws_credential_types::Credentials;
use aws_sdk_s3::Client as StorageClient;
use aws_sdk_secretsmanager::Client as SecretsClient;
use aws_sdk_sts::Client as StsClient;
use jiff::Timestamp;
use keywheel_core::acknowledgement::{Acknowledgement, Place, SCHEMA};
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::secret::secret_name;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::judged::HOST;
use super::people::{STEADY, TWO_KEYS};
use crate::policies::ACK_BUCKET;
use crate::stage::Stage;

/// A pair that a host holds.
struct Held {
    id: AccessKeyId,
    half: SecretString,
}

/// What the hosts hold.
pub(super) struct Hosts<'a> {
    stage: &'a Stage,
    held: BTreeMap<(AccountId, UserName), Held>,
    /// Pairs that nobody ever replaces.
    kept: Vec<Held>,
}

impl<'a> Hosts<'a> {
    pub(super) fn new(stage: &'a Stage) -> Self {
        let (mut held, mut kept) = (BTreeMap::new(), Vec::new());
        for user in &stage.seeded.users {
            for pair in user.keys.values() {
                let pair = Held { id: pair.id.clone(), half: pair.secret.clone() };
                if user.name.as_str() == TWO_KEYS {
                    kept.push(pair);
                } else if STEADY.contains(&user.name.as_str()) {
                    held.insert((user.account.clone(), user.name.clone()), pair);
                }
            }
        }
        Self { stage, held, kept }
    }

    /// A day of every host: who could not work, and how many there are.
    pub(super) async fn work(&mut self) -> (Vec<String>, usize) {
        let mut broken = Vec::new();
        for ((account, user), held) in &mut self.held {
            if let Some(new) = fetched(self.stage, account, user, held).await {
                *held = new;
            }
            if !works(self.stage, held).await {
                broken.push(format!("{user} of {account} lost its working key: {} is refused", held.id));
            }
        }
        for held in &self.kept {
            if !works(self.stage, held).await {
                broken.push(format!("a key in use whose user has two was taken away: {}", held.id));
            }
        }
        (broken, self.held.len() + self.kept.len())
    }
}

impl Hosts<'_> {
    /// The hosts of one user in each account say which key they have.
    ///
    /// # Errors
    /// When the bucket does not take it.
    pub(super) async fn acknowledge(&self) -> anyhow::Result<Vec<(AccountId, UserName, AccessKeyId)>> {
        let mut said = Vec::new();
        for ((account, user), held) in self.held.iter().filter(|((_, user), _)| user.as_str() == STEADY[0]) {
            let place = Place { account: account.clone(), user: user.clone(), host: HOST.parse()? };
            let acknowledgement = Acknowledgement {
                schema_version: SCHEMA,
                account: account.clone(),
                user: user.clone(),
                host: place.host.clone(),
                access_key_id: held.id.clone(),
                time: Timestamp::now(),
                version: String::new(),
            };
            let put = StorageClient::new(&signed(self.stage, held)).put_object().bucket(ACK_BUCKET).key(place.key());
            put.body(serde_json::to_vec(&acknowledgement)?.into()).send().await?;
            said.push((account.clone(), user.clone(), held.id.clone()));
        }
        Ok(said)
    }
}

fn signed(stage: &Stage, held: &Held) -> aws_config::SdkConfig {
    stage.clients.with(Credentials::new(held.id.as_str(), held.half.expose_secret(), None, None, "host"))
}

/// The pair that the secret hands out; none where there is no secret yet, or only the record of an old key in it.
async fn fetched(stage: &Stage, account: &AccountId, user: &UserName, held: &Held) -> Option<Held> {
    let client = SecretsClient::new(&signed(stage, held));
    let read = client.get_secret_value().secret_id(secret_name(account, user)).send().await.ok()?;
    let value: Value = serde_json::from_str(read.secret_string()?).ok()?;
    let half = value["SecretAccessKey"].as_str()?.into();
    Some(Held { id: value["AccessKeyId"].as_str()?.parse().ok()?, half })
}

async fn works(stage: &Stage, held: &Held) -> bool {
    StsClient::new(&signed(stage, held)).get_caller_identity().send().await.is_ok()
}
