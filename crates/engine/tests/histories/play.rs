//! Plays a history and brings back every broken rule.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::action::ExplicitAction;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::policy::{Freeze, Mode};
use keywheel_core::time::{Days, after, plus};
use keywheel_testkit::judge::Watch;
use keywheel_testkit::{Account, Behaviour, Call, Ended, Night, What, World};

use crate::asking::Asking;
use crate::people::Deed;
use crate::story::{Act, History, RunAct, Switch};
use crate::tally::Tally;

/// After so many nights in which nothing fails there must be no key left whose secret half nobody has.
const NIGHTS_TO_MEND: usize = 4;

struct Play<'a> {
    history: &'a History,
    world: World,
    watch: Arc<Mutex<Watch>>,
    tally: &'a Tally,
    copies: Vec<String>,
    /// What the ledger was before a damage for which it must be refused.
    whole: Option<String>,
    /// Calls of the last run failed, so that it may have done what it does not know of.
    is_unsure: bool,
}

/// Every broken rule, in words. Empty is well.
pub(crate) fn play(history: &History, tally: &Tally) -> Vec<String> {
    let world = World::new("2026-11-20T02:00:00Z");
    begin(&mut world.account(), history);
    let watch = Arc::new(Mutex::new(Watch::new(history.policy.clone())));
    let mut play = Play { history, world, watch, tally, copies: Vec::new(), whole: None, is_unsure: false };
    for (number, act) in history.acts.iter().enumerate() {
        play.act(number, act);
        if !play.watch().broken.is_empty() {
            break;
        }
    }
    play.mend();
    let watch = play.watch();
    Tally::add(&tally.histories);
    tally.made.set(tally.made.get() + watch.made);
    tally.deactivated.set(tally.deactivated.get() + watch.deactivated);
    tally.deleted.set(tally.deleted.get() + watch.deleted);
    watch.broken.clone()
}

/// Whether a run was about to make a key of the user inactive when it broke off, as far as the ledger says.
fn has_begun_a_deactivation(account: &Account, user: &str) -> bool {
    let Ok(ledger) = serde_json::from_str::<AccountLedger>(&account.ledger_text()) else { return false };
    let mut users = ledger.users.iter().filter(|(name, _)| name.as_str() == user);
    users.any(|(_, user)| user.keys.values().any(|key| key.deactivation_begun.is_some()))
}

pub(crate) fn name_of(user: usize, users: usize) -> String {
    format!("user-{}", user % users)
}

fn begin(account: &mut Account, history: &History) {
    account.groups.insert("exempt".to_owned(), BTreeSet::new());
    for (number, beginning) in history.users.iter().enumerate() {
        let name = name_of(number, history.users.len());
        account.add_user(&name);
        let keys: Vec<_> = beginning.ages.iter().map(|age| account.add_key(&name, *age)).collect();
        let user = account.user_mut(&name);
        user.habit = beginning.habit;
        user.installed = keys.first().cloned();
        if beginning.exempt {
            Deed::Exempts.done_to(account, &name);
        }
    }
}

impl Play<'_> {
    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn act(&mut self, number: usize, act: &Act) {
        match act {
            Act::Run(run) => self.run(number, run, None),
            Act::Ask(asking) => self.ask(number, asking),
            Act::Days(days) => (0..*days).for_each(|_| self.world.day()),
            Act::Person(user, deed) => self.person(&name_of(*user, self.history.users.len()), *deed),
            Act::Ledger(damage) if self.whole.is_none() => {
                self.watch().asked.may_be_forgotten = true;
                let text = serde_json::to_string(&self.world.account().ledger()).unwrap();
                self.whole = damage.must_be_refused().then_some(text);
                damage.done_to(&mut self.world.account(), &self.copies);
            }
            // Somebody puts the whole ledger back.
            Act::Ledger(_) => self.restore_ledger(),
            Act::Model(switch) => switch_to(*switch, &mut self.world.account()),
        }
        if self.whole.is_none() {
            self.copies.push(serde_json::to_string(&self.world.account().ledger()).unwrap());
        }
    }

    fn person(&self, user: &str, deed: Deed) {
        let mut account = self.world.account();
        deed.done_to(&mut account, user);
        if self.is_unsure || has_begun_a_deactivation(&account, user) {
            self.watch().muddles.insert(account.now);
        }
    }

    fn restore_ledger(&mut self) {
        if let Some(whole) = self.whole.take() {
            self.world.account().set_ledger_text(Some(&whole));
        }
    }

    fn ask(&mut self, number: usize, asking: &Asking) {
        let name = name_of(asking.user, self.history.users.len());
        let action = asking.action(&self.world.account(), &name);
        if let Some(action) = action {
            self.run(number, &asking.run, Some(action));
        }
    }

    fn run(&mut self, number: usize, act: &RunAct, explicit: Option<ExplicitAction>) {
        let begun = self.world.account().now;
        let made_before = self.world.account().history.len();
        self.watch().asked.begin(explicit.clone(), begun);
        // An audit looks, and writes nothing down.
        self.is_unsure = !act.faults.is_empty() || (self.is_unsure && (act.audit || act.clock_is_off));
        let night = Night { explicit, ..self.night(number, act) };
        for (nth, fault) in &act.faults {
            self.world.fail_call(*nth, *fault);
        }
        self.one(&night, act, &act.leads);
        for minutes in &act.retries {
            let later = plus(self.world.account().now, SignedDuration::from_mins(i64::from(*minutes)));
            if later > plus(begun, SignedDuration::from_hours(6)) {
                // Lambda gave the event up.
                break;
            }
            self.world.at(later);
            self.one(&night, &RunAct { intrusion: None, ..act.clone() }, &[0]);
        }
        self.watch().asked.begin(None, begun);
        self.judge_made(number, act, made_before);
        if self.world.account().now < after(begun, Days(1)) {
            self.world.at(begun);
            self.world.day();
        }
    }

    fn night(&self, number: usize, act: &RunAct) -> Night {
        let mut night = Night { run_id: Some(format!("run-{number}")), seconds: act.seconds, ..Night::default() };
        night.settings.policy = self.history.policy.clone();
        night.settings.exemption_group = Some("exempt".to_owned());
        night.mode = if act.audit { Mode::Audit } else { Mode::Enforce };
        night.clock_is_off = act.clock_is_off;
        night.forced = if act.forced { vec![name_of(0, 1)] } else { Vec::new() };
        night
    }

    /// Runs at the same time, under one id, watched.
    fn one(&self, night: &Night, act: &RunAct, leads: &[usize]) {
        let begun = self.world.account().now;
        {
            let mut watch = self.watch();
            watch.groups.clear();
            watch.may_change = !act.audit && !act.clock_is_off;
            watch.is_first_sight = self.world.account().ledger_is_absent();
            watch.runs.push((plus(begun, SignedDuration::from_secs(-65)), Timestamp::MAX));
        }
        self.observe(act);
        let ends = night.together_on(&self.world, leads);
        self.world.forget();
        let ended = plus(self.world.account().now, SignedDuration::from_secs(65));
        let mut watch = self.watch();
        if let Some(span) = watch.runs.last_mut() {
            span.1 = ended;
        }
        for end in &ends {
            Tally::add(&self.tally.runs);
            watch.broken.extend(self.leaks(end));
        }
    }

    fn observe(&self, act: &RunAct) {
        let (watch, intrusion) = (Arc::clone(&self.watch), act.intrusion);
        let users = self.history.users.len();
        // What a run sees that may not write, or breaks off, no later run remembers.
        let is_faultless = act.faults.is_empty();
        let remembers = !act.audit && !act.clock_is_off && is_faultless;
        let mut calls = 0;
        self.world.person(move |call: &Call, account: &mut Account| {
            let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
            watch.judge(call, account);
            if let Some((_, user, deed)) = intrusion.filter(|(at, _, _)| *at == calls) {
                let name = name_of(user, users);
                deed.done_to(account, &name);
                let is_muddled = !is_faultless || has_begun_a_deactivation(account, &name);
                watch.muddles.extend(is_muddled.then_some(account.now));
            }
            calls += 1;
            watch.note(call, account, "exempt", remembers);
        });
    }

    fn leaks(&self, end: &Ended) -> Option<String> {
        self.world.leaks(&format!("{end:?}")).then(|| "a result holds a secret half".to_owned())
    }

    /// Rule 4: at most one key per user and run, however often and however concurrently it is delivered.
    fn judge_made(&self, number: usize, act: &RunAct, before: usize) {
        if act.intrusion.is_some_and(|(_, _, deed)| matches!(deed, Deed::DeletesTheUserAndMakesItAnew)) {
            return;
        }
        let account = self.world.account();
        let mut users = BTreeSet::new();
        for event in account.deeds(What::Made).filter(|event| account.history[before..].contains(event)) {
            if !users.insert(event.user.clone()) {
                self.watch().broken.push(format!("rule 4: a second key was made for {} in run {number}", event.user));
            }
        }
        let text = account.ledger_text();
        drop(account);
        if self.world.leaks(&text) {
            self.watch().broken.push("the ledger holds a secret half".to_owned());
        }
    }

    /// Rule 3: when nothing fails any more, the next runs remove every key of Keywheel's whose secret half is lost.
    fn mend(&mut self) {
        self.restore_ledger();
        let may_be_forgotten = self.history.acts.iter().any(|act| matches!(act, Act::Ledger(_) | Act::Person(..)));
        let runs = self.history.acts.iter().filter_map(|act| match act {
            Act::Run(run) => Some(run),
            Act::Ask(asking) => Some(&asking.run),
            _ => None,
        });
        let was_disturbed = runs.into_iter().any(|run| run.intrusion.is_some());
        if may_be_forgotten || was_disturbed || !self.watch().broken.is_empty() {
            return;
        }
        switch_to(Switch::Well, &mut self.world.account());
        self.world.account().groups.insert("exempt".to_owned(), BTreeSet::new());
        let calm = RunAct::calm();
        let mut night = self.night(usize::MAX, &calm);
        night.settings.policy.freeze = Freeze::default();
        night.settings.policy.max_changes = 50;
        self.watch().policy = night.settings.policy.clone();
        for mending in 0..NIGHTS_TO_MEND {
            let begun = self.world.account().now;
            night.run_id = Some(format!("mending-{mending}"));
            self.one(&night, &calm, &[0]);
            self.world.at(begun);
            self.world.day();
        }
        let lost = self.world.account().users_with_a_never_stored_key();
        self.watch().broken.extend(lost.into_iter().map(|user| format!("rule 3: a secret half of {user} is lost")));
    }
}

fn switch_to(switch: Switch, account: &mut Account) {
    let behaviour = &mut account.behaviour;
    match switch {
        Switch::SlowKeys => {
            let late = SignedDuration::from_secs(9);
            (behaviour.works_after, behaviour.listed_after, behaviour.known_after) = (late, late, late);
        }
        Switch::LateUses => behaviour.use_shows_after = SignedDuration::from_hours(7),
        Switch::RacyQuota => behaviour.quota_is_racy = true,
        Switch::RetrievalDenied => behaviour.retrieval_is_denied = true,
        Switch::MailDown => behaviour.mail_is_down = true,
        Switch::SlowCalls => behaviour.call_takes = SignedDuration::from_secs(4),
        Switch::PoorReports => (behaviour.report.is_kept, behaviour.report.hides_inactive) = (true, true),
        Switch::SlowReports => behaviour.report.takes = SignedDuration::from_mins(2),
        Switch::GroupGone => drop(account.groups.remove("exempt")),
        Switch::Well => {
            *behaviour = Behaviour::default();
            account.groups.entry("exempt".to_owned()).or_default();
        }
    }
}
