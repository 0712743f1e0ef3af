//! Comparisons that cannot fail would prove nothing: each is shown a night that differs in one place.

use std::collections::BTreeMap;

use keywheel_core::contract::result::StepResult;
use keywheel_core::id::AccessKeyId;
use keywheel_core::observed::KeyStatus;
use keywheel_core::reason::Reason;
use serde_json::json;

use super::checks::Checks;
use crate::expected::Held;
use crate::night::Night;
use crate::world::World;

/// A change to a night or to the world after it.
type Change = fn(&mut Night, &mut World);

/// The comparison that must notice a change.
type Comparison = fn(&Held<'_>) -> Vec<String>;

const CHANGES: &[(&str, Change, Comparison)] = &[
    ("an account left out", |night, _| drop(night.inventory.accounts.skipped.pop()), |held| held.accounts()),
    ("a step that was not taken", |night, _| drop(each_result(night).find_map(Vec::pop)), |held| held.results()),
    ("a step for another reason", other_reason, |held| held.results()),
    ("a key made inactive", one_inactive, |held| held.keys()),
    ("a key deleted", |_, after| drop(each_user(after).find_map(BTreeMap::pop_first)), |held| held.keys()),
    ("a secret that is not there", |_, after| drop(after.secrets.pop_first()), |held| held.versions()),
    ("a label on another version", moved_label, |held| held.versions()),
    ("a policy that lets others read", |_, after| each_policy(after, "Statement", 1), |held| held.policies()),
    ("a policy that shuts the user out", |_, after| each_policy(after, "Statement", 0), |held| held.policies()),
    ("a ledger that forgot", |_, after| forget(after, "users"), |held| held.ledgers()),
    ("a ledger that cannot be read", |_, after| forget(after, "schema_version"), |held| held.ledgers()),
    ("a notice that was not sent", |_, after| drop(after.notices.pop_first()), |held| held.notice_records()),
    ("a notice that waits", deferred_notice, |held| held.notice_records()),
    ("a mail that did not arrive", |night, _| drop(night.mails.pop()), |held| held.mails()),
    ("a mail that arrived twice", |night, _| night.mails.extend(night.mails.first().cloned()), |held| held.mails()),
    (
        "a mail to somebody else",
        |night, _| night.mails[0].to = vec!["everybody@example.com".to_owned()],
        |held| held.mails(),
    ),
    ("a mail without its text", emptied_mail, |held| held.mails()),
];

/// Makes each change and asks the comparison.
pub(super) fn check(held: &Held<'_>, checks: &mut Checks) {
    let unnoticed = CHANGES.iter().filter(|(_, change, comparison)| {
        let (mut night, mut after) = (held.night.clone(), held.after.clone());
        change(&mut night, &mut after);
        comparison(&Held { night: &night, after: &after, ..*held }).is_empty()
    });
    let unnoticed = unnoticed.map(|(name, ..)| format!("nothing notices {name}")).collect();
    checks.none("every comparison notices a night that differs in one place", unnoticed);
}

fn each_result(night: &mut Night) -> impl Iterator<Item = &mut Vec<StepResult>> {
    night.results.values_mut().map(|result| &mut result.steps)
}

fn other_reason(night: &mut Night, _: &mut World) {
    if let Some(step) = each_result(night).find_map(|steps| steps.first_mut()) {
        step.reason = Reason::Frozen;
    }
}

fn each_user(after: &mut World) -> impl Iterator<Item = &mut BTreeMap<AccessKeyId, KeyStatus>> {
    after.keys.values_mut()
}

fn one_inactive(_: &mut Night, after: &mut World) {
    let mut statuses = each_user(after).flat_map(|keys| keys.values_mut());
    if let Some(status) = statuses.find(|status| **status == KeyStatus::Active) {
        *status = KeyStatus::Inactive;
    }
}

fn moved_label(_: &mut Night, after: &mut World) {
    if let Some(labels) = after.secrets.values_mut().find_map(|secret| secret.versions.values_mut().next()) {
        *labels = ["AWSPENDING".to_owned()].into();
    }
}

fn each_policy(after: &mut World, field: &str, statement: usize) {
    for policy in after.secrets.values_mut().filter_map(|secret| secret.policy.as_mut()) {
        if let Some(statements) = policy[field].as_array_mut() {
            statements.remove(statement);
        }
    }
}

fn forget(after: &mut World, field: &str) {
    for ledger in after.ledgers.values_mut().filter_map(serde_json::Value::as_object_mut) {
        ledger.remove(field);
    }
}

fn deferred_notice(_: &mut Night, after: &mut World) {
    if let Some(record) = after.notices.values_mut().next() {
        record["state"] = json!("deferred");
    }
}

fn emptied_mail(night: &mut Night, _: &mut World) {
    night.mails[0].content["Simple"]["Body"]["Text"]["Data"] = json!("");
}
