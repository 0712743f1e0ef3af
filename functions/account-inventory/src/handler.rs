//! One event: from the scheduler's call to the stored result.

use std::time::Duration;

use jiff::SignedDuration;
use keywheel_aws::{
    AwsAcknowledgements, AwsDepartures, AwsOrganization, AwsSecrets, LambdaInvoker, S3State, SdkConfig, Session,
    SessionFailed, SystemClock, session_name,
};
use keywheel_core::contract::finish::FinishResult;
use keywheel_core::contract::manifest::InventoryResult;
use keywheel_core::id::RunId;
use keywheel_core::policy::Mode;
use keywheel_core::time::{Days, minus};
use keywheel_engine::deployment::SecretOptions;
use keywheel_engine::inventory::{
    self, FanOutPorts, Finish, FinishError, GoOnEvent, GoingOn, InvalidEvent, InventoryEvent, InventoryPorts,
    InventoryRun, InventorySettings, PuttingAway, RunEvent, WantedRun,
};
use keywheel_engine::ports::{Clock, ListedAccount, Organization};
use keywheel_runtime::{ErrorName, FunctionError, Handler, InventoryConfig, Invocation, run_id};
use serde::Serialize;
use serde_json::Value;
use tracing::Instrument;

use crate::report;

/// The engine has its own patience with throttling, for all accounts together.
const INVOKER_PATIENCE: Duration = Duration::ZERO;

/// So much time is left when putting away another account is begun with.
const ONE_ACCOUNT: SignedDuration = SignedDuration::from_mins(2);

/// The function, started.
pub(crate) struct AccountInventory {
    mode: Mode,
    org_list_role_arn: Option<String>,
    settings: InventorySettings,
    housekeeping_after: Option<Days>,
    ack_bucket: Option<String>,
    sdk: SdkConfig,
    state: S3State,
    invoker: LambdaInvoker,
}

/// What the function returns.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// Of a run, or of a part of one.
    Run(InventoryResult),
    /// Of a run that was accounted for.
    Finish(FinishResult),
    /// No run became the latest yet.
    NoRun {
        /// None.
        run_id: Option<RunId>,
    },
}

impl Handler for AccountInventory {
    type Response = Answer;

    async fn handle(&self, event: Value, invocation: Invocation) -> Result<Answer, FunctionError> {
        let event = InventoryEvent::parse(&event).map_err(|error| refused(&error)).inspect_err(FunctionError::log)?;
        match event {
            InventoryEvent::Run(event) => self.run(event, invocation).await.map(Answer::Run),
            InventoryEvent::GoOn(event) => self.go_on(event, invocation).await.map(Answer::Run),
            InventoryEvent::Finish(run) => self.finish(run, &invocation).await,
        }
    }
}

impl AccountInventory {
    pub(crate) fn new(config: InventoryConfig, sdk: SdkConfig) -> Self {
        let state = S3State::new(&sdk, config.state.bucket.as_str(), config.state.prefix.as_str());
        let invoker = LambdaInvoker::new(&sdk, INVOKER_PATIENCE);
        let mode = config.mode;
        let org_list_role_arn = config.org_list_role_arn.clone();
        let (housekeeping_after, ack_bucket) = (config.housekeeping_after, config.ack_bucket.clone());
        let settings = config.inventory_settings();
        Self { mode, org_list_role_arn, settings, housekeeping_after, ack_bucket, sdk, state, invoker }
    }

    async fn run(&self, event: RunEvent, invocation: Invocation) -> Result<InventoryResult, FunctionError> {
        let asks_for_more = self.mode.lowered_by(event.mode) != event.mode.unwrap_or(self.mode);
        let run = InventoryRun {
            becomes_latest: event == RunEvent::default(),
            run_id: run_id(event.run_id, SystemClock.now(), &invocation.request_id),
            mode: self.mode.lowered_by(event.mode),
            sweep: event.sweep,
            accounts: event.accounts,
            deadline: invocation.deadline,
            function: invocation.function_arn,
        };
        let span = tracing::info_span!("run", run_id = run.run_id.as_str(), mode = run.mode.as_str());
        let work = async {
            if asks_for_more {
                tracing::warn!("the event asks for enforce and RUN_MODE is audit: this run audits");
            }
            self.carry_out(&run).await.inspect_err(FunctionError::log)
        };
        work.instrument(span).await
    }

    async fn carry_out(&self, run: &InventoryRun) -> Result<InventoryResult, FunctionError> {
        let organization = self.organization(&run.run_id).await?;
        let ports = InventoryPorts { organization: &organization, fan_out: self.fan_out() };
        let ended = inventory::run(ports, &self.settings, run).await;
        report::count(&ended, SystemClock.now());
        ended.map_err(|error| report::named(&error))
    }

    async fn go_on(&self, event: GoOnEvent, invocation: Invocation) -> Result<InventoryResult, FunctionError> {
        let going_on = GoingOn {
            run_id: event.run_id,
            hop: event.hop,
            mode: self.mode.lowered_by(event.mode),
            deadline: invocation.deadline,
            function: invocation.function_arn,
        };
        let span = tracing::info_span!("run", run_id = going_on.run_id.as_str(), hop = going_on.hop);
        let work = async {
            let ended = inventory::go_on(&self.fan_out(), &self.settings, &going_on).await;
            report::count(&ended, SystemClock.now());
            ended.map_err(|error| report::named(&error)).inspect_err(FunctionError::log)
        };
        work.instrument(span).await
    }

    async fn finish(&self, run: WantedRun, invocation: &Invocation) -> Result<Answer, FunctionError> {
        let span = tracing::info_span!("finish", run_id = tracing::field::Empty);
        let finish = Finish { deadline: invocation.deadline, run: run.clone() };
        let work = async {
            let ended = inventory::finish(&self.state, &SystemClock, &finish).await;
            report::count_finish(&ended, SystemClock.now());
            if let Some(record) = report::record_of(&ended).filter(|_| run == WantedRun::Latest) {
                self.put_away(&record.run_id, invocation).await;
            }
            if let Err(error @ FinishError::NoLatestRun) = &ended {
                // The schedule comes before the first run; that there is none for a day alarms by itself.
                tracing::warn!(%error, "nothing to account for");
                return Ok(Answer::NoRun { run_id: None });
            }
            let ended = ended.map(|record| Answer::Finish(record.in_short()));
            ended.map_err(|error| report::named_finish(&error)).inspect_err(FunctionError::log)
        };
        work.instrument(span).await
    }

    /// Puts away what is left of accounts that left the organization. What fails is tried again a week later, and is no failure of the run.
    async fn put_away(&self, run: &RunId, invocation: &Invocation) {
        let Some(grace) = self.housekeeping_after.filter(|_| self.mode == Mode::Enforce) else { return };
        let acknowledgements = AwsAcknowledgements::new(&self.sdk, self.ack_bucket.clone());
        let store = AwsDepartures { state: self.state.clone(), acknowledgements };
        let hub = AwsSecrets::new(&self.sdk, &self.sdk, SecretOptions::default());
        // arn:aws:lambda:<Region>:<account>:function:…
        let home = invocation.function_arn.split(':').nth(4).and_then(|account| account.parse().ok());
        let wanted = PuttingAway { home, grace, until: minus(invocation.deadline, ONE_ACCOUNT) };
        let listing = self.listing(run);
        // Boxed, because it holds the calls of three services, and most nights make none of them.
        let ended = Box::pin(inventory::put_away(&store, &hub, &SystemClock, listing, run, wanted)).await;
        report::put_away(&ended, run, SystemClock.now());
    }

    /// Every account of the organization at the moment at which it is awaited.
    async fn listing(&self, run: &RunId) -> Result<Vec<ListedAccount>, String> {
        let organization = self.organization(run).await.map_err(|error| error.to_string())?;
        organization.accounts().await.map_err(|error| error.to_string())
    }

    fn fan_out(&self) -> FanOutPorts<'_, LambdaInvoker, S3State, SystemClock> {
        FanOutPorts { invoker: &self.invoker, runs: &self.state, clock: &SystemClock }
    }

    async fn organization(&self, run_id: &RunId) -> Result<AwsOrganization, FunctionError> {
        let Some(role_arn) = &self.org_list_role_arn else {
            return Ok(AwsOrganization::new(&self.sdk));
        };
        let session = Session::of_role(&self.sdk, role_arn, None, &session_name(run_id)).await;
        let session = session.map_err(|failed| unassumed(role_arn, &failed))?;
        Ok(AwsOrganization::new(&session.config))
    }
}

fn refused(error: &InvalidEvent) -> FunctionError {
    FunctionError::new(ErrorName::EventInvalid, format!("{error}. No account was invoked"))
}

/// The session's own message speaks of member accounts; this role lists the organization.
fn unassumed(role_arn: &str, failed: &SessionFailed) -> FunctionError {
    let cause = failed.cause().map_or_else(|| failed.to_string(), ToString::to_string);
    let message = format!(
        "the role of ORG_LIST_ROLE_ARN, {role_arn}, cannot be assumed, so no account was invoked: {cause}. Make sure that the role exists, \
         that its trust policy names this function's role, and that this function's role may call sts:AssumeRole on it"
    );
    FunctionError::new(ErrorName::InventoryFailed, message)
}
