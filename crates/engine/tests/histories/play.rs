//! Plays a history and brings back every broken rule.

mod nights;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keywheel_core::contract::action::ExplicitAction;
use keywheel_core::ledger::AccountLedger;
use keywheel_core::policy::Freeze;
use keywheel_core::time::{Days, after};
use keywheel_testkit::judge::Watch;
use keywheel_testkit::{Account, Ended, Night, World};

use crate::asking::Asking;
use crate::people::{Deed, name_now};
use crate::story::{Act, Beginning, History, RunAct};
use crate::switches::Switch;
use crate::tally::Tally;

/// After so many nights in which nothing fails there must be no key left whose secret half nobody has.
const NIGHTS_TO_MEND: usize = 4;

/// An account whose history is played.
pub(crate) struct Play<'a> {
    /// A run to which nothing happens.
    pub(crate) calm: Night,
    /// How many users there are whom people and explicit actions are about.
    pub(crate) users: usize,
    pub(crate) world: World,
    watch: Arc<Mutex<Watch>>,
    tally: &'a Tally,
    copies: Vec<String>,
    /// What the ledger was before a damage for which it must be refused.
    whole: Option<String>,
    /// Calls of the last run failed, so that it may have done what it does not know of.
    is_unsure: bool,
    /// How runs ended, until somebody takes them.
    pub(crate) ends: Vec<Ended>,
}

/// Every broken rule, in words. Empty is well.
pub(crate) fn play(history: &History, tally: &Tally) -> Vec<String> {
    let world = World::new("2026-11-20T02:00:00Z");
    begin(&mut world.account(), history);
    let mut calm = Night::default();
    calm.settings.policy = history.policy.clone();
    calm.settings.exemption_group = Some("exempt".to_owned());
    let mut play = Play::new(calm, history.users.len(), world, tally);
    for (number, act) in history.acts.iter().enumerate() {
        play.act(number, act);
        if !play.watch().broken.is_empty() {
            break;
        }
    }
    play.mend(history);
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
    let named = name_now(account, user);
    let id = account.users.values().find(|user| user.name.as_str() == named).map(|user| &user.user_id);
    let mut records = ledger.users.values().filter(|record| Some(&record.user_id) == id);
    records.any(|record| record.keys.values().any(|key| key.deactivation_begun.is_some()))
}

pub(crate) fn name_of(user: usize, users: usize) -> String {
    format!("user-{}", user % users)
}

fn begin(account: &mut Account, history: &History) {
    account.groups.insert("exempt".to_owned(), BTreeSet::new());
    for (number, beginning) in history.users.iter().enumerate() {
        let name = name_of(number, history.users.len());
        begin_user(account, &name, beginning);
        account.user_mut(&name).hosts = history.hosts.of(number);
    }
}

pub(crate) fn begin_user(account: &mut Account, name: &str, beginning: &Beginning) {
    account.add_user(name);
    let keys: Vec<_> = beginning.ages.iter().map(|age| account.add_key(name, *age)).collect();
    let user = account.user_mut(name);
    user.habit = beginning.habit;
    user.installed = keys.first().cloned();
    if beginning.exempt {
        Deed::Exempts.done_to(account, name);
    }
}

impl<'a> Play<'a> {
    pub(crate) fn new(calm: Night, users: usize, world: World, tally: &'a Tally) -> Self {
        let watch = Arc::new(Mutex::new(Watch::new(calm.settings.policy.clone())));
        Self { calm, users, world, watch, tally, copies: Vec::new(), whole: None, is_unsure: false, ends: Vec::new() }
    }

    pub(crate) fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn act(&mut self, number: usize, act: &Act) {
        match act {
            Act::Run(run) => self.run(number, run, None),
            Act::Ask(asking) => self.ask(number, asking),
            Act::Days(days) => (0..*days).for_each(|_| self.world.day()),
            Act::Person(user, deed) => self.person(&name_of(*user, self.users), *deed),
            Act::Ledger(damage) if self.whole.is_none() => {
                self.watch().asked.may_be_forgotten = true;
                let text = serde_json::to_string(&self.world.account().ledger()).unwrap();
                self.whole = damage.must_be_refused().then_some(text);
                damage.done_to(&mut self.world.account(), &self.copies);
            }
            // Somebody puts the whole ledger back.
            Act::Ledger(_) => self.restore_ledger(),
            Act::Host(user, host, turn) => {
                let mut account = self.world.account();
                let user = name_now(&account, &name_of(*user, self.users));
                turn.taken_by(&mut account, &user, *host);
            }
            Act::Model(switch) => switch.done_to(&mut self.world.account()),
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

    /// Whether the ledger is damaged so that it must be refused.
    pub(crate) fn ledger_is_refused(&self) -> bool {
        self.whole.is_some()
    }

    pub(crate) fn restore_ledger(&mut self) {
        if let Some(whole) = self.whole.take() {
            self.world.account().set_ledger_text(Some(&whole));
        }
    }

    fn ask(&mut self, number: usize, asking: &Asking) {
        let name = name_now(&self.world.account(), &name_of(asking.user, self.users));
        let action = asking.action(&self.world.account(), &name);
        if let Some(action) = action {
            self.run(number, &asking.run, Some(action));
        }
    }

    fn run(&mut self, number: usize, act: &RunAct, explicit: Option<ExplicitAction>) {
        let begun = self.world.account().now;
        self.invoke(number, act, explicit);
        if self.world.account().now < after(begun, Days(1)) {
            self.world.at(begun);
            self.world.day();
        }
    }

    /// Rule 3: when nothing fails any more, the next runs remove every key of Keywheel's whose secret half is lost.
    fn mend(&mut self, history: &History) {
        self.restore_ledger();
        let may_be_forgotten = history.acts.iter().any(|act| matches!(act, Act::Ledger(_) | Act::Person(..)));
        let runs = history.acts.iter().filter_map(|act| match act {
            Act::Run(run) => Some(run),
            Act::Ask(asking) => Some(&asking.run),
            _ => None,
        });
        let was_disturbed = runs.into_iter().any(|run| run.intrusion.is_some());
        if may_be_forgotten || was_disturbed || !self.watch().broken.is_empty() {
            return;
        }
        Switch::Well.done_to(&mut self.world.account());
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
