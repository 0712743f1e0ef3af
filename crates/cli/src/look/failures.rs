//! What could not be looked at, equal failures together.

use keywheel_report::failures::{Failures, Subject};
use keywheel_report::text::{counted, number};

use super::{Looked, LookedAt, Sight};
use crate::exit::Ended;
use crate::printer::Printer;

const ROLE_HINT: &str = "--role-name takes a role that is there and trusts you, such as OrganizationAccountAccessRole or AWSAFTExecution; \
                         keywheel-member trusts the deployed function alone";

impl Looked {
    /// Says what could not be looked at, and how a verb ends by that: well, if nothing.
    pub(crate) fn say(&self, printer: &Printer) -> Ended {
        if self.lacks_memory {
            printer.note(
                "no state bucket is set: nothing is remembered of these accounts, so dates start from what is seen now (--state-bucket, \
                 --function)",
            );
        }
        let mut failures = Failures::default();
        for one in &self.accounts {
            let subject = Subject::of(&one.account.account, &one.account.name);
            for (what, error) in one.failures() {
                failures.add(what, &error, subject.clone());
            }
        }
        let failures = failures.grouped();
        printer.failures(&failures);
        if failures.iter().any(|failure| failure.error.contains("cannot be assumed")) {
            printer.hint(ROLE_HINT);
        }
        self.ended(printer, !failures.is_empty())
    }

    fn ended(&self, printer: &Printer, failed: bool) -> Ended {
        let left = self.accounts.iter().filter(|one| matches!(one.sight, Sight::Left)).count();
        if left > 0 {
            let of = number(self.accounts.len());
            printer.failure(&format!("interrupted: {} of {of} not looked at", counted(left, "account")));
            return Ended::Interrupted;
        }
        if failed { Ended::Failed } else { Ended::Done }
    }
}

impl LookedAt {
    /// What went wrong with the account, wholly or in part.
    pub(crate) fn failures(&self) -> Vec<(&'static str, String)> {
        match &self.sight {
            Sight::Unreachable(error) => vec![("not reached", error.clone())],
            Sight::Failed(error) => vec![("not looked at", error.clone())],
            Sight::Left => Vec::new(),
            Sight::Seen(survey) => {
                let unseen = survey.unseen.iter().map(|unseen| format!("user {}: {}", unseen.user, unseen.error));
                let left = Some(survey.left.len()).filter(|left| *left > 0);
                let left = left.map(|left| format!("there was no time for {}", counted(left, "user")));
                let whole = survey.result.error.clone().filter(|_| !survey.result.complete);
                let parts = whole.into_iter().chain(unseen).chain(left);
                parts.map(|error| ("not wholly looked at", error)).collect()
            }
        }
    }
}
