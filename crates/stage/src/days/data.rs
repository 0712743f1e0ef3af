//! The data files: organizations, how their people and hosts behave, and the timelines that were written by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, ensure};
use keywheel_core::id::UserName;
use serde::Deserialize;

use super::acts::Act;
use crate::case::{Case, Earlier, Expect, Key};
use crate::organization::Organization;

/// Nights in a row on one organization.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// The name of its folder.
    pub name: String,
    /// Its name, for people.
    pub title: String,
    /// What it shows, for people.
    pub about: String,
    /// How many nights it has.
    pub nights: u32,
    /// How many days lie between two nights.
    #[serde(default = "one")]
    pub every: u32,
    /// Settings of key-rotation that differ from the defaults.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
    /// The organization; a user's case is the name of its kind.
    pub organization: Organization,
    /// The kinds of users, by name.
    pub kinds: BTreeMap<String, Kind>,
}

/// A kind of user: its keys, who uses them, what people do, and what happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// What it shows, for people.
    pub about: String,
    /// The keys on the first day.
    #[serde(default)]
    pub keys: BTreeMap<String, Key>,
    /// The tags on the first day.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Whether the user is in the exemption group on the first day.
    #[serde(default)]
    pub exempt: bool,
    /// The day up to which a tag exempts the user.
    pub exempt_until: Option<u32>,
    /// What earlier nights left.
    pub earlier: Option<Earlier>,
    /// Who uses the keys.
    #[serde(default)]
    pub hosts: Vec<Host>,
    /// What people do, by day, before the night.
    #[serde(default)]
    pub acts: BTreeMap<u32, Vec<String>>,
    /// What happens, by day (`3`) or days (`3-7`); nothing else may happen.
    pub timeline: BTreeMap<String, Vec<String>>,
}

/// A machine outside AWS that holds one of a user's keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// The label of the key that it holds at first.
    pub holds: String,
    /// How many days lie between two uses.
    pub every: u32,
    /// The day of the first use.
    #[serde(default = "one")]
    pub first: u32,
    /// After this day the host is used no more.
    pub until: Option<u32>,
    /// At its first use this many days after a publication, or later, it installs the new key; never when nothing is said.
    pub installs_after: Option<u32>,
    /// It installs no key before this day.
    #[serde(default)]
    pub installs_from: u32,
}

fn one() -> u32 {
    1
}

impl Season {
    /// Reads a data file of `organizations/`.
    ///
    /// # Errors
    /// When it cannot be read, or contradicts itself.
    pub fn read(name: &str) -> anyhow::Result<Vec<Self>> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("organizations").join(name);
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut seasons: Vec<Self> =
            serde_json::from_str(&text).with_context(|| format!("{} has no seasons", file.display()))?;
        for season in &mut seasons {
            season.check().with_context(|| format!("{}: season {:?}", file.display(), season.name))?;
            let cases = season.kinds.iter().map(|(name, kind)| (name.clone(), kind.case()));
            season.organization.cases = cases.collect();
        }
        Ok(seasons)
    }

    /// The forty-five days.
    ///
    /// # Errors
    /// Like [`Season::read`].
    pub fn forty_five_days() -> anyhow::Result<Self> {
        Self::read("days.json")?.into_iter().next().context("days.json has no season")
    }

    /// The days on which there is a night.
    pub fn days(&self) -> impl Iterator<Item = u32> + use<> {
        let every = self.every;
        (0..self.nights).map(move |night| 1 + night * every)
    }

    /// Every user, with its kind.
    ///
    /// # Errors
    /// When a name is none of an IAM user.
    pub fn users(&self) -> anyhow::Result<BTreeMap<UserName, &Kind>> {
        let users = self.organization.accounts.iter().flat_map(|account| &account.users);
        users.map(|user| Ok((user.name.parse()?, &self.kinds[&user.case]))).collect()
    }

    fn check(&self) -> anyhow::Result<()> {
        let users: Vec<_> = self.organization.accounts.iter().flat_map(|account| &account.users).collect();
        let names: BTreeSet<_> = users.iter().map(|user| &user.name).collect();
        ensure!(names.len() == users.len(), "two users have the same name");
        for user in &users {
            ensure!(self.kinds.contains_key(&user.case), "there is no kind {:?}", user.case);
        }
        let nights: BTreeSet<u32> = self.days().collect();
        for (name, kind) in &self.kinds {
            ensure!(users.iter().any(|user| user.case == *name), "kind {name:?} has no user");
            kind.check(&nights).with_context(|| format!("kind {name:?}"))?;
        }
        Ok(())
    }
}

impl Kind {
    /// The same for the modules that build an organization.
    fn case(&self) -> Case {
        Case {
            about: self.about.clone(),
            keys: self.keys.clone(),
            tags: self.tags.clone(),
            exempt: self.exempt,
            console: false,
            earlier: self.earlier.clone(),
            expect: Expect::default(),
        }
    }

    fn check(&self, nights: &BTreeSet<u32>) -> anyhow::Result<()> {
        for text in self.acts.values().flatten() {
            Act::read(text)?;
        }
        for days in self.timeline.keys() {
            let (from, to) = days_of(days)?;
            ensure!(nights.contains(&from) && nights.contains(&to) && from <= to, "there are no nights {days:?}");
        }
        Ok(())
    }

    /// What must happen on a day, in alphabetical order.
    #[must_use]
    pub fn expected(&self, day: u32) -> Vec<String> {
        let of_day = |days: &str| days_of(days).is_ok_and(|(from, to)| (from..=to).contains(&day));
        let entries = self.timeline.iter().filter(|(days, _)| of_day(days));
        let mut events: Vec<_> = entries.flat_map(|(_, events)| events.clone()).collect();
        events.sort();
        events
    }
}

/// The first and the last of the days that a text such as `3` or `3-7` names.
pub(super) fn days_of(text: &str) -> anyhow::Result<(u32, u32)> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let day = |text: &str| text.parse::<u32>().with_context(|| format!("{text:?} is no day"));
    Ok((day(from)?, day(to)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_files_can_be_read_and_do_not_contradict_themselves() {
        for file in ["days.json", "periods.json"] {
            assert!(!Season::read(file).unwrap().is_empty());
        }
    }

    #[test]
    fn a_day_gathers_the_events_of_every_span_that_covers_it() {
        let timeline = serde_json::json!({ "about": "", "timeline": { "3-5": ["b"], "4": ["a"] } });
        let kind: Kind = serde_json::from_value(timeline).unwrap();
        assert_eq!(kind.expected(2), Vec::<String>::new());
        assert_eq!(kind.expected(3), ["b"]);
        assert_eq!(kind.expected(4), ["a", "b"]);
        assert_eq!(kind.expected(6), Vec::<String>::new());
    }
}
