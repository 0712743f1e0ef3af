//! Looks at an account in memory as a survey does.

use jiff::SignedDuration;
use keywheel_core::contract::result::{StepResult, StepStatus};
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_core::time::{Days, after, plus};
use keywheel_engine::account::{Account, Run, Settings, survey};
use keywheel_forecast::{AccountForecast, Beginning, ForecastStep, Hosts, forecast};
use keywheel_testkit::{Night, World};

pub(crate) const NOW: &str = "2026-11-20T02:00:00Z";
pub(crate) const GROUP: &str = "exempt";

/// Polls to the end what never waits for anything outside.
pub(crate) fn ended<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// What a survey sees now, which leaves no trace in the account's clock or log either.
pub(crate) fn look(world: &World, settings: &Settings) -> Beginning {
    let now = world.account().now;
    let account = Account {
        id: world.account().id.clone(),
        name: "payments".to_owned(),
        email: "owner@example.com".to_owned(),
        partition: "aws".parse().unwrap(),
        region: "eu-central-1".to_owned(),
        writers: Vec::new(),
    };
    let run = Run {
        id: "survey".parse().unwrap(),
        mode: Mode::Audit,
        writer: "survey".to_owned(),
        deadline: after(now, Days(1)),
        forced: Vec::new(),
        sweep: true,
        clock_is_off: false,
        explicit: None,
        reviewed: None,
        inherited: None,
    };
    let survey = ended(survey(world, &run, &account, settings)).unwrap();
    world.forget();
    world.at(now);
    Beginning { now, ..Beginning::of(account, &survey) }
}

/// A forecast from what a look sees now.
pub(crate) fn foretold(world: &World, settings: &Settings, hosts: Hosts, nights: u32) -> AccountForecast {
    ended(forecast(&look(world, settings), settings, hosts, nights))
}

/// A step as it can be compared: a key that did not exist at the beginning has no name.
pub(crate) type Told = (UserName, Option<String>, StepKind, Reason, StepStatus);

pub(crate) fn told(step: &ForecastStep) -> Told {
    let key = step.access_key_id.as_ref().map(ToString::to_string).or(step.is_new_key.then(|| "new".to_owned()));
    (step.user.clone(), key, step.step, step.reason, step.status)
}

fn happened(step: &StepResult, world: &Beginning) -> Told {
    let known = |id: &AccessKeyId| {
        let is_known = world.users.iter().any(|user| user.key(id).is_some());
        if is_known { id.to_string() } else { "new".to_owned() }
    };
    (step.user.clone(), step.access_key_id.as_ref().map(known), step.step, step.reason, step.status)
}

/// What each of the coming nights in fact does; a day of the hosts follows each.
pub(crate) fn lived(world: &World, night: &Night, beginning: &Beginning, nights: u32) -> Vec<Vec<Told>> {
    let one = |_| {
        let run = night.on(world).run();
        // The next night begins a little later than the last mail of this one was sent.
        let now = world.account().now;
        world.at(plus(now, SignedDuration::from_secs(10)));
        world.day();
        sorted(run.result.steps.iter().map(|step| happened(step, beginning)).collect())
    };
    (0..nights).map(one).collect()
}

pub(crate) fn sorted(mut steps: Vec<Told>) -> Vec<Told> {
    steps.sort();
    steps
}
