//! A user's keys by label, in the order in which they came, and the secret halves that somebody holds.

use std::collections::BTreeMap;

use anyhow::Context;
use aws_credential_types::Credentials;
use keywheel_core::id::AccessKeyId;
use keywheel_core::secret::KeyPair;
use secrecy::{ExposeSecret, SecretString};

const ORDINALS: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "sixth"];

/// The keys of one user.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    labels: Vec<(AccessKeyId, String)>,
    secrets: BTreeMap<AccessKeyId, SecretString>,
}

impl Keyring {
    /// The keys of the first day; they keep the labels that the data file gives them.
    pub(super) fn new(keys: &BTreeMap<String, KeyPair>) -> Self {
        let labels = keys.iter().map(|(label, pair)| (pair.id.clone(), label.clone())).collect();
        let secrets = keys.values().map(|pair| (pair.id.clone(), pair.secret.clone())).collect();
        Self { labels, secrets }
    }

    /// Adds a key that somebody holds.
    pub(super) fn hold(&mut self, pair: KeyPair) {
        self.label(&pair.id);
        self.secrets.insert(pair.id, pair.secret);
    }

    /// The label of a key; one that was not seen before gets the next.
    pub(super) fn label(&mut self, id: &AccessKeyId) -> String {
        if let Some((_, label)) = self.labels.iter().find(|(known, _)| known == id) {
            return label.clone();
        }
        let label = ORDINALS.get(self.labels.len()).copied().unwrap_or("another").to_owned();
        self.labels.push((id.clone(), label.clone()));
        label
    }

    /// The key with this label.
    pub(super) fn id(&self, label: &str) -> anyhow::Result<AccessKeyId> {
        let found = self.labels.iter().find(|(_, known)| known == label);
        found.map(|(id, _)| id.clone()).with_context(|| format!("there is no {label} key yet"))
    }

    /// What signs requests with this key.
    pub(super) fn credentials(&self, id: &AccessKeyId) -> anyhow::Result<Credentials> {
        let secret = self.secrets.get(id).with_context(|| format!("nobody holds the secret half of {id}"))?;
        Ok(Credentials::new(id.as_str(), secret.expose_secret(), None, None, "host"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_in_the_order_in_which_they_come() {
        let mut keyring = Keyring::default();
        let id = |letter: &str| format!("AKIA{}", letter.repeat(16)).parse::<AccessKeyId>().unwrap();
        let labels = ["A", "B", "A", "C"].map(|letter| keyring.label(&id(letter)));
        assert_eq!(labels, ["first", "second", "first", "third"]);
        assert_eq!(keyring.id("second").unwrap(), id("B"));
        assert!(keyring.id("fourth").is_err());
        assert!(keyring.credentials(&id("A")).is_err());
    }
}
