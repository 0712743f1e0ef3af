//! From a daily function with ages and a last-used threshold (`docs/migrate/age-based-function.md`).

use std::path::Path;

use secrecy::ExposeSecret;
use serde_json::json;

use super::ground::Ground;
use super::hosts::Follows;
use crate::test_night::Place;
use crate::test_night::checks::Checks;

/// What the page makes of the function's environment.
const SETTINGS: [(&str, &str); 6] = [
    ("ROTATION_PERIOD", "165"),
    ("INACTIVE_PERIOD", "180"),
    ("INACTIVE_BUFFER", "215"),
    ("LAST_USED_THRESHOLD", "10"),
    ("MAX_HOLD", "none"),
    ("FOREIGN_INACTIVE_KEYS", "delete"),
];

pub(super) async fn check(place: &Place, keywheel: &Path) -> anyhow::Result<Checks> {
    let mut ground = Ground::set(place, keywheel, ["age-based", "age-based-function"], "age-based").await?;
    plant(&mut ground)?;
    first(&mut ground).await?;
    held(&mut ground).await?;
    released(&mut ground).await?;
    settled(&mut ground).await?;
    let managed = ["missed", "slow", "lagging", "idle", "swept", "told", "zoe"];
    ground.conclude(&managed).await
}

/// Hosts that got their pairs from the topic. From now on they read the secret, but for those that nobody has told.
fn plant(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    for (host, user, label) in [
        ("missed-1", "missed", "old"),
        ("zoe-1", "zoe", "old"),
        ("told-1", "told", "old"),
        ("lagging-2", "lagging", "new"),
        ("idle-1", "idle", "new"),
        ("swept-1", "swept", "new"),
    ] {
        let follows = ground.secret_of(user)?;
        ground.host(host, user, label, follows)?;
    }
    ground.host("slow-1", "slow", "old", Follows::Nothing)?;
    ground.host("lagging-1", "lagging", "old", Follows::Nothing)
}

/// The first nights: what is due is due at that age or later, and for everybody.
async fn first(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let audit = ground.look(&["--own-account"], &SETTINGS).await?;
    let expected: [(&str, &[&str]); 6] = [
        ("missed", &["create old rotation-due planned"]),
        ("slow", &["create old rotation-due planned"]),
        ("zoe", &["create old rotation-due planned"]),
        ("lagging", &["skip old conflict-two-active planned"]),
        ("idle", &["warn old retirement-ahead planned"]),
        ("swept", &["skip old person-inactive planned"]),
    ];
    ground.says("audit tells of every user what the page says", &audit, &expected);
    ground.deploy("enforce", &SETTINGS).await?;
    let night = ground.night(1).await?;
    let made: &[&str] = &["create old rotation-due done", "publish made rotation-due done"];
    let expected: [(&str, &[&str]); 6] = [
        ("missed", made),
        ("slow", made),
        ("zoe", made),
        ("lagging", &["skip old conflict-two-active done"]),
        ("idle", &["warn old retirement-ahead done"]),
        ("swept", &["skip old person-inactive done"]),
    ];
    ground.says("the first night replaces what is due, however late", &night, &expected);
    // Step 2: a pair that the topic's subscribers know is replaced early.
    let forced = ground.send(&json!({ "action": "create", "username": "told" })).await?;
    let said = ground.steps(&forced, "told");
    let expected = ["create old forced done", "publish made forced done"];
    ground.holds("what subscribers of the topic know is replaced early", said == expected, || format!("{said:?}"));
    ground.night(2).await?;
    Ok(())
}

/// An old key that is used is held for ever with `MAX_HOLD=none`, and no longer than its use and the threshold.
async fn held(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let night = ground.night(17).await?;
    let inactive: &[&str] = &["deactivate old install-grace-over done"];
    let expected: [(&str, &[&str]); 7] = [
        ("missed", inactive),
        ("zoe", inactive),
        ("told", inactive),
        ("slow", &["hold old still-in-use done"]),
        ("lagging", &["skip old conflict-two-active done"]),
        ("idle", &["retire old unused done"]),
        ("swept", &["skip old person-inactive done"]),
    ];
    ground.says("used keys are held, the others made inactive", &night, &expected);
    // The owner of the two keys gives the host that lags the newer pair.
    let (id, half) = ground.pair("lagging", "new").map(|pair| (pair.id.clone(), pair.secret.clone()))?;
    ground.until(30).await?;
    ground.host_mut("lagging-1")?.put_in(id.as_str(), half.expose_secret());
    ground.told("lagging-1")?;
    ground.night(30).await?;
    ground.until(45).await?;
    ground.make_inactive("lagging", "old").await?;
    ground.night(45).await?;
    ground.until(53).await?;
    ground.delete("lagging", "old").await?;
    let night = ground.night(53).await?;
    ground.says_of(
        "after more than MAX_HOLD's 30 days it is held still",
        &night,
        "slow",
        &["hold old still-in-use done"],
    );
    let expected: [(&str, &[&str]); 4] = [
        ("missed", &["made Active"]),
        ("zoe", &["made Active"]),
        ("slow", &["made Active", "old Active"]),
        ("idle", &["new Active", "old Inactive"]),
    ];
    ground.has("taken-over keys are deleted 35 days after", &expected).await;
    Ok(())
}

/// The last host on it follows, and the threshold passes.
async fn released(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    ground.told("slow-1")?;
    ground.night(55).await?;
    let night = ground.night(61).await?;
    ground.says_of("it is held for the threshold after its last use", &night, "slow", &["hold old still-in-use done"]);
    let night = ground.night(67).await?;
    ground.says_of("and then made inactive", &night, "slow", &["deactivate old install-grace-over done"]);
    Ok(())
}

/// Keys that the function left, and those that it never came to.
async fn settled(ground: &mut Ground<'_>) -> anyhow::Result<()> {
    let night = ground.night(85).await?;
    ground.says_of(
        "with FOREIGN_INACTIVE_KEYS=delete its owner is warned",
        &night,
        "swept",
        &["warn old foreign-deletion-ahead done"],
    );
    ground.night(103).await?;
    ground.night(108).await?;
    let expected: [(&str, &[&str]); 4] = [
        ("slow", &["made Active"]),
        ("idle", &["new Active"]),
        ("swept", &["new Active"]),
        ("lagging", &["new Active"]),
    ];
    ground.has("after 90 days what nobody used is gone", &expected).await;
    for day in [146, 147, 163] {
        ground.night(day).await?;
    }
    let made: &[&str] = &["made Active", "new Inactive"];
    let expected: [(&str, &[&str]); 3] = [("idle", made), ("swept", made), ("lagging", made)];
    ground.has("the keys that the function made are replaced in time", &expected).await;
    Ok(())
}
