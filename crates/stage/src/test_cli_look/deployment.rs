//! `keywheel doctor` on a deployment that is new, in use, and broken.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use aws_sdk_lambda::client::Waiters;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, ScheduleState, Target};
use serde_json::Value;

use super::shows;
use crate::command_line::{CommandLine, Ended};
use crate::functions::{ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION};
use crate::policies::{MEMBER_ROLE, SCHEDULE_ROLE, STATE_BUCKET};
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// How long Lambda may take to set a function up.
const PATIENCE: Duration = Duration::from_secs(30);

const CLOCK: &str = "clock/this machine";

const DOCTOR: [&str; 3] = ["doctor", "--function", "key-rotation"];

/// Before the first night, and without a schedule.
pub(super) async fn new(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let lambda = aws_sdk_lambda::Client::new(&stage.clients.root_of(stage.organization.hub()));
    for function in [ACCOUNT_INVENTORY, KEY_ROTATION, NOTIFICATION] {
        let wait = lambda.wait_until_function_active_v2().function_name(function);
        wait.wait(PATIENCE).await.with_context(|| format!("{function} does not become active"))?;
    }
    let says = "doctor says what a new deployment lacks, and exits with 1";
    shows(checks, "doctor-new", says, hub.keywheel(&DOCTOR));
    shows(checks, "doctor-nothing", "doctor asks which deployment", hub.keywheel(&["doctor"]));
    let missing = ["doctor", "--function", "key-rotatoin", "--output", "json"];
    shows(checks, "doctor-missing", "doctor says that there is no such function", hub.keywheel(&missing));
    Ok(())
}

/// Signed in as somebody who may look at nothing: nothing is said to be right, or wrong.
pub(super) async fn without_rights(stage: &Stage, keywheel: &Path, checks: &mut Checks) -> anyhow::Result<()> {
    let iam = aws_sdk_iam::Client::new(&stage.clients.root_of(stage.organization.hub()));
    iam.create_user().user_name("nobody").send().await?;
    let made = iam.create_access_key().user_name("nobody").send().await?;
    let key = made.access_key().context("no key in the answer")?;
    let output = Command::new(keywheel)
        .args(DOCTOR)
        .args(["--check", "--output", "json"])
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", key.access_key_id())
        .env("AWS_SECRET_ACCESS_KEY", key.secret_access_key())
        .env("AWS_REGION", crate::clients::REGION)
        .env("AWS_ENDPOINT_URL", stage.emulator.endpoint())
        .output()?;
    iam.delete_access_key().user_name("nobody").access_key_id(key.access_key_id()).send().await?;
    iam.delete_user().user_name("nobody").send().await?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let ended = Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
    let known = levels(&ended)?.into_iter().filter(|(check, level)| level != "not-checked" && check != CLOCK);
    checks.none(
        "what may not be looked at is not checked",
        known.map(|(check, level)| format!("{check} {level}")).collect(),
    );
    checks.holds("doctor that could check nothing exits with 1", ended.code == Some(1), || ended.err.clone());
    Ok(())
}

/// After nights, with schedules: nothing is wrong any more.
pub(super) async fn in_use(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    schedule(stage, "nightly", "{}", ScheduleState::Enabled).await?;
    schedule(stage, "nightly-finish", "{\"finish\":\"latest\"}", ScheduleState::Enabled).await?;
    let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let storage = aws_sdk_s3::Client::new(&stage.clients.root_of(stage.organization.hub()));
    storage.put_bucket_versioning().bucket(STATE_BUCKET).versioning_configuration(versioning).send().await?;
    let account = stage.organization.hub().to_string();
    let ended = hub.keywheel(&[&DOCTOR[..], &["--output", "json", "--account", &account]].concat())?;
    let levels = levels(&ended)?;
    let wrong: Vec<_> = levels.iter().filter(|(_, level)| *level == "fail").map(|(check, _)| check.clone()).collect();
    checks.none("doctor finds nothing wrong with a deployment in use", wrong);
    let ok = [
        CLOCK,
        "functions/account-inventory",
        "functions/key-rotation settings",
        "functions/mode",
        "functions/one state",
        "roles/key-rotation",
        &format!("roles/member role in {account}"),
        "state bucket/versions",
        "schedule/runs",
        "schedule/finish",
        "mail/sender",
        "templates/mails",
        "last run/begun",
        "last run/answers",
        "last run/roles and trust",
    ];
    let not_ok = ok.iter().filter(|check| levels.get(**check).map(String::as_str) != Some("ok"));
    checks.none("doctor finds what is right", not_ok.map(|check| format!("{check} in {levels:?}")).collect());
    let code = ended.code;
    checks.holds("doctor without failures exits with 0", code == Some(0), || format!("{code:?} {}", ended.err));
    let checked = hub.keywheel(&[&DOCTOR[..], &["--check"]].concat())?;
    checks.holds("doctor --check exits with 3 for warnings", checked.code == Some(3), || checked.out.clone());
    Ok(())
}

/// One thing after the other is broken; each shows where it is, with what to do.
pub(super) async fn broken(stage: &Stage, hub: &CommandLine<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let hub_config = stage.clients.root_of(stage.organization.hub());
    let scheduler = aws_sdk_scheduler::Client::new(&hub_config);
    scheduler.delete_schedule().name("nightly").send().await?;
    schedule(stage, "nightly", "{}", ScheduleState::Disabled).await?;
    let mut variables = stage.functions.variables(NOTIFICATION);
    variables.insert("SENDER_EMAIL".to_owned(), "nobody@nowhere.example".to_owned());
    variables.insert("STATE_PREFIX".to_owned(), "elsewhere/".to_owned());
    stage.functions.configure(NOTIFICATION, crate::functions::TIMEOUT, variables).await?;
    let mut variables = stage.functions.variables(ACCOUNT_INVENTORY);
    variables.insert("ROLLOUT_PERCENT".to_owned(), "all".to_owned());
    stage.functions.configure(ACCOUNT_INVENTORY, crate::functions::TIMEOUT, variables).await?;
    let other = format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{{\"AWS\":\
         \"arn:aws:iam::{}:root\"}},\"Condition\":{{\"StringEquals\":{{\"sts:ExternalId\":\"another\"}}}}}}]}}",
        stage.organization.hub()
    );
    let iam = aws_sdk_iam::Client::new(&hub_config);
    iam.update_assume_role_policy().role_name(MEMBER_ROLE).policy_document(other).send().await?;
    stage.state.put_template("templates/digest/subject.txt", "{{ no_such_variable }}").await?;
    stage.admin.age(2).await?;
    let account = stage.organization.hub().to_string();
    let ended = hub.keywheel(&[&DOCTOR[..], &["--output", "json", "--account", &account]].concat())?;
    let levels = levels(&ended)?;
    for (check, level) in [
        ("schedule/runs", "fail"),
        ("mail/sender", "fail"),
        ("functions/one state", "fail"),
        ("functions/account-inventory settings", "fail"),
        (&format!("roles/member role in {account}"), "fail"),
        ("templates/mails", "warn"),
        ("last run/begun", "fail"),
    ] {
        let found = levels.get(check).map(String::as_str);
        let name = if check.starts_with("roles/") { "roles/member role" } else { check };
        checks.holds(&format!("doctor finds what is broken: {name}"), found == Some(level), || format!("{found:?}"));
    }
    let says = "no external id of any kind is in what doctor prints";
    let leaked = ended.out.contains(crate::policies::EXTERNAL_ID) || ended.out.contains("another\"");
    checks.holds(says, ended.code == Some(1) && !leaked, || ended.out.clone());
    Ok(())
}

/// The level of each check, by group and name.
pub(super) fn levels(ended: &Ended) -> anyhow::Result<BTreeMap<String, String>> {
    let document: Value = serde_json::from_str(&ended.out).with_context(|| format!("no JSON: {}", ended.err))?;
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    let findings = document["findings"].as_array().into_iter().flatten();
    let level = |finding: &Value| {
        let check = format!("{}/{}", text(finding, "group"), text(finding, "check"));
        (check, text(finding, "level"))
    };
    Ok(findings.map(level).collect())
}

async fn schedule(stage: &Stage, name: &str, input: &str, on: ScheduleState) -> anyhow::Result<()> {
    let hub = stage.organization.hub();
    let client = aws_sdk_scheduler::Client::new(&stage.clients.root_of(hub));
    let region = crate::clients::REGION;
    let target = Target::builder()
        .arn(format!("arn:aws:lambda:{region}:{hub}:function:{ACCOUNT_INVENTORY}"))
        .role_arn(format!("arn:aws:iam::{hub}:role/{SCHEDULE_ROLE}"))
        .input(input);
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off).build()?;
    let create = client.create_schedule().name(name).schedule_expression("cron(0 2 * * ? *)").state(on);
    create.flexible_time_window(window).target(target.build()?).send().await?;
    Ok(())
}
