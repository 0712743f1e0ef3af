//! The report at a terminal.

use keywheel_report::table::{Options, plain, render};

use crate::organization::{Member, Trouble, look, policy, used};
use crate::sample::twelve;

fn small() -> Vec<Member> {
    let mut members: Vec<_> = (1..=5).map(|number| Member::new(number, "team")).collect();
    members[0].user("deploy", 120, used(1, "s3", "eu-west-1"));
    members[0].user("fresh", 5, used(1, "s3", "eu-west-1"));
    for member in &mut members[1..] {
        member.trouble = Trouble::Unreachable(format!("AccessDenied on arn:aws:iam::{}:role/x", member.id()));
    }
    members
}

const EXPECTED: &str = "\
Access keys of o-exampleorgid, as seen at 2026-11-20T02:00:00Z

compliance  account            user    key        status  age    last used      standing  next                   due
overdue     111100000001 team  deploy  AKIA…HJBJ  active  120 d  2026-11-19 s3  current   create (rotation-due)  2026-10-21

unreachable: 4 accounts (111100000002 team, 111100000003 team, 111100000004 team and 1 more)
  AccessDenied on arn:aws:iam::<account>:role/x

not shown: 1 compliant key
5 accounts: 1 answered, 4 unreachable
2 keys: 1 overdue, 1 compliant; 2 users
";

#[test]
fn what_needs_a_person_comes_first_and_equal_failures_are_one() {
    let text = plain(&render(&look(&small(), &policy()), Options::default()));
    assert_eq!(text, EXPECTED);
}

#[test]
fn all_keys_are_shown_when_asked_for() {
    let report = twelve();
    let rows = |all| render(&report, Options { all }).len();
    assert_eq!(rows(true), rows(false) + report.totals.keys.compliant - 1, "the line that says so is gone");
}

#[test]
fn nobody_steers_a_terminal_with_a_name() {
    let mut members = small();
    members[0].account.name = "\u{1b}[2Jevil\r\n\u{202e}".to_owned();
    members[1].trouble = Trouble::Unreachable("\u{1b}]0;title\u{7}".to_owned());
    members[0].user("other", 120, used(1, "\u{1b}[31ms3", "x"));
    let text = plain(&render(&look(&members, &policy()), Options { all: true }));
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    assert!(!text.contains('\u{202e}'));
}
