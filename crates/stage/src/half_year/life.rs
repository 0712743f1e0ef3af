//! The days: the world gets older, people act, hosts work, and the night comes.

mod asking;
mod written;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use keywheel_core::Timestamp;
use keywheel_core::contract::action::ExplicitAction;
use keywheel_core::id::AccountId;
use keywheel_core::time::days_since;
use keywheel_testkit::Who;
use serde_json::json;

use super::hosts::Hosts;
use super::judged::Judged;
use super::mirror::{Calendar, look};
use super::people::{LEFT_ALONE, STEADY, act};
use super::{Size, night, policy};
use crate::admin::Call;
use crate::functions::ACCOUNT_INVENTORY;
use crate::stage::Stage;

/// In the first nights the deployment only looks, and in the last ones nothing fails.
const AUDITS: u32 = 2;
const LAST_CALM_DAYS: u32 = 6;
/// Graces, holds by the last use, and nights in which nothing could be done.
const OLDEST: u32 = 90 + 7 + 7 + 6;

/// Days that go on.
pub(super) struct Life<'a> {
    stage: &'a Stage,
    size: Size,
    random: fastrand::Rng,
    calendar: Calendar,
    accounts: BTreeMap<AccountId, Judged>,
    hosts: Hosts<'a>,
    /// The ledger that no run can use today.
    refused: Option<String>,
    events: PathBuf,
    pub(super) sums: BTreeMap<String, u64>,
}

impl<'a> Life<'a> {
    pub(super) fn new(stage: &'a Stage, out: &Path, size: Size) -> anyhow::Result<Self> {
        let of_account = |id: &AccountId| Ok((id.clone(), Judged::new(id, policy()?)));
        let accounts = stage.organization.accounts.iter().filter(|account| !account.users.is_empty());
        let accounts = accounts.map(|account| of_account(&account.id)).collect::<anyhow::Result<_>>()?;
        let (random, calendar) = (fastrand::Rng::with_seed(size.seed), Calendar { days: 0 });
        let (hosts, events, sums) = (Hosts::new(stage), out.join("events.jsonl"), BTreeMap::new());
        Ok(Self { stage, size, random, calendar, accounts, hosts, refused: None, events, sums })
    }

    /// A day: what does not hold at its end.
    ///
    /// # Errors
    /// When the stage itself fails.
    pub(super) async fn day(&mut self, day: u32) -> anyhow::Result<Vec<String>> {
        let is_calm = day + LAST_CALM_DAYS >= self.size.days;
        if day > 0 {
            self.stage.admin.age(1).await?;
            self.calendar.days += 1;
        }
        self.count("days", 1);
        self.ledger(is_calm).await?;
        for account in self.served() {
            if self.random.u32(..3) == 0 && act(self.stage, &account, &mut self.random).await?.is_some() {
                self.count("deeds of people", 1);
            }
        }
        let (mut broken, visits) = self.hosts.work().await;
        for (account, user, key) in self.hosts.acknowledge().await? {
            let judged = self.accounts.get_mut(&account).context("no such account")?;
            judged.acknowledged(&user, &key, self.calendar.now());
        }
        self.count("visits of hosts who behave", visits as u64);
        self.night(day < AUDITS, is_calm).await?;
        if day >= AUDITS && !is_calm {
            self.ask().await?;
        }
        broken.extend(self.broken(day < AUDITS));
        println!("seed {}, day {day:3}  {}", self.size.seed, self.told());
        Ok(broken)
    }

    fn count(&mut self, what: &str, count: u64) {
        *self.sums.entry(what.to_owned()).or_default() += count;
    }

    fn told(&self) -> String {
        let count = |what: &str| self.sums.get(what).copied().unwrap_or_default();
        let counted = ["keys made", "keys made inactive", "keys deleted", "hold done", "nights with faults", "mails"];
        counted.map(|what| format!("{what} {}", count(what))).join(", ")
    }

    pub(super) fn served(&self) -> Vec<AccountId> {
        let left_out: Vec<_> = self.stage.organization.excluded().collect();
        self.accounts.keys().filter(|id| !left_out.contains(id)).cloned().collect()
    }

    /// Somebody writes into a ledger that a newer release has written it, which makes this one refuse it, and takes that back a day later.
    async fn ledger(&mut self, is_calm: bool) -> anyhow::Result<()> {
        if let Some(key) = self.refused.take() {
            return self.put_version(&key, keywheel_core::ledger::LEDGER_SCHEMA).await;
        }
        if is_calm || self.random.u32(..8) != 0 {
            return Ok(());
        }
        let ledgers = self.stage.state.texts("ledger/").await?;
        let nth = self.random.usize(..ledgers.len().max(1));
        if let Some(key) = ledgers.into_keys().nth(nth) {
            self.put_version(&key, 99).await?;
            self.refused = Some(key);
            self.count("ledgers of a newer version", 1);
        }
        Ok(())
    }

    async fn put_version(&self, key: &str, version: u32) -> anyhow::Result<()> {
        let ledger = self.stage.state.values(key).await?.into_values().next();
        let mut ledger = ledger.with_context(|| format!("there is no {key}"))?;
        ledger["schema_version"] = json!(version);
        self.stage.state.put(key, &ledger).await
    }

    async fn night(&mut self, audit: bool, is_calm: bool) -> anyhow::Result<()> {
        let fault = if is_calm || self.random.u32(..2) == 0 { None } else { self.random.choice(night::faults()) };
        let twice = !is_calm && !audit && self.random.u32(..5) == 0;
        for account in self.accounts.keys().cloned().collect::<Vec<_>>() {
            self.begin(&account, !audit, None).await?;
        }
        self.stage.admin.take_calls().await?;
        let is_faulty = fault.is_some() || self.refused.is_some();
        if let Some((name, fault)) = &fault {
            self.count("nights with faults", 1);
            self.count(&format!("nights: {name}"), 1);
            self.stage.admin.add_fault(fault.clone()).await?;
        }
        let calls = if twice {
            self.count("nights with two runs at once", 1);
            let event = crate::night::scheduler_event();
            let (first, second) = tokio::join!(
                night::run(self.stage, audit, true),
                self.stage.functions.invoke(ACCOUNT_INVENTORY, &event)
            );
            second?;
            let mut calls = first?;
            calls.extend(night::settle(self.stage, 0).await?);
            calls
        } else {
            night::run(self.stage, audit, is_faulty).await?
        };
        self.stage.admin.clear_faults().await?;
        self.note(&calls)?;
        self.mails(&calls).await?;
        let seen = self.stage.admin.take_calls().await?;
        for account in self.accounts.keys().cloned().collect::<Vec<_>>() {
            self.end(&account, &seen, is_faulty || twice).await?;
        }
        Ok(())
    }

    async fn begin(&mut self, id: &AccountId, may_change: bool, asked: Option<ExplicitAction>) -> anyhow::Result<()> {
        let sight = look(self.stage, id, self.calendar).await?;
        let is_excluded = self.stage.organization.excluded().any(|excluded| excluded == id);
        let judged = self.accounts.get_mut(id).context("no such account")?;
        judged.begin(sight, self.calendar.now(), may_change && !is_excluded, asked);
        Ok(())
    }

    async fn end(&mut self, id: &AccountId, seen: &[Call], is_unsure: bool) -> anyhow::Result<()> {
        let sight = look(self.stage, id, self.calendar).await?;
        let judged = self.accounts.get_mut(id).context("no such account")?;
        judged.end(sight, self.calendar.now());
        judged.is_unsure = is_unsure;
        // Rule 4, from the calls themselves: a key that was made and taken back is in no look.
        let mut made: BTreeMap<&str, usize> = BTreeMap::new();
        let creates = seen.iter().filter(|call| call.operation == "iam:CreateAccessKey" && call.account == id.as_str());
        for call in creates.filter(|call| call.status == Some(200)) {
            *made.entry(&call.resource).or_default() += 1;
        }
        let twice = made.iter().filter(|(_, made)| **made > 1);
        judged
            .watch
            .broken
            .extend(twice.map(|(user, made)| format!("rule 4: {made} keys were made for {user} in a night")));
        Ok(())
    }

    /// Every rule that was broken, and what was changed that must not be.
    fn broken(&mut self, audit: bool) -> Vec<String> {
        let mut broken = Vec::new();
        let mut counts = [0; 3];
        for (id, judged) in &mut self.accounts {
            broken.extend(judged.watch.broken.drain(..).map(|what| format!("{id}: {what}")));
            let ours = judged.history().iter().filter(|event| event.who == Who::Keywheel);
            let wrong = ours.filter(|event| audit || LEFT_ALONE.contains(&event.user.as_str()));
            broken.extend(wrong.map(|event| format!("{id}: this must not be: {event:?}")));
            let watch = &judged.watch;
            counts = [counts[0] + watch.made, counts[1] + watch.deactivated, counts[2] + watch.deleted];
        }
        let names = ["keys made", "keys made inactive", "keys deleted"];
        self.sums.extend(names.iter().zip(counts).map(|(name, count)| ((*name).to_owned(), count)));
        broken
    }

    /// Keys of those who behave that still work and are older than promised.
    pub(super) fn old_keys(&self) -> Vec<String> {
        let now = self.calendar.now();
        let age = |at: Timestamp| days_since(at, now);
        let mut broken = Vec::new();
        for (id, name) in self.served().iter().flat_map(|id| STEADY.map(|name| (id.clone(), name))) {
            let keys = self.accounts.get(&id).and_then(|judged| judged.user(name)).map(|user| user.keys.as_slice());
            let active: Vec<_> = keys.unwrap_or_default().iter().filter(|key| key.is_active()).collect();
            if active.iter().all(|key| age(key.created) > 91) || active.iter().any(|key| age(key.created) > OLDEST) {
                broken.push(format!("{name} of {id}: {keys:?}"));
            }
        }
        broken
    }
}
