//! From aws-iam-key-rotator (`docs/migrate/aws-iam-key-rotator.md`): tags and opt-in as they are, deletions that nobody does any more, pairs in mails.

use std::path::Path;

use aws_sdk_ssm::Client as ParameterClient;
use aws_sdk_ssm::types::ParameterType;
use secrecy::ExposeSecret;

use super::ground::Ground;
use super::hosts::Follows;
use crate::admin::Mail;
use crate::test_night::Place;
use crate::test_night::checks::Checks;

/// What the page makes of the function's environment.
const SETTINGS: [(&str, &str); 5] = [
    ("TAG_PREFIX", "IKR:"),
    ("SELECTION", "tagged"),
    ("ROTATION_PERIOD", "85"),
    ("INACTIVE_PERIOD", "90"),
    ("INACTIVE_BUFFER", "125"),
];
/// Where the Fernet key of a mail that its owner has not opened yet is.
const FERNET: &str = "/ikr/secret/iam/half";
const ALICE: &str = "alice@example.com";

pub(super) async fn check(place: &Place, keywheel: &Path) -> anyhow::Result<Checks> {
    let mut ground =
        Ground::set(place, keywheel, ["aws-iam-key-rotator", "aws-iam-key-rotator"], "aws-iam-key-rotator").await?;
    plant(&mut ground).await?;
    first(&mut ground).await?;
    settled(&mut ground).await?;
    taken_up(&mut ground).await?;
    later(&mut ground).await?;
    let left = parameters(&ground).get_parameter().name(FERNET).send().await;
    ground.holds("the Fernet key of the mail is there", left.is_ok(), || format!("{left:?}"));
    ground.conclude(&["deploy", "quick", "mistyped", "half", ALICE, "later"]).await
}

fn parameters(ground: &Ground<'_>) -> ParameterClient {
    ParameterClient::new(&ground.stage.clients.root_of(&ground.account))
}

/// The Fernet key of the one mail that was not opened, and hosts, none of which ever had a secret to read. The table's items named `half` and
/// `alice@example.com`; with its event source switched off, nothing comes of them.
async fn plant(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let put = parameters(ground).put_parameter().name(FERNET).value("c3RhZ2UgLSBub3QgYSByZWFsIGZlcm5ldCBrZXkgLSE=");
    put.r#type(ParameterType::SecureString).send().await?;
    for (host, user) in [
        ("runner", "deploy"),
        ("quick-1", "quick"),
        ("mistyped-1", "mistyped"),
        ("alice-1", ALICE),
        ("later-1", "later"),
    ] {
        let follows = ground.secret_of(user)?;
        ground.host(host, user, "old", follows)?;
    }
    ground.host("half-1", "half", "old", Follows::Nothing)?;
    ground.host("untagged-1", "untagged", "old", Follows::Nothing)
}

/// The first nights: who opted in is looked after, by the tags as they are.
async fn first(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let audit = ground.look(&["--own-account"], &SETTINGS).await?;
    let expected: [(&str, &[&str]); 8] = [
        ("deploy", &["create old rotation-due planned"]),
        ("quick", &["create old rotation-due planned"]),
        ("mistyped", &["create old rotation-due planned", "skip old malformed-tag planned"]),
        ("half", &["skip old conflict-two-active planned"]),
        (ALICE, &["skip old conflict-two-active planned"]),
        ("disabled", &["skip - only-inactive-keys planned", "skip old person-inactive planned"]),
        ("untagged", &["skip - not-selected planned"]),
        ("later", &["skip - not-selected planned"]),
    ];
    ground.says("audit tells of every user what the page says", &audit, &expected);
    ground.deploy("enforce", &SETTINGS).await?;
    let night = ground.night(1).await?;
    let made = ["create old rotation-due done", "publish made rotation-due done"];
    let wrong = ["deploy", "quick"].map(|user| (user, ground.steps(&night, user)));
    let wrong: Vec<_> = wrong.iter().filter(|(_, steps)| *steps != made).map(|wrong| format!("{wrong:?}")).collect();
    ground.none("who is due by default or by tag is replaced", wrong);
    ground.none("the owner's mail has the instructions of the tags", instructed(ground));
    Ok(())
}

fn instructed(ground: &Ground<'_>) -> Vec<String> {
    let mail = ground.mails.iter().find(|mail| mail.to.iter().any(|to| to == "deploy@example.com"));
    let text = mail.map(Mail::text).unwrap_or_default();
    let expected = ["Put the key into the runner.", "Then restart it."];
    expected.iter().filter(|part| !text.contains(**part)).map(|part| format!("{part} is not in {text}")).collect()
}

/// Half-done users, by the page's steps 3 to 6, and one who opts in with the other tool's own file.
async fn settled(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    ground.until(2).await?;
    // The mail with this pair failed: nobody has it.
    ground.delete(ALICE, "new").await?;
    let line = ground.command_line()?;
    std::fs::write(line.folder.path().join("iam-user-tags.json"), r#"{"later": {"IKR:EMAIL": "later@example.com"}}"#)?;
    let tag_users =
        ["tag-users", "iam-user-tags.json", "--set", "TAG_PREFIX=IKR:", "--account", ground.account.as_str()];
    ground.stands_on_page(&tag_users)?;
    let tagged = line.keywheel(&[&tag_users[..], &["--apply", "--yes"]].concat())?;
    ground.holds("tag-users reads its iam-user-tags.json", tagged.code == Some(0), || tagged.err.clone());
    let night = ground.night(2).await?;
    let made = ["create old rotation-due done", "publish made rotation-due done"];
    let told = [ALICE, "later"].map(|user| ground.steps(&night, user));
    ground.holds(
        "the freed slot and the new tag are used the same night",
        told.iter().all(|steps| *steps == made),
        || format!("{told:?}"),
    );
    Ok(())
}

/// Old keys of the first rotations go, and the owner of a half-done user opens the mail.
async fn taken_up(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    // Hosts read the new pairs.
    ground.until(3).await?;
    let night = ground.night(7).await?;
    ground.says_of(
        "LAST_USED_THRESHOLD holds an old key longer than the five days",
        &night,
        "deploy",
        &["hold old still-in-use done"],
    );
    // The owner opens the mail: the host has the new pair at last, and reads the secret from now on.
    let (id, half) = ground.pair("half", "new").map(|pair| (pair.id.clone(), pair.secret.clone()))?;
    ground.has("no timer deletes a key any more", &[("half", &["new Active", "old Active"])]).await;
    ground.host_mut("half-1")?.put_in(id.as_str(), half.expose_secret());
    ground.told("half-1")?;
    let night = ground.night(10).await?;
    let told = ["deploy", ALICE, "later"].map(|user| ground.steps(&night, user));
    let are_inactive = told.iter().all(|steps| *steps == ["deactivate old install-grace-over done"]);
    ground.holds("they are made inactive when nobody has used them for a week", are_inactive, || format!("{told:?}"));
    let on_its_day = ground.night(12).await?;
    let told = [ground.steps(&night, "quick"), ground.steps(&on_its_day, "quick")].concat();
    let expected = ["warn old deactivation-ahead done", "deactivate old install-grace-over done"];
    ground.holds("DELETE_AFTER_DAYS makes the old key inactive on its day", told == expected, || format!("{told:?}"));
    ground.until(18).await?;
    ground.make_inactive("half", "old").await?;
    ground.night(18).await?;
    ground.until(26).await?;
    ground.delete("half", "old").await
}

/// Up to the next replacements.
async fn later(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let night = ground.night(32).await?;
    let waits = "a tag's 30 days are shorter than its two graces: the next replacement waits for the slot";
    ground.says_of(waits, &night, "quick", &["skip made slot-in-use done"]);
    for day in [46, 48] {
        ground.night(day).await?;
    }
    let one: &[&str] = &["made Active"];
    let expected: [(&str, &[&str]); 6] =
        [("deploy", one), ("mistyped", one), (ALICE, one), ("later", one), ("half", &["new Active"]), ("quick", one)];
    ground.has("old keys are deleted after their whole grace", &expected).await;
    for day in [49, 81, 82, 87, 88] {
        ground.night(day).await?;
    }
    let expected: [(&str, &[&str]); 4] = [
        ("deploy", &["made Active", "made Active"]),
        ("half", &["made Active", "new Active"]),
        ("disabled", &["old Inactive"]),
        ("untagged", &["old Active"]),
    ];
    ground.has("the next replacements come in time; who did not opt in is left alone", &expected).await;
    for day in [95, 100, 136] {
        ground.night(day).await?;
    }
    Ok(())
}
