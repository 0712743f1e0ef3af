//! One audit and one enforcing night.

use serde_json::{Value, json};

use super::checks::Checks;
use crate::expected::Held;
use crate::night::{self, Night};
use crate::readers;
use crate::stage::Stage;
use crate::world::World;

/// Audits the organization; brings the world as it is then, with the notices of the audit.
pub(super) async fn audit(stage: &Stage, before: &World, checks: &mut Checks) -> anyhow::Result<World> {
    let night = night::run(stage, &json!({ "mode": "audit" }), &mut |_| {}).await?;
    let after = stage.world().await?;
    let held = Held { stage, night: &night, before, after: &after };
    checks.none("an audit accounts for every account", held.accounts());
    checks.none("an audit plans every step that enforcing would take", held.results());
    let unchanged = World { notices: before.notices.clone(), ..after.clone() };
    checks.none("an audit changes no key, no secret and no ledger", unchanged.differences(before));
    checks.none("an audit tells every recipient, once per account", held.mails());
    let not_said = night.mails.iter().filter(|mail| !mail.text().contains("Nothing was changed"));
    checks.none("an audit's mail says that nothing was changed", not_said.map(|mail| mail.text().to_owned()).collect());
    Ok(after)
}

/// One night, and everything that it is held against.
pub(super) async fn enforce(stage: &Stage, before: &World, checks: &mut Checks) -> anyhow::Result<(Night, World)> {
    let night = night::run(stage, &night::scheduler_event(), &mut |_| {}).await?;
    let after = stage.world().await?;
    let held = Held { stage, night: &night, before, after: &after };
    for (name, wrong) in held.all() {
        checks.none(name, wrong);
    }
    let made = held.made_in_all();
    checks.holds("the night made keys, so that there is something to find", made > 20, || format!("{made} keys"));
    Ok((night, after))
}

/// The values of the secrets, as a reader named in `SECRET_READERS` gets them.
pub(super) async fn values(held: &Held<'_>, checks: &mut Checks) {
    checks.tried("every secret hands out the pair that it should, in the promised shape", readers::values(held).await);
}

/// Names and tags that were written to attack logs are part of a line's text and never a line.
pub(super) async fn log_lines(stage: &Stage, checks: &mut Checks) -> anyhow::Result<()> {
    let lines = stage.admin.function_log().await?;
    let is_own = |line: &str| {
        let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(line) else { return false };
        let has = |field: &str| fields.contains_key(field);
        (has("timestamp") && has("target") || has("_aws")) && fields.get("message") != Some(&json!("forged"))
    };
    let strange = lines.iter().filter(|line| !is_own(&line.line)).map(|line| line.line.clone());
    checks.none("every line of the log is one JSON object of Keywheel's own", strange.collect());
    Ok(())
}
