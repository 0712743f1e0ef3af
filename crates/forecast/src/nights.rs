//! Night after night.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::result::{StepResult, StepStatus};
use keywheel_core::id::{AccessKeyId, RunId};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::time::plus;
use keywheel_engine::account::{AccountRun, Run, Settings, look_after};

use crate::beginning::Beginning;
use crate::copy::Copy;
use crate::hosts::Hosts;
use crate::outlook::{AccountForecast, ForecastNight, ForecastStep};

/// A run that hands itself on has this time and more (12 further invocations of 15 minutes).
const RUN_TIME: SignedDuration = SignedDuration::from_hours(3);

/// What an enforcing run does to the account on each of so many nights, the first of which is now.
pub async fn forecast(beginning: &Beginning, settings: &Settings, hosts: Hosts, nights: u32) -> AccountForecast {
    let copy = Copy::new(beginning, settings.policy.last_used_threshold);
    let mut forecast = AccountForecast {
        account: beginning.account.id.clone(),
        name: beginning.account.name.clone(),
        nights: Vec::new(),
    };
    for number in 1..=nights {
        let begun = copy.state().now;
        forecast.nights.push(night(&copy, beginning, settings, number).await);
        copy.day(begun, hosts, settings.policy.unused_after);
    }
    forecast
}

async fn night(copy: &Copy, beginning: &Beginning, settings: &Settings, number: u32) -> ForecastNight {
    let at = copy.state().now;
    let (run, in_use) = match run_of(number, at) {
        Ok(run) => (run, copy.in_use()),
        Err(error) => return ForecastNight { number, at, steps: Vec::new(), error: Some(error) },
    };
    match look_after(copy, &run, &beginning.account, settings).await {
        Ok(AccountRun { result, digests, .. }) => {
            copy.deliver(&digests);
            let made = copy.state().made.clone();
            let steps = result.steps.into_iter().map(|step| forecast_step(step, &made, &in_use)).collect();
            ForecastNight { number, at, steps, error: result.error }
        }
        Err(error) => ForecastNight { number, at, steps: Vec::new(), error: Some(error.to_string()) },
    }
}

fn run_of(number: u32, at: Timestamp) -> Result<Run, String> {
    let id: RunId = format!("forecast-{number}").parse().map_err(|error| format!("{error}"))?;
    Ok(Run {
        writer: id.to_string(),
        id,
        mode: Mode::Enforce,
        deadline: plus(at, RUN_TIME),
        forced: Vec::new(),
        sweep: true,
        clock_is_off: false,
        explicit: None,
        reviewed: None,
        inherited: None,
    })
}

impl Copy {
    fn in_use(&self) -> BTreeSet<AccessKeyId> {
        self.state().users.values().flat_map(|user| user.in_use.iter().cloned()).collect()
    }
}

/// The step, with the keys that do not exist yet told by those from which they take over.
fn forecast_step(
    step: StepResult,
    made: &BTreeMap<AccessKeyId, Option<AccessKeyId>>,
    in_use: &BTreeSet<AccessKeyId>,
) -> ForecastStep {
    let ends_use = matches!(step.step, StepKind::Deactivate | StepKind::Retire) && step.status == StepStatus::Done;
    let cuts_off_hosts = ends_use && step.access_key_id.as_ref().is_some_and(|key| in_use.contains(key));
    let is_new = step.access_key_id.as_ref().is_some_and(|key| made.contains_key(key));
    let replaces = step.access_key_id.as_ref().filter(|_| is_new).and_then(|key| known_before(key, made));
    ForecastStep {
        user: step.user,
        access_key_id: step.access_key_id.filter(|_| !is_new),
        is_new_key: is_new,
        replaces,
        step: step.step,
        reason: step.reason,
        status: step.status,
        due: step.due,
        cuts_off_hosts,
        error: step.error,
    }
}

/// The key that exists now at the beginning of a line of new ones.
fn known_before(key: &AccessKeyId, made: &BTreeMap<AccessKeyId, Option<AccessKeyId>>) -> Option<AccessKeyId> {
    let mut at = key;
    for _ in 0..made.len() {
        match made.get(at) {
            Some(Some(old)) => at = old,
            Some(None) => return None,
            None => break,
        }
    }
    (!made.contains_key(at)).then(|| at.clone())
}
