//! Timelines: what happened to each user on which day, and where that differs from what was written by hand.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use keywheel_core::id::UserName;
use serde_json::json;

use super::data::{Kind, Season};
use super::diary::{Diary, in_order};
use super::season::Running;

/// The file with the timelines for people.
pub(super) const TEXT: &str = "timeline.txt";
/// The file with the timelines for programs.
pub(super) const JSON: &str = "timeline.json";

/// Where a user's days differ from the timeline of its kind.
pub(super) fn differences(season: &Season, kind: &Kind, diary: &Diary, user: &UserName) -> Vec<String> {
    let differing = season.days().filter_map(|day| {
        let (expected, found) = (kind.expected(day), diary.events(user, day));
        let lacking = without(&expected, &found);
        let surplus = without(&found, &expected);
        (expected != found).then(|| format!("day {day}: not happened {lacking:?}, not expected {surplus:?}"))
    });
    differing.collect()
}

/// The events of one list that the other lacks, each as often as it is lacking.
fn without(events: &[String], others: &[String]) -> Vec<String> {
    let mut others = others.to_vec();
    let lacking = events.iter().filter(|event| match others.iter().position(|other| other == *event) {
        Some(place) => {
            others.swap_remove(place);
            false
        }
        None => true,
    });
    lacking.cloned().collect()
}

/// Writes both files.
pub(super) fn write(season: &Season, running: &Running<'_>, out: &Path) -> anyhow::Result<()> {
    let mut text = String::new();
    let mut users = BTreeMap::new();
    for (user, _) in season.users()? {
        let days: BTreeMap<u32, Vec<String>> =
            season.days().map(|day| (day, in_order(running.diary.events(&user, day)))).collect();
        let kind = running.kind_of(&user);
        let spans = spans(&days);
        if !spans.is_empty() {
            writeln!(text, "{user} ({kind})")?;
            for (from, to, events) in spans {
                let days = if from == to { format!("day {from}") } else { format!("days {from}-{to}") };
                writeln!(text, "  {days:12} {}", events.join("; "))?;
            }
            writeln!(text)?;
        }
        let days: BTreeMap<_, _> = days.into_iter().filter(|(_, events)| !events.is_empty()).collect();
        users.insert(user.to_string(), json!({ "account": running.account(&user), "kind": kind, "days": days }));
    }
    std::fs::write(out.join(TEXT), text)?;
    std::fs::write(out.join(JSON), serde_json::to_vec_pretty(&json!({ "season": season.name, "users": users }))?)?;
    Ok(())
}

/// Days in a row on which the same happens.
pub(super) fn spans(days: &BTreeMap<u32, Vec<String>>) -> Vec<(u32, u32, Vec<String>)> {
    let mut spans: Vec<(u32, u32, Vec<String>)> = Vec::new();
    let mut before: Option<u32> = None;
    for (day, events) in days {
        match spans.last_mut() {
            Some((_, to, same)) if same == events && before == Some(*to) => *to = *day,
            _ if events.is_empty() => {}
            _ => spans.push((*day, *day, events.clone())),
        }
        before = Some(*day);
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn an_event_that_happens_twice_is_not_the_same_as_once() {
        assert_eq!(without(&texts(&["a", "a", "b"]), &texts(&["b", "a"])), ["a"]);
        assert_eq!(without(&texts(&["a"]), &texts(&["a", "a"])), Vec::<String>::new());
    }

    #[test]
    fn days_in_a_row_with_the_same_events_are_one_span() {
        let days = [(1, texts(&["a"])), (5, texts(&["a"])), (9, texts(&[])), (13, texts(&["a"])), (17, texts(&["b"]))];
        let expected = vec![(1, 5, texts(&["a"])), (13, 13, texts(&["a"])), (17, 17, texts(&["b"]))];
        assert_eq!(spans(&days.into()), expected);
    }
}
