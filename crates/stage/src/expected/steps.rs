//! Results of accounts: complete or not, and every step.

use keywheel_core::contract::result::{AccountResult, StepResult, StepStatus};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;

use super::{Held, differs};
use crate::case::{ExpectedStep, MADE};
use crate::organization::{Account, Outcome};
use crate::policies::MEMBER_ROLE;
use crate::seed::SeededUser;

impl Held<'_> {
    /// Where the results differ.
    #[must_use]
    pub fn results(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for account in &self.stage.organization.accounts {
            match (account.outcome, self.night.results.get(&account.id)) {
                (Outcome::Skipped(_), None) => {}
                (Outcome::Served, Some(result)) => self.served(&mut wrong, account, result),
                (Outcome::Unreachable, Some(result)) => unreachable_account(&mut wrong, account, result),
                (_, found) => wrong.push(format!("{}: result {found:?}", account.name)),
            }
        }
        wrong
    }

    fn served(&self, wrong: &mut Vec<String>, account: &Account, result: &AccountResult) {
        let users: Vec<_> = self.users().filter(|user| user.account == account.id).collect();
        let keys: usize = users.iter().map(|user| user.keys.len()).sum();
        differs(wrong, &format!("{} is complete", account.name), &(true, &None), &(result.complete, &result.error));
        differs(wrong, &format!("users of {}", account.name), &users.len(), &result.users);
        differs(wrong, &format!("keys of {}", account.name), &keys, &result.keys);
        differs(wrong, &format!("counts of {}", account.name), &AccountResult::count(&result.steps), &result.counts);
        for user in &users {
            self.user_steps(wrong, user, result);
        }
        let stray = result.steps.iter().filter(|step| users.iter().all(|user| user.name != step.user));
        wrong.extend(stray.map(|step| format!("{}: a step about nobody: {step:?}", account.name)));
    }

    pub(super) fn user_steps(&self, wrong: &mut Vec<String>, user: &SeededUser, result: &AccountResult) {
        let steps: Vec<_> = result.steps.iter().filter(|step| step.user == user.name).collect();
        let mut expected = self.steps_expected(user);
        let mut found: Vec<_> = steps.iter().map(|step| self.as_expected(user, step)).collect();
        expected.sort();
        found.sort();
        differs(wrong, &format!("the steps of {}", self.name(user)), &expected, &found);
        let told_why = steps.iter().filter(|step| step.reason != Reason::OwnerUnreachable);
        let errors = told_why.filter_map(|step| step.error.as_ref());
        wrong.extend(errors.map(|error| format!("{}: {error}", self.name(user))));
    }

    /// An audit plans the same steps; the publication of a key that is not made is no step of its own.
    fn steps_expected(&self, user: &SeededUser) -> Vec<ExpectedStep> {
        let mut steps = self.case(user).steps().unwrap_or_default();
        let told = self.case(user).notices().unwrap_or_default().into_iter().next();
        if let Some((key, _)) = told.filter(|_| user.has_unreachable_owner()) {
            let (step, reason) = (StepKind::Skip, Reason::OwnerUnreachable);
            steps.push(ExpectedStep { step, key: Some(key), reason, status: StepStatus::Done });
        }
        match self.night.inventory.mode {
            Mode::Enforce => steps,
            Mode::Audit => {
                let of_known_keys = steps.into_iter().filter(|step| step.key.as_deref() != Some(MADE));
                of_known_keys.map(|step| ExpectedStep { status: StepStatus::Planned, ..step }).collect()
            }
        }
    }

    fn as_expected(&self, user: &SeededUser, step: &StepResult) -> ExpectedStep {
        let key = step.access_key_id.as_ref().map(|id| self.label(user, id));
        ExpectedStep { step: step.step, key, reason: step.reason, status: step.status }
    }
}

fn unreachable_account(wrong: &mut Vec<String>, account: &Account, result: &AccountResult) {
    differs(wrong, &format!("{} is complete", account.name), &false, &result.complete);
    differs(wrong, &format!("steps of {}", account.name), &0, &result.steps.len());
    let error = result.error.as_deref().unwrap_or_default();
    if !error.contains(account.id.as_str()) || !error.contains(MEMBER_ROLE) {
        wrong.push(format!("{}: the error names not both account and role: {error:?}", account.name));
    }
}
