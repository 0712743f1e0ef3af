//! Makes keys inactive, and deletes them.

use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::{AccountLedger, Actor, InactiveBecause, MadeInactive};
use keywheel_core::observed::{AWSPREVIOUS, KeyStatus, SecretState};
use keywheel_core::plan::Step;
use keywheel_core::secret::{VersionId, secret_name};

use super::execute::{CALL_TIME, Executor};
use super::outcome::Stopped;
use crate::ports::{Clock, ErrorKind, Iam, PortError, Ports, Secrets};

impl<P: Ports> Executor<'_, P> {
    /// Makes a key inactive: written down before, so that a death in between is not taken for a person's doing.
    pub(super) async fn deactivate(
        &self,
        step: &Step,
        key: &AccessKeyId,
        because: InactiveBecause,
    ) -> Result<(), Stopped> {
        self.check(step).await?;
        let (user, user_id) = (&step.user, &step.user_id);
        self.session.write(|ledger| ledger.key_mut(user, user_id, key).deactivation_begun = Some(because)).await?;
        // Writing takes a while, so that everything is looked at once more right before the call.
        if let Err(stopped) = self.check(step).await {
            self.forget_deactivation(step, key).await?;
            return Err(stopped);
        }
        self.session.hold_for(CALL_TIME).await?;
        if let Err(error) = self.set_status(step, key, KeyStatus::Inactive).await {
            // Without an answer the key may yet become inactive, by Keywheel: then the note must stay.
            if error.kind != ErrorKind::Unanswered {
                self.forget_deactivation(step, key).await?;
            }
            return Err(error.into());
        }
        let inactive = MadeInactive { at: self.ports.clock().now(), by: Actor::Keywheel, why: Some(because) };
        let recorded = self.session.write(|ledger| {
            let record = ledger.key_mut(user, user_id, key);
            record.deactivation_begun = None;
            record.held_since = None;
            record.made_inactive = Some(inactive);
            if because == InactiveBecause::Orphaned {
                ledger.user_mut(user, user_id).intent = None;
            }
        });
        Ok(recorded.await?)
    }

    async fn forget_deactivation(&self, step: &Step, key: &AccessKeyId) -> Result<(), Stopped> {
        let forget = |ledger: &mut AccountLedger| {
            ledger.key_mut(&step.user, &step.user_id, key).deactivation_begun = None;
        };
        Ok(self.session.write(forget).await?)
    }

    /// Makes a key active or inactive. An answer that was lost may belong to a call that took effect; after a refusal the status
    /// is a person's doing, whatever it is.
    pub(super) async fn set_status(&self, step: &Step, key: &AccessKeyId, status: KeyStatus) -> Result<(), PortError> {
        let Err(error) = self.ports.iam().update_access_key(&step.user, key, status).await else { return Ok(()) };
        let took_effect = error.is_transient() && self.has_status(step, key, status).await.unwrap_or(false);
        if took_effect { Ok(()) } else { Err(error) }
    }

    /// Whether the key is there and has this status now.
    pub(super) async fn has_status(
        &self,
        step: &Step,
        key: &AccessKeyId,
        status: KeyStatus,
    ) -> Result<bool, PortError> {
        let keys = self.ports.iam().access_keys(&step.user).await?;
        Ok(keys.iter().any(|seen| seen.id == *key && seen.status == status))
    }

    /// Deletes an inactive key: written down before, so that its owners are told whatever comes. The label goes off what the
    /// secret holds of it first: no later run looks at a key that is gone.
    pub(super) async fn delete(&self, step: &Step, key: &AccessKeyId) -> Result<(), Stopped> {
        self.check(step).await?;
        self.unlabel(step, key).await?;
        let (user, user_id, begun) = (&step.user, &step.user_id, self.ports.clock().now());
        self.session.write(|ledger| ledger.key_mut(user, user_id, key).deletion_begun = Some(begun)).await?;
        // Writing takes a while, so that everything is looked at once more right before the call.
        if let Err(stopped) = self.check(step).await {
            self.session.write(|ledger| ledger.key_mut(user, user_id, key).deletion_begun = None).await?;
            return Err(stopped);
        }
        self.session.hold_for(CALL_TIME).await?;
        self.delete_key(step, key).await?;
        let deleted = self.ports.clock().now();
        let recorded = self.session.write(|ledger| {
            let record = ledger.key_mut(user, user_id, key);
            (record.deletion_begun, record.deleted) = (None, Some(deleted));
        });
        Ok(recorded.await?)
    }

    /// Deletes Keywheel's own key whose secret half is stored nowhere: exception (a) of the rules.
    pub(super) async fn delete_never_stored(&self, step: &Step, key: &AccessKeyId) -> Result<(), Stopped> {
        self.check(step).await?;
        if self.may_be_stored(step, key).await? {
            return Err(Stopped::changed(format!(
                "key {key} is stored after all, or the secret was scheduled for deletion"
            )));
        }
        self.session.hold_for(CALL_TIME).await?;
        self.delete_key(step, key).await?;
        let deleted = self.ports.clock().now();
        let recorded = self.session.write(|ledger| {
            ledger.user_mut(&step.user, &step.user_id).intent = None;
            ledger.key_mut(&step.user, &step.user_id, key).deleted = Some(deleted);
        });
        Ok(recorded.await?)
    }

    /// Deletes a key; that it is gone already is what was wanted. Of a user who was renamed meanwhile IAM says the same as of a key that is gone.
    pub(super) async fn delete_key(&self, step: &Step, key: &AccessKeyId) -> Result<(), PortError> {
        match self.ports.iam().delete_access_key(&step.user, key).await {
            Err(error)
                if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Unanswered)
                    && self.is_gone(step, key).await =>
            {
                Ok(())
            }
            other => other,
        }
    }

    async fn is_gone(&self, step: &Step, key: &AccessKeyId) -> bool {
        let keys = self.ports.iam().access_keys(&step.user).await;
        keys.is_ok_and(|keys| keys.iter().all(|seen| seen.id != *key))
    }

    /// Whether the secret has a version for the key.
    pub(super) async fn is_stored(&self, step: &Step, key: &AccessKeyId) -> Result<bool, PortError> {
        Ok(self.secret_state(step).await?.is_some_and(|state| self.has_version(&state, step, key)))
    }

    /// Whether the secret has a version for the key, or may have one: nobody sees into one that is scheduled for deletion.
    async fn may_be_stored(&self, step: &Step, key: &AccessKeyId) -> Result<bool, PortError> {
        let may_have = |state: SecretState| state.scheduled_for_deletion || self.has_version(&state, step, key);
        Ok(self.secret_state(step).await?.is_some_and(may_have))
    }

    pub(super) async fn secret_state(&self, step: &Step) -> Result<Option<SecretState>, PortError> {
        self.ports.secrets().describe(&secret_name(&self.account.id, &step.user)).await
    }

    pub(super) fn has_version(&self, state: &SecretState, step: &Step, key: &AccessKeyId) -> bool {
        state.version(&VersionId::of(&self.account.id, &step.user_id, key)).is_some()
    }

    async fn unlabel(&self, step: &Step, key: &AccessKeyId) -> Result<(), Stopped> {
        let name = secret_name(&self.account.id, &step.user);
        let Some(state) = self.secret_state(step).await? else { return Ok(()) };
        let pair = VersionId::of(&self.account.id, &step.user_id, key);
        let record = VersionId::of_record(&self.account.id, &step.user_id, key);
        for version in [pair, record] {
            let is_previous = state.version(&version).is_some_and(|version| version.has(AWSPREVIOUS));
            if is_previous && !state.scheduled_for_deletion {
                self.remove_label(&name, AWSPREVIOUS, &version).await?;
            }
        }
        Ok(())
    }
}
