//! What key-rotation tells machines of a completed step: the detail of an EventBridge event.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::acknowledgement::Hosts;
use crate::contract::SCHEMA;
use crate::contract::result::{AccountResult, StepStatus};
use crate::id::{AccessKeyId, AccountId, RunId, UserName};
use crate::plan::StepKind;
use crate::reason::Reason;

/// The `source` of every event.
pub const SOURCE: &str = "keywheel";
/// The `detail-type` of an event about a completed step.
pub const DETAIL_TYPE: &str = "Keywheel Step Completed";

/// A step that was done. `docs/schemas/step-completed.v1.json` describes it; holds no address and no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCompleted {
    /// The version of this shape.
    pub schema_version: u32,
    /// The run.
    pub run_id: RunId,
    /// The account.
    pub account: AccountId,
    /// When the run looked at the account.
    pub at: Timestamp,
    /// The user.
    pub user: UserName,
    /// The key that the step was about; none where it was about the user.
    pub access_key_id: Option<AccessKeyId>,
    /// What was done.
    pub step: StepKind,
    /// Why.
    pub reason: Reason,
    /// When it was due, or what it announces will be.
    pub due: Option<Timestamp>,
    /// Hosts that may still have the key that was made inactive, as far as they acknowledge.
    #[serde(default, skip_serializing_if = "Hosts::is_empty")]
    pub hosts: Hosts,
}

impl StepCompleted {
    /// One for each step of a result that was done; a key that is held or left alone is no step that was done.
    pub fn of(result: &AccountResult) -> impl Iterator<Item = Self> {
        let was_done = |step: &&super::result::StepResult| {
            step.status == StepStatus::Done && !matches!(step.step, StepKind::Hold | StepKind::Skip)
        };
        result.steps.iter().filter(was_done).map(|step| Self {
            schema_version: SCHEMA,
            run_id: result.run_id.clone(),
            account: result.account.clone(),
            at: result.at,
            user: step.user.clone(),
            access_key_id: step.access_key_id.clone(),
            step: step.step,
            reason: step.reason,
            due: step.due,
            hosts: step.hosts.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SCHEMA_FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schemas/step-completed.v1.json");

    fn schema() -> Value {
        serde_json::from_str(&std::fs::read_to_string(SCHEMA_FILE).unwrap()).unwrap()
    }

    fn result(steps: &Value) -> AccountResult {
        let result = json!({
            "schema_version": 1, "run_id": "r-1", "account": "111122223333", "mode": "enforce", "at": "2026-11-20T02:00:00Z",
            "complete": true, "users": 1, "keys": 1, "steps": steps, "counts": {},
        });
        serde_json::from_value(result).unwrap()
    }

    fn step(kind: &str, status: &str, key: Option<&str>) -> Value {
        json!({ "user": "alice", "access_key_id": key, "step": kind, "reason": "rotation-due", "status": status,
            "due": key.map(|_| "2026-11-20T02:00:00Z"), "error": null })
    }

    #[test]
    fn what_was_done_is_told_and_nothing_else() {
        let key = Some("AKIAAAAAAAAAAAAAAAA1");
        let steps = json!([
            step("create", "done", key),
            step("delete", "failed", key),
            step("hold", "done", key),
            step("skip", "done", key),
            step("warn", "done", key),
            step("deactivate", "planned", key),
        ]);
        let told: Vec<_> = StepCompleted::of(&result(&steps)).map(|event| event.step).collect();
        assert_eq!(told, [StepKind::Create, StepKind::Warn]);
    }

    #[test]
    fn the_hosts_that_may_still_have_the_key_are_named_where_there_are_any() {
        let mut with_hosts = step("deactivate", "done", Some("AKIAAAAAAAAAAAAAAAA1"));
        with_hosts["hosts"] = json!({ "names": ["web-1"], "more": 2 });
        let steps = json!([with_hosts, step("deactivate", "done", Some("AKIAAAAAAAAAAAAAAAA2"))]);
        let events: Vec<_> =
            StepCompleted::of(&result(&steps)).map(|event| serde_json::to_value(event).unwrap()).collect();
        assert_eq!((&events[0]["hosts"], events[1].get("hosts")), (&with_hosts["hosts"], None));
        let validator = jsonschema::validator_for(&schema()).unwrap();
        assert!(events.iter().all(|event| validator.is_valid(event)));
        let mut wrong = events[0].clone();
        wrong["hosts"] = json!(["web-1"]);
        assert!(!validator.is_valid(&wrong));
    }

    #[test]
    fn every_event_fits_the_published_schema() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let kinds = ["create", "publish", "deactivate", "delete", "retire", "warn", "reconcile", "rollback"];
        for (kind, key) in kinds.iter().flat_map(|kind| [(kind, Some("AKIAAAAAAAAAAAAAAAA1")), (kind, None)]) {
            let result = result(&json!([step(kind, "done", key)]));
            let [event] = StepCompleted::of(&result).collect::<Vec<_>>().try_into().unwrap();
            let event = serde_json::to_value(&event).unwrap();
            assert!(validator.is_valid(&event), "{:?}", validator.iter_errors(&event).collect::<Vec<_>>());
            for without in ["schema_version", "run_id", "account", "at", "user", "step", "reason"] {
                let mut event = event.clone();
                event.as_object_mut().unwrap().remove(without);
                assert!(!validator.is_valid(&event), "{without} may be missing");
            }
        }
        let more = json!({ "schema_version": 1, "SecretAccessKey": "x" });
        assert!(!validator.is_valid(&more));
    }
}
