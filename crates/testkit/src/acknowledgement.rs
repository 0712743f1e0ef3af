//! What hosts acknowledge.

use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::{Acknowledgement, Place, SCHEMA};
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_engine::ports::{Acknowledgements, PortError, Written};

use crate::account::Account;
use crate::call::Operation;
use crate::world::World;

/// So many hosts are forgotten by a call.
const FORGOTTEN_AT_ONCE: usize = 2;

impl Account {
    /// Where this host of the user acknowledges.
    #[must_use]
    pub fn place(&self, user: &str, host: &str) -> Place {
        Place { account: self.id.clone(), user: user.parse().unwrap(), host: host.parse().unwrap() }
    }

    /// The host says now that it has this key.
    pub fn acknowledge(&mut self, user: &str, host: &str, key: &AccessKeyId) {
        let place = self.place(user, host);
        let said = Acknowledgement {
            schema_version: SCHEMA,
            account: place.account.clone(),
            user: place.user.clone(),
            host: place.host.clone(),
            access_key_id: key.clone(),
            time: self.now,
            version: "0.1.0".to_owned(),
        };
        self.acknowledgements_written.insert(place.key(), self.now);
        self.acknowledgements.insert(place.key(), serde_json::to_vec(&said).unwrap());
    }

    /// What the hosts of the user say, as far as it can be believed.
    #[must_use]
    pub fn acknowledged_by(&self, user: &str) -> Vec<Acknowledgement> {
        let said = |(key, bytes): (&String, &Vec<u8>)| {
            let place = Place::parse(key).filter(|place| place.user.as_str() == user)?;
            Acknowledgement::parse(bytes, &place).ok()
        };
        self.acknowledgements.iter().filter_map(said).collect()
    }
}

impl Acknowledgements for World {
    async fn places(&self, account: &AccountId, user: &UserName, since: Timestamp) -> Result<Vec<Written>, PortError> {
        let prefix = Place::prefix(account, user);
        self.call(Operation::ListAcknowledgements, prefix.clone(), |account| {
            let keys = account.acknowledgements.keys().filter(|key| key.starts_with(&prefix));
            let written = keys.filter_map(|key| {
                let at = account.acknowledgements_written.get(key).copied().unwrap_or(account.now);
                Some(Written { place: Place::parse(key)?, at })
            });
            Ok(written.filter(|written| written.at > since).collect())
        })
        .await
    }

    async fn read(&self, place: &Place) -> Result<Option<Vec<u8>>, PortError> {
        let key = place.key();
        self.call(Operation::ReadAcknowledgement, key.clone(), |account| {
            Ok(account.acknowledgements.get(&key).cloned())
        })
        .await
    }

    async fn forget_some(
        &self,
        account: &AccountId,
        user: &UserName,
        after: Option<&str>,
    ) -> Result<Option<String>, PortError> {
        let prefix = Place::prefix(account, user);
        self.call(Operation::ForgetHosts, prefix.clone(), |account| {
            let is_next = |key: &&String| key.starts_with(&prefix) && after.is_none_or(|after| key.as_str() > after);
            let some: Vec<_> =
                account.acknowledgements.keys().filter(is_next).take(FORGOTTEN_AT_ONCE).cloned().collect();
            account.acknowledgements.retain(|key, _| !some.contains(key));
            Ok(some.last().filter(|_| some.len() == FORGOTTEN_AT_ONCE).cloned())
        })
        .await
    }
}
