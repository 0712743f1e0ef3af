//! Back to the old key. At every moment one of the two works: the old one is active before the new one gives way.

use keywheel_core::id::AccessKeyId;
use keywheel_core::ledger::{InactiveBecause, ParameterStanding, RollbackIntent};
use keywheel_core::observed::{AWSCURRENT, KeyStatus, ObservedKey};
use keywheel_core::plan::{Preconditions, Step};
use keywheel_core::reason::Reason;
use keywheel_core::secret::{PreviousKey, VersionId, secret_name};

use super::execute::{CALL_TIME, Executor};
use super::outcome::Stopped;
use crate::ports::{Clock, ErrorKind, Iam, PortError, Ports, Secrets};

/// What became of a rollback once the old key worked again.
pub(super) struct RolledBack {
    /// Whether the new key gave way.
    pub(super) gave_way: Result<(), Stopped>,
    /// Why the user's parameter does not hand out the old key.
    pub(super) undelivered: Option<Stopped>,
}

/// Why the old key was not made active.
enum NotRevived {
    /// It is as it was.
    Untouched(Stopped),
    /// It may be active by now.
    Unknown(Stopped),
}

impl<P: Ports> Executor<'_, P> {
    /// Makes the old key active; then has the secret hand it out again, and makes the new one inactive unless it stays. An error
    /// means that the old key does not work.
    pub(super) async fn roll_back(
        &self,
        step: &Step,
        old: &AccessKeyId,
        new: Option<&AccessKeyId>,
        new_stays: bool,
    ) -> Result<RolledBack, Stopped> {
        let user = self.check(step).await?;
        let was_begun = self.begin_rollback(step, old, new).await?;
        // Writing takes a while, so that everything is looked at once more right before the first call.
        let checked = self.check(step).await.map(drop);
        let revived =
            if checked.is_ok() { self.revive(step, old).await } else { checked.map_err(NotRevived::Untouched) };
        match revived {
            Ok(()) => {}
            // Nothing was changed, so no night takes it up: whoever asked is told, and may ask again.
            Err(NotRevived::Untouched(stopped)) if !was_begun => {
                self.forget_rollback(step).await?;
                return Err(stopped);
            }
            Err(NotRevived::Untouched(stopped) | NotRevived::Unknown(stopped)) => return Err(stopped),
        }
        // What fails from here on leaves two keys that work, and the next run ends it.
        let gave_way = match new {
            Some(new) if new_stays => self.hand_out(step, old, new).await,
            Some(new) => self.give_way(step, old, new).await,
            None => Ok(()),
        };
        if gave_way.is_err() {
            return Ok(RolledBack { gave_way, undelivered: None });
        }
        let delivered = if new_stays { None } else { Some(self.bring_into_step(step, &user, old).await) };
        let (standing, undelivered) = match delivered {
            None => (None, None),
            Some(Ok(standing)) => (Some(standing).filter(|_| self.policy.parameters), None),
            // A pair that is nowhere will not be found tomorrow: nothing is left to be tried again.
            Some(Err(stopped @ Stopped::Deferred { reason: Reason::ParameterBehind, .. })) => (None, Some(stopped)),
            Some(Err(stopped)) => (Some(ParameterStanding::Behind), Some(stopped)),
        };
        let at = self.ports.clock().now();
        let recorded = self.session.write(|ledger| {
            ledger.user_mut(&step.user, &step.user_id).rollback = None;
            let record = ledger.key_mut(&step.user, &step.user_id, old);
            record.roll_back(at);
            record.parameter = standing.or(record.parameter);
        });
        Ok(RolledBack { gave_way: recorded.await.map_err(Stopped::from), undelivered })
    }

    /// Writes the rollback down, so that a later run ends what breaks off. Its date is that of the first try. Says whether there
    /// was an earlier one.
    async fn begin_rollback(&self, step: &Step, old: &AccessKeyId, new: Option<&AccessKeyId>) -> Result<bool, Stopped> {
        let begun = RollbackIntent { at: self.ports.clock().now(), old: old.clone(), new: new.cloned() };
        let mut was_begun = false;
        let written = self.session.write(|ledger| {
            let rollback = &mut ledger.user_mut(&step.user, &step.user_id).rollback;
            was_begun = rollback.is_some();
            rollback.get_or_insert(begun);
        });
        written.await?;
        Ok(was_begun)
    }

    async fn forget_rollback(&self, step: &Step) -> Result<(), Stopped> {
        let forgotten = self.session.write(|ledger| ledger.user_mut(&step.user, &step.user_id).rollback = None);
        Ok(forgotten.await?)
    }

    /// Makes the old key active, and writes down at once that it is: a person may make it inactive again from then on.
    async fn revive(&self, step: &Step, old: &AccessKeyId) -> Result<(), NotRevived> {
        // A key that was active when the step was planned is not revived: if it is not active now, that is a person's doing.
        let was_active = step.preconditions.statuses.contains(&(old.clone(), KeyStatus::Active));
        if was_active {
            return Ok(());
        }
        let untouched = |error: PortError| NotRevived::Untouched(error.into());
        if self.has_status(step, old, KeyStatus::Active).await.map_err(untouched)? {
            return Ok(());
        }
        self.session.hold_for(CALL_TIME).await.map_err(|error| NotRevived::Untouched(error.into()))?;
        self.set_status(step, old, KeyStatus::Active).await.map_err(|error| match error.kind {
            ErrorKind::Unanswered => NotRevived::Unknown(error.into()),
            _ => untouched(error),
        })?;
        let at = self.ports.clock().now();
        let recorded = self.session.write(|ledger| ledger.key_mut(&step.user, &step.user_id, old).revive(at));
        recorded.await.map_err(|error| NotRevived::Unknown(error.into()))
    }

    /// The secret hands out the old key again, and then the new one is made inactive, if the old one works.
    async fn give_way(&self, step: &Step, old: &AccessKeyId, new: &AccessKeyId) -> Result<(), Stopped> {
        self.hand_out(step, new, old).await?;
        if !self.has_status(step, new, KeyStatus::Active).await? {
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

    /// Has the secret hand out what it holds of `to`, where it hands out the pair of `from`. What a person put there stands.
    async fn hand_out(&self, step: &Step, from: &AccessKeyId, to: &AccessKeyId) -> Result<(), Stopped> {
        let name = secret_name(&self.account.id, &step.user);
        let Some(state) = self.secret_state(step).await?.filter(|state| !state.scheduled_for_deletion) else {
            return Ok(());
        };
        let pair = |key| VersionId::of(&self.account.id, &step.user_id, key);
        let record = |key| VersionId::of_record(&self.account.id, &step.user_id, key);
        let current = state.versions.iter().find(|version| version.has(AWSCURRENT)).map(|version| &version.id);
        let Some(current) = current.filter(|current| [pair(from), record(from)].contains(current)) else {
            return Ok(());
        };
        let target = match [pair(to), record(to)].into_iter().find(|id| state.version(id).is_some()) {
            Some(target) => target,
            // Of a key that was there before Keywheel there is a record only: its secret half is with its hosts.
            None => self.put_record(step, &name, to).await?,
        };
        self.session.hold_for(CALL_TIME).await?;
        Ok(self.ports.secrets().move_current(&name, &target, Some(current)).await?)
    }

    async fn put_record(&self, step: &Step, name: &str, key: &AccessKeyId) -> Result<VersionId, Stopped> {
        let keys = self.ports.iam().access_keys(&step.user).await?;
        let found: Option<&ObservedKey> = keys.iter().find(|seen| seen.id == *key);
        let found = found.ok_or_else(|| Stopped::changed(format!("key {key} is gone")))?;
        let recorded = PreviousKey { access_key_id: key.clone(), create_date: found.created };
        self.put_record_of(step, name, &recorded).await?;
        Ok(VersionId::of_record(&self.account.id, &step.user_id, key))
    }
}
