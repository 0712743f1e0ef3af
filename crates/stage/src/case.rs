//! What a user's keys may be in when the night comes, and what the night must make of it. Both are written by hand in the data file.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use keywheel_core::contract::result::StepStatus;
use keywheel_core::ledger::{Actor, InactiveBecause};
use keywheel_core::notice::NoticeKind;
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use keywheel_core::reason::Reason;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The label of a key that a person made and that another takes over from.
pub const OLD: &str = "old";
/// The label of the key that the night makes.
pub const MADE: &str = "made";

/// A case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, for people.
    pub about: String,
    /// The user's keys, by the label that the rest of the case calls them.
    #[serde(default)]
    pub keys: BTreeMap<String, Key>,
    /// The user's tags. `{today+30}` in a value stands for a date.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Whether the user is in the exemption group.
    #[serde(default)]
    pub exempt: bool,
    /// Whether the user has a password for the console.
    #[serde(default)]
    pub console: bool,
    /// What earlier nights left.
    pub earlier: Option<Earlier>,
    /// What this night must make of it.
    #[serde(default)]
    pub expect: Expect,
}

/// A key as the night finds it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its age in days.
    pub age: f64,
    /// How many days ago it was last used; absent is never.
    pub used: Option<f64>,
    /// Whether it is inactive.
    #[serde(default)]
    pub inactive: bool,
}

/// What earlier nights left of a user. All times are days ago.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// The labels of the versions in the user's secret, by key; no secret when empty.
    #[serde(default)]
    pub secret: BTreeMap<String, BTreeSet<String>>,
    /// A CreateAccessKey whose end was not recorded: the days ago, and the key to be superseded.
    pub intent: Option<(f64, String)>,
    /// What the ledger holds of the keys.
    #[serde(default)]
    pub ledger: BTreeMap<String, Remembered>,
}

/// What the ledger holds of one key.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Remembered {
    /// Made by Keywheel.
    pub created: Option<f64>,
    /// Proven and published.
    pub published: Option<f64>,
    /// The key that it takes over from.
    pub supersedes: Option<String>,
    /// The key that took over from it.
    pub superseded_by: Option<String>,
    /// Held.
    pub held_since: Option<f64>,
    /// Made inactive: when, by whom, why.
    pub made_inactive: Option<(f64, Actor, Option<InactiveBecause>)>,
    /// Notices that were sent.
    pub told: BTreeMap<NoticeKind, f64>,
    /// Notices that were asked for and not sent.
    pub asked: BTreeMap<NoticeKind, f64>,
}

/// What the night must make of a case; what is not said must stay as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expect {
    /// The steps, in any order: `create old rotation-due done`, with `-` where no key is named.
    pub steps: Vec<String>,
    /// The state of every key afterwards: `Active` or `Inactive`; a key that is not named is deleted.
    pub keys: Option<BTreeMap<String, KeyStatus>>,
    /// The labels of the secret's versions afterwards, by key.
    pub secret: Option<BTreeMap<String, BTreeSet<String>>>,
    /// The notices that each recipient gets: `old rotated`.
    pub notices: Vec<String>,
}

/// A step that is expected.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExpectedStep {
    /// The step's name.
    pub step: StepKind,
    /// The label of its key.
    pub key: Option<String>,
    /// Why.
    pub reason: Reason,
    /// How it ends.
    pub status: StepStatus,
}

impl Case {
    /// Sees that every text can be read and every label names a key.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let known = |label: &String| self.keys.contains_key(label) || label == MADE;
        for step in self.steps()? {
            ensure!(step.key.iter().all(known), "{step:?} names an unknown key");
        }
        for (label, _) in self.notices()? {
            ensure!(known(&label), "a notice names the unknown key {label:?}");
        }
        let earlier = self.earlier.iter().flat_map(|earlier| earlier.ledger.keys().chain(earlier.secret.keys()));
        let after = self.expect.keys.iter().flat_map(BTreeMap::keys);
        let secret = self.expect.secret.iter().flat_map(BTreeMap::keys);
        for label in earlier.chain(after).chain(secret) {
            ensure!(known(label), "there is no key {label:?}");
        }
        Ok(())
    }

    /// The expected steps.
    pub fn steps(&self) -> anyhow::Result<Vec<ExpectedStep>> {
        self.expect.steps.iter().map(|text| expected_step(text)).collect()
    }

    /// The expected notices: the key's label and what is said of it.
    pub fn notices(&self) -> anyhow::Result<Vec<(String, NoticeKind)>> {
        let read = |text: &String| {
            let (label, kind) = text.split_once(' ').with_context(|| format!("{text:?} is no notice"))?;
            Ok((label.to_owned(), NoticeKind::try_from(kind.to_owned()).map_err(anyhow::Error::msg)?))
        };
        self.expect.notices.iter().map(read).collect()
    }

    /// The state of every key afterwards.
    #[must_use]
    pub fn keys_after(&self) -> BTreeMap<String, KeyStatus> {
        self.expect.keys.clone().unwrap_or_else(|| self.keys_before())
    }

    /// The state of every key before.
    #[must_use]
    pub fn keys_before(&self) -> BTreeMap<String, KeyStatus> {
        let status = |key: &Key| if key.inactive { KeyStatus::Inactive } else { KeyStatus::Active };
        self.keys.iter().map(|(label, key)| (label.clone(), status(key))).collect()
    }

    /// The labels of the secret's versions before.
    #[must_use]
    pub fn secret_before(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.earlier.as_ref().map(|earlier| earlier.secret.clone()).unwrap_or_default()
    }

    /// The labels of the secret's versions afterwards.
    #[must_use]
    pub fn secret_after(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.expect.secret.clone().unwrap_or_else(|| self.secret_before())
    }
}

fn expected_step(text: &str) -> anyhow::Result<ExpectedStep> {
    let words: Vec<&str> = text.split(' ').collect();
    let [step, key, reason, status] = words[..] else { bail!("{text:?} is no step") };
    Ok(ExpectedStep {
        step: named(step)?,
        key: (key != "-").then(|| key.to_owned()),
        reason: named(reason)?,
        status: named(status)?,
    })
}

fn named<T: DeserializeOwned>(name: &str) -> anyhow::Result<T> {
    serde_json::from_value(Value::from(name)).with_context(|| format!("unknown name {name:?}"))
}

/// The moment so many days before `now`.
#[must_use]
pub fn days_before(now: Timestamp, days: f64) -> Timestamp {
    now - SignedDuration::from_secs_f64((days * 86_400.0).round())
}
