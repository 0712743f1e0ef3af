//! Puts away what is left of users who are gone.

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::ledger::UserRecord;
use keywheel_core::observed::SecretState;
use keywheel_core::plan::Step;
use keywheel_core::reason::Reason;
use keywheel_core::secret::secret_name;

use super::execute::{CALL_TIME, Executor};
use super::outcome::Stopped;
use crate::ports::{Acknowledgements, Clock, ErrorKind, Iam, Parameters, Ports, Secrets, StoredParameter};

/// Where the record of a user who is gone says since when something of it is put away.
type Cleared = fn(&mut UserRecord) -> &mut Option<Timestamp>;

impl<P: Ports> Executor<'_, P> {
    /// Schedules the secret of a user who is gone for deletion, if the user still is and the secret is of Keywheel's making for that very user. What
    /// fails is tried again by the next sweep, and stands in the way of no other change.
    pub(super) async fn schedule_secret(&self, step: &Step) -> Result<(), Stopped> {
        self.refuse_in_freeze()?;
        self.refuse_if_there(step).await?;
        let name = secret_name(&self.account.id, &step.user);
        // Whoever restored the secret keeps it, whatever becomes of the former one.
        if self.recall(step, |record| record.secret_cleared).await.is_none() {
            self.put_secret_away(step, &name).await?;
        }
        if self.has_left_a_secret(step).await {
            self.put_former_away(step, &name).await?;
        }
        Ok(())
    }

    async fn put_secret_away(&self, step: &Step, name: &str) -> Result<(), Stopped> {
        match self.find_secret(step, name).await? {
            Some(state) if !state.scheduled_for_deletion => {
                if !self.is_of_keywheel(step, &state).await {
                    let why = format!(
                        "secret {name} has no version that Keywheel made for the user who is gone; it is left as it is"
                    );
                    return self.leave(step, |record| &mut record.secret_cleared, why).await;
                }
                // Its replicas are taken away first.
                self.session.hold_for(CALL_TIME * 2).await?;
                self.ports.secrets().schedule_deletion(name).await.map_err(later)?;
            }
            _ => {}
        }
        self.has_done_with(step, |record| &mut record.secret_cleared).await
    }

    /// Has done with what is not Keywheel's to put away, and says so this once: no later sweep comes back to it.
    async fn leave(&self, step: &Step, cleared: Cleared, why: String) -> Result<(), Stopped> {
        self.has_done_with(step, cleared).await?;
        Err(later(why))
    }

    async fn has_done_with(&self, step: &Step, cleared: Cleared) -> Result<(), Stopped> {
        let now = self.ports.clock().now();
        let noted = self.session.write(|ledger| {
            *cleared(ledger.user_mut(&step.user, &step.user_id)) = Some(now);
        });
        Ok(noted.await?)
    }

    /// Whether another secret of the user is in the store from which the deployment moved.
    pub(super) async fn has_left_a_secret(&self, step: &Step) -> bool {
        self.recall(step, |record| record.secret_left).await.is_some()
    }

    /// Deletes the parameter of a user who is gone, if the user still is, the secret cannot be restored or is about to go, and the parameter hands
    /// out a key that Keywheel put there for that very user.
    pub(super) async fn delete_parameter(&self, step: &Step, name: &str) -> Result<(), Stopped> {
        self.refuse_in_freeze()?;
        self.refuse_if_there(step).await?;
        if self.is_restored(step).await? {
            let secret = secret_name(&self.account.id, &step.user);
            let why = format!(
                "secret {secret} stays, as somebody restored it or it is not of Keywheel's making, so parameter {name} is left as it is, too"
            );
            return self.leave(step, |record| &mut record.parameter_cleared, why).await;
        }
        if let Some(stored) = self.ports.parameters().find(name).await.map_err(later)? {
            if !self.was_delivered(step, &stored).await {
                let why = format!(
                    "parameter {name} does not hand out a key that Keywheel made for the user who is gone; it is left as it is"
                );
                return self.leave(step, |record| &mut record.parameter_cleared, why).await;
            }
            self.session.hold_for(CALL_TIME).await?;
            self.ports.parameters().delete(name).await.map_err(later)?;
            tracing::info!(user = %step.user, parameter = name, "the parameter of a user who is gone is deleted for good");
        }
        self.has_done_with(step, |record| &mut record.parameter_cleared).await
    }

    /// Deletes what hosts of a user who is gone acknowledge, if the user still is.
    pub(super) async fn forget_hosts(&self, step: &Step) -> Result<(), Stopped> {
        self.refuse_in_freeze()?;
        self.refuse_if_there(step).await?;
        let mut at = None;
        loop {
            // A listing, then the calls.
            self.session.hold_for(CALL_TIME * 2).await?;
            let forgotten = self.ports.acknowledgements().forget_some(&self.account.id, &step.user, at.as_deref());
            at = forgotten.await.map_err(later)?;
            if at.is_none() {
                break;
            }
            if let Some(stopped) = self.stop_before(step, SignedDuration::ZERO) {
                return Err(stopped);
            }
            // However many there are, each time as at first.
            self.refuse_if_there(step).await?;
        }
        self.has_done_with(step, |record| &mut record.hosts_cleared).await
    }

    /// Whether somebody keeps the secret, and so what it holds.
    async fn is_restored(&self, step: &Step) -> Result<bool, Stopped> {
        let name = secret_name(&self.account.id, &step.user);
        Ok(self.find_secret(step, &name).await?.is_some_and(|state| !state.scheduled_for_deletion))
    }

    /// The secret of the user. What is not found may be where this deployment does not look.
    async fn find_secret(&self, step: &Step, name: &str) -> Result<Option<SecretState>, Stopped> {
        let secrets = self.ports.secrets();
        let found = secrets.describe(name).await.map_err(later)?;
        if found.is_some() || secrets.knows_central() {
            return Ok(found);
        }
        match self.recall(step, |record| record.secret_arn.clone()).await {
            Some(arn) => {
                Err(later(format!("secret {arn} is in the central store; hint: set SECRET_STORE_BEFORE=central")))
            }
            None => Ok(None),
        }
    }

    async fn was_delivered(&self, step: &Step, stored: &StoredParameter) -> bool {
        let Some(content) = &stored.content else { return false };
        let is_made = |record: &UserRecord| {
            record.keys.get(&content.new.id).map(|key| key.created.is_some() || key.published.is_some())
        };
        self.recall(step, is_made).await.unwrap_or(false)
    }

    /// The user may have been made again since the look.
    async fn refuse_if_there(&self, step: &Step) -> Result<(), Stopped> {
        match self.ports.iam().user(&step.user).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(later(error)),
            Ok(_) => Err(Stopped::changed("a user of that name is there")),
        }
    }

    pub(super) async fn is_of_keywheel(&self, step: &Step, state: &SecretState) -> bool {
        let known = self.recall(step, |record| Some(record.versions(&self.account.id)));
        known.await.unwrap_or_default().iter().any(|version| state.version(version).is_some())
    }

    /// Looks something up in the record of the step's very user.
    async fn recall<T>(&self, step: &Step, look: impl FnOnce(&UserRecord) -> Option<T> + Send) -> Option<T> {
        let found = self.session.read(|ledger| {
            let record = ledger.users.get(&step.user).filter(|record| record.user_id == step.user_id)?;
            look(record)
        });
        found.await
    }
}

fn later(why: impl std::fmt::Display) -> Stopped {
    Stopped::later(Reason::UserGone, why)
}
