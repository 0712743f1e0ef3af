//! From the AFT sample (`docs/migrate/aws-sample.md`): secrets taken over in place, half-done rotations, its template, its events.

mod leftovers;

use std::path::Path;

use aws_sdk_secretsmanager::Client as SecretsClient;
use keywheel_core::observed::AWSPREVIOUS;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::ground::Ground;
use crate::admin::Mail;
use crate::policies::{ADMINISTRATOR_ROLE, BREAK_GLASS_ROLE};
use crate::readers;
use crate::test_night::Place;
use crate::test_night::checks::Checks;
use leftovers::{MEMBER_ROLE, READER, RULE, TEMPLATE, name_of, plant, rules};

const ROLE: [&str; 2] = ["--role-name", ADMINISTRATOR_ROLE];
const SETTINGS: [(&str, &str); 2] = [("ROTATION_PERIOD", "90"), ("EXEMPTION_GROUP", "IAMKeyRotationExemptionGroup")];
pub(super) async fn check(place: &Place, keywheel: &Path) -> anyhow::Result<Checks> {
    let mut ground = Ground::set(place, keywheel, ["aws-sample", "aws-sample"], "platform").await?;
    plant(&mut ground).await?;
    look(&mut ground).await?;
    taken_over(&mut ground).await?;
    settled(&mut ground).await?;
    later(&mut ground).await?;
    managed(&mut ground).await?;
    ground.conclude(&["build", "alice", "tail", "forced"]).await
}

/// A night in audit. Nothing is changed, and what the page says of half-done users is said.
async fn look(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let audit = ground.look(&ROLE, &SETTINGS).await?;
    let expected: [(&str, &[&str]); 5] = [
        ("build", &["create old rotation-due planned"]),
        ("alice", &["skip old conflict-two-active planned"]),
        ("tail", &["skip old person-inactive planned", "skip new slot-blocked planned"]),
        ("disabled", &["skip - only-inactive-keys planned", "skip old person-inactive planned"]),
        ("vip", &["skip - exempt-group planned"]),
    ];
    ground.says("audit tells of every user what the page says", &audit, &expected);
    let read = [may_read(ground, BREAK_GLASS_ROLE).await?, may_read(ground, READER).await?];
    ground.holds("roles read the sample's secret by policies of their own", read == [true; 2], || format!("{read:?}"));
    Ok(())
}

async fn may_read(ground: &Ground<'_>, role: &str) -> anyhow::Result<bool> {
    let session = readers::session(&ground.stage, &ground.account, &ground.account, role).await?;
    let client = SecretsClient::new(&session);
    Ok(client.get_secret_value().secret_id(name_of(ground, "build")?).send().await.is_ok())
}

/// The first nights that change something: the secret is taken over in place.
async fn taken_over(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    rules(ground).disable_rule().name(RULE).send().await?;
    ground.stage.state.put_template("templates/digest/body.html", TEMPLATE).await?;
    ground.deploy("enforce", &SETTINGS).await?;
    let first = ground.night(1).await?;
    let expected: [(&str, &[&str]); 5] = [
        ("build", &["create old rotation-due done", "publish made rotation-due done"]),
        ("alice", &["skip old conflict-two-active done"]),
        ("tail", &["skip old person-inactive done", "skip new slot-blocked done"]),
        ("disabled", &["skip - only-inactive-keys done", "skip old person-inactive done"]),
        ("vip", &["skip - exempt-group done"]),
    ];
    ground.says("the first night replaces what is due and nothing else", &first, &expected);
    ground.tried("the sample's last value is AWSPREVIOUS, and the new one has its fields", values(ground).await);
    let policy = "the secret's resource policy was not Keywheel's and is put back";
    ground.holds("the log says that the policy is Keywheel's now", ground.log()?.contains(policy), String::new);
    let read = [may_read(ground, BREAK_GLASS_ROLE).await?, may_read(ground, READER).await?];
    ground.holds("of the roles only SECRET_READERS can read it now", read == [true, false], || format!("{read:?}"));
    ground.none("mails are made of the sample's template", mails(ground));
    let job = json!({ "account": ground.account, "name": "aws-sample", "email": "sample@example.com", "ForceRotate": "forced" });
    let mut dry = job.clone();
    dry["dryrun"] = "true".into();
    let (dry, forced) = (ground.send(&dry).await?, ground.send(&job).await?);
    let said = [ground.steps(&dry, "forced"), ground.steps(&forced, "forced")].concat();
    let expected = ["create old forced planned", "create old forced done", "publish made forced done"];
    ground.holds("its events with ForceRotate and dryrun are taken", said == expected, || format!("{said:?}"));
    Ok(())
}

/// Where the user's secret does not hold what the page promises.
async fn values(ground: &Ground<'_>) -> anyhow::Result<Vec<String>> {
    let config = readers::session(&ground.stage, &ground.account, &ground.account, BREAK_GLASS_ROLE).await?;
    let client = SecretsClient::new(&config);
    let read = || client.get_secret_value().secret_id(name_of(ground, "build").unwrap_or_default());
    let parsed = |text: Option<&str>| serde_json::from_str::<Value>(text.unwrap_or_default());
    let current = parsed(read().send().await?.secret_string())?;
    let previous = parsed(read().version_stage(AWSPREVIOUS).send().await?.secret_string())?;
    let old = ground.pair("build", "old")?;
    let is_kept = previous["SecretAccessKey"] == old.secret.expose_secret();
    let fields = ["AccessKeyId", "SecretAccessKey", "UserName", "CreateDate", "Status"];
    let mut wrong: Vec<_> =
        fields.into_iter().filter(|field| !current[*field].is_string()).map(str::to_owned).collect();
    let is_date = current["CreateDate"].as_str().is_some_and(|date| date.parse::<keywheel_core::Timestamp>().is_ok());
    wrong.extend((!is_kept).then(|| "the sample's pair is gone".to_owned()));
    wrong.extend((!is_date).then(|| format!("CreateDate {}", current["CreateDate"])));
    Ok(wrong)
}

/// The account's owner hears, by the sample's file, of the replacement and of the half-done user.
fn mails(ground: &Ground<'_>) -> Vec<String> {
    let to_owner = |mail: &&Mail| mail.to.iter().any(|to| to == "sample@example.com");
    let Some(mail) = ground.mails.iter().find(to_owner) else { return vec!["the owner has no mail".to_owned()] };
    let expected =
        ["IAM Access Key Security Violation", ground.account.as_str(), "build", "alice", "keywheel@example.com"];
    expected
        .iter()
        .filter(|text| !mail.html().contains(**text))
        .map(|text| format!("{text}: {}", mail.html()))
        .collect()
}

/// Step 4 of the page: half-done users are settled, by hand and per user.
async fn settled(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    ground.night(2).await?;
    let is_told = |ground: &Ground<'_>| ground.mails.iter().any(|mail| mail.html().contains("alice"));
    let early = is_told(ground);
    let subject = format!("{}/alice", ground.account);
    let explained = ground.of_page(&["explain", &subject, ROLE[0], ROLE[1]], &[])?;
    let both = explained.out.matches("last used").count();
    ground
        .holds("explain shows the last use of both keys", both == 2, || format!("{}{}", explained.out, explained.err));
    // The forgotten host is told where the pair is; its old key may read it.
    ground.told("forgotten")?;
    let weekly = ground.night(8).await?;
    let weekly_told = [early, is_told(ground)];
    ground.holds("mails tell of the conflict weekly", weekly_told == [false, true], || format!("{weekly_told:?}"));
    let told = [ground.steps(&weekly, "build"), ground.steps(&weekly, "alice")].concat();
    let expected = ["warn old deactivation-ahead done", "skip old conflict-two-active done"];
    ground.holds("what is ahead, and the conflict, are told again", told == expected, || format!("{told:?}"));
    ground.until(12).await?;
    ground.make_inactive("alice", "old").await?;
    ground.delete("tail", "old").await?;
    let night = ground.night(12).await?;
    let expected: [(&str, &[&str]); 6] = [
        ("build", &["deactivate old install-grace-over done"]),
        ("alice", &["skip old person-inactive done"]),
        ("tail", &["create new rotation-due done", "publish made rotation-due done"]),
        ("forced", &["deactivate old install-grace-over done"]),
        ("disabled", &["skip - only-inactive-keys done", "skip old person-inactive done"]),
        ("vip", &["skip - exempt-group done"]),
    ];
    ground.says("a freed slot is used the same night, and old keys go", &night, &expected);
    // The host reads its new pair.
    ground.until(13).await?;
    ground.until(20).await?;
    ground.delete("alice", "old").await
}

/// The rest of a quarter: every key has its whole life.
async fn later(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    for day in [24, 50, 60] {
        ground.night(day).await?;
    }
    let expected: [(&str, &[&str]); 4] = [
        ("build", &["made Active"]),
        ("forced", &["made Active"]),
        ("tail", &["made Active"]),
        ("alice", &["new Active"]),
    ];
    ground.has("old keys are deleted after their whole grace", &expected).await;
    Ok(())
}

/// The next replacements, and what is left as it was.
async fn managed(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let due = ground.night(84).await?;
    ground.says_of(
        "the key that the sample made is replaced when it is due",
        &due,
        "alice",
        &["create new rotation-due done", "publish made rotation-due done"],
    );
    ground.until(85).await?;
    let second = ground.night(92).await?;
    ground.says_of(
        "Keywheel's own keys are replaced in time",
        &second,
        "build",
        &["create made rotation-due done", "publish made rotation-due done"],
    );
    ground.until(93).await?;
    for day in [95, 103, 131, 139] {
        ground.night(day).await?;
    }
    let expected: [(&str, &[&str]); 4] = [
        ("alice", &["made Active"]),
        ("disabled", &["old Inactive"]),
        ("vip", &["old Active"]),
        ("build", &["made Active"]),
    ];
    ground.has("a second life ends as the first; exempt and disabled users are as they were", &expected).await;
    let policies = ground.iam().list_user_policies().user_name("build").send().await?;
    let is_there = policies.policy_names() == ["SecretsAccessPolicy"];
    ground.holds("its inline policies are left to people", is_there, || format!("{policies:?}"));
    let role = ground.iam().get_role().role_name(MEMBER_ROLE).send().await;
    ground.holds("and so are its roles", role.is_ok(), || format!("{role:?}"));
    Ok(())
}
