//! Parameter Store, and the hub's list of who gets a parameter.

use keywheel_core::contract::parameters::ParameterList;
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::parameter::{ParameterContent, ParameterValue, parameter_name};
use keywheel_engine::ports::{ErrorKind, Parameters, PortError, StoredParameter, WantedParameter};
use secrecy::{ExposeSecret, SecretString};

use crate::account::Account;
use crate::call::{Operation, error};
use crate::world::World;

/// The prefix of parameters' names.
pub const PARAMETER_PREFIX: &str = "/keywheel/";

/// A parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its value is encrypted.
    pub is_secure: bool,
    /// How often it was written.
    pub version: u32,
    pub(crate) value: SecretString,
}

impl Parameter {
    /// One that a person made.
    #[must_use]
    pub fn by_a_person(value: &str) -> Self {
        Self { is_secure: true, version: 1, value: value.into() }
    }

    /// The ids of the keys that it hands out: the new one, and the one before it.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let content = ParameterContent::parse(self.value.expose_secret());
        let pairs = content.into_iter().flat_map(|content| std::iter::once(content.new).chain(content.old));
        pairs.map(|pair| pair.id.to_string()).collect()
    }
}

impl Account {
    /// The value that hands out this key in the layout of AWS-AccessKey-Rotation, as a person who knows the pair would write it.
    #[must_use]
    pub fn value_of(&self, user: &str, key: &str) -> String {
        let found = self.user(user).keys.iter().find(|seen| seen.id.as_str() == key).unwrap();
        format!("NEW\naws_access_key_id = {key}\naws_secret_access_key = {}", found.half.expose_secret())
    }

    /// The user's parameter below the prefix.
    #[must_use]
    pub fn parameter(&self, user: &str) -> Option<&Parameter> {
        self.parameters.get(&parameter_name(PARAMETER_PREFIX, &self.id, &user.parse().unwrap()))
    }

    /// That the user's parameter hands out another key than the secret, where it does.
    pub(crate) fn parameter_out_of_step(&self, user: &str) -> Option<String> {
        let handed_out = self.parameter(user)?.keys().into_iter().next();
        let offered = self.offered(user).map(|key| key.to_string());
        (handed_out != offered).then(|| format!("the parameter of {user} is out of step"))
    }

    /// Whether the parameter of this name holds the true pair of this key first.
    #[must_use]
    pub fn hands_out(&self, parameter: &str, user: &str, key: &str) -> bool {
        let content = self.parameters.get(parameter).and_then(|it| ParameterContent::parse(it.value.expose_secret()));
        let key = self.user(user).keys.iter().find(|seen| seen.id.as_str() == key);
        content.zip(key).is_some_and(|(content, key)| content.new.is(&key.pair()))
    }
}

impl Parameters for World {
    async fn wanted(
        &self,
        account: &AccountId,
        user: &UserName,
        opted_in: bool,
    ) -> Result<Option<WantedParameter>, PortError> {
        let Some(list) = self.account().parameter_list.clone() else { return Ok(None) };
        self.call(Operation::ReadParameterList, String::new(), |_| {
            let list = ParameterList::parse(list.as_bytes());
            let list =
                list.map_err(|refused| error(Operation::ReadParameterList, ErrorKind::Invalid, &refused.to_string()))?;
            Ok(list.find(account, user, opted_in).map(|entry| WantedParameter {
                name: entry.name.clone().unwrap_or_else(|| parameter_name(PARAMETER_PREFIX, account, user)),
                layout: entry.layout,
                adopt: entry.adopt,
            }))
        })
        .await
    }

    async fn find(&self, name: &str) -> Result<Option<StoredParameter>, PortError> {
        self.call(Operation::FindParameter, name.to_owned(), |account| {
            Ok(account.parameters.get(name).map(|parameter| StoredParameter {
                is_secure: parameter.is_secure,
                content: ParameterContent::parse(parameter.value.expose_secret()),
            }))
        })
        .await
    }

    async fn create(&self, name: &str, value: &ParameterValue) -> Result<(), PortError> {
        self.call(Operation::CreateParameter, name.to_owned(), |account| {
            if account.parameters.contains_key(name) {
                return Err(error(Operation::CreateParameter, ErrorKind::Conflict, "ParameterAlreadyExists"));
            }
            account.parameters.insert(name.to_owned(), Parameter::by_a_person(value.expose()));
            Ok(())
        })
        .await
    }

    async fn overwrite(&self, name: &str, value: &ParameterValue) -> Result<(), PortError> {
        self.call(Operation::OverwriteParameter, name.to_owned(), |account| {
            let version = account.parameters.get(name).map_or(1, |parameter| parameter.version + 1);
            account.parameters.insert(name.to_owned(), Parameter { version, ..Parameter::by_a_person(value.expose()) });
            Ok(())
        })
        .await
    }

    async fn delete(&self, name: &str) -> Result<(), PortError> {
        self.call(Operation::DeleteParameter, name.to_owned(), |account| {
            account.parameters.remove(name);
            Ok(())
        })
        .await
    }
}
