//! Puts away the secret that stayed in the store from which the deployment moved.

use keywheel_core::plan::Step;
use keywheel_core::reason::Reason;
use keywheel_core::secret::secret_name;

use super::execute::Executor;
use super::outcome::{Outcome, Stopped};
use super::session::LEASE;
use crate::ports::{Clock, Ports, Secrets};

impl<P: Ports> Executor<'_, P> {
    /// Writes down that the former secret stays, before there is another.
    pub(super) async fn note_left(&self, step: &Step, name: &str) -> Result<(), Stopped> {
        tracing::warn!(
            secret = name,
            "the secret stays in the store from which the deployment moved; the new pair goes to a new one"
        );
        let now = self.ports.clock().now();
        let noted = self.session.write(|ledger| {
            ledger.user_mut(&step.user, &step.user_id).secret_left = Some(now);
        });
        Ok(noted.await?)
    }

    /// Schedules the former secret of a user who is there for deletion, if the other one hands out the user's only key.
    pub(super) async fn schedule_former_secret(&self, step: &Step) -> Result<(), Stopped> {
        self.refuse_in_freeze()?;
        self.check(step).await?;
        let name = secret_name(&self.account.id, &step.user);
        let state = self.ports.secrets().describe(&name).await.map_err(later)?;
        if state.is_none_or(|state| state.left_behind || state.scheduled_for_deletion) {
            return Err(later(format!(
                "secret {name} is not in the configured store, so the former one is left as it is"
            )));
        }
        self.put_former_away(step, &name).await
    }

    /// The step's outcome. What waits for the former store to be named is never overdue: no secret outside the configured store is looked for.
    pub(super) async fn ended_with_former(&self, step: Step, done: Result<(), Stopped>) -> Outcome {
        let is_out_of_reach =
            done.is_err() && !self.ports.secrets().knows_former() && self.has_left_a_secret(&step).await;
        let due = step.due.filter(|_| !is_out_of_reach);
        self.ended(Step { due, ..step }, done)
    }

    /// Schedules the former secret for deletion, if it is of Keywheel's making for that very user, and has done with it: one that is not stays, and
    /// this is said once.
    pub(super) async fn put_former_away(&self, step: &Step, name: &str) -> Result<(), Stopped> {
        let found = self.ports.secrets().former(name).await.map_err(later)?;
        let found = found.filter(|state| !state.scheduled_for_deletion);
        let is_foreign = match &found {
            Some(state) => !self.is_of_keywheel(step, state).await,
            None => false,
        };
        if found.is_some() && !is_foreign {
            // It is looked at once more, and its replicas are taken away first.
            self.session.hold_for(LEASE).await?;
            self.ports.secrets().schedule_former(name).await.map_err(later)?;
        }
        self.session.write(|ledger| ledger.user_mut(&step.user, &step.user_id).secret_left = None).await?;
        if is_foreign {
            let why =
                format!("the former secret {name} has no version that Keywheel made for the user; it is left as it is");
            return Err(later(why));
        }
        Ok(())
    }
}

fn later(why: impl std::fmt::Display) -> Stopped {
    Stopped::later(Reason::SecretMoved, why)
}
