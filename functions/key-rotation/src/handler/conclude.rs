//! After the look at an account: owners are told, the result is stored, and what is left is handed on.

use std::time::Duration;

use jiff::Timestamp;
use keywheel_core::contract::job::AccountJob;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::RunId;
use keywheel_core::policy::Mode;
use keywheel_engine::account::{AccountError, AccountRun};
use keywheel_engine::ports::RunStore;
use keywheel_runtime::{ErrorName, FunctionError, Invocation};

use super::{DIGESTS_TIME, EVENTS_TIME, KeyRotation};
use crate::errand::Errand;
use crate::failure::{Unserved, incomplete};
use crate::hand_on;
use crate::report::{self, Counts};
use crate::telling::{hand_over, tell_machines};

/// How long the invocation of itself is tried; [`super::RESERVE`] covers it, too.
const HAND_ON_TIME: Duration = Duration::from_secs(4);

impl KeyRotation {
    /// Tells the owners, stores the result, hands on what is left, and ends as an error if a retry can mend what is not done.
    pub(super) async fn conclude(
        &self,
        job: &AccountJob,
        mut account_run: AccountRun,
        invocation: &Invocation,
    ) -> Result<AccountResult, FunctionError> {
        let digests = std::mem::take(&mut account_run.digests);
        let failed = hand_over(&self.invoker, &self.config.notification_function, &digests, DIGESTS_TIME).await;
        if let Some(error) = failed.first() {
            account_run.note_error(&format!(
                "{} of {} digests could not be handed over: {error}",
                failed.len(),
                digests.len()
            ));
        }
        // Neither waits for the other: a retry finds the steps done, and would tell nobody of them.
        let (stored, failed_events) = tokio::join!(
            self.store(&account_run.result),
            tell_machines(self.event_bus.as_ref(), &account_run.result, EVENTS_TIME),
        );
        let stored = match stored {
            Ok(()) => self.hand_on(job, &mut account_run, invocation).await,
            Err(error) => Err(error),
        };
        report::log(&account_run.result);
        let (digests, failed_digests) = (digests.len(), failed.len());
        let counts = Counts { digests, failed_digests, failed_events, ..Counts::of(&account_run) };
        report::count(&account_run.result, counts, Timestamp::now());
        stored?;
        let AccountRun { result, retry_helps, .. } = account_run;
        if retry_helps { Err(incomplete(&result)) } else { Ok(result) }
    }

    /// Hands on what is left; the next invocation adds to the stored result, so it comes after it.
    async fn hand_on(
        &self,
        job: &AccountJob,
        account_run: &mut AccountRun,
        invocation: &Invocation,
    ) -> Result<(), FunctionError> {
        let Some(event) = hand_on::event(job, account_run) else { return Ok(()) };
        match hand_on::invoke(&self.invoker, &invocation.function_arn, &event, HAND_ON_TIME).await {
            Ok(()) => Ok(()),
            Err(error) => {
                account_run.keep_the_rest(&error);
                self.store(&account_run.result).await
            }
        }
    }

    /// Stores that nothing was looked at, and why, and ends as an error if a retry or a person can mend that.
    pub(super) async fn conclude_unserved(
        &self,
        errand: &Errand,
        run_id: &RunId,
        mode: Mode,
        unserved: Unserved,
    ) -> Result<AccountResult, FunctionError> {
        let job = &errand.job;
        let error = format!("{unserved}{}", errand.by_hand());
        if let Unserved::Failed(AccountError::Busy { .. } | AccountError::Overtaken { .. }) = unserved {
            // The run that holds the claim stores the account's result.
            return Err(FunctionError::new(ErrorName::AccountBusy, error));
        }
        let unreachable = matches!(unserved, Unserved::Unreachable(_));
        let result = report::unserved(job, run_id, mode, Timestamp::now(), &error);
        let result = AccountResult { unreachable, ..result };
        report::log(&result);
        report::count(&result, Counts::default(), Timestamp::now());
        self.store(&result).await?;
        match unserved.function_error() {
            Some(name) => Err(FunctionError::new(name, error)),
            None => Ok(result),
        }
    }

    async fn store(&self, result: &AccountResult) -> Result<(), FunctionError> {
        self.state.put_result(result).await.map_err(|error| {
            let before = result.error.clone().unwrap_or_else(|| "what was done is in the ledger and in the log".to_owned());
            let text = format!(
                "account {}, run {}: the result could not be stored: {error}. Before that: {before}. A retry takes up only what is left",
                result.account, result.run_id
            );
            FunctionError::new(ErrorName::StateUnavailable, text)
        })
    }
}
