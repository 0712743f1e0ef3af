use keywheel_core::contract::digest::DigestEntry;
use keywheel_core::plan::StepKind;
use keywheel_core::policy::Mode;

use super::Section;
use super::todo::{BLOCKED, by_reason, is_about, todo};
use crate::clean::isolated;
use crate::context::detail;
use crate::moment::{Moment, date};

/// What went wrong with so many keys stands on the first screen; the rest stands at each key.
const MOST_DETAILS: usize = 3;

/// What a mail says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// The subject after the account, in lower case: `3 keys need action by 4 December 2026`.
    pub text: String,
    /// What happened, or would.
    pub what: Vec<String>,
    /// What the reader must do.
    pub todo: Vec<String>,
}

/// The headline of a mail with these entries. `by` is the first day by which something must be done.
#[must_use]
pub fn headline(mode: Mode, entries: &[(Section, &DigestEntry)], by: Option<&Moment>) -> Headline {
    let text = match (mode, entries) {
        (Mode::Audit, _) => "what would change, nothing was changed".to_owned(),
        (Mode::Enforce, [(section, entry)]) => about_one(*section, entry),
        (Mode::Enforce, _) => about_many(entries, by),
    };
    Headline { text, what: what(mode, entries), todo: todo(mode, entries) }
}

fn about_one(section: Section, entry: &DigestEntry) -> String {
    let user = &entry.user;
    let on = |word: &str| entry.due.map(|due| format!(" {word} {}", date(due))).unwrap_or_default();
    match section {
        Section::Exposed => format!("AWS found a key of {user} in public, act at once"),
        Section::Decide => format!("the keys of {user} need a decision"),
        Section::Unreachable => format!("a mail about the keys of {user} did not reach an owner"),
        Section::Failed => failed(entry),
        Section::Leaked => format!("a leaked key of {user} was made inactive"),
        Section::InstallNow => format!("install the new key of {user} at once"),
        Section::Install => format!("install the new key of {user}{}", on("by")),
        Section::DeactivationAhead => format!("the old key of {user} stops working{}", on("on")),
        Section::RetirementAhead => format!("an unused key of {user} will be made inactive{}", on("on")),
        Section::Held => format!("the old key of {user} is held, find what still uses it"),
        Section::DeletionAhead => format!("an inactive key of {user} will be deleted{}", on("on")),
        Section::MadeInactive => format!("the old key of {user} was made inactive"),
        Section::Retired => format!("an unused key of {user} was made inactive"),
        Section::RotationAhead => format!("a key of {user} will be replaced{}", on("on")),
        Section::Ahead => format!("news of a key of {user}"),
        Section::MadeActive => format!("a key of {user} was made active again"),
        Section::Deleted => format!("a key of {user} was deleted"),
        Section::PutRight => format!("a broken-off change to a key of {user} was put right"),
        Section::Waiting => format!("a change to the keys of {user} waits"),
        Section::LeftAlone => format!("the keys of {user} were left as they are"),
    }
}

fn failed(entry: &DigestEntry) -> String {
    let user = &entry.user;
    match entry.step {
        StepKind::Create | StepKind::Publish => format!("the new key for {user} could not be made"),
        StepKind::Deactivate | StepKind::Retire => format!("a key of {user} could not be made inactive"),
        StepKind::Delete => format!("a key of {user} could not be deleted"),
        StepKind::Rollback => format!("a key of {user} could not be made active again"),
        StepKind::Hold | StepKind::Warn | StepKind::Reconcile | StepKind::Skip => {
            format!("looking after the keys of {user} failed")
        }
    }
}

fn about_many(entries: &[(Section, &DigestEntry)], by: Option<&Moment>) -> String {
    let urgent = entries.iter().filter(|(section, _)| section.needs_action()).count();
    let keys = |count: usize| if count == 1 { "1 key".to_owned() } else { format!("{count} keys") };
    let failed = entries.iter().filter(|(section, _)| *section == Section::Failed).count();
    if urgent == 0 && failed > 0 {
        return format!("changes to {} failed", keys(failed));
    }
    if urgent == 0 {
        let idle = entries.iter().all(|(section, _)| !matches!(section, Section::RotationAhead | Section::Ahead));
        return format!("news of {}{}", keys(entries.len()), if idle { ", nothing to do" } else { "" });
    }
    let need = if urgent == 1 { "needs" } else { "need" };
    let by = by.map(|by| format!(" by {}", by.date)).unwrap_or_default();
    format!("{} {need} action{by}", keys(urgent))
}

/// What happened; where nothing goes on, also why, and where something failed, the error.
fn what(mode: Mode, entries: &[(Section, &DigestEntry)]) -> Vec<String> {
    let mut what = match entries {
        [(section, entry)] => vec![happened(*section, mode, entry)],
        _ => counted(mode, entries),
    };
    if is_about(entries, BLOCKED) {
        what.extend(by_reason(entries, |words| Some(words.why)));
    }
    if is_about(entries, BLOCKED) || is_about(entries, &[Section::Failed]) {
        let said = |(_, entry): &(Section, &DigestEntry)| {
            let text = isolated(&detail(entry)?);
            Some(if entries.len() == 1 { text } else { format!("{}: {text}", entry.user) })
        };
        what.extend(entries.iter().filter_map(said).take(MOST_DETAILS));
    }
    what
}

fn counted(mode: Mode, entries: &[(Section, &DigestEntry)]) -> Vec<String> {
    let count = |wanted: Section| entries.iter().filter(|(section, _)| *section == wanted).count();
    let counts = Section::ALL.iter().map(|section| (section.title(mode), count(*section)));
    counts.filter(|(_, count)| *count > 0).map(|(title, count)| format!("{title}: {count}")).collect()
}

/// What happened to the entry's key, or would, in a sentence.
pub(crate) fn happened(section: Section, mode: Mode, entry: &DigestEntry) -> String {
    let user = &entry.user;
    let (is, was) = match mode {
        Mode::Enforce => ("will be", "was"),
        Mode::Audit => ("would soon be", "would be"),
    };
    match section {
        Section::Exposed => format!("AWS found an access key of the IAM user {user} in a public place."),
        Section::Decide | Section::LeftAlone => format!("Nothing was changed for the IAM user {user}."),
        Section::Unreachable => match mode {
            Mode::Enforce => format!("A mail about the keys of the IAM user {user} did not reach an owner."),
            Mode::Audit => format!("A mail about the keys of the IAM user {user} would not reach an owner."),
        },
        Section::Failed => {
            let failed = failed(entry);
            format!("{}{}.", failed[..1].to_uppercase(), &failed[1..])
        }
        Section::Leaked => format!("A leaked access key of the IAM user {user} {was} made inactive."),
        Section::InstallNow => format!("A new access key {was} made for the IAM user {user}, whose old one leaked."),
        Section::Install => format!("A new access key {was} made for the IAM user {user}."),
        Section::DeactivationAhead => format!("The old access key of the IAM user {user} {is} made inactive."),
        Section::RetirementAhead => {
            format!("An unused access key of the IAM user {user} {is} made inactive, without a replacement.")
        }
        Section::Held => format!("The old access key of the IAM user {user} {was} left active."),
        Section::DeletionAhead => format!("An inactive access key of the IAM user {user} {is} deleted."),
        Section::MadeInactive => format!("The old access key of the IAM user {user} {was} made inactive."),
        Section::Retired => {
            format!("An unused access key of the IAM user {user} {was} made inactive, without a replacement.")
        }
        Section::RotationAhead => format!("An access key of the IAM user {user} {is} replaced."),
        Section::Ahead => format!("Something is ahead for an access key of the IAM user {user}."),
        Section::MadeActive => format!("An access key of the IAM user {user} {was} made active again."),
        Section::Deleted => format!("An access key of the IAM user {user} {was} deleted."),
        Section::PutRight => format!("What an earlier run had left half done for the IAM user {user} {was} put right."),
        Section::Waiting => format!("A change to the access keys of the IAM user {user} waits for a later run."),
    }
}
