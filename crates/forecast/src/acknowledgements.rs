//! What hosts acknowledge: they go on saying what they are taken to have.

use keywheel_core::Timestamp;
use keywheel_core::acknowledgement::{Acknowledgement, Acknowledgements as Seen, Host, Place, SCHEMA};
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_engine::ports::{Acknowledgements, ErrorKind, PortError, Written};

use crate::copy::{CopiedUser, Copy, refused};

const LIST: &str = "s3:ListBucket";

impl CopiedUser {
    /// Every host says that it has installed this key.
    pub(crate) fn acknowledge(&mut self, key: &AccessKeyId, at: jiff::Timestamp) {
        if let Seen::Known(hosts) = &mut self.seen.acknowledgements {
            for said in hosts.iter_mut().filter_map(|host| host.said.as_mut()) {
                (said.key, said.at) = (key.clone(), at);
            }
        }
    }
}

impl Acknowledgements for Copy {
    async fn places(&self, account: &AccountId, user: &UserName, _since: Timestamp) -> Result<Vec<Written>, PortError> {
        let state = self.state();
        let Some(copied) = state.users.get(user) else { return Ok(Vec::new()) };
        let hosts = match &copied.seen.acknowledgements {
            // Of hosts that nobody had reason to ask for, none is taken to lag.
            Seen::NotLookedAt => return Ok(Vec::new()),
            Seen::Unknown { error } => return Err(refused(LIST, ErrorKind::Denied, error.clone())),
            Seen::Known(hosts) => hosts,
        };
        let place = |host: &Host| Place { account: account.clone(), user: user.clone(), host: host.name.clone() };
        // What is believed has its own time. When the rest was written is not known: it is taken to stay.
        Ok(hosts.iter().map(|host| Written { place: place(host), at: state.now }).collect())
    }

    async fn read(&self, place: &Place) -> Result<Option<Vec<u8>>, PortError> {
        let state = self.state();
        let Some(Seen::Known(hosts)) = state.users.get(&place.user).map(|user| &user.seen.acknowledgements) else {
            return Ok(None);
        };
        let Some(host) = hosts.iter().find(|host| host.name == place.host) else { return Ok(None) };
        // What was not believed is not believed.
        let Some(said) = &host.said else { return Ok(Some(Vec::new())) };
        let said = Acknowledgement {
            schema_version: SCHEMA,
            account: place.account.clone(),
            user: place.user.clone(),
            host: place.host.clone(),
            access_key_id: said.key.clone(),
            time: said.at,
            version: String::new(),
        };
        Ok(serde_json::to_vec(&said).ok())
    }

    /// Hosts are kept with their users, and a user who is gone has none.
    async fn forget_some(&self, _: &AccountId, _: &UserName, _: Option<&str>) -> Result<Option<String>, PortError> {
        Ok(None)
    }
}
