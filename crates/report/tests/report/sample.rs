//! The organizations whose reports are looked at: one of twelve accounts that has a bit of everything, and one of 50,000 keys.

use keywheel_core::contract::manifest::SkipReason;
use keywheel_core::observed::{KeyStatus, LastUsed, ObservedKey};
use keywheel_core::policy::ExemptionGroup;
use keywheel_report::Report;
use keywheel_report::live::UnseenUser;

use crate::dice::Dice;
use crate::organization::{Member, Trouble, days_ago, key_id, look, policy, used};

const NAMES: [&str; 12] = [
    "payments-prod",
    "payments-dev",
    "data-lake",
    "web-shop",
    "ci-runners",
    "backup",
    "partner-exchange",
    "analytics",
    "sandbox-anna",
    "legacy-erp",
    "network",
    "closed-2024",
];

const SERVICES: [&str; 8] = ["s3", "ec2", "dynamodb", "sqs", "ses", "sts", "ecr", "logs"];
const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "N/A"];
const ROLES: [&str; 10] =
    ["deploy-bot", "backup", "terraform", "exporter", "smtp", "crawler", "etl", "monitoring", "sync", "partner"];

const DENIED: &str = "AccessDenied: User: arn:aws:sts::999988887777:assumed-role/keywheel-rotation/x is not authorized to perform: \
                      sts:AssumeRole on resource: arn:aws:iam::<account>:role/keywheel-member";

pub(crate) fn twelve() -> Report {
    look(&twelve_accounts(), &policy())
}

pub(crate) fn twelve_accounts() -> Vec<Member> {
    let mut members: Vec<_> =
        NAMES.into_iter().enumerate().map(|(number, name)| Member::new(number + 1, name)).collect();
    let mut dice = Dice(7);
    for member in &mut members[..9] {
        for name in ROLES.iter().take(usize::try_from(3 + dice.below(7)).unwrap()) {
            add_user(member, name, &mut dice);
        }
    }
    let denied = |member: &Member| DENIED.replace("<account>", member.id().as_str());
    members[7].trouble = Trouble::Partly("ListAccessKeys was throttled until the time was up".to_owned());
    let error = "ServiceFailure: ListAccessKeys failed 4 times".to_owned();
    members[7].unseen = vec![UnseenUser { user: "reporting".parse().unwrap(), error }];
    members[9].trouble = Trouble::Unreachable(denied(&members[9]));
    members[10].trouble = Trouble::Unreachable(denied(&members[10]));
    members[11].trouble = Trouble::Skipped(SkipReason::Suspended);
    members
}

pub(crate) fn fifty_thousand() -> Report {
    let mut dice = Dice(11);
    let mut members: Vec<_> = (1..=300).map(|number| Member::new(number, &name_of(number, &mut dice))).collect();
    let mut keys = 0;
    let mut round = 0;
    while keys < 50_000 {
        for member in members.iter_mut().take(297) {
            let name = format!("{}-{round:03}", dice.pick(&ROLES));
            let before = keys;
            add_user(member, &name, &mut dice);
            keys = before + member.users.last().map_or(0, |user| user.keys.len());
        }
        round += 1;
    }
    for member in &mut members[297..] {
        member.trouble = Trouble::Unreachable(DENIED.replace("<account>", member.id().as_str()));
    }
    look(&members, &policy())
}

fn name_of(number: usize, dice: &mut Dice) -> String {
    format!("{}-{number}", dice.pick(&NAMES))
}

/// A user as they come: most are as they should be.
pub(crate) fn add_user(member: &mut Member, name: &str, dice: &mut Dice) {
    let service = dice.pick(&SERVICES);
    let region = dice.pick(&REGIONS);
    let recent = |dice: &mut Dice| used(dice.below(6), service, region);
    match dice.below(100) {
        0..4 => {
            member.user(name, 90 + dice.below(160), recent(dice));
        }
        4..8 => {
            member.user(name, 84 + dice.below(6), recent(dice));
        }
        8..14 => {
            member.replaced(name, 95 + dice.below(20), 1 + dice.below(8), recent(dice), used(0, service, region));
        }
        14..18 => {
            let (old, new) = (recent(dice), dice.pick(&[LastUsed::Never, used(1, service, region)]));
            let held = member.replaced(name, 102 + dice.below(20), 12, old, new);
            let first = held.keys.values_mut().find(|key| key.superseded_by.is_some()).unwrap();
            first.held_since = Some(days_ago(dice.below(2)));
        }
        18..26 => {
            let (age, ago) = (110 + dice.below(40), 12 + dice.below(30));
            member.replaced(name, age, ago, used(ago, service, region), used(1, service, region));
            member.made_inactive(dice.below(ago.min(33)));
        }
        26..35 => add_odd_user(member, name, recent(dice), dice),
        _ => {
            member.user(name, dice.below(83), recent(dice));
        }
    }
}

/// Unused, exempt, with two keys, or not to be seen wholly.
fn add_odd_user(member: &mut Member, name: &str, recent: LastUsed, dice: &mut Dice) {
    match dice.below(9) {
        0..2 => member.user(name, 200 + dice.below(200), LastUsed::Never).tags.clear(),
        2..4 => {
            let user = member.user(name, 60 + dice.below(300), recent);
            let until = dice.pick(&["2026-12-31", "2027-03-31", "2026-11-30"]);
            user.tags.insert("KeyRotation:EXEMPT_UNTIL".to_owned(), until.to_owned());
            user.tags.insert("KeyRotation:EXEMPT_REASON".to_owned(), "migration to roles under way".to_owned());
        }
        4..6 => {
            let name = member.user(name, 400, recent).name.clone();
            if let ExemptionGroup::Members(members) = &mut member.exemptions {
                members.insert(name);
            }
        }
        6..8 => {
            let id = key_id(member.id(), name, 3);
            let user = member.user(name, 150, recent);
            let mut second = ObservedKey { id, ..user.keys[0].clone() };
            second.status = dice.pick(&[KeyStatus::Active, KeyStatus::Inactive]);
            user.keys.push(second);
        }
        _ => {
            member.user(name, 92, LastUsed::Unknown { error: "Throttling".to_owned() });
        }
    }
}

#[test]
fn the_sample_has_a_bit_of_everything() {
    let report = twelve();
    let (accounts, keys) = (&report.totals.accounts, &report.totals.keys);
    assert_eq!((accounts.listed, accounts.answered, accounts.incomplete), (12, 8, 1));
    assert_eq!((accounts.unreachable, accounts.skipped), (2, 1));
    for count in [keys.overdue, keys.held, keys.due, keys.exempt, keys.compliant, keys.inactive] {
        assert!(count > 0, "{keys:?}");
    }
}
