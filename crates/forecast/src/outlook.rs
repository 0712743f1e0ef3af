//! What a forecast says.

use std::collections::{BTreeMap, BTreeSet};

use keywheel_core::Timestamp;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use serde::Serialize;

/// What will be done to one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountForecast {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: String,
    /// The nights, the first of which is that of the look.
    pub nights: Vec<ForecastNight>,
}

/// What will be done to an account in one night.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForecastNight {
    /// Which night it is, from 1.
    pub number: u32,
    /// When it is.
    pub at: Timestamp,
    /// The steps.
    pub steps: Vec<ForecastStep>,
    /// Why the account will not be served, wholly or in part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// One step to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForecastStep {
    /// The user.
    pub user: UserName,
    /// The key that the step is about; none where it is about the user, or about a key that does not exist yet.
    pub access_key_id: Option<AccessKeyId>,
    /// The step is about a key that does not exist yet.
    pub is_new_key: bool,
    /// The key that exists now and from which that key, or the first in its line, takes over.
    pub replaces: Option<AccessKeyId>,
    /// What is done.
    pub step: StepKind,
    /// Why.
    pub reason: Reason,
    /// How it ends.
    pub status: StepStatus,
    /// When it is due, or what it announces.
    pub due: Option<Timestamp>,
    /// Hosts that are taken to use the key lose it by this step.
    pub cuts_off_hosts: bool,
    /// What goes wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What will happen on one day in several accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DaySums {
    /// How many steps end how: keys such as `deactivate.done`, as in results.
    pub steps: BTreeMap<String, usize>,
    /// Users to whose keys something is done.
    pub users_changed: usize,
    /// Keys that hosts lose though they use them.
    pub cut_off: usize,
    /// Accounts that are not served, wholly or in part.
    pub accounts_with_errors: usize,
}

/// The sums of each night, by its number.
#[must_use]
pub fn sums<'a>(forecasts: impl IntoIterator<Item = &'a AccountForecast>) -> BTreeMap<u32, DaySums> {
    let mut days: BTreeMap<u32, DaySums> = BTreeMap::new();
    for night in forecasts.into_iter().flat_map(|forecast| &forecast.nights) {
        days.entry(night.number).or_default().add(night);
    }
    days
}

impl DaySums {
    fn add(&mut self, night: &ForecastNight) {
        for step in &night.steps {
            *self.steps.entry(format!("{}.{}", step.step.as_str(), step.status.as_str())).or_default() += 1;
            self.cut_off += usize::from(step.cuts_off_hosts);
        }
        let changed: BTreeSet<_> = night.steps.iter().filter(|step| step.is_change()).map(|step| &step.user).collect();
        self.users_changed += changed.len();
        self.accounts_with_errors += usize::from(night.error.is_some());
    }

    /// How many steps of this kind are done.
    #[must_use]
    pub fn done(&self, step: StepKind) -> usize {
        self.steps.get(&format!("{}.{}", step.as_str(), StepStatus::Done.as_str())).copied().unwrap_or_default()
    }

    /// How many steps fail or wait.
    #[must_use]
    pub fn undone(&self) -> usize {
        let is_undone = |name: &str| name.ends_with(".failed") || name.ends_with(".deferred");
        self.steps.iter().filter(|(name, _)| is_undone(name)).map(|(_, count)| count).sum()
    }
}

impl ForecastStep {
    /// Whether the step changes something in the account.
    #[must_use]
    pub fn is_change(&self) -> bool {
        let changes = !matches!(self.step, StepKind::Warn | StepKind::Hold | StepKind::Skip);
        changes && self.status == StepStatus::Done
    }
}
