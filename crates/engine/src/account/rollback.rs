//! Back to the old key. At every moment one of the two works: the old one is active before the new one gives way.

use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::{InactiveBecause, RollbackIntent};
use keywheel_core::observed::{AWSCURRENT, KeyStatus};
use keywheel_core::plan::{Preconditions, Step};
use keywheel_core::secret::{VersionId, secret_name};

use super::execute::{CALL_TIME, Executor};
use super::outcome::Stopped;
use crate::ports::{Clock, Iam, Ports, Secrets};

impl<P: Ports> Executor<'_, P> {
    /// Makes the old key active, has the secret hand it out again, and makes the new one inactive unless it stays.
    pub(super) async fn roll_back(
        &self,
        step: &Step,
        old: &AccessKeyId,
        new: Option<&AccessKeyId>,
        new_stays: bool,
    ) -> Result<(), Stopped> {
        self.check(step).await?;
        let was_begun = self.begin_rollback(step, old, new).await?;
        // Writing takes a while, so that everything is looked at once more right before the first call.
        if let Err(stopped) = self.check(step).await {
            if !was_begun {
                self.forget_rollback(step).await?;
            }
            return Err(stopped);
        }
        self.revive(step, old).await?;
        if let Some(new) = new {
            if new_stays {
                self.hand_out(step, old, new).await?;
            } else {
                self.hand_out(step, new, old).await?;
                self.give_way(step, old, new).await?;
            }
        }
        let at = self.ports.clock().now();
        let recorded = self.session.write(|ledger| {
            ledger.user_mut(&step.user, &step.user_id).rollback = None;
            ledger.key_mut(&step.user, &step.user_id, old).roll_back(at);
        });
        Ok(recorded.await?)
    }

    /// Writes the rollback down, so that a later run ends what breaks off. Says whether an earlier one had begun it.
    async fn begin_rollback(&self, step: &Step, old: &AccessKeyId, new: Option<&AccessKeyId>) -> Result<bool, Stopped> {
        let begun = RollbackIntent {
            at: self.ports.clock().now(),
            old: old.clone(),
            new: new.cloned(),
            overridden: step.overridden.clone(),
        };
        let mut was_begun = false;
        let written = self.session.write(|ledger| {
            let user = ledger.user_mut(&step.user, &step.user_id);
            was_begun = user.rollback.is_some();
            user.rollback = Some(begun);
        });
        written.await?;
        Ok(was_begun)
    }

    async fn forget_rollback(&self, step: &Step) -> Result<(), Stopped> {
        let forgotten = self.session.write(|ledger| ledger.user_mut(&step.user, &step.user_id).rollback = None);
        Ok(forgotten.await?)
    }

    /// Makes the old key active, and writes down at once that it is: a person may make it inactive again from then on.
    async fn revive(&self, step: &Step, old: &AccessKeyId) -> Result<(), Stopped> {
        if self.is_active(step, old).await? {
            return Ok(());
        }
        self.session.hold_for(CALL_TIME).await?;
        if let Err(error) = self.ports.iam().update_access_key(&step.user, old, KeyStatus::Active).await {
            let took_effect = error.is_transient() && self.is_active(step, old).await.unwrap_or(false);
            if !took_effect {
                return Err(error.into());
            }
        }
        let at = self.ports.clock().now();
        let recorded = self.session.write(|ledger| {
            let record = ledger.key_mut(&step.user, &step.user_id, old);
            record.made_inactive = None;
            record.revived = Some(at);
        });
        Ok(recorded.await?)
    }

    async fn is_active(&self, step: &Step, key: &AccessKeyId) -> Result<bool, Stopped> {
        let keys = self.ports.iam().access_keys(&step.user).await?;
        let key = keys.iter().find(|seen| seen.id == *key);
        key.map(keywheel_core::observed::ObservedKey::is_active).ok_or_else(|| Stopped::changed("the key is gone"))
    }

    /// Has the secret hand out what it holds of `to`, where it hands out the pair of `from`. What a person put there stands.
    async fn hand_out(&self, step: &Step, from: &AccessKeyId, to: &AccessKeyId) -> Result<(), Stopped> {
        let name = secret_name(&self.account.id, &step.user);
        let state = self.ports.secrets().describe(&name).await?;
        let Some(state) = state.filter(|state| !state.scheduled_for_deletion) else { return Ok(()) };
        let pair = |key| VersionId::of(&self.account.id, &step.user_id, key);
        let record = |key| VersionId::of_record(&self.account.id, &step.user_id, key);
        let current = state.versions.iter().find(|version| version.has(AWSCURRENT)).map(|version| &version.id);
        let Some(current) = current.filter(|current| [pair(from), record(from)].contains(current)) else {
            return Ok(());
        };
        // Of a key that was there before Keywheel there is a record only: its secret half is with its hosts.
        let Some(target) = [pair(to), record(to)].into_iter().find(|id| state.version(id).is_some()) else {
            let key = to.as_str();
            tracing::warn!(
                secret = name,
                access_key_id = key,
                "the secret holds nothing of the key, and is left as it is"
            );
            return Ok(());
        };
        self.session.hold_for(CALL_TIME).await?;
        Ok(self.ports.secrets().move_current(&name, &target, Some(current)).await?)
    }

    /// The new key is made inactive, if the old one works.
    async fn give_way(&self, step: &Step, old: &AccessKeyId, new: &AccessKeyId) -> Result<(), Stopped> {
        if !self.is_active(step, new).await? {
            return Ok(());
        }
        let preconditions = Preconditions {
            statuses: vec![(old.clone(), KeyStatus::Active), (new.clone(), KeyStatus::Active)],
            last_used: step.preconditions.last_used.clone(),
            ..Preconditions::default()
        };
        let giving_way = Step { key: Some(new.clone()), preconditions, ..step.clone() };
        self.deactivate(&giving_way, new, InactiveBecause::RolledBack).await
    }
}
