//! From three EventBridge rules per user (`docs/migrate/three-rules.md`): first they send their constant events to Keywheel, and then nights need
//! none of them.

use std::path::Path;

use anyhow::Context;
use aws_sdk_eventbridge::Client as BusClient;
use aws_sdk_eventbridge::types::Target;
use aws_sdk_secretsmanager::Client as SecretsClient;
use keywheel_core::contract::result::AccountResult;
use secrecy::ExposeSecret;
use serde_json::json;

use super::ground::Ground;
use super::hosts::Follows;
use crate::functions::KEY_ROTATION;
use crate::test_night::Place;
use crate::test_night::checks::Checks;

const SETTINGS: [(&str, &str); 3] = [("ROTATION_PERIOD", "90"), ("INACTIVE_PERIOD", "104"), ("INACTIVE_BUFFER", "139")];
/// The rules of each user: the action, and after how many days it comes.
const RULES: [(&str, u32); 3] = [("create", 90), ("deactivate", 104), ("delete", 118)];
const USERS: [&str; 3] = ["app", "half", "tail"];

pub(super) async fn check(place: &Place, keywheel: &Path) -> anyhow::Result<Checks> {
    let mut ground = Ground::set(place, keywheel, ["three-rules", "three-rules"], "three-rules").await?;
    plant(&mut ground).await?;
    created(&mut ground).await?;
    refused(&mut ground).await?;
    ended(&mut ground).await?;
    without_rules(&mut ground).await?;
    ground.conclude(&USERS).await
}

/// The recipe's secrets, named as the users, and its rules, which have Keywheel's function for a target already ("Keep the rules for a while").
async fn plant(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let secrets = SecretsClient::new(&ground.stage.clients.root_of(&ground.account));
    let rules = rules(ground);
    let function = format!("arn:aws:lambda:eu-west-1:{}:function:{KEY_ROTATION}", ground.account);
    for (user, label) in USERS.into_iter().zip(["old", "new", "new"]) {
        let pair = ground.pair(user, label)?;
        let value = json!({ "AccessKey": pair.id, "SecretKey": pair.secret.expose_secret() });
        secrets.create_secret().name(user).secret_string(value.to_string()).send().await?;
        let reads = json!({ "Effect": "Allow", "Principal": { "AWS": ground.stage.user(user)?.arn },
            "Action": "secretsmanager:GetSecretValue", "Resource": "*" });
        let policy = json!({ "Version": "2012-10-17", "Statement": [reads] }).to_string();
        secrets.put_resource_policy().secret_id(user).resource_policy(policy).send().await?;
        for (action, days) in RULES {
            let rule = format!("{action}-{user}");
            rules.put_rule().name(&rule).schedule_expression(format!("rate({days} days)")).send().await?;
            let input = json!({ "action": action, "username": user }).to_string();
            let target = Target::builder().id("rotation").arn(&function).input(input).build()?;
            rules.put_targets().rule(&rule).targets(target).send().await?;
        }
        let follows = Follows::Secret { name: user.to_owned(), id: "AccessKey", half: "SecretKey" };
        ground.host(user, user, label, follows)?;
    }
    Ok(())
}

fn rules(ground: &Ground<'_>) -> BusClient {
    BusClient::new(&ground.stage.clients.root_of(&ground.account))
}

/// What comes of a rule's time: its target gets its constant event.
async fn fires(ground: &Ground<'_>, action: &str, user: &str) -> anyhow::Result<AccountResult> {
    let targets = rules(ground).list_targets_by_rule().rule(format!("{action}-{user}")).send().await?;
    let input = targets.targets().first().and_then(|target| target.input()).context("a rule without an event")?;
    ground.send(&serde_json::from_str(input)?).await
}

/// The steps that came of it, with what the result says beside them.
async fn answer(ground: &Ground<'_>, action: &str, user: &str) -> anyhow::Result<String> {
    let result = fires(ground, action, user).await?;
    let errors: Vec<_> = result.steps.iter().filter_map(|step| step.error.clone()).collect();
    Ok([ground.steps(&result, user), errors].concat().join("; "))
}

fn begins(ground: &mut Ground<'_>, says: &str, answer: &str, expected: &str) {
    ground.holds(says, answer.starts_with(expected), || answer.to_owned());
}

/// An event in audit, and then the first in enforce, which comes twice.
async fn created(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let audit = ground.look(&["--own-account"], &SETTINGS).await?;
    let expected: [(&str, &[&str]); 3] = [
        ("app", &["create old rotation-due planned"]),
        ("half", &["skip old conflict-two-active planned"]),
        ("tail", &["skip old person-inactive planned"]),
    ];
    ground.says("audit tells of every user what the page says", &audit, &expected);
    let planned = answer(ground, "create", "app").await?;
    begins(ground, "an event in audit is planned and no more", &planned, "create old rotation-due planned");
    ground.has("no key is made by it", &[("app", &["old Active"])]).await;
    ground.deploy("enforce", &SETTINGS).await?;
    ground.until(1).await?;
    let made = answer(ground, "create", "app").await?;
    begins(ground, "create makes one key", &made, "create old rotation-due done; publish made rotation-due done");
    let again = answer(ground, "create", "app").await?;
    begins(ground, "the same event again makes none", &again, "create made slot-in-use deferred");
    let night = ground.night(1).await?;
    ground.says(
        "nor does the night",
        &night,
        &[("half", &["skip old conflict-two-active done"]), ("tail", &["skip old person-inactive done"])],
    );
    // Step 2: consumers read the new secret from now on, with the two fields' new names.
    for user in USERS {
        ground.told(user)?;
    }
    ground.night(2).await?;
    Ok(())
}

/// Events that come too early, as three rates that drift apart send them.
async fn refused(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    ground.until(5).await?;
    let before = ground.world().await?;
    let early = answer(ground, "deactivate", "app").await?;
    begins(ground, "a deactivate that comes too early is refused", &early, "deactivate old still-in-use deferred");
    let half = answer(ground, "deactivate", "half").await?;
    begins(ground, "so is one of a user with two keys of others", &half, "deactivate old conflict-two-active deferred");
    let tail = answer(ground, "delete", "tail").await?;
    begins(ground, "so is a delete of a key that others made inactive", &tail, "delete old person-inactive deferred");
    let lifted = json!({ "action": "delete", "username": "tail", "override": ["person-inactive"] });
    let lifted = ground.send(&lifted).await?;
    let lifted = ground.steps(&lifted, "tail").concat();
    begins(ground, "before its grace even one with the page's override", &lifted, "delete old not-yet-due deferred");
    let mut after = ground.world().await?;
    after.ledgers.clone_from(&before.ledgers);
    ground.none("what is refused changes nothing", after.differences(&before));
    // What the page says of half-way users: the one that nobody uses is made inactive by hand, and deleted later.
    ground.make_inactive("half", "old").await?;
    ground.night(5).await?;
    Ok(())
}

/// Events that come when it is time.
async fn ended(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    ground.until(17).await?;
    let due = answer(ground, "deactivate", "app").await?;
    begins(ground, "a deactivate after the whole grace is done", &due, "deactivate old install-grace-over done");
    ground.night(17).await?;
    ground.until(18).await?;
    ground.delete("half", "old").await?;
    let early = answer(ground, "delete", "app").await?;
    begins(ground, "a delete before the recovery grace is refused", &early, "delete old not-yet-due deferred");
    ground.night(18).await?;
    ground.until(37).await?;
    let lifted = json!({ "action": "delete", "username": "tail", "override": ["person-inactive"] });
    let lifted = ground.send(&lifted).await?;
    let lifted = ground.steps(&lifted, "tail").concat();
    begins(ground, "with the page's command it is deleted after the grace", &lifted, "delete old asked-for done");
    ground.night(37).await?;
    ground.until(53).await?;
    let over = answer(ground, "delete", "app").await?;
    begins(ground, "a delete after the recovery grace is done", &over, "delete old recovery-grace-over done");
    let expected: [(&str, &[&str]); 3] =
        [("app", &["made Active"]), ("half", &["new Active"]), ("tail", &["new Active"])];
    ground.has("every user has one key", &expected).await;
    Ok(())
}

/// The rules go, and the nights do what they did.
async fn without_rules(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let rules = rules(ground);
    for (user, (action, _)) in USERS.iter().flat_map(|user| RULES.map(|rule| (user, rule))) {
        let rule = format!("{action}-{user}");
        rules.remove_targets().rule(&rule).ids("rotation").send().await?;
        rules.delete_rule().name(&rule).send().await?;
    }
    for day in [63, 64, 78, 81, 82, 92, 93] {
        ground.night(day).await?;
    }
    let expected: [(&str, &[&str]); 3] = [
        ("app", &["made Active", "made Active"]),
        ("half", &["made Active", "new Active"]),
        ("tail", &["made Active", "new Inactive"]),
    ];
    ground.has("nights go on without any rule", &expected).await;
    ground.night(107).await?;
    ground.night(128).await?;
    Ok(())
}
