//! Chance, from a seed: the same seed makes the same world.

use keywheel_core::Timestamp;
use keywheel_core::ledger::NoticeRecord;
use keywheel_core::policy::{ExemptionGroup, ForeignInactiveKeys, Freeze, Periods, Policy, Selection, UnusedKeys};
use keywheel_core::time::Days;

use super::{ago, copy, days_ago, notice, now, user_name};

pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.roll() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    pub(crate) fn percent(&mut self, chance: i64) -> bool {
        self.below(100) < chance
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(i64::try_from(of.len()).unwrap())).unwrap()].clone()
    }

    pub(crate) fn maybe<T>(&mut self, chance: i64, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.percent(chance).then(|| make(self))
    }

    /// A moment between then and now: often on the edge of a period, now and then one that nobody can have written honestly.
    pub(crate) fn since(&mut self, start: Timestamp) -> Timestamp {
        match self.below(100) {
            0 => self.pick(&[days_ago(-1), days_ago(-400), Timestamp::MIN, Timestamp::MAX]),
            1 => days_ago(self.below(500)),
            2..50 => days_ago(self.pick(&[0, 1, 6, 7, 8, 10, 11, 15, 29, 30, 31, 35, 36, 60, 90, 91, 100])).max(start),
            _ => ago(self.below(now().duration_since(start).as_secs())),
        }
    }

    pub(crate) fn told(&mut self, start: Timestamp) -> NoticeRecord {
        let asked = self.since(start);
        let sent = self.maybe(80, |dice| if dice.percent(80) { asked } else { dice.since(start) });
        let copies = if self.percent(2) { vec![copy()] } else { Vec::new() };
        NoticeRecord { copies, ..notice(asked, sent) }
    }

    pub(crate) fn policy(&mut self) -> Policy {
        let (rotation, inactive, buffer) =
            self.pick(&[(90, 100, 135), (90, 100, 135), (45, 60, 90), (90, 91, 92), (165, 180, 185)]);
        Policy {
            periods: Periods::new(Days(rotation), Days(inactive), Days(buffer)).unwrap(),
            last_used_threshold: Days(self.pick(&[0, 7, 7, 30])),
            max_hold: self.pick(&[None, Some(Days(0)), Some(Days(30)), Some(Days(30))]),
            unused_after: Days(self.pick(&[10, 90, 90])),
            unused_keys: if self.percent(25) { UnusedKeys::Rotate } else { UnusedKeys::Retire },
            foreign_inactive_keys: self.pick(&[ForeignInactiveKeys::Keep, ForeignInactiveKeys::Delete]),
            selection: if self.percent(3) { Selection::Tagged } else { Selection::All },
            require_notice: self.percent(70),
            freeze: if self.percent(3) { freeze() } else { Freeze::default() },
            ..Policy::default()
        }
    }

    pub(crate) fn exemptions(&mut self) -> ExemptionGroup {
        match self.below(40) {
            0 => ExemptionGroup::Unknown { error: "denied".to_owned() },
            1 => ExemptionGroup::Members([user_name("alice")].into()),
            2..10 => ExemptionGroup::Members([user_name("carol")].into()),
            _ => ExemptionGroup::NotConfigured,
        }
    }

    pub(crate) fn tag(&mut self) -> (String, String) {
        let (suffix, value) = self.pick(&[
            ("EMAIL", "owner@example.com"),
            ("ROTATE_AFTER_DAYS", "30"),
            ("DEACTIVATE_AFTER_DAYS", "5"),
            ("DEACTIVATE_AFTER_DAYS", "x"),
            ("DELETE_AFTER_DAYS", "3"),
            ("DELETE_AFTER_DAYS", "99999999999"),
            ("EXEMPT_UNTIL", "2026-11-20"),
            ("EXEMPT_UNTIL", "2026-11-19"),
        ]);
        (format!("KeyRotation:{suffix}"), value.to_owned())
    }
}

/// A freeze that is on now.
pub(crate) fn freeze() -> Freeze {
    "2026-11-01/2026-11-30".parse().unwrap()
}
