//! What a run has to say of an account.

use keywheel_core::Timestamp;
use keywheel_core::contract::SCHEMA;
use keywheel_core::contract::digest::Digest;
use keywheel_core::contract::result::{AccountResult, StepResult, StepStatus};
use keywheel_core::id::AccountId;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::ExemptionGroup;
use keywheel_core::reason::Reason;

use super::Run;
use super::audit::{Sight, UnseenUser};
use super::outcome::Outcome;

/// What a run made of an account: the result to store, and the digests to hand to notification.
#[derive(Clone, Debug)]
pub struct AccountRun {
    /// The result.
    pub result: AccountResult,
    /// One per recipient, or several where there is much to tell.
    pub digests: Vec<Digest>,
    /// Something went wrong that a retry of this run can mend.
    pub retry_helps: bool,
}

pub(super) fn account_run(
    run: &Run,
    account: &AccountId,
    now: Timestamp,
    sight: &Sight,
    outcomes: &[Outcome],
    digests: Vec<Digest>,
) -> AccountRun {
    let retry_helps = sight.exemptions_retry_helps
        || outcomes.iter().any(|outcome| outcome.retry_helps)
        || sight.unseen.iter().any(|user| user.error.is_transient());
    let mut steps: Vec<StepResult> = outcomes.iter().flat_map(Outcome::rows).collect();
    steps.extend(sight.unseen.iter().map(unseen_row));
    let error = match &sight.exemptions {
        ExemptionGroup::Unknown { error } => Some(error.clone()),
        ExemptionGroup::NotConfigured | ExemptionGroup::Members(_) => None,
    };
    let result = AccountResult {
        schema_version: SCHEMA,
        run_id: run.id.clone(),
        account: account.clone(),
        mode: run.mode,
        at: now,
        complete: !retry_helps && error.is_none() && sight.unseen.is_empty(),
        users: sight.users.len() + sight.unseen.len(),
        keys: sight.users.iter().map(|user| user.keys.len()).sum(),
        counts: AccountResult::count(&steps),
        steps,
        error,
    };
    AccountRun { result, digests, retry_helps }
}

fn unseen_row(user: &UnseenUser) -> StepResult {
    StepResult {
        user: user.name.clone(),
        access_key_id: None,
        step: StepKind::Skip,
        reason: Reason::KeysUnknown,
        status: StepStatus::Failed,
        due: None,
        error: Some(user.error.to_string()),
    }
}
