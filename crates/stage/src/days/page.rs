//! The page `docs/life-cycle.md`: each kind of user's timeline, as the test asserts it.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::data::{Host, Kind, Season};
use super::diary::in_order;
use super::timeline::spans;

const HEAD: &str = "# The life cycle, day by day

<!-- Rendered from crates/stage/organizations/days.json and periods.json; UPDATE_DOCS=1 cargo test -p keywheel-stage life_cycle writes it anew. -->

Each table is what `cargo xtask test` holds the compiled functions against, night after night, on an emulated organization that ages:
nothing else may happen to that user on any day. The timelines were written by hand. Keys are called by the order in which they came;
where an earlier night had replaced one already, `old` and `new`. What the codes mean is in [Reasons](reasons.md), and the settings
are in [Configuration](configuration.md).
";

/// The whole page.
///
/// # Errors
/// When a data file cannot be read.
pub fn life_cycle() -> anyhow::Result<String> {
    let mut page = HEAD.to_owned();
    for season in Season::read("days.json")?.iter().chain(&Season::read("periods.json")?) {
        writeln!(page, "\n## {}\n\n{}.", season.title, capital(&season.about))?;
        if !season.settings.is_empty() {
            let settings: Vec<_> = season.settings.iter().map(|(name, value)| format!("`{name}={value}`")).collect();
            writeln!(page, "Settings: {}.", settings.join(", "))?;
        }
        let users = season.organization.accounts.iter().flat_map(|account| &account.users);
        for name in users.map(|user| &user.case) {
            kind(&mut page, season, name, &season.kinds[name])?;
        }
    }
    Ok(page)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn kind(page: &mut String, season: &Season, name: &str, kind: &Kind) -> anyhow::Result<()> {
    writeln!(page, "\n### {}\n\n{}\n", capital(name), kind.about)?;
    for (label, key) in &kind.keys {
        let used = key.used.map_or("never used".to_owned(), |days| format!("used {} before", days_text(days)));
        let status = if key.inactive { ", inactive" } else { "" };
        writeln!(page, "- Key `{label}` is {} old on day 1, {used}{status}.", days_text(key.age))?;
    }
    kind.hosts.iter().try_for_each(|one| writeln!(page, "- {}", host(one)))?;
    let tags: Vec<_> = kind.tags.iter().map(|(name, value)| format!("`{name}` = `{value}`")).collect();
    if !tags.is_empty() {
        writeln!(page, "- Tags: {}.", tags.join(", "))?;
    }
    if kind.exempt {
        writeln!(page, "- The user is in the exemption group.")?;
    }
    if let Some(day) = kind.exempt_until {
        writeln!(page, "- The tag `EXEMPT_UNTIL` names day {day}.")?;
    }
    let rows = rows(season, kind);
    if rows.is_empty() {
        return Ok(writeln!(page, "\nNothing happens in {} days.", season.nights)?);
    }
    writeln!(page, "\n| day | what happens |\n|---|---|")?;
    for (days, events) in rows {
        writeln!(page, "| {days} | {} |", events.join("; "))?;
    }
    Ok(())
}

fn days_text(days: f64) -> String {
    if (days - 1.0).abs() < f64::EPSILON { "1 day".to_owned() } else { format!("{days} days") }
}

fn host(host: &Host) -> String {
    let every = if host.every == 1 { "every day".to_owned() } else { format!("every {} days", host.every) };
    let from = if host.first == 1 { String::new() } else { format!(" from day {}", host.first) };
    let until = host.until.map_or(String::new(), |until| format!(" until day {until}"));
    let installs = match host.installs_after {
        None => "installs no new key".to_owned(),
        Some(1) => "installs a new key at the next use after it was published".to_owned(),
        Some(days) => format!("installs a new key {days} days after it was published"),
    };
    format!("A host uses `{}` {every}{from}{until} and {installs}.", host.holds)
}

/// What people do, and what happens, in the order of the days.
fn rows(season: &Season, kind: &Kind) -> Vec<(String, Vec<String>)> {
    let night = |day: u32| {
        let acts = kind.acts.get(&day).into_iter().flatten().map(|act| format!("*a person {act}*"));
        let events = in_order(kind.expected(day));
        (day, acts.chain(events.iter().map(|event| words(event))).collect())
    };
    let nights: BTreeMap<u32, Vec<String>> = season.days().map(night).collect();
    let days = |from: u32, to: u32| if from == to { from.to_string() } else { format!("{from}–{to}") };
    spans(&nights).into_iter().map(|(from, to, events)| (days(from, to), events)).collect()
}

/// An event as a reader of the page wants it: keys and codes set apart.
fn words(event: &str) -> String {
    match event.split(' ').collect::<Vec<_>>().as_slice() {
        ["installed", key] => format!("the host installs `{key}`"),
        ["refused", key] => format!("AWS refuses the host's `{key}`"),
        ["published", key] => format!("`{key}` is published"),
        ["mailed", key, kind] => format!("mail about `{key}`: `{kind}`"),
        ["skipped", "user", reason] => format!("nothing is done (`{reason}`)"),
        ["skipped", key, reason] => format!("nothing is done about `{key}` (`{reason}`)"),
        ["warned", key, reason] => format!("warning about `{key}` (`{reason}`)"),
        ["inactive" | "retired", key, reason] => format!("**`{key}` is made inactive** (`{reason}`)"),
        [done, key, reason] => format!("**`{key}` is {done}** (`{reason}`)"),
        _ => event.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_life_cycle_is_documented_as_it_is_tested() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/life-cycle.md");
        let rendered = life_cycle().unwrap();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&page, &rendered).unwrap();
        }
        let stored = std::fs::read_to_string(&page).unwrap_or_default();
        let how = "UPDATE_DOCS=1 cargo test -p keywheel-stage life_cycle";
        assert!(stored == rendered, "docs/life-cycle.md is stale; write it with: {how}");
    }

    #[test]
    fn an_event_is_told_in_words() {
        assert_eq!(words("held first not-taken-up"), "**`first` is held** (`not-taken-up`)");
        assert_eq!(words("mailed first held:0"), "mail about `first`: `held:0`");
        assert_eq!(words("skipped user exempt-tag"), "nothing is done (`exempt-tag`)");
    }
}
