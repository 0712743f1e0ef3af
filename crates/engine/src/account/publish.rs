//! Proves a stored pair and makes it the one that the secret hands out.

use std::time::Duration;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::ParameterStanding;
use keywheel_core::observed::{AWSCURRENT, AWSPENDING};
use keywheel_core::plan::Step;
use keywheel_core::reason::Reason;
use keywheel_core::secret::{KeyPair, VersionId, secret_name};

use super::execute::{CALL_TIME, Executor};
use super::outcome::Stopped;
use crate::ports::{Clock, IamUser, Ports, Proof, Prover, Secrets};

/// How long a new key may take to work. IAM spreads it within 8 to 15 seconds as a rule, sometimes later.
pub(super) const PROOF_PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// A key that works and is denied its own secret for so long is denied it by more than propagation.
const RETRIEVAL_PATIENCE: SignedDuration = SignedDuration::from_secs(20);

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// What became of a stored pair.
#[derive(Clone, Debug)]
pub(super) struct Publication {
    pub(super) replacement: AccessKeyId,
    /// Why it is not published: it could not be proven to work in time.
    pub(super) unproven: Option<String>,
    /// Why the user's parameter does not hold it, though the secret hands it out.
    pub(super) undelivered: Option<Stopped>,
    /// The secret's ARN, where it is in the central store.
    pub(super) secret_arn: Option<String>,
    /// Why some Region has no replica of the secret.
    pub(super) unreplicated: Option<Stopped>,
}

/// What is written down of a pair that was published.
#[derive(Clone)]
struct Facts {
    proven: Timestamp,
    published: Timestamp,
    retrieval_unproven: bool,
    parameter: Option<ParameterStanding>,
    secret_arn: Option<String>,
}

enum Proven {
    Wholly,
    WithoutRetrieval,
    Not(String),
}

impl<P: Ports> Executor<'_, P> {
    /// Publishes a pair that an earlier run left pending.
    pub(super) async fn publish_pending(
        &self,
        step: &Step,
        replacement: &AccessKeyId,
        supersedes: Option<&AccessKeyId>,
    ) -> Result<Publication, Stopped> {
        let user = self.check(step).await?;
        let name = secret_name(&self.account.id, &step.user);
        let version = VersionId::of(&self.account.id, &step.user_id, replacement);
        self.ensure_policy(&name, &user).await?;
        let Some(pair) = self.ports.secrets().pair(&name, &version).await? else {
            return Err(Stopped::failed(format!("secret {name} holds no secret half of key {replacement}")));
        };
        // Whoever may write the secret chooses both a version's id and its value.
        if pair.id != *replacement {
            return Err(Stopped::failed(format!(
                "secret {name} holds key {} in the version that is to hold key {replacement}; somebody else wrote it. Take the label \
                 {AWSPENDING} off that version",
                pair.id
            )));
        }
        self.prove_and_publish(step, &user, &pair, supersedes).await
    }

    /// Proves the pair, moves `AWSCURRENT` to it, and records both; or leaves it pending for the next run.
    pub(super) async fn prove_and_publish(
        &self,
        step: &Step,
        user: &IamUser,
        pair: &KeyPair,
        supersedes: Option<&AccessKeyId>,
    ) -> Result<Publication, Stopped> {
        let name = secret_name(&self.account.id, &step.user);
        let version = VersionId::of(&self.account.id, &step.user_id, &pair.id);
        let secret_arn = self.ports.secrets().central_arn(&name).await?;
        let proof = self.prove(pair, user, secret_arn.as_deref().unwrap_or(&name), &version).await?;
        let proven = self.ports.clock().now();
        let replacement = pair.id.clone();
        let retrieval_unproven = match proof {
            Proven::Wholly => false,
            Proven::WithoutRetrieval => true,
            Proven::Not(why) => {
                self.record(step, pair, supersedes, None).await?;
                return Ok(Publication {
                    replacement,
                    unproven: Some(why),
                    undelivered: None,
                    secret_arn,
                    unreplicated: None,
                });
            }
        };
        let wanted = self.wanted_parameter(user).await?;
        if retrieval_unproven {
            // Written down before the pair is handed out: a death in between must not make it look as good as read. Of the parameter nothing
            // is known then, which is enough.
            self.note_retrieval_unproven(step, pair).await?;
        }
        self.move_labels(&name, &version).await?;
        let published = self.ports.clock().now();
        let (parameter, undelivered) = match &wanted {
            None => (ParameterStanding::None, None),
            Some(wanted) => match self.put_parameter(step, wanted, pair, supersedes).await {
                Ok(()) => (ParameterStanding::InStep, None),
                Err(stopped) => (ParameterStanding::Behind, Some(stopped)),
            },
        };
        let parameter = self.policy.parameters.then_some(parameter);
        let facts = Facts { proven, published, retrieval_unproven, parameter, secret_arn: secret_arn.clone() };
        self.record(step, pair, supersedes, Some(facts)).await?;
        let unreplicated = self.replicate_secret(&name).await.err();
        Ok(Publication { replacement, unproven: None, undelivered, secret_arn, unreplicated })
    }

    /// Replicates the secret that hands the key out.
    pub(super) async fn replicate(&self, step: &Step) -> Result<(), Stopped> {
        self.check(step).await?;
        self.replicate_secret(&secret_name(&self.account.id, &step.user)).await
    }

    /// A Region that fails is tried again the next night, and stands in the way of no other change.
    async fn replicate_secret(&self, name: &str) -> Result<(), Stopped> {
        if !self.ports.secrets().has_replicas() {
            return Ok(());
        }
        self.session.hold_for(CALL_TIME).await?;
        let replicated = self.ports.secrets().replicate(name).await;
        replicated.map_err(|error| Stopped::Deferred {
            reason: Reason::ReplicaBehind,
            why: error.to_string(),
            retry_helps: false,
        })
    }

    async fn note_retrieval_unproven(&self, step: &Step, pair: &KeyPair) -> Result<(), Stopped> {
        let noted = self.session.write(|ledger| {
            ledger.key_mut(&step.user, &step.user_id, &pair.id).retrieval_unproven = true;
        });
        Ok(noted.await?)
    }

    async fn prove(
        &self,
        pair: &KeyPair,
        user: &IamUser,
        secret: &str,
        version: &VersionId,
    ) -> Result<Proven, Stopped> {
        let begun = self.ports.clock().now();
        let mut pause = FIRST_PAUSE;
        loop {
            self.session.hold_for(CALL_TIME).await?;
            let proof = self.ports.prover().prove(pair, &user.arn, secret, version).await;
            let waited = self.ports.clock().now().duration_since(begun);
            match proof {
                Proof::Proven => return Ok(Proven::Wholly),
                Proof::RetrievalDenied { .. } if waited >= RETRIEVAL_PATIENCE => return Ok(Proven::WithoutRetrieval),
                Proof::NotYet { why } if waited >= PROOF_PATIENCE => return Ok(Proven::Not(why)),
                Proof::RetrievalDenied { .. } | Proof::NotYet { .. } => {}
            }
            self.ports.clock().sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `AWSCURRENT` first and `AWSPENDING` off it second: published means both, so a death in between is seen.
    async fn move_labels(&self, name: &str, version: &VersionId) -> Result<(), Stopped> {
        let state = self.ports.secrets().describe(name).await?.unwrap_or_default();
        let current = state.versions.iter().find(|version| version.has(AWSCURRENT)).map(|version| &version.id);
        if current != Some(version) {
            self.session.hold_for(CALL_TIME).await?;
            self.ports.secrets().move_current(name, version, current).await?;
        }
        self.remove_label(name, AWSPENDING, version).await
    }

    pub(super) async fn remove_label(&self, name: &str, label: &str, version: &VersionId) -> Result<(), Stopped> {
        self.session.hold_for(CALL_TIME).await?;
        Ok(self.ports.secrets().remove_label(name, label, version).await?)
    }

    async fn record(
        &self,
        step: &Step,
        pair: &KeyPair,
        supersedes: Option<&AccessKeyId>,
        published: Option<Facts>,
    ) -> Result<(), Stopped> {
        let written = self.session.write(|ledger| {
            let user = ledger.user_mut(&step.user, &step.user_id);
            user.intent = None;
            if let Some(published) = &published {
                user.secret_arn.clone_from(&published.secret_arn);
            }
            let new = ledger.key_mut(&step.user, &step.user_id, &pair.id);
            new.created.get_or_insert(pair.created);
            new.supersedes = supersedes.cloned().or(new.supersedes.take());
            if let Some(published) = &published {
                new.proven = Some(published.proven);
                new.retrieval_unproven = published.retrieval_unproven;
                new.published = Some(published.published);
                new.parameter = published.parameter;
            }
            if let Some(old) = supersedes.filter(|_| published.is_some()) {
                ledger.key_mut(&step.user, &step.user_id, old).superseded_by = Some(pair.id.clone());
            }
        });
        Ok(written.await?)
    }
}

impl Publication {
    /// Why the publication waits, where it does.
    pub(super) fn deferral(&self) -> Option<(Reason, String)> {
        let why = self.unproven.as_ref()?;
        let text = format!("key {} did not work within {} s: {why}", self.replacement, PROOF_PATIENCE.as_secs());
        Some((Reason::ReplacementUnproven, text))
    }
}
