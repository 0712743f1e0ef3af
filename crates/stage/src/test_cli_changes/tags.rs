//! `exempt` and `tag-users`: they show what changes first, and the planner goes by it.

use super::{Bench, ROLE, said, shows};
use crate::test_night::checks::Checks;

pub(super) fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let account = bench.payments()?.to_string();
    let call = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().chain(&["--account", &account]).chain(&ROLE).copied().collect();
        bench.management.keywheel(&parts)
    };
    let add = ["exempt", "add", "late-bot", "--until", "2099-12-31", "--reason", "the vendor migrates"];
    shows(checks, "exempt-unconfirmed", "exempt add shows the tags, and asks", call(&add));
    shows(checks, "exempt-add", "exempt add tags the user", call(&[&add[..], &["--yes"]].concat()));
    let past = ["exempt", "add", "late-bot", "--until", "2020-01-01", "--reason", "x", "--yes"];
    shows(checks, "exempt-past", "exempt add refuses a day that is past", call(&past));
    shows(checks, "exempt-list", "exempt list says who is exempt, until when, and why", call(&["exempt", "list"]));
    let plan = call(&["plan", "--user", "late-bot", "--output", "jsonl"])?;
    let exempt = plan.out.contains("exempt-tag") && !plan.out.contains("\"step\":\"create\"");
    checks.holds("an exempt user is left alone", exempt, || said(&plan));
    let expire = ["exempt", "expire", "late-bot", "--yes"];
    let expired = call(&expire)?;
    checks.holds("exempt expire ends it", expired.code == Some(0) && expired.out.contains("EXEMPT_UNTIL"), || {
        said(&expired)
    });
    let plan = call(&["plan", "--user", "late-bot", "--output", "jsonl"])?;
    checks.holds("a night looks after the user again", plan.out.contains("\"step\":\"create\""), || said(&plan));
    shows(checks, "exempt-expired", "exempt expire finds nothing more to end", call(&expire));
    from_a_file(bench, checks, &call)
}

fn from_a_file(
    bench: &Bench<'_>,
    checks: &mut Checks,
    call: &impl Fn(&[&str]) -> anyhow::Result<crate::command_line::Ended>,
) -> anyhow::Result<()> {
    let file = |name: &str| bench.management.folder.path().join(name);
    let json = r#"{"late-bot": {"KeyRotation:EMAIL": "late@example.com", "IKR:EMAIL": "x@example.com"}}"#;
    std::fs::write(file("iam-user-tags.json"), json)?;
    std::fs::write(
        file("users.csv"),
        "user,KeyRotation:EMAIL\nlate-bot,late@example.com\nnobody-here,x@example.com\n",
    )?;
    let tag_users = ["tag-users", "iam-user-tags.json", "--other-tags"];
    shows(checks, "tag-users-other", "tag-users refuses tags that Keywheel does not read", call(&tag_users[..2]));
    shows(checks, "tag-users-dry", "tag-users shows the difference alone", call(&tag_users));
    let set = call(&[&tag_users[..], &["--apply", "--yes"]].concat());
    shows(checks, "tag-users", "tag-users --apply sets the tags", set);
    let again = call(&["tag-users", "users.csv"]);
    shows(checks, "tag-users-csv", "tag-users reads CSV, and names users who are not there", again);
    Ok(())
}
