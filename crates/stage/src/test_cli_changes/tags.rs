//! `exempt` and `tag-users`: they show what changes first, and the planner goes by it.

use super::{Bench, ROLE, interrupted, said, shows};
use crate::command_line::Ended;
use crate::test_night::checks::Checks;

pub(super) async fn check(bench: &Bench<'_>, checks: &mut Checks) -> anyhow::Result<()> {
    let account = bench.payments()?.to_string();
    let unknown = ["exempt", "add", "late-bot", "--until", "2099-12-31", "--reason", "x", "--yes"];
    let unknown = bench.management.keywheel(&unknown);
    shows(checks, "exempt-no-prefix", "exempt guesses no prefix of tags", unknown);
    let prefix = ["--set", "TAG_PREFIX=KeyRotation:"];
    let call = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().chain(&["--account", &account]).chain(&ROLE).chain(&prefix).copied().collect();
        bench.management.keywheel(&parts)
    };
    let add = ["exempt", "add", "late-bot", "--until", "2099-12-31", "--reason", "the vendor migrates"];
    shows(checks, "exempt-unconfirmed", "exempt add shows the tags, and asks", call(&add));
    shows(
        checks,
        "exempt-dry",
        "exempt add --dry-run shows the tags alone",
        call(&[&add[..], &["--dry-run"]].concat()),
    );
    let begun: Vec<_> =
        add.iter().chain(&["--yes", "--account", &account]).chain(&ROLE).chain(&prefix).copied().collect();
    let early = interrupted(bench, &bench.management, &begun, "iam:ListUserTags").await;
    shows(checks, "exempt-interrupted", "Ctrl-C while exempt looks changes nothing", early);
    shows(checks, "exempt-add", "exempt add tags the user", call(&[&add[..], &["--yes"]].concat()));
    let past = ["exempt", "add", "late-bot", "--until", "2020-01-01", "--reason", "x", "--yes"];
    shows(checks, "exempt-past", "exempt add refuses a day that is past", call(&past));
    shows(checks, "exempt-list", "exempt list says who is exempt, until when, and why", call(&["exempt", "list"]));
    let json =
        call(&["exempt", "list", "--output", "json"]).map(|ended| Ended { out: without_moment(&ended.out), ..ended });
    shows(checks, "exempt-list-json", "exempt list --output json has a version and names as elsewhere", json);
    let list = ["exempt", "list", ROLE[0], ROLE[1], prefix[0], prefix[1]];
    let left = interrupted(bench, &bench.management, &list, "organizations:DescribeOrganization").await;
    shows(checks, "exempt-list-interrupted", "Ctrl-C of exempt list says what is left", left);
    let plan = call(&["plan", "--user", "late-bot", "--output", "jsonl"])?;
    let exempt = plan.out.contains("exempt-tag") && !plan.out.contains("\"step\":\"create\"");
    checks.holds("an exempt user is left alone", exempt, || said(&plan));
    let expire = ["exempt", "expire", "late-bot", "--yes"];
    shows(checks, "exempt-expire", "exempt expire ends it", call(&expire));
    let plan = call(&["plan", "--user", "late-bot", "--output", "jsonl"])?;
    checks.holds("a night looks after the user again", plan.out.contains("\"step\":\"create\""), || said(&plan));
    shows(checks, "exempt-expired", "exempt expire finds nothing more to end", call(&expire));
    from_a_file(bench, checks, &call)?;
    let file = bench.management.folder.path().join("many.csv");
    let rows = ["deploy-bot", "late-bot", "terraform"].map(|user| format!("{user},{user}@example.com\n")).concat();
    std::fs::write(file, format!("user,KeyRotation:EMAIL\n{rows}"))?;
    let many = ["tag-users", "many.csv", "--apply", "--yes", "--account", &account];
    let many: Vec<_> = many.iter().chain(&ROLE).chain(&prefix).copied().collect();
    let left = interrupted(bench, &bench.management, &many, "iam:TagUser").await;
    shows(checks, "tag-users-interrupted", "Ctrl-C of tag-users lets one end and says who is left", left);
    shows(checks, "tag-users-left", "tag-users goes on with those who are left", bench.management.keywheel(&many));
    Ok(())
}

/// The document without the moment at which it was made.
fn without_moment(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.contains("\"generated\"")).collect()
}

fn from_a_file(
    bench: &Bench<'_>,
    checks: &mut Checks,
    call: &impl Fn(&[&str]) -> anyhow::Result<Ended>,
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
    let unsaid = call(&[&tag_users[..], &["--yes"]].concat());
    shows(checks, "tag-users-yes-alone", "tag-users --yes without --apply is wrong usage", unsaid);
    shows(checks, "tag-users", "tag-users --apply sets the tags", set);
    let again = call(&["tag-users", "users.csv"]);
    shows(checks, "tag-users-csv", "tag-users reads CSV, and names users who are not there", again);
    Ok(())
}
