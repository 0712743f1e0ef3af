//! How a step ended.

use keywheel_core::Timestamp;
use keywheel_core::contract::result::{StepResult, StepStatus};
use keywheel_core::id::AccessKeyId;
use keywheel_core::plan::{Action, Step, StepKind};
use keywheel_core::reason::Reason;

use super::session::SessionError;
use crate::ports::{ErrorKind, PortError};

/// A step and how it ended.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) step: Step,
    pub(super) status: StepStatus,
    /// Why it ended so, where that is not the step's own reason.
    pub(super) because: Option<Reason>,
    pub(super) error: Option<String>,
    /// A later try may succeed without anybody mending something.
    pub(super) retry_helps: bool,
    /// It failed because AWS refused it for the rate.
    pub(super) throttled: bool,
    /// The key that was made, where one was.
    pub(super) made: Option<AccessKeyId>,
    /// When what follows is due: what the owners are told.
    pub(super) next_due: Option<Timestamp>,
    /// A replacement was published, which is a step of its own in the result.
    pub(super) published: Option<StepStatus>,
    /// Why the new key did not give way though the old one works again.
    pub(super) kept: Option<Stopped>,
    /// Why the user's parameter does not hold the key that the secret hands out.
    pub(super) undelivered: Option<Stopped>,
    /// The ARN of the secret that hands out the key that was made, where it is in the central store.
    pub(super) secret_arn: Option<String>,
    /// Why some Region has no replica of that secret.
    pub(super) unreplicated: Option<Stopped>,
}

/// Why a changing step was not, or not wholly, carried out.
#[derive(Clone, Debug)]
pub(super) enum Stopped {
    /// It waits for a later run.
    Deferred {
        reason: Reason,
        why: String,
        /// A retry of this very run would help.
        retry_helps: bool,
    },
    /// It was tried and did not succeed.
    Failed {
        error: String,
        retry_helps: bool,
        /// AWS refused it for the rate: that says nothing against other changes.
        throttled: bool,
    },
}

impl Stopped {
    /// What was seen right before the call differs from what the step was planned on.
    pub(super) fn changed(why: impl Into<String>) -> Self {
        Stopped::Deferred { reason: Reason::PreconditionChanged, why: why.into(), retry_helps: false }
    }

    /// It waits for the next sweep; no retry of this run helps.
    pub(super) fn later(reason: Reason, why: impl std::fmt::Display) -> Self {
        Stopped::Deferred { reason, why: why.to_string(), retry_helps: false }
    }

    /// A guard refuses what an explicit action asked for.
    pub(super) fn refused(step: &Step) -> Option<Self> {
        let Action::Refuse { why } = &step.action else { return None };
        Some(Stopped::Deferred { reason: step.reason, why: why.clone(), retry_helps: false })
    }

    /// Whether a retry of this very run may succeed.
    pub(super) fn is_mended_by_a_retry(&self) -> bool {
        match self {
            Stopped::Deferred { retry_helps, .. } | Stopped::Failed { retry_helps, .. } => *retry_helps,
        }
    }

    /// The row of what was not, or not wholly, carried out.
    fn row(&self, row: StepResult) -> StepResult {
        match self {
            Stopped::Deferred { reason, why, .. } => {
                StepResult { status: StepStatus::Deferred, reason: *reason, error: Some(why.clone()), ..row }
            }
            Stopped::Failed { error, .. } => {
                StepResult { status: StepStatus::Failed, error: Some(error.clone()), ..row }
            }
        }
    }

    /// Failed for good, unless somebody mends something.
    pub(super) fn failed(error: impl Into<String>) -> Self {
        Stopped::Failed { error: error.into(), retry_helps: false, throttled: false }
    }
}

impl From<PortError> for Stopped {
    fn from(error: PortError) -> Self {
        let (retry_helps, throttled) = (error.is_transient(), error.kind == ErrorKind::Throttled);
        Stopped::Failed { error: error.to_string(), retry_helps, throttled }
    }
}

impl From<SessionError> for Stopped {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::ClaimLost => {
                Stopped::Deferred { reason: Reason::ClaimLost, why: error.to_string(), retry_helps: true }
            }
            SessionError::Failed(_) => {
                Stopped::Failed { error: error.to_string(), retry_helps: true, throttled: false }
            }
        }
    }
}

impl From<serde_json::Error> for Stopped {
    fn from(error: serde_json::Error) -> Self {
        Stopped::failed(format!("the secret's value could not be written as JSON: {error}"))
    }
}

impl Outcome {
    /// The step ended so, with nothing more to say.
    pub(super) fn of(step: Step, status: StepStatus) -> Self {
        let next_due = step.ends.or(step.due);
        Self {
            step,
            status,
            because: None,
            error: None,
            retry_helps: false,
            throttled: false,
            made: None,
            next_due,
            published: None,
            kept: None,
            undelivered: None,
            secret_arn: None,
            unreplicated: None,
        }
    }

    /// What an enforcing run would do; of what it would refuse, that it would.
    pub(super) fn planned(step: Step) -> Self {
        match Stopped::refused(&step) {
            Some(stopped) => Self::stopped(step, stopped),
            None => Self::of(step, StepStatus::Planned),
        }
    }

    /// The step was not carried out.
    pub(super) fn stopped(step: Step, stopped: Stopped) -> Self {
        match stopped {
            Stopped::Deferred { reason, why, retry_helps } => {
                Self { because: Some(reason), error: Some(why), retry_helps, ..Self::of(step, StepStatus::Deferred) }
            }
            Stopped::Failed { error, retry_helps, throttled } => {
                Self { error: Some(error), retry_helps, throttled, ..Self::of(step, StepStatus::Failed) }
            }
        }
    }

    /// The step was carried out at `now`; what follows is counted from then.
    pub(super) fn done(step: Step, now: Timestamp) -> Self {
        let follows = step.next_after.map(|days| keywheel_core::time::after(now, days));
        let done = Self::of(step, StepStatus::Done);
        Self { next_due: follows.or(done.next_due), ..done }
    }

    /// Whether it counts for the circuit breaker: what AWS refused for the rate says nothing against other changes.
    pub(super) fn is_failure(&self) -> bool {
        let is_undelivered = matches!(self.undelivered, Some(Stopped::Failed { throttled: false, .. }));
        is_undelivered || (self.status == StepStatus::Failed && !self.throttled)
    }

    /// The rows of the result: a replacement has two, its making and its publication, and a rollback one per key; and one more where a parameter
    /// or a replica could not be brought into step.
    pub(super) fn rows(&self) -> Vec<StepResult> {
        let mut rows = self.rows_of_keys();
        let last = rows.last().cloned();
        let behind = [(&self.undelivered, Reason::ParameterBehind), (&self.unreplicated, Reason::ReplicaBehind)];
        rows.extend(behind.into_iter().filter_map(|(stopped, reason)| {
            let key = self.made.clone().or_else(|| self.step.key.clone());
            let row = StepResult { access_key_id: key, step: StepKind::Reconcile, reason, ..last.clone()? };
            Some(stopped.as_ref()?.row(row))
        }));
        rows
    }

    /// What owners are told of a parameter that could not be brought into step.
    pub(super) fn undelivered_detail(&self) -> Option<String> {
        let (Stopped::Deferred { why, .. } | Stopped::Failed { error: why, .. }) = self.undelivered.as_ref()?;
        Some(format!("the user's parameter does not hold the key yet: {why}"))
    }

    /// What owners are told of hosts that may still have the key.
    pub(super) fn hosts_detail(&self) -> Option<String> {
        let hosts = &self.step.hosts;
        let detail = || format!("hosts that have not acknowledged the new key: {hosts}");
        (!hosts.is_empty()).then(detail)
    }

    fn rows_of_keys(&self) -> Vec<StepResult> {
        let row = StepResult {
            user: self.step.user.clone(),
            access_key_id: self.step.key.clone(),
            step: self.step.kind,
            reason: self.because.unwrap_or(self.step.reason),
            status: self.status,
            due: self.step.due,
            error: self.error.clone(),
            last_used: self.step.last_used.clone().filter(|_| self.step.kind == StepKind::Hold),
            overridden: self.step.overridden.clone(),
            hosts: self.step.hosts.clone(),
        };
        if let Action::Rollback { new: Some(new), new_stays: false, .. } = &self.step.action
            && matches!(self.status, StepStatus::Done | StepStatus::Planned)
        {
            return vec![row.clone(), self.giving_way(new, row)];
        }
        let Some(published) = self.published else { return vec![row] };
        let made = StepResult { status: StepStatus::Done, reason: self.step.reason, error: None, ..row.clone() };
        let publication =
            StepResult { access_key_id: self.made.clone(), step: StepKind::Publish, status: published, ..row };
        vec![made, publication]
    }

    /// What became of the key that was to give way.
    fn giving_way(&self, new: &AccessKeyId, row: StepResult) -> StepResult {
        let row = StepResult { access_key_id: Some(new.clone()), step: StepKind::Deactivate, ..row };
        match &self.kept {
            None => row,
            Some(stopped) => stopped.row(row),
        }
    }
}
