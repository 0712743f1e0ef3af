//! How an invocation ends where not everything went well.

use keywheel_aws::SessionFailed;
use keywheel_core::contract::result::{AccountResult, StepResult};
use keywheel_core::id::AccountId;
use keywheel_engine::account::AccountError;
use keywheel_engine::ports::ReadFailed;
use keywheel_runtime::{ErrorName, FunctionError};
use serde_json::Value;

/// How many things left undone an error names; the stored result has them all.
const NAMED: usize = 5;

/// An account that could not be looked after.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unserved {
    #[error(transparent)]
    Unreachable(SessionFailed),
    #[error(
        "account {account} is not this function's own, {own}, and no MEMBER_ROLE_NAME is set to reach it; nothing was changed. Set \
         MEMBER_ROLE_NAME, or send events about {own} only"
    )]
    OtherAccount { account: AccountId, own: AccountId },
    #[error(transparent)]
    Failed(AccountError),
}

impl Unserved {
    /// The error to end with; none where no retry helps and the stored result says it all.
    pub(crate) fn function_error(&self) -> Option<ErrorName> {
        match self {
            Unserved::Unreachable(failed) => failed.is_transient().then_some(ErrorName::AccountUnreachable),
            Unserved::OtherAccount { .. } => Some(ErrorName::EventInvalid),
            Unserved::Failed(AccountError::Busy { .. } | AccountError::Overtaken { .. }) => {
                Some(ErrorName::AccountBusy)
            }
            Unserved::Failed(AccountError::Ledger { source: ReadFailed::Refused(_), .. }) => {
                Some(ErrorName::LedgerRefused)
            }
            Unserved::Failed(
                AccountError::Ledger { .. } | AccountError::Notices { .. } | AccountError::Journal { .. },
            ) => Some(ErrorName::StateUnavailable),
            Unserved::Failed(AccountError::Audit { source, .. }) => {
                source.is_transient().then_some(ErrorName::RunIncomplete)
            }
        }
    }
}

/// What an event that may be refused calls itself, for the error.
pub(crate) fn named(event: &Value) -> String {
    let field = |name: &str| {
        let text: String = event.get(name)?.as_str()?.chars().take(64).collect();
        Some(format!("{name} {text:?}: "))
    };
    ["account", "action", "username", "run_id"].into_iter().filter_map(field).collect()
}

/// The error of an event that is none.
pub(crate) fn refused(named: &str, error: &impl std::fmt::Display) -> FunctionError {
    FunctionError::new(ErrorName::EventInvalid, format!("{named}{error}. Nothing was changed"))
}

/// The error of an account in which something that a retry can mend is left undone.
pub(crate) fn incomplete(result: &AccountResult) -> FunctionError {
    let left = result.steps.iter().filter_map(|step| Some(left_undone(step, step.error.as_deref()?)));
    let mut left: Vec<_> = result.error.iter().cloned().chain(left).collect();
    if left.len() > NAMED {
        let more = left.len() - NAMED;
        left.truncate(NAMED);
        left.push(format!("and {more} more"));
    }
    let text = format!(
        "account {account}, run {run}: not everything that is due was done; a retry takes up what is left. All steps are in \
         runs/{run}/accounts/{account}.json. {}",
        left.join("; "),
        account = result.account,
        run = result.run_id,
    );
    FunctionError::new(ErrorName::RunIncomplete, text)
}

fn left_undone(step: &StepResult, why: &str) -> String {
    let key = step.access_key_id.as_ref().map(|key| format!(" (key {key})")).unwrap_or_default();
    format!("{} of user {}{key} {}: {why}", step.step.as_str(), step.user, step.status.as_str())
}
