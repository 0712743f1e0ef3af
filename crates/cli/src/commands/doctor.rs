//! `keywheel doctor`: checks a deployment end to end, and says what to do. Changes nothing.

mod acknowledgements;
mod buckets;
mod clock;
mod finding;
mod functions;
mod ground;
mod handing_over;
mod kms;
mod mail;
mod policy;
mod queues;
mod roles;
mod runs;
mod schedule;
mod templates;
mod trust;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use futures::future::LocalBoxFuture;
use futures::{FutureExt, StreamExt, stream};
use jiff::Timestamp;
use keywheel_core::id::AccountId;
use keywheel_engine::deployment::MemberRole;
use keywheel_report::text::tame;
use serde_json::json;

use crate::aws::AwsArguments;
use crate::config::functions_of;
use crate::exit::{Ended, usage};
use crate::output::{self, Output};
use crate::printer::Printer;
use crate::session::Hub;
use finding::{Finding, Level};
use ground::Ground;

/// Groups of checks that are made at the same time, and accounts that are looked into.
const GROUPS_AT_ONCE: usize = 4;
const ACCOUNTS_AT_ONCE: usize = 8;

const EXAMPLES: &str = "\
Examples:
  keywheel doctor --function keywheel-key-rotation
  keywheel doctor --function keywheel-key-rotation --account 111122223333 --role-name OrganizationAccountAccessRole
  keywheel doctor --function keywheel-key-rotation --check --output json

Sign in to the hub. The other functions are found by their settings; what may not be looked at is said to be not checked.
Exit code 1 when something is wrong or nothing could be checked, and with --check 3 when something is to be looked at or could not be checked.";

/// Looks at the functions and their settings, roles and trust, the state bucket and its key, the schedules, SES, the templates, and what
/// the last run made of it all.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Deployed function: key-rotation, and others where their settings do not lead to them [default: those of the file]
    #[arg(long = "function", value_name = "NAME")]
    functions: Vec<String>,
    /// File that names functions [default: keywheel.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Account that is looked into, too, with --role-name; more than one may be given [default: with --role-name, three of the last run's]
    #[arg(long = "account", value_name = "ID")]
    accounts: Vec<AccountId>,
    /// Role with which those accounts are looked at, such as OrganizationAccountAccessRole
    #[arg(long, value_name = "NAME")]
    role_name: Option<String>,
    /// Exit with 3 when something is to be looked at, or could not be checked
    #[arg(long)]
    check: bool,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Makes every check and prints what it found.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let of_file = || functions_of(arguments.config.as_deref());
    let names = if arguments.functions.is_empty() { of_file()? } else { arguments.functions.clone() };
    if names.is_empty() {
        let hint = "give --function with the name of key-rotation, such as keywheel-key-rotation, or list functions in keywheel.toml";
        return Err(usage("no function is named, so there is no deployment to look at", hint));
    }
    let role = arguments.role_name.clone().map(|name| MemberRole { name, external_id: None });
    let hub = Hub::open(aws, "doctor").await?;
    let ground = Ground::find(hub, &names, arguments.accounts.clone(), role, Timestamp::now()).await;
    let findings = findings(printer, &ground).await;
    printer.data(&match arguments.output {
        Output::Table => table(&findings),
        Output::Json => json(&findings, ground.now)?,
    })?;
    printer.note(&summary(&findings));
    Ok(ended(&findings, arguments.check))
}

/// Makes the checks of a few groups at a time, and brings their findings in the groups' order.
async fn findings(printer: &Printer, ground: &Ground) -> Vec<Finding> {
    let groups: [LocalBoxFuture<'_, Vec<Finding>>; 10] = [
        async { clock::findings(ground) }.boxed_local(),
        functions::findings(ground).boxed_local(),
        roles::findings(ground).boxed_local(),
        buckets::findings(ground).boxed_local(),
        handing_over::findings(ground).boxed_local(),
        acknowledgements::findings(ground).boxed_local(),
        schedule::findings(ground).boxed_local(),
        mail::findings(ground).boxed_local(),
        templates::findings(ground).boxed_local(),
        runs::findings(ground).boxed_local(),
    ];
    let progress = printer.progress(groups.len(), "groups of checks made");
    let groups = groups.into_iter().map(async |group| {
        let findings = group.await;
        progress.inc(1);
        findings
    });
    let findings: Vec<_> = stream::iter(groups).buffered(GROUPS_AT_ONCE).collect().await;
    progress.finish_and_clear();
    findings.into_iter().flatten().collect()
}

/// Where nothing of the deployment could be looked at, nothing is known to be right: that is no success.
fn ended(findings: &[Finding], check: bool) -> Ended {
    let is_known = |finding: &Finding| finding.group != clock::GROUP && finding.level != Level::NotChecked;
    match findings.iter().map(|finding| finding.level).max() {
        Some(Level::Fail) => Ended::Failed,
        _ if !findings.iter().any(is_known) => Ended::Failed,
        Some(Level::Warn | Level::NotChecked) if check => Ended::Findings,
        _ => Ended::Done,
    }
}

fn table(findings: &[Finding]) -> String {
    let names = findings.iter().map(|finding| finding.check.chars().count()).max().unwrap_or_default();
    let levels = Level::ALL.iter().map(|level| level.as_str().len()).max().unwrap_or_default();
    let (mut text, mut group) = (String::new(), "");
    for finding in findings {
        if finding.group != group {
            group = finding.group;
            let _ = writeln!(text, "{group}");
        }
        let level = finding.level.as_str();
        let _ = writeln!(text, "  {level:<levels$}  {:<names$}  {}", finding.check, tame(&finding.found));
        if let Some(to_do) = &finding.to_do {
            let _ = writeln!(text, "  {:<levels$}  {:<names$}  do: {}", "", "", tame(to_do));
        }
    }
    text
}

fn json(findings: &[Finding], now: Timestamp) -> serde_json::Result<String> {
    output::json(&json!({ "schema_version": 1, "generated": now, "sums": sums(findings), "findings": findings }))
}

fn sums(findings: &[Finding]) -> BTreeMap<&'static str, usize> {
    let of = |level: &Level| findings.iter().filter(|finding| finding.level == *level).count();
    Level::ALL.iter().map(|level| (level.as_str(), of(level))).collect()
}

fn summary(findings: &[Finding]) -> String {
    let sums = sums(findings);
    let told = Level::ALL.iter().map(|level| format!("{} {}", sums[level.as_str()], level.as_str().replace('-', " ")));
    format!("{} checks: {}", findings.len(), told.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::finding::Verdict;
    use super::*;

    #[test]
    fn what_is_wrong_is_a_failure_and_what_is_to_be_looked_at_a_finding_where_asked() {
        let ok = Verdict::ok("fine").of("group", "one");
        let warn = Verdict::warn("hm", "look").of("group", "two");
        let unknown = Verdict::not_checked("denied", "allow it").of("group", "three");
        let fail = Verdict::fail("bad", "mend it").of("group", "four");
        let ended =
            |findings: &[&Finding], check| super::ended(&findings.iter().copied().cloned().collect::<Vec<_>>(), check);
        assert_eq!((ended(&[&ok], true), ended(&[&ok, &warn], false)), (Ended::Done, Ended::Done));
        assert_eq!((ended(&[&ok, &warn], true), ended(&[&unknown, &ok], true)), (Ended::Findings, Ended::Findings));
        let clock = Verdict::ok("right").of(super::clock::GROUP, "this machine");
        assert_eq!(
            (ended(&[&clock, &unknown], false), ended(&[&clock, &ok, &unknown], false)),
            (Ended::Failed, Ended::Done)
        );
        assert_eq!((ended(&[&fail, &warn], true), ended(&[&warn, &fail], false)), (Ended::Failed, Ended::Failed));
        assert_eq!(summary(&[ok, warn, unknown, fail]), "4 checks: 1 ok, 1 warn, 1 not checked, 1 fail");
    }

    #[test]
    fn a_table_has_each_group_once_and_what_to_do_below_its_check() {
        let findings =
            [Verdict::ok("fine").of("group", "one"), Verdict::fail("b\u{1b}ad", "mend it").of("group", "four")];
        let expected =
            "group\n  ok           one   fine\n  fail         four  b\u{fffd}ad\n                     do: mend it\n";
        assert_eq!(table(&findings), expected);
    }
}
