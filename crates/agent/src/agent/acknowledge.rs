//! The host says which key it has.

use jiff::SignedDuration;
use keywheel_core::acknowledgement::{Acknowledgement, SCHEMA};

use super::Agent;
use crate::clock::Clock;
use crate::disk::Disk;
use crate::failure::Failure;
use crate::pair::Pair;
use crate::remote::{Aws, Identity};
use crate::state::{Acknowledged, State};

/// An acknowledgement is said again after so long, so that no host is forgotten that is alive.
const SAY_AGAIN: SignedDuration = SignedDuration::from_hours(20);

impl<A: Aws, D: Disk, C: Clock> Agent<A, D, C> {
    /// Says which key the host has, where that is news, or was said elsewhere, by another name, or long ago.
    pub(super) async fn acknowledge(
        &self,
        state: &mut State,
        pair: &Pair,
        identity: &Identity,
    ) -> Result<bool, Failure> {
        let Some(bucket) = &self.bucket else { return Ok(false) };
        let now = self.clock.now();
        let is_fresh = |said: &Acknowledged| {
            let age = now.duration_since(said.at);
            let is_same = said.access_key_id == pair.id && said.bucket == *bucket && said.host == self.host;
            is_same && !age.is_negative() && age < SAY_AGAIN
        };
        if state.acknowledged.as_ref().is_some_and(is_fresh) {
            return Ok(false);
        }
        let said = Acknowledgement {
            schema_version: SCHEMA,
            account: identity.account.clone(),
            user: identity.user.clone(),
            host: self.host.clone(),
            access_key_id: pair.id.clone(),
            time: now,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let taken = self.aws.acknowledge(pair, bucket, &said).await;
        taken.map_err(|trouble| Failure::NotAcknowledged { trouble })?;
        let (access_key_id, bucket, host) = (pair.id.clone(), bucket.clone(), self.host.clone());
        state.acknowledged = Some(Acknowledged { access_key_id, at: now, bucket, host });
        Ok(true)
    }
}
