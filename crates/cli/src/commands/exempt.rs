//! `keywheel exempt`: exempts users until a date, and says who is exempt.

mod list;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use keywheel_core::id::{AccountId, UserName};
use keywheel_core::policy::tags::{EXEMPT_REASON, EXEMPT_UNTIL};

use crate::action::unless_interrupted;
use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration};
use crate::confirm::ConfirmArguments;
use crate::deployment::RotationArguments;
use crate::exit::{Ended, interrupted, usage};
use crate::interrupt::Interrupt;
use crate::member_tags::{Change, MemberTags, lines};
use crate::printer::Printer;
use crate::session::Hub;
use crate::tag_prefix;

const ADD_EXAMPLES: &str = "\
Examples:
  keywheel exempt add deploy-bot --account 111122223333 --until 2027-03-31 --reason \"vendor migrates in March\"

The user is left alone up to and including that day (UTC), and the account owner reads the reason.";

/// What to do with exemptions.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Leave a user alone until a date
    Add(Box<Add>),
    /// Show who is exempt by a tag, until when, and why
    List(Box<list::Arguments>),
    /// End a user's exemption now
    Expire(Box<Expire>),
}

/// The flags that say whom it is about.
#[derive(Debug, clap::Args)]
pub(crate) struct Whom {
    /// The user
    user: UserName,
    /// The user's account [default: the one that you are signed in to]
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    confirm: ConfirmArguments,
    #[command(flatten)]
    rotation: RotationArguments,
    #[command(flatten)]
    config: ConfigArguments,
}

/// Exempts a user.
#[derive(Debug, clap::Args)]
#[command(after_help = ADD_EXAMPLES)]
pub(crate) struct Add {
    /// The last day of the exemption (UTC), such as 2027-03-31
    #[arg(long, value_name = "DATE")]
    until: Date,
    /// Why, for the account owner
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    whom: Whom,
}

const EXPIRE_EXAMPLES: &str = "\
Examples:
  keywheel exempt expire deploy-bot --account 111122223333

The exemption ends with yesterday (UTC); the reason stays, so that it can still be read.";

/// Ends an exemption.
#[derive(Debug, clap::Args)]
#[command(after_help = EXPIRE_EXAMPLES)]
pub(crate) struct Expire {
    #[command(flatten)]
    whom: Whom,
}

/// Does it.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, verb: &Verb) -> anyhow::Result<Ended> {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    match verb {
        Verb::List(arguments) => list::run(printer, aws, arguments).await,
        Verb::Add(arguments) => add(printer, aws, arguments, today).await,
        Verb::Expire(arguments) => {
            // The day before this one, so that who was exempt, and why, can still be read.
            let yesterday = today.yesterday()?;
            set(printer, aws, &arguments.whom, "expire", &[(EXEMPT_UNTIL, yesterday.to_string())]).await
        }
    }
}

async fn add(printer: &Printer, aws: &AwsArguments, arguments: &Add, today: Date) -> anyhow::Result<Ended> {
    let (until, reason) = (arguments.until, arguments.reason.trim());
    if until < today {
        return Err(usage(format!("{until} is past (UTC)"), "--until takes today's date or a later one"));
    }
    if reason.is_empty() {
        return Err(usage("the reason is empty", "--reason takes a few words for the account owner"));
    }
    let tags = [(EXEMPT_UNTIL, until.to_string()), (EXEMPT_REASON, reason.to_owned())];
    set(printer, aws, &arguments.whom, "exempt", &tags).await
}

async fn set(
    printer: &Printer,
    aws: &AwsArguments,
    whom: &Whom,
    verb: &str,
    tags: &[(&str, String)],
) -> anyhow::Result<Ended> {
    let interrupt = Interrupt::listen()?;
    let looked = unless_interrupted(&interrupt, Box::pin(looked(printer, aws, whom, verb, tags))).await;
    let (member, mut changes) = looked.unwrap_or_else(|| Err(interrupted()))?;
    if verb == "expire" && !ends_something(&mut changes) {
        printer.note("the user is not exempt by a tag");
        return Ok(Ended::Done);
    }
    if changes.is_empty() || whom.dry_run {
        printer.data(&lines(&changes))?;
        printer.note("nothing was changed");
        return Ok(Ended::Done);
    }
    let what = format!("Tag user {} of account {}", whom.user, member.account);
    whom.confirm.obtain(printer, &lines(&changes), &what, whom.user.as_str())?;
    // One call, which Ctrl-C lets end: then it is known what became of it.
    member.set(&whom.user, &changes).await.map_err(|error| error.of(&whom.user, &member.account))?;
    printer.note(&format!("user {} of account {} is tagged; the next run goes by it", whom.user, member.account));
    Ok(Ended::Done)
}

/// The user's account, and what of the tags is not there yet.
async fn looked(
    printer: &Printer,
    aws: &AwsArguments,
    whom: &Whom,
    verb: &str,
    tags: &[(&str, String)],
) -> anyhow::Result<(MemberTags, Vec<Change>)> {
    let configuration = Configuration::load(aws, &whom.config, Vec::new()).await?;
    configuration.say_found(printer);
    let hub = Hub::open(aws, verb).await?;
    let prefix = tag_prefix::deployed(&hub, &configuration, &whom.rotation).await?;
    let wanted: BTreeMap<_, _> =
        tags.iter().map(|(suffix, value)| (format!("{prefix}{suffix}"), value.clone())).collect();
    let member = MemberTags::open(&hub, &configuration, whom.account.as_ref()).await?;
    let changes = member.changes(&whom.user, &wanted).await.map_err(|error| error.of(&whom.user, &member.account))?;
    Ok((member, changes))
}

/// Whether there is an exemption that still holds; one that is past keeps its date.
fn ends_something(changes: &mut Vec<Change>) -> bool {
    changes.retain(|change| {
        let Some(before) = &change.before else { return false };
        let dates = (before.trim().parse::<Date>(), change.value.parse::<Date>());
        // A date that cannot be read exempts for good.
        !matches!(dates, (Ok(before), Ok(yesterday)) if before <= yesterday)
    });
    !changes.is_empty()
}
