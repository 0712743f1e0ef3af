//! What the agent remembers of a profile: when it acknowledged which key, and the key before until the new one has worked.

use std::path::PathBuf;

use jiff::Timestamp;
use keywheel_core::id::{AccessKeyId, HostName};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::disk::{Disk, replace_own};
use crate::failure::Failure;
use crate::pair::Pair;
use crate::paths::Place;

const SCHEMA: u32 = 1;

/// What is remembered. It is there for its user alone; it holds a secret half only while a key is being changed.
#[derive(Default)]
pub(crate) struct State {
    /// The key that the file held before the last change.
    pub(crate) before: Option<Before>,
    /// The last acknowledgement.
    pub(crate) acknowledged: Option<Acknowledged>,
    /// When the store was asked last.
    pub(crate) looked: Option<Timestamp>,
}

/// A key that was replaced.
#[derive(Clone)]
pub(crate) struct Before {
    /// The key.
    pub(crate) pair: Pair,
    /// The key that took its place. Only that one gives way to it again: any other was put in by a person.
    pub(crate) replaced_by: AccessKeyId,
}

/// An acknowledgement that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Acknowledged {
    /// The key.
    pub(crate) access_key_id: AccessKeyId,
    /// When.
    pub(crate) at: Timestamp,
    /// Where.
    pub(crate) bucket: String,
    /// By which name.
    pub(crate) host: HostName,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    schema_version: u32,
    /// For people who look into the folder.
    file: PathBuf,
    profile: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<StoredBefore>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acknowledged: Option<Acknowledged>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    looked: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct StoredBefore {
    access_key_id: String,
    secret_access_key: String,
    replaced_by: AccessKeyId,
}

/// The file in which a profile is remembered.
pub(crate) fn file_of(place: &Place) -> PathBuf {
    let name = place.file.file_name().unwrap_or_default().to_string_lossy();
    let hash: [u8; 32] = Sha256::digest(format!("{name}\n{}", place.profile)).into();
    let hash = u64::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
    place.state_folder().join(format!("{hash:016x}.json"))
}

impl State {
    /// What is remembered. What cannot be read is forgotten: all of it can be found out again.
    pub(crate) fn load(disk: &impl Disk, place: &Place) -> Self {
        let stored = disk.read(&file_of(place)).ok().and_then(|bytes| serde_json::from_slice::<Stored>(&bytes).ok());
        let Some(stored) = stored.filter(|stored| stored.schema_version == SCHEMA) else { return Self::default() };
        let before = stored.before.and_then(|before| {
            let secret = SecretString::from(before.secret_access_key);
            let pair = Pair::of(&before.access_key_id, secret.expose_secret())?;
            Some(Before { pair, replaced_by: before.replaced_by })
        });
        Self { before, acknowledged: stored.acknowledged, looked: stored.looked }
    }

    /// Remembers it.
    pub(crate) fn save(&self, disk: &impl Disk, place: &Place) -> Result<(), Failure> {
        let file = file_of(place);
        let stored = Stored {
            schema_version: SCHEMA,
            file: place.file.clone(),
            profile: place.profile.clone(),
            before: self.before.as_ref().map(|Before { pair, replaced_by }| StoredBefore {
                access_key_id: pair.id.to_string(),
                secret_access_key: pair.secret.expose_secret().to_owned(),
                replaced_by: replaced_by.clone(),
            }),
            acknowledged: self.acknowledged.clone(),
            looked: self.looked,
        };
        let bytes = serde_json::to_vec_pretty(&stored).map_err(std::io::Error::from);
        bytes.and_then(|bytes| replace_own(disk, &file, &bytes)).map_err(Failure::not_written(&file))
    }
}
