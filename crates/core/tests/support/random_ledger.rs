//! Random memories of a key.

use keywheel_core::Timestamp;
use keywheel_core::ledger::{Actor, InactiveBecause, KeyRecord, MadeInactive, NoticeRecord};
use keywheel_core::notice::NoticeKind;
use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::random::date;
use super::{days_ago, key_id, notice};

/// When owners were told: mostly long enough ago for something to follow from it.
pub(crate) fn told() -> impl Strategy<Value = Timestamp> {
    prop_oneof![2 => date(), 3 => (0..200_i64).prop_map(days_ago)]
}

fn because() -> impl Strategy<Value = InactiveBecause> {
    use InactiveBecause::{Orphaned, Superseded, Unused};
    prop_oneof![6 => Just(Superseded), 3 => Just(Unused), 2 => Just(Orphaned)]
}

fn inactive() -> impl Strategy<Value = MadeInactive> {
    let by = prop_oneof![3 => Just(Actor::Keywheel), 2 => Just(Actor::Person)];
    (date(), by, option::weighted(0.9, because())).prop_map(|(at, by, why)| MadeInactive { at, by, why })
}

fn notices() -> impl Strategy<Value = std::collections::BTreeMap<NoticeKind, NoticeRecord>> {
    let kinds = [
        NoticeKind::Rotated,
        NoticeKind::Retiring,
        NoticeKind::ForeignDeletion,
        NoticeKind::Retiring,
        NoticeKind::ForeignDeletion,
        NoticeKind::DeactivationAhead(7),
        NoticeKind::RetirementAhead(7),
        NoticeKind::Held(0),
    ];
    let record = (told(), option::weighted(0.8, told())).prop_map(|(asked, sent)| notice(asked, sent));
    btree_map(select(kinds.to_vec()), record, 0..4)
}

fn rarely() -> impl Strategy<Value = Option<Timestamp>> {
    option::weighted(0.08, date())
}

/// Anything that a ledger can hold of a key, true or not.
pub(crate) fn key_record() -> impl Strategy<Value = KeyRecord> {
    let key = || option::weighted(0.15, select(vec!["K1", "K2", "K3", "K4"]).prop_map(key_id));
    let made = (rarely(), key(), rarely(), proptest::bool::weighted(0.05), rarely(), rarely());
    let fate = (proptest::bool::weighted(0.05), key(), rarely(), option::weighted(0.3, date()));
    let end = (option::weighted(0.05, because()), option::weighted(0.5, inactive()), rarely(), 0..3_u32, notices());
    (made, fate, end).prop_map(|(made, fate, end)| KeyRecord {
        created: made.0,
        supersedes: made.1,
        proven: made.2,
        retrieval_unproven: made.3,
        published: made.4,
        retrievable_since: made.5,
        not_retrievable: fate.0,
        superseded_by: fate.1,
        revived: fate.2,
        held_since: fate.3,
        deactivation_begun: end.0,
        made_inactive: end.1,
        deleted: end.2,
        episode: end.3,
        notices: end.4,
    })
}
