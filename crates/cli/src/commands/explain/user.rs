//! A user and the user's keys: where each stands, every date and why, what comes next and what is in the way.

use jiff::Timestamp;
use keywheel_core::ledger::{Actor, KeyRecord, MadeInactive, USE_RECORD_SPAN};
use keywheel_core::observed::{KeyStatus, ObservedUser};
use keywheel_core::policy::{Policy, UserTags};
use keywheel_core::time::plus;
use keywheel_engine::account::Survey;
use keywheel_report::model::{AccountReport, KeyReport, LastUse, Standing};
use keywheel_report::table::Line;

use super::{fact, heading, moment, plain};

/// The user's lines.
pub(super) fn lines(
    survey: &Survey,
    account: &AccountReport,
    user: &ObservedUser,
    policy: &Policy,
    now: Timestamp,
) -> Vec<Line> {
    let name = account.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
    let mut lines = vec![heading(&format!("user {} in account {}{name}", user.name, account.account))];
    lines.push(fact("ARN", &user.arn));
    lines.extend(periods(user, policy));
    lines.extend(
        account
            .notes
            .iter()
            .filter(|note| note.user == user.name)
            .map(|note| fact("of the user", &format!("{}: {}", note.reason, note.reason.meaning()))),
    );
    let keys: Vec<_> = account.keys.iter().filter(|key| key.user == user.name).collect();
    if keys.is_empty() {
        lines.push(plain("  no access keys"));
    }
    let record = survey.remembered.users.get(&user.name).filter(|record| record.user_id == user.user_id);
    for key in keys {
        let record = record.map(|record| record.key(&key.access_key_id)).unwrap_or_default();
        lines.extend(key_lines(key, &record, now));
    }
    lines.extend(tonight(survey, user));
    lines.push(Line::default());
    lines
}

/// The periods by which the user's keys go, and the tags that bend them.
fn periods(user: &ObservedUser, policy: &Policy) -> Vec<Line> {
    let tags = UserTags::read(&user.tags, &policy.tag_prefix);
    let periods = policy.periods.for_user(&tags);
    let (rotation, install, recovery) = (periods.rotation.0, periods.install_grace.0, periods.recovery_grace.0);
    let text = format!(
        "rotated at {rotation} days of age, old key inactive {install} days after that, deleted {recovery} days later"
    );
    let mut lines = vec![fact("periods", &text)];
    let prefix = policy.tag_prefix.to_lowercase();
    let ours = user.tags.iter().filter(|(key, _)| key.to_lowercase().starts_with(&prefix));
    lines.extend(ours.map(|(key, value)| fact("tag", &format!("{key} = {value}"))));
    lines.extend(
        tags.malformed.iter().map(|tag| fact("cannot be read", &format!("tag {}{}", policy.tag_prefix, tag.suffix))),
    );
    lines
}

fn key_lines(key: &KeyReport, record: &KeyRecord, now: Timestamp) -> Vec<Line> {
    let status = match key.status {
        Some(KeyStatus::Active) => "active",
        Some(KeyStatus::Inactive) => "inactive",
        None => "unknown",
    };
    let standing =
        if key.standing == Standing::Inactive { String::new() } else { format!("{}, ", key.standing.as_str()) };
    let mut lines =
        vec![heading(&format!("  key {} ({status}, {standing}{})", key.access_key_id, key.compliance.as_str()))];
    let at = |name: &str, at: Option<Timestamp>| at.map(|at| fact(name, &moment(at, now)));
    lines.extend(at("made", key.created));
    lines.push(fact("last used", &last_use(&key.last_used, record.proven, now)));
    lines.extend(key.replaces.as_ref().map(|old| fact("took over from", old.as_str())));
    lines.extend(at("proven", record.proven));
    lines.extend(at("published", record.published));
    lines.extend(key.superseded_by.as_ref().map(|new| fact("gave way to", new.as_str())));
    lines.extend(told(record, now));
    lines.extend(at("revived", record.revived));
    lines.extend(at("held since", key.held_since));
    lines.extend(at("hold ends", key.hold_ends));
    lines.extend((!key.hosts.is_empty()).then(|| fact("still on", &key.hosts.to_string())));
    lines.extend(key.made_inactive.as_ref().map(|made| made_inactive(made, now)));
    lines.extend(key.exemption.as_ref().map(|exemption| {
        let until = exemption.until.map_or_else(|| "without end".to_owned(), |until| format!("until {until}"));
        let why = exemption.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        fact("exempt", &format!("{until}{why}"))
    }));
    lines.extend(comes_next(key, now));
    lines
}

/// What the owners were told.
pub(super) fn told(record: &KeyRecord, now: Timestamp) -> impl Iterator<Item = Line> {
    record.notices.iter().map(move |(kind, notice)| {
        let sent = notice.sent.map_or_else(|| "asked for, not recorded as sent".to_owned(), |at| moment(at, now));
        fact("told", &format!("{kind}: {sent}"))
    })
}

pub(super) fn made_inactive(made: &MadeInactive, now: Timestamp) -> Line {
    let by = match made.by {
        Actor::Keywheel => "by Keywheel",
        Actor::Person => "by a person",
    };
    fact("made inactive", &format!("{}, {by}", moment(made.at, now)))
}

fn last_use(last_used: &LastUse, proven: Option<Timestamp>, now: Timestamp) -> String {
    match last_used {
        LastUse::Never => "never".to_owned(),
        LastUse::Used(used) => {
            let is_own = proven.is_some_and(|proven| used.at <= plus(proven, USE_RECORD_SPAN));
            let own = if is_own { " (by Keywheel, to prove it)" } else { "" };
            format!("{}, for {} in {}{own}", moment(used.at, now), used.service, used.region)
        }
        LastUse::Unknown { error: Some(error) } => format!("not known, so it counts as in use: {error}"),
        LastUse::Unknown { error: None } => "not looked up".to_owned(),
    }
}

fn comes_next(key: &KeyReport, now: Timestamp) -> Vec<Line> {
    let due = key.due.map(|due| moment(due, now));
    let mut lines = Vec::new();
    match (key.next_step, due) {
        (Some(step), Some(due)) => lines.push(fact("next", &format!("{}, due {due}", step.as_str()))),
        (Some(step), None) => lines.push(fact("next", step.as_str())),
        (None, Some(due)) => lines.push(fact("next", &format!("nothing is planned; its day is {due}"))),
        (None, None) => lines.push(fact("next", "nothing")),
    }
    lines.extend(key.reason.map(|reason| fact("why", &format!("{reason}: {}", reason.meaning()))));
    lines
}

/// What a run would do right now, which may be less than what is due: limits and freezes are counted over the whole account.
fn tonight(survey: &Survey, user: &ObservedUser) -> Vec<Line> {
    let steps = survey.plan.steps.iter().filter(|step| step.user == user.name);
    let words = steps.map(|step| {
        let key = step.key.as_ref().map(|key| format!(" {}", key.shortened())).unwrap_or_default();
        fact("", &format!("{}{key} ({})", step.kind.as_str(), step.reason))
    });
    let words: Vec<_> = words.collect();
    if words.is_empty() {
        return vec![plain("  a run now would do nothing for this user")];
    }
    std::iter::once(plain("  a run now would do this:")).chain(words).collect()
}
