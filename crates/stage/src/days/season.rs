//! Runs a season: every morning the world ages, people act and hosts work; every night the functions run.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use aws_sdk_lambda::types::Environment;
use keywheel_core::Timestamp;
use keywheel_core::contract::result::{AccountResult, StepResult};
use keywheel_core::id::{AccessKeyId, AccountId, UserName};
use keywheel_core::observed::KeyStatus;
use keywheel_core::plan::StepKind;
use serde_json::json;

use super::data::{Kind, Season};
use super::diary::{AskedNotice, Diary, mailed, sent_since, told};
use super::foretold::{Lived, Seer};
use super::hosts::{Publication, RunningHost};
use super::night::{self, PATIENCE, POLL};
use super::people::Person;
use super::rules::{self, Seen};
use crate::admin::Mail;
use crate::functions::KEY_ROTATION;
use crate::stage::Stage;

/// The status of every key of every user.
pub(crate) type Keys = BTreeMap<UserName, BTreeMap<AccessKeyId, KeyStatus>>;

/// A season that is under way.
pub(super) struct Running<'a> {
    stage: &'a Stage,
    people: BTreeMap<UserName, Person<'a>>,
    hosts: Vec<(UserName, RunningHost<'a>)>,
    published: BTreeMap<UserName, Publication>,
    /// What happened so far.
    pub(super) diary: Diary,
    /// Rules that were broken, by day.
    pub(super) broken: Vec<String>,
    /// Whoever takes forecasts, where somebody does.
    pub(super) seer: Option<Seer<'a>>,
    /// What each night did, by day.
    pub(super) lived: BTreeMap<u32, Lived>,
    mails_seen: usize,
    log: PathBuf,
}

/// A night, for the line of progress.
pub(super) struct Told {
    pub(super) day: u32,
    pub(super) accounts: usize,
    pub(super) counts: BTreeMap<&'static str, usize>,
    pub(super) mails: usize,
    pub(super) took: Duration,
}

/// Builds a season's organization and installs the functions with its settings.
///
/// # Errors
/// When the stage cannot be set.
pub(super) async fn set(season: &Season, python: &Path, functions: &Path, out: &Path) -> anyhow::Result<Stage> {
    let log = out.join("emulator.log");
    let stage = Stage::set(season.organization.clone(), python, functions, &log, &mut |_| {}).await?;
    if !season.settings.is_empty() {
        let mut variables = stage.functions.variables(KEY_ROTATION);
        variables.extend(season.settings.clone());
        let environment = Environment::builder().set_variables(Some(variables.into_iter().collect())).build();
        let lambda = aws_sdk_lambda::Client::new(&stage.clients.root_of(stage.organization.hub()));
        lambda.update_function_configuration().function_name(KEY_ROTATION).environment(environment).send().await?;
    }
    Ok(stage)
}

impl<'a> Running<'a> {
    pub(super) fn new(season: &'a Season, stage: &'a Stage, out: &Path) -> anyhow::Result<Self> {
        let kinds: BTreeMap<UserName, &'a Kind> = season.users()?;
        let seeded = stage.seeded.users.iter();
        let people: BTreeMap<_, _> =
            seeded.map(|user| (user.name.clone(), Person::new(stage, kinds[&user.name], user))).collect();
        let hosts =
            kinds.iter().flat_map(|(user, kind)| kind.hosts.iter().map(|host| (user.clone(), RunningHost::new(host))));
        Ok(Self {
            stage,
            people,
            hosts: hosts.collect(),
            published: BTreeMap::new(),
            diary: Diary::default(),
            broken: Vec::new(),
            seer: None,
            lived: BTreeMap::new(),
            mails_seen: 0,
            log: out.join("functions.log"),
        })
    }

    /// One day: the world gets `older` by so many days, people act, hosts work, and the night comes.
    ///
    /// # Errors
    /// When the stage itself fails.
    pub(super) async fn day(&mut self, day: u32, older: u32) -> anyhow::Result<Told> {
        let began = Instant::now();
        let forced = self.morning(day, older).await?;
        let (at, results, mails) = self.night(day, &forced).await?;
        let counts = results.iter().flat_map(|result| &result.steps).fold(BTreeMap::new(), |mut counts, step| {
            *counts.entry(step.step.as_str()).or_default() += 1;
            counts
        });
        let told = Told { day, accounts: results.len(), counts, mails, took: began.elapsed() };
        self.lived.insert(day, Lived { at, results });
        Ok(told)
    }

    /// What comes before the night; the users whose rotation is to be forced.
    async fn morning(&mut self, day: u32, older: u32) -> anyhow::Result<Vec<UserName>> {
        if older > 0 {
            self.stage.admin.age(older).await?;
        }
        let mut forced = Vec::new();
        for (name, person) in &mut self.people {
            if person.act(day).await? {
                forced.push(name.clone());
            }
        }
        self.work(day).await?;
        Ok(forced)
    }

    /// The night, noted down and held against the rules: when it began, its results, and how many mails it sent.
    async fn night(&mut self, day: u32, forced: &[UserName]) -> anyhow::Result<(Timestamp, Vec<AccountResult>, usize)> {
        let before = self.keys().await?;
        if let Some(seer) = &mut self.seer {
            seer.look(day, &before)?;
        }
        let since = Timestamp::now();
        let mut results = Vec::new();
        for user in forced {
            results.push(self.force(user, day).await?);
        }
        results.extend(night::run(self.stage).await?);
        let after = self.keys().await?;
        self.note_steps(day, &results, &before, &after);
        let notices = sent_since(self.stage, since).await?;
        self.note_notices(day, &notices);
        let mails = self.new_mails(rules::mails_expected(self.stage, &notices).len()).await?;
        let (stage, before, after) = (self.stage, &before, &after);
        let seen = Seen { stage, results: &results, before, after, notices: &notices, mails: &mails };
        self.broken.extend(rules::broken(&seen).into_iter().map(|what| format!("day {day}: {what}")));
        self.keep_log().await?;
        Ok((since, results, mails.len()))
    }

    fn note_notices(&mut self, day: u32, notices: &[AskedNotice]) {
        for notice in notices {
            let label = self.label(&notice.user, Some(&notice.key)).unwrap_or_default();
            let event = mailed(notice, &label);
            self.diary.note(&notice.user, day, event);
        }
    }

    async fn work(&mut self, day: u32) -> anyhow::Result<()> {
        for (user, host) in &mut self.hosts {
            let person = self.people.get_mut(user).context("a host of nobody")?;
            let events = host.live(day, person, self.published.get(user)).await;
            for event in events.with_context(|| format!("day {day}: a host of {user}"))? {
                self.diary.note(user, day, event);
            }
        }
        Ok(())
    }

    /// Has the user's account looked after at once, as a person would who invokes key-rotation.
    async fn force(&self, user: &UserName, day: u32) -> anyhow::Result<AccountResult> {
        let account = &self.people[user].account;
        let account = self.stage.organization.account(account).context("no such account")?;
        let event = json!({ "account": account.id, "name": account.name, "email": account.email,
            "run_id": format!("forced-on-day-{day}"), "force_rotate": [user] });
        let began = Timestamp::now();
        let answer = self.stage.functions.invoke(KEY_ROTATION, &event).await?;
        if answer.failed {
            bail!("key-rotation failed: {}", answer.payload);
        }
        sent_since(self.stage, began).await?;
        Ok(serde_json::from_value(answer.payload)?)
    }

    fn note_steps(&mut self, day: u32, results: &[AccountResult], before: &Keys, after: &Keys) {
        let steps: Vec<&StepResult> = results.iter().flat_map(|result| &result.steps).collect();
        // Keys get their labels in the order in which they came, so those that a person made come first.
        for keys in [before, after] {
            for (user, key) in keys.iter().flat_map(|(user, keys)| keys.keys().map(move |key| (user, key))) {
                self.label(user, Some(key));
            }
        }
        for step in steps {
            let label = self.label(&step.user, step.access_key_id.as_ref());
            self.diary.note(&step.user, day, told(step, label.as_deref()));
            if let (StepKind::Publish, Some(key)) = (step.step, &step.access_key_id) {
                self.published.insert(step.user.clone(), Publication { day, key: key.clone() });
            }
        }
    }

    fn label(&mut self, user: &UserName, key: Option<&AccessKeyId>) -> Option<String> {
        Some(self.people.get_mut(user)?.keyring.label(key?))
    }

    async fn keys(&self) -> anyhow::Result<Keys> {
        let mut keys = Keys::new();
        for account in &self.stage.organization.accounts {
            let of_account = crate::world::keys(&self.stage.clients, &account.id).await?;
            keys.extend(of_account);
        }
        Ok(keys)
    }

    /// The mails since the day before; waits for as many as there should be.
    async fn new_mails(&mut self, expected: usize) -> anyhow::Result<Vec<Mail>> {
        let began = Instant::now();
        loop {
            let mails = self.stage.admin.mails_after(self.mails_seen).await?;
            if mails.len() >= expected || began.elapsed() > PATIENCE {
                self.mails_seen += mails.len();
                return Ok(mails);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Keeps what the functions wrote in a file, and empties the emulator's record of it, which every look at a night reads as a whole.
    async fn keep_log(&self) -> anyhow::Result<()> {
        let lines = self.stage.admin.take_function_log().await?;
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        for line in lines {
            writeln!(file, "{} {}", line.function, line.line)?;
        }
        Ok(())
    }

    /// The name of a user's kind.
    pub(super) fn kind_of(&self, user: &UserName) -> &str {
        self.stage.seeded.users.iter().find(|seeded| seeded.name == *user).map_or("", |seeded| seeded.case.as_str())
    }

    /// The account of a user.
    pub(super) fn account(&self, user: &UserName) -> Option<&AccountId> {
        Some(&self.people.get(user)?.account)
    }
}
