//! The days of one account: what people do, what fails, what is asked for, and the night.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use keywheel_core::Timestamp;
use keywheel_core::contract::action::ExplicitAction;
use keywheel_core::contract::notice_record::NoticeState;
use keywheel_core::id::{AccessKeyId, UserName};
use keywheel_core::policy::Mode;
use keywheel_core::reason::Reason;
use keywheel_core::time::plus;
use keywheel_testkit::{Ended, World};
use proptest::prelude::*;

use super::DAYS;
use super::chance::{Chance, outages};
use super::deployment::Membership;
use super::people::{
    OTHERS, STEADY, ages, frees_a_slot, keep_exempt, others, settle, settle_others, use_both_keys, work_late,
};
use super::promises::{Seen, broken_in_the_end, count_features};
use super::sums::{PUT_AWAY, Sums};
use crate::asking::asking;
use crate::ledgers::Damage;
use crate::people::{Deed, name_now};
use crate::play::{Play, name_of};
use crate::story::{Act, RunAct, Weights, habit, run};
use crate::switches::Switch;
use crate::tally::Tally;

/// In the last days nothing fails: what was put off must be made up for.
const LAST_CALM_DAYS: u32 = 25;
/// From this day on no ledger is damaged: what is forgotten costs a recovery grace, and then a replacement.
const LAST_DAMAGE: u32 = 100;
const WEIGHTS: Weights = Weights { faults: 4, people: 2, ledgers: 1, races: 2, asked: 1, hosts: 0 };

/// What became of an account.
pub(crate) struct Lived {
    pub(crate) sums: Sums,
    /// Promises and rules that were broken, with the account and the day.
    pub(crate) broken: Vec<String>,
}

/// Days of one account that go on.
struct Days<'a> {
    membership: &'a Membership,
    play: Play<'a>,
    chance: Chance,
    seen: Seen,
    sums: Sums,
    /// Those who behave and for whom no key can be made, as a person's inactive key is in the way.
    blocked: BTreeSet<UserName>,
    /// How many explicit actions there have been.
    asked: u32,
    /// What the late host has.
    late: Option<AccessKeyId>,
}

/// Lives every day of an account.
pub(crate) fn live(number: u64, seed: u64) -> Lived {
    let (membership, tally, mut chance) = (Membership::of(number), Tally::default(), Chance::of(seed, number));
    let world = membership.found();
    settle(&mut world.account(), &chance.draw(ages()));
    settle_others(&mut world.account(), &chance.draw(others()));
    let play = Play::new(membership.night(), OTHERS, world, &tally);
    let (sums, blocked) = <_>::default();
    let mut lives =
        Days { membership: &membership, play, chance, seen: Seen::default(), sums, blocked, asked: 0, late: None };
    let mut broken = Vec::new();
    for day in 0..DAYS {
        let of_day = lives.day(day);
        broken.extend(of_day.into_iter().map(|what| format!("account {number}, day {day}: {what}")));
        if !broken.is_empty() {
            break;
        }
    }
    if broken.is_empty() && membership.is_member(DAYS) {
        let last = broken_in_the_end(&lives.play.world.account());
        broken.extend(last.into_iter().map(|what| format!("account {number}, in the end: {what}")));
    }
    count_features(&lives.play.world.account(), &mut lives.sums);
    let watch = lives.play.watch();
    for (what, count) in [("made", watch.made), ("made inactive", watch.deactivated), ("deleted", watch.deleted)] {
        lives.sums.many(&format!("keys {what}"), count);
    }
    for (operation, what) in PUT_AWAY {
        lives.sums.many(what, watch.put_away.get(&operation).copied().unwrap_or_default());
    }
    drop(watch);
    Lived { sums: lives.sums, broken }
}

impl Days<'_> {
    /// One day: what does not hold at its end.
    fn day(&mut self, day: u32) -> Vec<String> {
        let begun = self.world().account().now;
        self.membership.change(day, &self.play.world);
        let mode = if self.membership.is_member(day) { self.membership.mode(day) } else { None };
        let is_calm = day + LAST_CALM_DAYS >= DAYS;
        self.around(is_calm, day < LAST_DAMAGE);
        match mode {
            Some(mode) => self.night(day, mode, is_calm),
            None => self.sums.count("account days not reached by the rollout"),
        }
        self.morning(begun);
        if mode == Some(Mode::Enforce) {
            self.afternoon(day, begun, is_calm);
        }
        use_both_keys(&mut self.world().account());
        let late_works = work_late(&mut self.play.world.account(), &mut self.late);
        self.world().at(begun);
        self.world().day();
        self.sums.count("account days");
        let noon = plus(begun, SignedDuration::from_hours(10));
        let may_change = mode == Some(Mode::Enforce);
        let mut broken = self.seen.broken_today(&self.play.world, noon, may_change, &mut self.sums);
        if !late_works {
            broken.push(format!("the late host of {} lost its working key {:?}", STEADY[0], self.late));
        }
        broken.append(&mut self.play.watch().broken);
        broken
    }

    fn world(&self) -> &World {
        &self.play.world
    }

    /// How AWS behaves, and what becomes of the ledger.
    fn around(&mut self, is_calm: bool, may_be_damaged: bool) {
        if is_calm || self.chance.once_in(3) {
            self.play.act(0, &Act::Model(Switch::Well));
        } else if self.chance.once_in(8) {
            let switch = self.chance.draw(Switch::any());
            self.play.act(0, &Act::Model(switch));
        }
        keep_exempt(&mut self.play.world.account());
        if self.play.ledger_is_refused() {
            if is_calm || self.chance.once_in(3) {
                self.play.restore_ledger();
            }
        } else if self.membership.has_damaged_ledgers() && may_be_damaged && self.chance.once_in(30) {
            let damage = self.chance.draw(Damage::any());
            self.play.act(0, &Act::Ledger(damage));
            self.sums.count("ledgers damaged");
        }
    }

    fn night(&mut self, day: u32, mode: Mode, is_calm: bool) {
        let mut act = if is_calm || self.chance.once_in(2) { RunAct::calm() } else { self.chance.draw(run(WEIGHTS)) };
        if !is_calm && self.chance.once_in(20) {
            act.outage = Some(self.chance.draw(outages()));
        }
        if self.membership.has_damaged_ledgers() {
            act.loses_no_answer();
        }
        act.audit |= mode == Mode::Audit;
        self.count_night(&act);
        self.play.invoke(usize::try_from(day).unwrap(), &act, None);
        self.count_ends();
        if !is_calm && self.chance.once_in(10) {
            self.return_a_mail();
        }
    }

    fn count_night(&mut self, act: &RunAct) {
        let counted = [
            ("nights", true),
            ("nights in audit", act.audit),
            ("nights with faults at single calls", !act.faults.is_empty()),
            ("nights in which every call of a kind failed", act.outage.is_some()),
            ("nights of several runs at once", act.leads.len() > 1),
            ("nights tried again", !act.retries.is_empty()),
            ("deeds of people amid a run", act.intrusion.is_some()),
        ];
        counted.iter().filter(|(_, is_it)| *is_it).for_each(|(what, _)| self.sums.count(what));
    }

    fn count_ends(&mut self) {
        self.blocked.clear();
        for end in std::mem::take(&mut self.play.ends) {
            self.sums.ended(&end);
            if let Ended::Run(run) = end {
                let blocked = run.result.steps.into_iter().filter(|step| step.reason == Reason::SlotBlocked);
                self.blocked.extend(blocked.map(|step| step.user).filter(|user| STEADY.contains(&user.as_str())));
            }
        }
    }

    /// People come when the night is over.
    fn morning(&mut self, begun: Timestamp) {
        self.world().at(plus(begun, SignedDuration::from_hours(7)));
        if self.chance.once_in(3) {
            let (user, deed) = self.chance.draw((0..OTHERS, Deed::in_a_long_time(habit())));
            self.play.act(0, &Act::Person(user, deed));
            self.sums.count("deeds of people");
        }
    }

    /// In the afternoon somebody asks for something.
    fn afternoon(&mut self, day: u32, begun: Timestamp, is_calm: bool) {
        self.world().at(plus(begun, SignedDuration::from_hours(8)));
        // Whose ledger was lost sees a key of Keywheel's as a person's, and a slot that it fills is freed by hand.
        for user in std::mem::take(&mut self.blocked) {
            self.sums.count("slots freed by hand");
            self.act(day, &RunAct::calm(), frees_a_slot(user));
        }
        if !is_calm && self.chance.once_in(15) {
            let mut asking = self.chance.draw(asking(WEIGHTS));
            asking.run.retries.clear();
            if self.membership.has_damaged_ledgers() {
                asking.run.loses_no_answer();
            }
            let name = name_now(&self.world().account(), &name_of(asking.user, OTHERS));
            let action = asking.action(&self.world().account(), &name);
            if let Some(action) = action {
                self.act(day, &asking.run, action);
            }
        }
    }

    fn act(&mut self, day: u32, run: &RunAct, action: ExplicitAction) {
        self.sums.count("explicit actions");
        self.asked += 1;
        self.play.invoke(usize::try_from(1_000 + day * 100 + self.asked % 100).unwrap(), run, Some(action));
        self.count_ends();
    }

    /// A mail that was sent comes back: nobody has read it.
    fn return_a_mail(&mut self) {
        let nth = self.chance.draw(any::<prop::sample::Index>());
        let mut account = self.play.world.account();
        let about_others = |mail: &&keywheel_testkit::Mail| mail.entry.user.as_str().starts_with("user-");
        let sent: Vec<_> =
            account.mails.iter().rev().take(20).filter(about_others).map(|mail| mail.entry.notice_id.clone()).collect();
        if sent.is_empty() {
            return;
        }
        let id = nth.get(&sent);
        if let Some(notice) = account.notices.get_mut(id) {
            notice.state = NoticeState::Bounced;
            self.sums.count("mails that came back");
        }
    }
}
