//! Sums. They equal the rows, always: nothing that was listed is left out.

use keywheel_core::observed::KeyStatus;
use serde::{Deserialize, Serialize};

use super::{AccountReport, Compliance, Ended, KeyReport, Standing};

/// Sums over all accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Accounts, by how the look at them ended.
    pub accounts: AccountTotals,
    /// Users seen.
    pub users: usize,
    /// Keys.
    pub keys: KeyTotals,
}

/// Accounts: `listed` is the sum of all others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountTotals {
    /// Accounts in the organization.
    pub listed: usize,
    /// See [`Ended::Answered`].
    pub answered: usize,
    /// See [`Ended::Incomplete`].
    pub incomplete: usize,
    /// See [`Ended::Unreachable`].
    pub unreachable: usize,
    /// See [`Ended::Failed`].
    pub failed: usize,
    /// See [`Ended::NeverAnswered`].
    pub never_answered: usize,
    /// See [`Ended::Skipped`].
    pub skipped: usize,
}

/// Keys: `listed` is the sum of the first four, and of the last six.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyTotals {
    /// Keys seen.
    pub listed: usize,
    /// Keys that work.
    pub active: usize,
    /// Keys that do not.
    pub inactive: usize,
    /// Keys that the run deleted.
    pub deleted: usize,
    /// Keys of which that is not known.
    pub status_unknown: usize,
    /// See [`Compliance::Compliant`].
    pub compliant: usize,
    /// See [`Compliance::Due`].
    pub due: usize,
    /// See [`Compliance::Overdue`].
    pub overdue: usize,
    /// See [`Compliance::Held`].
    pub held: usize,
    /// See [`Compliance::Exempt`].
    pub exempt: usize,
    /// See [`Compliance::Unknown`]; keys without details count here.
    pub unknown: usize,
}

impl Totals {
    /// The sums over these accounts.
    #[must_use]
    pub fn of(accounts: &[AccountReport]) -> Self {
        let mut totals = Self::default();
        for account in accounts {
            totals.accounts.add(account.ended);
            totals.users += account.users;
            totals.keys.add(&account.totals);
        }
        totals
    }
}

impl AccountTotals {
    fn add(&mut self, ended: Ended) {
        self.listed += 1;
        *self.place(ended) += 1;
    }

    fn place(&mut self, ended: Ended) -> &mut usize {
        match ended {
            Ended::Answered => &mut self.answered,
            Ended::Incomplete => &mut self.incomplete,
            Ended::Unreachable => &mut self.unreachable,
            Ended::Failed => &mut self.failed,
            Ended::Skipped => &mut self.skipped,
            Ended::NeverAnswered => &mut self.never_answered,
        }
    }

    /// How many ended so.
    #[must_use]
    pub fn ended(&self, ended: Ended) -> usize {
        *self.clone().place(ended)
    }
}

impl KeyTotals {
    /// The sums over these keys and so many without details.
    #[must_use]
    pub fn of(keys: &[KeyReport], without_details: usize) -> Self {
        let mut totals = Self {
            listed: without_details,
            status_unknown: without_details,
            unknown: without_details,
            ..Self::default()
        };
        for key in keys {
            totals.listed += 1;
            *totals.status(key) += 1;
            *totals.place(key.compliance) += 1;
        }
        totals
    }

    fn status(&mut self, key: &KeyReport) -> &mut usize {
        match (key.standing, key.status) {
            (Standing::Deleted, _) => &mut self.deleted,
            (_, Some(KeyStatus::Active)) => &mut self.active,
            (_, Some(KeyStatus::Inactive)) => &mut self.inactive,
            (_, None) => &mut self.status_unknown,
        }
    }

    fn place(&mut self, compliance: Compliance) -> &mut usize {
        match compliance {
            Compliance::Compliant => &mut self.compliant,
            Compliance::Due => &mut self.due,
            Compliance::Overdue => &mut self.overdue,
            Compliance::Held => &mut self.held,
            Compliance::Exempt => &mut self.exempt,
            Compliance::Unknown => &mut self.unknown,
        }
    }

    /// How many stand so.
    #[must_use]
    pub fn of_compliance(&self, compliance: Compliance) -> usize {
        *self.clone().place(compliance)
    }

    fn add(&mut self, other: &Self) {
        self.listed += other.listed;
        self.active += other.active;
        self.inactive += other.inactive;
        self.deleted += other.deleted;
        self.status_unknown += other.status_unknown;
        for compliance in Compliance::ALL {
            *self.place(compliance) += other.of_compliance(compliance);
        }
    }
}
