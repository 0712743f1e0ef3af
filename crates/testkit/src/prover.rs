//! Proofs and time.

use std::time::Duration;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::observed::AWSPENDING;
use keywheel_core::secret::{KeyPair, VersionId};
use keywheel_core::time::plus;
use keywheel_engine::ports::{Clock, Proof, Prover};
use secrecy::ExposeSecret;

use crate::account::Account;
use crate::call::Operation;
use crate::user::{Key, User};
use crate::world::World;

impl Account {
    fn signer(&self, pair: &KeyPair) -> Option<&User> {
        let works = |key: &Key| {
            let is_known = plus(key.created, self.behaviour.works_after) <= self.now;
            key.is_active() && is_known && key.half.expose_secret() == pair.secret.expose_secret()
        };
        self.users.values().find(|user| user.key(&pair.id).is_some_and(works))
    }

    fn prove(&mut self, pair: &KeyPair, user_arn: &str, secret: &str, version: &VersionId) -> Proof {
        let now = self.now;
        let Some(signer) = self.signer(pair).map(|user| user.name.to_string()) else {
            return Proof::NotYet { why: "InvalidClientTokenId".to_owned() };
        };
        self.use_key(&signer, &pair.id, now);
        if let Some(key) = self.user_mut(&signer).key_mut(&pair.id) {
            key.proofs.push(now);
        }
        if self.user(&signer).arn != user_arn {
            return Proof::NotYet { why: "the key is another user's".to_owned() };
        }
        let Some(secret) = self.secret_for_user(secret).filter(|secret| !secret.is_scheduled_for_deletion) else {
            return Proof::NotYet { why: "ResourceNotFoundException".to_owned() };
        };
        let is_allowed = secret.policy.as_ref().is_some_and(|policy| policy.contains(user_arn));
        if self.behaviour.retrieval_is_denied || !is_allowed {
            return Proof::RetrievalDenied { why: "AccessDeniedException".to_owned() };
        }
        match secret.versions.get(version) {
            Some(version) if version.stages.contains(AWSPENDING) => Proof::Proven,
            _ => Proof::NotYet { why: "ResourceNotFoundException: no such version".to_owned() },
        }
    }
}

impl Prover for World {
    async fn prove(&self, pair: &KeyPair, user_arn: &str, secret: &str, version: &VersionId) -> Proof {
        let proof = self
            .call(Operation::Prove, pair.id.to_string(), |account| Ok(account.prove(pair, user_arn, secret, version)));
        proof.await.unwrap_or_else(|error| Proof::NotYet { why: error.to_string() })
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.account().now
    }

    async fn sleep(&self, time: Duration) {
        let time = SignedDuration::try_from(time).unwrap();
        let mut account = self.account();
        account.now = plus(account.now, time);
    }
}
