//! The runs of a history: made with what is to happen to them, watched, and judged.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::action::ExplicitAction;
use keywheel_core::policy::Mode;
use keywheel_core::time::plus;
use keywheel_testkit::{Account, Call, Ended, Night, What};

use super::{Play, has_begun_a_deactivation, name_of};
use crate::story::RunAct;
use crate::tally::Tally;

impl Play<'_> {
    /// A run with what happens to it, tried again where it is.
    pub(crate) fn invoke(&mut self, number: usize, act: &RunAct, explicit: Option<ExplicitAction>) {
        let begun = self.world.account().now;
        let made_before = self.world.account().history.len();
        self.watch().asked.begin(explicit.clone(), begun);
        // An audit looks, and writes nothing down.
        self.is_unsure = !act.is_faultless() || (self.is_unsure && (act.audit || act.clock_is_off));
        let night = Night { explicit, ..self.night(number, act) };
        for (nth, fault) in &act.faults {
            self.world.fail_call(*nth, *fault);
        }
        if let Some((operation, fault)) = act.outage {
            self.world.fail_every(operation, fault);
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
        self.judge_made(number, made_before);
    }

    pub(super) fn night(&self, number: usize, act: &RunAct) -> Night {
        let mut night = Night { run_id: Some(format!("run-{number}")), seconds: act.seconds, ..self.calm.clone() };
        night.mode = if act.audit { Mode::Audit } else { Mode::Enforce };
        night.clock_is_off = act.clock_is_off;
        night.forced = if act.forced { vec![name_of(0, 1)] } else { Vec::new() };
        night
    }

    /// Runs at the same time, under one id, watched.
    pub(super) fn one(&mut self, night: &Night, act: &RunAct, leads: &[usize]) {
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
            self.tally.add_held(end);
            watch.broken.extend(self.leaks(end));
        }
        drop(watch);
        self.ends.extend(ends);
    }

    fn observe(&self, act: &RunAct) {
        let (watch, intrusion) = (Arc::clone(&self.watch), act.intrusion);
        let users = self.users;
        // What a run sees that may not write, or breaks off, no later run remembers.
        let is_faultless = act.is_faultless();
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

    /// Rule 4: at most one key per user and run, however often and however concurrently it is delivered, and whatever the user is called.
    fn judge_made(&self, number: usize, before: usize) {
        let account = self.world.account();
        let mut users = BTreeSet::new();
        for event in account.deeds(What::Made).filter(|event| account.history[before..].contains(event)) {
            if !users.insert(event.user_id.clone()) {
                self.watch().broken.push(format!("rule 4: a second key was made for {} in run {number}", event.user));
            }
        }
        let text = account.ledger_text();
        drop(account);
        if self.world.leaks(&text) {
            self.watch().broken.push("the ledger holds a secret half".to_owned());
        }
    }
}
