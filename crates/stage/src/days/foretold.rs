//! `keywheel forecast`, taken before two of the nights, held against what every night from then on does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use keywheel_core::Timestamp;
use keywheel_core::contract::result::AccountResult;
use keywheel_core::id::{AccessKeyId, UserName};
use serde_json::{Value, json};

use super::assumed::{Hosts, Past, Until, until};
use super::data::{Kind, Season};
use super::season::{Keys, Running};
use crate::command_line::CommandLine;
use crate::policies::make_role;
use crate::stage::Stage;
use crate::test_night::checks::Checks;

/// Before these nights a forecast of all that are left is taken, and it must be right to the last day about so many users at least: about
/// more of them later, when less is left for people and hosts to do.
const TAKEN: [(u32, usize); 2] = [(1, 9), (20, 24)];
/// A role that lets the hub look into each account.
const ROLE: &str = "keywheel-look";
/// The longest that all forecasts of a season may take, on a slow and busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// What became of each user, for people.
const TEXT: &str = "forecast.txt";
/// Seconds of a quarter of a day: dates are half days off the nights, and nights some seconds off whole days.
const QUARTER: f64 = 21_600.0;

/// User, key, step, reason, status, and how many quarters of a day off it is due. A key that did not exist before has no name.
type Told = (String, String, String, String, Option<i64>);

/// One night, as it was foretold or lived.
type Night = BTreeMap<String, Vec<Told>>;

/// Whoever takes forecasts.
pub(super) struct Seer<'a> {
    hub: CommandLine<'a>,
    nights: u32,
    accounts: Vec<String>,
    taken: Vec<Forecast>,
    took: Duration,
}

struct Forecast {
    day: u32,
    hosts: Hosts,
    known: BTreeSet<AccessKeyId>,
    nights: BTreeMap<u32, Night>,
}

/// A night that was lived.
pub(super) struct Lived {
    pub(super) at: Timestamp,
    pub(super) results: Vec<AccountResult>,
}

impl<'a> Seer<'a> {
    /// Lets the hub look into each account.
    pub(super) async fn new(season: &Season, stage: &'a Stage, keywheel: &Path) -> anyhow::Result<Self> {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": format!("arn:aws:iam::{}:root", stage.organization.hub()) } }] });
        let reads = ["iam:Get*", "iam:List*", "iam:GenerateCredentialReport", "secretsmanager:*"];
        let policy =
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": reads, "Resource": "*" }] });
        let mut accounts = Vec::new();
        for account in &stage.organization.accounts {
            let iam = aws_sdk_iam::Client::new(&stage.clients.root_of(&account.id));
            make_role(&iam, ROLE, &trust.to_string(), &policy.to_string()).await?;
            accounts.extend(["--account".to_owned(), account.id.to_string()]);
        }
        let hub = CommandLine::new(stage, keywheel)?;
        Ok(Self { hub, nights: season.nights, accounts, taken: Vec::new(), took: Duration::ZERO })
    }

    /// Takes a forecast before the night of a day, if this is one of those days.
    pub(super) fn look(&mut self, day: u32, keys: &Keys) -> anyhow::Result<()> {
        if TAKEN.iter().all(|(taken, _)| *taken != day) {
            return Ok(());
        }
        let known: BTreeSet<_> = keys.values().flat_map(|keys| keys.keys().cloned()).collect();
        for hosts in [Hosts::Installed, Hosts::NotInstalled] {
            let nights = self.forecast(day, hosts, &known)?;
            self.taken.push(Forecast { day, hosts, known: known.clone(), nights });
        }
        Ok(())
    }

    fn forecast(
        &mut self,
        day: u32,
        hosts: Hosts,
        known: &BTreeSet<AccessKeyId>,
    ) -> anyhow::Result<BTreeMap<u32, Night>> {
        let days = (self.nights + 1 - day).to_string();
        let mut arguments = vec!["forecast", "--function", "key-rotation", "--role-name", ROLE, "--days", &days];
        arguments.extend(["--assume", hosts.flag(), "--output", "json"]);
        arguments.extend(self.accounts.iter().map(String::as_str));
        let began = Instant::now();
        let ended = self.hub.keywheel(&arguments)?;
        self.took += began.elapsed();
        ensure!(ended.code == Some(0), "keywheel forecast ended with {:?}: {}", ended.code, ended.err);
        let document: Value = serde_json::from_str(&ended.out).context("the forecast is no JSON")?;
        let mut nights: BTreeMap<u32, Night> = BTreeMap::new();
        for account in array(&document["accounts"]) {
            for (number, night) in (day..).zip(array(&account["nights"])) {
                ensure!(night["error"].is_null(), "day {number}: {}", night["error"]);
                let at = night["at"].as_str().context("a night without a date")?.parse()?;
                for step in array(&night["steps"]) {
                    note(nights.entry(number).or_default(), step, at, known);
                }
            }
        }
        Ok(nights)
    }

    /// Holds every forecast against the nights that came, and writes down what could be compared.
    pub(super) fn check(
        &self,
        season: &Season,
        running: &Running<'_>,
        out: &Path,
        checks: &mut Checks,
    ) -> anyhow::Result<()> {
        let mut text = String::new();
        for (day, at_least) in TAKEN {
            let mut whole = 0;
            for (user, kind) in season.users()? {
                let until = self.check_user(season, day, &user, kind, running, checks);
                whole += usize::from(until.is_none());
                writeln!(text, "day {day}: {user} ({}): {}", running.kind_of(&user), to_text(until.as_ref()))?;
            }
            writeln!(text, "day {day}: {whole} users to the last day\n")?;
            let says =
                format!("{}: a forecast of day {day} is right to the last day about {at_least} users", season.title);
            checks.holds(&says, whole >= at_least, || format!("about {whole}"));
        }
        std::fs::write(out.join(TEXT), &text)?;
        let says = format!("{}: forecasts take no longer than {} s", season.title, PATIENCE.as_secs());
        checks.holds(&says, self.took < PATIENCE, || format!("{:?}", self.took));
        Ok(())
    }

    /// Holds the forecasts of a day against what became of a user; up to which night at best, none where to the last.
    fn check_user(
        &self,
        season: &Season,
        day: u32,
        user: &UserName,
        kind: &Kind,
        running: &Running<'_>,
        checks: &mut Checks,
    ) -> Option<Until> {
        let past = Past::of(&running.diary, user, &season.days().collect::<Vec<_>>());
        let mut untils = Vec::new();
        for forecast in self.taken.iter().filter(|forecast| forecast.day == day) {
            let until = until(kind, &past, day, forecast.hosts);
            let last = until.as_ref().map_or(season.nights, |until| until.night);
            let hosts = forecast.hosts.flag();
            let says = format!("{}: the forecast of day {day}, {hosts}: {user} to day {last}", season.title);
            checks.none(&says, forecast.differences(user, last, running));
            untils.push(until);
        }
        let best = untils.into_iter().min_by_key(|until| until.as_ref().map_or(0, |until| season.nights - until.night));
        best.flatten()
    }
}

impl Forecast {
    /// Nights of a user that were not what was foretold.
    fn differences(&self, user: &UserName, last: u32, running: &Running<'_>) -> Vec<String> {
        let steps =
            |night: Option<&Night>| night.and_then(|night| night.get(user.as_str())).cloned().unwrap_or_default();
        let differing = running.lived.range(self.day..=last).filter_map(|(day, lived)| {
            let (foretold, lived) = (steps(self.nights.get(day)), steps(Some(&lived.night(&self.known))));
            (foretold != lived).then(|| format!("day {day}: foretold {foretold:?}, lived {lived:?}"))
        });
        differing.collect()
    }
}

impl Lived {
    fn night(&self, known: &BTreeSet<AccessKeyId>) -> Night {
        let mut night = Night::new();
        for step in self.results.iter().flat_map(|result| &result.steps) {
            note(&mut night, &serde_json::to_value(step).unwrap_or_default(), self.at, known);
        }
        night
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Adds a step, of a forecast or of a result.
fn note(night: &mut Night, step: &Value, at: Timestamp, known: &BTreeSet<AccessKeyId>) {
    let text = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
    let key = match step["access_key_id"].as_str() {
        Some(key) if known.iter().any(|one| one.as_str() == key) => key.to_owned(),
        Some(_) => "new".to_owned(),
        None if step["is_new_key"] == true => "new".to_owned(),
        None => String::new(),
    };
    let due = step["due"].as_str().and_then(|due| due.parse::<Timestamp>().ok());
    #[expect(clippy::cast_possible_truncation, reason = "days of a key's life")]
    let due = due.map(|due| (due.duration_since(at).as_secs_f64() / QUARTER).round() as i64);
    let steps = night.entry(text("user")).or_default();
    steps.push((key, text("step"), text("reason"), text("status"), due));
    steps.sort();
}

fn to_text(until: Option<&Until>) -> String {
    until.map_or_else(|| "to the last day".to_owned(), |until| format!("to day {}, then {}", until.night, until.why))
}
