//! What whoever asked for an action is told where it was not done.

use keywheel_core::contract::action::ActionKind;
use keywheel_core::contract::result::{AccountResult, StepResult, StepStatus};
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;

use crate::exit::Ended;
use crate::printer::Printer;

/// What the function says of a refusal that has another way out than an override.
const HAS_A_WAY: &str = "No override lifts this; ";

/// An action, as far as it is known, and what to do where it is not done.
pub(super) struct Advice {
    pub(super) action: ActionKind,
    pub(super) user: UserName,
    pub(super) access_key_id: Option<AccessKeyId>,
    /// None until it is known.
    pub(super) account: Option<AccountId>,
}

impl Advice {
    /// How it is done where no function does it.
    fn by_hand(&self) -> Option<String> {
        let user = &self.user;
        let way = match (self.action, self.access_key_id.as_ref().map(AccessKeyId::as_str)) {
            (ActionKind::Emergency, Some(key)) => {
                format!("aws iam update-access-key --user-name {user} --access-key-id {key} --status Inactive")
            }
            (ActionKind::Rollback, key) => {
                let key = key.unwrap_or("ID");
                let change =
                    format!("aws iam update-access-key --user-name {user} --access-key-id {key} --status Active");
                format!("aws iam list-access-keys --user-name {user}, then {change}")
            }
            _ => return None,
        };
        let account = self.account.as_ref().map(|account| format!(" of account {account}")).unwrap_or_default();
        Some(format!("by hand, as an administrator{account}: {way}"))
    }

    /// A key that leaked is not left as it is, whatever refuses; a rollback that is refused is put right.
    fn by_hand_whatever_refuses(&self) -> Option<String> {
        self.by_hand().filter(|_| self.action == ActionKind::Emergency)
    }

    /// Where the verb ended with an error.
    pub(super) fn of_error(&self, ended: Ended) -> Option<String> {
        match ended {
            Ended::Interrupted => None,
            Ended::Usage => self.by_hand_whatever_refuses(),
            _ => self.by_hand(),
        }
    }

    /// Ctrl-C came while the function did it.
    pub(super) fn interrupted(&self, printer: &Printer, account: &AccountId, function: &str) -> Ended {
        let user = &self.user;
        printer.failure(&format!(
            "interrupted: function {function} was asked to do this to user {user} of account {account}, and may go on"
        ));
        printer.hint(&format!("keywheel explain {account}/{user} says where the user stands"));
        self.by_hand_whatever_refuses().iter().for_each(|by_hand| printer.hint(by_hand));
        Ended::Interrupted
    }

    /// The function did not do all of it.
    pub(super) fn of_failure(&self, printer: &Printer, result: &AccountResult) {
        let (wanted, by_hand) = match self.action {
            ActionKind::Rollback => {
                let has_failed = result.steps.iter().any(|row| row.status == StepStatus::Failed);
                (StepKind::Rollback, self.by_hand().filter(|_| has_failed || result.error.is_some()))
            }
            _ => (StepKind::Deactivate, self.by_hand()),
        };
        let is_reached = |row: &StepResult| row.status == StepStatus::Done && row.step == wanted;
        by_hand.filter(|_| !result.steps.iter().any(is_reached)).iter().for_each(|by_hand| printer.hint(by_hand));
        if result.steps.iter().any(|row| row.reason == Reason::PlanChanged) {
            printer
                .hint("the user's keys changed after the preview; call the verb again to see what would be done now");
        }
    }

    /// Nothing would be done: because it is done already, or because a guard refuses.
    pub(super) fn not_possible(&self, printer: &Printer, preview: &AccountResult) -> Ended {
        let is_done = |row: &&StepResult| matches!(row.status, StepStatus::Done | StepStatus::Planned);
        if preview.error.is_none() && preview.steps.iter().all(|row| is_done(&row)) {
            printer.note("there is nothing to do");
            return Ended::Done;
        }
        let refused: Vec<_> = preview.steps.iter().filter(|row| !is_done(row)).collect();
        let ways = refused
            .iter()
            .filter_map(|row| self.way_out(&preview.account, row.reason, row.error.as_deref().unwrap_or_default()));
        ways.take(1).for_each(|way| printer.hint(&way));
        // By hand nobody finds the key either.
        let is_there = |row: &&StepResult| !matches!(row.reason, Reason::KeyNotFound | Reason::UserNotFound);
        let by_hand = if refused.is_empty() { self.by_hand() } else { self.by_hand_whatever_refuses() };
        by_hand.filter(|_| refused.iter().all(is_there)).iter().for_each(|by_hand| printer.hint(by_hand));
        Ended::Failed
    }

    /// What to do about a refusal; nothing where the refusal says it.
    fn way_out(&self, account: &AccountId, reason: Reason, error: &str) -> Option<String> {
        let user = &self.user;
        match reason {
            Reason::AmbiguousKey => {
                Some(format!("--access-key-id ID says which; keywheel explain {account}/{user} lists the keys"))
            }
            Reason::KeyNotFound | Reason::UserNotFound => {
                Some(format!("user {user} was looked for in account {account}; --account says another"))
            }
            _ => match lifting(error) {
                Some(guards) => Some(format!("--override {guards} lifts what refuses, if that is what you want")),
                None if error.contains(HAS_A_WAY) => None,
                None => Some("no override lifts this; docs/reasons.md says what the reasons mean".to_owned()),
            },
        }
    }
}

/// The guards that a refusal names as those that lift it: `"override":["last-used","freeze"]`.
fn lifting(error: &str) -> Option<String> {
    let (_, rest) = error.split_once("\"override\":[")?;
    let (guards, _) = rest.split_once(']')?;
    Some(guards.replace('"', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(action: ActionKind, key: Option<&str>) -> Advice {
        let (user, access_key_id) = ("alice".parse().unwrap(), key.map(|key| key.parse().unwrap()));
        Advice { action, user, access_key_id, account: None }
    }

    #[test]
    fn a_refusal_has_the_hint_that_helps_and_no_other() {
        let account = "111122223333".parse().unwrap();
        let way = |reason, error| advice(ActionKind::Rollback, None).way_out(&account, reason, error);
        let refusal = r#"Guards that refuse: freeze; "override":["last-used","freeze"] lifts them"#;
        assert!(way(Reason::Frozen, refusal).unwrap().starts_with("--override last-used,freeze lifts"));
        assert!(way(Reason::Emergency, "No override lifts this").unwrap().contains("docs/reasons.md"));
        assert_eq!(way(Reason::ExemptTag, "No override lifts this; end the exemption first"), None);
        let which = way(Reason::AmbiguousKey, "No override lifts this; add access_key_id").unwrap();
        assert_eq!(which, "--access-key-id ID says which; keywheel explain 111122223333/alice lists the keys");
        let elsewhere = way(Reason::UserNotFound, "No override lifts this").unwrap();
        assert_eq!(elsewhere, "user alice was looked for in account 111122223333; --account says another");
    }

    #[test]
    fn by_hand_a_leaked_key_is_always_possible_and_a_rollback_where_it_made_sense() {
        let emergency = advice(ActionKind::Emergency, Some("AKIAEXAMPLE000000000"));
        assert!(emergency.of_error(Ended::Usage).unwrap().ends_with("AKIAEXAMPLE000000000 --status Inactive"));
        assert_eq!(emergency.of_error(Ended::Interrupted), None);
        let rollback = advice(ActionKind::Rollback, None);
        assert!(rollback.of_error(Ended::Failed).unwrap().ends_with("--access-key-id ID --status Active"));
        assert_eq!(rollback.of_error(Ended::Usage), None);
    }
}
