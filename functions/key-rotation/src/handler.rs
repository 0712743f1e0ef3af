//! One event: from the account job to the stored result.

mod conclude;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keywheel_aws::{
    AccountPorts, AwsAcknowledgements, EventBus, LambdaInvoker, S3State, SdkConfig, Session, SessionFailed,
};
use keywheel_core::contract::event::RotationEvent;
use keywheel_core::contract::job::AccountJob;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::RunId;
use keywheel_core::policy::Mode;
use keywheel_core::time::{clock_is_off, minus};
use keywheel_engine::account::{Account, AccountRun, Run, look_after};
use keywheel_engine::deployment::SecretStore;
use keywheel_runtime::{FunctionError, Handler, Invocation, RotationConfig, run_id};
use serde_json::Value;
use tokio::sync::OnceCell;
use tracing::Instrument;

use crate::errand::Errand;
use crate::failure::{Unserved, named, refused};
use crate::hand_on;

/// What is kept of the invocation's time for digests, the result and the answer.
const RESERVE: SignedDuration = SignedDuration::from_secs(25);

/// How long the digests are tried, all together; less than [`RESERVE`], so that the result is stored, and what is left handed on,
/// whatever becomes of them.
const DIGESTS_TIME: Duration = Duration::from_secs(12);

/// How long events for machines are tried, all together; [`RESERVE`] covers it, too.
const EVENTS_TIME: Duration = Duration::from_secs(5);

/// The function, started.
pub(crate) struct KeyRotation {
    config: RotationConfig,
    sdk: SdkConfig,
    state: S3State,
    invoker: LambdaInvoker,
    event_bus: Option<EventBus>,
    /// Who this function is, asked for once where secrets are kept in its account.
    own: OnceCell<Vec<String>>,
}

impl Handler for KeyRotation {
    type Response = AccountResult;

    async fn handle(&self, event: Value, invocation: Invocation) -> Result<AccountResult, FunctionError> {
        let errand = errand(event, &invocation).inspect_err(FunctionError::log)?;
        let run_id = run_id(errand.job.run_id.clone(), Timestamp::now(), &invocation.request_id);
        let span = tracing::info_span!("account", run_id = run_id.as_str(), account = errand.job.account.as_str());
        span.in_scope(|| errand.log());
        let served = Box::pin(self.serve(&errand, run_id, &invocation)).instrument(span.clone());
        served.await.inspect_err(|error| span.in_scope(|| error.log()))
    }
}

impl KeyRotation {
    pub(crate) fn new(config: RotationConfig, sdk: SdkConfig) -> Self {
        let state = S3State::new(&sdk, config.state.bucket.as_str(), config.state.prefix.as_str());
        let invoker = LambdaInvoker::new(&sdk, DIGESTS_TIME);
        let event_bus = config.event_bus.as_deref().map(|bus| EventBus::new(&sdk, bus, EVENTS_TIME));
        Self { config, sdk, state, invoker, event_bus, own: OnceCell::new() }
    }

    async fn serve(
        &self,
        errand: &Errand,
        run_id: RunId,
        invocation: &Invocation,
    ) -> Result<AccountResult, FunctionError> {
        let job = &errand.job;
        let mode = self.config.mode.lowered_by(job.mode);
        let looked_after = match self.session(job, &run_id).await {
            Ok(session) => Box::pin(self.look_after(errand, &run_id, mode, &session, invocation)).await,
            Err(error) => Err(error),
        };
        match looked_after {
            Ok(account_run) => self.conclude(job, account_run, invocation).await,
            Err(unserved) => self.conclude_unserved(errand, &run_id, mode, unserved).await,
        }
    }

    async fn session(&self, job: &AccountJob, run_id: &RunId) -> Result<Session, Unserved> {
        let session = match &self.config.member_role {
            Some(role) => Session::of_member(&self.sdk, &job.account, role, run_id).await,
            None => Session::own(&self.sdk).await,
        };
        let session = session.map_err(Unserved::Unreachable)?;
        if session.account == job.account {
            Ok(session)
        } else {
            Err(Unserved::OtherAccount { account: job.account.clone(), own: session.account })
        }
    }

    /// Who writes secrets, the configured store's writer first. Where the deployment moved from one store to the other, secrets are written in
    /// both until all have moved.
    async fn writers(&self, session: &Session) -> Result<Vec<String>, SessionFailed> {
        let member = session.writers.clone();
        if self.config.secrets.store == SecretStore::Member {
            return Ok(member);
        }
        let own = async || Ok::<_, SessionFailed>(Session::own(&self.sdk).await?.writers);
        let hub = self.own.get_or_try_init(own).await?.clone();
        let is_central = self.config.secrets.store == SecretStore::Central;
        let (first, second) = if is_central { (hub, member) } else { (member, hub) };
        let further: Vec<_> = second.into_iter().filter(|writer| !first.contains(writer)).collect();
        Ok(first.into_iter().chain(further).collect())
    }

    async fn look_after(
        &self,
        errand: &Errand,
        run_id: &RunId,
        mode: Mode,
        session: &Session,
        invocation: &Invocation,
    ) -> Result<AccountRun, Unserved> {
        let job = &errand.job;
        let deadline = minus(invocation.deadline, RESERVE);
        let (secrets, parameters) = (self.config.secrets.clone(), self.config.parameters.clone());
        let writers = self.writers(session).await.map_err(Unserved::Unreachable)?;
        let acknowledgements = AwsAcknowledgements::new(&self.sdk, self.config.ack_bucket.clone());
        let state = self.state.clone();
        let ports = AccountPorts::new(session, &self.sdk, secrets, parameters, acknowledgements, state, deadline);
        let run = Run {
            id: run_id.clone(),
            mode,
            writer: format!("{}-{:016x}", invocation.request_id, fastrand::u64(..)),
            deadline,
            forced: job.force_rotate.clone(),
            sweep: job.sweep,
            clock_is_off: clock_is_off(session.answered_at, Timestamp::now()),
            explicit: errand.action.clone(),
            reviewed: job.plan.clone(),
            inherited: hand_on::inherited(job),
        };
        let account = Account {
            id: job.account.clone(),
            name: job.name.clone(),
            email: job.email.clone(),
            partition: session.partition.clone(),
            region: self.sdk.region().map(ToString::to_string).unwrap_or_default(),
            writers,
        };
        look_after(&ports, &run, &account, &self.config.account_settings()).await.map_err(Unserved::Failed)
    }
}

/// What the event asks for, if it asks for anything.
fn errand(event: Value, invocation: &Invocation) -> Result<Errand, FunctionError> {
    let named = named(&event);
    let event = RotationEvent::parse(event).map_err(|error| refused(&named, &error))?;
    let errand = Errand::of(event, &invocation.function_arn, &invocation.request_id);
    errand.map_err(|error| refused(&named, &error))
}

#[cfg(test)]
mod tests;
