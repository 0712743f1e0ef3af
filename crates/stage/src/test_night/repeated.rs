//! What comes twice: a night, and the delivery of an event.

use futures::future::join_all;
use keywheel_core::contract::result::StepStatus;
use keywheel_core::plan::StepKind;
use serde_json::json;

use super::checks::Checks;
use crate::functions::KEY_ROTATION;
use crate::night;
use crate::stage::Stage;
use crate::world::World;

/// Steps that change something.
const CHANGES: [StepKind; 7] = [
    StepKind::Create,
    StepKind::Publish,
    StepKind::Deactivate,
    StepKind::Delete,
    StepKind::Retire,
    StepKind::Reconcile,
    StepKind::Rollback,
];

/// The same night again changes nothing and mails nobody.
pub(super) async fn night(stage: &Stage, then: &World, checks: &mut Checks) -> anyhow::Result<()> {
    let night = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    let after = stage.world().await?;
    checks.none("the same night again changes nothing", after.differences(then));
    let subjects = night.mails.iter().map(|mail| mail.subject().to_owned());
    checks.none("the same night again mails nobody", subjects.collect());
    let steps = night.results.values().flat_map(|result| &result.steps);
    let changes = steps.filter(|step| CHANGES.contains(&step.step) || step.status != StepStatus::Done);
    checks.none(
        "the same night again takes no step that changes anything",
        changes.map(|step| format!("{step:?}")).collect(),
    );
    Ok(())
}

/// How often the event arrives at the same time.
const DELIVERIES: usize = 4;

/// An event that arrives several times at once makes one key.
pub(super) async fn delivery(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let user = stage.user("terraform")?;
    let event = json!({ "account": user.account, "name": "platform-hub", "email": "platform@example.com",
        "run_id": "delivered-often", "force_rotate": [user.name] });
    let answers = join_all((0..DELIVERIES).map(|_| stage.functions.invoke(KEY_ROTATION, &event))).await;
    let again = stage.functions.invoke(KEY_ROTATION, &event).await?;
    let world = stage.world().await?;
    let keys = &world.keys[&(user.account.clone(), user.name.clone())];
    checks.holds("an event that arrives several times at once makes one key", keys.len() == 2, || format!("{keys:?}"));
    let mut wrong = Vec::new();
    for answer in answers.into_iter().chain([Ok(again)]) {
        let answer = answer?;
        if answer.failed && answer.payload["errorType"] != "Keywheel.AccountBusy" {
            wrong.push(answer.payload.to_string());
        }
    }
    checks.none("whoever comes second is told that the account is busy, or finds nothing to do", wrong);
    Ok(())
}
