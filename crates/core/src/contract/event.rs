//! What key-rotation is handed: a whole account to look after, or one thing to do to one user.

use super::action::{ExplicitAction, InvalidAction};
use super::job::{AccountJob, InvalidJob};

/// An event for key-rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationEvent {
    /// Look after an account.
    Job(AccountJob),
    /// Do one thing to one user.
    Action(ExplicitAction),
}

/// An event that is neither.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvent {
    /// It names no action, and is no account job.
    #[error(transparent)]
    Job(#[from] InvalidJob),
    /// It names an action, and is none.
    #[error(transparent)]
    Action(#[from] InvalidAction),
}

impl RotationEvent {
    /// Reads an event. One that names an `action` is held to be an explicit action, and any other an account job.
    ///
    /// # Errors
    /// Names what is wrong with it, and shows what is accepted.
    pub fn parse(event: serde_json::Value) -> Result<Self, InvalidEvent> {
        if event.get("action").is_some() {
            Ok(Self::Action(ExplicitAction::parse(event)?))
        } else {
            Ok(Self::Job(AccountJob::parse(event)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_that_names_an_action_is_one_and_any_other_is_a_job() {
        let action = RotationEvent::parse(json!({"action": "create", "username": "alice"})).unwrap();
        assert!(matches!(action, RotationEvent::Action(action) if action.username.as_str() == "alice"));
        let job = RotationEvent::parse(json!({"account": "111122223333"})).unwrap();
        assert!(matches!(job, RotationEvent::Job(job) if job.account.as_str() == "111122223333"));
    }

    #[test]
    fn a_refusal_shows_what_was_meant() {
        let text = |event| RotationEvent::parse(event).unwrap_err().to_string();
        assert!(text(json!({"action": "create"})).contains("not an explicit action: missing field `username`"));
        assert!(text(json!({"action": null, "account": "111122223333"})).contains("not an explicit action"));
        assert!(text(json!({})).contains("not an account job: missing field `account`"));
        assert!(text(json!([])).contains("not an account job"));
    }
}
