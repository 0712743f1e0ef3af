//! Events of completed steps on a bus, and a bus that may not be told.

use anyhow::Context;
use aws_sdk_eventbridge::Client as BusClient;
use aws_sdk_eventbridge::types::Target;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::contract::step_completed::{DETAIL_TYPE, SOURCE, StepCompleted};
use serde_json::json;

use super::heard::Queue;
use super::ses::{Outcome, logged};
use crate::functions::KEY_ROTATION;
use crate::organization::Account;
use crate::policies::EVENT_BUS;
use crate::stage::Stage;

/// A bus that the role may put nothing on.
const OTHER_BUS: &str = "keywheel-other";
const WITH_BUS: &str = "steps-told";
const WITH_OTHER_BUS: &str = "steps-untold";

/// A night in one account with each bus.
pub(super) async fn check(stage: &Stage, outcomes: &mut Vec<Outcome>) -> anyhow::Result<()> {
    let hub = stage.clients.root_of(stage.organization.hub());
    let (client, queue) = (BusClient::new(&hub), Queue::make(&hub, "keywheel-bus").await?);
    for (bus, function) in [(EVENT_BUS, WITH_BUS), (OTHER_BUS, WITH_OTHER_BUS)] {
        client.create_event_bus().name(bus).send().await?;
        let pattern = json!({ "source": [SOURCE], "detail-type": [DETAIL_TYPE] }).to_string();
        client.put_rule().name(bus).event_bus_name(bus).event_pattern(pattern).send().await?;
        let target = Target::builder().id("queue").arn(&queue.arn).build()?;
        client.put_targets().rule(bus).event_bus_name(bus).targets(target).send().await?;
        let mut variables = stage.functions.variables(KEY_ROTATION);
        variables.insert("EVENT_BUS".to_owned(), bus.to_owned());
        stage.functions.create(function, KEY_ROTATION, variables).await?;
    }
    let mut accounts = stage.organization.accounts.iter().filter(|account| !account.users.is_empty());
    let mut next = || accounts.next().context("there are too few accounts");
    let (result, events) = night(stage, &queue, WITH_BUS, next()?).await?;
    let mut completed: Vec<_> = StepCompleted::of(&result).collect();
    completed.sort_by_key(sorted);
    let is_right = result.complete && completed.len() > 3 && events == completed;
    outcomes.push((
        "EventBridge: the bus gets one event per completed step".to_owned(),
        if is_right { Vec::new() } else { vec![format!("{completed:?}\n{events:?}")] },
    ));
    let (result, events) = night(stage, &queue, WITH_OTHER_BUS, next()?).await?;
    let logged = logged(stage, WITH_OTHER_BUS, "machines were not told").await?;
    let is_right = result.complete && events.is_empty() && logged;
    outcomes.push((
        "EventBridge: a bus that refuses holds nothing up, and is reported".to_owned(),
        if is_right { Vec::new() } else { vec![format!("{result:?}, {events:?}, logged {logged}")] },
    ));
    Ok(())
}

async fn night(
    stage: &Stage,
    queue: &Queue,
    function: &str,
    account: &Account,
) -> anyhow::Result<(AccountResult, Vec<StepCompleted>)> {
    let job = json!({ "account": account.id, "name": account.name, "email": account.email });
    let answer = stage.functions.invoke(function, &job).await?;
    let result: AccountResult = serde_json::from_value(answer.payload).context("no result of an account")?;
    let expected = if function == WITH_BUS { StepCompleted::of(&result).count() } else { 0 };
    let heard = queue.take(expected).await?;
    let details = heard.into_iter().map(|message| serde_json::from_value(message.body["detail"].clone()));
    let mut events: Vec<StepCompleted> = details.collect::<Result<_, _>>()?;
    events.sort_by_key(sorted);
    Ok((result, events))
}

fn sorted(step: &StepCompleted) -> String {
    format!("{} {:?} {:?}", step.user, step.access_key_id, step.step)
}
