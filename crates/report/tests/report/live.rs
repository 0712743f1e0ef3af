//! What a look makes of keys.

use keywheel_core::observed::{KeyStatus, LastUsed};
use keywheel_core::plan::StepKind;
use keywheel_core::policy::ExemptionGroup;
use keywheel_core::reason::Reason;
use keywheel_report::live::UnseenUser;
use keywheel_report::model::{Compliance, Ended, ExemptionBy, KeyReport, Standing};
use keywheel_report::text::day;

use crate::organization::{Member, days_ago, look, policy, used};

fn keys_of(member: Member) -> Vec<KeyReport> {
    look(&[member], &policy()).accounts.remove(0).keys
}

fn only(make: impl FnOnce(&mut Member)) -> KeyReport {
    let mut member = Member::new(1, "x");
    make(&mut member);
    keys_of(member).remove(0)
}

type Sight = (Standing, Compliance, Option<StepKind>, Option<Reason>, Option<String>);

fn sight(key: &KeyReport) -> Sight {
    (key.standing, key.compliance, key.next_step, key.reason, key.due.map(day))
}

fn expected(
    (standing, compliance): (Standing, Compliance),
    step: impl Into<Option<StepKind>>,
    reason: impl Into<Option<Reason>>,
    due: &str,
) -> Sight {
    (standing, compliance, step.into(), reason.into(), Some(due.to_owned()).filter(|due| !due.is_empty()))
}

#[test]
fn a_single_key_goes_by_its_age() {
    let aged = |days| {
        sight(&only(|member| {
            member.user("a", days, used(1, "s3", "eu-west-1"));
        }))
    };
    let ahead =
        |compliance, due| expected((Standing::Current, compliance), StepKind::Create, Reason::RotationAhead, due);
    assert_eq!(aged(10), ahead(Compliance::Compliant, "2027-02-08"));
    assert_eq!(aged(82), ahead(Compliance::Compliant, "2026-11-28"));
    assert_eq!(aged(83), ahead(Compliance::Due, "2026-11-27"));
    assert_eq!(aged(89), ahead(Compliance::Due, "2026-11-21"));
    let due = (Standing::Current, Compliance::Overdue);
    assert_eq!(aged(90), expected(due, StepKind::Create, Reason::RotationDue, "2026-11-20"));
    assert_eq!(aged(400), expected(due, StepKind::Create, Reason::RotationDue, "2026-01-14"));
}

#[test]
fn an_old_key_is_superseded_then_held_and_its_replacement_current() {
    let mut member = Member::new(1, "x");
    member.replaced("a", 95, 5, used(1, "s3", "eu-west-1"), used(1, "s3", "eu-west-1"));
    let record = member.replaced("b", 105, 12, used(1, "dynamodb", "eu-west-1"), used(1, "s3", "eu-west-1"));
    record.keys.values_mut().find(|key| key.superseded_by.is_some()).unwrap().held_since = Some(days_ago(2));
    let keys = keys_of(member);
    let due = (Standing::Superseded, Compliance::Due);
    assert_eq!(sight(&keys[0]), expected(due, StepKind::Deactivate, Reason::DeactivationAhead, "2026-11-25"));
    assert_eq!(keys[0].superseded_by.as_ref(), Some(&keys[1].access_key_id));
    assert_eq!((keys[1].standing, keys[1].replaces.as_ref()), (Standing::Current, Some(&keys[0].access_key_id)));
    let held = (Standing::Superseded, Compliance::Held);
    assert_eq!(sight(&keys[2]), expected(held, StepKind::Hold, Reason::StillInUse, "2026-11-18"));
    assert_eq!((keys[2].held_since, keys[2].hold_ends.map(day)), (Some(days_ago(2)), Some("2026-12-18".to_owned())));
    assert_eq!(keys[2].last_use().unwrap().service, "dynamodb");
}

#[test]
fn an_inactive_key_waits_for_its_deletion() {
    let key = only(|member| {
        member.replaced("a", 120, 20, used(15, "s3", "x"), used(1, "s3", "x"));
        member.made_inactive(10);
    });
    let inactive = (Standing::Inactive, Compliance::Compliant);
    assert_eq!(sight(&key), expected(inactive, StepKind::Delete, Reason::DeletionAhead, "2026-12-15"));
    assert_eq!(key.made_inactive.unwrap().at, days_ago(10));
}

#[test]
fn an_unused_key_is_due_to_be_retired() {
    let key = only(|member| {
        member.user("a", 200, LastUsed::Never);
    });
    let soon = (Standing::Current, Compliance::Compliant);
    assert_eq!(sight(&key), expected(soon, StepKind::Retire, Reason::RetirementAhead, "2026-11-30"));
}

#[test]
fn two_active_keys_that_nobody_replaced_are_a_conflict() {
    let mut member = Member::new(1, "x");
    let user = member.user("a", 150, used(1, "s3", "x"));
    let mut second = user.keys[0].clone();
    second.id = "AKIASECONDSECOND".parse().unwrap();
    second.created = days_ago(10);
    user.keys.push(second);
    let keys = keys_of(member);
    let conflict = (Standing::Conflict, Compliance::Overdue);
    assert_eq!(sight(&keys[0]), expected(conflict, None, Reason::ConflictTwoActive, "2026-09-21"));
    assert_eq!((keys[1].standing, keys[1].compliance), (Standing::Conflict, Compliance::Compliant));
}

#[test]
fn an_inactive_key_of_a_persons_making_is_left_alone() {
    let key = only(|member| member.user("a", 150, LastUsed::Never).keys[0].status = KeyStatus::Inactive);
    assert_eq!((key.standing, key.compliance, key.due), (Standing::Inactive, Compliance::Compliant, None));
    assert_eq!(key.reason, Some(Reason::PersonInactive));
}

#[test]
fn exempt_users_are_exempt_whatever_the_age_and_the_report_says_until_when() {
    let tag = |value: &str| {
        only(|member| {
            let user = member.user("a", 400, LastUsed::Never);
            user.tags.insert("KeyRotation:EXEMPT_UNTIL".to_owned(), value.to_owned());
            user.tags.insert("KeyRotation:EXEMPT_REASON".to_owned(), "why".to_owned());
        })
    };
    let key = tag("2026-12-31");
    let exemption = key.exemption.clone().unwrap();
    assert_eq!((key.compliance, key.due, exemption.by), (Compliance::Exempt, None, ExemptionBy::Tag));
    assert_eq!((exemption.until.unwrap().to_string().as_str(), exemption.why.as_deref()), ("2026-12-31", Some("why")));
    assert_eq!(tag("some day").exemption.unwrap().by, ExemptionBy::UnreadableTag);
    assert_eq!(tag("2026-11-19").exemption, None, "it is over");
    let grouped = only(|member| {
        let name = member.user("a", 400, LastUsed::Never).name.clone();
        member.exemptions = ExemptionGroup::Members([name].into());
    });
    assert_eq!(grouped.exemption.unwrap().by, ExemptionBy::Group);
}

#[test]
fn what_could_not_be_seen_is_unknown() {
    let unknown = || LastUsed::Unknown { error: "throttled".to_owned() };
    let group = only(|member| {
        member.user("a", 10, LastUsed::Never);
        member.exemptions = ExemptionGroup::Unknown { error: "denied".to_owned() };
    });
    assert_eq!(group.compliance, Compliance::Unknown);
    let held = only(|member| {
        member.replaced("a", 105, 12, unknown(), used(1, "s3", "x"));
    });
    assert_eq!((held.compliance, held.reason), (Compliance::Held, Some(Reason::LastUsedUnknown)));
    assert_eq!(held.hold_ends, None, "nothing ends a hold that rests on not knowing");
}

#[test]
fn an_account_is_answered_where_everybody_was_seen() {
    let mut member = Member::new(1, "x");
    member.user("a", 10, used(1, "s3", "x"));
    let whole = look(&[member], &policy());
    assert_eq!((whole.accounts[0].ended, whole.has_findings()), (Ended::Answered, false));
    let mut member = Member::new(1, "x");
    member.unseen = vec![UnseenUser { user: "b".parse().unwrap(), error: "denied".to_owned() }];
    let partly = look(&[member], &policy());
    assert_eq!((partly.accounts[0].ended, partly.has_findings()), (Ended::Incomplete, true));
    assert_eq!((partly.totals.users, partly.accounts[0].notes[0].reason), (1, Reason::KeysUnknown));
    let mut member = Member::new(1, "x");
    member.user("a", 90, used(1, "s3", "x"));
    assert!(look(&[member], &policy()).has_findings(), "a key is overdue");
    let mut member = Member::new(1, "x");
    member.user("a", 89, used(1, "s3", "x"));
    assert!(!look(&[member], &policy()).has_findings(), "a key that is due soon is no finding");
}
