//! Random policies, exemptions and tags.

use keywheel_core::policy::{ExemptionGroup, ForeignInactiveKeys, Freeze, Periods, Policy, Selection, UnusedKeys};
use keywheel_core::time::Days;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::user_name;

pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    let periods = select(vec![(90, 100, 135), (90, 100, 135), (45, 60, 90), (90, 91, 92), (165, 180, 185)]);
    let days = (select(vec![0, 7, 7, 7, 30]), option::weighted(0.9, select(vec![0, 30, 30])), select(vec![10, 90, 90]));
    let choices =
        (proptest::bool::weighted(0.3), any::<bool>(), proptest::bool::weighted(0.05), proptest::bool::weighted(0.7));
    (periods, days, choices, proptest::bool::weighted(0.03)).prop_map(
        |(periods, (threshold, max_hold, unused_after), (rotate, delete, tagged, require_notice), frozen)| Policy {
            periods: Periods::new(Days(periods.0), Days(periods.1), Days(periods.2)).unwrap(),
            last_used_threshold: Days(threshold),
            max_hold: max_hold.map(Days),
            unused_after: Days(unused_after),
            unused_keys: if rotate { UnusedKeys::Rotate } else { UnusedKeys::Retire },
            foreign_inactive_keys: if delete { ForeignInactiveKeys::Delete } else { ForeignInactiveKeys::Keep },
            selection: if tagged { Selection::Tagged } else { Selection::All },
            require_notice,
            freeze: if frozen { freeze() } else { Freeze::default() },
            ..Policy::default()
        },
    )
}

/// A freeze that is on now.
pub(crate) fn freeze() -> Freeze {
    "2026-11-01/2026-11-30".parse().unwrap()
}

pub(crate) fn exemptions() -> impl Strategy<Value = ExemptionGroup> {
    let members = |name: &str| ExemptionGroup::Members([user_name(name)].into());
    prop_oneof![
        30 => Just(ExemptionGroup::NotConfigured),
        6 => Just(members("bob")),
        1 => Just(members("alice")),
        1 => Just(ExemptionGroup::Unknown { error: "denied".to_owned() }),
    ]
}

pub(crate) fn tags() -> impl Strategy<Value = Vec<(String, String)>> {
    let all = [
        ("EMAIL", "owner@example.com"),
        ("ROTATE_AFTER_DAYS", "30"),
        ("DEACTIVATE_AFTER_DAYS", "5"),
        ("DEACTIVATE_AFTER_DAYS", "x"),
        ("DELETE_AFTER_DAYS", "3"),
        ("DELETE_AFTER_DAYS", "99999999999"),
        ("EXEMPT_UNTIL", "2026-11-20"),
        ("EXEMPT_UNTIL", "2026-11-19"),
    ];
    let tags = all.map(|(suffix, value)| (format!("KeyRotation:{suffix}"), value.to_owned())).to_vec();
    prop_oneof![4 => Just(Vec::new()), 1 => subsequence(tags, 1..4)]
}
