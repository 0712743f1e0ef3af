//! The schedules that start account-inventory, and have it account for every account.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::types::ScheduleState;
use keywheel_aws::port_error;
use keywheel_engine::ports::PortError;

use super::finding::{Finding, Verdict};
use super::ground::Ground;

const GROUP: &str = "schedule";

pub(super) async fn findings(ground: &Ground) -> Vec<Finding> {
    let Some(inventory) = ground.inventory.deployed() else {
        return vec![Verdict::not_checked("account-inventory was not found", "see the functions").of(GROUP, "runs")];
    };
    let schedules = match of_target(&Client::new(&ground.hub.config), &inventory.arn).await {
        Ok(schedules) => schedules,
        Err(error) => return vec![Verdict::of_error(&error, "see EventBridge Scheduler").of(GROUP, "runs")],
    };
    let (finishes, runs): (Vec<_>, Vec<_>) = schedules.iter().partition(|schedule| is_finish(schedule));
    let no_run = Verdict::fail(
        "no schedule starts account-inventory",
        "deploy the hub's layer, or make a schedule that invokes it once a day",
    );
    let no_finish = Verdict::warn(
        "no schedule has the run's accounts accounted for, so nobody hears of those that never answer",
        "make a schedule that sends {\"finish\":\"latest\"} to account-inventory eight hours after the run's",
    );
    vec![state(&runs, no_run).of(GROUP, "runs"), state(&finishes, no_finish).of(GROUP, "finish")]
}

/// Whether one of the schedules is on.
fn state(schedules: &[&GetScheduleOutput], none: Verdict) -> Verdict {
    let told = |schedule: &GetScheduleOutput| {
        let name = schedule.name.as_deref().unwrap_or_default();
        format!("{name}: {}", schedule.schedule_expression.as_deref().unwrap_or_default())
    };
    let on = schedules.iter().find(|schedule| schedule.state == Some(ScheduleState::Enabled));
    match (on, schedules.first()) {
        (Some(schedule), _) => Verdict::ok(told(schedule)),
        (None, Some(off)) => Verdict::fail(
            format!("{} is off", told(off)),
            "set \"stopped\": false in the hub's input, or turn the schedule on",
        ),
        (None, None) => none,
    }
}

fn is_finish(schedule: &GetScheduleOutput) -> bool {
    let input = schedule.target.as_ref().and_then(|target| target.input.as_deref()).unwrap_or_default();
    serde_json::from_str::<serde_json::Value>(input).is_ok_and(|input| input.get("finish").is_some())
}

/// Every schedule that invokes the function.
async fn of_target(client: &Client, arn: &str) -> Result<Vec<GetScheduleOutput>, PortError> {
    let mut pages = client.list_schedules().into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| port_error("scheduler:ListSchedules", &error))?;
        let of_function = page.schedules.into_iter().filter(|schedule| {
            schedule
                .target
                .as_ref()
                .is_some_and(|target| target.arn == arn || target.arn.starts_with(&format!("{arn}:")))
        });
        names.extend(of_function.map(|schedule| (schedule.group_name, schedule.name)));
    }
    let mut schedules = Vec::new();
    for (group, name) in names {
        let get = client.get_schedule().set_group_name(group).set_name(name).send().await;
        schedules.push(get.map_err(|error| port_error("scheduler:GetSchedule", &error))?);
    }
    Ok(schedules)
}
