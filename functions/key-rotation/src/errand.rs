//! What one invocation is sent for: to look after an account, or to do one thing to one of its users.

use keywheel_core::contract::action::{ACTION_RUN, ActionKind, ExplicitAction};
use keywheel_core::contract::event::RotationEvent;
use keywheel_core::contract::job::AccountJob;
use keywheel_core::contract::reviewed::APPLY_RUN;
use keywheel_core::id::{AccountId, RunId};

/// An account, and the one thing to be done in it, where not everything is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Errand {
    pub(crate) job: AccountJob,
    pub(crate) action: Option<ExplicitAction>,
}

/// An action that names no account, for a function that does not know its own.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event names no account, and the function's own cannot be read from its ARN ({function_arn:?}); add \"account\""
)]
pub(crate) struct NoAccount {
    function_arn: String,
}

impl Errand {
    /// What the event asks for. An action without an account is about the function's own. It is a run of its own, which a retry
    /// of the same invocation goes on with.
    pub(crate) fn of(event: RotationEvent, function_arn: &str, request_id: &str) -> Result<Self, NoAccount> {
        let action = match event {
            RotationEvent::Job(mut job) => {
                let applied = job.plan.as_ref().and_then(|_| asked_run(APPLY_RUN, request_id));
                job.run_id = job.run_id.or(applied);
                return Ok(Self { job, action: None });
            }
            RotationEvent::Action(action) => action,
        };
        let own = || own_account(function_arn).ok_or_else(|| NoAccount { function_arn: function_arn.to_owned() });
        let job = AccountJob {
            account: action.account.clone().map_or_else(own, Ok)?,
            name: action.name.clone(),
            email: action.email.clone(),
            run_id: action.run_id.clone().or_else(|| asked_run(ACTION_RUN, request_id)),
            mode: action.mode,
            force_rotate: Vec::new(),
            sweep: false,
            plan: None,
            hand_on: None,
        };
        Ok(Self { job, action: Some(action) })
    }

    /// What whoever declared an emergency can do while it is not carried out.
    pub(crate) fn by_hand(&self) -> String {
        let emergency = self.action.as_ref().filter(|action| action.action == ActionKind::Emergency);
        let Some((action, key)) = emergency.and_then(|action| Some((action, action.access_key_id.as_ref()?))) else {
            return String::new();
        };
        let user = &action.username;
        format!(
            ". The emergency is not acted on yet. By hand, in account {}: aws iam update-access-key --user-name '{user}' --access-key-id {key} \
             --status Inactive",
            self.job.account
        )
    }

    /// One line that says who is to be changed and how, beside the line of each step.
    pub(crate) fn log(&self) {
        if let Some(plan) = &self.job.plan {
            let (steps, sha256) = (plan.steps.len(), plan.sha256.as_str());
            tracing::info!(steps, sha256, "reviewed steps are asked for");
        }
        let Some(action) = &self.action else { return };
        let overrides: Vec<_> = action.overrides.iter().map(|guard| guard.as_str()).collect();
        let key = action.access_key_id.as_ref().map(keywheel_core::id::AccessKeyId::as_str);
        let (user, replace) = (action.username.as_str(), action.replace);
        let (action, overrides) = (action.action.as_str(), overrides.join(","));
        tracing::info!(action, user, access_key_id = key, overrides, replace, "an explicit action is asked for");
    }
}

/// The account in `arn:aws:lambda:<region>:<account>:function:<name>`.
fn own_account(function_arn: &str) -> Option<AccountId> {
    function_arn.split(':').nth(4)?.parse().ok()
}

/// The same for every retry of an invocation, which keeps its request id (Lambda developer guide, "Asynchronous invocation").
fn asked_run(prefix: &str, request_id: &str) -> Option<RunId> {
    let id: String = request_id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(48).collect();
    format!("{prefix}{id}").parse().ok()
}

#[cfg(test)]
mod tests {
    use keywheel_core::contract::reviewed::ReviewedPlan;
    use serde_json::{Value, json};

    use super::*;

    const ARN: &str = "arn:aws:lambda:eu-central-1:111122223333:function:key-rotation";
    const REQUEST: &str = "8f14e45f-ceea-467f-a0e6-3f2c0e2d1b1a";

    fn errand(event: Value, arn: &str) -> Result<Errand, NoAccount> {
        Errand::of(RotationEvent::parse(event).unwrap(), arn, REQUEST)
    }

    #[test]
    fn an_action_without_an_account_is_about_the_functions_own_and_has_a_run_of_its_own() {
        let errand = errand(json!({"action": "create", "username": "alice"}), ARN).unwrap();
        assert_eq!(errand.job.account.as_str(), "111122223333");
        assert_eq!(errand.job.run_id.unwrap().as_str(), format!("action-{REQUEST}"));
        assert!(errand.action.is_some() && errand.job.mode.is_none());
    }

    #[test]
    fn what_the_event_names_goes_first() {
        let event = json!({"action": "create", "username": "alice", "account": "444455556666", "run_id": "action-7",
            "name": "payments", "email": "owner@example.com", "mode": "audit"});
        let job = errand(event, "").unwrap().job;
        assert_eq!((job.account.as_str(), job.run_id.unwrap().as_str()), ("444455556666", "action-7"));
        assert_eq!(
            (job.name.as_str(), job.email.as_str(), job.mode.is_some()),
            ("payments", "owner@example.com", true)
        );
    }

    #[test]
    fn without_an_account_and_an_arn_there_is_nothing_to_guess_from() {
        for arn in ["", "key-rotation", "arn:aws:lambda:eu-central-1:1:function:x"] {
            let error = errand(json!({"action": "create", "username": "alice"}), arn).unwrap_err();
            assert!(error.to_string().contains("add \"account\""), "{error}");
        }
    }

    #[test]
    fn an_emergency_that_cannot_be_acted_on_says_what_to_do_by_hand_and_nothing_else_does() {
        let key = "AKIAEXAMPLEOLD000001";
        let event = json!({"action": "emergency", "username": "alice", "access_key_id": key});
        let text = errand(event, ARN).unwrap().by_hand();
        let command = "update-access-key --user-name 'alice' --access-key-id AKIAEXAMPLEOLD000001 --status Inactive";
        assert!(text.contains(command) && text.contains("111122223333"), "{text}");
        assert_eq!(errand(json!({"action": "create", "username": "alice"}), ARN).unwrap().by_hand(), "");
        assert_eq!(errand(json!({"account": "111122223333"}), ARN).unwrap().by_hand(), "");
    }

    #[test]
    fn an_account_job_stays_as_it_is() {
        let errand = errand(json!({"account": "111122223333", "force_rotate": ["alice"]}), ARN).unwrap();
        assert!(errand.action.is_none() && errand.job.run_id.is_none());
        assert_eq!(errand.job.force_rotate.len(), 1);
    }

    #[test]
    fn a_reviewed_plan_has_a_run_of_its_own() {
        let step = json!({"user": "alice", "user_id": "AIDAEXAMPLE000000001", "step": "delete", "reason": "recovery-grace-over",
            "change": "delete", "access_key_ids": ["AKIAEXAMPLEOLD000001"]});
        let plan = ReviewedPlan::new(&"111122223333".parse().unwrap(), vec![serde_json::from_value(step).unwrap()]);
        let mut event = json!({"account": "111122223333", "plan": plan});
        assert_eq!(errand(event.clone(), ARN).unwrap().job.run_id.unwrap().as_str(), format!("apply-{REQUEST}"));
        event["run_id"] = json!("apply-7");
        assert_eq!(errand(event, ARN).unwrap().job.run_id.unwrap().as_str(), "apply-7");
    }

    #[test]
    fn whatever_a_request_is_called_makes_a_run_id() {
        for request in ["", "../x y", &"a".repeat(500)] {
            assert!(asked_run(ACTION_RUN, request).unwrap().as_str().starts_with(ACTION_RUN));
        }
    }
}
