//! Where one invocation of a run ends and the next one begins, and how their results add up.

use serde::{Deserialize, Serialize};

use super::result::AccountResult;
use crate::id::UserName;

/// Where one invocation of a run ends and the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedOn {
    /// The invocation that goes on: how often the run has handed itself on by then.
    pub hop: u32,
    /// The first user that is left to it, by name.
    pub from: UserName,
    /// Users before that one.
    pub users: usize,
    /// Their access keys.
    pub keys: usize,
    /// Whether everything about them is done that can be done.
    pub complete: bool,
    /// What went wrong with them as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl AccountResult {
    /// What earlier invocations of the run had done when they handed it to the invocation of this hop; its own retry finds the same.
    pub(super) fn handed_to(&self, hop: u32) -> Option<HandedOn> {
        let mut known = self.handed_on.iter().chain(&self.follows);
        known.find(|handed_on| handed_on.hop == hop).cloned()
    }

    /// Counts the users that the invocations before this one looked at.
    pub(super) fn with_users_of(mut self, before: Option<HandedOn>) -> Self {
        let Some(before) = before else { return self };
        self.users += before.users;
        self.keys += before.keys;
        self.complete &= before.complete;
        self.error = joined(before.error.as_ref(), self.error.take());
        if let Some(next) = &mut self.handed_on {
            next.users += before.users;
            next.keys += before.keys;
            next.complete &= before.complete;
            next.error = joined(before.error.as_ref(), next.error.take());
        }
        self.follows = Some(before);
        self
    }
}

fn joined(first: Option<&String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first}; {second}")),
        (first, second) => first.cloned().or(second),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::result::StepResult;
    use super::*;
    use crate::policy::Mode;

    /// The result of one invocation: rows of users, and what it hands on.
    fn result(hop: u32, rows: &[(&str, &str, &str)], users: usize, handed_on: Option<(&str, usize)>) -> AccountResult {
        let row = |(user, step, status): &(&str, &str, &str)| json!({"user": user, "access_key_id": null, "step": step, "reason": "rotation-due", "status": status, "due": null, "error": null});
        let steps: Vec<StepResult> = rows.iter().map(|row_of| serde_json::from_value(row(row_of)).unwrap()).collect();
        let handed_on = handed_on.map(|(from, users)| HandedOn {
            hop: hop + 1,
            from: from.parse().unwrap(),
            users,
            keys: 2 * users,
            complete: true,
            error: None,
        });
        AccountResult {
            schema_version: 1,
            run_id: "r".parse().unwrap(),
            account: "111122223333".parse().unwrap(),
            mode: Mode::Enforce,
            at: "2026-11-20T02:00:00Z".parse().unwrap(),
            complete: handed_on.is_none(),
            users,
            keys: 2 * users,
            swept: false,
            counts: AccountResult::count(&steps),
            steps,
            error: None,
            unreachable: false,
            hop,
            handed_on,
            follows: None,
        }
    }

    fn rows(result: &AccountResult) -> Vec<(&str, &str, &str)> {
        result.steps.iter().map(|step| (step.user.as_str(), step.step.as_str(), step.status.as_str())).collect()
    }

    #[test]
    fn a_chain_of_invocations_adds_up_and_no_row_is_lost_or_doubled() {
        // Of dora, who was left to the next one, the deed of the first invocation stays.
        let first = result(
            0,
            &[("alice", "hold", "done"), ("bob", "create", "failed"), ("dora", "delete", "done")],
            2,
            Some(("carol", 2)),
        );
        let second = result(1, &[("carol", "skip", "done")], 1, Some(("dora", 1)));
        let third = result(2, &[("dora", "create", "done")], 3, None);
        let two = second.following(first.clone());
        assert!(!two.complete);
        assert_eq!(two.handed_on.as_ref().map(|next| (next.users, next.keys)), Some((3, 6)));
        let all = third.clone().following(two.clone());
        let expected = [
            ("alice", "hold", "done"),
            ("bob", "create", "failed"),
            ("dora", "delete", "done"),
            ("carol", "skip", "done"),
            ("dora", "create", "done"),
        ];
        assert_eq!(rows(&all), expected);
        assert_eq!((all.users, all.keys, all.complete), (6, 12, true));
        // The last one's retry, and its retry's retry, find the same.
        let again = third.clone().following(all.clone());
        assert_eq!((again.users, again.keys, rows(&again).len()), (6, 12, 5));
        assert_eq!(third.following(again).users, 6);
    }

    #[test]
    fn what_was_not_wholly_done_before_stays_so() {
        let mut first = result(0, &[], 2, Some(("carol", 2)));
        let left = first.handed_on.as_mut().unwrap();
        (left.complete, left.error) = (false, Some("the first".to_owned()));
        let mut second = result(1, &[], 1, None);
        second.error = Some("the second".to_owned());
        let all = second.following(first);
        assert_eq!((all.complete, all.error.as_deref()), (false, Some("the first; the second")));
    }

    #[test]
    fn a_retry_of_the_first_invocation_counts_nobody_twice() {
        let first = result(0, &[("alice", "create", "done"), ("bob", "hold", "done")], 2, None);
        let retry = result(0, &[("bob", "hold", "done")], 2, None);
        let all = retry.following(first);
        assert_eq!((all.users, rows(&all)), (2, vec![("alice", "create", "done"), ("bob", "hold", "done")]));
    }
}
