//! Who is exempt by a tag, in the accounts in scope.

use futures::{StreamExt, stream};
use jiff::Timestamp;
use keywheel_aws::AwsIam;
use keywheel_core::contract::manifest::ManifestAccount;
use keywheel_core::policy::UserTags;
use keywheel_core::policy::tags::EXEMPT_UNTIL;
use keywheel_engine::deployment::MemberRole;
use keywheel_engine::ports::{IamUser, UserAudit};
use keywheel_report::failures::{Failures, Subject};
use keywheel_report::text::{counted, number, tame};
use serde_json::{Value, json};

use crate::accounts::{TargetArguments, Targets};
use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration, member_role};
use crate::deployment::RotationArguments;
use crate::exit::Ended;
use crate::interrupt::Interrupt;
use crate::output::{self, Output};
use crate::printer::Printer;
use crate::session::Hub;
use crate::tag_prefix;

const EXAMPLES: &str = "\
Examples:
  keywheel exempt list --role-name OrganizationAccountAccessRole
  keywheel exempt list --account 111122223333 --output json

Members of the exemption group are not listed here; `keywheel plan` names them.";

/// The version of the JSON document's shape.
const SCHEMA: u32 = 1;

/// How many accounts are asked at the same time.
const ACCOUNTS_AT_ONCE: usize = 16;

/// Lists exemptions.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    targets: TargetArguments,
    #[command(flatten)]
    rotation: RotationArguments,
    #[command(flatten)]
    config: ConfigArguments,
}

/// Lists them, those that are past too.
pub(super) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    let configuration = Configuration::load(aws, &arguments.config, arguments.targets.flags()).await?;
    let rotation = configuration.rotation()?;
    let hub = Hub::open(aws, "exempt").await?;
    let interrupt = Interrupt::listen()?;
    let targets = Targets::choose(printer, &hub, &configuration, &arguments.targets).await?;
    let prefix = tag_prefix::deployed(&hub, &configuration, &arguments.rotation).await?;
    let role = member_role(&rotation);
    let progress = printer.progress(targets.accounts.len(), "accounts looked at");
    let looks = targets.accounts.iter().map(async |account| {
        if interrupt.came() {
            return (account, None);
        }
        let found = exemptions(&hub, &role, account, &prefix).await;
        progress.inc(1);
        (account, Some(found))
    });
    let seen: Vec<Seen<'_>> = stream::iter(looks).buffered(ACCOUNTS_AT_ONCE).collect().await;
    progress.finish_and_clear();
    let found: Vec<Value> =
        seen.iter().filter_map(|(_, found)| found.as_ref()?.as_ref().ok()).flatten().cloned().collect();
    match arguments.output {
        Output::Json => printer.data(&document(&targets, &seen, &found)?)?,
        Output::Table => printer.data(&found.iter().map(line).collect::<String>())?,
    }
    Ok(conclude(printer, &seen, found.len()))
}

type Seen<'a> = (&'a ManifestAccount, Option<Result<Vec<Value>, String>>);

/// Says what could not be looked at, and how many were found.
fn conclude(printer: &Printer, seen: &[Seen<'_>], exemptions: usize) -> Ended {
    let (mut failures, mut left) = (Failures::default(), 0);
    for (account, found) in seen {
        match found {
            Some(Err(error)) => failures.add("not looked at", error, Subject::of(&account.account, &account.name)),
            Some(Ok(_)) => {}
            None => left += 1,
        }
    }
    let failures = failures.grouped();
    printer.failures(&failures);
    let looked_at = seen.iter().filter(|(_, found)| matches!(found, Some(Ok(_)))).count();
    printer.note(&format!("{} in {}", counted(exemptions, "exemption"), counted(looked_at, "account")));
    if left > 0 {
        let of = number(seen.len());
        printer.failure(&format!("interrupted: {} of {of} not looked at", counted(left, "account")));
        return Ended::Interrupted;
    }
    if failures.is_empty() { Ended::Done } else { Ended::Failed }
}

fn document(targets: &Targets, seen: &[Seen<'_>], found: &[Value]) -> serde_json::Result<String> {
    let not_seen = seen.iter().filter(|(_, found)| !matches!(found, Some(Ok(_))));
    let document = json!({
        "schema_version": SCHEMA,
        "generated": Timestamp::now(),
        "organization": targets.organization,
        "exemptions": found,
        "not_looked_at": not_seen.map(|(account, _)| &account.account).collect::<Vec<_>>(),
    });
    output::json(&document)
}

async fn exemptions(
    hub: &Hub,
    role: &MemberRole,
    account: &ManifestAccount,
    prefix: &str,
) -> Result<Vec<Value>, String> {
    let session = hub.member(&account.account, role).await?;
    let users = AwsIam::new(&session.config).users().await.map_err(|error| error.to_string())?;
    let now = Timestamp::now();
    Ok(users.iter().filter_map(|user| exemption(account, user, prefix, now)).collect())
}

fn exemption(account: &ManifestAccount, user: &IamUser, prefix: &str, now: Timestamp) -> Option<Value> {
    let tags = UserTags::read(&user.tags, prefix);
    let unreadable = tags.malformed.iter().find(|tag| tag.suffix == EXEMPT_UNTIL).map(|tag| tag.value.clone());
    if tags.exempt_until.is_none() && unreadable.is_none() {
        return None;
    }
    Some(json!({
        "account": account.account,
        "name": account.name,
        "user": user.name,
        "until": tags.exempt_until.map(|until| until.to_string()),
        "unreadable": unreadable,
        "is_exempt": tags.exempts(now),
        "reason": tags.exempt_reason,
    }))
}

fn line(exemption: &Value) -> String {
    let text = |name: &str| tame(exemption[name].as_str().unwrap_or("-"));
    let until = match exemption["unreadable"].as_str() {
        Some(value) => format!("for good: {:?} is no date", tame(value)),
        None => format!("until {}", text("until")),
    };
    let standing = if exemption["is_exempt"] == true { "exempt" } else { "past  " };
    format!("{standing} {} {} {until} ({})\n", text("account"), text("user"), text("reason"))
}
