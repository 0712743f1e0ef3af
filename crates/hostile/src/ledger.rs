//! The ledger, down to the plan that is made with it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use keywheel_core::acknowledgement::Acknowledgements;
use keywheel_core::ledger::{AccountLedger, Present};
use keywheel_core::observed::{
    AWSCURRENT, KeyStatus, KeyUse, LastUsed, ObservedKey, ObservedSecret, ObservedUser, SecretState, SecretVersion,
};
use keywheel_core::plan::StepKind;
use keywheel_core::planner::{AccountView, plan_account, plan_housekeeping, remember};
use keywheel_core::policy::{ExemptionGroup, Policy};
use keywheel_core::secret::VersionId;

use crate::promise::{comes_back, one_clear_line};

const NOW: Timestamp = Timestamp::constant(1_795_140_007, 0);

/// A ledger of the account 111122223333. One that is accepted makes no plan panic, and deletes no active key.
pub fn ledger(bytes: &[u8]) {
    let account = "111122223333".parse().expect("an account");
    let ledger = match AccountLedger::parse(&account, bytes) {
        Ok(ledger) => ledger,
        Err(error) => return one_clear_line(&error),
    };
    comes_back(&ledger);
    let (policy, exemptions, forced) = (Policy::default(), ExemptionGroup::NotConfigured, BTreeSet::new());
    let users = [user()];
    let mut view = AccountView {
        account: &account,
        users: &users,
        quiet: &[],
        ledger: &ledger,
        policy: &policy,
        exemptions: &exemptions,
        forced: &forced,
        is_first_sight: false,
        now: NOW,
    };
    let remembered = remember(&view);
    comes_back(&remembered);
    view.ledger = &remembered;
    let plan = plan_account(&view);
    let deletes = plan.steps.iter().any(|step| step.kind == StepKind::Delete);
    assert!(!deletes, "a ledger deletes an active key: {:?}", plan.steps);
    let _ = plan_housekeeping(&view, &Present::from_iter([(&users[0].name, Some(&users[0].user_id))]));
}

/// Alice, whose key K1 was replaced by K2 twenty days ago; both are active and used.
fn user() -> ObservedUser {
    let ago = |days: i64| NOW - SignedDuration::from_hours(24 * days);
    let key = |id: &str, created, used| ObservedKey {
        id: id.parse().expect("a key id"),
        status: KeyStatus::Active,
        created,
        last_used: LastUsed::At(KeyUse { at: used, service: "s3".to_owned(), region: "eu-central-1".to_owned() }),
    };
    let keys = vec![key("AKIAXXXXXXXXXXXXXXK1", ago(110), ago(9)), key("AKIAXXXXXXXXXXXXXXK2", ago(20), ago(1))];
    let user_id = "AIDAALICEALICEALICE1".parse().expect("a user id");
    let id = VersionId::of(&"111122223333".parse().expect("an account"), &user_id, &keys[1].id);
    let version = SecretVersion { id, stages: [AWSCURRENT.to_owned()].into(), created: ago(20) };
    ObservedUser {
        name: "alice".parse().expect("a user"),
        user_id,
        arn: "arn:aws:iam::111122223333:user/alice".to_owned(),
        tags: BTreeMap::new(),
        quarantine: None,
        secret: ObservedSecret::Present(SecretState { versions: vec![version], ..SecretState::default() }),
        keys,
        acknowledgements: Acknowledgements::NotLookedAt,
    }
}
