//! From AWS-AccessKey-Rotation (`docs/migrate/aws-accesskey-rotation.md`): the parameter is taken over, and hosts follow by the same script.

use std::path::Path;

use anyhow::Context;
use aws_sdk_ssm::Client as ParameterClient;
use aws_sdk_ssm::types::{Parameter, ParameterType};
use keywheel_core::secret::KeyPair;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::ground::Ground;
use super::hosts::Follows;
use crate::policies::{MEMBER_ROLE, Policies};
use crate::test_night::Place;
use crate::test_night::checks::Checks;

const USER: &str = "param-test";
const PARAMETER: &str = "param-test";
const PERIODS: [(&str, &str); 3] = [("ROTATION_PERIOD", "30"), ("INACTIVE_PERIOD", "37"), ("INACTIVE_BUFFER", "58")];
const SETTINGS: [(&str, &str); 4] = [PERIODS[0], PERIODS[1], PERIODS[2], ("PARAMETER_PREFIX", "/keywheel/")];

pub(super) async fn check(place: &Place, keywheel: &Path) -> anyhow::Result<Checks> {
    let mut ground =
        Ground::set(place, keywheel, ["aws-accesskey-rotation", "aws-accesskey-rotation"], "aws-accesskey-rotation")
            .await?;
    plant(&mut ground).await?;
    hosts_agree(&mut ground).await?;
    adopted(&mut ground).await?;
    rotated_in_time(&mut ground).await?;
    ground.conclude(&[USER]).await
}

fn store(ground: &Ground<'_>) -> ParameterClient {
    ParameterClient::new(&ground.stage.clients.root_of(&ground.account))
}

fn value(new: &KeyPair, old: &KeyPair) -> String {
    let pair = |title: &str, pair: &KeyPair| {
        let half = pair.secret.expose_secret();
        format!("{title}\naws_access_key_id = {}\naws_secret_access_key = {half}", pair.id)
    };
    format!("{}\n{}", pair("NEW", new), pair("OLD", old))
}

async fn parameter(ground: &Ground<'_>) -> anyhow::Result<Parameter> {
    let read = store(ground).get_parameter().name(PARAMETER).with_decryption(true).send().await?;
    read.parameter.context("no parameter")
}

/// The parameter in plain text with both pairs, a host that followed, and one whose cron does not run.
async fn plant(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let text = value(ground.pair(USER, "new")?, ground.pair(USER, "old")?);
    store(ground).put_parameter().name(PARAMETER).value(text).r#type(ParameterType::String).send().await?;
    let arn = format!("arn:aws:ssm:eu-west-1:{}:parameter/{PARAMETER}", ground.account);
    let reads = json!({ "Effect": "Allow", "Action": "ssm:GetParameter", "Resource": arn });
    let policy = json!({ "Version": "2012-10-17", "Statement": [reads] }).to_string();
    ground.iam().put_user_policy().user_name(USER).policy_name("reads").policy_document(policy).send().await?;
    ground.host("web-1", USER, "new", Follows::Parameter { name: PARAMETER, decrypts: false })?;
    ground.host("web-2", USER, "old", Follows::Nothing)
}

/// Steps 1 and 2: nobody deletes anything while a host uses `OLD`; the script runs until none does.
async fn hosts_agree(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let audit = ground.look(&["--own-account"], &PERIODS).await?;
    ground.says_of("audit tells of the two active keys", &audit, USER, &["skip old conflict-two-active planned"]);
    let explain = |ground: &Ground<'_>| ground.of_page(&["explain", USER, "--own-account"], &[]);
    let both = explain(ground)?;
    ground.holds("explain shows that both are in use", both.out.matches("less than a day ago").count() > 1, || {
        format!("{}{}", both.out, both.err)
    });
    ground.host_mut("web-2")?.now_follows(Follows::Parameter { name: PARAMETER, decrypts: false });
    ground.night(1).await?;
    ground.night(9).await?;
    let one = explain(ground)?;
    ground.holds("a week later only NEW is", one.out.contains("8 days ago"), || format!("{}{}", one.out, one.err));
    ground.make_inactive(USER, "old").await?;
    ground.until(12).await?;
    ground.delete(USER, "old").await
}

/// Steps 3 to 5: the parameter is encrypted and taken over; the next replacement goes into it.
async fn adopted(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    for host in &mut ground.hosts {
        host.now_follows(Follows::Parameter { name: PARAMETER, decrypts: true });
    }
    // The flag does no harm while the parameter is a `String`.
    ground.until(12).await?;
    let text = parameter(ground).await?.value.context("no value")?;
    store(ground).delete_parameter().name(PARAMETER).send().await?;
    store(ground).put_parameter().name(PARAMETER).value(text).r#type(ParameterType::SecureString).send().await?;
    let entry = json!({ "users": [format!("{}/{USER}", ground.account)], "layout": "new-old", "name": PARAMETER, "adopt": true });
    ground.stage.state.put("parameters.json", &json!({ "schema_version": 1, "parameters": [entry] })).await?;
    allow(ground).await?;
    ground.deploy("enforce", &SETTINGS).await?;
    let night = ground.night(12).await?;
    ground.says_of(
        "the key that it made is replaced when it is due",
        &night,
        USER,
        &["create new rotation-due done", "publish made rotation-due done"],
    );
    ground.tried("what was NEW is OLD now, in a SecureString", handed_out(ground).await);
    let night = ground.night(13).await?;
    let told = ground.steps(&night, USER);
    let new = ground.pair(USER, "new")?.id.to_string();
    let behind: Vec<_> =
        ground.hosts.iter().filter(|host| host.key() == new).map(|host| host.name.to_owned()).collect();
    ground.none("the same script brings every host the new pair", behind);
    ground.holds("the old key is announced and stays", told == ["warn new deactivation-ahead done"], || {
        format!("{told:?}")
    });
    Ok(())
}

/// What `adopted_parameter_names` of global-account-customization does.
async fn allow(ground: &Ground<'_>) -> anyhow::Result<()> {
    let text = Policies::of(&ground.stage.organization).text("member", &[("account", ground.account.as_str())])?;
    let mut policy: Value = serde_json::from_str(&text)?;
    let statements = policy["Statement"].as_array_mut().context("no statements")?;
    let statement =
        statements.iter_mut().find(|one| one["Sid"] == "KeepsTheUsersParameters").context("no statement")?;
    let adopted = format!("arn:aws:ssm:*:{}:parameter/{PARAMETER}", ground.account);
    statement["Resource"] = json!([statement["Resource"], adopted]);
    let put = ground.iam().put_role_policy().role_name(MEMBER_ROLE).policy_name(MEMBER_ROLE);
    put.policy_document(policy.to_string()).send().await?;
    Ok(())
}

async fn handed_out(ground: &Ground<'_>) -> anyhow::Result<Vec<String>> {
    let found = parameter(ground).await?;
    let text = found.value.context("no value")?;
    let (new, old) = text.split_once("\nOLD\n").context("no OLD")?;
    let was_new = ground.pair(USER, "new")?;
    let is_old = old.contains(was_new.id.as_str()) && old.contains(was_new.secret.expose_secret());
    let is_right = is_old && !new.contains(was_new.id.as_str()) && found.r#type == Some(ParameterType::SecureString);
    Ok(if is_right { Vec::new() } else { vec![format!("{:?}, the old pair {is_old}", found.r#type)] })
}

/// With these periods a key is gone before the next one is due; and the agent can take the script's place (step 7).
async fn rotated_in_time(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    ground.night(20).await?;
    ground.has("the old key is made inactive", &[(USER, &["made Active", "new Inactive"])]).await;
    ground.night(41).await?;
    let night = ground.night(42).await?;
    ground.says_of(
        "thirty days later the slot is free for the next one",
        &night,
        USER,
        &["create made rotation-due done", "publish made rotation-due done"],
    );
    let file = ground.host_mut("web-1")?.file().to_owned();
    let home = ground.command_line()?;
    std::fs::create_dir(home.folder.path().join(".aws"))?;
    let credentials = home.folder.path().join(".aws/credentials");
    std::fs::write(&credentials, file)?;
    let agent = ["agent", "once", "--profiles", "default", "--parameter", PARAMETER];
    ground.stands_on_page(&agent)?;
    let ended = home.keywheel(&agent)?;
    let written = std::fs::read_to_string(&credentials)?;
    let says = format!("{:?} {}{}", ended.code, ended.out, ended.err);
    let host = ground.host_mut("web-1")?;
    let is_installed = ended.code == Some(0) && !written.contains(host.key());
    host.take(written);
    host.now_follows(Follows::Nothing);
    ground.holds("the agent takes the script's place", is_installed, || says);
    ground.night(43).await?;
    ground.night(52).await?;
    Ok(())
}
