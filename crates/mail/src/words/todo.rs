//! What the first screen asks for.

use std::collections::BTreeSet;

use keywheel_core::contract::digest::DigestEntry;
use keywheel_core::policy::Mode;

use super::{Section, Words, words};

/// Where nothing goes on until a person has done something; that can be done before the rotation begins, too.
pub(super) const BLOCKED: &[Section] = &[Section::Exposed, Section::Decide, Section::Unreachable];

/// What the reader must do, in the order of the sections.
pub(super) fn todo(mode: Mode, entries: &[(Section, &DigestEntry)]) -> Vec<String> {
    let sections = if mode == Mode::Audit { BLOCKED } else { Section::ALL };
    let asked: Vec<String> = sections.iter().flat_map(|section| asked(*section, entries)).collect();
    match (mode, asked.is_empty()) {
        (Mode::Audit, true) => vec!["Nothing has to be done today: this run only looked.".to_owned()],
        (Mode::Audit, false) => {
            std::iter::once("Nothing was changed. Before enforcement:".to_owned()).chain(asked).collect()
        }
        (Mode::Enforce, true) => vec![unasked(entries)],
        (Mode::Enforce, false) => asked,
    }
}

fn asked(section: Section, entries: &[(Section, &DigestEntry)]) -> Vec<String> {
    let Some(users) = users_in(section, entries) else { return Vec::new() };
    let line = match section {
        Section::Exposed | Section::Decide | Section::Unreachable if is_about(entries, BLOCKED) => {
            let own: Vec<_> = entries.iter().filter(|(of, _)| *of == section).copied().collect();
            return by_reason_among(&own, entries.len() == 1, |words| words.todo);
        }
        Section::Exposed => {
            format!("Find the key of {users} that AWS found in public, and have it made inactive at once.")
        }
        Section::Decide => format!("Decide about the keys of {users}."),
        Section::Unreachable => format!("Correct the address of an owner of {users}, and tell the owner meanwhile."),
        Section::Held => format!("Find what still uses the old key of {users}."),
        Section::Failed => format!("Nothing yet about {users}: the next run tries again."),
        Section::Leaked => format!("Take the leaked key of {users} out of use everywhere."),
        Section::InstallNow => format!("Install the new key of {users} at once."),
        Section::Install => format!("Install the new key of {users}."),
        Section::DeactivationAhead => format!("Make sure that the new key of {users} is installed everywhere."),
        Section::DeletionAhead | Section::RetirementAhead => {
            format!("Make sure that nothing needs the key of {users}.")
        }
        Section::MadeActive => format!("Put the key of {users} back wherever the newer one was installed."),
        _ => return Vec::new(),
    };
    vec![line]
}

/// What stands there where nothing is asked for.
fn unasked(entries: &[(Section, &DigestEntry)]) -> String {
    let taken_away = [Section::MadeInactive, Section::Retired, Section::Deleted];
    if let Some(users) = users_in(Section::RotationAhead, entries) {
        format!("Find out where the key of {users} is used.")
    } else if let Some(users) = users_in(Section::Ahead, entries) {
        format!("Read what stands at the key of {users}.")
    } else if taken_away.iter().any(|section| users_in(*section, entries).is_some()) {
        "Nothing, unless something broke.".to_owned()
    } else {
        "Nothing.".to_owned()
    }
}

/// Whether the entries are of these sections alone.
pub(super) fn is_about(entries: &[(Section, &DigestEntry)], sections: &[Section]) -> bool {
    entries.iter().all(|(section, _)| sections.contains(section))
}

/// A line for each reason, with the names of its users where there is more than one entry.
pub(super) fn by_reason(
    entries: &[(Section, &DigestEntry)],
    pick: impl Fn(Words) -> Option<&'static str>,
) -> Vec<String> {
    by_reason_among(entries, entries.len() == 1, pick)
}

fn by_reason_among(
    entries: &[(Section, &DigestEntry)],
    is_alone: bool,
    pick: impl Fn(Words) -> Option<&'static str>,
) -> Vec<String> {
    let groups = entries.chunk_by(|(_, a), (_, b)| (a.reason, a.step) == (b.reason, b.step));
    let lines = groups.filter_map(|group| {
        let (section, first) = group[0];
        let text = pick(words(first.step, first.reason))?;
        Some(if is_alone { text.to_owned() } else { format!("{}: {text}", users_in(section, group)?) })
    });
    lines.collect()
}

/// The users of a section, by name: `alice, bob and 3 more`. None where it has none.
fn users_in(wanted: Section, entries: &[(Section, &DigestEntry)]) -> Option<String> {
    let users = entries.iter().filter(|(section, _)| *section == wanted).map(|(_, entry)| entry.user.as_str());
    let users: BTreeSet<&str> = users.collect();
    // A name with a comma would read as two.
    let quoted = |user: &&str| if user.contains(',') { format!("\"{user}\"") } else { (*user).to_owned() };
    let named: Vec<String> = users.iter().take(3).map(quoted).collect();
    match (named.as_slice(), users.len() - named.len()) {
        ([], _) => None,
        ([one], 0) => Some(one.clone()),
        ([most @ .., last], 0) => Some(format!("{} and {last}", most.join(", "))),
        (_, more) => Some(format!("{} and {more} more", named.join(", "))),
    }
}
