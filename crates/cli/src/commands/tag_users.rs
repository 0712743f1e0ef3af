//! `keywheel tag-users`: sets the tags of users from a file.

mod file;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use keywheel_core::id::{AccountId, UserName};
use keywheel_core::policy::UserTags;
use keywheel_report::failures::{Failures, Subject, named};
use keywheel_report::text::counted;

use crate::aws::AwsArguments;
use crate::config::{ConfigArguments, Configuration};
use crate::confirm::ConfirmArguments;
use crate::deployment::RotationArguments;
use crate::exit::{Ended, interrupted, usage};
use crate::interrupt::Interrupt;
use crate::member_tags::{Change, MemberTags, NotTagged, lines};
use crate::printer::Printer;
use crate::session::Hub;
use crate::tag_prefix;
use file::{Wanted, read};

const EXAMPLES: &str = "\
Examples:
  keywheel tag-users iam-user-tags.json --account 111122223333            shows what would change
  keywheel tag-users users.csv --account 111122223333 --apply

JSON: {\"alice\": {\"KeyRotation:EMAIL\": \"alice@example.com\"}}, as aws-iam-key-rotator's iam-user-tags.json.
CSV:  user,KeyRotation:EMAIL,KeyRotation:INSTRUCTION_0 in the first line, a user in each other; an empty field sets nothing.
No tag is taken away.";

/// How many users are named of those that are left.
const NAMED: usize = 5;

/// Shows what would change, and with `--apply` changes it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// File of users and tags, .json or .csv
    file: PathBuf,
    /// The account of the users [default: the one that you are signed in to]
    #[arg(long, value_name = "ID")]
    account: Option<AccountId>,
    /// Set the tags
    #[arg(long)]
    apply: bool,
    /// Set tags that Keywheel does not read, too: a tag may decide what a user is allowed to do
    #[arg(long)]
    other_tags: bool,
    #[command(flatten)]
    confirm: ConfirmArguments,
    #[command(flatten)]
    rotation: RotationArguments,
    #[command(flatten)]
    config: ConfigArguments,
}

/// Tags users.
pub(crate) async fn run(printer: &Printer, aws: &AwsArguments, arguments: &Arguments) -> anyhow::Result<Ended> {
    if arguments.confirm.is_given() && !arguments.apply {
        let hint = "add --apply to set the tags, or leave --yes out to see what would change";
        return Err(usage("--yes goes with --apply: without it nothing is changed", hint));
    }
    let wanted = read(&arguments.file)?;
    let configuration = Configuration::load(aws, &arguments.config, Vec::new()).await?;
    configuration.say_found(printer);
    let rotation = configuration.rotation()?;
    let hub = Hub::open(aws, "tag-users").await?;
    let prefix = match tag_prefix::deployed(&hub, &configuration, &arguments.rotation).await {
        Ok(prefix) => prefix,
        Err(error) => {
            let usual = rotation.policy.tag_prefix;
            printer.note(&format!("{error:#}; taken to be {usual}"));
            usual
        }
    };
    if !arguments.other_tags {
        refuse_others(&wanted, &prefix, rotation.owner_tag.as_deref())?;
    }
    warn(printer, &wanted, &prefix);
    let member = MemberTags::open(&hub, &configuration, arguments.account.as_ref()).await?;
    // Until the end, so that Ctrl-C always says what is left.
    let interrupt = Interrupt::listen()?;
    let (users, untagged) = changes(&member, &wanted, &interrupt).await?;
    let ended = if untagged.say(printer) > 0 { Ended::Failed } else { Ended::Done };
    let shown = lines(users.iter().flat_map(|(_, changes)| changes));
    if users.is_empty() || !arguments.apply {
        printer.data(&shown)?;
        let next =
            if users.is_empty() { "nothing is left to change" } else { "nothing was changed; --apply sets the tags" };
        printer.note(next);
        return Ok(ended);
    }
    let what = format!("Tag {} of account {}", counted(users.len(), "user"), member.account);
    arguments.confirm.obtain(printer, &shown, &what, member.account.as_str())?;
    let set = set(printer, &member, &users, &interrupt).await?;
    Ok(if set == Ended::Done { ended } else { set })
}

/// The users for whom something changes.
type Users<'a> = Vec<(&'a UserName, Vec<Change>)>;

async fn changes<'a>(
    member: &MemberTags,
    wanted: &'a Wanted,
    interrupt: &Interrupt,
) -> anyhow::Result<(Users<'a>, Untagged)> {
    let (mut users, mut untagged) = (Vec::new(), Untagged::default());
    for (user, tags) in wanted {
        if interrupt.came() {
            return Err(interrupted());
        }
        match member.changes(user, tags).await {
            Ok(changes) => users.push((user, changes)),
            Err(error) => untagged.add(member, user, &error),
        }
    }
    users.retain(|(_, changes)| !changes.is_empty());
    Ok((users, untagged))
}

async fn set(
    printer: &Printer,
    member: &MemberTags,
    users: &[(&UserName, Vec<Change>)],
    interrupt: &Interrupt,
) -> anyhow::Result<Ended> {
    let (mut done, mut untagged, mut left) = (0, Untagged::default(), Vec::new());
    for (user, changes) in users {
        if interrupt.came() {
            left.push(Subject::of(&member.account, "").user(user));
            continue;
        }
        match member.set(user, changes).await {
            Ok(()) => done += 1,
            Err(error) => untagged.add(member, user, &error),
        }
    }
    let failed = untagged.say(printer);
    printer.note(&format!("{} tagged, {failed} failed, {} left", counted(done, "user"), left.len()));
    if !left.is_empty() {
        let count = counted(left.len(), "user");
        printer.failure(&format!("interrupted: {count} not tagged\n  {}", named(&left, NAMED)));
        printer.hint("call the verb again: what is tagged already is not tagged twice");
        return Ok(Ended::Interrupted);
    }
    Ok(if failed > 0 { Ended::Failed } else { Ended::Done })
}

/// The users who were not tagged, with equal errors together.
#[derive(Default)]
struct Untagged {
    failures: Failures<&'static str>,
    hints: BTreeSet<String>,
}

impl Untagged {
    fn add(&mut self, member: &MemberTags, user: &UserName, error: &NotTagged) {
        self.failures.add("not tagged", &error.to_string(), Subject::of(&member.account, "").user(user));
        self.hints.insert(error.hint());
    }

    /// Says them; how many they are.
    fn say(self, printer: &Printer) -> usize {
        let failures = self.failures.grouped();
        printer.failures(&failures);
        self.hints.iter().for_each(|hint| printer.hint(hint));
        failures.iter().map(|failure| failure.subjects.len()).sum()
    }
}

/// A file of somebody else's must not tag users with what their permissions go by.
fn refuse_others(wanted: &Wanted, prefix: &str, owner_tag: Option<&str>) -> anyhow::Result<()> {
    let is_ours = |key: &&String| key.to_lowercase().starts_with(&prefix.to_lowercase()) || owner_tag == Some(key);
    match wanted.values().flat_map(BTreeMap::keys).find(|key| !is_ours(key)) {
        None => Ok(()),
        Some(other) => Err(usage(
            format!("tag {other} is none that Keywheel reads (TAG_PREFIX is {prefix})"),
            "tags may decide what a user is allowed to do: --other-tags sets them all the same",
        )),
    }
}

/// Tags that Keywheel does not read, or not as they are meant.
fn warn(printer: &Printer, wanted: &Wanted, prefix: &str) {
    let keys: BTreeSet<_> = wanted.values().flat_map(BTreeMap::keys).collect();
    for key in keys.into_iter().filter(|key| !key.to_lowercase().starts_with(&prefix.to_lowercase())) {
        printer.warn(&format!("tag {key} does not begin with {prefix} (TAG_PREFIX): Keywheel does not read it"));
    }
    for (user, tags) in wanted {
        for tag in UserTags::read(tags, prefix).malformed {
            printer.warn(&format!("user {user}: tag {prefix}{} is {:?}, not {}", tag.suffix, tag.value, tag.expected));
        }
    }
}
