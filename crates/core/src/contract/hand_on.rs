//! What an invocation of key-rotation whose time is nearly up hands to the next one: a part of the account job.

use serde::{Deserialize, Serialize};

use crate::id::UserName;

/// How often a run hands itself on at most. Lambda stops such chains after about 16 (Lambda developer guide, "Recursive loop detection").
pub const MAX_HOPS: u32 = 12;

/// What is left of an account, and the right to go on with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOn {
    /// How often the run has handed itself on: 1 to [`MAX_HOPS`].
    pub hop: u32,
    /// The writer in whose name the claim was left; empty in an audit, which has none. It is random, and whoever does not know it cannot
    /// take the claim over.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// The first user that is not done yet, by name.
    pub from: UserName,
    /// Every user is looked at, as in the invocations before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sweep: bool,
}

impl HandOn {
    /// Says why no invocation can have handed this on.
    pub(super) fn refuse_impossible(&self, run_id: Option<&str>) -> Result<(), String> {
        if self.hop == 0 || self.hop > MAX_HOPS {
            return Err(format!("hand_on.hop is {}, and a run hands itself on 1 to {MAX_HOPS} times", self.hop));
        }
        if run_id.is_none_or(str::is_empty) {
            return Err(
                "it has hand_on and no run_id; the function itself adds hand_on, nobody else needs to".to_owned()
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::job::AccountJob;

    #[test]
    fn what_was_handed_on_comes_back_the_same() {
        let event = json!({"account": "111122223333", "name": "", "email": "", "run_id": "2026-11-20",
            "hand_on": {"hop": 12, "claim": "writer-1", "from": "bob", "sweep": true}});
        let job = AccountJob::parse(event.clone()).unwrap();
        assert_eq!(job.hand_on.as_ref().map(|hand_on| hand_on.from.as_str()), Some("bob"));
        assert_eq!(serde_json::to_value(&job).unwrap(), event);
    }

    #[test]
    fn what_no_invocation_hands_on_is_refused_by_name() {
        for (hand_on, run_id, named) in [
            (json!({"hop": 13, "claim": "x", "from": "bob"}), "r", "hand_on.hop is 13"),
            (json!({"hop": 0, "claim": "x", "from": "bob"}), "r", "hand_on.hop is 0"),
            (json!({"hop": 1, "claim": "x", "from": "bob"}), "", "no run_id"),
            (json!({"hop": 1, "claim": "x"}), "r", "missing field `from`"),
            (json!({"hop": 1, "claim": "x", "from": "../x"}), "r", "\"../x\" is not an IAM user name"),
            (json!({"hop": -1, "claim": "x", "from": "bob"}), "r", "-1"),
            (json!({"hop": 1, "claim": "x", "from": "bob", "users": 7}), "r", "users"),
        ] {
            let event = json!({"account": "111122223333", "run_id": run_id, "hand_on": hand_on});
            let error = AccountJob::parse(event).unwrap_err();
            assert!(error.why.contains(named), "{}", error.why);
        }
    }
}
