//! The bucket of a deployment, and the JSON objects in it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use futures::{StreamExt, TryStreamExt, stream};
use keywheel_core::id::AccountId;
use serde::Serialize;
use serde_json::Value;

use crate::clients::{Clients, REGION};
use crate::policies::STATE_BUCKET;

/// The prefix of everything that Keywheel writes.
pub const STATE_PREFIX: &str = "keywheel/";

const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates");
const AT_A_TIME: usize = 16;

/// The bucket in which ledgers, manifests, results and notices live.
#[derive(Clone, Debug)]
pub struct StateBucket {
    client: Client,
}

impl StateBucket {
    /// The bucket of the deployment in this account.
    #[must_use]
    pub fn new(clients: &Clients, hub: &AccountId) -> Self {
        Self { client: Client::new(&clients.root_of(hub)) }
    }

    /// Makes the bucket and uploads the templates.
    ///
    /// # Errors
    /// When S3 refuses a call, or the templates cannot be read.
    pub async fn make(&self) -> anyhow::Result<()> {
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(REGION));
        self.client.create_bucket().bucket(STATE_BUCKET).create_bucket_configuration(place.build()).send().await?;
        self.copy_templates("templates/").await
    }

    /// Uploads the repository's templates under a prefix.
    ///
    /// # Errors
    /// When they cannot be read, or S3 refuses a call.
    pub async fn copy_templates(&self, prefix: &str) -> anyhow::Result<()> {
        self.upload(Path::new(TEMPLATES), prefix).await
    }

    /// Writes a template.
    ///
    /// # Errors
    /// When S3 refuses it.
    pub async fn put_template(&self, key: &str, text: &str) -> anyhow::Result<()> {
        let body = text.as_bytes().to_vec().into();
        self.client.put_object().bucket(STATE_BUCKET).key(key).body(body).send().await?;
        Ok(())
    }

    async fn upload(&self, folder: &Path, prefix: &str) -> anyhow::Result<()> {
        let mut folders = vec![(folder.to_owned(), prefix.to_owned())];
        while let Some((folder, prefix)) = folders.pop() {
            for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
                let (path, key) = {
                    let entry = entry?;
                    (entry.path(), format!("{prefix}{}", entry.file_name().to_string_lossy()))
                };
                if path.is_dir() {
                    folders.push((path, format!("{key}/")));
                } else {
                    let bytes = std::fs::read(&path)?;
                    self.client.put_object().bucket(STATE_BUCKET).key(key).body(bytes.into()).send().await?;
                }
            }
        }
        Ok(())
    }

    /// Writes an object; the key is what follows the prefix.
    ///
    /// # Errors
    /// When S3 refuses it.
    pub async fn put(&self, key: &str, value: &impl Serialize) -> anyhow::Result<()> {
        self.put_text(key, serde_json::to_vec(value)?).await
    }

    /// Writes an object as it is.
    ///
    /// # Errors
    /// When S3 refuses it.
    pub async fn put_text(&self, key: &str, text: Vec<u8>) -> anyhow::Result<()> {
        let key = format!("{STATE_PREFIX}{key}");
        self.client.put_object().bucket(STATE_BUCKET).key(key).body(text.into()).send().await?;
        Ok(())
    }

    /// Takes an object away.
    ///
    /// # Errors
    /// When S3 refuses it.
    pub async fn remove(&self, key: &str) -> anyhow::Result<()> {
        let key = format!("{STATE_PREFIX}{key}");
        self.client.delete_object().bucket(STATE_BUCKET).key(key).send().await?;
        Ok(())
    }

    /// Every object below a key's beginning: what follows the prefix, and the content.
    ///
    /// # Errors
    /// When S3 refuses a call.
    pub async fn texts(&self, beginning: &str) -> anyhow::Result<BTreeMap<String, String>> {
        let prefix = format!("{STATE_PREFIX}{beginning}");
        let list = self.client.list_objects_v2().bucket(STATE_BUCKET).prefix(prefix).into_paginator();
        let mut pages = list.send();
        let mut keys = Vec::new();
        while let Some(page) = pages.try_next().await? {
            keys.extend(page.contents().iter().filter_map(|object| object.key().map(str::to_owned)));
        }
        let texts = stream::iter(keys).map(|key| async move {
            let object = self.client.get_object().bucket(STATE_BUCKET).key(&key).send().await?;
            let bytes = object.body.collect().await?.into_bytes();
            let name = key.strip_prefix(STATE_PREFIX).unwrap_or(&key).to_owned();
            anyhow::Ok((name, String::from_utf8_lossy(&bytes).into_owned()))
        });
        texts.buffer_unordered(AT_A_TIME).try_collect().await
    }

    /// Every object below a key's beginning, as JSON; as a text where it is no JSON.
    ///
    /// # Errors
    /// When S3 refuses a call.
    pub async fn values(&self, beginning: &str) -> anyhow::Result<BTreeMap<String, Value>> {
        let texts = self.texts(beginning).await?;
        let value = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(texts.into_iter().map(|(key, text)| (key, value(text))).collect())
    }
}
