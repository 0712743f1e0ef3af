//! Carries a reviewed plan out in this process, in the own account alone: for a single account, whose member roles trust no function.
//!
//! It is the functions' own engine, and the ledger keeps it and a night apart.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use keywheel_aws::{AccountPorts, AwsAcknowledgements, LambdaInvoker, S3State, Session, SystemClock};
use keywheel_core::contract::digest::Digest;
use keywheel_core::contract::plan_file::PlannedAccount;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::{AccountId, RunId};
use keywheel_core::policy::Mode;
use keywheel_core::time::{clock_is_off, plus};
use keywheel_engine::account::{Account, AccountRun, Run, look_after};
use keywheel_engine::ports::{Clock, Invoker, LedgerStore, RunStore};
use keywheel_runtime::RotationConfig;

use super::send::{Answer, reviewed};
use crate::config::Configuration;
use crate::deployment::{CallFailed, Function};
use crate::exit::failed;
use crate::interrupt::Interrupt;
use crate::session::Hub;

/// What the writers of local runs end with.
const LOCAL: &str = "-local";

/// As long as a function may run.
const RUN_TIME: SignedDuration = SignedDuration::from_mins(15);

/// How long one digest may take to be handed over.
const DIGEST_TIME: Duration = Duration::from_secs(12);

/// What a local run needs besides the plan.
pub(super) struct Local {
    rotation: RotationConfig,
    state: S3State,
}

impl Local {
    /// Refuses what a night would not do either: to change something in audit, or without a memory.
    pub(super) async fn new(hub: &Hub, configuration: &Configuration) -> anyhow::Result<Self> {
        let rotation = configuration.rotation()?;
        if rotation.mode != Mode::Enforce {
            let hint = "set RUN_MODE=enforce, in the environment or in keywheel.toml; keywheel config show --origin says where it comes from";
            return Err(failed("RUN_MODE is audit, in which nothing is changed", hint));
        }
        let Some(place) = configuration.state()? else {
            let hint = "set STATE_BUCKET: without it nothing is remembered of what was done, and a night would not be kept out";
            return Err(failed("there is no state bucket", hint));
        };
        // It is told of whose keys were changed.
        Function::of(hub, &rotation.notification_function).await?;
        let state = S3State::new(&hub.config, place.bucket.as_str(), place.prefix.as_str());
        Ok(Self { rotation, state })
    }

    /// How many changes it makes.
    pub(super) fn max_changes(&self) -> usize {
        self.rotation.policy.max_changes
    }

    /// Refuses an account that a function looks after: its settings, exemptions and role are not those of this process.
    pub(super) async fn refuse_deployed(&self, account: &AccountId) -> anyhow::Result<()> {
        let stored = self.state.load(account).await;
        let stored = stored.map_err(|error| {
            failed(
                format!("the ledger of account {account} cannot be read: {error}"),
                "the state bucket must be readable",
            )
        })?;
        let writer = &stored.ledger.writer;
        if writer.is_empty() || writer.ends_with(LOCAL) {
            return Ok(());
        }
        let what = format!("a deployed function looks after account {account}: it wrote the account's ledger");
        Err(failed(what, "leave --local out: the function carries the plan out by its own settings"))
    }

    /// Carries the account's steps out, has the owners told, and stores the result. Ctrl-C breaks no step off, and none begins after it.
    pub(super) async fn carry_out(
        &self,
        hub: &Hub,
        run_id: &RunId,
        planned: PlannedAccount,
        interrupt: &Interrupt,
    ) -> Answer {
        // AWS's clock is asked again: the question may have stood for long.
        let session = match Session::own(&hub.config).await {
            Ok(session) => session,
            Err(error) => return Answer::Failed(CallFailed::NotRun(error.to_string())),
        };
        let now = Timestamp::now();
        let deadline = plus(now, RUN_TIME);
        let ports = AccountPorts::new(
            &session,
            &session.config,
            self.rotation.secrets.clone(),
            self.rotation.parameters.clone(),
            AwsAcknowledgements::new(&hub.config, self.rotation.ack_bucket.clone()),
            self.state.clone(),
            deadline,
        )
        .by_clock(UntilInterrupted(interrupt));
        let run = enforcing(run_id, deadline, clock_is_off(session.answered_at, now), &planned);
        let account = Account {
            id: planned.account_id,
            name: planned.name,
            email: planned.email,
            partition: session.partition.clone(),
            region: hub.region(),
            writers: session.writers.clone(),
        };
        match Box::pin(look_after(&ports, &run, &account, &self.rotation.account_settings())).await {
            Ok(run) => self.conclude(hub, run).await,
            Err(error) => Answer::Failed(CallFailed::NotRun(error.to_string())),
        }
    }

    async fn conclude(&self, hub: &Hub, mut run: AccountRun) -> Answer {
        let invoker = LambdaInvoker::new(&hub.config, DIGEST_TIME);
        for digest in std::mem::take(&mut run.digests) {
            if let Err(error) = self.hand_over(&invoker, &digest).await {
                run.note_error(&format!(
                    "owners are told by a later run, because function {} does not take it: {error}",
                    self.rotation.notification_function
                ));
                break;
            }
        }
        if let Err(error) = self.state.put_result(&run.result).await {
            run.note_error(&format!("the result could not be stored: {error}"));
        }
        Answer::Result(Box::<AccountResult>::new(run.result))
    }

    async fn hand_over(&self, invoker: &LambdaInvoker, digest: &Digest) -> Result<(), String> {
        let event = serde_json::to_value(digest).map_err(|error| error.to_string())?;
        invoker.invoke(&self.rotation.notification_function, &event).await.map_err(|error| error.to_string())
    }
}

/// A run that carries the planned steps out, and nothing else.
fn enforcing(run_id: &RunId, deadline: Timestamp, clock_is_off: bool, planned: &PlannedAccount) -> Run {
    Run {
        id: run_id.clone(),
        mode: Mode::Enforce,
        writer: format!("{:016x}{LOCAL}", fastrand::u64(..)),
        deadline,
        forced: Vec::new(),
        sweep: false,
        clock_is_off,
        explicit: None,
        reviewed: Some(reviewed(planned)),
        inherited: None,
    }
}

/// The system's clock, by which no time is left once Ctrl-C came: the engine then begins nothing else, as at its deadline.
struct UntilInterrupted<'a>(&'a Interrupt);

impl Clock for UntilInterrupted<'_> {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    fn left_until(&self, deadline: Timestamp) -> SignedDuration {
        if self.0.came() { SignedDuration::ZERO } else { deadline.duration_since(self.now()) }
    }

    async fn sleep(&self, time: Duration) {
        SystemClock.sleep(time).await;
    }
}
